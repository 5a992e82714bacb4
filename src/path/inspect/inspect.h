/* SPDX-License-Identifier: Apache-2.0 */
/*
 * inspect.h — the door of inspect: says what a message is, and what is to be done with it.
 *
 * Knows:   requests of the queue, the workers that read and judge, the scanners and lists that are asked between.
 * Ignores: who sent the question, what becomes of the judgement, and the world outside.
 * Owns:    its workers: forked, replaced, never trusted.
 * Fails:   a limit, a death or a silence ends as `unscannable`; FAILED (ask again) where not even that
 *          could be said. Never as clean.
 *
 * A tool that inspects without a gateway starts the executable `inspect` as base/process.h draws it: the
 * settings (section `inspect` with `scanners = no`, where none are to be asked), a wire named "queue",
 * START; then it plays the queue of wire/queue-inspect.h. A wire "scanners" is needed only where section
 * `scanner` is configured and `scanners` is yes: until it comes, questions wait, up to inspect_limit. A wire "resolver"
 * is needed where rules ask lists in the DNS and `dnsbls` is yes: without it, no list answers. A wire "keeper"
 * is needed where rules ask for senders and `senders` is yes: without it, each such message waits for it, and then nobody
 * has answered.
 */
#ifndef INSPECT_INSPECT_H
#define INSPECT_INSPECT_H

#include "base/counters.h"
#include "base/settings.h"

#define INSPECT_SETTINGS(ROW)                                                                                         \
	ROW(workers,             count,   "0",    "0",   "64",     "jailed workers at a time; 0: one a processor")            \
	ROW(inspect_limit,       seconds, "30s",  "1s",  "10m",                                                               \
	    "longest inspection; a message that takes longer is unscannable")                                                 \
	ROW(cpu_limit,           seconds, "20s",  "1s",  "10m",    "processor time for one message")                          \
	ROW(memory,              bytes,   "512M", "64M", "16G",    "address space of one worker")                             \
	ROW(messages_per_worker, count,   "1000", "1",   "100000", "then a worker is replaced by a fresh one")                \
	ROW(in_flight,           count,   "256",  "1",   "10000",  "messages being inspected; the others wait in the queue")  \
	ROW(scanners,            flag,    "yes",  "",    "",       "ask the virus scanners that are configured")              \
	ROW(dnsbls,              flag,    "yes",  "",    "",       "ask the lists in the DNS for which rules ask")            \
	ROW(senders,             flag,    "yes",  "",    "",       "ask the keeper for senders where rules ask for them")      \
	ROW(learned_least,       count,   "200",  "1",   "1000000", "messages of spam, and of ham, learned before the classifier is asked") \
	ROW(mime_depth,          count,   "64",   "1",   "256",    "parts within parts; beyond, a message is unscannable")    \
	ROW(mime_parts,          count,   "1000", "1",   "10000",  "parts of a message, other readings included")             \
	ROW(mime_parameters,     count,   "128",  "1",   "10000",  "parameters of one header field")                          \
	ROW(mime_boundary,       bytes,   "256",  "70",  "4K",     "longest boundary")                                        \
	ROW(header_bytes,        bytes,   "256K", "4K",  "16M",    "header fields of one part, together")                     \
	ROW(header_count,        count,   "1000", "10",  "100000", "header fields of one part")                               \
	ROW(header_longest,      bytes,   "64K",  "1K",  "16M",    "one header field, with its folded lines")                 \
	ROW(addresses,           count,   "1000", "1",   "100000", "addresses of one header field; more are not read")
SETTINGS_STRUCT(inspect_settings, INSPECT_SETTINGS);
extern const struct settings_section inspect_settings_section;

#define INSPECT_COUNTERS(ROW)                                                                  \
	ROW(messages_judged,  COUNTS, "messages judged")                                       \
	ROW(clean,            COUNTS, "messages judged clean")                                 \
	ROW(viruses,          COUNTS, "messages in which a scanner found something")           \
	ROW(unscannable,      COUNTS, "messages that could not be read or scanned")            \
	ROW(failed,           COUNTS, "questions that got no judgement at all")                \
	ROW(notices_composed, COUNTS, "notices composed")                                      \
	ROW(workers_started,  COUNTS, "workers forked")                                        \
	ROW(workers_died,     COUNTS, "workers that ended over a message, or were given up")   \
	ROW(scanner_failures, COUNTS, "answers that a scanner did not give")                   \
	ROW(dns_questions,    COUNTS, "questions to lists in the DNS")                         \
	ROW(dns_failures,     COUNTS, "answers that a list in the DNS did not give")           \
	ROW(state_failures,   COUNTS, "messages about whose senders the keeper did not answer") \
	ROW(dns_wrong,        COUNTS, "answers of lists in the DNS that are errors, or none")  \
	ROW(in_flight,        SHOWS,  "messages being inspected")                              \
	ROW(workers_busy,     SHOWS,  "workers at work")

#define INSPECT_COUNT(name, kind, about) INSPECT_COUNT_##name,
enum inspect_count { INSPECT_COUNTERS(INSPECT_COUNT) INSPECT_COUNT_ALL };
extern const struct counter inspect_counters[];
extern const size_t inspect_counter_count;

#endif
