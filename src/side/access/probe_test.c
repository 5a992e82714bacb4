/* SPDX-License-Identifier: Apache-2.0 */
/* What is said in a call-out, and what replies mean. */
#include "access/probe.h"

#include "base/test.h"

static const struct judged_row { const char *about; struct slice reply; enum probe_end end; } judged[] = {
	{ "known", LIT("250 2.1.5 ok"), PROBE_THERE },
	{ "forwarded", LIT("251 user not local; will forward"), PROBE_THERE },
	{ "unknown, with an enhanced code", LIT("550 5.1.1 no such user"), PROBE_NOT_THERE },
	{ "unknown, without one", LIT("550 No such user here"), PROBE_NOT_THERE },
	{ "no such domain there", LIT("550 5.1.2 bad"), PROBE_NOT_THERE },
	{ "disabled", LIT("550 5.2.1 disabled"), PROBE_NOT_THERE },
	{ "Exchange's directory", LIT("550 5.4.1 Recipient address rejected: Access denied"), PROBE_NOT_THERE },
	{ "not said which", LIT("550 5.0.0 no"), PROBE_NOT_THERE },
	{ "not local", LIT("551 5.1.6 moved"), PROBE_NOT_THERE },
	{ "a bad mailbox name", LIT("553 5.1.3 bad"), PROBE_NOT_THERE },
	{ "it does not like us", LIT("550 5.7.1 client rejected"), PROBE_UNSURE },
	{ "it does not like us either", LIT("554 5.7.1 client rejected"), PROBE_UNSURE },
	{ "a full mailbox is there", LIT("552 5.2.2 full"), PROBE_UNSURE },
	{ "full, by 550", LIT("550 5.2.2 full"), PROBE_UNSURE },
	{ "greylisted", LIT("450 4.2.0 greylisted"), PROBE_UNSURE },
	{ "busy", LIT("451 4.3.0 busy"), PROBE_UNSURE },
	{ "a mistake of ours", LIT("501 5.5.4 syntax"), PROBE_UNSURE },
	{ "out of order", LIT("503 5.5.1 order"), PROBE_UNSURE },
	{ "odd", LIT("354 go ahead"), PROBE_UNSURE },
};

static const struct talk_row {
	const char *about;
	bool lmtp;
	struct slice recipient, replies;
	const char *said;
	enum result result;
	enum probe_end end;
} talks[] = {
	{ "all goes well", false, LIT("a@b.c"), LIT("220 x\r\n250-x\r\n250 SIZE\r\n250 ok\r\n250 ok\r\n"),
	  "EHLO mx\r\nMAIL FROM:<>\r\nRCPT TO:<a@b.c>\r\nQUIT\r\n", OK, PROBE_THERE },
	{ "LMTP", true, LIT("a@b.c"), LIT("220 x\r\n250 x\r\n250 ok\r\n550 5.1.1 no\r\n"),
	  "LHLO mx\r\nMAIL FROM:<>\r\nRCPT TO:<a@b.c>\r\nQUIT\r\n", OK, PROBE_NOT_THERE },
	{ "bare LF is a line end too", false, LIT("a@b.c"), LIT("220 x\n250 x\n250 ok\n250 ok\n"),
	  "EHLO mx\r\nMAIL FROM:<>\r\nRCPT TO:<a@b.c>\r\nQUIT\r\n", OK, PROBE_THERE },
	{ "UTF-8 is asked for", false, LIT("\xc3\xbc@b.c"), LIT("220 x\r\n250 x\r\n555 no\r\n"),
	  "EHLO mx\r\nMAIL FROM:<> SMTPUTF8\r\n", OK, PROBE_UNSURE },
	{ "a greeting that sends us away", false, LIT("a@b.c"), LIT("554 go away\r\n"), "", OK, PROBE_DEAD },
	{ "busy", false, LIT("a@b.c"), LIT("421 busy\r\n"), "", OK, PROBE_DEAD },
	{ "EHLO is refused: HELO", false, LIT("a@b.c"), LIT("220 x\r\n502 no\r\n250 x\r\n250 ok\r\n250 ok\r\n"),
	  "EHLO mx\r\nHELO mx\r\nMAIL FROM:<>\r\nRCPT TO:<a@b.c>\r\nQUIT\r\n", OK, PROBE_THERE },
	{ "HELO too", false, LIT("a@b.c"), LIT("220 x\r\n550 5.7.1 no\r\n550 5.7.1 no\r\n"), "EHLO mx\r\nHELO mx\r\n", OK,
	  PROBE_UNSURE },
	{ "LHLO is refused", true, LIT("a@b.c"), LIT("220 x\r\n502 no\r\n"), "LHLO mx\r\n", OK, PROBE_UNSURE },
	{ "nobody may not write", false, LIT("a@b.c"), LIT("220 x\r\n250 x\r\n550 5.1.1 no\r\n"), "EHLO mx\r\nMAIL FROM:<>\r\n", OK,
	  PROBE_UNSURE },
	{ "closing down amid it", false, LIT("a@b.c"), LIT("220 x\r\n250 x\r\n421 bye\r\n"), "EHLO mx\r\nMAIL FROM:<>\r\n", OK,
	  PROBE_DEAD },
	{ "not SMTP", false, LIT("a@b.c"), LIT("HTTP/1.1 400 Bad Request\r\n"), "", OK, PROBE_DEAD },
	{ "a code that changes", false, LIT("a@b.c"), LIT("220-x\r\n250 x\r\n"), "", OK, PROBE_DEAD },
	{ "half a line", false, LIT("a@b.c"), LIT("220 x\r\n250"), "EHLO mx\r\n", AGAIN, PROBE_THERE },
	{ "TLS is offered, and not wanted", false, LIT("a@b.c"), LIT("220 x\r\n250-x\r\n250 STARTTLS\r\n250 ok\r\n250 ok\r\n"),
	  "EHLO mx\r\nMAIL FROM:<>\r\nRCPT TO:<a@b.c>\r\nQUIT\r\n", OK, PROBE_THERE },
	{ "half a reply", false, LIT("a@b.c"), LIT("220-x\r\n"), "", AGAIN, PROBE_THERE },
};

static const struct secured_row {
	struct talk_row talk;
	bool needs_tls;                        /* all want it */
	struct slice inside;                   /* what is heard after the handshake */
} secured[] = {
	{ { "TLS is offered, and wanted", false, LIT("a@b.c"), LIT("220 x\r\n250-x\r\n250-starttls\r\n250 SIZE\r\n220 go\r\n"),
	  "EHLO mx\r\nSTARTTLS\r\nEHLO mx\r\nMAIL FROM:<>\r\nRCPT TO:<a@b.c>\r\nQUIT\r\n", OK, PROBE_NOT_THERE },
	  false, LIT("250-x\r\n250 STARTTLS\r\n250 ok\r\n550 5.1.1 no\r\n") },
	{ { "TLS is needed", true, LIT("a@b.c"), LIT("220 x\r\n250-x\r\n250 STARTTLS\r\n220 go\r\n"),
	  "LHLO mx\r\nSTARTTLS\r\nLHLO mx\r\nMAIL FROM:<>\r\nRCPT TO:<a@b.c>\r\nQUIT\r\n", OK, PROBE_THERE },
	  true, LIT("250 x\r\n250 ok\r\n250 ok\r\n") },
	{ { "TLS is wanted, and not offered: a name is no offer", false, LIT("a@b.c"),
	  LIT("220 x\r\n250 STARTTLS\r\n250 ok\r\n250 ok\r\n"), "EHLO mx\r\nMAIL FROM:<>\r\nRCPT TO:<a@b.c>\r\nQUIT\r\n", OK,
	  PROBE_THERE },
	  false, LIT("") },
	{ { "TLS is wanted, and refused", false, LIT("a@b.c"),
	  LIT("220 x\r\n250-x\r\n250 STARTTLS\r\n454 no\r\n250 ok\r\n250 ok\r\n"),
	  "EHLO mx\r\nSTARTTLS\r\nMAIL FROM:<>\r\nRCPT TO:<a@b.c>\r\nQUIT\r\n", OK, PROBE_THERE },
	  false, LIT("") },
	{ { "TLS is needed, and not offered: nothing is asked", false, LIT("a@b.c"), LIT("220 x\r\n250 x\r\n"), "EHLO mx\r\n", OK,
	  PROBE_UNSURE },
	  true, LIT("") },
	{ { "TLS is needed, and refused", false, LIT("a@b.c"), LIT("220 x\r\n250-x\r\n250 STARTTLS\r\n454 no\r\n"),
	  "EHLO mx\r\nSTARTTLS\r\n", OK, PROBE_UNSURE },
	  true, LIT("") },
	{ { "TLS is needed, and EHLO is refused", false, LIT("a@b.c"), LIT("220 x\r\n502 no\r\n250 x\r\n"), "EHLO mx\r\nHELO mx\r\n", OK,
	  PROBE_UNSURE },
	  true, LIT("") },
	{ { "text behind the 220 is not heard", false, LIT("a@b.c"),
	  LIT("220 x\r\n250-x\r\n250 STARTTLS\r\n220 go\r\n250 x\r\n250 ok\r\n250 ok\r\n"), "EHLO mx\r\nSTARTTLS\r\n", OK, PROBE_UNSURE },
	  false, LIT("") },
};

static struct probe_talk begun(const struct talk_row *row)
{
	struct probe_talk talk = { .lmtp = row->lmtp, .hostname = SLICE("mx"), .recipient = row->recipient };

	reply_init(&talk.reply);
	return talk;
}

static void feed(struct probe_talk *talk, struct slice bytes, size_t step, struct buffer *in, struct buffer *out,
                 enum result *end)
{
	while (bytes.len && *end == AGAIN) {
		CHECK(buffer_add(in, slice_take(&bytes, step)) == OK, "room");
		*end = probe_hear(talk, in, out);
	}
}

/* In pieces of `step` bytes. */
static void check_talk(const struct talk_row *row, const struct secured_row *tls, size_t step)
{
	struct probe_talk talk = begun(row);
	struct buffer in, out;
	enum result end = AGAIN;

	buffer_init(&in, PROBE_INPUT);
	buffer_init(&out, PROBE_OUTPUT);
	talk.wants_tls = tls != NULL;
	talk.needs_tls = tls && tls->needs_tls;
	feed(&talk, row->replies, step, &in, &out, &end);
	if (end == AGAIN && tls && tls->inside.len) {
		CHECK(talk.stage == PROBE_SHAKING && probe_secured(&talk, &out) == AGAIN, row->about);
		feed(&talk, tls->inside, step, &in, &out, &end);
	}
	CHECK(end == row->result && (end != OK || talk.end == row->end), row->about);
	CHECK(slice_same(buffer_slice(&out), slice_of(row->said)), row->about);
	buffer_finish(&in);
	buffer_finish(&out);
}

/* Lines without an end, and replies without one. */
static void check_endless(const char *piece, const char *about)
{
	struct probe_talk talk = begun(&talks[0]);
	struct buffer in, out;
	enum result end = AGAIN;
	size_t heard = 0;

	buffer_init(&in, PROBE_INPUT);
	buffer_init(&out, PROBE_OUTPUT);
	for (; end == AGAIN && heard < 1 << 20; heard++)
		if (buffer_add(&in, slice_of(piece)) == OK)
			end = probe_hear(&talk, &in, &out);
	CHECK(end == OK && talk.end == PROBE_DEAD, about);
	buffer_finish(&in);
	buffer_finish(&out);
}

int main(void)
{
	for (size_t i = 0; i < COUNT_OF(judged); i++) {
		uint64_t code;

		CHECK(slice_number((struct slice){ judged[i].reply.at, 3 }, 599, &code) == OK &&
		      probe_judge((unsigned)code, judged[i].reply) == judged[i].end, judged[i].about);
	}
	for (size_t i = 0; i < COUNT_OF(talks); i++)
		for (size_t step = 1; step <= talks[i].replies.len; step++)
			check_talk(&talks[i], NULL, step);
	for (size_t i = 0; i < COUNT_OF(secured); i++)
		for (size_t step = 1; step <= secured[i].talk.replies.len; step++)
			check_talk(&secured[i].talk, &secured[i], step);
	check_endless("220-x\r\n", "a reply of endless lines");
	check_endless("2", "an endless line");
	return TEST_END();
}
