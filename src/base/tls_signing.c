/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A provider with two kinds of keys. Each is a reference: it holds the public key in the standard provider's form,
 * which answers every question but one. To sign, it hashes and asks the connection's signer, and the job that OpenSSL
 * runs the handshake in is paused until the answer is there.
 */
#include "base/tls_inside.h"

#include "base/pool.h"

#include <openssl/async.h>
#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <string.h>

/* The context of OpenSSL that the provider was loaded into: its own calls go there too. */
struct provider { OSSL_LIB_CTX *context; };

struct reference {
	struct provider *provider;
	EVP_PKEY *public;
	const char *type;
	uint8_t id[TLS_KEY_ID];
};

struct signing {
	struct provider *provider;
	const struct reference *key;
	EVP_MD *hash;
	bool pss;
};

/* ---- keys ---- */

static void *new_of_type(void *context, const char *type)
{
	struct reference *key = pool_resize(NULL, sizeof(*key));

	if (key)
		*key = (struct reference){ .provider = context, .type = type };
	return key;
}

static void *new_rsa(void *context)
{
	return new_of_type(context, "RSA");
}

static void *new_ec(void *context)
{
	return new_of_type(context, "EC");
}

static void free_key(void *keydata)
{
	struct reference *key = keydata;

	if (key == NULL)
		return;
	EVP_PKEY_free(key->public);
	(void)!pool_resize(key, 0);
}

/* The private half is elsewhere, and may be used. */
static int has(const void *keydata, int selection)
{
	const struct reference *key = keydata;

	(void)selection;
	return key->public != NULL;
}

static int match(const void *one, const void *other, int selection)
{
	const struct reference *a = one, *b = other;

	(void)selection;
	return EVP_PKEY_eq(a->public, b->public) == 1;
}

static int import(void *keydata, int selection, const OSSL_PARAM params[])
{
	struct reference *key = keydata;
	EVP_PKEY_CTX *from = EVP_PKEY_CTX_new_from_name(key->provider->context, key->type, "provider=default");
	int done = from && EVP_PKEY_fromdata_init(from) == 1 &&
	           EVP_PKEY_fromdata(from, &key->public, EVP_PKEY_PUBLIC_KEY, (OSSL_PARAM *)(uintptr_t)params) == 1 &&
	           tls_key_id(key->public, key->id) == OK;

	(void)selection;
	EVP_PKEY_CTX_free(from);
	return done;
}

static const OSSL_PARAM *import_types(int selection)
{
	static const OSSL_PARAM types[] = {
		OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_N, NULL, 0),
		OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_E, NULL, 0),
		OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, NULL, 0),
		OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY, NULL, 0),
		OSSL_PARAM_END,
	};

	(void)selection;
	return types;
}

static int get_params(void *keydata, OSSL_PARAM params[])
{
	const struct reference *key = keydata;

	return EVP_PKEY_get_params(key->public, params);
}

static const OSSL_PARAM *gettable_params(void *context)
{
	static const OSSL_PARAM names[] = {
		OSSL_PARAM_int(OSSL_PKEY_PARAM_BITS, NULL),
		OSSL_PARAM_int(OSSL_PKEY_PARAM_SECURITY_BITS, NULL),
		OSSL_PARAM_int(OSSL_PKEY_PARAM_MAX_SIZE, NULL),
		OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, NULL, 0),
		OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_DEFAULT_DIGEST, NULL, 0),
		OSSL_PARAM_END,
	};

	(void)context;
	return names;
}

static const char *operation_rsa(int operation)
{
	return operation == OSSL_OP_SIGNATURE ? "RSA" : NULL;
}

static const char *operation_ec(int operation)
{
	return operation == OSSL_OP_SIGNATURE ? "ECDSA" : NULL;
}

/* ---- signatures ---- */

static void *new_signing(void *context, const char *properties)
{
	struct signing *signing = pool_resize(NULL, sizeof(*signing));

	(void)properties;
	if (signing)
		*signing = (struct signing){ .provider = context };
	return signing;
}

static void free_signing(void *context)
{
	struct signing *signing = context;

	if (signing == NULL)
		return;
	EVP_MD_free(signing->hash);
	(void)!pool_resize(signing, 0);
}

static int set_params(void *context, const OSSL_PARAM params[])
{
	struct signing *signing = context;
	const OSSL_PARAM *padding = OSSL_PARAM_locate_const(params, OSSL_SIGNATURE_PARAM_PAD_MODE);
	int mode = 0;

	if (padding == NULL)
		return 1;
	if (padding->data_type == OSSL_PARAM_UTF8_STRING)
		signing->pss = strcmp(padding->data, OSSL_PKEY_RSA_PAD_MODE_PSS) == 0;
	else if (OSSL_PARAM_get_int(padding, &mode) == 1)
		signing->pss = mode == RSA_PKCS1_PSS_PADDING;
	else
		return 0;
	return 1;
}

static const OSSL_PARAM *settable_params(void *context, void *provider)
{
	static const OSSL_PARAM names[] = {
		OSSL_PARAM_int(OSSL_SIGNATURE_PARAM_PAD_MODE, NULL),
		OSSL_PARAM_int(OSSL_SIGNATURE_PARAM_PSS_SALTLEN, NULL),
		OSSL_PARAM_END,
	};

	(void)context;
	(void)provider;
	return names;
}

static int sign_init(void *context, const char *hash, void *keydata, const OSSL_PARAM params[])
{
	struct signing *signing = context;

	if (keydata)
		signing->key = keydata;
	if (hash == NULL || signing->key == NULL)
		return 0;
	EVP_MD_free(signing->hash);
	signing->hash = EVP_MD_fetch(signing->provider->context, hash, "provider=default");
	if (signing->hash == NULL)
		return 0;
	return params ? set_params(context, params) : 1;
}

static const struct tls_scheme_row *scheme_of(const struct signing *signing)
{
	for (size_t i = 0; i < tls_scheme_count; i++) {
		const struct tls_scheme_row *row = &tls_schemes[i];

		if (strcmp(row->type, signing->key->type) == 0 && row->pss == signing->pss &&
		    EVP_MD_is_a(signing->hash, row->hash))
			return row;
	}
	return NULL;
}

static struct tls *connection(void)
{
	ASYNC_JOB *job = ASYNC_get_current_job();
	ASYNC_callback_fn call = NULL;
	void *ssl = NULL;

	if (job == NULL || ASYNC_WAIT_CTX_get_callback(ASYNC_get_wait_ctx(job), &call, &ssl) != 1 || ssl == NULL)
		return NULL;
	return SSL_get_app_data((SSL *)ssl);
}

static bool hash(const struct signing *signing, const unsigned char *text, size_t length, struct tls_question *question)
{
	unsigned size = 0;
	bool done = (size_t)EVP_MD_get_size(signing->hash) <= sizeof(question->digest) &&
	            EVP_Digest(text, length, question->digest, &size, signing->hash, NULL) == 1;

	question->digest_length = size;
	return done;
}

static int sign(void *context, unsigned char *signature, size_t *length, size_t room, const unsigned char *text,
                size_t text_length)
{
	const struct signing *signing = context;
	const struct tls_scheme_row *scheme = scheme_of(signing);
	struct tls_question question = { 0 };
	struct tls *tls;

	if (scheme == NULL)
		return 0;
	if (signature == NULL) {
		*length = (size_t)EVP_PKEY_get_size(signing->key->public);
		return 1;
	}
	tls = connection();
	question.scheme = scheme->scheme;
	memcpy(question.key, signing->key->id, sizeof(question.key));
	if (tls == NULL || !hash(signing, text, text_length, &question) || tls_ask(tls, &question) != OK)
		return 0;
	*length = buffer_length(&tls->signature);
	if (*length == 0 || *length > room)
		return 0;
	memcpy(signature, buffer_slice(&tls->signature).at, *length);
	return 1;
}

/* ---- the tables that OpenSSL reads ---- */

#define CALL(number, function) { number, (void (*)(void))(function) }
#define KEYS_CALLS(room)                                                                             \
	{ CALL(OSSL_FUNC_KEYMGMT_NEW, new_##room), CALL(OSSL_FUNC_KEYMGMT_FREE, free_key),           \
	  CALL(OSSL_FUNC_KEYMGMT_HAS, has), CALL(OSSL_FUNC_KEYMGMT_MATCH, match),                    \
	  CALL(OSSL_FUNC_KEYMGMT_IMPORT, import), CALL(OSSL_FUNC_KEYMGMT_IMPORT_TYPES, import_types), \
	  CALL(OSSL_FUNC_KEYMGMT_GET_PARAMS, get_params),                                            \
	  CALL(OSSL_FUNC_KEYMGMT_GETTABLE_PARAMS, gettable_params),                                  \
	  CALL(OSSL_FUNC_KEYMGMT_QUERY_OPERATION_NAME, operation_##room), { 0, NULL } }

static const OSSL_DISPATCH rsa_keys[] = KEYS_CALLS(rsa);
static const OSSL_DISPATCH ec_keys[] = KEYS_CALLS(ec);
static const OSSL_DISPATCH signatures[] = {
	CALL(OSSL_FUNC_SIGNATURE_NEWCTX, new_signing), CALL(OSSL_FUNC_SIGNATURE_FREECTX, free_signing),
	CALL(OSSL_FUNC_SIGNATURE_DIGEST_SIGN_INIT, sign_init), CALL(OSSL_FUNC_SIGNATURE_DIGEST_SIGN, sign),
	CALL(OSSL_FUNC_SIGNATURE_SET_CTX_PARAMS, set_params),
	CALL(OSSL_FUNC_SIGNATURE_SETTABLE_CTX_PARAMS, settable_params), { 0, NULL },
};
static const OSSL_ALGORITHM key_kinds[] = {
	{ "RSA:rsaEncryption:1.2.840.113549.1.1.1", "provider=" TLS_PROVIDER, rsa_keys, NULL },
	{ "EC:id-ecPublicKey:1.2.840.10045.2.1", "provider=" TLS_PROVIDER, ec_keys, NULL },
	{ NULL, NULL, NULL, NULL },
};
static const OSSL_ALGORITHM signature_kinds[] = {
	{ "RSA:rsaEncryption:1.2.840.113549.1.1.1", "provider=" TLS_PROVIDER, signatures, NULL },
	{ "ECDSA", "provider=" TLS_PROVIDER, signatures, NULL },
	{ NULL, NULL, NULL, NULL },
};

static const OSSL_ALGORITHM *query(void *context, int operation, int *ret_no_cache)
{
	(void)context;
	*ret_no_cache = 0;
	return operation == OSSL_OP_KEYMGMT ? key_kinds : operation == OSSL_OP_SIGNATURE ? signature_kinds : NULL;
}

static void teardown(void *context)
{
	(void)!pool_resize(context, 0);
}

static const OSSL_DISPATCH provider_calls[] = {
	CALL(OSSL_FUNC_PROVIDER_QUERY_OPERATION, query), CALL(OSSL_FUNC_PROVIDER_TEARDOWN, teardown), { 0, NULL },
};

int tls_provider_init(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *in, const OSSL_DISPATCH **out,
                      void **ret_context)
{
	struct provider *provider = pool_resize(NULL, sizeof(*provider));

	if (provider == NULL)
		return 0;
	provider->context = NULL;
	for (; in->function_id; in++)
		if (in->function_id == OSSL_FUNC_CORE_GET_LIBCTX)
			provider->context = (OSSL_LIB_CTX *)OSSL_FUNC_core_get_libctx(in)(handle);
	*ret_context = provider;
	*out = provider_calls;
	return 1;
}

enum result tls_reference(struct tls_library *library, EVP_PKEY *public, EVP_PKEY **ret_key)
{
	const char *type = EVP_PKEY_is_a(public, "RSA") ? "RSA" : EVP_PKEY_is_a(public, "EC") ? "EC" : NULL;
	EVP_PKEY_CTX *to;
	OSSL_PARAM *params = NULL;
	int done;

	if (type == NULL)
		return REFUSED;
	to = EVP_PKEY_CTX_new_from_name(library->context, type, "provider=" TLS_PROVIDER);
	done = to && EVP_PKEY_todata(public, EVP_PKEY_PUBLIC_KEY, &params) == 1 && EVP_PKEY_fromdata_init(to) == 1 &&
	       EVP_PKEY_fromdata(to, ret_key, EVP_PKEY_PUBLIC_KEY, params) == 1;
	OSSL_PARAM_free(params);
	EVP_PKEY_CTX_free(to);
	return done ? OK : LATER;
}
