/* SPDX-License-Identifier: Apache-2.0 */
/*
 * idn.h — a domain name as it was written becomes the one that the DNS and certificates know.
 *
 * Knows:   what no name has; internationalised ones, in UTF-8, become A-labels (RFC 5891 5, UTS 46).
 * Ignores: whether there is such a name.
 * Owns:    nothing.
 * Fails:   REFUSED: it can be nobody's name. LATER: without memory.
 */
#ifndef BASE_IDN_H
#define BASE_IDN_H

#include "base/slice.h"

enum { IDN_NAME = 253 };                       /* bytes, without a dot at the end */

struct idn { size_t length; char text[IDN_NAME + 1]; };      /* with a NUL behind it */

must_use enum result idn_read(struct slice written, struct idn *ret_name);
/* Only what has an 8-bit byte is read; all else, and what can be nobody's name, stays as it was written. The result
 * lies in `room` or is `written`. */
struct slice idn_ascii(struct slice written, struct idn *room);
/* Dots and ASCII labels of `ascii` stand in `written` as they are: no other dot and no wide letter became one of them. */
bool idn_same_labels(struct slice written, struct slice ascii);

#endif
