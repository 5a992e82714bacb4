/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OpenSSL reads and writes by a BIO of ours over two buffers. A server's handshake runs in a job (OpenSSL's ASYNC), so
 * that a signature can be waited for without standing still; afterwards no jobs are used.
 */
#include "base/tls_inside.h"

#include <arpa/inet.h>
#include <openssl/async.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <string.h>

enum { OUT_IS_FULL = 16384, RECORD = 4096, UPDATES_MOST = 64, NAME_MOST = 255 };

/* ---- the BIO ---- */

static int bio_read(BIO *bio, char *to, int most)
{
	struct tls *tls = BIO_get_data(bio);
	struct slice rest = buffer_slice(&tls->in), piece;

	BIO_clear_retry_flags(bio);
	if (most <= 0)
		return 0;
	piece = slice_take(&rest, (size_t)most);
	if (piece.len == 0) {
		BIO_set_retry_read(bio);
		return -1;
	}
	memcpy(to, piece.at, piece.len);
	buffer_eat(&tls->in, piece.len);
	if (tls->phase == TLS_SHAKING)
		tls->came += piece.len;
	return (int)piece.len;
}

static int bio_write(BIO *bio, const char *from, int length)
{
	struct tls *tls = BIO_get_data(bio);
	size_t room = buffer_room(&tls->out), most = (size_t)(length > 0 ? length : 0);

	BIO_clear_retry_flags(bio);
	if (most > room)
		most = room;
	if (most == 0 || buffer_add(&tls->out, (struct slice){ from, most }) != OK) {
		BIO_set_retry_write(bio);
		return -1;
	}
	return (int)most;
}

static long bio_control(BIO *bio, int what, long number, void *pointer)
{
	(void)bio;
	(void)number;
	(void)pointer;
	return what == BIO_CTRL_FLUSH;
}

BIO_METHOD *tls_bytes_method(void)
{
	BIO_METHOD *method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "buffers");

	if (method && BIO_meth_set_read(method, bio_read) == 1 && BIO_meth_set_write(method, bio_write) == 1 &&
	    BIO_meth_set_ctrl(method, bio_control) == 1)
		return method;
	BIO_meth_free(method);
	return NULL;
}

/* ---- failures ---- */

const char *tls_last_words(void)
{
	unsigned long error = ERR_peek_last_error();
	const char *words = error ? ERR_reason_error_string(error) : NULL;

	ERR_clear_error();
	return words ? words : "a failure without a name";
}

static enum result fail(struct tls *tls, const char *why)
{
	long verified = tls->ssl ? SSL_get_verify_result(tls->ssl) : X509_V_OK;

	tls->phase = TLS_FAILED;
	if (why == NULL && verified != X509_V_OK && SSL_get_verify_mode(tls->ssl) & SSL_VERIFY_PEER)
		why = X509_verify_cert_error_string(verified);
	tls->why = why ? why : tls_last_words();
	ERR_clear_error();
	return REFUSED;
}

const char *tls_why(const struct tls *tls)
{
	return tls->why ? tls->why : "";
}

/* ---- signatures ---- */

enum result tls_ask(struct tls *tls, const struct tls_question *question)
{
	if (tls->signer == NULL)
		return REFUSED;
	tls->answer = AGAIN;
	buffer_clear(&tls->signature);
	TRY(tls->signer->ask(tls->signer->owner, tls, question));
	tls->asked = true;
	while (tls->answer == AGAIN)
		if (ASYNC_pause_job() != 1)
			return BROKEN;
	tls->asked = false;
	return tls->answer;
}

void tls_signed(struct tls *tls, enum result end, struct slice signature)
{
	if (!tls->asked || tls->answer != AGAIN)
		return;
	if (end == OK && buffer_add(&tls->signature, signature) != OK)
		end = LATER;
	tls->answer = end == OK || end == REFUSED ? end : LATER;
}

/* ---- from hello to goodbye ---- */

/* Each change of keys costs us more than the peer; nobody needs many. */
static void look_at_message(int sent, int version, int kind, const void *bytes, size_t length, SSL *ssl, void *tls_)
{
	struct tls *tls = tls_;

	(void)version;
	(void)ssl;
	if (!sent && kind == SSL3_RT_HANDSHAKE && length && *(const unsigned char *)bytes == SSL3_MT_KEY_UPDATE)
		tls->updates++;
}

static int nothing_to_call(SSL *ssl, void *unused)
{
	(void)ssl;
	(void)unused;
	return 1;
}

static enum result begin(struct tls *tls, struct tls_library *library, SSL_CTX *context)
{
	BIO *bio;

	buffer_init(&tls->in, TLS_INPUT);
	buffer_init(&tls->out, TLS_OUTPUT);
	buffer_init(&tls->signature, TLS_SIGNATURE_MOST);
	tls->phase = TLS_SHAKING;
	tls->ssl = SSL_new(context);
	bio = tls->ssl ? BIO_new(library->bytes) : NULL;
	if (bio == NULL)
		return LATER;
	BIO_set_data(bio, tls);
	BIO_set_init(bio, 1);
	SSL_set_bio(tls->ssl, bio, bio);
	SSL_set_msg_callback(tls->ssl, look_at_message);
	SSL_set_msg_callback_arg(tls->ssl, tls);
	return SSL_set_app_data(tls->ssl, tls) == 1 ? OK : LATER;
}

enum result tls_accept(struct tls *tls, struct tls_server *server, const struct tls_signer *signer)
{
	enum result result;

	*tls = (struct tls){ 0 };
	if (server->count == 0)
		return REFUSED;
	result = begin(tls, server->library, server->identities[0].context);
	/* The call-back is what brings the connection to the provider: it is never called. */
	if (result == OK && SSL_set_async_callback(tls->ssl, nothing_to_call) != 1)
		result = LATER;
	if (result != OK) {
		tls_finish(tls);
		return result;
	}
	tls->server = server;
	server->users++;
	tls->signer = signer;
	SSL_set_accept_state(tls->ssl);
	return OK;
}

static bool is_address(const char *name)
{
	struct in6_addr address;

	return inet_pton(AF_INET, name, &address) == 1 || inet_pton(AF_INET6, name, &address) == 1;
}

static bool is_ascii(struct slice name)
{
	for (size_t i = 0; i < name.len; i++)
		if ((unsigned char)name.at[i] > 127)
			return false;
	return true;
}

static bool expect_name(struct tls *tls, const char *name)
{
	X509_VERIFY_PARAM *param = SSL_get0_param(tls->ssl);

	X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	if (is_address(name))
		return X509_VERIFY_PARAM_set1_ip_asc(param, name) == 1;
	return X509_VERIFY_PARAM_set1_host(param, name, 0) == 1;
}

static bool trust(struct tls *tls, const struct tls_peer *peer, const char *name)
{
	if (peer->trust == NULL)
		return true;
	SSL_set_verify(tls->ssl, SSL_VERIFY_PEER, NULL);
	return expect_name(tls, name) && SSL_set1_verify_cert_store(tls->ssl, peer->trust->store) == 1;
}

static bool also_expect(struct tls *tls, struct slice also)
{
	char name[NAME_MOST + 1];

	if (also.len == 0 || also.len > NAME_MOST || slice_has(also, '\0'))
		return true;
	memcpy(name, also.at, also.len);
	name[also.len] = '\0';
	return is_address(name) || SSL_add1_host(tls->ssl, name) == 1;
}

/* Below 0 is our own trouble: a record that could not be added for want of memory is none that cannot be used. */
static enum result use_record(struct tls *tls, const struct tls_tlsa *row, size_t *usable)
{
	int added = 0;

	if (row->usage == 2 || row->usage == 3)
		added = SSL_dane_tlsa_add(tls->ssl, row->usage, row->selector, row->matching,
		                          (const unsigned char *)row->data.at, row->data.len);
	if (added < 0)
		return LATER;
	*usable += added > 0;
	return OK;
}

/* RFC 7672 3.1: usages 0 and 1 are not for mail; 3.1.1: with usage 3 names do not matter. */
static enum result use_records(struct tls *tls, const struct tls_peer *peer, const char *name)
{
	size_t usable = 0;

	if (peer->tlsa_count == 0)
		return OK;
	if (SSL_dane_enable(tls->ssl, name) <= 0 || !also_expect(tls, peer->also))
		return LATER;
	(void)SSL_dane_set_flags(tls->ssl, DANE_FLAG_NO_DANE_EE_NAMECHECKS);
	SSL_set_verify(tls->ssl, SSL_VERIFY_PEER, NULL);
	for (size_t i = 0; i < peer->tlsa_count; i++)
		TRY(use_record(tls, &peer->tlsa[i], &usable));
	ERR_clear_error();
	return usable ? OK : REFUSED;
}

static enum result prepare_client(struct tls *tls, const struct tls_peer *peer)
{
	char name[NAME_MOST + 1];

	if (peer->name.len == 0 || peer->name.len > NAME_MOST || slice_has(peer->name, '\0'))
		return REFUSED;
	memcpy(name, peer->name.at, peer->name.len);
	name[peer->name.len] = '\0';
	if (!is_address(name) && is_ascii(peer->name) && SSL_set_tlsext_host_name(tls->ssl, name) != 1)
		return LATER;
	/* Who takes anybody takes small keys too: the alternative is plain text. */
	SSL_set_security_level(tls->ssl, peer->trust || peer->tlsa_count ? 2 : 1);
	if (!trust(tls, peer, name))
		return LATER;
	return use_records(tls, peer, name);
}

enum result tls_connect(struct tls *tls, struct tls_client *client, const struct tls_peer *peer)
{
	enum result result;

	*tls = (struct tls){ 0 };
	result = begin(tls, client->library, client->context);
	if (result == OK)
		result = prepare_client(tls, peer);
	ERR_clear_error();
	if (result != OK) {
		tls_finish(tls);
		return result;
	}
	SSL_set_connect_state(tls->ssl);
	return OK;
}

/* A job that waits for a signature must run to its end, or its stack would be lost: it gets none. */
static void end_job(struct tls *tls)
{
	if (!tls->asked)
		return;
	if (tls->signer->forget)
		tls->signer->forget(tls->signer->owner, tls);
	tls->answer = LATER;
	(void)SSL_do_handshake(tls->ssl);
}

void tls_finish(struct tls *tls)
{
	end_job(tls);
	SSL_free(tls->ssl);
	ERR_clear_error();
	tls_server_drop(tls->server);
	buffer_finish(&tls->in);
	buffer_finish(&tls->out);
	buffer_finish(&tls->signature);
	*tls = (struct tls){ 0 };
}

static void relax(struct tls *tls)
{
	buffer_relax(&tls->in);
	buffer_relax(&tls->out);
	buffer_finish(&tls->signature);
}

enum result tls_go_on(struct tls *tls)
{
	int end;

	if (tls->phase != TLS_SHAKING)
		return tls->phase == TLS_TALKING ? OK : REFUSED;
	if (tls->asked && tls->answer == AGAIN)
		return AGAIN;
	ERR_clear_error();
	end = SSL_do_handshake(tls->ssl);
	if (end == 1) {
		tls->phase = TLS_TALKING;
		(void)SSL_clear_mode(tls->ssl, SSL_MODE_ASYNC);
		relax(tls);
		return OK;
	}
	end = SSL_get_error(tls->ssl, end);
	if (tls->came > TLS_HANDSHAKE_MOST)
		return fail(tls, "too many bytes of a handshake");
	if (end == SSL_ERROR_WANT_READ || end == SSL_ERROR_WANT_WRITE || end == SSL_ERROR_WANT_ASYNC)
		return AGAIN;
	return fail(tls, end == SSL_ERROR_WANT_ASYNC_JOB ? "too many handshakes" : NULL);
}

static enum result read_on(struct tls *tls, struct buffer *plain)
{
	size_t most = buffer_room(plain), got = 0;
	char *room;
	int end;

	TRY(buffer_reserve(plain, most, &room));
	end = SSL_read_ex(tls->ssl, room, most, &got);
	if (end == 1) {
		buffer_grew(plain, got);
		return tls->updates > UPDATES_MOST ? fail(tls, "too many changes of keys") : OK;
	}
	end = SSL_get_error(tls->ssl, end);
	if (end == SSL_ERROR_WANT_READ || end == SSL_ERROR_WANT_WRITE)
		return tls->updates > UPDATES_MOST ? fail(tls, "too many changes of keys") : AGAIN;
	if (end != SSL_ERROR_ZERO_RETURN)
		return fail(tls, NULL);
	tls->phase = TLS_CLOSED;
	return REFUSED;
}

enum result tls_take(struct tls *tls, struct buffer *plain)
{
	enum result end = AGAIN;
	bool some = false;

	if (tls->phase != TLS_TALKING)
		return REFUSED;
	ERR_clear_error();
	while (buffer_room(plain) && (end = read_on(tls, plain)) == OK)
		some = true;
	buffer_relax(&tls->in);
	return some ? OK : end;
}

enum result tls_say(struct tls *tls, struct slice text, size_t *ret_taken)
{
	size_t wrote = 0;
	int end;

	*ret_taken = 0;
	if (tls->phase != TLS_TALKING)
		return REFUSED;
	if (text.len == 0 || buffer_length(&tls->out) >= OUT_IS_FULL)
		return OK;
	ERR_clear_error();
	end = SSL_write_ex(tls->ssl, text.at, text.len < RECORD ? text.len : RECORD, &wrote);
	if (end != 1) {
		end = SSL_get_error(tls->ssl, end);
		return end == SSL_ERROR_WANT_READ || end == SSL_ERROR_WANT_WRITE ? OK : fail(tls, NULL);
	}
	*ret_taken = wrote;
	return OK;
}

enum result tls_put(struct tls *tls, struct buffer *plain)
{
	if (tls->phase != TLS_TALKING)
		return REFUSED;
	while (buffer_length(plain)) {
		size_t taken;

		TRY(tls_say(tls, buffer_slice(plain), &taken));
		if (taken == 0)
			break;
		buffer_eat(plain, taken);
	}
	return buffer_length(plain) ? AGAIN : OK;
}

void tls_goodbye(struct tls *tls)
{
	if (tls->phase != TLS_TALKING && tls->phase != TLS_CLOSED)
		return;
	ERR_clear_error();
	(void)SSL_shutdown(tls->ssl);
	ERR_clear_error();
}

bool tls_waits(const struct tls *tls)
{
	return buffer_length(&tls->in) || (tls->ssl && SSL_has_pending(tls->ssl));
}

const char *tls_version(const struct tls *tls)
{
	return tls->ssl ? SSL_get_version(tls->ssl) : "";
}

const char *tls_cipher(const struct tls *tls)
{
	const char *name = tls->ssl ? SSL_get_cipher_name(tls->ssl) : NULL;

	return name ? name : "";
}

const char *tls_name_asked(const struct tls *tls)
{
	const char *name = tls->ssl ? SSL_get_servername(tls->ssl, TLSEXT_NAMETYPE_host_name) : NULL;

	return name ? name : "";
}
