/* SPDX-License-Identifier: Apache-2.0 */
/*
 * queue-inspect.h — the queue asks what a message is, and what is to be done with it.
 *
 *   queue                                        inspect (dispatcher)
 *     INSPECT(u8 attempt, envelope, +memfd) ->
 *     FORGET                         ---->       nobody waits for that answer any more
 *     REPLAY(slice envelope, slice findings, slice evidence, [+memfd]) ->    judged anew, by tools
 *                                    <----       JUDGED(judgement)
 *     COMPOSE(notice, +descriptor)   ---->       a failure or delay notice, written by a worker
 *                                    <----       COMPOSED(+memfd, sealed; the whole message)
 *                                    <----       FAILED(text)
 *     FEATURES(+memfd)               ---->       what the classifier sees of a message, asked by tools that teach it
 *                                    <----       FEATURES(features)
 *
 * INSPECT's payload is u8 attempt, then the packed envelope as a slice; the descriptor holds exactly
 * the message's bytes, sealed. The judgement is packed as mail/policy/judgement.h says, and has a fate
 * for each recipient of the envelope, in order; the queue refuses one that does not.
 * REPLAY asks what would be judged by the settings of now with what was answered then: nobody is asked. With a sealed
 * descriptor the message is read anew, and the findings, which may be empty, are not looked at; without one they are
 * what is judged. The judgement has deeds, and no edits. FAILED: not everything that policy asks for was kept.
 * COMPOSE's payload is a packed notice (mail/message/notice.h), with offset and length of the
 * original's bytes in the descriptor, which may be a file of the spool, read-only.
 * FEATURES needs a sealed descriptor, as INSPECT does; its answer is packed as mail/spam/feature_set.h says, and FAILED says
 * that the message could not be read.
 * FAILED means otherwise that no judgement could be made, not even "unscannable": the queue keeps the message,
 * delivers nothing, and asks again.
 */
#ifndef WIRE_QUEUE_INSPECT_H
#define WIRE_QUEUE_INSPECT_H

enum queue_asks     { QUEUE_INSPECT = 1, QUEUE_FORGET, QUEUE_COMPOSE, QUEUE_REPLAY, QUEUE_FEATURES };
enum inspect_answers { INSPECT_JUDGED = 1, INSPECT_COMPOSED, INSPECT_FAILED, INSPECT_FEATURES };

enum { QUEUE_INSPECT_LONGEST = 4 << 20 };

#endif
