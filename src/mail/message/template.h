/* SPDX-License-Identifier: Apache-2.0 */
/*
 * template.h — texts of the administrator's own, in which %names% stand for what is known of a message.
 *
 * Knows:   %sender%, %recipients%, %subject%, %rule%, %reason%, %action%, %id%, %hostname%; %% is a percent sign.
 *          And the whole notice that is written by one: plain text in UTF-8, marked so that no machine answers it.
 * Ignores: where templates come from, and who may get a notice.
 * Owns:    nothing; the result is written into the caller's buffer.
 * Fails:   REFUSED: a name that is none, or a request that is none. LATER: no room.
 *
 * A stranger's text is cut at 200 bytes and holds no line end: it can add no field and no line to a notice.
 */
#ifndef MESSAGE_TEMPLATE_H
#define MESSAGE_TEMPLATE_H

#include "mail/message/notice.h"
#include "mail/message/reader.h"

struct template { struct slice subject, text; };

must_use enum result template_check(struct slice text, struct buffer *complaint);
/* `original`: as much of the message as there is at hand, its head at least. */
must_use enum result notice_by_template(const struct notice *notice, const struct template *template,
                                        const struct message_reader *reader, struct slice original, struct buffer *to);

#endif
