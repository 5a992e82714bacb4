/* SPDX-License-Identifier: Apache-2.0 */
/*
 * explain.h — `postern explain PATH|ID`: the whole trace of one message.
 *
 * Knows:   that a path is inspected now, and that an id's trace stands in the queue, the quarantine or the message log.
 * Ignores: how a trace is written.
 * Owns:    what was read of it, until it ends.
 * Fails:   exit status 1: nobody knows that id; 2: nobody does, but not all of the message log could be read; else as
 *          `postern scan`.
 */
#ifndef CLI_EXPLAIN_H
#define CLI_EXPLAIN_H

#include "cli/places.h"

int explain_main(struct places *places, int count, char **words);

#endif
