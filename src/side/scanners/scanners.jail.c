/* SPDX-License-Identifier: Apache-2.0 */
/* Scanners are reached by the name of a socket (clamd makes a new one when it starts anew) or over TCP. */
#include "scanners/scanners.h"

const struct jail scanners_jail = {
	.user       = "postern-scan",
	.memory     = (size_t)1 << 30,
	.open_files = 4096,
	.file_size  = JAIL_NO_FILES,
	.network    = true,
	.keep_root  = true,              /* the path of clamd's socket is looked up at each question */
	.calls      = JAIL_CALLS(
		/* talk, wait, remember, leave */ JAIL_DAEMON,
		/* ask scanners                */ SYS_socket, SYS_connect, SYS_getsockopt, SYS_sendto, SYS_recvfrom),
};
