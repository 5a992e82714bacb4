/* SPDX-License-Identifier: Apache-2.0 */
/*
 * worker_wire.h — what the dispatcher and one of its workers say to each other (inside the room only).
 *
 *   dispatcher                                  worker
 *     READ(slice envelope, u8 replay, u8 asks, slice evidence, +memfd) -->
 *                                      <----    FINDINGS(findings)     when somebody is asked about it
 *                                      <----    JUDGED(judgement)      when nobody is
 *     JUDGE(slice envelope, u8 replay, slice findings, slice evidence)  -->
 *                                      <----    JUDGED(judgement)
 *                                      <----    CANNOT(text)           a replay: policy asks for what was not looked for then
 *     MEND(slice judgement, +memfd)    ---->            for a judgement made where the message was not seen
 *                                      <----    MENDED(u32 count, count times: slice edits, u8 broken seals)
 *     COMPOSE(notice, +descriptor)     ---->
 *                                      <----    COMPOSED(bytes)        at most NOTICE_LIMIT
 *                                      <----    CANNOT(text)           the request is none
 *     EXTRACT(+memfd)                  ---->
 *                                      <----    FEATURES(features)     what the classifier sees of it
 *                                      <----    CANNOT(text)           it found no room
 *
 * The evidence of READ is what is known before anybody is asked; in a replay it is all there will be: a scanner that did
 * not answer is in it as failed, no other is wanted, and nothing is mended.
 *
 * One question at a time, one answer to each, with its exchange number. A worker reads hostile bytes and may be
 * taken over: an answer of another kind, number or length, or one that does not read as what it says it is,
 * ends that worker. The message lies in a sealed memfd; a notice's original may lie in a file of the spool.
 */
#ifndef INSPECT_WORKER_WIRE_H
#define INSPECT_WORKER_WIRE_H

enum dispatcher_asks { WORKER_READ = 1, WORKER_JUDGE, WORKER_COMPOSE, WORKER_MEND, WORKER_EXTRACT };
enum worker_answers  { WORKER_FINDINGS = 1, WORKER_JUDGED, WORKER_COMPOSED, WORKER_CANNOT, WORKER_MENDED, WORKER_FEATURES };

enum { WORKER_QUESTION_LONGEST = 8 << 20, WORKER_ANSWER_LONGEST = 4 << 20 };

#endif
