/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report_inside.h — what the texts and the objects of reports have in common (report.h, report_json.h).
 *
 * Knows:   a judgement with all that led to it, unpacked.
 * Ignores: how it is written.
 * Owns:    nothing: all of it stands in the arena of one report.
 * Fails:   as report.h.
 */
#ifndef CLI_REPORT_INSIDE_H
#define CLI_REPORT_INSIDE_H

#include "cli/report.h"
#include "mail/evidence/evidence.h"
#include "mail/message/message.h"
#include "mail/policy/policy.h"
#include "mail/smtp/smtp.h"

struct trace {
	struct arena *arena;
	struct envelope envelope;
	struct envelope asked;        /* that, or the pretended one */
	struct judgement judgement;
	struct findings findings;
	struct evidence evidence;
};

/* Unpacks, writes with `form`, and forgets. */
must_use enum result report_as(enum result (*form)(const struct report *, const struct trace *, struct buffer *),
                               const struct report *report, struct buffer *to);
/* The policy of the report's settings, NULL: there is none; and the facts for which the rule that decided asks. */
const struct policy *report_policy(const struct report *report, const struct trace *trace);
must_use enum result report_because(const struct policy *policy, const struct trace *trace, uint32_t place,
                                    struct policy_fact **ret_facts, size_t *ret_count);
/* Its recipients (report_fates.c); the edits of one, none where there are none; and bits of enum seal, or BROKEN_UNKNOWN. */
must_use enum result report_fates(const struct report *report, const struct trace *trace, struct buffer *to);
must_use enum result report_edits(const struct trace *trace, const struct fate *fate, struct edits *ret_edits);
unsigned report_broken(const struct judgement *judgement, const struct fate *fate);
/* Is this a setting that says something about how messages are judged? */
bool report_concerns(struct slice section, struct slice name);

#endif
