/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ring.h — the private keys of this settings' certificates, and those of the settings before.
 *
 * Knows:   which keys are held now, which only for handshakes that began earlier, and which are still coming in.
 * Ignores: who asks, and how often.
 * Owns:    every key, until the reload after the next, or ring_finish().
 * Fails:   REFUSED with why when a file has no key that can be used; the others are not harmed.
 */
#ifndef KEYS_RING_H
#define KEYS_RING_H

#include "base/tls_key.h"
#include "wire/front-keys.h"

struct ring_set { struct tls_key *keys[KEYS_MOST]; size_t count; };

struct ring { struct ring_set coming, now, before; };

/* Borrows fd and reads it to its end; of at most TLS_KEY_MOST bytes. */
must_use enum result ring_read(struct ring *ring, int fd, char why[TLS_WHY]);
void ring_turn(struct ring *ring);                /* what was coming is now; now is before; before is no more */
void ring_finish(struct ring *ring);

/* REFUSED: no such key, or not this scheme. LATER: it could not be done. */
must_use enum result ring_sign(const struct ring *ring, const struct tls_question *question,
                               struct buffer *ret_signature);
must_use enum result ring_names(const struct ring *ring, struct buffer *to);     /* as in HELD */

#endif
