/* SPDX-License-Identifier: Apache-2.0 */
/* What both sides of a signature know. Without libssl: whoever only has keys does not link a protocol. */
#include "base/tls_inside.h"

#include <openssl/x509.h>

const struct tls_scheme_row tls_schemes[] = {
	{ TLS_PKCS1_SHA256, "RSA", "SHA256", 32, false }, { TLS_PKCS1_SHA384, "RSA", "SHA384", 48, false },
	{ TLS_PKCS1_SHA512, "RSA", "SHA512", 64, false }, { TLS_ECDSA_SHA256, "EC", "SHA256", 32, false },
	{ TLS_ECDSA_SHA384, "EC", "SHA384", 48, false },  { TLS_ECDSA_SHA512, "EC", "SHA512", 64, false },
	{ TLS_PSS_SHA256, "RSA", "SHA256", 32, true },    { TLS_PSS_SHA384, "RSA", "SHA384", 48, true },
	{ TLS_PSS_SHA512, "RSA", "SHA512", 64, true },
};
const size_t tls_scheme_count = COUNT_OF(tls_schemes);

const struct tls_scheme_row *tls_scheme_find(unsigned scheme)
{
	for (size_t i = 0; i < tls_scheme_count; i++)
		if ((unsigned)tls_schemes[i].scheme == scheme)
			return &tls_schemes[i];
	return NULL;
}

enum result tls_key_id(EVP_PKEY *key, uint8_t ret_id[TLS_KEY_ID])
{
	unsigned char *der = NULL;
	int length = i2d_PUBKEY(key, &der);
	bool done = length > 0 && EVP_Digest(der, (size_t)length, ret_id, NULL, EVP_sha256(), NULL) == 1;

	OPENSSL_free(der);
	return done ? OK : LATER;
}
