/* SPDX-License-Identifier: Apache-2.0 */
/*
 * load.h — the start: what lies in the spool becomes entries, and the journal says what has happened to them since.
 *
 * Knows:   which file is a message of ours: its name is an id, its envelope carries that id, its sections are whole.
 * Ignores: the checksum, which is looked at before the first delivery.
 * Owns:    which files could not be read now (a bad disk), and the journal's records of them: they stay in the
 *          journal, so that the next start knows who of them is delivered, held or deleted.
 * Fails:   LATER: a folder or the journal could not be read, or too many files. What is wrong goes to corrupt/.
 */
#ifndef QUEUE_LOAD_H
#define QUEUE_LOAD_H

#include "queue/journal_format.h"

struct queue;

enum { UNREAD_MOST = 256 };

struct unread {
	char ids[UNREAD_MOST][MESSAGE_ID_SIZE];
	uint32_t count;
	struct buffer records;           /* packed */
	bool lost;                       /* there was no memory for a record */
};

bool unread_has(const struct unread *unread, const char id[MESSAGE_ID_SIZE]);
void unread_keep(struct unread *unread, const struct journal_record *record);

must_use enum result load_spool(struct queue *queue);

#endif
