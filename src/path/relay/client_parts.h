/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client_parts.h — what client.c, client_replies.c, client_say.c and client_hear.c share (inside these alone).
 *
 * Knows:   the ends of a conversation and of a recipient; the commands; where a whole reply goes.
 * Ignores: the same as client.h.
 * Owns:    nothing by itself.
 * Fails:   as client.h says.
 */
#ifndef RELAY_CLIENT_PARTS_H
#define RELAY_CLIENT_PARTS_H

#include "relay/client.h"

/* client.c: ends */
void client_settle(struct client *client, size_t which, enum relay_outcome outcome, struct slice reply);
void client_settle_rest(struct client *client, enum relay_outcome outcome, struct slice reply);
void client_end(struct client *client, struct slice reply);
void client_end_in_disorder(struct client *client);
enum relay_outcome client_outcome(const struct client *client, unsigned code);
size_t client_next_in_state(const struct client_letter *letter, size_t from, enum recipient_state state);

/* client_replies.c: one whole reply; more than `due_until` of them are out of turn. */
void client_reply(struct client *client, unsigned long due_until);
/* The first command of a letter. */
void client_introduce(struct client *client);

/* client_say.c: each is one command, and one reply is due for it. */
void client_say_hello(struct client *client, enum client_stage stage);
void client_say_origin(struct client *client, enum client_stage stage);
void client_say_plain(struct client *client, const char *command);
/* What comes next of MAIL, RCPT and DATA; with PIPELINING all of it. */
void client_say_more(struct client *client);
/* client_say.c: what this hop can't take at all, in words of ours; empty: it can. Settles who can't be named to it. */
struct slice client_why_not(struct client *client, const struct client_letter *letter);
void client_refuse_unspeakable(struct client *client);

/* client_hear.c */
void client_note_feature(struct client *client, struct slice line);

#endif
