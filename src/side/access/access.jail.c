/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the folders of its tables, connects to databases and next hops, also in TLS, for which JAIL_DAEMON has all calls. Never
 * listens, never writes a file. */
#include "access/access.h"

const struct jail access_jail = {
	.user       = "postern-auth",
	.memory     = (size_t)4 << 30,
	.open_files = 4096,
	.file_size  = JAIL_NO_FILES,
	.threads    = true,       /* they ask databases, which may take their time */
	.network    = true,       /* to connect; bind, listen and accept are not among the calls */
	.keep_root  = true,       /* names the sockets of databases and of lmtp:///path; Landlock permits no other path */
	.calls      = JAIL_CALLS(
		/* talk, wait, remember, leave */ JAIL_DAEMON,
		/* connect                     */ SYS_socket, SYS_connect, SYS_getsockopt, SYS_setsockopt, SYS_getsockname,
		                                  SYS_getpeername, SYS_sendto, SYS_recvfrom, SYS_poll,
		/* read tables                 */ SYS_openat, SYS_access, SYS_readlink, SYS_getcwd, SYS_geteuid),
};
