/* SPDX-License-Identifier: Apache-2.0 */
/* The plain functions are called old by OpenSSL 3, which wants a provider to be fetched, with memory and locks, for each
 * digest; they are kept, use the processor's own instructions, and suit a jail. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "base/digest.h"

#include <openssl/sha.h>

_Static_assert(sizeof(SHA256_CTX) <= DIGEST_STATE, "the state has room");

static SHA256_CTX *context_of(struct digest *digest)
{
	return (SHA256_CTX *)(void *)digest->state;
}

void digest_init(struct digest *digest)
{
	(void)SHA256_Init(context_of(digest));
}

void digest_add(struct digest *digest, struct slice bytes)
{
	if (bytes.len)
		(void)SHA256_Update(context_of(digest), bytes.at, bytes.len);
}

void digest_end(struct digest *digest, unsigned char *out)
{
	(void)SHA256_Final(out, context_of(digest));
}
