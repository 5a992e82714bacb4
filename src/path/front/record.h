/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record.h — what the front says of a client: lines in the log, and counters.
 *
 * Knows:   a line for each message that was answered and for each command that was refused.
 * Ignores: what the answer was for.
 * Owns:    nothing.
 * Fails:   never, as log.h says.
 */
#ifndef FRONT_RECORD_H
#define FRONT_RECORD_H

#include "front/client.h"

void record_visit(struct client *client, const char *event);       /* at level debug */
/* The reply is what was added to the output after its first `before` bytes. Of those that say "later" only some
 * are told one by one, until a message of the session is accepted. */
void record_refused(struct client *client, struct slice line, size_t before);
/* The same, of a recipient that was looked up; hidden: it is there, for others. */
void record_recipient(struct client *client, struct slice address, bool hidden, size_t before);
/* Before the session forgets the message; `reply` is empty for OK. */
void record_verdict(struct client *client, enum result verdict, struct slice reply);
void record_secure(struct client *client);                         /* a handshake has ended well, */
void record_insecure(struct client *client, const char *why);      /* or not */
/* The client hung up before its answer; before the message is dropped. */
void record_abandoned(struct client *client);
void record_untold(struct client *client);                         /* at the end, or then: how many there were more */

#endif
