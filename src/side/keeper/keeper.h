/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keeper.h — the door of the keeper: what is remembered. It alone writes below `state`.
 *
 * Knows:   its settings and counters, which others read, and its jail; the process itself is keeper.c.
 * Ignores: mail: what it is told to remember are bytes.
 * Owns:    the folders `log`, `known` and `learned` below `state`: the message log, the map of what is remembered, and the
 *          model of the classifier with the ledger of what it learned.
 * Fails:   by a gap, which it writes down: nobody waits for it, and no mail is held or lost with it. What is asked of the
 *          map and cannot be answered is said to be so.
 */
#ifndef KEEPER_KEEPER_H
#define KEEPER_KEEPER_H

#include "base/counters.h"
#include "base/jail.h"
#include "base/settings.h"

#define KEEPER_SETTINGS(ROW)                                                                                         \
	ROW(log_size, bytes,   "1G",  "1M", "1048576G", "the message log's files together; the oldest are removed")  \
	ROW(log_life, seconds, "30d", "1h", "3650d",    "files of the message log that are older are removed")       \
	ROW(log_sync, seconds, "1s",  "0",  "1m",       "longest time until a record is safe on the disk, and what is remembered with it") \
	ROW(known_size, bytes, "256M", "32M", "1G",     "the map of known senders, at most; taken at the keeper's start") \
	ROW(known_life, seconds, "180d", "1d", "3650d", "senders are forgotten so long after their last message")    \
	ROW(known_once_life, seconds, "30d", "1h", "3650d", "and who sent only one, so long after that")             \
	ROW(newcomers, count,  "500", "1",  "1000000",  "addresses and domains that become known through one network in an hour") \
	ROW(learned_size, bytes, "128M", "64M", "512M",  "the ledger of learned messages, at most; taken at the keeper's start") \
	ROW(learned_life, seconds, "1825d", "1d", "3650d", "that a message was learned is known so long, and can be taken back") \
	ROW(learned_lent, seconds, "30s", "0",  "1d",   "shortest time between two models that inspection is lent")
SETTINGS_STRUCT(keeper_settings, KEEPER_SETTINGS);
extern const struct settings_section keeper_settings_section;

#define KEEPER_COUNTERS(ROW)                                                  \
	ROW(records,       COUNTS, "records of the message log written")      \
	ROW(records_lost,  COUNTS, "records that are missing in the log")     \
	ROW(bytes_written, COUNTS, "bytes of the message log, compressed")    \
	ROW(log_syncs,     COUNTS, "syncs of the message log")                \
	ROW(remembered,    COUNTS, "messages told of, whether their senders became known or not")         \
	ROW(not_remembered, COUNTS, "messages that were not counted: the disk failed, or was too slow") \
	ROW(newcomers_over_share, COUNTS, "senders who did not become known: their network, or all together, had their share") \
	ROW(newcomers_when_full,  COUNTS, "senders who did not become known: the map is full")        \
	ROW(forgotten,     COUNTS, "senders who were forgotten for their age")                        \
	ROW(names_asked,   COUNTS, "questions whether somebody is known")                             \
	ROW(names_known,   SHOWS,  "entries of the map of known senders")                             \
	ROW(lessons,       COUNTS, "messages learned, moved or forgotten")                            \
	ROW(learned_known, SHOWS,  "messages of which the ledger says that they were learned")
#define KEEPER_COUNT(name, kind, about) KEEPER_COUNT_##name,
enum keeper_count { KEEPER_COUNTERS(KEEPER_COUNT) KEEPER_COUNT_ALL };
#undef KEEPER_COUNT
extern const struct counter keeper_counters[];
extern const size_t keeper_counter_count;

extern const struct jail keeper_jail;

#define KEEPER_LOG   "log"                               /* the folders below `state` */
#define KEEPER_KNOWN "known"
#define KEEPER_LEARNED "learned"

#endif
