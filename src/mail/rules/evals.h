/* SPDX-License-Identifier: Apache-2.0 */
/*
 * evals.h — rules that ask a function: `body NAME eval:html_test('embeds')` (inside mail/rules only).
 *
 * Knows:   a row for each function that needs nothing but the message.
 * Ignores: those that ask the network or a list, and those that are not there yet: their rules never run.
 * Owns:    nothing.
 * Fails:   LATER: the arena is full.
 */
#ifndef RULES_EVALS_H
#define RULES_EVALS_H

#include "mail/rules/freemail.h"
#include "mail/rules/patterns.h"
#include "mail/rules/uris.h"
#include "mail/rules/view.h"

enum { EVAL_ARGUMENTS_MOST = 4 };

/* What all parts of a message tell together; read when it is asked for first. */
struct mime_facts {
	bool known;
	size_t base64, quoted;                   /* parts; where any is quoted-printable, needless escapes */
	size_t illegal_ascii;                    /* lines */
	size_t base64_line;                      /* bytes of the longest */
	bool quoted_long, base64_text, bad_iso, attachment;
	bool caps_charset;                       /* one whose letters may be read as capitals */
	double ratio;                            /* plain text to HTML, of alternatives; 1: not both are there */
	double entities;                         /* numbers of characters in plain texts, to all other bytes */
};

struct date_facts { bool known; int64_t difference; };   /* seconds that the sender's clock is ahead */

enum { WAY_STEPS = 500000 };                     /* of all shapes that are tried on one message's Received fields */

/* What functions that look at Received fields share. */
struct way_facts {
	unsigned steps;                          /* that are left; 0: whoever asks comes to a limit */
	bool known;
	struct slice received;                   /* all fields, blanks in a row being one */
};

struct eval_call {
	const struct rules_view *view;
	struct patterns *patterns;
	const struct freemail *freemail;
	struct mime_facts *mime;
	struct date_facts *dates;
	struct way_facts *way;
	const struct uris *uris;
	uint32_t rule;
	struct slice arguments[EVAL_ARGUMENTS_MOST];     /* empty where there is none */
	size_t count;
	bool hit, limit;                                 /* what the function says; a match came to its limit */
};

/* The function of a rule is there, and takes these arguments. */
bool eval_is_there(const struct definition *is);
/* An expression among its arguments, to be compiled with the rule; empty: there is none. */
struct slice eval_pattern(const struct definition *is);
must_use enum result eval_run(const struct definition *is, struct eval_call *call);

/* A header's value, for functions: `modifiers` as a rule has them. */
must_use enum result eval_header(const struct eval_call *call, struct slice name, unsigned modifiers, struct slice *ret_value, bool *ret_there);

#endif
