/* SPDX-License-Identifier: Apache-2.0 */
/* No file, no name, no new socket: what it talks on was given to it. Each group says why. */
#include "front/front.jail.h"

#include <sys/syscall.h>

const struct jail front_jail = {
	.user = "postern-front",
	.memory = (size_t)2 << 30,
	.open_files = 20000,
	.file_size = (size_t)3 << 30,          /* of a memfd: the largest message and more */
	.calls = JAIL_CALLS(
		/* welcome  */ SYS_accept4, SYS_getsockopt,
		/* talk     */ SYS_recvfrom, SYS_sendto, SYS_recvmsg, SYS_sendmsg, SYS_read, SYS_write, SYS_shutdown,
		               SYS_close, SYS_fcntl,
		/* wait     */ SYS_epoll_wait, SYS_epoll_pwait, SYS_epoll_ctl, SYS_clock_gettime,
		/* remember */ SYS_memfd_create, SYS_getrandom, SYS_brk, SYS_mmap, SYS_munmap, SYS_mremap, SYS_madvise,
		               SYS_futex,
		/* TLS      */ SYS_getpid,           /* OpenSSL's numbers are drawn anew in a child: it looks */
		               SYS_rt_sigprocmask,   /* and each job it makes keeps the mask of signals */
		/* leave    */ SYS_rt_sigreturn, SYS_restart_syscall, SYS_exit_group),
};
