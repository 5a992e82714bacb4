/* SPDX-License-Identifier: Apache-2.0 */
/* The executable: nothing but the room's process. */
#include "relay/relay.h"

int main(void)
{
	return relay_main();
}
