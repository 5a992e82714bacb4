/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keeper.h — the door of the keeper: what is remembered. It alone writes below `state`.
 *
 * Knows:   its settings and counters, which others read, and its jail; the process itself is keeper.c.
 * Ignores: mail: what it is told to remember are bytes.
 * Owns:    the folder `log` below `state`: the message log.
 * Fails:   by a gap, which it writes down: nobody waits for it, and no mail is held or lost with it.
 */
#ifndef KEEPER_KEEPER_H
#define KEEPER_KEEPER_H

#include "base/counters.h"
#include "base/jail.h"
#include "base/settings.h"

#define KEEPER_SETTINGS(ROW)                                                                                         \
	ROW(log_size, bytes,   "1G",  "1M", "1048576G", "the message log's files together; the oldest are removed")  \
	ROW(log_life, seconds, "30d", "1h", "3650d",    "files of the message log that are older are removed")       \
	ROW(log_sync, seconds, "1s",  "0",  "1m",       "longest time until a record is safe on the disk")
SETTINGS_STRUCT(keeper_settings, KEEPER_SETTINGS);
extern const struct settings_section keeper_settings_section;

#define KEEPER_COUNTERS(ROW)                                                  \
	ROW(records,       COUNTS, "records of the message log written")      \
	ROW(records_lost,  COUNTS, "records that are missing in the log")     \
	ROW(bytes_written, COUNTS, "bytes of the message log, compressed")    \
	ROW(log_syncs,     COUNTS, "syncs of the message log")
#define KEEPER_COUNT(name, kind, about) KEEPER_COUNT_##name,
enum keeper_count { KEEPER_COUNTERS(KEEPER_COUNT) KEEPER_COUNT_ALL };
#undef KEEPER_COUNT
extern const struct counter keeper_counters[];
extern const size_t keeper_counter_count;

extern const struct jail keeper_jail;

#define KEEPER_LOG "log"                                 /* the folder below `state` */

#endif
