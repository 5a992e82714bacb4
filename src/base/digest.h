/* SPDX-License-Identifier: Apache-2.0 */
/*
 * digest.h — SHA-256 of bytes that come in pieces.
 *
 * Knows:   FIPS 180-4, by libcrypto's plain functions: they take no memory, open nothing, and may run in a jail.
 * Ignores: what is digested.
 * Owns:    nothing; the state is plain data.
 * Fails:   never.
 */
#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H

#include "base/slice.h"

enum { DIGEST_SIZE = 32, DIGEST_STATE = 112 };

struct digest { _Alignas(16) unsigned char state[DIGEST_STATE]; };

void digest_init(struct digest *digest);
void digest_add(struct digest *digest, struct slice bytes);
void digest_end(struct digest *digest, unsigned char *out);            /* DIGEST_SIZE bytes */

#endif
