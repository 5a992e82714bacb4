/* SPDX-License-Identifier: Apache-2.0 */
/*
 * senders.h — what the evidence says of the sender: the numbers that the keeper told.
 *
 * Knows:   the answers "delivered 3 quarantined 0 rejected 1 first 86400 last 60" (times are seconds ago) and "never", and
 *          under which names they stand (mail/smtp/sender.h): "sender alice@example.org 192.0.2.0/24", "domain example.org".
 * Ignores: who remembers.
 * Owns:    nothing.
 * Fails:   an answer that is missing, failed or not understood is neither known nor unknown: who asks must not take it for
 *          either.
 */
#ifndef POLICY_SENDERS_H
#define POLICY_SENDERS_H

#include "mail/evidence/evidence.h"
#include "mail/smtp/smtp.h"

enum senders_name { SENDERS_ADDRESS, SENDERS_DOMAIN };                 /* the address with its network; the domain */
enum senders_end { SENDERS_KNOWN, SENDERS_NEVER, SENDERS_SILENT };

/* `number`: "delivered", "first" ... NEVER too where there is no such name (the null sender has no domain). */
enum senders_end senders_number(const struct envelope *envelope, const struct evidence *evidence, enum senders_name name,
                                struct slice number, uint64_t *ret_number);
#endif
