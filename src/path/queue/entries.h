/* SPDX-License-Identifier: Apache-2.0 */
/*
 * entries.h — the queue in memory: an entry for each message in `messages`, found by id or by what is due first.
 *
 * Knows:   for each recipient what it is, when it is due, and how often it was tried.
 * Ignores: addresses and bytes; those stay in the file.
 * Owns:    entries, from a pool, and the array of recipients where there are several.
 * Fails:   LATER: as many messages as allowed, or no memory. REFUSED: an entry of that id is there.
 */
#ifndef QUEUE_ENTRIES_H
#define QUEUE_ENTRIES_H

#include "base/pool.h"
#include "mail/smtp/smtp.h"
#include "queue/paces.h"
#include "queue/words.h"

enum recipient_is {
	RECIPIENT_UNJUDGED,              /* waits for a (new) judgement */
	RECIPIENT_QUEUED,                /* waits for the relay */
	RECIPIENT_LENT,                  /* the relay is at it */
	RECIPIENT_HELD,                  /* until an operator acts */
	RECIPIENT_FAILED,                /* waits for its notice */
	RECIPIENT_FOR_QUARANTINE,        /* waits for the file there */
	RECIPIENT_DELAYED,               /* waits for the notice that it is late; queued again then */
	RECIPIENT_ARRIVED,               /* delivered; waits for the notice of that */
	RECIPIENT_DELIVERED,             /* from here on: final */
	RECIPIENT_BOUNCED,
	RECIPIENT_QUARANTINED,
	RECIPIENT_DISCARDED,
	RECIPIENT_DELETED,
	RECIPIENT_KINDS,
};

enum recipient_flag {                    /* bits */
	RECIPIENT_IS_JUDGED  = 1,        /* its fate was decided */
	RECIPIENT_IS_NOTED   = 2,        /* the journal knows more of it than the file */
	RECIPIENT_IS_EXPIRED = 4,
	RECIPIENT_IS_MEANT   = 8,        /* the visit under way is about it */
	RECIPIENT_IS_RELAYED = 16,       /* arrived at a next hop that tells nobody */
	RECIPIENT_IS_WARNED  = 32,       /* its sender was told of the delay */
	RECIPIENT_HAS_ERRANDS = 64,      /* its fate asks for copies or notices, which come before all else … */
	RECIPIENT_HAD_ERRANDS = 128,     /* … and they were made */
};

struct recipient {
	uint32_t due, words;             /* seconds since 1970; words.h */
	uint8_t is, attempts, busy, flags;
	uint16_t pace;                   /* paces.h */
};

enum entry_flag {                        /* bits */
	ENTRY_CHECKED     = 1,           /* the whole file was verified since the start */
	ENTRY_BUSY        = 2,           /* a visit is at work on it */
	ENTRY_LENT        = 4,           /* the relay has it */
	ENTRY_AWAY        = 8,           /* lent over a wire that is no more; RESUMED will tell */
	ENTRY_GOING       = 16,          /* all final: being removed */
	ENTRY_HAS_LATER   = 32,          /* there is a file in judged/ */
	ENTRY_NULL_SENDER = 64,
	ENTRY_OWN         = 128,         /* composed by us */
	ENTRY_LOCAL       = 256,
	ENTRY_TELL        = 512,         /* somebody's success is to be told */
};

enum heap_kind { HEAP_WORK, HEAP_RELAY, HEAPS };

struct entry {
	struct entry *next;              /* in its bucket */
	char id[MESSAGE_ID_SIZE];
	uint32_t serial, received, length, uid, flags;
	uint32_t due, place;             /* in a heap; place 0: in none */
	uint32_t errands;                /* of those that are due, made so far */
	uint8_t heap, tried;             /* tried: judgements that did not come */
	uint32_t count;
	union { struct recipient one, *many; } recipients;
};
_Static_assert(sizeof(struct entry) <= 200, "100,000 messages are to cost 20 MB");

struct heap { struct entry **list; uint32_t count, size; };      /* from 1 */

struct entries {
	struct pool pool;
	struct entry **buckets;
	uint32_t bucket_count, count;
	struct heap heaps[HEAPS];
	struct words *words;
	struct paces paces;
	uint64_t states[RECIPIENT_KINDS];    /* how many recipients are what; kept by entry_turn() */
};

must_use enum result entries_init(struct entries *entries, size_t most, struct words *words);
void entries_finish(struct entries *entries);

/* Every recipient begins as UNJUDGED, due at once. */
must_use enum result entries_add(struct entries *entries, struct slice id, uint32_t recipients, struct entry **ret_entry);
void entries_remove(struct entries *entries, struct entry *entry);
struct entry *entries_find(const struct entries *entries, struct slice id);
struct slice entry_id(const struct entry *entry);
/* One after the other in no order; NULL starts, NULL ends. Nothing may be added or removed between. */
struct entry *entries_next(const struct entries *entries, const struct entry *last);

struct recipient *entry_recipient(struct entry *entry, uint32_t place);      /* NULL: no such place */
void entry_turn(struct entries *entries, struct recipient *recipient, enum recipient_is to);
void recipient_say(struct entries *entries, struct recipient *recipient, struct slice route, struct slice reply);
/* NULL: the file's. LATER: the file's too, because there is no room for one more. */
must_use enum result recipient_pace(struct entries *entries, struct recipient *recipient, const struct times *times);
bool recipient_is_final(const struct recipient *recipient);
bool entry_is_final(struct entry *entry);
bool entry_has(struct entry *entry, enum recipient_is what);
bool recipient_needs_errands(const struct recipient *recipient);
bool entry_needs_errands(struct entry *entry);
const char *recipient_word(enum recipient_is what);                          /* "queued" */

/* Into the heap where its next need lies, or out of both: busy, lent, going, all held. */
void entries_schedule(struct entries *entries, struct entry *entry);
void entries_unschedule(struct entries *entries, struct entry *entry);
struct entry *entries_first(const struct entries *entries, enum heap_kind kind);     /* earliest due, or NULL */

#endif
