/* SPDX-License-Identifier: Apache-2.0 */
/* test.h — named checks, one closing line that CI can read. */
#ifndef BASE_TEST_H
#define BASE_TEST_H

#include <stdio.h>

static int passed, failed;

#define CHECK(that, about)                                                      \
	do {                                                                    \
		if (that) {                                                     \
			passed++;                                               \
		} else {                                                        \
			failed++;                                               \
			printf("%s:%d: %s: %s\n", __FILE__, __LINE__, (about), #that); \
		}                                                               \
	} while (0)

#define TEST_END() (printf("%d passed, %d failed\n", passed, failed), failed != 0)

#endif
