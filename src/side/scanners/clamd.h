/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clamd.h — one question to one clamd, over a connection of its own.
 *
 * Knows:   the protocol: over a UNIX socket the message's descriptor is passed (FILDES), over TCP its
 *          bytes are sent (INSTREAM); without a message it is asked whether it lives (PING).
 * Ignores: who asks, and what it means. How many questions go on at a time is for others to limit.
 * Owns:    its connection. The message is borrowed until the answer.
 * Fails:   SCAN_FAILED with a reason, at the latest when the time is over. The answer comes from the
 *          loop, out of clamd_ask() only when the loop itself is short of memory; after clamd_drop() none comes.
 */
#ifndef SCANNERS_CLAMD_H
#define SCANNERS_CLAMD_H

#include "base/loop.h"
#include "scanners/reply.h"
#include "scanners/target.h"

enum { CLAMD_REPLY = 1024 };

struct clamd {
	struct watch watch;
	struct timer deadline;
	int fd, message;                       /* message -1: a PING */
	uint64_t size, sent, whole;            /* of the message; of what is to be sent, and how much that is */
	enum reply_to question;
	bool connecting;
	size_t got;
	char reply[CLAMD_REPLY];
	char failure[SCAN_TEXT];               /* what will be said when the timer is due */
	void (*answered)(struct clamd *clamd, enum scan_end end, const char *text);
};

void clamd_ask(struct clamd *clamd, struct loop *loop, const struct target *target, int message, uint64_t size,
               uint64_t ms, void (*answered)(struct clamd *clamd, enum scan_end end, const char *text));
void clamd_drop(struct clamd *clamd);          /* safe on a zeroed or an answered one */

#endif
