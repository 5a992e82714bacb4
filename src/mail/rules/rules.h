/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rules.h — the door of mail/rules: SpamAssassin's rule language (4.0.1), read from rule files as they are and run
 *           over a message.
 *
 * Whoever builds on it begins with reader.h: rules_file() for each file in order, then rules_end(); ruleset.h has what
 * was read; patterns.h compiles its expressions, view.h shows a message as rules see it, run.h gives the hits.
 */
#ifndef RULES_RULES_H
#define RULES_RULES_H

#include "mail/rules/directives.h"
#include "mail/rules/patterns.h"
#include "mail/rules/reader.h"
#include "mail/rules/ruleset.h"
#include "mail/rules/run.h"
#include "mail/rules/view.h"

#endif
