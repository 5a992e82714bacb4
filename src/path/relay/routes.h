/* SPDX-License-Identifier: Apache-2.0 */
/*
 * routes.h — which way mail for a domain goes, from the settings alone; and what a list of MX records means.
 *
 * Knows:   `domain` and `route` sections with their targets, the relay host, address literals, MX for everything else;
 *          the order of MX hosts, null MX (RFC 7505), an MX that is ourselves, addresses that no MX may have.
 * Ignores: the DNS itself and sockets (hops.h); who may send where (the front).
 * Owns:    the table, in its arena. A route's slices point there, or into the domain that was asked about.
 * Fails:   LATER when the table does not fit; a domain without a way is ROUTE_NOWHERE with a reply, never a failure.
 *
 * A domain's targets are tried in random order; the next one where one can't be reached. Where one of them is a
 * Maildir,
 * the first such is the route. Mail for nobody's domain (`postmaster`) takes the way of the first `domain` section.
 */
#ifndef RELAY_ROUTES_H
#define RELAY_ROUTES_H

#include "base/arena.h"
#include "wire/gateway.h"

enum route_kind {
	ROUTE_TARGETS,            /* hosts and sockets, equal among themselves */
	ROUTE_MAILDIR,            /* targets[0] */
	ROUTE_MX,                 /* ask the DNS about `domain` */
	ROUTE_NOWHERE,            /* `reply` says why */
};

struct route {
	enum route_kind kind;
	struct slice key;                     /* routes of the same key share connections and line */
	struct slice domain, pattern;         /* pattern: of the `route` section; empty: the domain's own */
	const struct target *targets;
	size_t count;
	struct in6_addr literal;              /* ROUTE_MX with `is_literal`: no question is needed */
	bool is_literal;
	const char *reply;
};

struct routes {
	struct arena memory;
	struct domain_route { struct slice domain; struct route route; } *list;
	size_t count;
	struct address_route { struct slice pattern; struct route route; } *addresses;
	size_t address_count;
	struct route smart;                   /* relayhost; count 0: none */
	struct route *archives;               /* the Maildirs that rules archive to */
	size_t archive_count;
};

must_use enum result routes_load(struct routes *routes, struct settings *settings, struct slice relayhost);
void routes_finish(struct routes *routes);                    /* safe on a zeroed one */
struct route routes_find(const struct routes *routes, struct slice domain);
/* Of an address: the first `route` section that matches it, else its domain's. */
struct route routes_for(const struct routes *routes, struct slice address, struct slice domain);
/* Of a message that goes to one target as a whole, which must be an archive of the policy. */
struct route routes_target(const struct routes *routes, struct slice target);
/* That of a `route` section, by its title; ROUTE_NOWHERE: it is gone. */
struct route routes_again(const struct routes *routes, struct slice pattern, struct slice domain);
/* The domain whose Maildirs hold mail for a bare `postmaster`; empty: none. */
struct slice routes_first_domain(const struct routes *routes);

struct mx { uint32_t preference; struct slice host; };
enum mx_meaning { MX_USE, MX_NULL, MX_OURSELVES, MX_LOCALHOST };
/* Sorts, shuffles equals by `seed`, and cuts: what is left is worth trying. We and all that is no better than we
 * are left out (RFC 5321 5.1), and so is "localhost". */
must_use enum mx_meaning mx_arrange(struct mx *list, size_t *count, struct slice hostname, uint64_t seed);
/* This machine, nobody, or a group: where no MX and no literal may lead. */
bool address_leads_nowhere(const struct in6_addr *address);

#endif
