/* SPDX-License-Identifier: Apache-2.0 */
/*
 * view.h — a message as SpamAssassin shows it to rules: header values in their forms, the body as paragraphs, the
 *          decoded parts in pieces, and the whole.
 *
 * Knows:   which parts are shown, how they become UTF-8, where they are cut; X-Spam-* fields are hidden.
 * Ignores: which relays are trusted: a rule set says so, and its engine adds the relays (run.c). Addresses of web pages:
 *          they are not read yet.
 * Owns:    nothing: it stands in the reader's arena, or is the message.
 * Fails:   LATER: the arena is full, or a ceiling of mail/message was hit.
 */
#ifndef RULES_VIEW_H
#define RULES_VIEW_H

#include "mail/html/html.h"
#include "mail/message/message.h"
#include "mail/rules/relays.h"
#include "mail/rules/ruleset.h"

enum { VIEW_LINE = 2048, VIEW_PART_CHARACTERS = 50000, VIEW_RAW_PART = 500000, VIEW_FIELD = 8192, VIEW_NAME = 256 };

struct registry;
struct view_memo;

struct view_field { struct slice name, raw, decoded; bool hidden; };
struct view_fields { struct view_field *list; size_t count; };
struct view_pieces { struct slice *list; size_t count, room; };

struct view_part { const struct part *part; struct view_fields fields; };
struct view_page { const struct part *part; struct html_page html; };

struct rules_view {
	const struct message_reader *reader;
	struct slice full;                       /* without a mailbox's "From " line */
	struct slice head;                       /* of it */
	struct view_fields fields;               /* of the message */
	struct view_part *parts;                 /* depth first, the message itself before all others */
	size_t part_count;
	struct view_pieces body;                 /* paragraphs; the first is the Subject */
	struct view_pieces rawbody;
	struct view_page *pages;                 /* in the order of their parts */
	size_t page_count;
	struct relays relays;                    /* none before an engine has read them; */
	const struct trust *trust;               /* by this; NULL */
	const struct registry *registry;         /* of the engine too */
	struct view_memo *memo;                  /* of that engine's run; NULL: each value is made anew */
	bool cut, part_cut;                      /* a field was longer than rules may see: the message's own; a part's */
	bool separated;                          /* an empty line stands behind the message's fields */
};

must_use enum result view_build(struct slice message, const struct message_reader *reader, struct rules_view *ret_view);

/* The type that SpamAssassin takes a part for: most texts are plain. */
struct slice view_type(const struct part *part);
bool view_is_leaf(const struct part *part);      /* no part that is shown stands below it */
/* Characters of UTF-8; those that are no blanks. */
size_t view_characters(struct slice text);
size_t view_letters(struct slice text);

/* Is that form of a header there yet? */
bool view_knows(const struct definition *is);
/* What a header rule is matched against; `ret_there`: is there such a header? REFUSED: view_knows() says no. */
must_use enum result view_header(const struct rules_view *view, const struct definition *is, struct slice *ret_value, bool *ret_there);
/* The same of a part's own fields. */
must_use enum result view_part_header(const struct rules_view *view, const struct view_part *part, const struct definition *is,
                                      struct slice *ret_value, bool *ret_there);
/* The sender of the envelope, as far as the message tells it; `ret_there`: it does. */
must_use enum result view_sender(const struct rules_view *view, struct slice *ret_sender, bool *ret_there);

#endif
