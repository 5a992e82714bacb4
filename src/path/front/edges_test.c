/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How long, how many, and which bytes: lines, texts, chunks, commands before their turn, and every byte in every field,
 * through the real client. What counts is what is answered, what reaches the queue, and what it costs.
 */
#include "front/front_bench.h"

#include <sys/stat.h>
#include <unistd.h>

enum { LIMIT = 4 << 20, TEXT = 3 << 20, WANTED = 512, HELLOS = 65536, CHUNKS = 1000000, A_TIME = 500 };

static const struct slice domains[] = { LIT("example.org") };
static const struct session_rules rules = {
	.hostname = LIT("mx.example.org"), .greeting = LIT("ESMTP"), .postmaster = LIT("postmaster"), .domains = domains,
	.domain_count = 1, .message_limit = LIMIT, .recipients = 100, .null_sender_recipients = 1, .errors = 1000000, .hops = 50,
	.room = ROOM_FREE,
};

static void begin(struct bench *bench, struct slice hello)
{
	while (bench->shared.first)
		client_end(bench->shared.first);
	bench_begin(bench, 0);
	bench_settle(bench);
	CHECK(slice_begins(buffer_slice(&bench->heard), SLICE("220 ")), "a greeting");
	buffer_clear(&bench->heard);
	bench_say(bench, hello);
	if (hello.len)
		buffer_clear(&bench->heard);
	bench->deposits = 0;
}

/* The codes of all replies that were heard, each with a space behind it. */
static void codes_of(struct bench *bench, char codes[WANTED])
{
	struct slice rest = buffer_slice(&bench->heard);
	size_t at = 0;

	while (rest.len) {
		struct slice line = slice_cut(&rest, '\n');

		if (line.len > 3 && line.at[3] == ' ' && at + 4 < WANTED) {
			memcpy(codes + at, line.at, 4);
			at += 4;
		}
	}
	codes[at] = '\0';
}

static void expect(struct bench *bench, const char *wanted, const char *about)
{
	char codes[WANTED];

	codes_of(bench, codes);
	CHECK(strcmp(codes, wanted) == 0, about);
	if (strcmp(codes, wanted) != 0)
		printf("%s: must be %s, is %s\n", about, wanted, codes);
	buffer_clear(&bench->heard);
}

/* ---- lines (M6, M8) ---- */

static const struct {
	const char *about, *verb;
	size_t length;                    /* with CR LF */
	const char *codes;
} lines[] = {
	{ "512", "NOOP ", 512, "250 " },
	{ "513", "NOOP ", 513, "250 " },
	{ "the limit", "NOOP ", 2048, "250 " },
	{ "above it", "NOOP ", 2049, "500 " },
	{ "as long as the input", "NOOP ", 8192, "500 " },
	{ "one more", "NOOP ", 8193, "500 " },
	{ "65536", "NOOP ", 65536, "500 " },
	{ "a mebibyte", "NOOP ", 1 << 20, "500 " },
	{ "a sender without end", "MAIL FROM:<", 65536, "500 " },
	{ "a hello of 255", "EHLO ", 262, "250 " },
	{ "a hello of 256", "EHLO ", 263, "501 " },
	{ "a hello of 64 KiB", "EHLO ", 65543, "500 " },
	{ "a hello of 64 KiB to an older server", "HELO ", 65543, "500 " },
	{ "no verb at all", "", 65536, "500 " },
};

static void check_lines(struct bench *bench)
{
	static char line[1 << 20];

	for (size_t i = 0; i < COUNT_OF(lines); i++) {
		memset(line, 'x', lines[i].length);
		memcpy(line, lines[i].verb, strlen(lines[i].verb));
		memcpy(line + lines[i].length - 2, "\r\n", 2);
		begin(bench, SLICE(""));
		bench_say(bench, (struct slice){ line, lines[i].length });
		expect(bench, lines[i].codes, lines[i].about);
		CHECK(bench->shared.first->in.size <= CLIENT_INPUT, "no more is kept than there may be");
		bench_say(bench, SLICE("NOOP\r\n"));
		expect(bench, "250 ", "and the next line is one");
	}
}

/* M8: as many hellos as there are in a flood. */
static void check_hellos(struct bench *bench)
{
	static const struct slice hello = LIT("EHLO x.example\r\n");
	char many[50 * 17];
	size_t length = 0, used;

	for (; length + hello.len <= sizeof(many); length += hello.len)
		memcpy(many + length, hello.at, hello.len);
	begin(bench, hello);
	used = bench->shared.first->session.message.used;
	for (int i = 0; i < HELLOS; i += (int)(length / hello.len)) {
		bench_say(bench, (struct slice){ many, length });
		CHECK(slice_begins(buffer_slice(&bench->heard), SLICE("250-mx.example.org\r\n")), "a hello");
		buffer_clear(&bench->heard);
	}
	CHECK(bench->shared.first->session.message.used == used, "of which nothing is kept");
}

/* ---- before their turn (M7) ---- */

static const struct { const char *about, *text, *codes; } early[] = {
	{ "a whole envelope without a hello", "MAIL FROM:<a@b>\r\nRCPT TO:<u@example.org>\r\nDATA\r\n", "503 503 503 " },
	{ "a hello, and an envelope glued to it", "EHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<u@example.org>\r\n", "250 250 250 " },
	{ "a recipient, then the hello", "RCPT TO:<u@example.org>\r\nEHLO x\r\nDATA\r\n", "503 250 503 " },
	{ "a body that nobody asked for", "DATA\r\nSubject: x\r\n\r\nx\r\n.\r\n", "503 500 500 500 500 " },
	{ "a chunk that nobody asked for", "BDAT 17 LAST\r\nMAIL FROM:<a@b>\r\nNOOP\r\n", "503 250 " },
	{ "behind goodbye", "QUIT\r\nEHLO x\r\nMAIL FROM:<a@b>\r\n", "221 " },
	{ "a whole message in one write", "EHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<u@example.org>\r\nDATA\r\nx\r\n.\r\nQUIT\r\n",
	  "250 250 250 554 " },
	{ "a whole message in one write, by a chunk", "EHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<u@example.org>\r\nBDAT 3 LAST\r\nx\r\nQUIT\r\n",
	  "250 250 250 250 221 " },
};

static void check_early(struct bench *bench)
{
	for (size_t i = 0; i < COUNT_OF(early); i++) {
		begin(bench, SLICE(""));
		bench_say(bench, slice_of(early[i].text));
		expect(bench, early[i].codes, early[i].about);
		CHECK(bench->deposits == (strstr(early[i].text, "BDAT 3 LAST") != NULL), early[i].about);
	}
}

/* ---- texts (M6) ---- */

static char text[TEXT], arrived[TEXT + 1];
static ssize_t arrived_size;

static void keep_arrived(const struct envelope *envelope, int memfd)
{
	(void)envelope;
	arrived_size = pread(memfd, arrived, sizeof(arrived), 0);
}

static const struct { const char *about, *head; size_t line, whole; } texts[] = {
	{ "lines of 998", "", 998 + 2, 20000 },
	{ "lines of 999", "", 999 + 2, 20020 },
	{ "lines of 10,000", "", 10002, 100020 },
	{ "lines of a mebibyte", "", (1 << 20) + 2, 2 * ((1 << 20) + 2) },
	{ "a first line of mbox", "From a@b Sat Nov 21 10:09:18 2026\r\nSubject: x\r\n\r\n", 72, 7200 },
	{ "a first line of mbox, quoted", ">From a@b Sat Nov 21 10:09:18 2026\r\n", 72, 7200 },
	{ "a first line of mbox, in the body", "Subject: x\r\n\r\nFrom a@b Sat Nov 21 10:09:18 2026\r\n", 72, 7200 },
};

static void fill(size_t i)
{
	memcpy(text, texts[i].head, strlen(texts[i].head));
	for (size_t at = strlen(texts[i].head), place = 0; at < texts[i].whole; at++, place = (place + 1) % texts[i].line)
		text[at] = place + 2 == texts[i].line ? '\r' : place + 1 == texts[i].line ? '\n' : 'x';
	memcpy(text + texts[i].whole - 2, "\r\n", 2);
}

#define ENVELOPE "MAIL FROM:<a@b>\r\nRCPT TO:<u@example.org>\r\n"

static void check_texts(struct bench *bench)
{
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		fill(i);
		begin(bench, SLICE("EHLO x\r\n"));
		bench->look = keep_arrived;
		bench_say(bench, SLICE(ENVELOPE));
		bench_say(bench, SLICE("DATA\r\n"));
		bench_say(bench, (struct slice){ text, texts[i].whole });
		bench_say(bench, SLICE(".\r\n"));
		expect(bench, "250 250 354 250 ", texts[i].about);
		CHECK(arrived_size == (ssize_t)texts[i].whole && memcmp(arrived, text, texts[i].whole) == 0, texts[i].about);
		/* The limit holds, whatever the first line looks like. */
		bench->door.rules.message_limit = texts[i].whole - 1;
		bench_say(bench, SLICE(ENVELOPE));
		bench_say(bench, SLICE("DATA\r\n"));
		bench_say(bench, (struct slice){ text, texts[i].whole });
		bench_say(bench, SLICE(".\r\n"));
		expect(bench, "250 250 354 552 ", texts[i].about);
		CHECK(bench->deposits == 1, texts[i].about);
		bench->door.rules.message_limit = LIMIT;
		bench->look = NULL;
	}
}

/* ---- chunks (M4) ---- */

static void keep_size(const struct envelope *envelope, int memfd)
{
	struct stat about;

	(void)envelope;
	arrived_size = fstat(memfd, &about) == 0 ? about.st_size : -1;
}

/* As many chunks as bytes: neither memory nor anything else grows with them, but the message. */
static void check_chunks(struct bench *bench)
{
	static const struct slice one = LIT("BDAT 1\r\nx");
	char many[A_TIME * 9];
	size_t used;

	for (size_t i = 0; i < A_TIME; i++)
		memcpy(many + i * one.len, one.at, one.len);
	begin(bench, SLICE("EHLO x\r\n"));
	bench->look = keep_size;
	bench_say(bench, SLICE(ENVELOPE "BDAT 1\r\nx"));
	used = bench->shared.first->session.message.used;
	for (size_t i = 1; i < CHUNKS; i += A_TIME) {
		size_t now = CHUNKS - i < A_TIME ? CHUNKS - i : A_TIME;

		buffer_clear(&bench->heard);
		bench_say(bench, (struct slice){ many, now * one.len });
		CHECK(buffer_length(&bench->heard) == now * strlen("250 2.0.0 chunk noted\r\n"), "each is answered");
	}
	CHECK(bench->shared.first->session.message.used == used, "of the commands nothing is kept");
	CHECK(bench->shared.first->in.size <= CLIENT_INPUT && bench->shared.first->out.size <= 2 * CLIENT_OUTPUT, "nor of the bytes");
	buffer_clear(&bench->heard);
	bench_say(bench, SLICE("BDAT 0 LAST\r\n"));
	expect(bench, "250 ", "the last");
	CHECK(bench->deposits == 1 && arrived_size == CHUNKS, "as many bytes as chunks");
	bench->look = NULL;
}

/* ---- every byte in every field (M8, M9, M10, R3) ---- */

/* Where the byte stands, between what comes before and behind it. */
static const struct field { const char *about, *hello, *mail, *rcpt; } fields[] = {
	{ "the name in the hello", "EHLO a%b\r\n", "MAIL FROM:<a@b.example>\r\n", "RCPT TO:<u@example.org>\r\n" },
	{ "the name of the sender", "EHLO x\r\n", "MAIL FROM:<a%b@b.example>\r\n", "RCPT TO:<u@example.org>\r\n" },
	{ "the name of the sender, with SMTPUTF8", "EHLO x\r\n", "MAIL FROM:<a%b@b.example> SMTPUTF8\r\n", "RCPT TO:<u@example.org>\r\n" },
	{ "the name of the sender, in quotes", "EHLO x\r\n", "MAIL FROM:<\"a%b\"@b.example>\r\n", "RCPT TO:<u@example.org>\r\n" },
	{ "the domain of the sender", "EHLO x\r\n", "MAIL FROM:<a@b%.example>\r\n", "RCPT TO:<u@example.org>\r\n" },
	{ "the address of the sender, as a literal", "EHLO x\r\n", "MAIL FROM:<a@[192.0.2.1%]>\r\n", "RCPT TO:<u@example.org>\r\n" },
	{ "behind the sender", "EHLO x\r\n", "MAIL FROM:<a@b>%\r\n", "RCPT TO:<u@example.org>\r\n" },
	{ "SIZE", "EHLO x\r\n", "MAIL FROM:<a@b> SIZE=1%\r\n", "RCPT TO:<u@example.org>\r\n" },
	{ "BODY", "EHLO x\r\n", "MAIL FROM:<a@b> BODY=7BIT%\r\n", "RCPT TO:<u@example.org>\r\n" },
	{ "RET", "EHLO x\r\n", "MAIL FROM:<a@b> RET=FULL%\r\n", "RCPT TO:<u@example.org>\r\n" },
	{ "ENVID", "EHLO x\r\n", "MAIL FROM:<a@b> ENVID=a%b\r\n", "RCPT TO:<u@example.org>\r\n" },
	{ "ENVID, as xtext", "EHLO x\r\n", "MAIL FROM:<a@b> ENVID=a+?b\r\n", "RCPT TO:<u@example.org>\r\n" },
	{ "AUTH", "EHLO x\r\n", "MAIL FROM:<a@b> AUTH=a%b\r\n", "RCPT TO:<u@example.org>\r\n" },
	{ "a word that there is not", "EHLO x\r\n", "MAIL FROM:<a@b> X%=1\r\n", "RCPT TO:<u@example.org>\r\n" },
	{ "the name of the recipient", "EHLO x\r\n", "MAIL FROM:<a@b>\r\n", "RCPT TO:<a%b@example.org>\r\n" },
	{ "the name of the recipient, in quotes", "EHLO x\r\n", "MAIL FROM:<a@b>\r\n", "RCPT TO:<\"a%b\"@example.org>\r\n" },
	{ "the domain of the recipient", "EHLO x\r\n", "MAIL FROM:<a@b>\r\n", "RCPT TO:<u@example.org%>\r\n" },
	{ "NOTIFY", "EHLO x\r\n", "MAIL FROM:<a@b>\r\n", "RCPT TO:<u@example.org> NOTIFY=DELAY%\r\n" },
	{ "ORCPT", "EHLO x\r\n", "MAIL FROM:<a@b>\r\n", "RCPT TO:<u@example.org> ORCPT=rfc822;a%b\r\n" },
	{ "ORCPT, as xtext", "EHLO x\r\n", "MAIL FROM:<a@b>\r\n", "RCPT TO:<u@example.org> ORCPT=rfc822;a+?b\r\n" },
	{ "ORCPT's type", "EHLO x\r\n", "MAIL FROM:<a@b>\r\n", "RCPT TO:<u@example.org> ORCPT=rfc%822;ab\r\n" },
};

/* `%` becomes the byte, `?` its two hexadecimal digits. */
static void say_with(struct bench *bench, const char *line, unsigned byte)
{
	char bytes[256];
	size_t length = 0;

	for (; *line; line++) {
		if (*line == '?')
			length += (size_t)snprintf(bytes + length, sizeof(bytes) - length, "%02X", byte);
		else
			bytes[length++] = *line == '%' ? (char)byte : *line;
	}
	bench_say(bench, (struct slice){ bytes, length });
}

static const char *now_about;

static void no_controls(struct slice value)
{
	for (size_t i = 0; i < value.len; i++)
		CHECK((unsigned char)value.at[i] >= ' ' && value.at[i] != 127, now_about);
}

/* One header field: lines that are folded, and nothing else than text in them. */
static void one_field(struct slice trace)
{
	CHECK(slice_begins(trace, SLICE("Received: from ")), now_about);
	while (trace.len) {
		struct slice line = slice_cut(&trace, '\n');

		CHECK(line.len && line.at[line.len - 1] == '\r', now_about);
		line.len -= line.len > 0;
		if (line.len && line.at[0] == '\t')
			line = slice_drop(line, 1);
		no_controls(line);
		CHECK(trace.len == 0 || trace.at[0] == '\t', now_about);
	}
}

static void look_at_fields(const struct envelope *envelope, int memfd)
{
	(void)memfd;
	no_controls(envelope->helo);
	no_controls(envelope->sender);
	no_controls(envelope->envelope_id);
	CHECK(envelope->recipient_count == 1, now_about);
	no_controls(envelope->recipients[0].address);
	no_controls(envelope->recipients[0].original);
	one_field(envelope->trace);
}

static void check_bytes(struct bench *bench)
{
	unsigned taken = 0;

	bench->look = look_at_fields;
	for (size_t i = 0; i < COUNT_OF(fields); i++) {
		now_about = fields[i].about;
		for (unsigned byte = 0; byte < 256; byte++) {
			char codes[WANTED];

			begin(bench, SLICE(""));
			say_with(bench, fields[i].hello, byte);
			say_with(bench, fields[i].mail, byte);
			say_with(bench, fields[i].rcpt, byte);
			buffer_clear(&bench->heard);
			bench_say(bench, SLICE("BDAT 3 LAST\r\nx\r\n"));
			codes_of(bench, codes);
			CHECK(bench->deposits == (strcmp(codes, "250 ") == 0), fields[i].about);
			CHECK(byte >= ' ' || strchr(fields[i].mail, '?') || strchr(fields[i].rcpt, '?') || byte == '\t' ||
			      bench->deposits == 0, fields[i].about);
			taken += bench->deposits;
			buffer_clear(&bench->heard);
		}
	}
	CHECK(taken > COUNT_OF(fields), "and what is harmless is taken");
	bench->look = NULL;
}

/* ---- long values (M10, R2) ---- */

static const struct { const char *about, *before; size_t length; const char *behind; bool recipient; const char *codes; } values[] = {
	{ "an ENVID of 100", "MAIL FROM:<a@b> ENVID=", 100, "", false, "250 " },
	{ "of 101", "MAIL FROM:<a@b> ENVID=", 101, "", false, "501 " },
	{ "of 500", "MAIL FROM:<a@b> ENVID=", 500, "", false, "501 " },
	{ "a RET of 500", "MAIL FROM:<a@b> RET=", 500, "", false, "501 " },
	{ "a BODY of 500", "MAIL FROM:<a@b> BODY=", 500, "", false, "501 " },
	{ "a SIZE of 500", "MAIL FROM:<a@b> SIZE=", 500, "", false, "501 " },
	{ "an AUTH of 500", "MAIL FROM:<a@b> AUTH=", 500, "", false, "555 " },
	{ "a word of 500", "MAIL FROM:<a@b> ", 500, "=1", false, "555 " },
	{ "an ORCPT of 500", "RCPT TO:<u@example.org> ORCPT=rfc822;", 493, "", true, "250 " },
	{ "of 501", "RCPT TO:<u@example.org> ORCPT=rfc822;", 494, "", true, "501 " },
	{ "a type of 500", "RCPT TO:<u@example.org> ORCPT=", 500, ";x", true, "501 " },
	{ "a NOTIFY of 500", "RCPT TO:<u@example.org> NOTIFY=", 500, "", true, "501 " },
	{ "a name of 64", "RCPT TO:<", 64, "@example.org>", true, "250 " },
	{ "of 65", "RCPT TO:<", 65, "@example.org>", true, "501 " },
	{ "of 1,000", "RCPT TO:<", 1000, "@example.org>", true, "501 " },
	{ "a sender's name of 1,000", "MAIL FROM:<", 1000, "@b>", false, "501 " },
	{ "a label of 63", "MAIL FROM:<a@", 63, ".example>", false, "250 " },
	{ "of 64", "MAIL FROM:<a@", 64, ".example>", false, "501 " },
	{ "a label of 1,000", "MAIL FROM:<a@", 1000, ".example>", false, "501 " },
};

static void say_value(struct bench *bench, size_t i)
{
	struct buffer line;

	buffer_init(&line, 4096);
	CHECK(buffer_add(&line, slice_of(values[i].before)) == OK, "room");
	for (size_t j = 0; j < values[i].length; j++)
		CHECK(buffer_add_byte(&line, 'x') == OK, "room");
	CHECK(buffer_format(&line, "%s\r\n", values[i].behind) == OK, "room");
	bench_say(bench, buffer_slice(&line));
	buffer_finish(&line);
}

static void check_values(struct bench *bench)
{
	for (size_t i = 0; i < COUNT_OF(values); i++) {
		begin(bench, SLICE("EHLO x\r\n"));
		if (values[i].recipient)
			bench_say(bench, SLICE("MAIL FROM:<a@b>\r\n"));
		buffer_clear(&bench->heard);
		say_value(bench, i);
		expect(bench, values[i].codes, values[i].about);
	}
}

/* A path has at most 256 bytes with its brackets (RFC 5321 4.5.3.1.3), so no domain of 255 fits. */
static void check_domains(struct bench *bench)
{
	static const struct { size_t length; const char *codes; } rows[] = {
		{ 251, "250 " }, { 252, "250 " }, { 253, "501 " }, { 255, "501 " }, { 256, "501 " }, { 1000, "501 " },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct buffer line;

		buffer_init(&line, 4096);
		CHECK(buffer_add(&line, SLICE("MAIL FROM:<a@")) == OK, "room");
		for (size_t j = 0; j < rows[i].length; j++)
			CHECK(buffer_add_byte(&line, j % 50 == 49 && j + 1 < rows[i].length ? '.' : 'x') == OK, "room");
		CHECK(buffer_add(&line, SLICE(">\r\n")) == OK, "room");
		begin(bench, SLICE("EHLO x\r\n"));
		bench_say(bench, buffer_slice(&line));
		expect(bench, rows[i].codes, "a long domain");
		buffer_finish(&line);
	}
}

/* R3: what a program would make of it is nothing to us. It is refused, or stands in the envelope as it was written. */
static const char *const inert[] = {
	"a%0d%0aRCPT%20TO:", "a%0d%0aDATA", "`id`", "$HOME", "a+0D+0A", "{cat,/etc/passwd}", "|id", "/etc/passwd", "~root", "=?x?q?=0d?=",
};
static const char *now_wanted;

static void look_at_sender(const struct envelope *envelope, int memfd)
{
	struct slice name = envelope->sender;

	(void)memfd;
	CHECK(slice_same(slice_cut(&name, '@'), slice_of(now_wanted)) && envelope->recipient_count == 1, now_wanted);
	one_field(envelope->trace);
}

static void check_inert(struct bench *bench)
{
	unsigned taken = 0;

	bench->look = look_at_sender;
	for (size_t i = 0; i < COUNT_OF(inert); i++) {
		struct buffer line;

		now_about = now_wanted = inert[i];
		buffer_init(&line, 4096);
		CHECK(buffer_format(&line, "MAIL FROM:<%s@b.example>\r\nRCPT TO:<u@example.org>\r\nBDAT 3 LAST\r\nx\r\n", inert[i]) == OK, "room");
		begin(bench, SLICE("EHLO x\r\n"));
		bench_say(bench, buffer_slice(&line));
		taken += bench->deposits;
		buffer_clear(&bench->heard);
		buffer_finish(&line);
	}
	CHECK(taken > 0, "some of them are taken");
	bench->look = NULL;
}

int main(void)
{
	static struct bench bench;

	bench_init(&bench, &rules);
	check_lines(&bench);
	check_hellos(&bench);
	check_early(&bench);
	check_texts(&bench);
	check_chunks(&bench);
	check_bytes(&bench);
	check_values(&bench);
	check_domains(&bench);
	check_inert(&bench);
	bench_finish(&bench);
	return TEST_END();
}
