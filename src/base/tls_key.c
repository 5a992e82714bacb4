/* SPDX-License-Identifier: Apache-2.0 */
/* What is signed is a digest, in the padding that the scheme's row says, and in no other. */
#include "base/tls_key.h"

#include "base/pool.h"
#include "base/tls_inside.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <string.h>

enum { LEAST_RSA_BITS = 2048 };

struct tls_key {
	EVP_PKEY *key;
	const char *type;
	uint8_t id[TLS_KEY_ID];
};

static int no_password(char *to, int size, int writing, void *unused)
{
	(void)to;
	(void)size;
	(void)writing;
	(void)unused;
	return -1;
}

static const char *judge(EVP_PKEY *key, const char **ret_type)
{
	if (key == NULL)
		return "it has no private key without a password (PEM is meant)";
	*ret_type = EVP_PKEY_is_a(key, "RSA") ? "RSA" : EVP_PKEY_is_a(key, "EC") ? "EC" : NULL;
	if (*ret_type == NULL)
		return "the key is neither RSA nor EC";
	if (EVP_PKEY_is_a(key, "RSA") && EVP_PKEY_get_bits(key) < LEAST_RSA_BITS)
		return "the RSA key has less than 2048 bits";
	return NULL;
}

enum result tls_key_create(struct slice pem, struct tls_key **ret_key, char why[TLS_WHY])
{
	BIO *from = pem.len <= TLS_KEY_MOST ? BIO_new_mem_buf(pem.at, (int)pem.len) : NULL;
	EVP_PKEY *key = from ? PEM_read_bio_PrivateKey(from, NULL, no_password, NULL) : NULL;
	struct tls_key *made = pool_resize(NULL, sizeof(*made));
	const char *type = NULL, *failed = judge(key, &type);

	(void)BIO_free(from);
	ERR_clear_error();
	if (made)
		*made = (struct tls_key){ .key = key, .type = type };
	if (failed == NULL && (made == NULL || tls_key_id(key, made->id) != OK))
		failed = "there is too little memory";
	(void)snprintf(why, TLS_WHY, "%s", failed ? failed : "");
	if (failed) {
		EVP_PKEY_free(key);
		(void)!pool_resize(made, 0);
		return REFUSED;
	}
	*ret_key = made;
	return OK;
}

void tls_key_destroy(struct tls_key *key)
{
	if (key == NULL)
		return;
	EVP_PKEY_free(key->key);
	(void)!pool_resize(key, 0);
}

const uint8_t *tls_key_name(const struct tls_key *key)
{
	return key->id;
}

static bool is_for(const struct tls_key *key, const struct tls_scheme_row *scheme, const struct tls_question *question)
{
	return scheme && strcmp(scheme->type, key->type) == 0 && question->digest_length == scheme->digest_length;
}

static bool set_up(EVP_PKEY_CTX *context, const struct tls_scheme_row *scheme)
{
	EVP_MD *hash = EVP_MD_fetch(NULL, scheme->hash, NULL);
	bool done = hash && EVP_PKEY_sign_init(context) == 1 && EVP_PKEY_CTX_set_signature_md(context, hash) == 1;

	if (done && strcmp(scheme->type, "RSA") == 0)
		done = EVP_PKEY_CTX_set_rsa_padding(context, scheme->pss ? RSA_PKCS1_PSS_PADDING : RSA_PKCS1_PADDING) == 1;
	if (done && scheme->pss)
		done = EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1;
	EVP_MD_free(hash);
	return done;
}

enum result tls_key_sign(const struct tls_key *key, const struct tls_question *question, struct buffer *ret_signature)
{
	const struct tls_scheme_row *scheme = tls_scheme_find(question->scheme);
	unsigned char signature[TLS_SIGNATURE_MOST];
	size_t length = sizeof(signature);
	EVP_PKEY_CTX *context;
	bool done;

	if (!is_for(key, scheme, question))
		return REFUSED;
	context = EVP_PKEY_CTX_new_from_pkey(NULL, key->key, NULL);
	done = context && set_up(context, scheme) &&
	       EVP_PKEY_sign(context, signature, &length, question->digest, question->digest_length) == 1;
	EVP_PKEY_CTX_free(context);
	ERR_clear_error();
	if (!done)
		return LATER;
	return buffer_add(ret_signature, (struct slice){ (const char *)signature, length });
}
