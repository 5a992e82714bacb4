/* SPDX-License-Identifier: Apache-2.0 */
/*
 * notice_address.h — addresses and headers beyond ASCII as they may stand in a notice (inside mail/message only).
 *
 * Knows:   UTF-8 in a notice to an internationalised address; the escapes of RFC 6533 3 in a notice that is ASCII.
 * Ignores: where they stand.
 * Owns:    nothing; the room is the caller's.
 * Fails:   LATER: the buffer is full. What is too long is cut, what may not stand there is '?'.
 */
#ifndef MESSAGE_NOTICE_ADDRESS_H
#define MESSAGE_NOTICE_ADDRESS_H

#include "mail/message/notice_plain.h"

bool notice_is_ascii(struct slice text);
/* With `utf8` as it is, where it is well-formed and has no controls; without, and not ASCII: utf-8-addr-xtext,
 * "gr\x{FC}n@example.org". */
const char *notice_address(struct foreign *room, struct slice address, bool utf8);
/* Printable ASCII, tabs, and with `utf8` more; with CR LF behind it. */
must_use enum result notice_add_line(struct buffer *to, struct slice line, bool utf8);

#endif
