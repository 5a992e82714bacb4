/* SPDX-License-Identifier: Apache-2.0 */
/* It hears its wires and answers them. Key files are handed to it open; it can open none. */
#include "keys/keys.h"

const struct jail keys_jail = {
	.user       = "postern-keys",
	.memory     = (size_t)512 << 20,
	.open_files = 256,
	.file_size  = JAIL_NO_FILES,
	.calls      = JAIL_CALLS(
		/* talk, wait, remember, leave, read the files it was handed */ JAIL_DAEMON),
};
