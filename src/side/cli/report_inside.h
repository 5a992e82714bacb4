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
#include "mail/policy/policy.h"
#include "mail/smtp/smtp.h"

struct trace {
	struct arena *arena;
	struct envelope envelope;
	struct judgement judgement;
	struct findings findings;
	struct evidence evidence;
};

/* Unpacks, writes with `form`, and forgets. */
must_use enum result report_as(enum result (*form)(const struct report *, const struct trace *, struct buffer *),
                               const struct report *report, struct buffer *to);
/* Is this a setting that says something about how messages are judged? */
bool report_concerns(struct slice section, struct slice name);

#endif
