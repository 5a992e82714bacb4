/* SPDX-License-Identifier: Apache-2.0 */
/*
 * certificates.h — the files of the `certificate` sections, opened here and handed to who is meant to read them.
 *
 * Knows:   chains go to the fronts, keys to the process keys (graph.h says which); nobody else gets either.
 * Ignores: what is in them: it reads not a byte.
 * Owns:    nothing: each process has descriptors of its own, opened for it.
 * Fails:   REFUSED with a sentence for each file that cannot be opened.
 */
#ifndef SUPERVISOR_CERTIFICATES_H
#define SUPERVISOR_CERTIFICATES_H

#include "base/settings.h"

struct child;

/* Can all be opened? Before the old settings are given up for these. */
must_use enum result certificates_check(struct settings *settings, struct buffer *complaints);
/* Those that the child's row asks for; what cannot be opened is a line in the log, and left out. */
void certificates_give(struct child *child, struct settings *settings);

#endif
