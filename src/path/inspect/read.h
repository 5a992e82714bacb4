/* SPDX-License-Identifier: Apache-2.0 */
/*
 * read.h — the first of the three pure steps: a message's bytes and envelope in, findings out.
 *
 * Knows:   which facts are told of header fields, that every part is told of with its names, size and digest, and
 *          that a ceiling that was hit is `unscannable`.
 * Ignores: what follows from the facts, and how questions are answered.
 * Owns:    nothing; what it writes stands in the arena, or points into the message.
 * Fails:   LATER: not even the facts found room. Whoever asked then says unscannable.
 */
#ifndef INSPECT_READ_H
#define INSPECT_READ_H

#include "mail/evidence/evidence.h"
#include "mail/message/message.h"
#include "mail/policy/policy.h"
#include "mail/smtp/smtp.h"
#include "mail/spam/spam.h"

struct read_means {
	const struct message_limits *limits;
	const struct charsets *charsets;         /* opened before the jail; NULL: what is built in */
	const struct policy *policy;             /* whose rules may ask for headers; NULL: nobody does */
	unsigned scanners;                       /* how many are to be asked; with none there is no question */
	const struct model *model;               /* what the site has learned; NULL: nothing, or too little */
};

must_use enum result read_message(struct slice bytes, const struct envelope *envelope, const struct read_means *means,
                                  struct arena *arena, struct findings *ret_findings);

#endif
