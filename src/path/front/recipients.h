/* SPDX-License-Identifier: Apache-2.0 */
/*
 * recipients.h — those who are to get the message (inside the session only).
 *
 * Knows:   which domains' recipients are looked up, and what the answer makes of one.
 * Ignores: who is asked, and how long that takes.
 * Owns:    nothing: recipients lie in the session's arena.
 * Fails:   as session.h says.
 */
#ifndef FRONT_RECIPIENTS_H
#define FRONT_RECIPIENTS_H

#include "front/verbs.h"

/* Slices are in the session's arena already. LATER: it is full. */
struct recipients_mark { struct session_recipient *last; uint32_t count; };
struct recipients_mark recipients_mark(const struct session *session);
/* 250 for those who came since the mark, or for `known`, who was there; 452, and they are there no more. */
must_use enum result recipients_noted(struct session *session, struct recipients_mark mark,
                                      const struct session_recipient *known);
must_use enum result recipients_add(struct session *session, const struct envelope_recipient *recipient);
bool recipients_must_ask(const struct session *session, struct slice address);
/* AGAIN: the session waits for session_asked(). */
must_use enum result recipients_ask(struct session *session, const struct envelope_recipient *recipient);
/* The answer, once it has come: whom the address stands for. */
must_use enum result recipients_answered(struct session *session, const struct slice *addresses, size_t count);

#endif
