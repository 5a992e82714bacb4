/* SPDX-License-Identifier: Apache-2.0 */
/*
 * control.h — answers the command line: health, stats, processes, reload, stop (wire/control.h).
 *
 * Knows:   who asks, from the socket's peer credentials: root, our own user, members of postern-admin.
 * Ignores: everybody else, politely.
 * Owns:    the connections, a fixed number of them; each asks one question.
 * Fails:   never: a caller who breaks the form, or stays too long, loses the connection.
 */
#ifndef SUPERVISOR_CONTROL_H
#define SUPERVISOR_CONTROL_H

#include "base/channel.h"

enum { CALLERS_MOST = 16, CALLER_TIME = 30000 /* ms */, ANSWER_LONGEST = 256 << 10 };

struct supervisor;

struct caller {
	struct supervisor *supervisor;
	struct channel channel;
	struct timer time;
	bool used, asked, permitted;
};

struct control {
	struct supervisor *supervisor;
	struct watch watch;
	int fd;                          /* the listening socket, borrowed */
	unsigned operators;              /* group postern-admin; -1: there is none */
	struct caller callers[CALLERS_MOST];
};

must_use enum result control_open(struct control *control, struct supervisor *supervisor, int fd);
void control_close(struct control *control);

/* What a command says: text or JSON into `to`, the exit status as the answer. (answers.c) */
struct answer_row {
	struct slice name;
	int (*say)(struct supervisor *supervisor, bool json, struct buffer *to, struct buffer *complaint);
};
const struct answer_row *answer_named(struct slice name);

#endif
