/* SPDX-License-Identifier: Apache-2.0 */
/* What is packed comes back; what was cut, doubled, lengthened or poisoned does not. */
#include "mail/smtp/envelope.h"

#include "base/pack.h"
#include "base/test.h"

static struct envelope_recipient two[] = {
	{ .address = LIT("c@d"), .original = LIT("rfc822;x@d"), .notify = NOTIFY_DELAY },
	{ .address = LIT("postmaster") },
};

static const struct envelope whole = {
	.id = LIT("0123456789ABCDEF"), .received = -5, .flags = ENVELOPE_LOCAL | ENVELOPE_TRUSTED, .uid = 1000,
	.listener = LIT("smtp"), .protocol = LIT("ESMTP"), .client_address = LIT("192.0.2.1"),
	.client_name = LIT("unknown"), .helo = LIT("x"), .user = LIT("u"),
	.trace = LIT("Received: from x\r\n\tby y; now\r\n"), .sender = LIT("a@b"), .envelope_id = LIT("e=1"),
	.origin = LIT("ZZZZZZZZZZZZZZZZ"), .recipients = two, .recipient_count = 2,
};

static void check_round(struct arena *arena)
{
	struct envelope back = { 0 };
	struct buffer packed;

	buffer_init(&packed, 4096);
	CHECK(envelope_pack(&whole, &packed) == OK, "packs");
	CHECK(envelope_unpack(buffer_slice(&packed), arena, &back) == OK, "unpacks");
	CHECK(slice_same(back.id, whole.id) && back.received == -5 && back.flags == whole.flags && back.uid == 1000,
	      "numbers come back");
	CHECK(slice_same(back.listener, whole.listener) && slice_same(back.protocol, whole.protocol) &&
		  slice_same(back.client_address, whole.client_address) &&
		  slice_same(back.client_name, whole.client_name) && slice_same(back.helo, whole.helo) &&
		  slice_same(back.user, whole.user),
	      "the client comes back");
	CHECK(slice_same(back.trace, whole.trace) && slice_same(back.sender, whole.sender) &&
		  slice_same(back.envelope_id, whole.envelope_id) && slice_same(back.origin, whole.origin),
	      "texts come back");
	CHECK(back.recipient_count == 2 && slice_same(back.recipients[0].address, SLICE("c@d")) &&
		  slice_same(back.recipients[0].original, SLICE("rfc822;x@d")) &&
		  back.recipients[0].notify == NOTIFY_DELAY &&
		  slice_same(back.recipients[1].address, SLICE("postmaster")),
	      "recipients come back");
	buffer_finish(&packed);
}

/* A cut between two fields is still an envelope, and never one with more in it; any other cut is none. */
static void check_cuts(struct arena *arena)
{
	struct envelope back = { 0 };
	struct buffer packed;
	struct slice all;

	buffer_init(&packed, 4096);
	CHECK(envelope_pack(&whole, &packed) == OK, "packs");
	all = buffer_slice(&packed);
	for (size_t len = 0; len < all.len; len++) {
		enum result end = envelope_unpack((struct slice){ all.at, len }, arena, &back);

		CHECK(end == REFUSED || (end == OK && back.recipient_count < 2), "a cut envelope");
		arena_reset(arena);
	}
	for (size_t limit = 0; limit < all.len; limit++) {
		struct buffer small;

		buffer_init(&small, limit);
		CHECK(envelope_pack(&whole, &small) == LATER, "a small buffer");
		buffer_finish(&small);
	}
	buffer_finish(&packed);
}

static const struct poison_row {
	const char *about;
	uint8_t tag;
	struct slice value;
	enum result end;
} poisons[] = {
	{ "a sender", 9, LIT("a@b"), OK },
	{ "a sender with LF", 9, LIT("a\n@b"), REFUSED },
	{ "a sender with NUL", 9, LIT("a\0@b"), REFUSED },
	{ "a tag from the future", 200, LIT("x\n\0"), OK },
	{ "a second id", 1, LIT("0123456789ABCDEF"), REFUSED },
	{ "an origin in small letters", 11, LIT("0123456789abcdef"), REFUSED },
	{ "a trace", 8, LIT("A: b\r\n\tc\r\n"), OK },
	{ "a trace that ends the headers", 8, LIT("A: b\r\n\r\n"), REFUSED },
	{ "a trace with a bare LF", 8, LIT("A: b\nC: d\r\n"), REFUSED },
	{ "a trace with a bare CR", 8, LIT("A: b\rC: d\r\n"), REFUSED },
	{ "a trace without its end", 8, LIT("A: b"), REFUSED },
	{ "a trace with NUL", 8, LIT("A: \0\r\n"), REFUSED },
	{ "a short number", 16, LIT("1234567"), REFUSED },
	{ "flags beyond 32 bits", 17, LIT("\0\0\0\0\1\0\0\0"), REFUSED },
	{ "an empty recipient", 32, LIT("\0\0\0\0\0\0\0\0\0"), REFUSED },
	{ "a recipient", 32, LIT("\0\3\0\0\0a@b\0\0\0\0"), OK },
	{ "a recipient with CR", 32, LIT("\0\3\0\0\0a\r@\0\0\0\0"), REFUSED },
	{ "a recipient with more behind", 32, LIT("\0\3\0\0\0a@b\0\0\0\0x"), REFUSED },
};

static enum result unpack_with(const struct poison_row *row, struct arena *arena, bool with_id)
{
	struct envelope back;
	struct buffer packed;
	enum result end;

	buffer_init(&packed, 4096);
	end = pack_u8(&packed, 1);
	if (with_id)
		end |= pack_u8(&packed, 1) | pack_slice(&packed, SLICE("0123456789ABCDEF"));
	end |= pack_u8(&packed, row->tag) | pack_slice(&packed, row->value);
	CHECK(end == OK, "packs");
	end = envelope_unpack(buffer_slice(&packed), arena, &back);
	buffer_finish(&packed);
	return end;
}

static void check_many(struct arena *arena)
{
	struct envelope back;
	struct buffer packed;

	buffer_init(&packed, 1 << 20);
	CHECK(pack_u8(&packed, 1) == OK && pack_u8(&packed, 1) == OK &&
		  pack_slice(&packed, SLICE("0123456789ABCDEF")) == OK,
	      "packs");
	for (int i = 0; i <= ENVELOPE_RECIPIENTS; i++)
		CHECK(pack_u8(&packed, 32) == OK && pack_slice(&packed, poisons[15].value) == OK, "packs");
	CHECK(envelope_unpack(buffer_slice(&packed), arena, &back) == REFUSED, "too many recipients");
	buffer_finish(&packed);
}

static void check_ids(void)
{
	char first[MESSAGE_ID_SIZE], second[MESSAGE_ID_SIZE];
	struct slice a = { first, sizeof(first) }, b = { second, sizeof(second) };

	message_id_make(INT64_C(1795255758123), UINT64_MAX, first);
	message_id_make(INT64_C(1795255758124), 0, second);
	CHECK(message_id_valid(a) && message_id_valid(b), "what is made is valid");
	CHECK(slice_order(a, b) < 0, "in the order of time");
	CHECK(!message_id_valid(SLICE("../../etc/passwd")) && !message_id_valid(SLICE("0123456789ABCDE")),
	      "what is no id");
}

int main(void)
{
	struct arena arena, tiny;

	arena_init(&arena, 1 << 20);
	arena_init(&tiny, 8);
	check_round(&arena);
	check_cuts(&arena);
	for (size_t i = 0; i < COUNT_OF(poisons); i++) {
		CHECK(unpack_with(&poisons[i], &arena, true) == poisons[i].end, poisons[i].about);
		if (poisons[i].tag != 1)
			CHECK(unpack_with(&poisons[i], &arena, false) == REFUSED, "no id");
	}
	CHECK(unpack_with(&poisons[15], &tiny, true) == LATER, "a full arena");
	check_many(&arena);
	check_ids();
	arena_finish(&arena);
	arena_finish(&tiny);
	return TEST_END();
}
