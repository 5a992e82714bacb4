/* SPDX-License-Identifier: Apache-2.0 */
/*
 * request.h — one question of the queue on its way (inside the room only).
 *
 * Knows:   its stage, and what has been gathered for it.
 * Owns:    its memfd and its buffers.
 */
#ifndef INSPECT_REQUEST_H
#define INSPECT_REQUEST_H

#include "inspect/dispatcher.h"

#include "inspect/inspect.h"
#include "mail/evidence/evidence.h"
#include "mail/smtp/smtp.h"
#include "wire/queue-inspect.h"


enum stage { TO_READ, READING, ASKING, TO_JUDGE, JUDGING, TO_MEND, MENDING, TO_COMPOSE, COMPOSING,
             TO_EXTRACT, EXTRACTING };

enum { REQUEST_ID = 16 };

struct request {
	struct dispatcher *dispatcher;
	struct request *next, *previous;
	enum stage stage;
	uint64_t exchange, serial;                   /* the queue's; ours */
	int fd;
	char id[REQUEST_ID];
	uint32_t recipients;
	struct buffer question;                      /* the envelope as a slice, or the notice */
	struct buffer known;                         /* evidence from before anybody is asked */
	struct buffer findings;
	struct buffer evidence;                      /* packed: what is known, and what was answered so far */
	struct buffer judgement;                     /* that waits for its edits */
	struct timer deadline;
	uint64_t began;                              /* when a worker began to read */
	uint64_t asks_since, asks_until;             /* in ASKING */
	int64_t asked;
	struct lookup *lookups;                      /* of lookups.c */
	unsigned deaths, judge_deaths;
	unsigned wants, waits, sent;                 /* bits of sources, see sources.h */
	bool replays;                                /* nobody is asked, and nothing mended */
	unsigned settings;                           /* the dispatcher's, when it was planned who is asked */
	bool tainted;                                /* must not be called clean */
	bool unread;                                 /* nobody could read it, nor shall try again */
	bool unmendable;                             /* its menders died: policy keeps it, or it fails */
	bool forgotten;
};

enum { CHECK_MEMORY = 16 << 20 };

/* request.c: its life. After drop, answer or fail it is no more. */
struct slice request_id(const struct request *request);
void request_link(struct dispatcher *dispatcher, struct request *request);
void request_drop(struct request *request);
void request_say(struct request *request, const char *event, struct slice reason);
void request_answer(struct request *request, enum inspect_answers kind, struct slice payload, int fd);
void request_fail(struct request *request, struct slice reason);
/* false: it failed, and is no more. */
bool request_judge_unread(struct request *request, struct slice reason);
void dispatcher_count(struct dispatcher *dispatcher, enum inspect_count which);

/* plan.c: who is asked about it, by envelope and settings. */
must_use enum result plan_make(struct request *request, const struct envelope *envelope);
/* Others have come since: what was found and answered is not for them. */
bool plan_is_old(const struct request *request);
/* Again, from the beginning. false: it failed, and is no more. */
bool plan_anew(struct request *request);

/* dispatcher.c: free workers get what waits. */
void dispatcher_hand_out(struct dispatcher *dispatcher);

/* sources.c: a deadline, while it is asked about. */
void sources_silent(void *request);

/* taking.c: what a worker said of it, or that it ended; the calls of struct workers_owner. */
enum result taking_answer(void *owner, void *job, struct frame *frame);
void taking_death(void *owner, void *job, uint64_t took_ms);

/* answers.c: evidence from what was said, or not said. It begins with what is known; each source then adds its answers,
 * whose texts are printable ASCII. */
must_use enum result answers_begin(struct request *request);
must_use enum result answers_add(struct request *request, const struct answer *answers, size_t count, uint64_t took_ms);
must_use enum result answers_missing(struct request *request, enum question_kind kind, struct slice who, struct slice reason,
                                     uint64_t took_ms);
/* SCANNED's payload. */
must_use enum result answers_read(struct request *request, struct slice scanned, unsigned scanners, uint64_t took_ms);
/* What is known beforehand: the clock and the peer; in a replay, all that is known at all. */
must_use enum result answers_known(struct request *request, const struct envelope *envelope, int64_t now, struct arena *arena);
/* More of it, before answers_begin(). */
must_use enum result answers_know(struct request *request, const struct answer *answers, size_t count);
must_use enum result answers_given(struct request *request, struct slice evidence);

#endif
