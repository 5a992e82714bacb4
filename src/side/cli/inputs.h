/* SPDX-License-Identifier: Apache-2.0 */
/*
 * inputs.h — the messages behind the paths of a command: files, mboxes, folders, Maildirs.
 *
 * Knows:   that an mbox holds many messages, and that a Maildir's `tmp` holds nothing finished.
 * Ignores: what is in a message.
 * Owns:    the mapping of a file while its messages are handed out.
 * Fails:   a path that cannot be read is complained about and counted; the others are still read.
 */
#ifndef CLI_INPUTS_H
#define CLI_INPUTS_H

#include "base/slice.h"

struct inputs {
	/* `name` is the path as given or found, `PATH#N` in an mbox; both end with the call.
	 * Any end but OK stops the walk. */
	enum result (*message)(void *owner, const char *name, struct slice bytes);
	void *owner;
	unsigned unreadable;
};

must_use enum result inputs_walk(struct inputs *inputs, char *const *paths);

#endif
