/* SPDX-License-Identifier: Apache-2.0 */
/*
 * front-access.h — the front asks, at RCPT, who is meant by an address.
 *
 *   front                                          access
 *     ASK(u32 flags, slice sender, slice recipient) ->
 *     FORGET                             ---->     nobody waits any more
 *                                        <----     ACCEPTED(u32 count, count times: slice address)
 *                                                  UNKNOWN  LATER  NOT_FOR_YOU
 *
 * Flags: bits of access_client. Addresses are local@domain; an empty sender is the null sender. The
 * exchange number is the front's, and must not be in use. ACCEPTED has at least one address, in the order
 * of the tables, none twice; what was asked for is among them or not. NOT_FOR_YOU: it is there, for
 * others; a client is told the same as for UNKNOWN, and only the log knows the difference. What was
 * asked over a wire that ended is asked again over the next.
 *
 * Each believes nothing of the other: an address is looked at before it is used, counts and lengths
 * are bounded, and an answer to no question ends the wire.
 */
#ifndef WIRE_FRONT_ACCESS_H
#define WIRE_FRONT_ACCESS_H

enum access_asks    { ACCESS_ASK = 1, ACCESS_FORGET };
enum access_answers { ACCESS_ACCEPTED = 1, ACCESS_UNKNOWN, ACCESS_LATER, ACCESS_NOT_FOR_YOU };

enum access_client { ACCESS_TRUSTED = 1, ACCESS_LOCAL = 2, ACCESS_AUTHENTICATED = 4 };     /* bits; none: a stranger */

/* Bytes of an address; addresses in one answer; bytes of a question, and of an answer. */
enum { ACCESS_ADDRESS = 320, ACCESS_ADDRESSES = 5000, FRONT_ACCESS_QUESTION = 1024, FRONT_ACCESS_ANSWER = 2 << 20 };

#endif
