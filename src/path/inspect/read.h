/* SPDX-License-Identifier: Apache-2.0 */
/*
 * read.h — the first of the three pure steps: a message's bytes and envelope in, findings out.
 *
 * Knows:   which facts are told of header fields and parts, and that a ceiling that was hit is `unscannable`.
 * Ignores: what follows from the facts, and how questions are answered.
 * Owns:    nothing; what it writes stands in the arena, or points into the message.
 * Fails:   LATER: not even the facts found room. Whoever asked then says unscannable.
 */
#ifndef INSPECT_READ_H
#define INSPECT_READ_H

#include "mail/evidence/evidence.h"
#include "mail/smtp/smtp.h"

/* `scanners`: how many are to be asked; with none there is no question. */
must_use enum result read_message(struct slice bytes, const struct envelope *envelope, unsigned scanners,
                                  struct arena *arena,
                                  struct findings *ret_findings);

#endif
