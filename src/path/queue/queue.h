/* SPDX-License-Identifier: Apache-2.0 */
/*
 * queue.h — the door of the queue: keeps what was accepted until every recipient has come to an end.
 *
 * Knows:   the spool, the journal, retry times, the quarantine; asks inspect, lends to the relay.
 * Ignores: what is in a message, and how it is delivered.
 * Owns:    the folder `spool`; it alone writes there.
 * Fails:   LATER (a 4xx) whenever something could not be made safe; a 250 is never said before.
 */
#ifndef QUEUE_QUEUE_H
#define QUEUE_QUEUE_H

#include "base/counters.h"
#include "base/settings.h"
#include "mail/policy/policy.h"

#define QUEUE_SETTINGS(ROW)                                                                                            \
	ROW(answer_budget,   seconds, "20s",  "1s",  "10m",     "a message not judged by then is kept, and judged later")  \
	ROW(ask_limit,       seconds, "15m",  "1s",  "1d",      "a question that inspect leaves unanswered is asked again") \
	QUEUE_TIMES(ROW)                                                                                                   \
	ROW(reserve,         bytes,   "100M", "0",   "1048576G", "free room in the spool below which no mail is taken")    \
	ROW(reserve_inodes,  count,   "1000", "0",   "1000000000", "free inodes below which no mail is taken")             \
	ROW(message_limit,   bytes,   "100M", "1K",  "1G",      "largest message taken, whatever a front says")            \
	ROW(messages,        count,   "1000000", "1", "100000000", "messages in the queue at most")                        \
	ROW(lent,            count,   "200",  "1",   "4000",    "messages with the relay at a time")                       \
	ROW(threads,         count,   "16",   "1",   "64",      "threads that write and sync")                             \
	ROW(journal_size,    bytes,   "4M",   "64K", "1G",      "the journal is compacted when it has grown by this much")
SETTINGS_STRUCT(queue_settings, QUEUE_SETTINGS);
extern const struct settings_section queue_settings_section;

#define QUEUE_COUNTERS(ROW)                                                          \
	ROW(messages_accepted,     COUNTS, "messages kept and answered with 250")    \
	ROW(recipients_accepted,   COUNTS, "recipients of those messages")           \
	ROW(messages_refused,      COUNTS, "messages refused by judgement")          \
	ROW(messages_put_off,      COUNTS, "messages answered with a 4xx")           \
	ROW(delivered,             COUNTS, "recipients delivered to")                \
	ROW(deferred,              COUNTS, "attempts put off by the next hop")       \
	ROW(bounced,               COUNTS, "recipients ended by failure")            \
	ROW(quarantined,           COUNTS, "recipients put into quarantine")         \
	ROW(discarded,             COUNTS, "recipients discarded by a rule")         \
	ROW(deleted,               COUNTS, "recipients deleted by an operator or by age") \
	ROW(notices,               COUNTS, "notices composed")               \
	ROW(copies,                COUNTS, "copies made because a rule forwards or archives") \
	ROW(judged_later,          COUNTS, "messages kept before they were judged")  \
	ROW(journal_syncs,         COUNTS, "syncs of the journal")                   \
	ROW(journal_records,       COUNTS, "records in the journal")                 \
	ROW(bytes_stored,          COUNTS, "bytes of messages stored")               \
	ROW(sync_errors,           COUNTS, "writes or syncs that failed")            \
	ROW(corrupt,               COUNTS, "files set aside as corrupt")             \
	ROW(not_recorded,          COUNTS, "judgements that the message log may lack") \
	ROW(queued,                SHOWS,  "messages in the queue")                  \
	ROW(held,                  SHOWS,  "recipients on hold")                     \
	ROW(lent,                  SHOWS,  "messages with the relay")                \
	ROW(free_bytes,            SHOWS,  "free room in the spool")

#define QUEUE_COUNT(name, kind, about) QUEUE_COUNT_##name,
enum queue_count { QUEUE_COUNTERS(QUEUE_COUNT) QUEUE_COUNT_ALL };
extern const struct counter queue_counters[];
extern const size_t queue_counter_count;

#endif
