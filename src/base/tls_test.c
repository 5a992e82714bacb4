/* SPDX-License-Identifier: Apache-2.0 */
/* Both ends in memory: what may be agreed on, who is believed, what becomes of those who break off or lie. */
#include "base/tls_scene.h"

#include "base/test.h"
#include "base/tls_inside.h"
#include "base/tls_key.h"

static struct scene_identity authority, first, second, stranger;
static struct tls_key *keys[2];
static struct tls_library *library;

/* ---- a signer that does as it is told ---- */

enum manner { AT_ONCE, WRONGLY, NOT_AT_ALL, NEVER, REFUSING };

struct pen { enum manner manner; struct tls *waiting; struct tls_question question; unsigned asked, forgotten; };

static enum result pen_ask(void *owner, struct tls *tls, const struct tls_question *question)
{
	struct pen *pen = owner;

	pen->asked++;
	pen->waiting = tls;
	pen->question = *question;
	return pen->manner == REFUSING ? LATER : OK;
}

static void pen_forget(void *owner, struct tls *tls)
{
	struct pen *pen = owner;

	pen->forgotten++;
	if (pen->waiting == tls)
		pen->waiting = NULL;
}

static void pen_write(struct pen *pen)
{
	struct tls *tls = pen->waiting;
	enum result end = REFUSED;
	struct buffer signature;

	if (tls == NULL || pen->manner == NEVER)
		return;
	pen->waiting = NULL;
	buffer_init(&signature, TLS_SIGNATURE_MOST);
	for (size_t i = 0; pen->manner != NOT_AT_ALL && end != OK && i < COUNT_OF(keys); i++)
		if (memcmp(tls_key_name(keys[i]), pen->question.key, TLS_KEY_ID) == 0)
			end = tls_key_sign(keys[i], &pen->question, &signature);
	if (end == OK && pen->manner == WRONGLY)
		signature.bytes[signature.end - 1] ^= 1;
	tls_signed(tls, end, buffer_slice(&signature));
	buffer_finish(&signature);
}

/* ---- two ends ---- */

struct pair {
	struct pen pen;
	struct tls_signer signer;
	struct tls_server *contexts;
	struct tls_client *client_contexts;
	struct tls server, client;
	enum result server_end, client_end;
};

static void add(struct tls_server *server, const char *title, const struct scene_identity *identity, const struct tls_key *key)
{
	uint8_t id[TLS_KEY_ID];
	char why[TLS_WHY];

	CHECK(tls_server_add(server, slice_of(title), identity->chain, id, why) == OK, why);
	CHECK(memcmp(id, tls_key_name(key), TLS_KEY_ID) == 0, "certificate and key have the same name");
}

static void open_pair(struct pair *pair, const struct tls_peer *peer)
{
	*pair = (struct pair){ .signer = { pen_ask, pen_forget, NULL }, .server_end = AGAIN, .client_end = AGAIN };
	pair->signer.owner = &pair->pen;
	scene_must(tls_server_create(library, &pair->contexts) == OK && tls_client_create(library, &pair->client_contexts) == OK);
	add(pair->contexts, "one", &first, keys[0]);
	add(pair->contexts, "by-title.example", &second, keys[1]);
	scene_must(tls_accept(&pair->server, pair->contexts, &pair->signer) == OK);
	scene_must(tls_connect(&pair->client, pair->client_contexts, peer) == OK);
}

static void close_pair(struct pair *pair)
{
	tls_finish(&pair->client);
	tls_finish(&pair->server);
	tls_server_destroy(pair->contexts);
	tls_client_destroy(pair->client_contexts);
}

static void shake(struct pair *pair, size_t step)
{
	for (int turn = 0; turn < 100000; turn++) {
		size_t moved = 0;

		if (pair->client_end == AGAIN)
			pair->client_end = tls_go_on(&pair->client);
		moved += scene_carry(&pair->client, &pair->server, step);
		if (pair->server_end == AGAIN)
			pair->server_end = tls_go_on(&pair->server);
		if (pair->pen.waiting)
			pen_write(&pair->pen);
		moved += scene_carry(&pair->server, &pair->client, step);
		if (moved == 0 && pair->server_end == AGAIN && pair->pen.asked && pair->server.answer != AGAIN)
			pair->server_end = tls_go_on(&pair->server);
		if (moved == 0 && buffer_length(&pair->client.out) + buffer_length(&pair->server.out) == 0 &&
		    (pair->client_end != AGAIN || pair->server_end != AGAIN || turn > 100))
			break;
	}
}

static bool says(struct tls *from, struct tls *to, const char *text)
{
	struct buffer said, heard;
	enum result end = AGAIN;
	bool same;

	buffer_init(&said, 65536);
	buffer_init(&heard, 65536);
	scene_must(buffer_add(&said, slice_of(text)) == OK);
	for (int turn = 0; turn < 100 && (buffer_length(&said) || buffer_length(&from->out)); turn++) {
		(void)!tls_put(from, &said);
		scene_carry(from, to, 100000);
		end = tls_take(to, &heard);
	}
	same = end != REFUSED && slice_same(buffer_slice(&heard), slice_of(text));
	buffer_finish(&said);
	buffer_finish(&heard);
	return same;
}

/* ---- what is agreed on ---- */

static const struct {
	const char *about, *name, *leaf;
	int least, most;                          /* versions of the client; 0: as we do */
	size_t step;                              /* bytes carried at a time */
	const char *version;                      /* NULL: nothing is agreed on */
} agreements[] = {
	{ "a client without wishes gets TLS 1.3", "one.example", "one.example", 0, 0, 65536, "TLSv1.3" },
	{ "a byte at a time", "one.example", "one.example", 0, 0, 1, "TLSv1.3" },
	{ "TLS 1.2", "one.example", "one.example", 0, TLS1_2_VERSION, 65536, "TLSv1.2" },
	{ "TLS 1.2, a byte at a time", "one.example", "one.example", 0, TLS1_2_VERSION, 1, "TLSv1.2" },
	{ "the second certificate by its own name", "two.example", "two.example", 0, 0, 65536, "TLSv1.3" },
	{ "the second certificate by its title", "by-title.example", "two.example", 0, 0, 65536, "TLSv1.3" },
	{ "the second certificate (EC), TLS 1.2", "TWO.example", "two.example", 0, TLS1_2_VERSION, 65536, "TLSv1.2" },
	{ "an unknown name gets the first", "three.example", "one.example", 0, 0, 65536, "TLSv1.3" },
	{ "an address is no name", "192.0.2.1", "one.example", 0, 0, 65536, "TLSv1.3" },
	{ "TLS 1.1 is over", "one.example", "", TLS1_1_VERSION, TLS1_1_VERSION, 65536, NULL },
	{ "TLS 1.0 is over", "one.example", "", TLS1_VERSION, TLS1_VERSION, 65536, NULL },
};

static bool shows(const struct tls *client, const char *leaf)
{
	X509 *certificate = SSL_get0_peer_certificate(client->ssl);

	return certificate && X509_check_host(certificate, leaf, 0, 0, NULL) == 1;
}

static void check_agreement(size_t i)
{
	const struct tls_peer peer = { .name = slice_of(agreements[i].name) };
	struct pair pair;

	open_pair(&pair, &peer);
	if (agreements[i].least) {
		SSL_set_security_level(pair.client.ssl, 0);
		(void)SSL_set_min_proto_version(pair.client.ssl, agreements[i].least);
	}
	if (agreements[i].most)
		(void)SSL_set_max_proto_version(pair.client.ssl, agreements[i].most);
	shake(&pair, agreements[i].step);
	if (agreements[i].version == NULL) {
		CHECK(pair.server_end == REFUSED && pair.client_end == REFUSED, agreements[i].about);
		CHECK(tls_why(&pair.server)[0] != '\0', agreements[i].about);
	} else {
		CHECK(pair.server_end == OK && pair.client_end == OK, agreements[i].about);
		CHECK(strcmp(tls_version(&pair.server), agreements[i].version) == 0, agreements[i].about);
		CHECK(shows(&pair.client, agreements[i].leaf), agreements[i].about);
		CHECK(says(&pair.client, &pair.server, "EHLO x\r\n") && says(&pair.server, &pair.client, "250 y\r\n"),
		      agreements[i].about);
		CHECK(pair.pen.asked == 1, "one signature was asked for");
	}
	close_pair(&pair);
}

/* ---- who is believed ---- */

static const struct {
	const char *about, *name;
	bool trusted, stranger;                   /* the authority that signed it; another one */
	const char *tlsa;                         /* "ee", "ta", "wrong", "pkix" */
	enum result end;
} beliefs[] = {
	{ "whoever answers, where nobody is verified", "other.example", false, false, NULL, OK },
	{ "the right name by the right authority", "one.example", true, false, NULL, OK },
	{ "a wrong name", "other.example", true, false, NULL, REFUSED },
	{ "an authority that we do not believe", "one.example", false, true, NULL, REFUSED },
	{ "an address that is not in it", "192.0.2.1", true, false, NULL, REFUSED },
	{ "DANE: the certificate itself, whatever its name", "other.example", false, false, "ee", OK },
	{ "DANE: its authority and its name", "one.example", false, false, "ta", OK },
	{ "DANE: its authority, but another name", "other.example", false, false, "ta", REFUSED },
	{ "DANE: another certificate", "one.example", false, false, "wrong", REFUSED },
};

static struct tls_tlsa record(const char *kind, unsigned char digest[32])
{
	EVP_PKEY *key = strcmp(kind, "ta") == 0 ? authority.key : strcmp(kind, "ee") == 0 ? first.key : stranger.key;

	scene_must(tls_key_id(key, digest) == OK);
	return (struct tls_tlsa){ .usage = strcmp(kind, "ta") == 0 ? 2 : 3, .selector = 1, .matching = 1,
		                  .data = { (const char *)digest, 32 } };
}

static void check_belief(size_t i)
{
	unsigned char digest[32];
	struct tls_trust *trust = NULL;
	struct tls_tlsa tlsa = beliefs[i].tlsa ? record(beliefs[i].tlsa, digest) : (struct tls_tlsa){ 0 };
	struct tls_peer peer = { .name = slice_of(beliefs[i].name), .tlsa = &tlsa, .tlsa_count = beliefs[i].tlsa != NULL };
	struct pair pair;

	if (beliefs[i].trusted || beliefs[i].stranger)
		scene_must(tls_trust_create(library, beliefs[i].stranger ? stranger.chain : authority.chain, &trust) == OK);
	peer.trust = trust;
	open_pair(&pair, &peer);
	shake(&pair, 65536);
	CHECK(pair.client_end == beliefs[i].end, beliefs[i].about);
	CHECK(pair.client_end == OK || tls_why(&pair.client)[0] != '\0', beliefs[i].about);
	close_pair(&pair);
	tls_trust_destroy(trust);
}

static void check_unusable_records(void)
{
	const struct tls_tlsa tlsa = { .usage = 1, .selector = 1, .matching = 1, .data = LIT("12345678901234567890123456789012") };
	const struct tls_peer peer = { .name = SLICE("one.example"), .tlsa = &tlsa, .tlsa_count = 1 };
	struct tls_client *contexts = NULL;
	struct tls client = { 0 };

	scene_must(tls_client_create(library, &contexts) == OK);
	CHECK(tls_connect(&client, contexts, &peer) == REFUSED, "a usage that is not for mail makes nothing secure");
	tls_finish(&client);
	tls_client_destroy(contexts);
}

/* ---- a signer that is slow, dead or lies ---- */

static const struct { const char *about; enum manner manner; enum result server, client; } pens[] = {
	{ "a signature that comes", AT_ONCE, OK, OK },
	{ "a wrong signature is noticed by the client", WRONGLY, AGAIN, REFUSED },
	{ "a signature that is denied", NOT_AT_ALL, REFUSED, REFUSED },
	{ "a question that cannot be asked", REFUSING, REFUSED, REFUSED },
	{ "a signature that never comes", NEVER, AGAIN, AGAIN },
};

static void check_pen(size_t i, int most)
{
	const struct tls_peer peer = { .name = SLICE("one.example") };
	struct pair pair;

	open_pair(&pair, &peer);
	if (most)
		(void)SSL_set_max_proto_version(pair.client.ssl, most);
	pair.pen.manner = pens[i].manner;
	shake(&pair, 65536);
	CHECK(pens[i].server == AGAIN || pair.server_end == pens[i].server, pens[i].about);
	CHECK(pair.client_end == pens[i].client, pens[i].about);
	close_pair(&pair);
	CHECK(pair.pen.forgotten == (pens[i].manner == NEVER), "who is gone waits for no signature");
}

/* ---- strangers ---- */

static const struct { const char *about; struct slice bytes; } rubbish[] = {
	{ "a command instead of a greeting", LIT("EHLO x\r\nMAIL FROM:<a@b>\r\n") },
	{ "an HTTP request", LIT("GET / HTTP/1.1\r\nHost: x\r\n\r\n") },
	{ "zeroes", { "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16 } },
	{ "a record longer than there may be", { "\x16\x03\x01\xff\xff\x01\0\0\0\0\0", 11 } },
	{ "an alert first", { "\x15\x03\x01\0\x02\x02\x28", 7 } },
	{ "data before any agreement", { "\x17\x03\x03\0\x05hello", 10 } },
	{ "an empty greeting", { "\x16\x03\x01\0\x04\x01\0\0\0", 9 } },
	{ "SSL 2", { "\x80\x1c\x01\0\x02\0\x03\0\0\0\x10\x01\0\x80" "0123456789abcdef", 30 } },
};

static void check_rubbish(size_t i)
{
	const struct tls_peer peer = { .name = SLICE("one.example") };
	struct pair pair;
	struct buffer plain;

	open_pair(&pair, &peer);
	buffer_init(&plain, 100);
	scene_must(buffer_add(&pair.server.in, rubbish[i].bytes) == OK);
	CHECK(tls_go_on(&pair.server) == REFUSED, rubbish[i].about);
	CHECK(tls_why(&pair.server)[0] != '\0', rubbish[i].about);
	CHECK(tls_take(&pair.server, &plain) == REFUSED && buffer_length(&plain) == 0, rubbish[i].about);
	CHECK(tls_go_on(&pair.server) == REFUSED, "and it stays so");
	buffer_finish(&plain);
	close_pair(&pair);
}

/* Every start of a handshake that then breaks off: no crash, no leak, no agreement. */
static void check_breaking_off(void)
{
	const struct tls_peer peer = { .name = SLICE("one.example") };

	for (size_t most = 0; most < 600; most += 7) {
		struct pair pair;
		size_t came = 0;

		open_pair(&pair, &peer);
		for (int turn = 0; turn < 10; turn++) {
			(void)!tls_go_on(&pair.client);
			came += scene_carry(&pair.client, &pair.server, most - came);
			(void)!tls_go_on(&pair.server);
			pen_write(&pair.pen);
			(void)!tls_go_on(&pair.server);
			scene_carry(&pair.server, &pair.client, 65536);
		}
		close_pair(&pair);
	}
	CHECK(true, "a handshake may break off anywhere");
}

/* A handshake record that is never whole, and one after the other of them. */
static void check_endless(void)
{
	static const unsigned char hello[] = { 0x16, 3, 1, 0x40, 0, 1, 0xff, 0xff, 0xff };
	const struct tls_peer peer = { .name = SLICE("one.example") };
	enum result end = AGAIN;
	struct pair pair;
	size_t fed = 0;

	open_pair(&pair, &peer);
	scene_must(buffer_add(&pair.server.in, (struct slice){ (const char *)hello, sizeof(hello) }) == OK);
	while (end == AGAIN && fed < (1 << 20)) {
		static const char zeroes[4096];

		if (buffer_add(&pair.server.in, (struct slice){ zeroes, sizeof(zeroes) }) == OK)
			fed += sizeof(zeroes);
		end = tls_go_on(&pair.server);
	}
	CHECK(end == REFUSED && fed <= TLS_HANDSHAKE_MOST + 2 * TLS_INPUT, "an endless handshake ends");
	close_pair(&pair);
}

/* ---- ends and floods ---- */

static void check_ends(void)
{
	const struct tls_peer peer = { .name = SLICE("one.example") };
	struct buffer plain;
	struct pair pair;

	buffer_init(&plain, 100);
	open_pair(&pair, &peer);
	shake(&pair, 65536);
	tls_goodbye(&pair.client);
	scene_carry(&pair.client, &pair.server, 65536);
	CHECK(tls_take(&pair.server, &plain) == REFUSED && pair.server.phase == TLS_CLOSED, "close_notify is an orderly end");
	close_pair(&pair);

	open_pair(&pair, &peer);
	shake(&pair, 65536);
	scene_must(buffer_add(&pair.server.in, SLICE("QUIT\r\n\r\n\r\n")) == OK);
	CHECK(tls_take(&pair.server, &plain) == REFUSED && pair.server.phase == TLS_FAILED, "plain text inside TLS ends it");
	CHECK(buffer_length(&plain) == 0, "and none of it is heard");
	close_pair(&pair);
	buffer_finish(&plain);
}

static void check_key_updates(void)
{
	const struct tls_peer peer = { .name = SLICE("one.example") };
	enum result end = AGAIN;
	struct buffer plain;
	struct pair pair;

	buffer_init(&plain, 100);
	open_pair(&pair, &peer);
	shake(&pair, 65536);
	for (int i = 0; i < 1000 && end == AGAIN; i++) {
		(void)SSL_key_update(pair.client.ssl, SSL_KEY_UPDATE_REQUESTED);
		(void)SSL_do_handshake(pair.client.ssl);
		scene_carry(&pair.client, &pair.server, 65536);
		end = tls_take(&pair.server, &plain);
		buffer_clear(&pair.server.out);
	}
	CHECK(end == REFUSED, "keys are not changed for ever");
	close_pair(&pair);
	buffer_finish(&plain);
}

static void check_full_output(void)
{
	const struct tls_peer peer = { .name = SLICE("one.example") };
	static char text[200000];
	struct buffer said;
	struct pair pair;

	buffer_init(&said, sizeof(text));
	scene_must(buffer_add(&said, (struct slice){ text, sizeof(text) }) == OK);
	open_pair(&pair, &peer);
	shake(&pair, 65536);
	CHECK(tls_put(&pair.client, &said) == AGAIN, "who does not read stops us");
	CHECK(buffer_length(&pair.client.out) <= TLS_OUTPUT && buffer_length(&said) > 100000, "in bounded memory");
	close_pair(&pair);
	buffer_finish(&said);
}

/* ---- other servers' clients ---- */

static const struct { const char *about; const char *offered; size_t length; bool said; enum result end; } offers[] = {
	{ "no protocol is named", NULL, 0, true, OK },
	{ "ours", "\4smtp", 5, true, OK },
	{ "ours, the second", "\10http/1.1\5esmtp", 15, true, OK },
	{ "a web server's", "\10http/1.1", 9, true, REFUSED },
	{ "ours is the beginning of theirs", "\5smtpx", 6, true, REFUSED },
	{ "theirs is the beginning of ours", "\3smt", 4, true, REFUSED },
	{ "whatever, where nothing is said of it", "\2h2", 3, false, OK },
};

static void check_offer(size_t i)
{
	static const char *const ours[] = { "smtp", "esmtp", NULL };
	const struct tls_peer peer = { .name = SLICE("one.example") };
	struct pair pair;

	open_pair(&pair, &peer);
	if (offers[i].said)
		tls_server_speaks(pair.contexts, ours);
	if (offers[i].offered)
		scene_must(SSL_set_alpn_protos(pair.client.ssl, (const unsigned char *)offers[i].offered, (unsigned)offers[i].length) == 0);
	shake(&pair, 65536);
	CHECK(pair.server_end == offers[i].end && pair.client_end == offers[i].end, offers[i].about);
	close_pair(&pair);
}

/* A name that is put into the greeting in place of "one.example". */
static void check_foul_name(const char *about, const char name[11])
{
	const struct tls_peer peer = { .name = SLICE("one.example") };
	struct pair pair;
	char *at;

	open_pair(&pair, &peer);
	pair.client_end = tls_go_on(&pair.client);
	at = memmem(pair.client.out.bytes, pair.client.out.end, "one.example", 11);
	scene_must(at != NULL);
	memcpy(at, name, 11);
	shake(&pair, 65536);
	CHECK(pair.server_end != OK && pair.client_end != OK, about);
	close_pair(&pair);
}

static void check_long_name(void)
{
	char name[256];
	const struct tls_peer peer = { .name = { name, 255 } };
	struct pair pair;

	for (size_t i = 0; i < 255; i++)
		name[i] = i % 50 == 49 ? '.' : 'a';
	open_pair(&pair, &peer);
	shake(&pair, 65536);
	CHECK(pair.server_end == OK && shows(&pair.client, "one.example"), "a name of 255 bytes gets the first");
	close_pair(&pair);
}

static void check_weak_cipher(const char *about, const char *ciphers)
{
	const struct tls_peer peer = { .name = SLICE("one.example") };
	struct pair pair;

	open_pair(&pair, &peer);
	SSL_set_security_level(pair.client.ssl, 0);
	(void)SSL_set_max_proto_version(pair.client.ssl, TLS1_2_VERSION);
	scene_must(SSL_set_cipher_list(pair.client.ssl, ciphers) == 1);
	shake(&pair, 65536);
	CHECK(pair.server_end == REFUSED, about);
	close_pair(&pair);
}

static void check_renegotiation(void)
{
	const struct tls_peer peer = { .name = SLICE("one.example") };
	struct buffer plain;
	struct pair pair;

	buffer_init(&plain, 100);
	open_pair(&pair, &peer);
	(void)SSL_set_max_proto_version(pair.client.ssl, TLS1_2_VERSION);
	(void)SSL_clear_options(pair.client.ssl, SSL_OP_NO_RENEGOTIATION);
	shake(&pair, 65536);
	scene_must(pair.server_end == OK && SSL_renegotiate(pair.client.ssl) == 1);
	for (int i = 0; i < 10; i++) {
		(void)SSL_do_handshake(pair.client.ssl);
		scene_carry(&pair.client, &pair.server, 65536);
		(void)!tls_take(&pair.server, &plain);
		scene_carry(&pair.server, &pair.client, 65536);
	}
	CHECK(pair.pen.asked == 1 && SSL_num_renegotiations(pair.server.ssl) == 0 && buffer_length(&plain) == 0,
	      "nothing is agreed on anew");
	close_pair(&pair);
	buffer_finish(&plain);
}

/* What another session, or another server of ours, gave to the client is worth nothing here. */
static void check_no_resumption(int most)
{
	const struct tls_peer peer = { .name = SLICE("one.example") };
	struct pair pair, again;
	SSL_SESSION *session;

	open_pair(&pair, &peer);
	if (most)
		(void)SSL_set_max_proto_version(pair.client.ssl, most);
	shake(&pair, 65536);
	(void)says(&pair.server, &pair.client, "250 x\r\n");
	session = SSL_get1_session(pair.client.ssl);
	open_pair(&again, &peer);
	(void)SSL_set_session(again.client.ssl, session);
	shake(&again, 65536);
	CHECK(again.server_end == OK && !SSL_session_reused(again.server.ssl) && again.pen.asked == 1, "each handshake is a whole one");
	SSL_SESSION_free(session);
	close_pair(&again);
	close_pair(&pair);
}

static void check_small_records(void)
{
	const struct tls_peer peer = { .name = SLICE("one.example") };
	size_t heard = 0, most = 0, taken;
	struct buffer plain;
	struct pair pair;

	buffer_init(&plain, 100);
	open_pair(&pair, &peer);
	shake(&pair, 65536);
	for (int i = 0; i < 16384; i++) {
		scene_must(tls_say(&pair.client, SLICE("x"), &taken) == OK && taken == 1);
		scene_carry(&pair.client, &pair.server, 65536);
		if (buffer_length(&pair.server.in) > most)
			most = buffer_length(&pair.server.in);
		(void)!tls_take(&pair.server, &plain);
		heard += buffer_length(&plain);
		buffer_clear(&plain);
	}
	CHECK(heard == 16384 && most < 1000, "records of one byte, as many as there are");
	close_pair(&pair);
	buffer_finish(&plain);
}

static void check_replaced_contexts(void)
{
	const struct tls_peer peer = { .name = SLICE("two.example") };
	struct pair pair;

	open_pair(&pair, &peer);
	tls_server_destroy(pair.contexts);
	pair.contexts = NULL;
	shake(&pair, 65536);
	CHECK(pair.server_end == OK && pair.client_end == OK, "a handshake ends with the certificates that it began with");
	close_pair(&pair);
}

/* ---- certificates and keys that are none ---- */

static void check_bad_pem(void)
{
	struct tls_server *server = NULL;
	struct tls_trust *trust = NULL;
	struct tls_key *key = NULL;
	struct scene_identity small = scene_make("small.example", 1024, NULL);
	uint8_t id[TLS_KEY_ID];
	char why[TLS_WHY];

	scene_must(tls_server_create(library, &server) == OK);
	CHECK(tls_server_add(server, SLICE("x"), SLICE("no PEM"), id, why) == REFUSED && why[0], "not a certificate");
	CHECK(tls_server_add(server, SLICE("x"), first.secret, id, why) == REFUSED && why[0], "a key is no certificate");
	CHECK(tls_server_add(server, SLICE("x"), small.chain, id, why) == REFUSED && why[0], "too small a key");
	CHECK(tls_key_create(SLICE("no PEM"), &key, why) == REFUSED && why[0], "not a key");
	CHECK(tls_key_create(first.chain, &key, why) == REFUSED && why[0], "a certificate is no key");
	CHECK(tls_key_create(small.secret, &key, why) == REFUSED && why[0], "too small a key to sign");
	CHECK(tls_trust_create(library, SLICE("nothing"), &trust) == REFUSED, "a file without authorities is an error");
	tls_server_destroy(server);
	scene_finish(&small);
}

static void check_schemes(void)
{
	struct tls_question question = { .scheme = TLS_ECDSA_SHA256, .digest_length = 32 };
	struct buffer signature;

	buffer_init(&signature, TLS_SIGNATURE_MOST);
	CHECK(tls_key_sign(keys[0], &question, &signature) == REFUSED, "an RSA key has no ECDSA");
	CHECK(tls_key_sign(keys[1], &question, &signature) == OK && buffer_length(&signature) > 60, "an EC key has");
	question.digest_length = 20;
	CHECK(tls_key_sign(keys[1], &question, &signature) == REFUSED, "a digest of another length");
	question = (struct tls_question){ .scheme = (enum tls_scheme)0x0201, .digest_length = 20 };
	CHECK(tls_key_sign(keys[0], &question, &signature) == REFUSED, "SHA-1 is not signed");
	buffer_finish(&signature);
}

int main(void)
{
	char why[TLS_WHY];

	scene_must(tls_library_open(&library) == OK);
	authority = scene_make("authority", 0, NULL);
	stranger = scene_make("stranger", 0, NULL);
	first = scene_make("one.example", 2048, &authority);
	second = scene_make("two.example", 0, &authority);
	/* A chain has its authority in it, as DANE's usage 2 wants. */
	scene_must(PEM_write_bio_X509(first.chain_memory, authority.certificate) == 1);
	first.chain = scene_pem(first.chain_memory);
	scene_must(tls_key_create(first.secret, &keys[0], why) == OK && tls_key_create(second.secret, &keys[1], why) == OK);

	for (size_t i = 0; i < COUNT_OF(agreements); i++)
		check_agreement(i);
	for (size_t i = 0; i < COUNT_OF(beliefs); i++)
		check_belief(i);
	for (size_t i = 0; i < COUNT_OF(pens); i++) {
		check_pen(i, 0);
		check_pen(i, TLS1_2_VERSION);
	}
	for (size_t i = 0; i < COUNT_OF(rubbish); i++)
		check_rubbish(i);
	check_unusable_records();
	check_breaking_off();
	check_endless();
	check_ends();
	check_key_updates();
	check_full_output();
	for (size_t i = 0; i < COUNT_OF(offers); i++)
		check_offer(i);
	check_foul_name("NUL in a name", "one\0example");
	check_foul_name("a name that was changed on its way", "two.example");
	check_long_name();
	check_weak_cipher("no exchange of keys but by curves", "AES128-SHA:AES128-GCM-SHA256");
	check_weak_cipher("nobody is anonymous", "aNULL");
	check_weak_cipher("nothing without encryption", "eNULL");
	check_renegotiation();
	check_no_resumption(0);
	check_no_resumption(TLS1_2_VERSION);
	check_small_records();
	check_replaced_contexts();
	check_bad_pem();
	check_schemes();

	for (size_t i = 0; i < COUNT_OF(keys); i++)
		tls_key_destroy(keys[i]);
	scene_finish(&authority);
	scene_finish(&stranger);
	scene_finish(&first);
	scene_finish(&second);
	tls_library_close(library);
	return TEST_END();
}
