/* SPDX-License-Identifier: Apache-2.0 */
/*
 * directives.h — every word that may begin a line of a rule file (SpamAssassin 4.0.1 and its plugins).
 *
 * Knows:   which of them we obey while reading, which are kept as data for whoever needs them, which mean nothing
 *          here, which are refused; and older names for the same.
 * Ignores: what a line's value means: that is with the function in its row.
 * Owns:    nothing: one constant table.
 * Fails:   never; an unknown word has no row.
 */
#ifndef RULES_DIRECTIVES_H
#define RULES_DIRECTIVES_H

#include "base/slice.h"

enum standing {
	DIRECTIVE_OBEYED,                        /* by the reader */
	DIRECTIVE_KEPT,                          /* a line of the rule set */
	DIRECTIVE_INERT,                         /* accepted: the gateway has ways of its own for it, or none is needed */
	DIRECTIVE_REFUSED,                       /* of a plugin that we do not have: a mistake in the files */
	STANDING_COUNT
};

struct rules_reader;

struct directive {
	struct slice name;                       /* a star at its end: any name that begins so */
	enum standing standing;
	bool always;                             /* obeyed within a region that an `if` leaves out too */
	enum result (*obey)(struct rules_reader *, const struct directive *, struct slice value);
	struct slice means;                      /* the newer name for the same; empty: none */
};

/* `name` in lower case with underscores; of an older name, the row of the newer. NULL: unknown. */
const struct directive *directive_find(struct slice name);
/* The nth row, from 0; NULL behind the last. */
const struct directive *directive_row(size_t nth);
const char *standing_name(enum standing standing);

#endif
