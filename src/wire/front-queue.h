/* SPDX-License-Identifier: Apache-2.0 */
/*
 * front-queue.h — all that the front and the queue ever say to each other.
 *
 *   front                                      queue
 *                                  <----       ROOM(u8: 1 there is room, 0 answer 452 to MAIL)
 *     DEPOSIT(envelope, +memfd)    ---->       asks inspect; keeps, or does not
 *     CANCEL                       ---->       the client is gone: do not begin to keep it
 *                                  <----       KEPT(nothing, or the refused)  REFUSED(reply)  LATER(reply)
 *
 * A front is a stranger's process: the queue believes no length, no order and no count that comes
 * over this wire, and takes no memfd that is not sealed against change (F_SEAL_SEAL, SHRINK, GROW,
 * WRITE). The exchange number is the front's, and must not be in use. The envelope is packed as
 * mail/smtp/envelope.h says and carries the message's id, minted by the front. A reply is the whole
 * text after the code's line, such as "550 5.7.1 this message was refused", without CR LF.
 * KEPT of a message that came by LMTP may be for some of its recipients only, and says who was refused: u32 count, count
 * times: u32 place in the envelope, in order, slice reply.
 * ROOM comes first on a new wire, and again when it changes. On a front's end of the wire, what
 * had not begun to be kept is forgotten.
 */
#ifndef WIRE_FRONT_QUEUE_H
#define WIRE_FRONT_QUEUE_H

enum front_says { FRONT_DEPOSIT = 1, FRONT_CANCEL };
enum queue_says { QUEUE_ROOM = 1, QUEUE_KEPT, QUEUE_REFUSED, QUEUE_LATER };

/* Bytes of a payload; of a reply; of an answer. */
enum { FRONT_QUEUE_LONGEST = 4 << 20, FRONT_QUEUE_REPLY = 512, FRONT_QUEUE_ANSWER = 65536 };

#endif
