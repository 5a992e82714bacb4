/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fates.h — what becomes of recipients: in memory and in the journal in one step, and the end of a message.
 *
 * Knows:   how a judgement begins a recipient's life, which record each turn writes, and the ledger.
 * Ignores: why. Callers decide.
 * Owns:    a message's last step: its records are synced, then its files are removed, then it is counted as gone.
 * Fails:   LATER: no room for another entry. REFUSED: an entry of that id is there.
 */
#ifndef QUEUE_FATES_H
#define QUEUE_FATES_H

#include "mail/policy/policy.h"
#include "queue/entries.h"
#include "queue/journal_format.h"
#include "queue/spool_file.h"

struct queue;

void fates_init(struct queue *queue);

/* An entry for a message; BUSY until fates_settle(). `judgement` may be NULL. */
must_use enum result fates_admit(struct queue *queue, const struct envelope *envelope, uint32_t serial, uint64_t length,
                                 const struct judgement *judgement, struct entry **ret_entry);
/* Gives their fates to those who wait for one. `late`: it was not kept with the message. */
void fates_judge(struct queue *queue, struct entry *entry, const struct judgement *judgement, bool late);

struct fates_words { struct slice route, reply; bool expired; uint32_t due; };

/* The turn in memory and its record. */
void fates_turn(struct queue *queue, struct entry *entry, uint32_t place, enum journal_kind kind, const struct fates_words *words);
/* Its copies and notices were made. */
void fates_errands_made(struct queue *queue, struct entry *entry, uint32_t place);
/* No longer busy: back to where it is due, or out if all is final. */
void fates_settle(struct queue *queue, struct entry *entry);
/* Those that are all final and could not be removed are tried again. */
void fates_sweep(struct queue *queue);
/* The clock was put back: nobody waits until the old one's time. */
void fates_clock_back(struct queue *queue, struct entry *entry);
/* The file is no message of ours any more (set aside): out of memory at once. */
void fates_drop(struct queue *queue, struct entry *entry);

void fates_replay(struct queue *queue, const struct journal_record *record);
must_use enum result fates_snapshot(struct queue *queue, struct buffer *to);
void fates_ledger(const struct queue *queue, uint64_t ret_rows[LEDGER_ROWS]);

/* The times that hold for it: its profile's, and else the file's of now. */
struct queue_times fates_times(const struct queue *queue, const struct recipient *recipient);
/* Its lifetime is over, by a clock that can be believed. */
bool fates_is_too_old(struct queue *queue, const struct entry *entry, const struct recipient *recipient);

#endif
