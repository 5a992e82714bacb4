/* SPDX-License-Identifier: Apache-2.0 */
/*
 * queue-relay.h — the queue lends a message to the relay, and learns recipient by recipient how it went.
 *
 *   queue                                        relay
 *                                    <----       RESULT(...) ...   of deliveries from before, not yet noted
 *                                    <----       HOLDING(id, serial) ...   deliveries still going on
 *                                    <----       RESUMED
 *     DELIVER(job, +descriptor)      ---->
 *                                    <----       RESULT(id, serial, recipient, outcome, route, reply)
 *     NOTED                          ---->       synced: the relay may forget that result
 *                                    <----       ENDED(id, serial)     the descriptor is given back
 *     STOPPING                       ---->       begin nothing new; end what is at its final dot
 *
 * The relay speaks first on a new wire. The queue delivers nothing until RESUMED, and does not lend
 * again what is HOLDING: so a queue that was killed and restarted learns of what was delivered
 * while it was away, and nothing is delivered twice. Deliveries go on in the relay when the wire ends.
 *
 * DELIVER's exchange is the queue's; its payload: slice id, u32 serial, u64 offset, u64 length (of the
 * message's bytes in the descriptor), slice sender, slice trace (headers of ours that go on top, with
 * CR LF), u8 flags (DELIVER_*), slice envelope id (RFC 3461), the client that brought it (slices address, name, helo,
 * protocol; empty: not known), slice edits (mail/message/edit.h; for these recipients), u32 count, then count times: u32 place (in the envelope), slice address, u8 notify, slice orcpt;
 * at the end slice target: "maildir:/archive" where all of it goes, or empty, and each recipient goes by its route.
 * RESULT: exchange minted by the relay; slice id, u32 serial, u32 place, u8 outcome, slice route
 * ("lmtp://mbox1:24"), slice reply (the next hop's own, one line, or ours in the same form
 * "451 4.4.1 …"). NOTED has RESULT's exchange number and no payload.
 * `serial` tells one message from an older one of the same id; it is the queue's.
 */
#ifndef WIRE_QUEUE_RELAY_H
#define WIRE_QUEUE_RELAY_H

enum queue_lends   { QUEUE_DELIVER = 1, QUEUE_NOTED, QUEUE_STOPPING };
enum relay_returns { RELAY_RESULT = 1, RELAY_HOLDING, RELAY_RESUMED, RELAY_ENDED };

enum relay_outcome {
	RELAY_DELIVERED,          /* in its mailbox, as far as we can say: a Maildir, or a next hop that speaks LMTP */
	RELAY_DEFERRED,           /* 4xx or no connection: try later, on the recipient's schedule */
	RELAY_FAILED,             /* 5xx: a notice, where the rule allows one */
	RELAY_BUSY,               /* not tried: that destination's line is full. Soon again, no attempt counted */
	RELAY_RELAYED,            /* a next hop has it that offers no DSN: a notice of success (RFC 3461 5.2.2) is ours */
	RELAY_PASSED_ON,          /* a next hop has it and what was asked about notices: they are its own from now on */
};

enum { DELIVER_EIGHT_BIT = 1, DELIVER_UTF8 = 2, DELIVER_RET_FULL = 4, DELIVER_RET_HEADERS = 8 };

enum { QUEUE_RELAY_LONGEST = 4 << 20, RELAY_REPLY = 512 };

#endif
