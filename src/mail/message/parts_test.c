/* SPDX-License-Identifier: Apache-2.0 */
/* Each row: a message, and the parts that it has: "depth type bytes" in order. */
#include "mail/message/parts.h"

#include "base/buffer.h"
#include "base/test.h"

#define MULTI(b) "Content-Type: multipart/mixed; boundary=" b "\r\n\r\n"

static const struct row {
	const char *about;
	struct slice message;
	const char *parts;
	const char *ambiguity;
} rows[] = {
	{ "an empty message is one text", LIT(""), "0 text/plain 0;", NULL },
	{ "a plain message", LIT("Subject: a\r\n\r\nbody\r\n"), "0 text/plain 20;", NULL },
	{ "no body at all", LIT("Subject: a\r\n"), "0 text/plain 12;", NULL },
	{ "two parts, without preamble and epilogue",
	  LIT(MULTI("xx")
	          "pre\r\n--xx\r\n\r\none\r\n--xx\r\nContent-Type: Text/HTML\r\n\r\ntwo\r\n--xx--\r\nafter\r\n"),
	  "0 multipart/mixed 117;1 text/plain 5;1 text/html 30;", NULL },
	{ "line ends of LF alone are read too",
	  LIT("Content-Type: multipart/mixed; boundary=\"x y\"\n\n--x y\n\nab\n--x y--\n"),
	  "0 multipart/mixed 65;1 text/plain 3;", NULL },
	{ "an outer boundary ends an inner multipart that was not closed",
	  LIT(MULTI("out") "--out\r\n" MULTI("in") "--in\r\n\r\na\r\n--out\r\n\r\nb\r\n--out--\r\n"),
	  "0 multipart/mixed 132;1 multipart/mixed 55;2 text/plain 3;1 text/plain 3;", NULL },
	{ "a boundary that begins like another is another",
	  LIT(MULTI("ab") "--abc\r\n--ab\r\n\r\nx\r\n--ab--\r\n"), "0 multipart/mixed 72;1 text/plain 3;", NULL },
	{ "a message within a message", LIT("Content-Type: message/rfc822\r\n\r\nSubject: in\r\n\r\nx\r\n"),
	  "0 message/rfc822 50;1 text/plain 18;", NULL },
	{ "a digest holds messages",
	  LIT("Content-Type: multipart/digest; boundary=d\r\n\r\n--d\r\n\r\nSubject: i\r\n\r\nx\r\n--d--\r\n"),
	  "0 multipart/digest 77;1 message/rfc822 17;2 text/plain 15;", NULL },
	{ "a boundary among the header fields ends them",
	  LIT(MULTI("b") "--b\r\nContent-Type: a/b\r\n--b\r\n\r\nx\r\n--b--\r\n"),
	  "0 multipart/mixed 86;1 a/b 17;1 text/plain 3;", NULL },
	{ "two Content-Type fields are ambiguous", LIT("Content-Type: a/b\r\nContent-Type: c/d\r\n\r\n"), "0 a/b 40;",
	  "two Content-Type fields" },
	{ "two From fields are ambiguous", LIT("From: a@b\r\nfrom: c@d\r\n\r\n"), "0 text/plain 24;",
	  "two From fields" },
	{ "a multipart without a boundary is ambiguous", LIT("Content-Type: multipart/mixed\r\n\r\nx"),
	  "0 multipart/mixed 34;", "multipart without a boundary" },
	{ "two boundaries in one field are ambiguous",
	  LIT("Content-Type: multipart/mixed; boundary=a; boundary=b\r\n\r\n"), "0 multipart/mixed 57;",
	  "a parameter that stands twice" },
	{ "text where a field should be is ambiguous", LIT("Subject: a\r\nnot a field\r\n\r\nx"), "0 text/plain 28;",
	  "a line among the header fields that is none" },
};

static void describe(const struct message_view *view, struct buffer *to)
{
	for (const struct part *part = view->first; part; part = part->next)
		CHECK(buffer_format(to, "%u %.*s %zu;", part->depth, SHOW(part->type), part->bytes.len) == OK, "room");
}

static void check_row(const struct row *row)
{
	struct message_view view = { 0 };
	struct buffer seen;
	struct arena arena;

	arena_init(&arena, 1 << 20);
	buffer_init(&seen, 4096);
	CHECK(message_read(row->message, &arena, &view) == OK, row->about);
	describe(&view, &seen);
	CHECK(slice_same(buffer_slice(&seen), slice_of(row->parts)), row->about);
	if (!slice_same(buffer_slice(&seen), slice_of(row->parts)))
		printf("  it is %.*s\n", SHOW(buffer_slice(&seen)));
	CHECK(view.ambiguous == (row->ambiguity != NULL), row->about);
	CHECK(slice_same(slice_of(view.ambiguity), slice_of(row->ambiguity)), row->about);
	buffer_finish(&seen);
	arena_finish(&arena);
}

static void folded_fields(void)
{
	struct slice bytes = SLICE("Subject: one\r\n two\r\nX-Empty:\r\nTo : a@b\r\n\r\nrest");
	struct headers headers = { 0 };
	struct arena arena;

	arena_init(&arena, 1 << 20);
	CHECK(headers_read(bytes, &arena, &headers) == OK && headers.count == 3, "three fields");
	CHECK(slice_same(headers.list[0].value, SLICE("one\r\n two")), "a folded value keeps its folding");
	CHECK(headers.list[1].value.len == 0, "a value may be empty");
	CHECK(headers_find(&headers, SLICE("TO")) == &headers.list[2], "a field is found whatever its case");
	CHECK(headers_find(&headers, SLICE("Cc")) == NULL, "and one that is not there is not");
	CHECK(slice_same(headers.rest, SLICE("rest")), "the rest stands behind the blank line");
	arena_finish(&arena);
}

static const struct ceiling {
	const char *about, *limit;
	struct slice unit;
	size_t times;
} ceilings[] = {
	{ "100,000 header fields are too many", "headers", LIT("X: y\r\n"), 100000 },
	{ "one field of a megabyte is too long", "headers", LIT(" folded folded folded\r\n"), 50000 },
	{ "messages in messages in messages have a bottom", "depth", LIT("Content-Type: message/rfc822\r\n\r\n"),
	  5000 },
	{ "multiparts in multiparts have a bottom", "depth", LIT(MULTI("b") "--b\r\n"), 5000 },
	{ "parts have an end", "parts", LIT("--b\r\n\r\n"), 100000 },
};

static void check_ceiling(const struct ceiling *row)
{
	struct message_view view = { 0 };
	struct buffer message;
	struct arena arena;

	arena_init(&arena, 8 << 20);
	buffer_init(&message, 8 << 20);
	CHECK(buffer_add(&message, row->unit.at[0] == ' ' ? SLICE("X: y\r\n") : SLICE("")) == OK, "room");
	CHECK(buffer_add(&message, row->unit.at[0] == '-' ? SLICE(MULTI("b")) : SLICE("")) == OK, "room");
	for (size_t i = 0; i < row->times; i++)
		CHECK(buffer_add(&message, row->unit) == OK, "room");
	CHECK(message_read(buffer_slice(&message), &arena, &view) == LATER, row->about);
	CHECK(slice_same(slice_of(view.limit), slice_of(row->limit)), row->about);
	CHECK(view.first != NULL, "what was read until there can be seen");
	buffer_finish(&message);
	arena_finish(&arena);
}

int main(void)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		check_row(&rows[i]);
	folded_fields();
	for (size_t i = 0; i < COUNT_OF(ceilings); i++)
		check_ceiling(&ceilings[i]);
	return TEST_END();
}
