/* SPDX-License-Identifier: Apache-2.0 */
/*
 * load.h — the start: what lies in the spool becomes entries, and the journal says what has happened to them since.
 *
 * Knows:   which file is a message of ours: its name is an id, its envelope carries that id, its sections are whole.
 * Ignores: the checksum, which is looked at before the first delivery.
 * Owns:    nothing.
 * Fails:   LATER: a folder or the journal could not be read. Anything else that is wrong goes to corrupt/.
 */
#ifndef QUEUE_LOAD_H
#define QUEUE_LOAD_H

#include "base/result.h"

struct queue;

must_use enum result load_spool(struct queue *queue);

#endif
