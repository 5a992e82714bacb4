/* SPDX-License-Identifier: Apache-2.0 */
/*
 * door.h — what stands in one `listen` section, as the front needs it: rules, limits, who is believed.
 *
 * Knows:   which values of the section replace the front's, and the networks that it lists.
 * Ignores: sockets (several may lead to one door) and clients.
 * Owns:    its lists of networks.
 * Fails:   LATER without memory: the door stays as it was. REFUSED: a network that is none.
 */
#ifndef FRONT_DOOR_H
#define FRONT_DOOR_H

#include "front/front.h"
#include "front/session.h"
#include "wire/gateway.h"

enum { DOOR_NAME = 65 };

struct client;

struct networks {
	struct network *list;
	size_t count;
};

bool networks_have(const struct networks *networks, const struct in6_addr *address);

struct door {
	char name[DOOR_NAME];
	struct session_rules rules;
	uint64_t connections, per_client;         /* most at a time */
	uint64_t now;                             /* connections that came in here */
	struct client *newest, *oldest;           /* of them: crowd.h */
	struct networks trusted, proxy_from, xclient_from, xforward_from;
};

/* Rules begin as `rules`, limits as `limits`; then the section's own values, where it says something. A door without
 * a section (the local socket) has them all from there. What the old lists had is given back. */
must_use enum result door_fill(struct door *door, struct settings *settings, const struct session_rules *rules,
                               const struct front_settings *limits);
void door_finish(struct door *door);

#endif
