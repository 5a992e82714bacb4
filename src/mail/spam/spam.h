/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spam.h — the door of mail/spam: how likely a message is spam, learned from a site's own mail, and why.
 *
 * Whoever builds on it begins with feature_set.h: features_read() makes features of a message, model.h judges and learns
 * them, explanation.h says which of them moved the answer.
 */
#ifndef SPAM_SPAM_H
#define SPAM_SPAM_H

#include "mail/spam/explanation.h"
#include "mail/spam/feature_set.h"
#include "mail/spam/model.h"

#endif
