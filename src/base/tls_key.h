/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls_key.h — a private key: read once, and used for nothing but the signatures of TLS (RFC 8446 4.2.3).
 *
 * Knows:   PEM without a password; RSA of at least 2048 bits and EC; the schemes of tls.h.
 * Ignores: certificates, files, and who asks.
 * Owns:    the key, until tls_key_destroy(), which wipes it.
 * Fails:   REFUSED, with why where it is told: no key in it, or a scheme that this key does not have.
 */
#ifndef BASE_TLS_KEY_H
#define BASE_TLS_KEY_H

#include "base/tls.h"

enum { TLS_KEY_MOST = 65536 };                    /* bytes of PEM */

struct tls_key;
must_use enum result tls_key_create(struct slice pem, struct tls_key **ret_key, char why[TLS_WHY]);
void tls_key_destroy(struct tls_key *key);        /* NULL is nothing */
const uint8_t *tls_key_name(const struct tls_key *key);       /* TLS_KEY_ID bytes, as in struct tls_question */
/* REFUSED: not a scheme for this key, or a digest of another length. */
must_use enum result tls_key_sign(const struct tls_key *key, const struct tls_question *question,
                                  struct buffer *ret_signature);

#endif
