/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random steps against a small model of what RFC 5321 and 3030 permit, through the real client: one reply a command, of
 * the kind that the model says; a message that was answered 250 has reached the queue once, and no other has.
 * Arguments: how many steps (100000), and the seed.
 */
#include "front/front_bench.h"

#include <inttypes.h>

enum { ERRORS = 20, RECIPIENTS = 3, LIMIT = 200 };

static const struct slice domains[] = { LIT("example.org") };
static const struct session_rules rules = {
	.hostname = LIT("mx.example.org"), .greeting = LIT("ESMTP"), .postmaster = LIT("postmaster"), .domains = domains,
	.domain_count = 1, .message_limit = LIMIT, .recipients = RECIPIENTS, .null_sender_recipients = 1, .errors = ERRORS,
	.hops = 50, .room = ROOM_FREE,
};

/* What a server must remember, told anew and without a look at ours. */
struct model {
	bool hello, mail, null, chunks, after_cr;
	bool unmeasured;                  /* behind a BDAT of unknown length */
	unsigned recipients, errors;
	size_t size;                      /* of chunks, with their line ends put right */
	unsigned kept;                    /* deposits that there must have been */
};

struct test {
	struct bench bench;
	struct model model;
	uint64_t chance;
	uint64_t steps;
};

static uint64_t next(struct test *test, uint64_t below)
{
	test->chance = test->chance * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (test->chance >> 33) % below;
}

static void forget(struct model *model)
{
	model->mail = model->null = model->chunks = model->after_cr = false;
	model->recipients = 0;
	model->size = 0;
}

/* ---- what the server must say ---- */

static const char *hello(struct model *model)
{
	forget(model);
	model->hello = true;
	return "250";
}

static const char *mail(struct model *model)
{
	if (!model->hello || model->mail)
		return "503";
	model->mail = true;
	return "250";
}

static const char *mail_of_nobody(struct model *model)
{
	const char *reply = mail(model);

	model->null = model->null || reply[0] == '2';
	return reply;
}

static const char *bad_mail(struct model *model)
{
	return !model->hello || model->mail ? "503" : "501";
}

static const char *large_mail(struct model *model)
{
	return !model->hello || model->mail ? "503" : "552";
}

static const char *rcpt(struct model *model)
{
	if (!model->mail || model->chunks)
		return "503";
	if (model->recipients == RECIPIENTS || (model->null && model->recipients == 1))
		return "452";
	model->recipients++;
	return "250";
}

static const char *foreign_rcpt(struct model *model)
{
	return !model->mail || model->chunks ? "503" : "550";
}

static const char *bad_rcpt(struct model *model)
{
	return !model->mail || model->chunks ? "503" : "501";
}

static const char *data(struct model *model)
{
	if (model->chunks) {
		forget(model);
		return "503";
	}
	return model->recipients ? "354" : "503";
}

static const char *bad_data(struct model *model)
{
	bool chunks = model->chunks;

	if (chunks)
		forget(model);
	return !model->mail || chunks ? "503" : "501";
}

static const char *rset(struct model *model)
{
	forget(model);
	return "250";
}

static const char *fine(struct model *model)
{
	(void)model;
	return "250";
}

static const char *vrfy(struct model *model)
{
	(void)model;
	return "252";
}

static const char *help(struct model *model)
{
	(void)model;
	return "214";
}

static const char *not_here(struct model *model)
{
	(void)model;
	return "502";
}

static const char *unknown(struct model *model)
{
	(void)model;
	return "500";
}

static const char *broken_line(struct model *model)
{
	forget(model);
	return "500";
}

static const char *bad_bytes(struct model *model)
{
	forget(model);
	return "501";
}

static const char *bad_chunk(struct model *model)
{
	forget(model);
	model->unmeasured = true;
	return "501";
}

static const char *stranger(struct model *model)
{
	return model->mail ? "503" : "550";
}

static const char *xforward(struct model *model)
{
	return !model->hello || model->mail ? "503" : "550";
}

/* ---- the commands ---- */

static const struct command {
	struct slice line;
	const char *(*must)(struct model *model);
} commands[] = {
	{ LIT("EHLO client.example\r\n"), hello },
	{ LIT("HELO client.example\r\n"), hello },
	{ LIT("EHLO\r\n"), NULL },
	{ LIT("MAIL FROM:<a@b.example>\r\n"), mail },
	{ LIT("mail from:<a@b.example> body=8bitmime size=10\r\n"), mail },
	{ LIT("MAIL FROM:<\xc3\xa4@b.example> SMTPUTF8 RET=HDRS ENVID=x\r\n"), mail },
	{ LIT("MAIL FROM:<>\r\n"), mail_of_nobody },
	{ LIT("MAIL FROM:a@b\r\n"), bad_mail },
	{ LIT("MAIL FROM:<a@b> RET=BOTH\r\n"), bad_mail },
	{ LIT("MAIL FROM:<a@b> SIZE=100000\r\n"), large_mail },
	{ LIT("RCPT TO:<u@example.org>\r\n"), rcpt },
	{ LIT("RCPT TO:<postmaster>\r\n"), rcpt },
	{ LIT("RCPT TO:<u@example.org> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;u@x\r\n"), rcpt },
	{ LIT("RCPT TO:<u@elsewhere.example>\r\n"), foreign_rcpt },
	{ LIT("RCPT TO:<u%x@example.org>\r\n"), foreign_rcpt },
	{ LIT("RCPT TO:<u>\r\n"), bad_rcpt },
	{ LIT("RCPT TO:<u@example.org> NOTIFY=NEVER,DELAY\r\n"), bad_rcpt },
	{ LIT("DATA\r\n"), data },
	{ LIT("data\r\n"), data },
	{ LIT("DATA x\r\n"), bad_data },
	{ LIT("RSET\r\n"), rset },
	{ LIT("NOOP\r\n"), fine },
	{ LIT("VRFY u@example.org\r\n"), vrfy },
	{ LIT("EXPN list\r\n"), not_here },
	{ LIT("HELP\r\n"), help },
	{ LIT("XYZZY\r\n"), unknown },
	{ LIT("\r\n"), unknown },
	{ LIT("PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n"), unknown },
	{ LIT("NOOP\n"), broken_line },
	{ LIT("VRFY \xc3\xbc\r\n"), bad_bytes },
	{ LIT("NOOP \0\r\n"), bad_bytes },
	{ LIT("XCLIENT ADDR=192.0.2.1\r\n"), stranger },
	{ LIT("XFORWARD ADDR=192.0.2.1\r\n"), xforward },
	{ LIT("BDAT\r\n"), bad_chunk },
	{ LIT("BDAT -1\r\n"), bad_chunk },
	{ LIT("BDAT 5 LAST\x01\r\n"), bad_chunk },
	{ LIT("BDAT 18446744073709551616 LAST\r\n"), bad_chunk },
};

/* ---- one step ---- */

static void begin(struct test *test)
{
	while (test->bench.shared.first)
		client_end(test->bench.shared.first);
	test->model = (struct model){ .kept = test->model.kept };
	buffer_clear(&test->bench.heard);
	bench_begin(&test->bench, 0);
	bench_settle(&test->bench);
	CHECK(slice_begins(buffer_slice(&test->bench.heard), SLICE("220 ")), "a greeting");
}

/* The bytes in one, two or three segments. */
static void say(struct test *test, struct slice bytes)
{
	buffer_clear(&test->bench.heard);
	for (uint64_t pieces = next(test, 3); pieces > 0 && bytes.len > 1; pieces--)
		bench_say(&test->bench, slice_take(&bytes, 1 + next(test, bytes.len - 1)));
	bench_say(&test->bench, bytes);
}

/* One whole reply off what was heard: its code is at the front of its last line. */
static struct slice cut_reply(struct slice *heard)
{
	struct slice line;

	do
		line = slice_cut(heard, '\n');
	while (line.len > 3 && line.at[3] == '-');
	return line;
}

static void expect(struct test *test, const char *code, bool counted, struct slice what)
{
	struct slice heard = buffer_slice(&test->bench.heard), reply = cut_reply(&heard);
	bool over = counted && code[0] == '5' && ++test->model.errors >= ERRORS;

	if (!slice_begins(reply, slice_of(code)) || test->bench.deposits != test->model.kept)
		printf("step %" PRIu64 ": %.*s must be %s, is %.*s; %u deposits of %u\n", test->steps, SHOW(what), code, SHOW(reply),
		       test->bench.deposits, test->model.kept);
	CHECK(slice_begins(reply, slice_of(code)), "the reply that the model says");
	CHECK(test->bench.deposits == test->model.kept, "as many messages as the model says");
	if (over)
		CHECK(slice_begins(cut_reply(&heard), SLICE("421 ")), "goodbye after so many mistakes");
	CHECK(heard.len == 0, "one reply a command");
	if (over)
		begin(test);
}

static const char *verdict(struct test *test)
{
	static const char *const codes[] = { [QUEUE_KEPT] = "250", [QUEUE_REFUSED] = "550", [QUEUE_LATER] = "452" };

	test->model.kept++;
	forget(&test->model);
	return codes[test->bench.verdict];
}

/* After 354. */
static void body(struct test *test)
{
	static const struct {
		struct slice bytes;
		const char *code;         /* NULL: it is the queue's to say */
	} bodies[] = {
		{ LIT(".\r\n"), NULL },
		{ LIT("Subject: x\r\n\r\n..\r\nQUIT\r\n.\r\n"), NULL },
		{ LIT("MAIL FROM:<x@y>\r\n.\r\r\n.\r\n"), "550" },
		{ LIT("x\n.\nRSET\r\n.\r\n"), "550" },
		{ LIT("x\r\n.\nRSET\r\n.\r\n"), "550" },
		{ LIT("x\0\r\n.\r\n"), "550" },
	};
	static char large[LIMIT + 100];
	uint64_t which = next(test, COUNT_OF(bodies) + 1);

	memset(large, 'x', sizeof(large));
	memcpy(large + sizeof(large) - 5, "\r\n.\r\n", 5);
	say(test, which < COUNT_OF(bodies) ? bodies[which].bytes : (struct slice){ large, sizeof(large) });
	if (which < COUNT_OF(bodies) && bodies[which].code == NULL) {
		expect(test, verdict(test), false, SLICE("a body"));
		return;
	}
	forget(&test->model);
	expect(test, which < COUNT_OF(bodies) ? bodies[which].code : "552", false, SLICE("a bad body"));
}

/* A CR or a LF that stands alone becomes both, wherever chunks divide them. */
static void measure(struct model *model, struct slice bytes)
{
	for (size_t i = 0; i < bytes.len; i++) {
		bool after_cr = model->after_cr;

		model->after_cr = bytes.at[i] == '\r';
		if (bytes.at[i] != '\n')
			model->size += model->after_cr ? 2 : 1;
		else if (!after_cr)
			model->size += 2;
	}
}

/* Bytes that look like commands. */
static void chunk(struct test *test)
{
	static const char looks[] = "MAIL FROM:<x@y>\r\nRCPT TO:<u@example.org>\r\nDATA\r\nx\r\n.\r\nQUIT\r\nBDAT 5 LAST\r\n";
	static const char *const words[] = { "", " LAST", " LASTX" };
	size_t size = next(test, sizeof(looks)), word = next(test, COUNT_OF(words));
	struct model *model = &test->model;
	struct buffer all;

	buffer_init(&all, 4096);
	CHECK(buffer_format(&all, "BDAT %zu%s\r\n", size, words[word]) == OK &&
	      buffer_add(&all, (struct slice){ looks, size }) == OK, "room");
	say(test, buffer_slice(&all));
	measure(model, (struct slice){ looks, size });
	if (word == 2 || model->recipients == 0) {
		forget(model);
		expect(test, word == 2 ? "501" : "503", true, SLICE("a refused chunk"));
	} else if (model->size > LIMIT) {
		forget(model);
		expect(test, "552", false, SLICE("a chunk too large"));
	} else if (word == 1) {
		expect(test, verdict(test), false, SLICE("the last chunk"));
	} else {
		model->chunks = true;
		expect(test, "250", false, SLICE("a chunk"));
	}
	buffer_finish(&all);
}

/* One line more is answered, whatever it is, and the session is over. */
static void behind_unmeasured(struct test *test)
{
	const struct command *command = &commands[next(test, COUNT_OF(commands))];

	say(test, command->line);
	expect(test, "503", false, command->line);
	CHECK(test->bench.shared.first == NULL || test->bench.shared.first->session.stage == STAGE_GOODBYE, "the end");
	begin(test);
}

static void command(struct test *test)
{
	const struct command *command = &commands[next(test, COUNT_OF(commands))];
	const char *code = command->must ? command->must(&test->model) : "501";

	say(test, command->line);
	expect(test, code, true, command->line);
	if (code[0] == '3')
		body(test);
	else if (test->model.unmeasured)
		behind_unmeasured(test);
}

/* Where a random walk would seldom come. */
static void go_ahead(struct test *test)
{
	static const struct command way[] = {
		{ LIT("RSET\r\n"), rset }, { LIT("EHLO x\r\n"), hello }, { LIT("MAIL FROM:<a@b>\r\n"), mail },
		{ LIT("RCPT TO:<u@example.org>\r\n"), rcpt },
	};

	for (size_t i = 0; i < COUNT_OF(way); i++) {
		say(test, way[i].line);
		expect(test, way[i].must(&test->model), true, way[i].line);
	}
}

static void hang_up(struct test *test)
{
	say(test, SLICE("QUIT\r\n"));
	CHECK(slice_begins(buffer_slice(&test->bench.heard), SLICE("221 ")), "goodbye");
	begin(test);
}

static void step(struct test *test)
{
	static const enum queue_says verdicts[] = { QUEUE_KEPT, QUEUE_REFUSED, QUEUE_LATER };
	uint64_t what = next(test, 100);

	test->bench.verdict = verdicts[next(test, COUNT_OF(verdicts))];
	if (what < 2)
		hang_up(test);
	else if (what < 12)
		go_ahead(test);
	else if (what < 30)
		chunk(test);
	else
		command(test);
}

static uint64_t number(int count, char **words, int place, uint64_t otherwise)
{
	uint64_t given = otherwise;

	return count > place && slice_number(slice_of(words[place]), UINT64_MAX, &given) != OK ? otherwise : given;
}

int main(int count, char **words)
{
	static struct test test;
	uint64_t steps = number(count, words, 1, 100000);

	test.chance = number(count, words, 2, (uint64_t)clock_wall());
	printf("%" PRIu64 " steps, seed %" PRIu64 "\n", steps, test.chance);
	bench_init(&test.bench, &rules);
	begin(&test);
	for (; test.steps < steps; test.steps++)
		step(&test);
	bench_finish(&test.bench);
	return TEST_END();
}
