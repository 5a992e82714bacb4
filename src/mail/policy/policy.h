/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policy.h — the door of mail/policy: facts in, a judgement out. judge() is pure: the same findings, evidence
 *            and settings give the same judgement, today and in a replay.
 *
 * Knows:   policy rules in order, their `when` (and, or, not, brackets, names of facts that are true or
 *          false; comparisons come with the judgement's issue), their actions, and the collecting rule
 *          of DESIGN: the first final action ends the search, the end of the list means deliver.
 * Ignores: how facts were found.
 * Owns:    the compiled rules, in the arena handed in.
 * Fails:   REFUSED with place and what was meant, for a rule that cannot be understood; a scanner that
 *          failed or is missing from the evidence makes `unscannable`, never clean.
 */
#ifndef POLICY_POLICY_H
#define POLICY_POLICY_H

#include "base/settings.h"
#include "mail/evidence/evidence.h"
#include "mail/policy/judgement.h"
#include "mail/smtp/smtp.h"

#define POLICY_SETTINGS(ROW)                                                                              \
	ROW(when, text, "", "", "",                                                                       \
	    "facts that must hold: virus, unscannable, ambiguous, trusted; with and, or, not, ( )")        \
	ROW(do_,  list, "", "", "", "deliver, reject TEXT, defer TEXT, discard, quarantine, hold, bounce TEXT")
SETTINGS_STRUCT(policy_settings, POLICY_SETTINGS);
extern const struct settings_section policy_settings_section;

struct policy;
/* No `policy` section at all: the two rules `virus` and `unscannable`, both quarantine, stand. */
must_use enum result policy_compile(struct settings *settings, struct arena *arena,
                                    const struct policy **ret_policy, struct buffer *complaint);
/* `scanners`: how many are configured; fewer answers than that, from as many scanners, is `unscannable`.
 * The judgement's packed findings and evidence are left empty: whoever has them packed puts them in. */
must_use enum result policy_judge(const struct policy *policy, unsigned scanners,
                                  const struct envelope *envelope, const struct findings *findings,
                                  const struct evidence *evidence, struct arena *arena,
                                  struct judgement *ret_judgement);

#endif
