/* SPDX-License-Identifier: Apache-2.0 */
/* The folders of log and map are the only paths; wires and the operators' connections come as descriptors. */
#include "keeper/keeper.h"

const struct jail keeper_jail = {
	.user       = "postern-state",
	.memory     = (size_t)3 << 30,      /* the map is all of one gibibyte in it */
	.open_files = 256,
	.threads    = true,              /* they compress, write and sync */
	.calls      = JAIL_CALLS(
		/* talk, wait, remember, leave */ JAIL_DAEMON, SYS_exit,
		/* the log                     */ JAIL_DURABLE, SYS_faccessat2,
		/* the map                     */ SYS_fchdir, SYS_pwrite64, SYS_pwritev, SYS_ftruncate, SYS_uname,
		/* lend a model            */ SYS_memfd_create,
		/* who asks                    */ SYS_accept4, SYS_getsockopt, SYS_geteuid,
		/* sort                        */ SYS_sysinfo),     /* glibc's qsort asks for the memory there is */
};
