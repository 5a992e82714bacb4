/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verbs.h — what each command does to a session (inside session.c and verbs.c only).
 *
 * Knows:   the verbs, the stages that permit them, who may relay, what one message may have.
 * Ignores: what becomes of a message once it is whole: session.c.
 * Owns:    nothing.
 * Fails:   as session.h says.
 */
#ifndef FRONT_VERBS_H
#define FRONT_VERBS_H

#include "front/session.h"

struct session_recipient {
	struct envelope_recipient recipient;
	struct session_recipient *next;
	struct slice refused;                     /* the queue's reply; empty: it was not */
};

/* A RCPT that was answered 250, and whom it brought: at least one, in a row. */
struct session_noted {
	const struct session_recipient *first;
	uint32_t count;
	struct session_noted *next;
};

must_use enum result verbs_obey(struct session *session, struct slice line);
/* Did somebody mean BDAT by it? Then bytes follow, and nobody knows how many. */
bool verbs_look_like_chunk(struct slice line);
/* Whatever stands behind a chunk of unknown length may be a part of it: nothing more is obeyed. */
must_use enum result verbs_after_unmeasured(struct session *session);

/* session.c has these for both. */
must_use enum result session_answer(struct session *session, const char *reply);
must_use enum result session_hang_up(struct session *session, const char *reply);
void session_forget(struct session *session);            /* the message, not who the client is */
bool session_is_stranger(const struct session *session);
bool session_is_text(struct slice line);                 /* printable ASCII only */

#endif
