/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report.h — a judgement as people and programs read it: a line, a JSON object, or the whole trace.
 *
 * Knows:   the form of `postern scan`, `scan --json` and `explain`.
 * Ignores: how the judgement was made.
 * Owns:    nothing.
 * Fails:   REFUSED: the judgement cannot be read; LATER: it is longer than the buffer.
 */
#ifndef CLI_REPORT_H
#define CLI_REPORT_H

#include "base/buffer.h"

struct settings;

struct report {
	const char *file;
	bool judged;                  /* else `payload` says why there is no judgement */
	struct slice payload;
	uint64_t took_us;
	struct slice envelope;        /* packed, or empty: it is not to be told */
	struct slice pretended;       /* the same of a file: rules were asked with it, and it is not told */
	struct settings *settings;    /* by which it was judged; NULL: not known */
};

/* The whole trace as one object: what report_json() has, and envelope, answers, recipients. */
must_use enum result report_trace_json(const struct report *report, struct buffer *to);
/* What strangers wrote, without control bytes, so that it cannot drive a terminal. */
must_use enum result report_shown(struct buffer *to, struct slice text);
/* The same, at most 200 bytes of it, and whether there is more. */
must_use enum result report_cut(struct buffer *to, struct slice text);
/* At most so many bytes, and no character of UTF-8 cut in two. */
struct slice report_shortened(struct slice text, size_t most);

must_use enum result report_line(const struct report *report, struct buffer *to);
must_use enum result report_json(const struct report *report, struct buffer *to);
must_use enum result report_trace(const struct report *report, struct buffer *to);

#endif
