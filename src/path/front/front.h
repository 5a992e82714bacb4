/* SPDX-License-Identifier: Apache-2.0 */
/*
 * front.h — the door of the front: takes SMTP from strangers.
 *
 * Knows:   its settings, its counters, its role among the processes.
 * Ignores: disks, verdicts and other servers. The queue decides, over wire/front-queue.h.
 * Owns:    client sockets, and memfds until the queue has answered.
 * Fails:   a stranger gets a 4xx or 5xx; BROKEN only on our own bug.
 *
 * The supervisor links front_settings alone: the rows and the names, without the process.
 */
#ifndef FRONT_FRONT_H
#define FRONT_FRONT_H

#include "base/counters.h"
#include "base/process.h"
#include "base/settings.h"

/* At most this many connections: each may need two descriptors, and RLIMIT_NOFILE of the jail is 20000. */
#define FRONT_CONNECTIONS_MOST 9000

#define FRONT_SETTINGS(ROW)                                                                                    \
	ROW(processes, count, "1", "1", "64", "how many fronts run side by side")                                     \
	ROW(greeting, text, "ESMTP Postern", "", "", "what follows our name in the greeting")                          \
	ROW(line_limit, bytes, "2048", "512", "8000", "longest command line")                                          \
	ROW(message_limit, bytes, "50M", "64K", "2G", "largest message")                                               \
	ROW(recipient_limit, count, "1000", "100", "10000", "most recipients of one message")                          \
	ROW(null_sender_recipients, count, "1", "1", "100",                                                            \
	    "most recipients of a stranger's message without a sender")                                                \
	ROW(error_limit, count, "20", "1", "1000", "mistakes until goodbye")                                           \
	ROW(hop_limit, count, "50", "25", "500", "most Received headers: more is a loop")                              \
	ROW(connections, count, "4000", "1", "9000", "most connections at a time, in each front")                      \
	ROW(connections_per_client, count, "50", "1", "9000", "most connections of one address that is not trusted")   \
	ROW(connections_per_network, count, "0", "0", "9000",                                                          \
	    "most connections of an IPv4 /24 or IPv6 /48, trusted clients aside; 0: any")                          \
	ROW(connections_per_minute, count, "0", "0", "1000000",                                                        \
	    "most connections of one address in a minute, if it is not trusted; 0: any")                              \
	ROW(network_connections_per_minute, count, "0", "0", "1000000",                                                \
	    "most connections of an IPv4 /24 or IPv6 /48 in a minute, trusted clients aside; 0: any")                 \
	ROW(handshakes_per_minute, count, "600", "0", "1000000",                                                       \
	    "most TLS handshakes of one address in a minute, if it is not trusted; 0: any")                           \
	ROW(network_handshakes_per_minute, count, "3000", "0", "1000000",                                              \
	    "most TLS handshakes of an IPv4 /24 or IPv6 /48 in a minute, trusted clients aside; 0: any")              \
	ROW(messages_per_minute, count, "0", "0", "1000000",                                                           \
	    "most messages of one address in a minute, if it is not trusted; 0: any")                                 \
	ROW(recipients_per_minute, count, "0", "0", "1000000",                                                         \
	    "most recipients of one address in a minute, if it is not trusted; 0: any")                               \
	ROW(bytes_in_flight, bytes, "512M", "1M", "64G", "most bytes of messages in memory, in each front")            \
	ROW(bytes_in_flight_share, count, "25", "1", "100",                                                            \
	    "percent of them that messages of one IPv4 /24 or IPv6 /48 may have, trusted clients aside")              \
	ROW(command_deadline, seconds, "5m", "1s", "1h", "time for one whole command, or for the queue's answer")      \
	ROW(recipient_deadline, seconds, "30s", "1s", "10m", "time for looking up one recipient")                      \
	ROW(session_deadline, seconds, "2h", "10s", "1d", "time for one whole session")                                \
	ROW(crowd_patience, seconds, "10s", "1s", "1h",                                                                \
	    "who stands still for so long gives way when nearly all places are taken")                                \
	ROW(data_rate, bytes, "500", "0", "1M", "least bytes a second while a message is sent; 0: any")                \
	ROW(greet_pause, seconds, "0s", "0s", "1m", "pause before the greeting; who talks into it is refused")
SETTINGS_STRUCT(front_settings, FRONT_SETTINGS);
extern const struct settings_section front_settings_section;

#define FRONT_COUNTERS(ROW)                                                              \
	ROW(connections, COUNTS, "connections accepted")                                 \
	ROW(connections_refused, COUNTS, "connections over a limit")                     \
	ROW(gave_way, COUNTS, "connections closed because others waited")               \
	ROW(connections_now, SHOWS, "connections at the moment")                         \
	ROW(messages_accepted, COUNTS, "messages answered with 250")                     \
	ROW(messages_refused, COUNTS, "messages answered with 5xx after their bytes")    \
	ROW(messages_deferred, COUNTS, "messages answered with 4xx after their bytes")   \
	ROW(recipients_accepted, COUNTS, "recipients of accepted messages")              \
	ROW(commands_refused, COUNTS, "commands answered with 4xx or 5xx")               \
	ROW(tls, COUNTS, "TLS handshakes that ended well")                               \
	ROW(tls_failed, COUNTS, "TLS handshakes that did not")                           \
	ROW(bytes_accepted, COUNTS, "bytes of accepted messages")                        \
	ROW(bytes_in_flight, SHOWS, "bytes of messages in memory")
#define FRONT_COUNT(name, kind, about) FRONT_COUNT_##name,
enum front_count { FRONT_COUNTERS(FRONT_COUNT) FRONT_COUNT_END };
#undef FRONT_COUNT
extern const struct counter front_counters[];
extern const size_t front_counter_count;

extern const struct process_role front_role;

#endif
