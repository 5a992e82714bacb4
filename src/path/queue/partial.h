/* SPDX-License-Identifier: Apache-2.0 */
/*
 * partial.h — LMTP answers for each recipient: those that judgement refuses are refused one by one (RFC 2033 4.2).
 *
 * Knows:   which clients are told so, and how it is said over wire/front-queue.h.
 * Ignores: what becomes of the others.
 * Owns:    nothing: what is made lies in the arena that is handed in.
 * Fails:   LATER: there is no room. Envelope and judgement are as they were then.
 */
#ifndef QUEUE_PARTIAL_H
#define QUEUE_PARTIAL_H

#include "mail/policy/policy.h"
#include "mail/smtp/smtp.h"

bool partial_is_told(const struct envelope *envelope);
/* Takes them out of both; `ret_packed`: the envelope anew; `ret_said`: QUEUE_KEPT's payload. Some must be left. */
must_use enum result partial_refuse(struct arena *memory, struct envelope *envelope, struct judgement *judgement,
                                    struct slice *ret_packed, struct slice *ret_said);

#endif
