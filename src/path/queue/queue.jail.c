/* SPDX-License-Identifier: Apache-2.0 */
/* The spool's folder is the only path; wires and control connections come as descriptors. */
#include "queue/queue.jail.h"

#include <sys/syscall.h>

const struct jail queue_jail = {
	.user       = "postern-queue",
	.open_files = 16384,
	.threads    = true,       /* they write and sync */
	.calls      = JAIL_CALLS(
		/* talk      */ SYS_accept4, SYS_recvmsg, SYS_sendmsg, SYS_read, SYS_write, SYS_writev, SYS_close,
		/* who asks  */ SYS_getsockopt, SYS_setsockopt, SYS_geteuid,
		/* wait      */ SYS_epoll_wait, SYS_epoll_pwait, SYS_epoll_ctl, SYS_clock_gettime,
		/* the spool */ SYS_openat, SYS_pread64, SYS_pwrite64, SYS_lseek, SYS_fallocate, SYS_fstat, SYS_newfstatat, SYS_getdents64, SYS_fsync,
		                SYS_fdatasync, SYS_linkat, SYS_renameat, SYS_renameat2, SYS_unlinkat, SYS_mkdirat,
		                SYS_statfs, SYS_fstatfs, SYS_fcntl, SYS_faccessat, SYS_faccessat2,
		/* copies    */ SYS_memfd_create,
		/* remember  */ SYS_brk, SYS_mmap, SYS_munmap, SYS_mremap, SYS_mprotect, SYS_madvise, SYS_futex, SYS_getrandom,
		/* sort      */ SYS_sysinfo,      /* glibc's qsort asks for the memory there is, when a list is long */
		/* leave     */ SYS_rt_sigreturn, SYS_rt_sigprocmask, SYS_exit, SYS_exit_group),
};
