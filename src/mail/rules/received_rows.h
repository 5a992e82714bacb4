/* SPDX-License-Identifier: Apache-2.0 */
/*
 * received_rows.h — the forms of Received fields, a row each, in the order in which they are tried (inside mail/rules only).
 *
 * Knows:   shapes (shapes.h), what a line must hold besides, and what a match means.
 * Ignores: how a line is read.
 * Owns:    nothing: constant tables.
 * Fails:   never.
 */
#ifndef RULES_RECEIVED_ROWS_H
#define RULES_RECEIVED_ROWS_H

#include "mail/rules/shapes.h"

/* Programs that write forms of their own: the first whose mark a line has is the only one whose rows are tried. */
enum received_maker { BY_ANYBODY, BY_SMTPSVC, BY_EXCHANGE, BY_XMAIL, BY_ECELERITY, BY_EXIM, BY_POSTFIX, BY_SCALIX, BY_DOMINO };

/* What a line must have besides its shape. */
enum received_need {
	NEEDS_NOTHING, NEEDS_SQUIRREL, NEEDS_NASMAIL, NEEDS_AOL, NEEDS_HTTP, NEEDS_NO_QMAIL, NEEDS_HOTMAIL, NEEDS_QMAIL,
	NEEDS_COMMUNIGATE, RECEIVED_NEEDS
};

enum received_end {
	END_RELAY,                       /* that is it */
	END_KEEP,                        /* what matched is kept, and the next row is tried */
	END_WITH_IP,                     /* that is it, where an address is known; else the next row is tried */
	END_IGNORED, END_FETCHED,
	END_SCANNER                      /* ignored; the sender belongs to the next line */
};

enum received_flag {
	LOOKED_UP = 1,                   /* who wrote it looks for the name: without one there is none */
	LOOKED_UP_UNLESS_UNKNOWN = 2,    /* …unless it says "unknown", which is no name */
	SAME_NAME = 4,                   /* helo is the name too */
	IN_COMMENT = 8,                  /* helo= and ident= stand in the comment */
	IDENT_IN_NAME = 16,              /* IDENT:user@name */
	NO_ID = 32, NO_HELO = 64,        /* what was found before is none */
	XMAIL_FIELDS = 128,              /* id <…> and from <…> stand anywhere */
	IF_NO_HELO = 256, IF_NO_IP = 512,
	LOOKED_UP_UNLESS_LOUD = 1024     /* …unless it says "UNKNOWN" */
};

struct received_row {
	const char *shape;
	enum received_maker maker;
	enum received_need needs;
	enum received_end end;
	unsigned flags;
};

struct received_rows { const struct received_row *list; size_t count; };

extern const struct received_rows received_general;      /* found in any line before all others; all END_KEEP */
extern const struct received_rows received_from;         /* behind "from " */
extern const struct received_rows received_from_upper;   /* behind "FROM " */
extern const struct received_rows received_from_bracket; /* behind "(from " */
extern const struct received_rows received_last;         /* in any line behind all others */

struct received_mark { const char *shape; int means; };
struct received_marks { const struct received_mark *list; size_t count; };

extern const struct received_marks received_makers;      /* enum received_maker */
/* Of a need: the shape that a line must have, or must not. */
struct received_condition { const char *shape; bool absent; };
extern const struct received_condition received_conditions[RECEIVED_NEEDS];

/* What says that the sender was authenticated: `needs` stands in the line too; `method` is told, with fields in it. */
struct received_auth { const char *needs, *shape, *method; };
struct received_auths { const struct received_auth *list; size_t count; };
extern const struct received_auths received_auth;

#endif
