/* SPDX-License-Identifier: Apache-2.0 */
/* No file, no network, no program: it forks, talks, and writes notices into memory. What its workers call to close
 * their own, smaller jail is added because it `spawns`. */
#include "inspect/inspect.jail.h"

#include <sys/syscall.h>

const struct jail inspect_jail = {
	.user       = "postern-inspect",
	.spawns     = "postern-work",
	.open_files = 4096,
	.file_size  = 1 << 20,           /* of a memfd: a notice */
	.processes  = 256,               /* its workers, and those that are ending */
	.calls      = JAIL_CALLS(
		/* talk     */ SYS_recvmsg, SYS_sendmsg, SYS_read, SYS_write, SYS_close, SYS_fcntl,
		/* wait     */ SYS_epoll_wait, SYS_epoll_pwait, SYS_epoll_ctl, SYS_clock_gettime,
		/* workers  */ SYS_socketpair, SYS_setsockopt, SYS_clone, SYS_set_robust_list, SYS_rseq, SYS_gettid,
		               SYS_rt_sigprocmask, SYS_dup3, SYS_close_range, SYS_setitimer, SYS_pread64,
		/* notices  */ SYS_memfd_create,
		/* remember */ SYS_brk, SYS_mmap, SYS_munmap, SYS_mremap, SYS_madvise, SYS_futex, SYS_getrandom,
		/* leave    */ SYS_rt_sigreturn, SYS_restart_syscall, SYS_exit_group),
};
