/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls_scene.h — for tests: certificates made on the spot, and bytes carried between two ends in memory.
 *
 * Knows:   how to make a key, and a certificate for one name that signs itself or is signed by another.
 * Ignores: what is tested.
 * Owns:    what scene_finish() gives back.
 * Fails:   by abort: a test without certificates makes no sense.
 */
#ifndef BASE_TLS_SCENE_H
#define BASE_TLS_SCENE_H

#include "base/tls.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

struct scene_identity {
	EVP_PKEY *key;
	X509 *certificate;
	struct slice chain, secret;               /* PEM */
	BIO *chain_memory, *secret_memory;
};

static inline void scene_must(bool good)
{
	if (!good)
		abort();
}

static inline struct slice scene_pem(BIO *memory)
{
	char *at;
	long length = BIO_get_mem_data(memory, &at);

	scene_must(length > 0);
	return (struct slice){ at, (size_t)length };
}

static inline void scene_extend(X509 *certificate, int what, const char *text)
{
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, what, text);

	scene_must(extension && X509_add_ext(certificate, extension, -1) == 1);
	X509_EXTENSION_free(extension);
}

/* `by`: NULL signs itself. `bits`: RSA; 0: EC of P-256. */
static inline struct scene_identity scene_make(const char *name, int bits, const struct scene_identity *by)
{
	struct scene_identity made = { 0 };
	char alternative[300];

	made.key = bits ? EVP_RSA_gen((unsigned)bits) : EVP_EC_gen("P-256");
	made.certificate = X509_new();
	scene_must(made.key && made.certificate);
	scene_must(X509_set_version(made.certificate, 2) == 1 &&
	           ASN1_INTEGER_set(X509_get_serialNumber(made.certificate), (long)(name[0]) * 1000 + bits + 1) == 1 &&
	           X509_gmtime_adj(X509_getm_notBefore(made.certificate), -3600) &&
	           X509_gmtime_adj(X509_getm_notAfter(made.certificate), 86400) &&
	           X509_set_pubkey(made.certificate, made.key) == 1);
	scene_must(X509_NAME_add_entry_by_txt(X509_get_subject_name(made.certificate), "CN", MBSTRING_ASC,
	                                      (const unsigned char *)name, -1, -1, 0) == 1 &&
	           X509_set_issuer_name(made.certificate, X509_get_subject_name(by ? by->certificate : made.certificate)) == 1);
	(void)snprintf(alternative, sizeof(alternative), "DNS:%s", name);
	scene_extend(made.certificate, NID_subject_alt_name, alternative);
	if (by == NULL)
		scene_extend(made.certificate, NID_basic_constraints, "critical,CA:TRUE");
	scene_must(X509_sign(made.certificate, by ? by->key : made.key, EVP_sha256()) > 0);
	made.chain_memory = BIO_new(BIO_s_mem());
	made.secret_memory = BIO_new(BIO_s_mem());
	scene_must(PEM_write_bio_X509(made.chain_memory, made.certificate) == 1 &&
	           PEM_write_bio_PrivateKey(made.secret_memory, made.key, NULL, NULL, 0, NULL, NULL) == 1);
	made.chain = scene_pem(made.chain_memory);
	made.secret = scene_pem(made.secret_memory);
	return made;
}

static inline void scene_finish(struct scene_identity *identity)
{
	EVP_PKEY_free(identity->key);
	X509_free(identity->certificate);
	(void)BIO_free(identity->chain_memory);
	(void)BIO_free(identity->secret_memory);
}

/* At most `most` bytes of what one end has to say go to the other. */
static inline size_t scene_carry(struct tls *from, struct tls *to, size_t most)
{
	struct slice rest = buffer_slice(&from->out), piece;

	if (most > buffer_room(&to->in))
		most = buffer_room(&to->in);
	piece = slice_take(&rest, most);
	scene_must(buffer_add(&to->in, piece) == OK);
	buffer_eat(&from->out, piece.len);
	return piece.len;
}

#endif
