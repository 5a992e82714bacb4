/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spooled.h — messages that a running gateway has, with what was judged of them, asked of its queue.
 *
 * Knows:   the words `queue` and `quarantine` of wire/control.h.
 * Ignores: what the judgements say.
 * Owns:    what came, until the call ends.
 * Fails:   REFUSED after a complaint: the gateway does not answer. What is listed and cannot be had is told as such.
 */
#ifndef CLI_SPOOLED_H
#define CLI_SPOOLED_H

#include "base/buffer.h"

struct spooled {
	char id[17];
	struct slice envelope, judgement;        /* packed */
	int message;                             /* sealed memfd */
};

struct spooled_walk {
	/* Any end but OK stops the walk, and is its end. */
	enum result (*each)(void *owner, const struct spooled *spooled);     /* takes spooled->message */
	enum result (*unread)(void *owner, const char *id);                  /* gone meanwhile, or not to be had */
	void *owner;
};
/* Each of the quarantine, in the order of its listing. */
must_use enum result spooled_quarantine(struct slice run, const struct spooled_walk *walk);

/* What was judged of one, in the room `queue` or `quarantine`. OK: `bytes` holds what the slices point into. */
must_use enum result spooled_judged(struct slice run, const char *room, const char *id, struct buffer *bytes,
                                    struct slice *ret_envelope, struct slice *ret_judgement);

#endif
