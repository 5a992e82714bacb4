/* SPDX-License-Identifier: Apache-2.0 */
/*
 * access.h — the door of access: who exists, and what an address stands for.
 *
 * Knows:   its settings and counters, which others read; how a table of text is checked; the process
 *          itself is access.c.
 * Ignores: what is done with the answers: the front asks, over wire/front-access.h.
 * Owns:    nothing here.
 * Fails:   a table or next hop that cannot be asked is LATER: never "there is such a recipient", and
 *          never "there is none".
 */
#ifndef ACCESS_ACCESS_H
#define ACCESS_ACCESS_H

#include "base/counters.h"
#include "base/jail.h"
#include "base/settings.h"

#define ACCESS_SETTINGS(ROW)                                                                                  \
	ROW(expansion,           count,   "1000", "1", "5000", "most recipients that one address becomes")    \
	ROW(callout_dead,        choice,  "later", "", "later accept",                                        \
	    "a recipient whose next hop cannot be asked: refused for now, or accepted")                       \
	ROW(callout_timeout,     seconds, "20s", "1s", "5m", "longest time for one call-out")                 \
	ROW(callout_rate,        count,   "60", "1", "100000", "call-outs to one target in a minute at most") \
	ROW(callout_connections, count,   "4", "1", "50", "call-outs to one target at a time")                \
	ROW(callout_known,       seconds, "12h", "1m", "31d", "how long a recipient that is there is remembered") \
	ROW(callout_unknown,     seconds, "10m", "1s", "7d", "how long one that is not there is remembered")  \
	ROW(callout_cache,       count,   "10000", "100", "1000000", "recipients remembered at most")
SETTINGS_STRUCT(access_settings, ACCESS_SETTINGS);
extern const struct settings_section access_settings_section;
enum { ACCESS_DEAD_LATER, ACCESS_DEAD_ACCEPT };

#define TABLE_SETTINGS(ROW)                                                                                   \
	ROW(type,        choice,  "file", "", "file sqlite pgsql", "where the table lies")                    \
	ROW(file,        path,    "", "", "", "the text, or the database of SQLite")                          \
	ROW(connection,  text,    "", "", "", "how PostgreSQL is reached, as libpq has it: host=ADDRESS user=NAME") \
	ROW(query,       text,    "", "", "", "SQL that yields the values of one key, which is its first parameter") \
	ROW(connections, count,   "2", "1", "8", "questions to the database at a time")                       \
	ROW(timeout,     seconds, "5s", "1s", "1m", "longest wait for the database")                          \
	ROW(inside,      flag,    "no", "", "",                                                               \
	    "what stands in it is there for trusted and authenticated senders only")
SETTINGS_STRUCT(table_settings, TABLE_SETTINGS);
extern const struct settings_section table_settings_section;
enum { TABLE_IS_FILE, TABLE_IS_SQLITE, TABLE_IS_PGSQL };

/* What only all sections together tell, and the texts of tables: a line FILE:LINE: … for each mistake. For the
 * supervisor, which reads the files that the operator wrote. REFUSED: there is one. */
must_use enum result access_check(struct settings *settings, struct buffer *complaints);

#define ACCESS_COUNTERS(ROW)                                                                                  \
	ROW(questions,        COUNTS, "recipients asked for")                                                 \
	ROW(accepted,         COUNTS, "recipients that are there")                                            \
	ROW(unknown,          COUNTS, "recipients that are not")                                              \
	ROW(later,            COUNTS, "recipients of whom nothing could be learned")                          \
	ROW(waiting,          SHOWS,  "questions waiting for an answer now")                                  \
	ROW(databases_failed, COUNTS, "questions that a database did not answer")                             \
	ROW(callouts,         COUNTS, "call-outs made")                                                       \
	ROW(callouts_cached,  COUNTS, "call-outs spared, by memory")                                          \
	ROW(callouts_limited, COUNTS, "call-outs not made, for there were too many")                          \
	ROW(callouts_dead,    COUNTS, "call-outs that taught nothing")
#define ACCESS_COUNT(name, kind, about) ACCESS_COUNT_##name,
enum access_count { ACCESS_COUNTERS(ACCESS_COUNT) ACCESS_COUNT_END };
#undef ACCESS_COUNT
extern const struct counter access_counters[];
extern const unsigned access_counter_count;

extern const struct jail access_jail;

#endif
