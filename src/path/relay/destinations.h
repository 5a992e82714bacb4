/* SPDX-License-Identifier: Apache-2.0 */
/*
 * destinations.h — where letters wait: one line for each destination, served by connections or by the crew.
 *
 * Knows:   lines with a limit (full: RELAY_BUSY), how many connections there may be, which are idle, which hops are
 *          down and for how long they are left alone (2 s, doubling to 60 s), which hop is next: of the best preference
 *          the one with the fewest letters on their way, and none that has all that its target may get (backends.h).
 * Ignores: the protocol (connection.h) and the queue (jobs.h).
 * Owns:    destinations, their connections and deliveries into folders.
 * Fails:   all hops down: everything in the line is deferred with the last reason; never failed for that.
 */
#ifndef RELAY_DESTINATIONS_H
#define RELAY_DESTINATIONS_H

#include "base/crew.h"
#include "base/tls.h"
#include "relay/hops.h"
#include "relay/jobs.h"
#include "relay/relay.h"
#include "wire/authorities.h"

enum { DESTINATIONS_MOST = 1024, DESTINATION_ROWS = 256, ROOTS_MOST = 32, ROUTE_PATTERN = 330, DEPARTURES_MOST = 64 };

struct root { struct slice path; int fd; };        /* of Maildirs; opened before the jail */

/* What all of the relay's parts share. */
struct office {
	struct loop *loop;
	struct log *log;
	struct counters *counters;
	struct crew crew;
	struct resolve resolve;
	struct jobs jobs;
	struct tls_library *tls_library;
	struct tls_client *tls;
	struct authorities authorities;
	struct settings *all;                      /* of the process */
	struct backends backends;
	struct routes routes;
	struct relay_settings settings;
	struct slice hostname;
	struct root roots[ROOTS_MOST];
	size_t root_count;
	struct pool destinations, connections, departures;
	struct destination *rows[DESTINATION_ROWS];
	struct timer sweep;
	uint64_t random;
	bool stopping;                             /* begin nothing new */
};

struct destination {
	struct destination *next;                  /* in its row */
	struct office *office;
	char key[512], domain[DNS_NAME + 3];       /* domain: by its A-labels */
	char pattern[ROUTE_PATTERN];               /* title of the `route` section that led here first; empty: the domain's */
	int root;                                  /* of a Maildir; -1: hops */
	struct hops hops;
	uint64_t known_until;                      /* ticks; 0: the hops are not known */
	struct letter *first, *last, *newest;      /* newest: letters of the message being sorted join it */
	size_t waiting, going;                     /* letters; connections or deliveries */
	size_t connecting;                         /* of `going`: not yet ready for a letter */
	struct connection *connections, *idle;
	struct window window;
	unsigned turn;
	char reason[HOP_REPLY];                    /* why the last hop could not be used */
};

/* Sorts a message's recipients into letters, and begins. */
void destinations_take(void *office, struct lent *lent);
void destinations_pump_all(void *office);
void destinations_noted(void *office, struct letter *letter);
void destinations_init(struct office *office);
void destinations_finish(struct office *office);
/* Ends what has not reached its final dot; true while something still goes on. */
void destinations_stop(struct office *office);
bool destinations_busy(const struct office *office);

/* For connections and departures. */
void destination_pump(struct destination *destination);
/* The letter at the head of the line, or NULL; it has left. */
struct letter *destination_next(struct destination *destination);
void destination_put_back(struct destination *destination, struct letter *letter);
void destination_hop_down(struct destination *destination, const struct hop *hop, struct slice reason);
void destination_hop_up(struct destination *destination, const struct hop *hop);
/* It dropped the connection at EHLO: HELO from now on, and a failure only if that does not help either. */
void destination_hop_drops_ehlo(struct destination *destination, const struct hop *hop);
/* A handshake failed that may: one connection, begun at once, goes without TLS; the one after it tries again. */
void destination_hop_drops_tls(struct destination *destination, const struct hop *hop);
bool destination_hop_goes_plain(struct destination *destination, const struct hop *hop);     /* true once */

#endif
