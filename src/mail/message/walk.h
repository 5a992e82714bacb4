/* SPDX-License-Identifier: Apache-2.0 */
/*
 * walk.h — one pass over the lines of a message, for one reader (inside mail/message only).
 *
 * Knows:   the state that the walk's pieces share: boundaries.c, content.c, bodies.c.
 * Ignores: other readers: parts.c walks again for each.
 * Owns:    nothing.
 * Fails:   LATER, with view->limit said.
 */
#ifndef MESSAGE_WALK_H
#define MESSAGE_WALK_H

#include "mail/message/parts.h"

enum { CLOSED_MOST = 8 };

struct open_part {
	struct part *part;
	struct slice boundary;
	struct slice bare;                       /* without dashes and what else may pass for them before it */
	bool met;
};

struct walk {
	const struct message_reader *reader;
	struct message_view *view;
	enum part_reading reading;
	struct slice bytes;                      /* of this message */
	size_t at;                               /* of the next line */
	struct part *current;                    /* whose body we are in */
	struct part *base;                       /* a message that had to be decoded: the part that it is in */
	struct part *last;                       /* the newest of this reading */
	struct part *first;
	struct open_part *open;                  /* multiparts with a boundary, outermost first; limits->depth + 1 */
	size_t depth;
	struct slice closed[CLOSED_MOST];        /* boundaries whose multipart has ended, and of what is no multipart */
	bool closed_text[CLOSED_MOST];           /* … the latter */
	struct part *closed_part[CLOSED_MOST];
	size_t closed_count;
	struct part *closing;                    /* whose last boundary was the last one seen */
};

must_use enum result walk_limit(struct walk *walk, const char *limit);
void walk_note(struct walk *walk, struct part *part, uint64_t ambiguities);
/* Work that was done, or is about to be; a single piece of it takes at most as many steps as the message has bytes. */
static inline void walk_spend(struct walk *walk, uint64_t steps)
{
	walk->view->steps += steps;
}
must_use enum result walk_may_go_on(struct walk *walk);              /* LATER: it was too much */
/* The part is linked behind the last one. */
must_use enum result walk_add(struct walk *walk, struct part *parent, struct part **ret_part);
/* The whole of walk->bytes, below walk->base. */
must_use enum result walk_message(struct walk *walk);
/* Content-Type and its like, by their letters alone. */
bool walk_names_mime(struct slice name);

/* boundaries.c: which open multipart a line belongs to. */
enum line_kind { LINE_OTHER, LINE_NEXT, LINE_CLOSE };
enum line_kind walk_line(struct walk *walk, struct slice line, size_t *ret_level);
void walk_remember(struct walk *walk, struct part *part, struct slice boundary, bool text);
/* One more multipart on the stack, which has room for it. */
void walk_open(struct walk *walk, struct part *part, struct slice boundary, bool met);
/* Stands it behind two dashes, at the beginning of a line or with blanks before it? */
bool boundary_comes(struct walk *walk, struct slice body, struct slice boundary);
/* What a multipart that does not say its boundary seems to use: the first line of two dashes and more. */
struct slice boundary_guess(struct walk *walk, struct slice body);

/* All fields of one name, and what stands in them. */
enum { FIELDS_MOST = 4 };
struct part_fields { struct parameters list[FIELDS_MOST]; size_t count; struct slice raw[FIELDS_MOST]; };

/* content.c: type, encoding and boundary of a part, from its header fields. */
must_use enum result content_read(struct walk *walk, struct part *part);
must_use enum result walk_readings(struct walk *walk, const struct parameters *parameters, struct slice name,
                                   struct readings *readings, unsigned *faults);
bool part_is_text(const struct part *part);
bool part_is_multipart(const struct part *part);
bool part_is_message(const struct part *part);

/* naming.c: every name of a part, and what is odd about them; `faults`: of the parameters that they come from. */
must_use enum result names_read(struct walk *walk, struct part *part, const struct part_fields *types,
                                const struct part_fields *dispositions);
/* What more the names that it has are to others, and what is odd about them. */
must_use enum result names_again(struct walk *walk, struct part *part, unsigned faults);

/* outside.c: hides a multipart something before its first boundary, or behind its last? */
must_use enum result outside_read(struct walk *walk, struct part *part);
/* Is what a part holds a multipart by its looks, or text that its character set hides? `first`: its first bytes, decoded. */
void looks_read(struct walk *walk, struct part *part, struct slice first);

/* sealing.c: what in a part's fields and in its decoded bytes says that it is signed or encrypted. */
enum { SEALING_HELD = 21 };                  /* of a piece before: a byte less than what is looked for */
struct sealing { char held[SEALING_HELD]; size_t length; };
must_use enum result sealing_read(struct walk *walk, struct part *part, const struct parameters *list, size_t count);
void sealing_begin(struct part *part, struct slice first);
void sealing_look(struct part *part, struct sealing *sealing, struct slice piece);

/* bodies.c: sizes, digests, what is damaged, what is embedded; and other encodings of the same body. */
must_use enum result bodies_read(struct walk *walk, struct part *from, enum part_digests digests);

#endif
