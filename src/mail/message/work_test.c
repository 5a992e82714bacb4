/* SPDX-License-Identifier: Apache-2.0 */
/* Each row makes a message of a few megabytes, in which parts, lines and bytes would be multiplied with each other; or one
 * that is only large. What reading may cost is counted in steps, so no clock is looked at. */
#include "mail/message/parts.h"

#include "base/buffer.h"
#include "base/test.h"

enum { MEMORY = 512 << 20, LARGEST = 64 << 20 };

static void add(struct buffer *to, struct slice text)
{
	CHECK(buffer_add(to, text) == OK, "room");
}

static void repeat(struct buffer *to, struct slice text, size_t times)
{
	for (size_t i = 0; i < times; i++)
		add(to, text);
}

#define OUTER "Content-Type: multipart/mixed; boundary=o\n\n"

static void endless_multiparts(struct buffer *to)
{
	add(to, SLICE(OUTER));
	repeat(to, SLICE("--o\nContent-Type: multipart/mixed; boundary=z\n\n"), 300);
	repeat(to, SLICE("nothing comes of it here, ever\n"), 200000);
}

static void a_boundary_everywhere(struct buffer *to)
{
	add(to, SLICE(OUTER));
	repeat(to, SLICE("--o\nContent-Type: multipart/mixed; boundary=aa\n\n"), 300);
	repeat(to, SLICE("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n"), 10000);
}

static void nested(struct buffer *to, const char *before)
{
	add(to, SLICE("From: a@b.example\n"));
	for (unsigned i = 0; i < 60; i++)
		CHECK(buffer_format(to, "Content-Type: multipart/mixed; boundary=\"%s%u\"\n\n--%s%u\n", before, i, before, i) == OK, "room");
	add(to, SLICE("\n"));
}

static void lines_like_boundaries(struct buffer *to)
{
	nested(to, "b");
	repeat(to, SLICE("--x\n"), 300000);
}

static void carriage_returns(struct buffer *to)
{
	nested(to, "------------------------------------------------------------");
	repeat(to, SLICE("-x\r-x\r-x\r-x\r-x\r-x\r-x\r-x\r-x\n"), 80000);
}

static void lines_with_its_tail(struct buffer *to)
{
	nested(to, "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz");
	repeat(to, SLICE("--abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyx\n"), 120000);
}

static void add_base64(struct buffer *to, struct slice text)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i + 3 <= text.len; i += 3) {
		uint32_t bits = (uint32_t)((unsigned char)text.at[i] << 16 | (unsigned char)text.at[i + 1] << 8 |
		                           (unsigned char)text.at[i + 2]);
		const char code[] = { letters[bits >> 18], letters[bits >> 12 & 63], letters[bits >> 6 & 63], letters[bits & 63] };

		add(to, (struct slice){ code, sizeof(code) });
		if (i % 57 == 54)
			add(to, SLICE("\n"));
	}
}

#define UU "begin 644 a.exe\n#0V%T\n`\nend\n"

static void files_within_code(struct buffer *to)
{
	struct buffer text;

	buffer_init(&text, LARGEST);
	repeat(&text, SLICE("a line before\n\n"), 80000);
	repeat(&text, SLICE(UU "\n\n"), 400);
	add(to, SLICE("Content-Transfer-Encoding: base64\n\n"));
	add_base64(to, buffer_slice(&text));
	buffer_finish(&text);
}

static void files_within_text(struct buffer *to)
{
	add(to, SLICE("Subject: a\n\n"));
	repeat(to, SLICE("a line before\n"), 200000);
	repeat(to, SLICE(UU), 400);
}

static void many_types(struct buffer *to)
{
	add(to, SLICE(OUTER));
	for (unsigned part = 0; part < 50; part++) {
		add(to, SLICE("--o\n"));
		for (unsigned i = 0; i < 999; i++)
			CHECK(buffer_format(to, "Content-Type: text/x%u; name=\"=?utf-8?q?a%u\"\n", i, i) == OK, "room");
		add(to, SLICE("\n"));
	}
}

static void a_large_text(struct buffer *to)
{
	add(to, SLICE(OUTER "--o\n\n"));
	repeat(to, SLICE("This is a line as people write them, to each other.\r\n--\r\n\r\n"), 100000);
	add(to, SLICE("--o--\n"));
}

static void a_large_file(struct buffer *to)
{
	add(to, SLICE(OUTER "--o\nContent-Type: a/b; name=c.d; name=c.e\nContent-Transfer-Encoding: base64\n\n"));
	repeat(to, SLICE("VGhpcyBpcyBhIGxpbmUgYXMgcGVvcGxlIHdyaXRlIHRoZW0sIHRvIGVhY2ggb3RoZXIuCiAg\r\n"), 100000);
	add(to, SLICE("--o--\n"));
}

static void a_digest(struct buffer *to)
{
	add(to, SLICE("Content-Type: multipart/digest; boundary=o\n\n"));
	for (unsigned i = 0; i < 400; i++) {
		CHECK(buffer_format(to, "--o\n\nSubject: mail %u\nFrom: a@b.example\n\n", i) == OK, "room");
		repeat(to, SLICE("This is a line as people write them, to each other.\r\n"), 100);
	}
	add(to, SLICE("--o--\n"));
}

static const struct row { const char *about; void (*make)(struct buffer *); const char *limit; } rows[] = {
	{ "300 multiparts whose boundary never comes", endless_multiparts, "depth" },
	{ "300 multiparts whose boundary is everywhere, and never behind two dashes", a_boundary_everywhere, "work" },
	{ "lines of two dashes, sixty levels deep", lines_like_boundaries, "work" },
	{ "bare CR in lines, sixty levels deep", carriage_returns, "work" },
	{ "lines that begin like sixty boundaries", lines_with_its_tail, "work" },
	{ "400 files within a text in base64", files_within_code, "work" },
	{ "400 files within a text", files_within_text, NULL },
	{ "999 types for each part", many_types, "work" },
	{ "a large text", a_large_text, NULL },
	{ "a large file, read by three readers", a_large_file, NULL },
	{ "400 messages in a digest", a_digest, NULL },
};

static void check_row(const struct row *row)
{
	struct message_view view = { 0 };
	struct buffer message;
	struct arena arena;
	const struct message_reader reader = { &message_limits_standard, NULL, &arena };
	enum result result;

	arena_init(&arena, MEMORY);
	buffer_init(&message, LARGEST);
	row->make(&message);
	result = message_read(buffer_slice(&message), &reader, DIGESTS_NONE, &view);
	CHECK(slice_same(slice_of(view.limit), slice_of(row->limit)), row->about);
	CHECK(result == (row->limit ? LATER : OK) && view.first, row->about);
	CHECK(view.steps <= view.steps_most + 8 * (uint64_t)buffer_length(&message), row->about);
	if (!slice_same(slice_of(view.limit), slice_of(row->limit)))
		printf("  %zu bytes, %zu parts, %lu steps of %lu, limit %s\n", buffer_length(&message), view.count, (unsigned long)view.steps,
		       (unsigned long)view.steps_most, view.limit ? view.limit : "-");
	buffer_finish(&message);
	arena_finish(&arena);
}

int main(void)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		check_row(&rows[i]);
	return TEST_END();
}
