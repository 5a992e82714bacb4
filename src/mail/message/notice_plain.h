/* SPDX-License-Identifier: Apache-2.0 */
/*
 * notice_plain.h — what notices of all kinds have in common (inside mail/message only).
 *
 * Knows:   a stranger's text made harmless; the fields From and Date.
 * Ignores: what a notice says.
 * Owns:    nothing; a struct foreign is its caller's room.
 * Fails:   LATER: the buffer is full.
 */
#ifndef MESSAGE_NOTICE_PLAIN_H
#define MESSAGE_NOTICE_PLAIN_H

#include "mail/message/notice.h"

enum { FOREIGN_MOST = 900 };
struct foreign { char text[FOREIGN_MOST + 1]; };

/* Printable ASCII of a stranger's text, cut; anything else is '?'. */
const char *notice_plain(struct foreign *room, struct slice text);
must_use enum result notice_add_from(const struct notice *notice, struct buffer *to);
must_use enum result notice_add_date(struct buffer *to, const char *name, int64_t wall, int32_t offset);

#endif
