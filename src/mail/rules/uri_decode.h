/* SPDX-License-Identifier: Apache-2.0 */
/*
 * uri_decode.h — bytes of an address that are written as something else (inside mail/rules only).
 *
 * Knows:   percent signs, numbers of characters as HTML writes them; uri_decode() is in uris_reading.h.
 * Ignores: names of characters, such as "&amp;".
 * Owns:    nothing.
 * Fails:   never.
 */
#ifndef RULES_URI_DECODE_H
#define RULES_URI_DECODE_H

#include "base/slice.h"

int hex_digit(char c);                                   /* 0 to 15; -1: none */
/* Numbers of printable characters, decimal, then hexadecimal, then dots of other scripts, in place: the new length. */
size_t uri_entities(char *text, size_t length);

#endif
