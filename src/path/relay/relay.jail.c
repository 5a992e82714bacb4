/* SPDX-License-Identifier: Apache-2.0 */
/* What the relay may do: connect, read what it was lent, and write below the folders of its Maildirs. Never listen. */
#include "relay/relay.h"

#include <sys/syscall.h>

const struct jail relay_jail = {
	.user       = "postern-relay",
	.open_files = 16384,
	.threads    = true,       /* they read the spool's files and sync Maildirs */
	.network    = true,       /* to connect; bind, listen and accept are not among the calls */
	.keep_root  = true,       /* lmtp:///path names a socket; Landlock permits no other path */
	.calls      = JAIL_CALLS(
		/* connect   */ SYS_socket, SYS_connect, SYS_getsockopt, SYS_setsockopt,
		/* talk      */ SYS_recvmsg, SYS_sendmsg, SYS_recvfrom, SYS_sendto, SYS_read, SYS_write, SYS_writev, SYS_close,
		/* wait      */ SYS_epoll_wait, SYS_epoll_pwait, SYS_epoll_ctl, SYS_clock_gettime,
		/* the spool */ SYS_preadv2, SYS_fstat,
		/* Maildirs  */ SYS_openat, SYS_mkdirat, SYS_newfstatat, SYS_getdents64, SYS_fsync, SYS_renameat2, SYS_linkat,
		                SYS_unlinkat, SYS_lseek, SYS_fcntl,
		/* remember  */ SYS_brk, SYS_mmap, SYS_munmap, SYS_mremap, SYS_mprotect, SYS_madvise, SYS_futex, SYS_getrandom,
		/* TLS       */ SYS_getpid,       /* OpenSSL's numbers are drawn anew in a child: it looks */
		/* sort      */ SYS_sysinfo,      /* glibc's qsort asks for the memory there is, when a list is long */
		/* leave     */ SYS_rt_sigreturn, SYS_rt_sigprocmask, SYS_exit, SYS_exit_group),
};
