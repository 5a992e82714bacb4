/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kept.h — what the message log says: judgements, with what was known then (wire/queue-keeper.h).
 *
 * Knows:   the log of a running gateway, asked of the keeper; the folder `state`/log of one that is not; files of a log.
 * Ignores: what the judgements say.
 * Owns:    a file's descriptor and one opened block at a time.
 * Fails:   REFUSED after a complaint: there is no log to read. What is damaged, or not handed out, is complained of and
 *          counted, and the rest is read.
 */
#ifndef CLI_KEPT_H
#define CLI_KEPT_H

#include "cli/places.h"

struct kept_judgement {
	int64_t when;                            /* seconds since 1970 */
	struct slice id;
	bool late;
	struct slice envelope, judgement;        /* packed; until the call ends */
};

struct kept_walk {
	const char *key;                         /* this message only; NULL: all */
	/* Oldest first. Any end but OK stops the walk, and is its end. */
	enum result (*each)(void *owner, const struct kept_judgement *kept);
	enum result (*gap)(void *owner, uint64_t count, int64_t since);      /* may be NULL */
	enum result (*unread)(void *owner, struct slice id);                 /* a record that is none; may be NULL */
	void *owner;
	unsigned unread_files;                   /* with a damaged end, or not to be had; complained of */
};

/* places->gateway is filled. */
must_use enum result kept_walk(struct kept_walk *walk, struct places *places);

/* RECORDED_JUDGED's bytes. REFUSED: they are none. */
must_use enum result kept_read(struct slice bytes, struct kept_judgement *ret_kept);

#endif
