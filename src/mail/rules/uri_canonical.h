/* SPDX-License-Identifier: Apache-2.0 */
/*
 * uri_canonical.h — what the files that make the forms of an address ask of each other (inside mail/rules only).
 *
 * Knows:   the queue of addresses that one address leads on to, and the list of its forms.
 * Ignores: where an address stands.
 * Owns:    nothing.
 * Fails:   LATER: the arena is full. What is too much is `over`, with OK.
 */
#ifndef RULES_URI_CANONICAL_H
#define RULES_URI_CANONICAL_H

#include "mail/rules/uris_reading.h"

struct uri_queue { struct slice list[URI_LEVELS]; size_t count; };

struct canonical {
	struct uris_reading *reading;
	struct uri_forms *forms;
	struct uri_queue queue;
};

/* "http://" "user@" "host" ":80/path" */
struct uri_pieces { struct slice scheme, user, host, rest; };

/* How far it is to the first of these bytes, or to the end. */
size_t uri_find(struct slice text, const char *stops);
/* "http:" and at most two slashes: how long; 0: it begins with something else. */
size_t uri_scheme_length(struct slice uri);
size_t uri_put(char *room, size_t length, struct slice text);    /* the new length */

/* Nothing is added, with OK, where there has been too much. */
must_use enum result uri_add_form(struct canonical *canonical, struct slice text);
/* Room for a form. NULL with OK: there has been too much. */
must_use enum result uri_take(struct canonical *canonical, size_t size, char **ret_room);
must_use enum result uri_add_joined(struct canonical *canonical, const struct slice *list, size_t count);
/* With the host and the rest that are given. */
must_use enum result uri_add_pieces(struct canonical *canonical, const struct uri_pieces *pieces, struct slice host, struct slice rest);
void uri_lead_on(struct canonical *canonical, struct slice uri);

/* The spelling of a page's address (uri_spelling.c). `ret_plain` is empty where there has been too much. */
must_use enum result uri_make_plain(struct canonical *canonical, struct slice uri, struct slice *ret_plain);
/* What a plain one stands for by its host, and where it leads (uri_page.c). */
must_use enum result uri_read_page(struct canonical *canonical, struct slice plain);
/* Hosts that are numbers, or that somebody may complete; `first`: the host before it was trimmed (uri_machine.c). */
must_use enum result uri_add_machine(struct canonical *canonical, const struct uri_pieces *pieces, struct slice first);
bool uri_is_http(const struct uri_pieces *pieces);        /* in small letters */
/* Digits behind the colon. */
struct slice uri_port(struct slice rest);

#endif
