/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lines.h — the line ends of a file, made those of a message: LF alone, and CR alone, become CR LF.
 *
 * Knows:   line ends, and the dots that SMTP doubles. Pieces may be cut anywhere.
 * Ignores: what the lines say.
 * Owns:    nothing but what it remembers of the last byte.
 * Fails:   as the buffer it adds to.
 */
#ifndef CLI_LINES_H
#define CLI_LINES_H

#include "base/buffer.h"

struct lines {
	bool dots;                /* double a dot at the start of a line (SMTP) */
	bool cr, inside;          /* the last byte was CR; we are inside a line */
};

must_use enum result lines_add(struct lines *lines, struct slice piece, struct buffer *to);
must_use enum result lines_end(struct lines *lines, struct buffer *to);     /* the last line gets its end */

#endif
