/* SPDX-License-Identifier: Apache-2.0 */
/*
 * journal.h — the one file in which the fates of recipients are written down, and safe before anybody is told.
 *
 * Knows:   group commit: what comes while one sync runs goes into the next; compaction into a new file,
 *          after the folder of messages was synced, so that no removed message comes back; replay.
 * Ignores: what records mean. Its owner applies them at the start, and draws a snapshot for a new file.
 * Owns:    the file, and what is not yet written.
 * Fails:   a failed write or sync makes a new file from a snapshot; nobody is told "noted" before one of
 *          both has succeeded. While neither does, it is tried again each second. A file in which a write
 *          or sync failed is never written again. When only the new file fails (no room for it), the old one
 *          goes on, in the room that was taken behind its end when it was made.
 */
#ifndef QUEUE_JOURNAL_H
#define QUEUE_JOURNAL_H

#include "base/crew.h"
#include "queue/journal_format.h"
#include "queue/spool.h"

struct journal_note {                    /* embedded by whoever waits */
	void (*noted)(struct journal_note *note);
	struct journal_note *next;
};

struct journal_owner {
	enum result (*snapshot)(void *self, struct buffer *to);      /* records for all there is now */
	void (*synced)(void *self, enum result end);
};

struct journal {
	struct crew *crew;
	const struct spool *spool;
	const struct journal_owner *owner;
	void *self;
	int fd;                          /* -1: none yet */
	struct buffer filling, writing, held;    /* held: what a new file has, until it is there */
	struct journal_note *filling_first, *filling_last, *writing_first, *writing_last;
	struct job job;
	struct timer again;
	enum result end;
	int fresh_fd;                    /* what the job made */
	bool busy, compact;
	bool whole;                      /* file, held and filling together have every record: the file may go on */
	bool postponed, renamed;         /* a new file could not be made; it has the name, synced or not */
	uint64_t size, base, grow;       /* bytes now; after compaction; growth that brings the next */
	unsigned long syncs, records;
};

#define JOURNAL_FILE "journal"

/* found: there was one. behind: records lie behind a bad one; no_file: a pipe, a folder or a link has its name */
struct journal_replay { uint64_t records; bool found, torn, behind, no_file; };

/* Reads what is there, at the start; `apply` gets each record in order. LATER: unreadable. */
must_use enum result journal_replay(const struct spool *spool, void (*apply)(void *self, const struct journal_record *record),
                                    void *self, struct journal_replay *ret_replay);

/* The first thing it does is a compaction, so that a torn tail is never written behind. After journal_trust(), which
 * is for a file that was replayed to its end, that file goes on if there is no room for a new one. */
void journal_init(struct journal *journal, struct crew *crew, const struct spool *spool, uint64_t grow,
                  const struct journal_owner *owner, void *self);
void journal_trust(struct journal *journal);
void journal_begin(struct journal *journal);     /* makes the new file now, and with it the room behind its end */
void journal_finish(struct journal *journal);

void journal_add(struct journal *journal, const struct journal_record *record);   /* with the next sync */
/* Calls back, from the loop, when all that was added so far is safe. */
void journal_sync(struct journal *journal, struct journal_note *note, void (*noted)(struct journal_note *note));
bool journal_idle(const struct journal *journal);

#endif
