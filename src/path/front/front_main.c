/* SPDX-License-Identifier: Apache-2.0 */
/* The front as a process. What it holds ends with it: the kernel takes it all back. */
#include "front/front.h"
#include "front/inside.h"

int main(void)
{
	static struct front front;

	return process_main(&front_role, &front);
}
