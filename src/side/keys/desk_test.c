/* SPDX-License-Identifier: Apache-2.0 */
/* A front that asks, one that lies, and one that never stops asking; and what two reloads do to a key. */
#include "keys/desk.h"

#include "base/fd.h"
#include "base/pack.h"
#include "base/test.h"
#include "base/tls_scene.h"

#include <poll.h>
#include <string.h>
#include <sys/mman.h>

static struct scene_identity rsa, ec;
static struct loop loop;
static struct ring ring;
static struct desk desk;

/* ---- the ring ---- */

static int file_of(struct slice text)
{
	int fd = memfd_create("key", MFD_CLOEXEC);

	scene_must(fd >= 0 && write(fd, text.at, text.len) == (ssize_t)text.len && lseek(fd, 0, SEEK_SET) == 0);
	return fd;
}

static enum result read_key(struct slice text)
{
	closing int fd = file_of(text);
	char why[TLS_WHY] = "";
	enum result result = ring_read(&ring, fd, why);

	CHECK(result == OK || why[0], "a refusal says why");
	return result;
}

static void name_of(const struct scene_identity *identity, uint8_t name[TLS_KEY_ID])
{
	struct tls_key *key;
	char why[TLS_WHY];

	scene_must(tls_key_create(identity->secret, &key, why) == OK);
	memcpy(name, tls_key_name(key), TLS_KEY_ID);
	tls_key_destroy(key);
}

/* ---- a front ---- */

static struct slice question(struct buffer *to, const struct scene_identity *identity, uint32_t scheme, size_t length)
{
	uint8_t name[TLS_KEY_ID];
	char digest[TLS_DIGEST_MOST] = "a digest";

	name_of(identity, name);
	buffer_clear(to);
	scene_must(pack_u32(to, scheme) == OK && pack_slice(to, (struct slice){ (char *)name, TLS_KEY_ID }) == OK &&
	           pack_slice(to, (struct slice){ digest, length }) == OK);
	return buffer_slice(to);
}

static void stop_loop(void *unused)
{
	(void)unused;
	loop_stop(&loop);
}

static void turn_loop_for(uint64_t ms)
{
	struct timer timer;

	loop.stopped = false;
	timer_init(&timer, &loop, stop_loop, NULL);
	scene_must(timer_start(&timer, ms) == OK && loop_run(&loop) == OK);
	timer_end(&timer);
}

static void turn_loop(void)
{
	turn_loop_for(30);
}

/* The kind of the next frame; 0: the wire is closed, or nothing came. */
static unsigned hear(int wire, struct buffer *payload)
{
	struct pollfd ready = { .fd = wire, .events = POLLIN };
	struct frame frame = { .fd = -1 };

	if (poll(&ready, 1, 0) != 1 || frame_receive(wire, payload, &frame) != OK)
		return 0;
	return frame.kind;
}

static unsigned ask(int wire, struct slice said, struct buffer *payload)
{
	CHECK(frame_send(wire, FRONT_SIGN, 7, said, -1) == OK, "a question");
	turn_loop();
	return hear(wire, payload);
}

static int open_wire(uint32_t instance)
{
	int ends[2];

	scene_must(channel_pair(ends) == OK && desk_wire(&desk, instance, ends[0]) == OK);
	turn_loop();
	return ends[1];
}

static uint32_t names_held(struct slice payload)
{
	struct unpack from = unpack_from(payload);

	return unpack_u32(&from);
}

static bool is_signed_by(const struct scene_identity *identity, struct slice payload)
{
	struct unpack from = unpack_from(payload);
	struct slice signature = unpack_slice(&from, TLS_SIGNATURE_MOST);
	char digest[32] = "a digest";
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(identity->key, NULL);
	bool good = unpack_end(&from) == OK && EVP_PKEY_verify_init(context) == 1 &&
	            EVP_PKEY_CTX_set_signature_md(context, EVP_sha256()) == 1 &&
	            (!EVP_PKEY_is_a(identity->key, "RSA") ||
	             EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1) &&
	            EVP_PKEY_verify(context, (const unsigned char *)signature.at, signature.len, (unsigned char *)digest,
	                            32) == 1;

	EVP_PKEY_CTX_free(context);
	return good;
}

/* ---- the rows ---- */

static const struct {
	const char *about;
	bool of_rsa;
	uint32_t scheme;
	size_t length;
	unsigned end;                             /* 0: the wire is closed */
} asks[] = {
	{ "RSA-PSS", true, TLS_PSS_SHA256, 32, KEYS_SIGNED },
	{ "RSA with PKCS 1, for TLS 1.2", true, TLS_PKCS1_SHA384, 48, KEYS_SIGNED },
	{ "ECDSA", false, TLS_ECDSA_SHA256, 32, KEYS_SIGNED },
	{ "ECDSA with a longer hash", false, TLS_ECDSA_SHA512, 64, KEYS_SIGNED },
	{ "an RSA scheme for an EC key", false, TLS_PSS_SHA256, 32, KEYS_DENIED },
	{ "an ECDSA scheme for an RSA key", true, TLS_ECDSA_SHA256, 32, KEYS_DENIED },
	{ "a digest that is too short", true, TLS_PSS_SHA256, 31, 0 },
	{ "a digest that is too long", true, TLS_PSS_SHA256, 33, 0 },
	{ "no digest", true, TLS_PSS_SHA256, 0, 0 },
	{ "SHA-1", true, 0x0201, 20, 0 },
	{ "raw RSA: no scheme at all", true, 0, 32, 0 },
};

static void check_asks(void)
{
	struct buffer said, heard;

	buffer_init(&said, FRONT_KEYS_LONGEST);
	buffer_init(&heard, FRONT_KEYS_LONGEST);
	for (size_t i = 0; i < COUNT_OF(asks); i++) {
		const struct scene_identity *identity = asks[i].of_rsa ? &rsa : &ec;
		closing int wire = open_wire(1);

		CHECK(hear(wire, &heard) == KEYS_HELD && names_held(buffer_slice(&heard)) == 2, "names of keys come first");
		CHECK(ask(wire, question(&said, identity, asks[i].scheme, asks[i].length), &heard) == asks[i].end, asks[i].about);
		if (asks[i].end == KEYS_SIGNED && asks[i].length == 32)
			CHECK(is_signed_by(identity, buffer_slice(&heard)), asks[i].about);
		CHECK(asks[i].end != KEYS_DENIED || buffer_length(&heard) == 0, "a denial tells nothing");
	}
	buffer_finish(&said);
	buffer_finish(&heard);
}

/* Whatever a front that was taken over says, no answer has a byte of a private key in it. */
static void check_lies(void)
{
	static const struct { const char *about; uint8_t kind; struct slice payload; } lies[] = {
		{ "an unknown kind", 9, LIT("") }, { "an answer instead of a question", KEYS_HELD, LIT("") },
		{ "nothing", FRONT_SIGN, LIT("") }, { "a length that is not there", FRONT_SIGN, LIT("\x04\x08\0\0\xff\xff\xff\xff") },
	};
	struct buffer heard;

	buffer_init(&heard, FRONT_KEYS_LONGEST);
	for (size_t i = 0; i < COUNT_OF(lies); i++) {
		closing int wire = open_wire(1);

		(void)hear(wire, &heard);
		CHECK(frame_send(wire, lies[i].kind, 1, lies[i].payload, -1) == OK, lies[i].about);
		turn_loop();
		CHECK(hear(wire, &heard) == 0, lies[i].about);
	}
	buffer_finish(&heard);
}

static void check_reloads(void)
{
	struct buffer said, heard;
	closing int wire = open_wire(1);

	buffer_init(&said, FRONT_KEYS_LONGEST);
	buffer_init(&heard, FRONT_KEYS_LONGEST);
	(void)hear(wire, &heard);
	scene_must(read_key(ec.secret) == OK);
	ring_turn(&ring);
	desk_tell(&desk);
	CHECK(hear(wire, &heard) == KEYS_HELD && names_held(buffer_slice(&heard)) == 1, "a reload names the new keys");
	CHECK(ask(wire, question(&said, &rsa, TLS_PSS_SHA256, 32), &heard) == KEYS_SIGNED,
	      "a handshake that began with the old key ends with it");
	ring_turn(&ring);
	CHECK(ask(wire, question(&said, &rsa, TLS_PSS_SHA256, 32), &heard) == KEYS_DENIED, "the reload after that forgets it");
	ring_turn(&ring);
	buffer_finish(&said);
	buffer_finish(&heard);
}

static void check_floods(void)
{
	closing int greedy = open_wire(1), modest = open_wire(2);
	unsigned answers = 0, denied = 0, kind;
	struct buffer said, heard;

	buffer_init(&said, FRONT_KEYS_LONGEST);
	buffer_init(&heard, FRONT_KEYS_LONGEST);
	(void)hear(greedy, &heard);
	(void)hear(modest, &heard);
	/* Many times what a second allows, so that in one of them the limit is reached. */
	(void)question(&said, &ec, TLS_ECDSA_SHA256, 32);
	for (unsigned i = 0; i < 20 * KEYS_RATE && denied == 0; i += 100) {
		for (unsigned j = 0; j < 100; j++)
			CHECK(frame_send(greedy, FRONT_SIGN, i + j, buffer_slice(&said), -1) == OK, "asks");
		turn_loop_for(5);
		while ((kind = hear(greedy, &heard)) != 0) {
			answers++;
			denied += kind == KEYS_DENIED && buffer_length(&heard) == 0;
		}
	}
	CHECK(answers > KEYS_RATE / 2 && denied > 0, "who asks too much is denied");
	CHECK(ask(modest, question(&said, &ec, TLS_ECDSA_SHA256, 32), &heard) == KEYS_SIGNED, "others are served meanwhile");
	buffer_finish(&said);
	buffer_finish(&heard);
}

int main(void)
{
	rsa = scene_make("rsa.example", 2048, NULL);
	ec = scene_make("ec.example", 0, NULL);
	scene_must(loop_init(&loop) == OK);
	desk.loop = &loop;
	desk.ring = &ring;
	CHECK(read_key(rsa.secret) == OK && read_key(ec.secret) == OK, "two keys");
	CHECK(read_key(SLICE("nothing")) == REFUSED && read_key(rsa.chain) == REFUSED, "what is no key is refused");
	ring_turn(&ring);

	check_asks();
	check_lies();
	check_floods();
	check_reloads();

	desk_finish(&desk);
	ring_finish(&ring);
	loop_finish(&loop);
	scene_finish(&rsa);
	scene_finish(&ec);
	return TEST_END();
}
