/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model_loan.h — the classifier's model as the keeper lends it, mapped for reading.
 *
 * Knows:   that nobody can change a memfd that is sealed, nor cut it; that the keeper is a stranger too.
 * Ignores: what is judged by it: workers inherit the mapping when they are forked.
 * Owns:    the mapping, until model_loan_end(). Workers keep theirs.
 * Fails:   REFUSED: it is not sealed, not of that size, or no model.
 */
#ifndef INSPECT_MODEL_LOAN_H
#define INSPECT_MODEL_LOAN_H

#include "mail/spam/spam.h"

struct model_loan { const struct model *model; size_t size; };       /* zeroed: there is none */

/* `fd` is borrowed. `ret_why` says why it is refused. */
must_use enum result model_loan_take(int fd, uint64_t size, struct model_loan *ret_loan, const char **ret_why);
void model_loan_end(struct model_loan *loan);

#endif
