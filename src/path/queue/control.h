/* SPDX-License-Identifier: Apache-2.0 */
/*
 * control.h — the operator's words, from queue.control (wire/control.h).
 *
 * Knows:   who asks (peer credentials and groups), which command is open to whom, text and JSON.
 * Ignores: terminals. What needs files is read on the crew.
 * Owns:    the listening socket and its connections, CONTROL_MOST at a time; one command each.
 * Fails:   with a complaint and exit status 1 (not done), 2 (not understood) or 77 (not permitted).
 */
#ifndef QUEUE_CONTROL_H
#define QUEUE_CONTROL_H

#include "base/channel.h"
#include "base/pool.h"
#include "wire/control.h"
#include "wire/peer.h"

struct queue;

enum { CONTROL_MOST = 32 };

struct control {
	struct queue *queue;
	int socket;
	struct watch watch;
	struct pool pool;
	struct talk *first;
	unsigned admins;                         /* the group postern-admin, or -1 */
};

void control_init(struct control *control, struct queue *queue);      /* before the jail: looks the group up */
void control_finish(struct control *control);
must_use enum result control_listen(struct control *control, int fd);

/* Which command is open to whom; pure, for its test. */
struct control_command {
	const char *words[2];
	bool wants_id, for_anybody;
	void (*obey)(struct talk *talk);
};
const struct control_command *control_find(const struct slice *words, size_t count);
/* Cuts a COMMAND into its words; REFUSED: not one. */
must_use enum result control_words(struct slice payload, struct slice words[CONTROL_WORDS], size_t *ret_count);

#endif
