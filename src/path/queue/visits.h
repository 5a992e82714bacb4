/* SPDX-License-Identifier: Apache-2.0 */
/*
 * visits.h — whenever something is due for a message, its file is read on the crew and one thing is done.
 *
 * Knows:   which thing comes first: a judgement, a copy to quarantine, a notice, a loan to the relay.
 * Ignores: how each of them goes; judging.c, notices.c and lending.c know.
 * Owns:    what was read, until visit_end(). The entry is BUSY for that time.
 * Fails:   a damaged file goes to corrupt/, with a warning; one that can't be read now is visited again.
 */
#ifndef QUEUE_VISITS_H
#define QUEUE_VISITS_H

#include "base/crew.h"
#include "base/pool.h"
#include "mail/message/message.h"
#include "mail/policy/policy.h"
#include "queue/asks.h"
#include "queue/entries.h"
#include "queue/journal.h"
#include "queue/keeping.h"

enum { VISITS_MOST = 256, VISITS_WORK = 192, VISIT_MEMORY = 32 << 20 };

struct visit {
	struct job job;
	struct queue *queue;
	struct entry *entry;
	char name[SPOOL_NAME];
	bool verify, has_later;                  /* for the crew */
	bool for_relay;                          /* counted as preparing */
	enum result end;
	struct arena memory;
	int fd;                                  /* the message's file, read-only */
	struct spool_map map;
	struct slice packed;                     /* the envelope */
	struct envelope envelope;
	struct judgement judgement;
	bool judged;
	int memfd;                               /* its bytes, sealed, when inspect wants them */
	struct ask ask;
	struct keeping keeping;
	struct journal_note note;
	struct entry *made;                      /* a notice's entry */
	const struct telling *telling;           /* what kind of notice: notices.c */
	struct slice fresh;                      /* a judgement that is to be written */
	struct errand *errands;                  /* errands.c: in an order that is the same at each visit */
	uint32_t errand_count;
};

struct visits {
	struct queue *queue;
	struct pool pool;
	struct timer timer;
	uint32_t seen;                           /* the time of the last turn */
};

void visits_init(struct visits *visits, struct queue *queue);
void visits_finish(struct visits *visits);
void visits_turn(struct queue *queue);           /* begins what is due, and sets the clock for the rest */

/* What is known of a message that was kept a moment ago. */
struct visit_news {
	struct arena memory;                     /* the rest lies in it */
	int fd;                                  /* the file, read-only; -1: none */
	struct spool_map map;
	struct slice packed;
	struct envelope envelope;
	struct judgement judgement;
	bool judged;
};

/* The end of keeping a message: it is lent at once where nobody waits longer, or goes to where it is due. Takes
 * what is in `news`. */
void visits_hand_over(struct queue *queue, struct entry *entry, struct visit_news *news);

void visit_do(struct visit *visit, void (*work)(struct job *job), void (*done)(struct job *job));
struct visit *visit_of_job(struct job *job);
void visit_mean(struct visit *visit, enum recipient_is what);    /* from here on this visit is about those, no later ones */
bool visit_means(struct visit *visit, uint32_t place, enum recipient_is what);   /* and it is still that */
void visit_end(struct visit *visit);             /* the entry goes back to where it is due */
void visit_put_off(struct visit *visit, enum recipient_is whom, uint32_t seconds);
struct spool_span visit_content(const struct visit *visit);

/* A judgement from outside, with a fate for each recipient, and edits that fit the message. */
must_use enum result visits_judgement(struct arena *arena, struct slice packed, uint32_t recipients, uint64_t length,
                                      struct judgement *ret_judgement);

void judging_begin(struct visit *visit);         /* judging.c */
/* A judgement of our own for all: to quarantine with it, unscannable. */
must_use enum result judging_unscannable(struct visit *visit, struct slice reason);
void quarantine_begin(struct visit *visit);       /* apart.c */
void quarantine_undeliverable(struct visit *visit);
void errands_begin(struct visit *visit);          /* errands.c */
/* Envelope and judgement of a message of our own, made out of this one, packed into the visit's memory. */
must_use enum result notices_pack_own(struct visit *visit, const struct envelope *envelope,
                                      const struct judgement *judgement, struct spool_text *text);
/* To its sender, of that recipient: who is real, as far as we know, and as the recipient's profile or the file allows. */
bool notices_may_tell(const struct visit *visit, uint32_t place);
/* An internationalised address: a notice to it is UTF-8. */
bool notices_is_wide(struct slice address);
/* A notice as inspect composes it: sealed, and of a size that can be. */
must_use enum result notices_look_at(int memfd, uint64_t *ret_length);
void notices_of_failure(struct visit *visit);     /* notices.c */
void notices_of_delay(struct visit *visit);
void notices_of_success(struct visit *visit);

#endif
