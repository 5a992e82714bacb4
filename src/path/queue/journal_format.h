/* SPDX-License-Identifier: Apache-2.0 */
/*
 * journal_format.h — what became of recipients, as records of an append-only file, version 1. Pure.
 *
 * Knows:   the file's head (magic, version) and records: u32 length, u32 CRC-32C of the length and what
 *          follows, then the fields. A record that is cut or changed anywhere is no record.
 * Ignores: files, and what a record makes of an entry.
 * Owns:    nothing; what is read points into the bytes.
 * Fails:   AGAIN: the bytes end before the record does. REFUSED: no record.
 */
#ifndef QUEUE_JOURNAL_FORMAT_H
#define QUEUE_JOURNAL_FORMAT_H

#include "base/buffer.h"
#include "mail/smtp/smtp.h"

enum { JOURNAL_VERSION = 1, JOURNAL_HEAD = 12, JOURNAL_RECORD_HEAD = 8, JOURNAL_LONGEST = 2048, JOURNAL_WORDS = 640 };

/* The numbers stand in files: new ones go to the end. */
enum journal_kind {
	JOURNAL_TOTALS = 1,        /* outcomes of messages that are no longer there, and have no records here */
	JOURNAL_DELIVERED,
	JOURNAL_FAILED,            /* for good; a notice, or the quarantine, is to come */
	JOURNAL_BOUNCED,           /* and it came, or was not wanted */
	JOURNAL_QUARANTINED,
	JOURNAL_DISCARDED,
	JOURNAL_DELETED,
	JOURNAL_HELD,
	JOURNAL_RELEASED,          /* from hold */
	JOURNAL_DEFERRED,
	JOURNAL_TRIED,             /* no judgement came: `attempts` so far, of the message, not of a recipient */
	JOURNAL_DELAYED,           /* put off, and its sender is to be told of that */
	JOURNAL_ARRIVED,           /* delivered, and its sender is to be told of that */
	JOURNAL_ERRANDS,           /* the copies and notices that its fate asks for were made */
	JOURNAL_KINDS,
};

/* What a ledger counts: recipients that came to an end. */
enum ledger_row { LEDGER_DELIVERED, LEDGER_BOUNCED, LEDGER_DISCARDED, LEDGER_DELETED, LEDGER_OWN, LEDGER_ROWS };

/* Bits. Own: a notice, made by us. Relayed: arrived at a next hop that tells nobody. Warned: its sender knows of the delay. */
enum journal_flag { JOURNAL_IS_OWN = 1, JOURNAL_IS_EXPIRED = 2, JOURNAL_IS_RELAYED = 4, JOURNAL_IS_WARNED = 8 };

struct journal_record {
	enum journal_kind kind;
	uint8_t flags;
	char id[MESSAGE_ID_SIZE];
	uint32_t serial, place, attempts;
	uint64_t time;                         /* next attempt, seconds since 1970 */
	struct slice route, reply;             /* at most JOURNAL_WORDS bytes each */
	uint64_t totals[LEDGER_ROWS];          /* JOURNAL_TOTALS */
};

must_use enum result journal_write_head(struct buffer *to);
must_use enum result journal_write(const struct journal_record *record, struct buffer *to);

must_use enum result journal_read_head(struct slice *rest);
must_use enum result journal_read(struct slice *rest, struct journal_record *ret_record);

/* The next whole record in these bytes, wherever it begins: for what lies behind a bad one. */
bool journal_find(struct slice *rest, struct journal_record *ret_record);

/* The row in which a record of that kind is counted, or LEDGER_ROWS. */
enum ledger_row journal_ledger_row(enum journal_kind kind);

#endif
