/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pattern.h — what stands behind `~`: a glob in quotes, or a Perl regular expression between slashes
 *             (inside mail/policy only).
 *
 * Knows:   globs (* any bytes, ? one byte, the whole text, letters of either case); expressions of PCRE2, found
 *          anywhere, flags i m s x behind the last slash.
 * Ignores: what is matched.
 * Owns:    nothing: the compiled form stands in the arena.
 * Fails:   REFUSED with what was meant. Matching has limits: PATTERN_MATCHES ways from each place in the text,
 *          PATTERN_HEAP KiB, and PATTERN_STEPS in all for those who share a `struct pattern_work`. One that hits them is
 *          PATTERN_LIMIT, which is neither yes nor no.
 */
#ifndef POLICY_PATTERN_H
#define POLICY_PATTERN_H

#include "base/arena.h"
#include "base/buffer.h"

enum { PATTERN_MATCHES = 100000, PATTERN_STEPS = 20000000, PATTERN_HEAP = 1024, PATTERN_BYTES = 1024 };
enum pattern_end { PATTERN_NO, PATTERN_YES, PATTERN_LIMIT };

struct pattern;

/* Memory and patience for many matches. A step is one item of an expression that is tried, or one byte passed over. */
struct pattern_work {
	struct arena memory;                     /* empty between matches */
	uint64_t steps;                          /* that are left */
};
void pattern_work_begin(struct pattern_work *work);
void pattern_work_finish(struct pattern_work *work);

must_use enum result pattern_glob(struct slice text, struct arena *arena, const struct pattern **ret_pattern);
must_use enum result pattern_regex(struct slice text, struct slice flags, struct arena *arena,
                                   const struct pattern **ret_pattern, struct buffer *complaint);
enum pattern_end pattern_match(const struct pattern *pattern, struct slice text, struct pattern_work *work);

#endif
