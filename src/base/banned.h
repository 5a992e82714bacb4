/* SPDX-License-Identifier: Apache-2.0 */
/*
 * banned.h — calls that have cost others dear, turned into errors of compilation.
 *
 * It is included before everything else by the build (-include), after the system's own
 * headers for the calls it bans. Use slices, buffers, arenas and slice_number() instead.
 */
#ifndef BASE_BANNED_H
#define BASE_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#ifdef POSTERN_LIBPQ
#include <libpq-fe.h>              /* it has a macro with a call that is banned below */
#endif

/* Fortified headers make macros of these, for clang. */
#undef sprintf
#undef vsprintf

#pragma GCC poison strcpy strcat strncpy strncat strtok strtok_r sprintf vsprintf gets
#pragma GCC poison strtol strtoul strtoll strtoull atoi atol atoll sscanf
#pragma GCC poison gmtime localtime ctime asctime
#pragma GCC poison system popen tmpnam mktemp
#pragma GCC poison setjmp longjmp

#endif
