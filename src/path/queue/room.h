/* SPDX-License-Identifier: Apache-2.0 */
/*
 * room.h — all that the queue holds at run time, for the files of this room.
 *
 * A message comes in by deposits.c (or is made by notices.c and quarantine.c), becomes an entry in
 * fates.c, is visited by visits.c whenever something is due (a judgement, a copy to quarantine, a notice,
 * a loan to the relay), and leaves by fates.c when its last recipient is final.
 */
#ifndef QUEUE_ROOM_H
#define QUEUE_ROOM_H

#include "base/process.h"
#include "mail/message/message.h"
#include "mail/policy/policy.h"
#include "queue/asks.h"
#include "queue/deposits.h"
#include "queue/entries.h"
#include "queue/journal.h"
#include "queue/lending.h"
#include "queue/load.h"
#include "queue/queue.h"
#include "queue/recording.h"
#include "queue/reserve.h"
#include "queue/schedule.h"
#include "queue/spool.h"
#include "queue/talk.h"
#include "queue/visits.h"
#include "wire/gateway.h"

struct ending;

/* fates.c: files of messages that came to their end, removed by one job of the crew at a time */
struct removals { struct job job; struct ending *waiting, *going; };

struct queue {
	struct process *process;
	struct queue_settings settings;
	struct gateway_settings gateway;
	struct crew crew;
	struct spool spool;
	struct words words;
	struct entries entries;
	struct journal journal;
	struct unread unread;
	struct pool endings;             /* fates.c: entries on their way out */
	struct removals removals;
	uint64_t totals[LEDGER_ROWS];    /* recipients of messages that are gone */
	struct asks asks;
	struct deposits deposits;
	struct lending lending;
	struct visits visits;
	struct control control;
	struct recording recording;
	struct reserve reserve;
	struct timer stop_timer;
	uint64_t stop_by;
	int64_t clock_seen;              /* the same, when deliveries last asked */
	uint64_t distrust_until;         /* ticks: until then nothing is given up for its age */
	int64_t clock_apart;             /* the wall's clock from the monotonic one, in ms, when last looked at */
	bool stopping, loaded;
	bool spool_trouble, journal_trouble, times_trouble;      /* warnings that stand */
	uint64_t corrupt;                        /* files set aside */
	struct timer corrupt_timer;              /* one warning for those that come together */
};

uint32_t queue_now(void);                /* seconds since 1970 */
uint64_t queue_chance(void);
/* False for an hour after the wall's clock was put forward by more than ten minutes: it may be put right. */
bool queue_clock_is_trusted(struct queue *queue);
void queue_new_id(char id[SPOOL_NAME]);
void queue_note(struct queue *queue, enum log_level level, struct slice id, const char *event, const char *key, struct slice value);
void queue_count(struct queue *queue, enum queue_count which, uint64_t how_many);
/* A warning that stands while `error` is not 0. */
void queue_trouble(struct queue *queue, bool *standing, const char *name, int error);
/* A recipient's times were kept, or (LATER) are the file's because there are too many: a warning until there is room. */
void queue_look_at_times(struct queue *queue, enum result kept);
void queue_corrupt(struct queue *queue, struct slice name);
void queue_warn_of_corrupt(void *own_queue);
/* Why the process cannot begin, by `error` (0: unknown), before it ends. */
void queue_complain(struct queue *queue, const char *what, int error);
void queue_show_levels(struct queue *queue);

#endif
