/* SPDX-License-Identifier: Apache-2.0 */
/* DNS sockets and nothing else: the library has read all its files before. */
#include "resolver/resolver.h"

const struct jail resolver_jail = {
	.user       = "postern-dns",
	.memory     = (size_t)4 << 30,
	.open_files = 4096,
	.file_size  = JAIL_NO_FILES,
	.network    = true,
	.calls      = JAIL_CALLS(
		/* talk, wait, remember, leave */ JAIL_DAEMON,
		/* ask name servers            */ SYS_socket, SYS_bind, SYS_connect, SYS_setsockopt, SYS_getsockopt,
		                                  SYS_sendto, SYS_recvfrom, SYS_getsockname,
		/* over TCP, when cut          */ SYS_writev,
		/* ports taken at random       */ SYS_gettimeofday),
};
