/* SPDX-License-Identifier: Apache-2.0 */
/*
 * uris.h — the addresses of pages and mailboxes in a message, as SpamAssassin 4.0.1 shows them to rules.
 *
 * Knows:   what a reader of plain text would make a link of, links of HTML, and for each of them what it stands for:
 *          decoded, without ports and names of users, and what it leads on to.
 * Ignores: whether there is such a host. An IPv6 address is no host here.
 * Owns:    nothing: what is found stands in the arena, or points into the view.
 * Fails:   LATER: the arena is full. What is too much is left out, and `over` says so: the message is then not known to
 *          be clean.
 */
#ifndef RULES_URIS_H
#define RULES_URIS_H

#include "mail/rules/patterns.h"
#include "mail/rules/registry.h"
#include "mail/rules/view.h"

enum {
	URI_LENGTH = 8192,               /* bytes that a rule sees of one */
	URI_LEVELS = 64,                 /* of addresses within one address */
	URI_FORMS_BYTES = 16 << 20,      /* of all forms of a message's addresses, and of what is made for them */
};

enum uri_type { URI_PARSED = 1, URI_SCHEMELESS = 2, URI_UNLINKED = 4 };  /* found in text; without a scheme; nobody links it */

/* Where an address stands in the message. `element`: of HTML; empty: none. `text`: what an <a> holds. */
struct uri_found {
	struct slice raw, element, text;
	unsigned types;                  /* enum uri_type */
	bool has_text, wants_host;
};

/* host, domain: empty where there is no valid one. */
struct uri_form { struct slice text, host, domain; };
struct uri_forms { struct uri_form *list; size_t count, room; };

struct uri { const struct uri_found *found; size_t found_count; struct uri_forms forms; };       /* all `found` are the same `raw` */

struct uris {
	struct uri *list;
	size_t count;
	struct slice *texts;             /* each form of each once: what `uri` rules are matched against */
	size_t text_count;
	bool cut;                        /* one was longer than a rule may see */
	bool over;
};

/* What of the rule files concerns addresses. */
struct uri_ways {
	const struct registry *registry;
	struct patterns *patterns;
	uint32_t *redirectors;           /* patterns */
	size_t redirector_count;
};

must_use enum result uri_ways_build(struct ruleset *set, struct patterns *patterns, struct arena *arena, struct uri_ways *ret_ways);
must_use enum result uris_read(const struct uri_ways *ways, const struct rules_view *view, struct arena *arena, struct uris *ret_uris);

#endif
