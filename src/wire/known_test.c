/* SPDX-License-Identifier: Apache-2.0 */
/* Names and tallies go there and back; each shortened or lengthened form is none. */
#include "wire/known.h"

#include "base/test.h"

#include <string.h>

static const struct known_names some = {
	.list = { { KNOWN_SENDER, LIT(""), LIT("a@example.org 192.0.2.0/24") }, { KNOWN_SENDER_DOMAIN, LIT("north"), LIT("example.org") } },
	.count = 2,
};

static void check_names(void)
{
	struct known_names names = { .count = 99 };
	struct buffer packed;

	buffer_init(&packed, 4096);
	CHECK(known_pack(&some, &packed) == OK && known_unpack(buffer_slice(&packed), &names) == OK, "there and back");
	CHECK(names.count == 2 && names.list[1].kind == KNOWN_SENDER_DOMAIN && slice_same(names.list[1].tenant, SLICE("north")) &&
	      slice_same(names.list[0].who, some.list[0].who), "they are the same");
	for (size_t cut = 0; cut < buffer_length(&packed); cut++)
		CHECK(known_unpack((struct slice){ buffer_slice(&packed).at, cut }, &names) == REFUSED, "a part of them is none");
	CHECK(buffer_add_byte(&packed, 'x') == OK && known_unpack(buffer_slice(&packed), &names) == REFUSED, "nor is more");
	CHECK(known_unpack(SLICE("\0"), &names) == REFUSED && known_unpack(SLICE("\5"), &names) == REFUSED, "none, and too many");
	buffer_finish(&packed);
}

static void check_long_names(void)
{
	static char bytes[KNOWN_WHO + 1];
	const struct { const char *about; struct known_name name; enum result end; } rows[] = {
		{ "the longest", { 1, { bytes, KNOWN_TENANT }, { bytes, KNOWN_WHO } }, OK },
		{ "one that is too long", { 1, LIT(""), { bytes, KNOWN_WHO + 1 } }, REFUSED },
		{ "a tenant that is too long", { 1, { bytes, KNOWN_TENANT + 1 }, LIT("") }, REFUSED },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct known_names names = { .list = { rows[i].name }, .count = 1 };
		struct buffer packed;

		buffer_init(&packed, 4096);
		CHECK(known_pack(&names, &packed) == OK && known_unpack(buffer_slice(&packed), &names) == rows[i].end, rows[i].about);
		buffer_finish(&packed);
	}
}

static void check_tallies(void)
{
	const struct { const char *about; struct tally tally; enum result end; } rows[] = {
		{ "a tally", { 5, 9, { 1, 2, 3 } }, OK },
		{ "of one message", { 5, 5, { 1, 0, 0 } }, OK },
		{ "the last before the first", { 9, 5, { 1, 0, 0 } }, REFUSED },
		{ "before 1970", { -1, 5, { 1, 0, 0 } }, REFUSED },
	};
	struct tally tally;

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct buffer packed;

		buffer_init(&packed, 64);
		CHECK(tally_pack(&rows[i].tally, &packed) == OK, "it is packed");
		CHECK(tally_unpack(buffer_slice(&packed), &tally) == rows[i].end, rows[i].about);
		CHECK(rows[i].end != OK || (tally.last == rows[i].tally.last && tally.counts[2] == rows[i].tally.counts[2]), rows[i].about);
		CHECK(tally_unpack((struct slice){ buffer_slice(&packed).at, buffer_length(&packed) - 1 }, &tally) == REFUSED, "half of it is none");
		CHECK(buffer_add_byte(&packed, 'x') == OK && tally_unpack(buffer_slice(&packed), &tally) == rows[i].end,
		      "what a newer one has behind it is passed over");
		buffer_finish(&packed);
	}
}

static void check_notes(void)
{
	const struct { const char *about; struct slice packed; enum result end; } rows[] = {
		{ "nothing is no note", LIT(""), REFUSED },
		{ "nothing to count", LIT("\0"), OK },
		{ "nothing to count, and more", LIT("\0x"), REFUSED },
		{ "an outcome that is none", LIT("\1\3\0\0\0\0\0\0\0\0"), REFUSED },
		{ "no names", LIT("\1\1\0\0\0\0\0\0\0\0"), REFUSED },
		{ "a note of another kind", LIT("\2\1\0\0\0\0\0\0\0\0"), REFUSED },
	};
	const struct known_note note = { KNOWN_REJECTED, SLICE("192.0.2.0/24"), some };
	struct known_note again;
	struct buffer packed;

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		CHECK(known_note_unpack(rows[i].packed, &again) == rows[i].end, rows[i].about);
	buffer_init(&packed, KNOWN_NOTE);
	CHECK(known_note_pack(&note, &packed) == OK && known_note_unpack(buffer_slice(&packed), &again) == OK &&
	      again.outcome == KNOWN_REJECTED && slice_same(again.source, note.source) && again.names.count == 2, "there and back");
	for (size_t cut = 0; cut < buffer_length(&packed); cut++)
		CHECK(known_note_unpack((struct slice){ buffer_slice(&packed).at, cut }, &again) == REFUSED, "a part of it is none");
	buffer_finish(&packed);
}

int main(void)
{
	check_names();
	check_long_names();
	check_tallies();
	check_notes();
	return TEST_END();
}
