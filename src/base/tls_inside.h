/* SPDX-License-Identifier: Apache-2.0 */
/* tls_inside.h — what the files of tls.h share among themselves: OpenSSL's objects behind our names. */
#ifndef BASE_TLS_INSIDE_H
#define BASE_TLS_INSIDE_H

#include "base/tls.h"

#include <openssl/provider.h>
#include <openssl/ssl.h>

struct tls_library {
	OSSL_LIB_CTX *context;
	OSSL_PROVIDER *standard, *ours;
	BIO_METHOD *bytes;                        /* a BIO over the two buffers of a struct tls */
};

struct tls_identity { SSL_CTX *context; struct slice name; };

struct tls_server {
	struct tls_library *library;
	struct tls_identity *identities;
	size_t count;
	const char *const *protocols;             /* NULL: any */
	unsigned users;                           /* who made it, and connections */
};

struct tls_client { struct tls_library *library; SSL_CTX *context; };
struct tls_trust { X509_STORE *store; };

/* Our provider, in tls_signing.c: keys without a private half, whose signatures somebody else makes. */
#define TLS_PROVIDER "postern"
int tls_provider_init(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *in, const OSSL_DISPATCH **out,
                      void **ret_context);
must_use enum result tls_reference(struct tls_library *library, EVP_PKEY *public, EVP_PKEY **ret_key);
/* Blocks the job that the connection runs in until tls_signed(). */
must_use enum result tls_ask(struct tls *tls, const struct tls_question *question);

BIO_METHOD *tls_bytes_method(void);
const char *tls_last_words(void);                 /* the newest error, as a constant; the others are forgotten */
void tls_server_drop(struct tls_server *server);
must_use enum result tls_key_id(EVP_PKEY *key, uint8_t ret_id[TLS_KEY_ID]);

#endif
