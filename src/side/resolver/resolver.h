/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resolver.h — the door of the resolver: asks the DNS for everyone else, and remembers.
 *
 * Knows:   its settings and counters, which others read; the process itself is resolver.c.
 * Ignores: what the answers are for.
 * Owns:    nothing here.
 * Fails:   see wire/relay-resolver.h: whatever goes wrong is DNS_FAILED, "ask again later".
 */
#ifndef RESOLVER_RESOLVER_H
#define RESOLVER_RESOLVER_H

#include "base/counters.h"
#include "base/jail.h"
#include "base/settings.h"

#define RESOLVER_SETTINGS(ROW)                                                                                \
	ROW(servers,      list,    "", "", "",                                                                \
	    "name servers to ask, IP or IP@PORT; none: those of /etc/resolv.conf; \"recursive\": ask "        \
	    "the DNS itself")                                                                                 \
	ROW(stubs,        list,    "", "", "", "zones with a server of their own, ZONE@IP or ZONE@IP:PORT")   \
	ROW(timeout,      seconds, "10s", "1s", "2m", "longest wait for an answer")                           \
	ROW(cache,        bytes,   "64M", "1M", "4096M",                                                      \
	    "most memory for answers, and as much for records; taken as needed")                              \
	ROW(dnssec,       flag,    "no", "", "", "validate signatures: what is forged is not believed")       \
	ROW(trust_anchor, path,    "/usr/share/dns/root.key", "", "", "the root's key, for dnssec")
SETTINGS_STRUCT(resolver_settings, RESOLVER_SETTINGS);
extern const struct settings_section resolver_settings_section;

#define RESOLVER_COUNTERS(ROW)                                                   \
	ROW(questions, COUNTS, "questions asked")                                                             \
	ROW(cached,    COUNTS, "questions answered at once, from memory")                                     \
	ROW(failed,    COUNTS, "questions that got no answer")                                                \
	ROW(timeouts,  COUNTS, "questions that nobody answered in time")                                      \
	ROW(negative,  COUNTS, "answers that there is no such name or record")                                \
	ROW(secure,    COUNTS, "answers with a signature that is good")                                       \
	ROW(bogus,     COUNTS, "answers that were not believed: a signature is wrong or missing")             \
	ROW(too_many,  COUNTS, "questions not asked: too many at a time")                                     \
	ROW(waiting,   SHOWS,  "questions waiting for an answer now")
#define RESOLVER_COUNT(name, kind, about) RESOLVER_COUNT_##name,
enum resolver_count { RESOLVER_COUNTERS(RESOLVER_COUNT) RESOLVER_COUNT_END };
#undef RESOLVER_COUNT
extern const struct counter resolver_counters[];
extern const unsigned resolver_counter_count;

extern const struct jail resolver_jail;

#endif
