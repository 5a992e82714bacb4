/* SPDX-License-Identifier: Apache-2.0 */
/* No user here: a worker became postern-work before, by jail_become_spawned(). Time for one message is a timer of
 * its own; the processor seconds here are for its whole life. `memory` is replaced by the setting. */
#include "inspect/worker.jail.h"

#include <sys/syscall.h>

const struct jail worker_jail = {
	.memory      = 512 << 20,
	.open_files  = 16,
	.cpu_seconds = 3600,
	.file_size   = JAIL_NO_FILES,
	.calls       = JAIL_CALLS(
		/* talk     */ SYS_recvmsg, SYS_sendmsg, SYS_close,
		/* read     */ SYS_fcntl,        /* is it sealed? */
		               SYS_fstat, SYS_newfstatat, SYS_pread64,
		/* remember */ SYS_brk, SYS_mmap, SYS_munmap, SYS_mremap,
		/* hurry    */ SYS_setitimer,
		/* leave    */ SYS_exit_group),
};
