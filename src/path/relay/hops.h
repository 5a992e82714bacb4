/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hops.h — a route becomes the addresses to try, best first.
 *
 * Knows:   which questions a route needs (MX, then A and AAAA of each host), what their answers mean for the mail,
 *          how long they hold.
 * Ignores: connections, and whether a hop is up.
 * Owns:    the question going on, and the hosts' names, until `found` is called or hops_forget().
 * Fails:   with an outcome and a reply for all that waits. DNS_FAILED anywhere is never a reason for RELAY_FAILED,
 *          nor is anything about a host that stands in our own settings.
 */
#ifndef RELAY_HOPS_H
#define RELAY_HOPS_H

#include "relay/backends.h"
#include "relay/routes.h"
#include "wire/queue-relay.h"
#include "wire/resolve.h"

enum { HOPS_MOST = 64, HOSTS_MOST = 32, HOP_NAME = 288, HOP_REPLY = 400 };

struct hop {
	bool lmtp, is_socket;                 /* is_socket: a UNIX socket, `path` */
	uint16_t port;
	bool is_signed;                       /* all of the DNS that led to this address was signed and validated */
	uint32_t preference;
	struct in6_addr address;
	char path[108];
	char name[HOP_NAME];                  /* "smtp://mx.example.net:25", as the log and the queue say it */
	uint64_t dead_until, pause;           /* ticks; ms of the last back-off: the destination's */
	uint64_t plain_until;                 /* ticks; a handshake that may fail did: the next connection goes without */
	bool only_helo;                       /* it dropped a connection at EHLO: the destination's */
	struct backend *backend;              /* NULL: it does not stand in our settings */
};

struct host {
	char name[DNS_NAME + 1];
	uint16_t port;
	uint32_t preference;
	bool lmtp;
	struct backend *backend;
};

struct hops {
	struct resolve *resolve;
	struct backend *(*backend_for)(void *owner, struct slice text);
	struct slice hostname;                /* ours */
	bool ipv6, ours;                      /* ours: the hosts stand in our settings */
	void (*found)(void *owner);
	void *owner;

	struct question question;
	bool looking;
	uint64_t seed;
	struct slice domain;
	struct host hosts[HOSTS_MOST];
	size_t host_count, host_at;
	enum dns_type asking;
	bool dns_failed, led_nowhere;
	bool way_is_signed;                   /* to the hosts' names: our settings, or MX records */
	uint32_t ttl;

	struct hop list[HOPS_MOST];           /* when found: the answer */
	size_t count;
	enum relay_outcome outcome;           /* count 0: what becomes of the mail, and why */
	char reply[HOP_REPLY];
};

/* `backend_for`: of a target's text, or NULL. */
void hops_init(struct hops *hops, struct resolve *resolve, struct backend *(*backend_for)(void *, struct slice),
               void (*found)(void *), void *owner);
/* `found` is called, perhaps before this returns. `seed` is random: the order of equals. */
void hops_find(struct hops *hops, const struct route *route, struct slice hostname, bool ipv6, uint64_t seed);
void hops_forget(struct hops *hops);

#endif
