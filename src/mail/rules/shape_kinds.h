/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shape_kinds.h — the letters of shapes that stand for characters in a row (inside mail/rules only).
 *
 * Knows:   which characters, how many, and which field they are kept as.
 * Ignores: how they are tried (shapes.c), and letters that stand for something else.
 * Owns:    nothing.
 * Fails:   never; NULL: a letter that is none of them.
 */
#ifndef RULES_SHAPE_KINDS_H
#define RULES_SHAPE_KINDS_H

#include "mail/rules/shapes.h"

struct shape_kind {
	char letter;
	bool (*is)(char c);
	unsigned least, most;
	bool little;                     /* as little as can be */
	enum shape_field field;
};

bool shape_is_gap(char c);                /* a blank or ";" */
bool shape_is_odd(char c);                /* no letter, digit, "-", "." */
const struct shape_kind *shape_kind_of(char letter);

#endif
