/* SPDX-License-Identifier: Apache-2.0 */
/*
 * read_learned.h — what the classifier says of a message, as facts (inside the room only).
 *
 * Knows:   `spam.model` (its identity and generation), `spam.probability` in thousandths, and of what it calls spam
 *          `spam.reason`: which features moved it most, with the log-odds that each added to its view.
 * Ignores: how sure is sure enough: policy.
 * Owns:    nothing: texts stand in the reader's arena.
 * Fails:   LATER: there is no room for its features, or for what they say; then there is no probability. Where there is none for
 *          its reasons, fewer are told.
 */
#ifndef INSPECT_READ_LEARNED_H
#define INSPECT_READ_LEARNED_H

#include "mail/evidence/evidence.h"
#include "mail/message/message.h"
#include "mail/spam/spam.h"

enum { LEARNED_FOR_SPAM = 6, LEARNED_FOR_HAM = 3, LEARNED_FACTS = 2 + LEARNED_FOR_SPAM + LEARNED_FOR_HAM };

struct learned_facts { struct fact list[LEARNED_FACTS]; size_t count; };

/* `view` hit no ceiling. */
must_use enum result read_learned(const struct message_view *view, const struct message_reader *reader, const struct model *model,
                                  struct learned_facts *ret_facts);

#endif
