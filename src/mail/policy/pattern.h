/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pattern.h — what stands behind `~`: a glob in quotes, or a Perl regular expression between slashes
 *             (inside mail/policy only).
 *
 * Knows:   globs (* any bytes, ? one byte, the whole text, letters of either case); expressions of PCRE2, found
 *          anywhere, flags i m s x behind the last slash.
 * Ignores: what is matched.
 * Owns:    nothing: the compiled form stands in the arena.
 * Fails:   REFUSED with what was meant. Matching has limits (PATTERN_MATCHES steps, PATTERN_HEAP KiB): one that hits
 *          them is PATTERN_LIMIT, which is neither yes nor no.
 */
#ifndef POLICY_PATTERN_H
#define POLICY_PATTERN_H

#include "base/arena.h"
#include "base/buffer.h"

enum { PATTERN_MATCHES = 100000, PATTERN_HEAP = 1024, PATTERN_BYTES = 1024 };
enum pattern_end { PATTERN_NO, PATTERN_YES, PATTERN_LIMIT };

struct pattern;

must_use enum result pattern_glob(struct slice text, struct arena *arena, const struct pattern **ret_pattern);
must_use enum result pattern_regex(struct slice text, struct slice flags, struct arena *arena,
                                   const struct pattern **ret_pattern, struct buffer *complaint);
/* `arena` for the time of the match; what it takes stays taken until the arena's end. */
enum pattern_end pattern_match(const struct pattern *pattern, struct slice text, struct arena *arena);

#endif
