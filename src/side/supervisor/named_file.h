/* SPDX-License-Identifier: Apache-2.0 */
/*
 * named_file.h — opening a file that a setting names: a certificate, a key, a list.
 *
 * Knows:   that only a regular file is meant, and that opening must not wait: a pipe in its place stops nobody.
 * Ignores: what is in it.
 * Owns:    nothing; the descriptor is the caller's.
 * Fails:   -1, with errno; EINVAL: it is no regular file.
 */
#ifndef SUPERVISOR_NAMED_FILE_H
#define SUPERVISOR_NAMED_FILE_H

#include "base/slice.h"

must_use int named_file_open(struct slice path);

#endif
