/* SPDX-License-Identifier: Apache-2.0 */
/* The executable; all else is a library, so that tests can start a supervisor too. */
#include "supervisor/supervisor.h"

int main(int count, char **words)
{
	return supervisor_main(count, words);
}
