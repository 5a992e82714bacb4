/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sources.h — the stage between reading and judging: whoever can say something of a message is asked at once, and it
 *            goes on when all have answered, or when its time is over (inside the room only).
 *
 * Knows:   the table of those who are asked, who of them a message waits for, and its deadline.
 * Ignores: how each is asked, and what the answers mean: a source is a row here, and a file of its own.
 * Owns:    nothing; what is under way for a request is its source's.
 * Fails:   whoever did not answer in time has failed, and its row says so in the evidence.
 */
#ifndef INSPECT_SOURCES_H
#define INSPECT_SOURCES_H

#include "inspect/request.h"

/* A source. Its kind's bit stands in request.wants (there is something to ask), .waits (it was not answered yet) and
 * .sent (it went over the wire that stands now). */
struct source {
	enum question_kind kind;
	const char *silent;                          /* the log's event when time is over */
	enum inspect_count failures;                 /* counts that too */
	bool brief;                                  /* nobody waits for it longer than limits.brief_ms */
	/* Asks what was not sent yet; without a wire nothing happens, and it is asked again when there is one. What fails
	 * for good ends as a call of sources_answered(), never from within. */
	void (*ask)(struct request *request);
	/* Time is over: evidence of every answer that is missing. */
	must_use enum result (*missing)(struct request *request, uint64_t took_ms);
	/* Nobody waits for it any more, in whatever stage, and what it answers then is passed over. NULL: nothing is kept. */
	void (*forget)(struct request *request);
};

extern const struct source scanning_source;            /* scanning.c */
extern const struct source lookups_source;             /* lookups.c */
/* What lists in the DNS are to be asked of a message from this envelope. LATER: no room. */
void lookups_start(struct dispatcher *dispatcher);
must_use enum result lookups_plan(struct request *request, const struct envelope *envelope);
extern const struct source remembered_source;          /* remembered.c */
/* Whether the keeper is to be asked about a message from this envelope, or what is known without it. */
must_use enum result remembered_plan(struct request *request, const struct envelope *envelope);
/* TOLD's payload becomes evidence. REFUSED: it is no answer to what this message's sender is asked for by. */
must_use enum result remembered_read(struct request *request, struct slice told);

static inline unsigned sources_bit(enum question_kind kind) { return 1u << kind; }
bool sources_waits(const struct request *request, enum question_kind kind);      /* it is asked, and not yet answered */
bool sources_has_sent(const struct request *request, enum question_kind kind);
uint64_t sources_time_left(const struct request *request);                       /* ms, for the one that is asked */
uint64_t sources_took(const struct request *request);                            /* ms since reading began */

bool sources_begin(struct request *request);                  /* it has been read; it may be judged at once. false: it is no more */
void sources_answered(struct request *request, enum question_kind kind);          /* all that this source was asked */
void sources_forget(struct request *request);                 /* of every source; safe at any time */
/* A source's wire ended: what was sent over it was not; then a new one stands, and what waits is asked again. */
void sources_lost(struct dispatcher *dispatcher, enum question_kind kind);
void sources_again(struct dispatcher *dispatcher, enum question_kind kind);

#endif
