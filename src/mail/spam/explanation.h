/* SPDX-License-Identifier: Apache-2.0 */
/*
 * explanation.h — which features moved a message most, in words.
 *
 * Knows:   what each feature added to or took from the score of its view.
 * Ignores: who asks.
 * Owns:    nothing. Texts are the features': they must have been read with texts.
 * Fails:   LATER: no room.
 */
#ifndef SPAM_EXPLANATION_H
#define SPAM_EXPLANATION_H

#include "mail/spam/model.h"

enum { REASONS_MOST = 10 };                      /* of each sign */

/* moved: log-odds of its view. */
struct reason { enum feature_kind kind; struct slice text; float moved; uint32_t hash; };

struct explanation {
	struct opinion opinion;
	struct reason spam[REASONS_MOST], ham[REASONS_MOST];      /* the strongest first */
	size_t spam_count, ham_count;
	float kinds[FEATURE_KIND_COUNT];                          /* what all of a kind moved */
};

void explain(const struct model *model, const struct features *features, struct explanation *ret_explanation);
/* Lines for people: the probability, the strongest of each sign, the sums. */
must_use enum result explanation_write(const struct explanation *explanation, struct buffer *to);

#endif
