/* SPDX-License-Identifier: Apache-2.0 */
/* The real process, a queue and a resolver played by the test, and small servers on loopback. */
#include "relay/relay_scene.h"
#include "relay/relay.h"

#include "base/process.h"
#include "base/test.h"
#include "wire/queue-relay.h"

#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

/* --- rows ---------------------------------------------------------------------------------------- */

static const struct row {
	const char *about;
	const char *people[4];
	const char *fates;                 /* d l f b, by place */
	const char *reply[4];              /* how it begins */
	uint8_t flags;
	struct slice content;
} rows[] = {
	{ "smtp: one recipient", { "anna@smtp.test" }, "d", { "250 2.0.0 kept" }, 0, LIT("A: b\r\n\r\nhello\r\n") },
	{ "smtp: a dot at the start of a line", { "anna@smtp.test" }, "d", { "250" }, 0, LIT("A: b\r\n\r\n.\r\n..x\r\n") },
	{ "smtp: two of three", { "anna@smtp.test", "refuse@smtp.test", "bert@smtp.test" }, "dfd",
	  { "250", "550 5.1.1", "250" }, 0, LIT("A: b\r\n\r\nx\r\n") },
	{ "smtp: all refused", { "refuse@smtp.test", "later@smtp.test" }, "fl", { "550", "450" }, 0,
	  LIT("A: b\r\n\r\nx\r\n") },
	{ "smtp: refused after the dot", { "reject@smtp.test" }, "f", { "554 5.7.1" }, 0, LIT("A: b\r\n\r\nx\r\n") },
	{ "smtp: put off after the dot", { "tempfail@smtp.test" }, "l", { "451 4.3.0" }, 0, LIT("A: b\r\n\r\nx\r\n") },
	{ "smtp: vanishes after the dot", { "vanish@smtp.test" }, "l", { "451 4.4.2" }, 0, LIT("A: b\r\n\r\nx\r\n") },
	{ "smtp: after that, a new connection", { "anna@smtp.test" }, "d", { "250" }, 0, LIT("A: b\r\n\r\nx\r\n") },
	{ "smtp: a bare LF is not sent", { "anna@smtp.test" }, "f", { "554 5.6.0" }, 0, LIT("A: b\r\n\r\nx\ny\r\n") },
	{ "lmtp: a reply for each", { "anna@lmtp.test", "full@lmtp.test", "refuse@lmtp.test" }, "dlf",
	  { "250", "452 4.2.2", "550" }, 0, LIT("A: b\r\n\r\nx\r\n") },
	{ "lmtp over a UNIX socket", { "full@sock.test", "anna@sock.test" }, "ld", { "452 4.2.2", "250" }, 0,
	  LIT("A: b\r\n\r\nx\r\n") },
	{ "no extensions, by a name that the resolver knows", { "anna@plain.test" }, "d", { "250" }, 0,
	  LIT("A: b\r\n\r\nx\r\n") },
	{ "said to have 8 bits, and has none", { "anna@plain.test" }, "d", { "250" }, DELIVER_EIGHT_BIT,
	  LIT("A: b\r\n\r\nx\r\n") },
	{ "8 bits in a header to a hop that does not take them", { "anna@plain.test" }, "f", { "554 5.6.3" },
	  DELIVER_EIGHT_BIT, LIT("A: \xe4\r\n\r\nx\r\n") },
	{ "UTF-8 asked for, and not needed", { "anna@smtp.test" }, "d", { "250" }, DELIVER_UTF8,
	  LIT("A: b\r\n\r\nx\r\n") },
	{ "UTF-8 in a header, and no SMTPUTF8", { "anna@smtp.test" }, "f", { "550 5.6.7" }, DELIVER_UTF8,
	  LIT("A: \xc3\xa4\r\n\r\nx\r\n") },
	{ "UTF-8 in one address: the other goes", { "\xc3\xa4@smtp.test", "anna@smtp.test" }, "fd", { "550 5.6.7", "250" },
	  DELIVER_UTF8, LIT("A: b\r\n\r\nx\r\n") },
	{ "8 bits to a hop that does not take them: converted", { "anna@plain.test" }, "d", { "250" }, DELIVER_EIGHT_BIT,
	  LIT("Content-Type: text/plain\r\n\r\n.\xc3\xa4\r\n") },
	{ "8 bits to one that does", { "anna@smtp.test" }, "d", { "250" }, DELIVER_EIGHT_BIT,
	  LIT("A: b\r\n\r\n\xc3\xa4\r\n") },
	{ "the first target is down, the second is not", { "anna@two.test" }, "d", { "250" }, 0, LIT("A: b\r\n\r\nx\r\n") },
	{ "the only target is down", { "anna@down.test" }, "l", { "451 4.4.1 smtp://127.0.0.1:1 refused the connection" },
	  0, LIT("A: b\r\n\r\nx\r\n") },
	{ "and is left alone for a while", { "anna@down.test" }, "l", { "451 4.4.1" }, 0, LIT("A: b\r\n\r\nx\r\n") },
	{ "a server without a greeting", { "anna@mute.test" }, "l", { "451 4.4.2" }, 0, LIT("A: b\r\n\r\nx\r\n") },
	{ "a mailbox", { "Anna@Box.Test" }, "d", { "250" }, 0, LIT("A: b\r\n\r\nx\r\n") },
	{ "a mailbox and two servers at once", { "anna@box.test", "anna@smtp.test", "anna@lmtp.test" }, "ddd",
	  { "250", "250", "250" }, 0, LIT("A: b\r\n\r\nx\r\n") },
	{ "a domain that does not exist", { "anna@nowhere.test" }, "f", { "550 5.1.2" }, 0, LIT("A: b\r\n\r\nx\r\n") },
	{ "a domain that takes no mail", { "anna@null.test" }, "f", { "556 5.1.10" }, 0, LIT("A: b\r\n\r\nx\r\n") },
	{ "the DNS is broken", { "anna@broken.test" }, "l", { "451 4.4.3" }, 0, LIT("A: b\r\n\r\nx\r\n") },
	{ "MX: a name with a line end is no name", { "anna@odd.test" }, "l", { "451 4.4.3" }, 0, LIT("A: b\r\n\r\nx\r\n") },
	{ "MX: ourselves", { "anna@us-mx.test" }, "f", { "550 5.4.6" }, 0, LIT("A: b\r\n\r\nx\r\n") },
	{ "MX: signed, and no answer about TLSA records: nothing goes without them", { "anna@signed.test" }, "l",
	  { "451 4.4.3 smtp://mx.signed.test:25 could not be looked up" }, 0, LIT("A: b\r\n\r\nx\r\n") },
	{ "a mailbox that it has been in before", { "anna@box.test" }, "f", { "554 5.4.6" }, 0,
	  LIT("Delivered-To: Anna@box.test\r\nA: b\r\n\r\nx\r\n") },
	{ "another's mailbox", { "anna@box.test" }, "d", { "250" }, 0, LIT("Delivered-To: bert@box.test\r\nA: b\r\n\r\nx\r\n") },
	{ "MX: a host at 127.0.0.1 is not tried", { "anna@loop.test" }, "f", { "550 5.4.6" }, 0, LIT("A: b\r\n\r\nx\r\n") },
};

static bool was_delivered(const struct heard *heard)
{
	return heard->outcome == RELAY_DELIVERED || heard->outcome == RELAY_RELAYED || heard->outcome == RELAY_PASSED_ON;
}

static void check_result(const struct row *row, const struct heard *heard, bool *seen)
{
	static const char letters[] = { [RELAY_DELIVERED] = 'd', [RELAY_DEFERRED] = 'l', [RELAY_FAILED] = 'f',
	                                [RELAY_BUSY] = 'b', [RELAY_RELAYED] = 'd', [RELAY_PASSED_ON] = 'd' };

	CHECK(heard->kind == RELAY_RESULT && heard->place < 4 && !seen[heard->place], row->about);
	if (heard->kind != RELAY_RESULT || heard->place >= 4)
		return;
	seen[heard->place] = true;
	CHECK(letters[heard->outcome] == row->fates[heard->place], row->about);
	CHECK(row->reply[heard->place] && strncmp(heard->reply, row->reply[heard->place],
	                                          strlen(row->reply[heard->place])) == 0, heard->reply);
}

static void try_row(const struct row *row, unsigned number)
{
	char id[32];
	bool seen[4] = { false };

	(void)snprintf(id, sizeof(id), "ROW%013u", number);
	CHECK(deliver(id, row->content, row->flags, row->people) == OK, row->about);
	for (size_t i = 0; row->fates[i]; i++) {
		struct heard heard = hear();

		check_result(row, &heard, seen);
		CHECK(note(&heard) == OK, row->about);
	}
	struct heard heard = hear();
	CHECK(heard.kind == RELAY_ENDED && strcmp(heard.id, id) == 0, row->about);
}

static void look_at_content(void)
{
	static const char want[] = "Received: by us.test\r\nA: b\r\n\r\n..\r\n...x\r\n.\r\n";

	try_row(&rows[1], 100);
	CHECK(scene.smtp.length == strlen(want) && memcmp(scene.smtp.content, want, strlen(want)) == 0,
	      "our trace, the bytes, and the dots doubled");
	CHECK(slice_same((struct slice){ scene.plain.content, scene.plain.length },
	                 SLICE("Received: by us.test\r\nContent-Type: text/plain\r\nMIME-Version: 1.0\r\n"
	                       "Content-Transfer-Encoding: quoted-printable\r\n\r\n=2E=C3=A4\r\n.\r\n")),
	      "and the converted one has 7 bits");
	CHECK(scene.smtp.connections < scene.smtp.messages, "connections are used again");
}

static void look_at_mailbox(void)
{
	char path[160], bytes[256] = "";
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/mail/box.test/Anna/new/ROW0000000000023.1.0.us.test", scene.folder);
	file = fopen(path, "r");
	CHECK(file != NULL && fread(bytes, 1, sizeof(bytes) - 1, file) > 0, "the mail lies in its folder");
	if (file)
		(void)fclose(file);
	CHECK(strcmp(bytes,
	             "Return-Path: <sender@from.test>\nDelivered-To: Anna@Box.Test\nReceived: by us.test\nA: b\n\nx\n") == 0,
	      "with its headers, and LF");
}

/* Many blocks through the socket, and one message too many for SIZE. */
static void large_ones(void)
{
	static const char *const anna[] = { "anna@smtp.test", NULL };
	static char bytes[600000];
	struct heard heard;

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = i % 50 == 48 ? '\r' : i % 50 == 49 ? '\n' : i % 50 == 0 ? '.' : 'x';
	CHECK(deliver("LARGE00000000001", (struct slice){ bytes, 400000 }, 0, anna) == OK, "a large one");
	heard = hear();
	CHECK(was_delivered(&heard) && note(&heard) == OK && hear().kind == RELAY_ENDED, "it goes through");
	CHECK(scene.smtp.length == 22 + 400000 + 400000 / 50 + 3, "with a dot more for each line");
	CHECK(deliver("LARGE00000000002", (struct slice){ bytes, 600000 }, 0, anna) == OK, "a larger one");
	heard = hear();
	CHECK(heard.outcome == RELAY_FAILED && strncmp(heard.reply, "552 5.3.4", 9) == 0, "is larger than the server's SIZE");
	CHECK(note(&heard) == OK && hear().kind == RELAY_ENDED, "and ends");
}

/* --- servers that are silent ------------------------------------------------------------------------- */

static void time_runs_out(void)
{
	static const char *const people[] = { "anna@line.test", "hush@hush.test", "deaf@deaf.test", "mum@mum.test", NULL };
	static const char *const replies[] = { "did not accept the connection in time", "took too long", "took too long",
		                               "took too long" };
	static char bytes[8 << 20];
	unsigned heard_of = 0;

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = "x\r\n"[i % 64 < 62 ? 0 : i % 64 - 61];
	CHECK(deliver("SILENT0000000001", (struct slice){ bytes, sizeof(bytes) }, 0, people) == OK, "four silent servers");
	for (size_t i = 0; i < COUNT_OF(replies); i++) {
		struct heard heard = hear();

		CHECK(heard.kind == RELAY_RESULT && heard.outcome == RELAY_DEFERRED && heard.place < 4, "put off");
		CHECK(heard.place < 4 && strncmp(heard.reply, "451 4.4.2 smtp://", 17) == 0 &&
		      strstr(heard.reply, replies[heard.place]), heard.reply);
		heard_of |= 1u << heard.place;
		CHECK(note(&heard) == OK, "noted");
	}
	CHECK(heard_of == 15 && hear().kind == RELAY_ENDED, "each of them, once");
}

/* --- new settings ---------------------------------------------------------------------------------------- */

static uint8_t reload(const char *format, ...) __attribute__((format(printf, 1, 2)));
static uint8_t reload(const char *format, ...)
{
	struct frame frame = { .fd = -1 };
	char more[256];
	va_list list;

	va_start(list, format);
	(void)vsnprintf(more, sizeof(more), format, list);
	va_end(list);
	write_conf(more);
	CHECK(hand_settings(SUPERVISOR_RELOAD) == OK, "new settings");
	do
		CHECK(frame_receive(scene.control, &scene.payload, &frame) == OK, "are answered");
	while (frame.kind == PROCESS_READY);
	return frame.kind;
}

static void new_settings(void)
{
	static const struct row before = { "not yet our domain", { "anna@late.test" }, "l", { "451 4.4.3" }, 0,
		                           LIT("A: b\r\n\r\nx\r\n") };
	static const struct row after = { "our domain now", { "anna@late.test" }, "d", { "250" }, 0,
		                          LIT("A: b\r\n\r\nx\r\n") };

	try_row(&before, 200);
	CHECK(reload("domain \"late.test\" { deliver = {\"smtp://127.0.0.1:%u\"} }\n", scene.smtp.port) == PROCESS_RELOADED,
	      "a new domain");
	try_row(&after, 201);
	CHECK(reload("domain \"late.test\" { deliver = {\"maildir:%s/other\"} }\n", scene.folder) == PROCESS_WARN,
	      "a new folder needs a restart");
	CHECK(reload("domain \"late.test\" { deliver = {\"lmtp:///run/elsewhere/lmtp\"} }\n") == PROCESS_WARN,
	      "and so does a new folder of sockets");
	try_row(&after, 202);
}

/* --- the queue dies and comes back ------------------------------------------------------------------ */

static void queue_restarts(void)
{
	static const char *const slow[] = { "slow@smtp.test", NULL };
	struct heard heard;
	uint64_t exchange;

	CHECK(deliver("SLOW000000000001", SLICE("A: b\r\n\r\nx\r\n"), 0, slow) == OK, "a slow delivery");
	(void)poll(NULL, 0, 200);
	(void)close(scene.queue);
	scene.queue = new_wire("queue");
	heard = hear();
	CHECK(heard.kind == RELAY_HOLDING && strcmp(heard.id, "SLOW000000000001") == 0 && heard.serial == 1, "it goes on");
	CHECK(hear().kind == RELAY_RESUMED, "then the queue may lend");
	heard = hear();
	exchange = heard.exchange;
	CHECK(heard.kind == RELAY_RESULT && was_delivered(&heard), "its result comes to the new queue");
	(void)close(scene.queue);
	scene.queue = new_wire("queue");
	heard = hear();
	CHECK(heard.kind == RELAY_RESULT && heard.exchange == exchange, "not noted: it comes again");
	CHECK(hear().kind == RELAY_RESUMED, "and nothing is held");
	CHECK(note(&heard) == OK && hear().kind == RELAY_ENDED, "noted: it ends");
}

/* What comes after STOPPING waits for the next queue. */
static void queue_stops(void)
{
	static const char *const anna[] = { "anna@smtp.test", NULL };
	struct heard heard;

	CHECK(frame_send(scene.queue, QUEUE_STOPPING, 0, SLICE(""), -1) == OK, "the queue is about to end");
	CHECK(deliver("STOP000000000001", SLICE("A: b\r\n\r\nx\r\n"), 0, anna) == OK, "what it lends now");
	(void)poll(NULL, 0, 200);
	(void)close(scene.queue);
	scene.queue = new_wire("queue");
	heard = hear();
	CHECK(heard.kind == RELAY_HOLDING && strcmp(heard.id, "STOP000000000001") == 0, "was not begun");
	CHECK(hear().kind == RELAY_RESUMED, "then the next queue is there");
	heard = hear();
	CHECK(heard.kind == RELAY_RESULT && was_delivered(&heard), "and hears how it went");
	CHECK(note(&heard) == OK && hear().kind == RELAY_ENDED, "noted");
}

static void line_is_full(void)
{
	static const char *const slow[] = { "slow@smtp.test", NULL };
	unsigned busy = 0, delivered = 0, ended = 0;

	for (unsigned i = 0; i < 30; i++) {
		char id[32];

		(void)snprintf(id, sizeof(id), "FULL%012u", i);
		CHECK(deliver(id, SLICE("A: b\r\n\r\nx\r\n"), 0, slow) == OK, "many at once");
	}
	for (unsigned i = 0; i < 60; i++) {
		struct heard heard = hear();

		busy += heard.kind == RELAY_RESULT && heard.outcome == RELAY_BUSY;
		delivered += heard.kind == RELAY_RESULT && was_delivered(&heard);
		ended += heard.kind == RELAY_ENDED;
		if (heard.kind == RELAY_RESULT)
			CHECK(note(&heard) == OK, "noted");
	}
	CHECK(busy > 0 && delivered > 0 && busy + delivered == 30 && ended == 30,
	      "the line has an end, and nobody is forgotten");
}

/* --- from beginning to end --------------------------------------------------------------------------- */

/* What is at its final dot is ended first, and its result still told. */
static void stop_relay(void)
{
	static const char *const slow[] = { "slow@smtp.test", NULL };
	struct heard heard;
	int status = -1;

	CHECK(deliver("LAST000000000001", SLICE("A: b\r\n\r\nx\r\n"), 0, slow) == OK, "a slow delivery");
	(void)poll(NULL, 0, 200);
	CHECK(frame_send(scene.control, SUPERVISOR_STOP, 0, SLICE(""), -1) == OK, "it is asked to stop");
	heard = hear();
	CHECK(heard.kind == RELAY_RESULT && was_delivered(&heard) && note(&heard) == OK,
	      "the result comes before it ends");
	CHECK(waitpid(scene.pid, &status, 0) == scene.pid && WIFEXITED(status) && WEXITSTATUS(status) == 0,
	      "and ends in order");
}

int main(int argc, char **argv)
{
	pthread_t resolver;

	if (argc > 0 && strcmp(argv[0], "/proc/self/exe") == 0)
		return relay_main();
	(void)signal(SIGPIPE, SIG_IGN);
	/* As root the jail wants the account that is made at installation: the test is somebody else. */
	if (geteuid() == 0 && (setgroups(0, NULL) != 0 || setresgid(65534, 65534, 65534) != 0 ||
	                       setresuid(65534, 65534, 65534) != 0))
		return 1;
	CHECK(set_up(), "the relay starts");
	CHECK(pthread_create(&resolver, NULL, play_resolver, &scene.resolver) == 0 && pthread_detach(resolver) == 0,
	      "a resolver");
	CHECK(hear().kind == RELAY_RESUMED, "a new relay has nothing to tell");
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		try_row(&rows[i], (unsigned)i);
	look_at_content();
	look_at_mailbox();
	large_ones();
	time_runs_out();
	new_settings();
	queue_restarts();
	queue_stops();
	line_is_full();
	stop_relay();
	CHECK(remove_it(scene.folder) == 0, "nothing is left");
	buffer_finish(&scene.payload);
	return TEST_END();
}
