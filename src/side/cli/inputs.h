/* SPDX-License-Identifier: Apache-2.0 */
/*
 * inputs.h — the messages behind the paths of a command: files, mboxes, folders, Maildirs.
 *
 * Knows:   what an mbox looks like, and that a Maildir's `tmp` holds nothing finished.
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

/* Does this begin an mbox's message ("From ", somebody, a time, a year)? */
bool inputs_is_from_line(struct slice line);
/* The first message of an mbox that begins with a From line, cut off the front, without that line. */
struct slice inputs_cut_message(struct slice *rest);

#endif
