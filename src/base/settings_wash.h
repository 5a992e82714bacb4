/* SPDX-License-Identifier: Apache-2.0 */
/*
 * settings_wash.h — a file of settings made fit for libConfuse.
 *
 * Knows:   comments, and texts in double and single quotes.
 * Ignores: everything else of the syntax: that is libConfuse's.
 * Owns:    nothing; the bytes are changed where they lie.
 * Fails:   REFUSED with the line and what is wrong, for what libConfuse 3.3 would misread in silence: a text,
 *          comment or brace that is never closed (it would swallow the rest, and the next file), control bytes,
 *          escapes by number (they can make a NUL), and `${…}` outside single quotes (the environment would be
 *          put in its place). Comments become blanks, because they make libConfuse count lines wrongly.
 */
#ifndef BASE_SETTINGS_WASH_H
#define BASE_SETTINGS_WASH_H

#include "base/slice.h"

#include <stdint.h>

must_use enum result settings_wash(char *bytes, size_t len, uint32_t *ret_line, const char **ret_complaint);

#endif
