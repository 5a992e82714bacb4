/* SPDX-License-Identifier: Apache-2.0 */
/* One library a process, one context of OpenSSL a certificate, one for all clients; what is strict is a line each. */
#include "base/tls_inside.h"

#include "base/pool.h"

#include <openssl/async.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <string.h>

enum { JOBS_MOST = 1024, LEAST_RSA_BITS = 2048, CHAIN_CERTIFICATES = 10 };

/* Servers sign and never decrypt, so the key agreement is by curves alone; clients take what is left of TLS 1.2 that
 * is not broken, for plain text would be the alternative. */
static const char server_ciphers[] = "ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE+AES:!aNULL";
static const char client_ciphers[] = "ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE+AES:DHE+AESGCM:DHE+CHACHA20:AESGCM:AES:!aNULL:!PSK:!SRP";

/* ---- the library ---- */

static enum result load_providers(struct tls_library *library)
{
	library->context = OSSL_LIB_CTX_new();
	if (library->context == NULL ||
	    OSSL_PROVIDER_add_builtin(library->context, TLS_PROVIDER, tls_provider_init) != 1)
		return LATER;
	library->standard = OSSL_PROVIDER_load(library->context, "default");
	library->ours = OSSL_PROVIDER_load(library->context, TLS_PROVIDER);
	library->bytes = tls_bytes_method();
	/* Ours is meant only where it is named. */
	if (library->standard == NULL || library->ours == NULL || library->bytes == NULL ||
	    EVP_set_default_properties(library->context, "?provider=default") != 1)
		return LATER;
	return OK;
}

/* Numbers are drawn once, so that whatever the generator opens for its seed is opened before the jail. */
static enum result warm_up(struct tls_library *library)
{
	unsigned char some[32];

	return RAND_bytes_ex(library->context, some, sizeof(some), 0) == 1 &&
	       RAND_priv_bytes_ex(library->context, some, sizeof(some), 0) == 1 ? OK : LATER;
}

enum result tls_library_open(struct tls_library **ret_library)
{
	const uint64_t how = OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_LOAD_SSL_STRINGS | OPENSSL_INIT_LOAD_CRYPTO_STRINGS;
	struct tls_library *library = pool_resize(NULL, sizeof(*library));
	enum result result = LATER;

	if (library == NULL)
		return LATER;
	*library = (struct tls_library){ 0 };
	if (OPENSSL_init_ssl(how, NULL) == 1 && ASYNC_init_thread(JOBS_MOST, 0) == 1)
		result = load_providers(library);
	if (result == OK)
		result = warm_up(library);
	if (result != OK) {
		tls_library_close(library);
		return result;
	}
	*ret_library = library;
	return OK;
}

void tls_library_close(struct tls_library *library)
{
	if (library == NULL)
		return;
	BIO_meth_free(library->bytes);
	if (library->ours)
		(void)OSSL_PROVIDER_unload(library->ours);
	if (library->standard)
		(void)OSSL_PROVIDER_unload(library->standard);
	OSSL_LIB_CTX_free(library->context);
	ASYNC_cleanup_thread();
	(void)!pool_resize(library, 0);
}

/* ---- servers ---- */

static const struct tls_identity *identity_for(const struct tls_server *server, const char *name)
{
	for (size_t i = 0; i < server->count; i++)
		if (slice_same_nocase(server->identities[i].name, slice_of(name)))
			return &server->identities[i];
	for (size_t i = 0; i < server->count; i++)
		if (X509_check_host(SSL_CTX_get0_certificate(server->identities[i].context), name, 0, 0, NULL) == 1)
			return &server->identities[i];
	return NULL;
}

/* A name that we have no certificate for gets the first one: mail is not refused for that (RFC 6066 3). */
static int choose(SSL *ssl, int *alert, void *unused)
{
	const struct tls *tls = SSL_get_app_data(ssl);
	const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
	const struct tls_identity *identity = name ? identity_for(tls->server, name) : NULL;

	(void)alert;
	(void)unused;
	if (identity)
		(void)SSL_set_SSL_CTX(ssl, identity->context);
	return SSL_TLSEXT_ERR_OK;
}

/* Ours among those that a client names, each behind its length; NULL: none. */
static const unsigned char *find_protocol(const char *ours, const unsigned char *theirs, unsigned length)
{
	size_t wanted = strlen(ours);

	for (unsigned at = 0; at < length && theirs[at] < length - at; at += theirs[at] + 1u)
		if (theirs[at] == wanted && memcmp(&theirs[at + 1], ours, wanted) == 0)
			return &theirs[at];
	return NULL;
}

/* Who was led here to speak with another of our servers is not answered (ALPACA, USENIX Security 2021). */
static int agree(SSL *ssl, const unsigned char **ret_name, unsigned char *ret_length, const unsigned char *theirs, unsigned length,
                 void *unused)
{
	const struct tls *tls = SSL_get_app_data(ssl);

	(void)unused;
	if (tls->server->protocols == NULL)
		return SSL_TLSEXT_ERR_NOACK;
	for (const char *const *ours = tls->server->protocols; *ours; ours++) {
		const unsigned char *found = find_protocol(*ours, theirs, length);

		if (found == NULL)
			continue;
		*ret_name = found + 1;
		*ret_length = *found;
		return SSL_TLSEXT_ERR_OK;
	}
	return SSL_TLSEXT_ERR_ALERT_FATAL;
}

static bool is_strict(SSL_CTX *context, const char *ciphers)
{
	char groups[] = "X25519:P-256:P-384";          /* what takes it casts away its const */

	(void)SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET |
	                                   SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
	(void)SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
	                                SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	(void)SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
	return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 && SSL_CTX_set_num_tickets(context, 0) == 1 &&
	       SSL_CTX_set_cipher_list(context, ciphers) == 1 && SSL_CTX_set1_groups_list(context, (char *)(uintptr_t)groups) == 1;
}

static SSL_CTX *new_server_context(struct tls_library *library)
{
	SSL_CTX *context = SSL_CTX_new_ex(library->context, "?provider=default", TLS_server_method());

	if (context == NULL)
		return NULL;
	(void)SSL_CTX_set_mode(context, SSL_MODE_ASYNC);
	SSL_CTX_set_alpn_select_cb(context, agree, NULL);
	if (is_strict(context, server_ciphers) && SSL_CTX_set_tlsext_servername_callback(context, choose) == 1)
		return context;
	SSL_CTX_free(context);
	return NULL;
}

enum result tls_server_create(struct tls_library *library, struct tls_server **ret_server)
{
	struct tls_server *server = pool_resize(NULL, sizeof(*server));

	if (server == NULL)
		return LATER;
	*server = (struct tls_server){ .library = library, .users = 1 };
	*ret_server = server;
	return OK;
}

void tls_server_speaks(struct tls_server *server, const char *const *protocols)
{
	server->protocols = protocols;
}

static X509 *next_certificate(struct tls_library *library, BIO *from)
{
	X509 *certificate = X509_new_ex(library->context, "?provider=default");

	if (certificate && PEM_read_bio_X509(from, &certificate, NULL, NULL))
		return certificate;
	X509_free(certificate);
	return NULL;
}

static const char *add_chain(struct tls_library *library, SSL_CTX *context, BIO *from)
{
	X509 *certificate;

	for (int count = 0; (certificate = next_certificate(library, from)) != NULL; count++) {
		if (count < CHAIN_CERTIFICATES && SSL_CTX_add0_chain_cert(context, certificate) == 1)
			continue;
		X509_free(certificate);
		return "its chain is too long";
	}
	ERR_clear_error();
	return NULL;
}

static const char *use_key(struct tls_library *library, SSL_CTX *context, EVP_PKEY *public, uint8_t ret_key[TLS_KEY_ID])
{
	EVP_PKEY *key = NULL;
	const char *why = NULL;

	if (public == NULL || (!EVP_PKEY_is_a(public, "RSA") && !EVP_PKEY_is_a(public, "EC")))
		return "its key is neither RSA nor EC";
	if (EVP_PKEY_is_a(public, "RSA") && EVP_PKEY_get_bits(public) < LEAST_RSA_BITS)
		return "its RSA key has less than 2048 bits";
	if (tls_reference(library, public, &key) != OK || tls_key_id(public, ret_key) != OK ||
	    SSL_CTX_use_PrivateKey(context, key) != 1)
		why = tls_last_words();
	EVP_PKEY_free(key);
	return why;
}

static const char *fill_identity(struct tls_library *library, SSL_CTX *context, struct slice chain,
                                 uint8_t ret_key[TLS_KEY_ID])
{
	BIO *from = BIO_new_mem_buf(chain.at, (int)chain.len);
	X509 *leaf = from ? next_certificate(library, from) : NULL;
	const char *why = NULL;

	if (leaf == NULL)
		why = "it has no certificate (PEM is meant)";
	else if (SSL_CTX_use_certificate(context, leaf) != 1)
		why = tls_last_words();
	if (why == NULL)
		why = use_key(library, context, X509_get0_pubkey(leaf), ret_key);
	if (why == NULL)
		why = add_chain(library, context, from);
	X509_free(leaf);
	(void)BIO_free(from);
	ERR_clear_error();
	return why;
}

static enum result keep_identity(struct tls_server *server, SSL_CTX *context, struct slice name)
{
	struct tls_identity *more = pool_resize(server->identities, (server->count + 1) * sizeof(*more));
	char *text;

	if (more == NULL)
		return LATER;
	server->identities = more;
	text = pool_resize(NULL, name.len + 1);
	if (text == NULL)
		return LATER;
	memcpy(text, name.at, name.len);
	more[server->count++] = (struct tls_identity){ context, { text, name.len } };
	return OK;
}

enum result tls_server_add(struct tls_server *server, struct slice name, struct slice chain,
                           uint8_t ret_key[TLS_KEY_ID], char why[TLS_WHY])
{
	SSL_CTX *context = chain.len <= TLS_CHAIN_MOST ? new_server_context(server->library) : NULL;
	const char *failed = chain.len > TLS_CHAIN_MOST ? "it is too large" : "there is too little memory";

	why[0] = '\0';
	if (context)
		failed = fill_identity(server->library, context, chain, ret_key);
	if (context && failed == NULL && keep_identity(server, context, name) == OK)
		return OK;
	SSL_CTX_free(context);
	(void)snprintf(why, TLS_WHY, "%s", failed ? failed : "there is too little memory");
	return REFUSED;
}

void tls_server_drop(struct tls_server *server)
{
	if (server == NULL || --server->users)
		return;
	for (size_t i = 0; i < server->count; i++) {
		SSL_CTX_free(server->identities[i].context);
		(void)!pool_resize((char *)(uintptr_t)server->identities[i].name.at, 0);
	}
	(void)!pool_resize(server->identities, 0);
	(void)!pool_resize(server, 0);
}

void tls_server_destroy(struct tls_server *server)
{
	tls_server_drop(server);
}

/* ---- clients ---- */

static size_t add_authorities(struct tls_library *library, X509_STORE *store, BIO *from)
{
	X509 *certificate;
	size_t count = 0;

	while ((certificate = next_certificate(library, from)) != NULL) {
		count += X509_STORE_add_cert(store, certificate) == 1;
		X509_free(certificate);
	}
	ERR_clear_error();
	return count;
}

enum result tls_trust_create(struct tls_library *library, struct slice pem, struct tls_trust **ret_trust)
{
	struct tls_trust *trust = pem.len <= TLS_TRUST_MOST ? pool_resize(NULL, sizeof(*trust)) : NULL;
	BIO *from = trust ? BIO_new_mem_buf(pem.at, (int)pem.len) : NULL;
	size_t count = 0;

	if (trust)
		trust->store = X509_STORE_new();
	if (from && trust->store)
		count = add_authorities(library, trust->store, from);
	(void)BIO_free(from);
	if (count) {
		*ret_trust = trust;
		return OK;
	}
	tls_trust_destroy(trust);
	return REFUSED;
}

void tls_trust_destroy(struct tls_trust *trust)
{
	if (trust == NULL)
		return;
	X509_STORE_free(trust->store);
	(void)!pool_resize(trust, 0);
}

enum result tls_client_create(struct tls_library *library, struct tls_client **ret_client)
{
	SSL_CTX *context = SSL_CTX_new_ex(library->context, "?provider=default", TLS_client_method());
	struct tls_client *client = pool_resize(NULL, sizeof(*client));

	if (context == NULL || client == NULL || !is_strict(context, client_ciphers) || SSL_CTX_dane_enable(context) != 1) {
		SSL_CTX_free(context);
		(void)!pool_resize(client, 0);
		return LATER;
	}
	*client = (struct tls_client){ library, context };
	*ret_client = client;
	return OK;
}

void tls_client_destroy(struct tls_client *client)
{
	if (client == NULL)
		return;
	SSL_CTX_free(client->context);
	(void)!pool_resize(client, 0);
}
