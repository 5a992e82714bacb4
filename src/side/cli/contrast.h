/* SPDX-License-Identifier: Apache-2.0 */
/*
 * contrast.h — one message, judged by two configurations with the same evidence, a few messages at a time.
 *
 * Knows:   the two inspecting processes, and in which order a message goes through them.
 * Ignores: where messages come from, and how differences are told.
 * Owns:    the messages of one batch, with all that was answered about them.
 * Fails:   REFUSED after a complaint: an inspecting process ended. A message that cannot be judged by both is told as such,
 *          whatever is wrong with it, and the others go on.
 */
#ifndef CLI_CONTRAST_H
#define CLI_CONTRAST_H

#include "cli/inspector.h"

enum { CONTRAST_MOST = 64, CONTRAST_NAME = PLACE_SIZE + 32, WAS = 0, WILL = 1, SIDES = 2 };

struct contrast_item {
	char name[CONTRAST_NAME];
	struct buffer envelope, findings, evidence;      /* packed; evidence empty: it is asked for */
	int message;                                     /* sealed memfd, or -1: by the findings */
	const char *unknown;                             /* why it is not judged at all; NULL: it is */
	bool waits[SIDES], judged[SIDES];
	struct buffer payload[SIDES];                    /* the judgement, or why there is none */
};

struct contrast {
	struct inspector sides[SIDES];
	struct contrast_item items[CONTRAST_MOST];
	size_t count, most;                              /* of this batch; at a time */
	uint64_t exchange;                               /* of the first of this batch */
	enum result (*tell)(void *owner, struct contrast_item *item);
	void *owner;
};

must_use enum result contrast_start(struct contrast *contrast, struct places *was, struct places *will, bool scanners);
void contrast_finish(struct contrast *contrast);

/* An item to be filled in; a full batch is judged first. Takes message on OK. Without evidence in `past`, it is
 * asked for. */
must_use enum result contrast_add(struct contrast *contrast, const char *name, const struct inspector_past *past, int message);
/* One that there is nothing to judge of is told in its turn; `why` stays. */
must_use enum result contrast_unknown(struct contrast *contrast, const char *name, const char *why);
must_use enum result contrast_judge(struct contrast *contrast);                 /* what is there, told in order */

#endif
