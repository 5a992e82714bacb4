/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scanners.h — the door of the scanners' room: asks every configured virus scanner about a message.
 *
 * Knows:   its settings and counters, which others read; the process itself is scanners.c.
 * Ignores: what the message is. It comes as a descriptor and leaves as one.
 * Owns:    nothing here.
 * Fails:   see wire/inspect-scanners.h: whatever goes wrong is SCAN_FAILED, never clean.
 */
#ifndef SCANNERS_SCANNERS_H
#define SCANNERS_SCANNERS_H

#include "base/counters.h"
#include "base/jail.h"
#include "base/settings.h"

#define SCANNER_SETTINGS(ROW)                                                                                 \
	ROW(type,        choice,  "clamd", "", "clamd", "what speaks at the other end")                       \
	ROW(socket,      path,    "/run/clamav/clamd.ctl", "", "",                                            \
	    "its UNIX socket; the message is passed as a descriptor")                                         \
	ROW(address,     text,    "", "", "", "instead of a socket: IP:PORT, the message is sent over TCP")   \
	ROW(timeout,     seconds, "20s", "1s", "10m", "longest wait for an answer")                           \
	ROW(connections, count,   "10", "1", "100", "questions asked at the same time; others wait")          \
	ROW(largest,     bytes,   "25M", "1K", "4000M",                                                       \
	    "what it reads of a file at most (clamd: StreamMaxLength, MaxFileSize); larger is unscannable")
SETTINGS_STRUCT(scanner_settings, SCANNER_SETTINGS);
extern const struct settings_section scanner_settings_section;

#define SCANNERS_COUNTERS(ROW)                                                   \
	ROW(scans,   COUNTS, "messages asked about")                                                          \
	ROW(clean,   COUNTS, "answers of scanners: clean")                                                    \
	ROW(found,   COUNTS, "answers of scanners: something found")                                          \
	ROW(failed,  COUNTS, "questions to scanners without a valid answer")                                  \
	ROW(waiting, SHOWS,  "messages being asked about now")
#define SCANNERS_COUNT(name, kind, about) SCANNERS_COUNT_##name,
enum scanners_count { SCANNERS_COUNTERS(SCANNERS_COUNT) SCANNERS_COUNT_END };
#undef SCANNERS_COUNT
extern const struct counter scanners_counters[];
extern const unsigned scanners_counter_count;

extern const struct jail scanners_jail;

#endif
