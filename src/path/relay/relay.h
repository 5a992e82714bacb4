/* SPDX-License-Identifier: Apache-2.0 */
/*
 * relay.h — the door of the relay: it delivers what the queue lends, to the next server or into Maildirs.
 *
 * Knows:   its settings and counters, which others read; the process itself is relay.c.
 * Ignores: the spool, retry times, notices: the queue's.
 * Owns:    nothing here.
 *
 *   queue ─ DELIVER ─► jobs ─ a letter for each destination ─► destinations ─► connection: client + transmit
 *         ◄─ RESULT ──                                              │              └► maildir (on the crew)
 *                                                       hops, resolve ─► resolver
 */
#ifndef RELAY_RELAY_H
#define RELAY_RELAY_H

#include "base/counters.h"
#include "base/jail.h"
#include "base/settings.h"

#define RELAY_SETTINGS(ROW)                                                                                      \
	ROW(relayhost, text,     "",    "",   "",                                                                  \
	    "where mail for other domains goes, smtp://host:port; default: their MX")                              \
	ROW(connections, count,  "20",  "1",  "1000", "connections to one destination at a time, at most")            \
	ROW(messages_per_connection, count, "100", "1", "100000", "messages over one connection, then a new one")     \
	ROW(waiting, count,      "200", "1",  "100000", "messages that may wait for one destination")                 \
	ROW(idle, seconds,       "5s",  "1s", "5m",   "how long an unused connection is kept")                        \
	ROW(connect_timeout, seconds,  "30s", "1s", "5m",  "wait for a connection")                                   \
	ROW(greeting_timeout, seconds, "60s", "1s", "10m", "wait for a server's greeting")                            \
	ROW(handshake_timeout, seconds, "30s", "1s", "10m", "wait for the end of a TLS handshake")                    \
	ROW(command_timeout, seconds,  "5m",  "1s", "10m", "wait for the reply to a command")                         \
	ROW(data_timeout, seconds,     "3m",  "1s", "30m", "wait until a block of the content has gone")              \
	ROW(final_timeout, seconds,    "10m", "1s", "30m", "wait for the reply after the final dot")                  \
	ROW(threads, count,      "4",   "1",  "32",   "threads that read the spool's files and write Maildirs")       \
	ROW(ipv6, flag,          "yes", "",   "",     "connect to IPv6 addresses too")                              \
	ROW(dane, flag,          "yes", "",   "",                                                                  \
	    "mail hosts with signed TLSA records: only in TLS that these verify (wants the resolver's dnssec)")
SETTINGS_STRUCT(relay_settings, RELAY_SETTINGS);
extern const struct settings_section relay_settings_section;

#define RELAY_COUNTERS(ROW)                                                      \
	ROW(delivered,   COUNTS, "recipients whose next hop has the message")         \
	ROW(deferred,    COUNTS, "recipients to be tried again")                      \
	ROW(failed,      COUNTS, "recipients refused by their next hop")              \
	ROW(busy,        COUNTS, "recipients not tried: the line was full")           \
	ROW(converted,   COUNTS, "messages made 7-bit for a next hop without 8BITMIME")  \
	ROW(lent,        SHOWS,  "messages lent by the queue now")                    \
	ROW(connections, SHOWS,  "connections to next hops now")                      \
	ROW(connects,    COUNTS, "connections begun")                                 \
	ROW(refused_connects, COUNTS, "connections that did not come to be")
#define RELAY_COUNT(name, kind, about) RELAY_COUNT_##name,
enum relay_count { RELAY_COUNTERS(RELAY_COUNT) RELAY_COUNT_END };
extern const struct counter relay_counters[];
extern const unsigned relay_counter_count;

extern const struct jail relay_jail;

int relay_main(void);                 /* the process; returns its exit status */

#endif
