/* SPDX-License-Identifier: Apache-2.0 */
/* Every sequence that has smuggled a message somewhere, in every place, cut at every byte: no second message. */
#include "front/body.h"

#include "base/buffer.h"
#include "base/test.h"

struct ending {
	struct slice message;
	unsigned faults;
	bool ended;
	size_t left;
};

static void feed(struct body *body, struct slice *rest, struct buffer *message, enum result *end)
{
	while (*end == AGAIN && rest->len) {
		struct slice piece;

		*end = body_next(body, rest, &piece);
		CHECK(buffer_add(message, piece) == OK, "there is room");
	}
}

/* The input, in three chunks. */
static struct ending read_in(struct slice input, size_t first, size_t second, struct buffer *message)
{
	struct body body = { 0 };
	enum result end = AGAIN;
	size_t left = input.len;

	buffer_clear(message);
	for (int i = 0; i < 3 && end == AGAIN; i++) {
		struct slice chunk = slice_take(&input, i == 0 ? first : i == 1 ? second : input.len);

		feed(&body, &chunk, message, &end);
		left = chunk.len + input.len;
	}
	return (struct ending){ buffer_slice(message), body.faults, end == OK, left };
}

static const struct sequence {
	const char *about;
	struct slice bytes;
	unsigned faults;
	bool ends;                    /* ends the data, by its own CR LF . CR LF */
} sequences[] = {
	{ "LF . LF", LIT("\n.\n"), BODY_BARE_LF, false },
	{ "LF . CR LF", LIT("\n.\r\n"), BODY_BARE_LF, false },
	{ "CR LF . LF", LIT("\r\n.\n"), BODY_BARE_LF, false },
	{ "CR . CR", LIT("\r.\r"), BODY_BARE_CR, false },
	{ "CR . CR LF", LIT("\r.\r\n"), BODY_BARE_CR, false },
	{ "CR LF . CR", LIT("\r\n.\r"), BODY_BARE_CR, false },
	{ "LF . CR", LIT("\n.\r"), BODY_BARE_LF | BODY_BARE_CR, false },
	{ "CR . LF", LIT("\r.\n"), BODY_BARE_LF | BODY_BARE_CR, false },
	{ "CR CR LF . CR CR LF", LIT("\r\r\n.\r\r\n"), BODY_BARE_CR, false },
	{ "CR LF . CR CR LF", LIT("\r\n.\r\r\n"), BODY_BARE_CR, false },
	{ "CR CR LF . CR LF", LIT("\r\r\n.\r\n"), BODY_BARE_CR, true },
	{ "CR LF NUL . CR LF", LIT("\r\n\0.\r\n"), BODY_NUL, false },
	{ "LF NUL . CR LF", LIT("\n\0.\r\n"), BODY_NUL | BODY_BARE_LF, false },
	{ "CR LF . NUL CR LF", LIT("\r\n.\0\r\n"), BODY_NUL, false },
	{ "CR NUL LF . CR LF", LIT("\r\0\n.\r\n"), BODY_NUL | BODY_BARE_CR | BODY_BARE_LF, false },
	{ "CR LF . . CR LF", LIT("\r\n..\r\n"), 0, false },
	{ "CR LF . space CR LF", LIT("\r\n. \r\n"), 0, false },
	{ "CR LF space . CR LF", LIT("\r\n .\r\n"), 0, false },
	{ "VT . VT", LIT("\v.\v"), 0, false },
	{ "NEL . NEL", LIT("\x85.\x85"), 0, false },
	{ "line separator", LIT("\xe2\x80\xa8.\xe2\x80\xa8"), 0, false },
	{ "the end itself", LIT("\r\n.\r\n"), 0, true },
};

/* What stands before the sequence: nothing, a header, a body, a line's end that is already there. */
static const struct slice befores[] = {
	LIT("a"), LIT("Subject: x"), LIT("Subject: x\r\n\r\nhello"), LIT("x\r\n"), LIT("x\r\n.."), LIT(""),
};
static const struct slice after = LIT("MAIL FROM:<x@y>\r\nRCPT TO:<v@w>\r\nDATA\r\nSMUGGLED\r\n.\r\nQUIT\r\n");
static const struct slice quit = LIT("QUIT\r\n");

static void check_cuts(const struct sequence *row, struct slice input, struct buffer *message, struct buffer *again)
{
	struct ending whole = read_in(input, input.len, 0, message);

	for (size_t first = 0; first <= input.len; first++)
		for (size_t second = 0; second <= 6 && first + second <= input.len; second++) {
			struct ending cut = read_in(input, first, second, again);

			CHECK(cut.ended == whole.ended && cut.faults == whole.faults && cut.left == whole.left &&
			      slice_same(cut.message, whole.message), row->about);
		}
}

/* Before a sequence nothing, or only a line's end: `\n.\r\n` at a line's start must still be no end,
 * but `..` may make another sequence of it, so only the number of messages is looked at there. */
static void check_sequence(const struct sequence *row, struct slice before, struct buffer *input,
                           struct buffer *message,
                           struct buffer *again)
{
	struct ending found;

	buffer_clear(input);
	CHECK(buffer_add(input, before) == OK && buffer_add(input, row->bytes) == OK && buffer_add(input, after) == OK,
	      "room");
	found = read_in(buffer_slice(input), buffer_length(input), 0, message);
	CHECK(found.ended, row->about);
	CHECK(found.left == (row->ends ? after.len : quit.len), row->about);
	CHECK((found.faults & row->faults) == row->faults, row->about);
	CHECK(row->faults || found.faults == 0, row->about);
	check_cuts(row, buffer_slice(input), message, again);
}

static const struct stuffing {
	const char *about;
	struct slice input, message;
} stuffings[] = {
	{ "nothing", LIT(".\r\n"), LIT("") },
	{ "one line", LIT("a\r\n.\r\n"), LIT("a\r\n") },
	{ "a stuffed dot", LIT("..\r\n.\r\n"), LIT(".\r\n") },
	{ "two stuffed dots", LIT("...\r\n.\r\n"), LIT("..\r\n") },
	{ "a dot that should have been stuffed", LIT(".a\r\n.\r\n"), LIT("a\r\n") },
	{ "dots inside a line stay", LIT("a.b..\r\n.\r\n"), LIT("a.b..\r\n") },
	{ "empty lines", LIT("\r\n\r\n.\r\n"), LIT("\r\n\r\n") },
	{ "eight bits", LIT("\xff\x80\r\n.\r\n"), LIT("\xff\x80\r\n") },
};

int main(void)
{
	struct buffer input, message, again;

	buffer_init(&input, 4096);
	buffer_init(&message, 4096);
	buffer_init(&again, 4096);
	for (size_t i = 0; i < COUNT_OF(sequences); i++)
		for (size_t before = 0; before < COUNT_OF(befores); before++)
			check_sequence(&sequences[i], befores[before], &input, &message, &again);
	for (size_t i = 0; i < COUNT_OF(stuffings); i++) {
		struct ending found = read_in(stuffings[i].input, stuffings[i].input.len, 0, &message);

		CHECK(found.ended && found.faults == 0 && found.left == 0, stuffings[i].about);
		CHECK(slice_same(found.message, stuffings[i].message), stuffings[i].about);
		for (size_t len = 0; len < stuffings[i].input.len; len++)
			CHECK(!read_in((struct slice){ stuffings[i].input.at, len }, len, 0, &again).ended, stuffings[i].about);
	}
	buffer_finish(&again);
	buffer_finish(&message);
	buffer_finish(&input);
	return TEST_END();
}
