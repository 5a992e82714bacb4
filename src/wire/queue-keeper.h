/* SPDX-License-Identifier: Apache-2.0 */
/*
 * queue-keeper.h — the queue tells what was judged, for the message log; nobody waits for it.
 *
 *   queue                                              keeper
 *     RECORD(u8 kind, u64 when, slice key, slice bytes, note) ->
 *     MISSED(u64 count, u64 since)            ---->     so many could not be told: a gap
 *                                             <----     WRITTEN           all up to that exchange are on the disk
 *
 * Exchange numbers grow by one with each frame. `when` is seconds since 1970, `key` RECORD_KEY bytes: the message's id.
 * The keeper looks at no byte of a record; what is in it by kind:
 *   RECORDED_JUDGED   u8 late, slice envelope (mail/smtp/envelope.h), slice judgement (mail/policy/judgement.h), with its
 *                     edits where they are at most 64 KiB. late: judged after it was kept.
 *   RECORDED_GAP      u64 count, u64 since: written by the keeper for MISSED, and for what it could not write itself.
 *   RECORDED_BEGUN    nothing: a keeper began. What was told up to `log_sync` before may have been lost with the last one.
 * The key of the last two is all zeros.
 *
 * note: see wire/known.h. The keeper counts its outcome under each of its names. The source (an IPv4 /24, an IPv6 /48) is
 * in whose share names are that had not been known, of which there are only so many in an hour, and so many of all
 * sources. That a name is remembered is confirmed by nobody.
 *
 * What was not WRITTEN when the wire ends is counted as missed. A keeper that does not read, or is not there, costs
 * the queue a counter: at most CHANNEL's own limit of bytes waits, and what does not fit is missed.
 */
#ifndef WIRE_QUEUE_KEEPER_H
#define WIRE_QUEUE_KEEPER_H

#include "wire/known.h"

enum queue_tells   { QUEUE_RECORD = 1, QUEUE_MISSED };
enum keeper_says   { KEEPER_WRITTEN = 1 };
enum recorded_kind { RECORDED_JUDGED = 1, RECORDED_GAP, RECORDED_BEGUN };

enum { QUEUE_KEEPER_LONGEST = 8 << 20, RECORDED_MOST = (8 << 20) - 4096 };

#endif
