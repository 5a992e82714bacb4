/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The real front in a process of its own and in its jail, between clients on loopback sockets and a
 * queue that this test plays. Each scene is a row with the settings that it needs.
 */
#include "front/front_scene.h"

/* ---- scenes ---- */

static void a_message_is_kept(struct scene *scene)
{
	closing int fd = dial(scene);
	struct taken taken;
	char wanted[64];

	begin_message(fd, scene->about);
	say(fd, SLICE("Subject: x\r\n\r\n..dot\r\nhello\r\n.\r\n"));
	take_deposit(scene, &taken);
	CHECK(slice_same((struct slice){ taken.bytes, (size_t)taken.size }, SLICE("Subject: x\r\n\r\n.dot\r\nhello\r\n")),
	      scene->about);
	CHECK(slice_same(taken.envelope.sender, SLICE("a@b.example")) && taken.envelope.recipient_count == 1, scene->about);
	CHECK(slice_same(taken.envelope.client_address, SLICE("127.0.0.1")) &&
	      slice_same(taken.envelope.listener, SLICE("smtp")),
	      scene->about);
	CHECK(slice_begins(taken.envelope.trace,
	                   SLICE("Received: from client.example (unknown [127.0.0.1])\r\n\tby mx.example.org "
	                                               "(Postern) with ESMTP\r\n\tid ")), scene->about);
	CHECK(contains(taken.envelope.trace, "\r\n\tfor <u@example.org>;\r\n\t"), scene->about);
	(void)snprintf(wanted, sizeof(wanted), "250 2.0.0 accepted as %.*s", SHOW(taken.envelope.id));
	answer(scene, &taken, QUEUE_KEPT, SLICE(""));
	hear(fd, wanted, scene->about);
	ask(fd, "QUIT\r\n", "221", scene->about);
	hear(fd, "", scene->about);
}

static void the_queue_decides(struct scene *scene)
{
	closing int fd = dial(scene);
	struct taken taken;

	begin_message(fd, scene->about);
	say(fd, SLICE("x\r\n.\r\n"));
	take_deposit(scene, &taken);
	answer(scene, &taken, QUEUE_REFUSED, SLICE("550 5.7.1 a virus"));
	hear(fd, "550 5.7.1 a virus", scene->about);
	ask(fd, "RCPT TO:<u@example.org>\r\n", "503", scene->about);
	say(fd, SLICE("MAIL FROM:<>\r\nRCPT TO:<postmaster>\r\nDATA\r\n"));
	hear(fd, "250", scene->about);
	hear(fd, "250", scene->about);
	hear(fd, "354", scene->about);
	say(fd, SLICE(".\r\nNOOP\r\nQUIT\r\n"));
	take_deposit(scene, &taken);
	CHECK(taken.size == 0 && slice_same(taken.envelope.recipients[0].address, SLICE("postmaster@example.org")),
	      scene->about);
	answer(scene, &taken, QUEUE_LATER, SLICE("452 4.3.1 full"));
	hear(fd, "452 4.3.1 full", scene->about);
	hear(fd, "250 2.0.0 nothing", scene->about);
	hear(fd, "221", scene->about);
}

static void broken_lines_are_refused(struct scene *scene)
{
	closing int fd = dial(scene);

	begin_message(fd, scene->about);
	say(fd, SLICE("x\n.\nMAIL FROM:<s@m>\r\n.\r\n"));
	hear(fd, "550 5.6.0", scene->about);
	ask(fd, "NOOP\n", "500 5.5.2", scene->about);
	ask(fd, "RSET\r\n", "250", scene->about);
}

static void broken_lines_of_ours_are_put_right(struct scene *scene)
{
	closing int fd = dial(scene);
	struct taken taken;

	begin_message(fd, scene->about);
	say(fd, SLICE("Subject: x\n\nx\0\n.\nMAIL FROM:<s@m>\r.\rx\r\n.\r\n"));
	take_deposit(scene, &taken);
	CHECK(slice_same((struct slice){ taken.bytes, (size_t)taken.size },
	                 SLICE("Subject: x\r\n\r\nx\r\n.\r\nMAIL FROM:<s@m>\r\n.\r\nx\r\n")), scene->about);
	CHECK(taken.envelope.flags & ENVELOPE_NORMALISED, scene->about);
	answer(scene, &taken, QUEUE_KEPT, SLICE(""));
	hear(fd, "250", scene->about);
}

static void nobody_speaks_before_354(struct scene *scene)
{
	closing int fd = dial(scene);

	hear(fd, "220", scene->about);
	say(fd, SLICE("EHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<u@example.org>\r\nDATA\r\nSubject: x\r\n.\r\n"));
	hear(fd, "250", scene->about);
	hear(fd, "250", scene->about);
	hear(fd, "250", scene->about);
	hear(fd, "554 5.5.0", scene->about);
	hear(fd, "", scene->about);
}

static void a_thousand_commands(struct scene *scene)
{
	static char many[1000 * 6];
	closing int fd = dial(scene);

	for (size_t i = 0; i < sizeof(many); i++)
		many[i] = "NOOP\r\n"[i % 6];
	hear(fd, "220", scene->about);
	say(fd, (struct slice){ many, sizeof(many) });
	for (int i = 0; i < 1000; i++)
		hear(fd, "250 2.0.0", scene->about);
	for (size_t i = 0; i < sizeof(many); i++)
		many[i] = 'x';
	say(fd, (struct slice){ many, sizeof(many) });
	ask(fd, "\r\n", "500 5.5.2 line too long", scene->about);
	ask(fd, "NOOP\r\n", "250", scene->about);
}

static void a_local_user_submits(struct scene *scene)
{
	closing int fd = dial_local(scene);
	struct taken taken;

	begin_message(fd, scene->about);
	say(fd, SLICE("From: me\r\nSubject: x\r\n\r\nDate: none\r\n.\r\n"));
	take_deposit(scene, &taken);
	CHECK(taken.envelope.flags == (ENVELOPE_LOCAL | ENVELOPE_TRUSTED) && taken.envelope.uid == getuid(), scene->about);
	CHECK(slice_begins(taken.envelope.trace, SLICE("Received: by mx.example.org (Postern, uid ")), scene->about);
	CHECK(contains(taken.envelope.trace, "\r\nDate: ") && contains(taken.envelope.trace, "\r\nMessage-ID: <"),
	      scene->about);
	CHECK(!contains(taken.envelope.trace, "\r\nFrom: "), scene->about);
	answer(scene, &taken, QUEUE_KEPT, SLICE(""));
	hear(fd, "250", scene->about);
}

/* A newcomer is not greeted while there is nobody to take its mail; it waits in the kernel's line. */
static int dial_in_vain(struct scene *scene)
{
	int fd = dial(scene);
	char byte;

	(void)usleep(100000);
	CHECK(recv(fd, &byte, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN, scene->about);
	return fd;
}

static void the_queue_goes_and_comes(struct scene *scene)
{
	closing int fd = dial(scene), newcomer = -1;
	struct taken taken;

	begin_message(fd, scene->about);
	say(fd, SLICE("x\r\n.\r\n"));
	take_deposit(scene, &taken);
	fd_close(&taken.frame.fd);
	arena_finish(&taken.arena);
	fd_close(&scene->queue);
	hear(fd, "451 4.3.0", scene->about);
	ask(fd, "MAIL FROM:<a@b>\r\n", "451 4.3.0", scene->about);
	newcomer = dial_in_vain(scene);
	give_queue(scene);
	say_room(scene, 0);
	hear(newcomer, "220", scene->about);
	for (int i = 0; i < 100; i++) {
		char line[256] = "";

		say(fd, SLICE("MAIL FROM:<a@b>\r\n"));
		(void)hear_line(fd, line, sizeof(line));
		if (slice_begins(slice_of(line), SLICE("452 4.3.1")))
			break;
		(void)usleep(10000);
		CHECK(i < 99 && !slice_begins(slice_of(line), SLICE("421")), scene->about);
		ask(fd, "RSET\r\n", "250", scene->about);
	}
	say_room(scene, 1);
	expect_process(scene, PROCESS_WIRE_LOST);
	CHECK(frame_send(scene->control, SUPERVISOR_PING, 0, SLICE(""), -1) == OK, scene->about);
	expect_process(scene, PROCESS_ALIVE);
}

static void too_large_is_drained(struct scene *scene)
{
	static char line[1000];
	closing int fd = dial(scene);

	for (size_t i = 0; i < sizeof(line); i++)
		line[i] = "x\r\n"[i < 998 ? 0 : i - 997];
	begin_message(fd, scene->about);
	for (int i = 0; i < 100; i++)
		say(fd, (struct slice){ line, sizeof(line) });
	say(fd, SLICE(".\r\n"));
	hear(fd, "552 5.3.4", scene->about);
	ask(fd, "MAIL FROM:<a@b> SIZE=100000\r\n", "552 5.3.4", scene->about);
}

static void new_settings_for_all(struct scene *scene)
{
	closing int fd = dial(scene);
	struct buffer packed;

	buffer_init(&packed, BIG);
	hear(fd, "220", scene->about);
	ask(fd, "EHLO x\r\n", "250", scene->about);
	ask(fd, "MAIL FROM:<a@b> SIZE=100000\r\n", "552", scene->about);
	pack_settings("hostname = \"mx.example.org\"\ndomain \"example.com\" { }\nfront { message_limit = 200000 }\n",
	              &packed);
	CHECK(process_hand_blob(scene->control, SUPERVISOR_RELOAD, buffer_slice(&packed)) == OK, scene->about);
	expect_process(scene, PROCESS_RELOADED);
	ask(fd, "MAIL FROM:<a@b> SIZE=100000\r\n", "250", scene->about);
	ask(fd, "RCPT TO:<postmaster@example.com>\r\n", "250", scene->about);
	buffer_finish(&packed);
}

static void the_cap_makes_others_wait(struct scene *scene)
{
	static char line[1000];
	closing int one = dial(scene);
	closing int two = dial(scene);
	struct taken first, second;

	for (size_t i = 0; i < sizeof(line); i++)
		line[i] = "x\r\n"[i < 998 ? 0 : i - 997];
	begin_message(one, scene->about);
	begin_message(two, scene->about);
	for (int i = 0; i < 700; i++)
		say(one, (struct slice){ line, sizeof(line) });
	(void)usleep(100000);
	for (int i = 0; i < 400; i++)
		say(two, (struct slice){ line, sizeof(line) });
	say(two, SLICE(".\r\n"));
	say(one, SLICE(".\r\n"));
	take_deposit(scene, &first);
	answer(scene, &first, QUEUE_KEPT, SLICE(""));
	hear(one, "250", scene->about);
	take_deposit(scene, &second);
	answer(scene, &second, QUEUE_KEPT, SLICE(""));
	hear(two, "250", scene->about);
}

static void strangers_have_limits(struct scene *scene)
{
	closing int early = dial(scene);
	closing int one = -1;
	closing int two = -1;

	say(early, SLICE("EHLO x\r\n"));
	hear(early, "554 5.5.0", scene->about);
	hear(early, "", scene->about);
	fd_close(&early);
	(void)usleep(100000);
	one = dial(scene);
	hear(one, "220", scene->about);
	early = dial(scene);
	two = dial(scene);
	hear(two, "421 4.7.0", scene->about);
	ask(one, "EHLO x\r\n", "250", scene->about);
	ask(one, "MAIL FROM:<a@b>\r\n", "250", scene->about);
	ask(one, "RCPT TO:<u@elsewhere.example>\r\n", "550 5.7.1", scene->about);
	say(one, SLICE("NO"));
	hear(one, "421 4.4.2", scene->about);
	hear(one, "", scene->about);
}

/* All wait at once; the answers come in the other order, each to its own client. */
static void many_at_once(struct scene *scene)
{
	static struct taken taken[MANY];
	int clients[MANY];

	for (int i = 0; i < MANY; i++)
		clients[i] = dial(scene);
	for (int i = 0; i < MANY; i++) {
		begin_message(clients[i], scene->about);
		say(clients[i], SLICE("x\r\n.\r\n"));
		take_deposit(scene, &taken[i]);
	}
	for (int i = MANY - 1; i >= 0; i--) {
		char reply[32];

		(void)snprintf(reply, sizeof(reply), "550 5.7.1 you are %d.", i);
		answer(scene, &taken[i], QUEUE_REFUSED, slice_of(reply));
		hear(clients[i], reply, scene->about);
		fd_close(&clients[i]);
	}
}

static void answers_to_nothing_end_the_wire(struct scene *scene)
{
	closing int fd = dial(scene);
	struct frame frame = { .fd = -1 };

	hear(fd, "220", scene->about);
	ask(fd, "EHLO x\r\n", "250", scene->about);
	CHECK(frame_send(scene->queue, QUEUE_KEPT, UINT64_C(1) << 40, SLICE(""), -1) == OK, scene->about);
	CHECK(frame_receive(scene->queue, &scene->payload, &frame) == AGAIN, scene->about);
	ask(fd, "MAIL FROM:<a@b>\r\n", "451", scene->about);
}

/* The client hangs up in its body: nothing is deposited, and its bytes are given back. */
static void half_a_message_is_none(struct scene *scene)
{
	struct taken taken;
	int fd = dial(scene);

	begin_message(fd, scene->about);
	say(fd, SLICE("half\r\n"));
	fd_close(&fd);
	fd = dial(scene);
	begin_message(fd, scene->about);
	say(fd, SLICE("whole\r\n.\r\n"));
	take_deposit(scene, &taken);
	CHECK(slice_same((struct slice){ taken.bytes, (size_t)taken.size }, SLICE("whole\r\n")), scene->about);
	answer(scene, &taken, QUEUE_KEPT, SLICE(""));
	hear(fd, "250", scene->about);
	fd_close(&fd);
}

static void slow_bodies_are_ended(struct scene *scene)
{
	closing int fd = dial(scene);

	begin_message(fd, scene->about);
	say(fd, SLICE("x"));
	hear(fd, "421 4.4.2 too slow", scene->about);
	hear(fd, "", scene->about);
}

/* Bytes that came in a hurry are no reason to wait for the rest. */
static void a_burst_buys_no_silence(struct scene *scene)
{
	static char line[1000];
	closing int fd = dial(scene);

	for (size_t i = 0; i < sizeof(line); i++)
		line[i] = "x\r\n"[i < 998 ? 0 : i - 997];
	begin_message(fd, scene->about);
	for (int i = 0; i < 100; i++)
		say(fd, (struct slice){ line, sizeof(line) });
	hear(fd, "421 4.4.2 too slow", scene->about);
}

static void eight_bits_are_noticed(struct scene *scene)
{
	closing int fd = dial(scene);
	struct taken taken;

	begin_message(fd, scene->about);
	say(fd, SLICE("Subject: x\r\n\r\nna\xc3\xafve\r\n.\r\n"));
	take_deposit(scene, &taken);
	CHECK(taken.envelope.flags == (ENVELOPE_TRUSTED | ENVELOPE_EIGHT_BIT), scene->about);
	answer(scene, &taken, QUEUE_KEPT, SLICE(""));
	hear(fd, "250", scene->about);
	say(fd, SLICE("MAIL FROM:<a@b.example>\r\nRCPT TO:<u@example.org>\r\nDATA\r\n"));
	hear(fd, "250", scene->about);
	hear(fd, "250", scene->about);
	hear(fd, "354", scene->about);
	say(fd, SLICE("x\r\n.\r\n"));
	take_deposit(scene, &taken);
	CHECK(taken.envelope.flags == ENVELOPE_TRUSTED, scene->about);
	answer(scene, &taken, QUEUE_KEPT, SLICE(""));
	hear(fd, "250", scene->about);
}

static void who_hangs_up_takes_it_back(struct scene *scene)
{
	struct frame frame = { .fd = -1 };
	int fd = dial(scene);
	struct taken taken;

	begin_message(fd, scene->about);
	say(fd, SLICE("x\r\n.\r\n"));
	take_deposit(scene, &taken);
	fd_close(&fd);
	CHECK(frame_receive(scene->queue, &scene->payload, &frame) == OK && frame.kind == FRONT_CANCEL &&
	      frame.exchange == taken.frame.exchange, scene->about);
	answer(scene, &taken, QUEUE_KEPT, SLICE(""));      /* it had been kept already: no harm */
	a_message_is_kept(scene);
}

/* Somebody who has more to say may be gone or not: the verdict is waited for, and nothing spins. */
static void who_has_more_to_say_is_there(struct scene *scene)
{
	int fd = dial(scene);
	struct pollfd quiet = { .fd = scene->queue, .events = POLLIN };
	struct taken taken;

	begin_message(fd, scene->about);
	say(fd, SLICE("x\r\n.\r\nQUIT\r\n"));
	take_deposit(scene, &taken);
	CHECK(poll(&quiet, 1, 300) == 0, scene->about);
	answer(scene, &taken, QUEUE_KEPT, SLICE(""));
	hear(fd, "250 2.0.0", scene->about);
	hear(fd, "221", scene->about);
	fd_close(&fd);
}

static int dial_as_nobody(const struct scene *scene)
{
	bool root = geteuid() == 0;
	int fd;

	CHECK(!root || seteuid(NOBODY) == 0, scene->about);
	fd = dial_local(scene);
	CHECK(!root || seteuid(0) == 0, scene->about);
	return fd;
}

static void a_local_user_has_a_share(struct scene *scene)
{
	closing int one = dial_as_nobody(scene);
	closing int two = dial_as_nobody(scene);
	closing int three = dial_as_nobody(scene);
	closing int other = dial(scene);

	hear(one, "220", scene->about);
	hear(two, "220", scene->about);
	hear(three, "421 4.7.0", scene->about);
	hear(other, "220", scene->about);
	ask(one, "QUIT\r\n", "221", scene->about);
	hear(one, "", scene->about);
	fd_close(&three);
	three = dial_as_nobody(scene);
	hear(three, "220", scene->about);
}

static void a_stop_waits_for_the_verdict(struct scene *scene)
{
	closing int waiting = dial(scene);
	closing int idle = dial(scene);
	struct taken taken;

	begin_message(waiting, scene->about);
	say(waiting, SLICE("x\r\n.\r\n"));
	take_deposit(scene, &taken);
	hear(idle, "220", scene->about);
	CHECK(frame_send(scene->control, SUPERVISOR_STOP, 0, SLICE(""), -1) == OK, scene->about);
	hear(idle, "421 4.3.2", scene->about);
	hear(idle, "", scene->about);
	answer(scene, &taken, QUEUE_KEPT, SLICE(""));
	hear(waiting, "250 2.0.0", scene->about);
	hear(waiting, "421 4.3.2", scene->about);
}

static void begin_chunks(int fd, const char *about)
{
	hear(fd, "220", about);
	ask(fd, "EHLO client.example\r\n", "250 ENH", about);
	ask(fd, "MAIL FROM:<a@b.example>\r\n", "250", about);
	ask(fd, "RCPT TO:<u@example.org>\r\n", "250", about);
}

/* Every command of a message, its bytes and the next message in one write; a dot is a byte like others. */
static void chunks_are_a_message(struct scene *scene)
{
	closing int fd = dial(scene);
	struct taken taken;

	begin_chunks(fd, scene->about);
	say(fd, SLICE("BDAT 16\r\nSubject: x\r\n\r\n.\rBDAT 0\r\nBDAT 9\r\n\n..\nNOOP\nBDAT 2 LAST\r\n\r\nNOOP\r\n"));
	hear(fd, "250 2.0.0 chunk", scene->about);
	hear(fd, "250 2.0.0 chunk", scene->about);
	hear(fd, "250 2.0.0 chunk", scene->about);
	take_deposit(scene, &taken);
	CHECK(slice_same((struct slice){ taken.bytes, (size_t)taken.size },
	                 SLICE("Subject: x\r\n\r\n.\r\n..\r\nNOOP\r\n\r\n")), scene->about);
	CHECK(taken.envelope.flags & ENVELOPE_NORMALISED && !(taken.envelope.flags & ENVELOPE_TRUSTED), scene->about);
	answer(scene, &taken, QUEUE_KEPT, SLICE(""));
	hear(fd, "250 2.0.0 accepted", scene->about);
	hear(fd, "250 2.0.0 nothing", scene->about);
}

/* What was meant for a message is never a command, and never a part of the next message. */
static void refused_chunks_are_swallowed(struct scene *scene)
{
	closing int fd = dial(scene);
	struct taken taken;

	begin_chunks(fd, scene->about);
	say(fd, SLICE("BDAT 5\r\nold\r\nDATA\r\nBDAT 6\r\nQUIT\r\nBDAT 6 LASTX\r\nQUIT\r\nBDAT 6 LAST\r\nQUIT\r\n"));
	hear(fd, "250 2.0.0 chunk", scene->about);
	hear(fd, "503 5.5.1 no DATA after BDAT", scene->about);
	hear(fd, "503", scene->about);
	hear(fd, "501", scene->about);
	hear(fd, "503", scene->about);
	say(fd, SLICE("MAIL FROM:<a@b.example>\r\nRCPT TO:<u@example.org>\r\nBDAT 5 LAST\r\nnew\r\n"));
	hear(fd, "250 2.1.0", scene->about);
	hear(fd, "250 2.1.5", scene->about);
	take_deposit(scene, &taken);
	CHECK(slice_same((struct slice){ taken.bytes, (size_t)taken.size }, SLICE("new\r\n")), scene->about);
	CHECK(!(taken.envelope.flags & ENVELOPE_NORMALISED), scene->about);
	answer(scene, &taken, QUEUE_KEPT, SLICE(""));
	hear(fd, "250", scene->about);
	say(fd, SLICE("BDAT x\r\nNOOP\r\n"));
	hear(fd, "554 5.5.0", scene->about);
	hear(fd, "", scene->about);
	fd_close(&fd);
	fd = dial(scene);
	hear(fd, "220", scene->about);
	ask(fd, "BDAT x\r\n", "501", scene->about);
	ask(fd, "EHLO x\r\n", "503 5.5.1 a chunk of unknown length", scene->about);
	hear(fd, "", scene->about);
}

static void too_large_chunks_are_drained(struct scene *scene)
{
	static char bytes[90000];
	closing int fd = dial(scene);
	struct taken taken;

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = "x\r\n"[i % 100 < 98 ? 0 : i % 100 - 97];
	begin_chunks(fd, scene->about);
	say(fd, SLICE("BDAT 90000\r\n"));
	say(fd, (struct slice){ bytes, sizeof(bytes) });
	say(fd, SLICE("BDAT 90000 LAST\r\n"));
	say(fd, (struct slice){ bytes, sizeof(bytes) });
	hear(fd, "552 5.3.4", scene->about);
	hear(fd, "503", scene->about);
	say(fd, SLICE("MAIL FROM:<a@b.example>\r\nRCPT TO:<u@example.org>\r\nBDAT 0 LAST\r\n"));
	hear(fd, "250", scene->about);
	hear(fd, "250", scene->about);
	take_deposit(scene, &taken);
	CHECK(taken.size == 0, scene->about);
	answer(scene, &taken, QUEUE_KEPT, SLICE(""));
	hear(fd, "250", scene->about);
}

/* M4: as many chunks as bytes. */
static void many_small_chunks(struct scene *scene)
{
	enum { CHUNKS = 20000, A_TIME = 500 };
	static const struct slice one = LIT("BDAT 1\r\nx");
	closing int fd = dial(scene);
	struct frame frame = { .fd = -1 };
	struct stat about;

	begin_chunks(fd, scene->about);
	for (int i = 0; i < CHUNKS; i += A_TIME) {
		for (int j = 0; j < A_TIME; j++)
			say(fd, one);
		for (int j = 0; j < A_TIME; j++)
			hear(fd, "250 2.0.0 chunk", scene->about);
	}
	say(fd, SLICE("BDAT 0 LAST\r\n"));
	CHECK(frame_receive(scene->queue, &scene->payload, &frame) == OK, scene->about);
	CHECK(fstat(frame.fd, &about) == 0 && about.st_size == CHUNKS, scene->about);
	CHECK(frame_send(scene->queue, QUEUE_KEPT, frame.exchange, SLICE(""), -1) == OK, scene->about);
	fd_close(&frame.fd);
	hear(fd, "250 2.0.0 accepted", scene->about);
}

static void a_chunk_that_breaks_off(struct scene *scene)
{
	closing int fd = dial(scene);

	begin_chunks(fd, scene->about);
	say(fd, SLICE("BDAT 100 LAST\r\nhalf\r\n"));
	fd_close(&fd);
	fd = dial(scene);
	hear(fd, "220", scene->about);
	fd_close(&fd);
	half_a_message_is_none(scene);
}

/* One byte a chunk, and a pause before each: the account of the body goes on from chunk to chunk. */
static void slow_chunks_are_ended(struct scene *scene)
{
	closing int fd = dial(scene);
	char line[64] = "";

	begin_chunks(fd, scene->about);
	for (int i = 0; i < 20 && slice_begins(slice_of(line), SLICE("421")) == false; i++) {
		say(fd, SLICE("BDAT 1\r\nx"));
		memset(line, 0, sizeof(line));
		(void)hear_line(fd, line, sizeof(line) - 1);
		(void)usleep(500000);
	}
	CHECK(slice_begins(slice_of(line), SLICE("421 4.4.2 too slow")), scene->about);
}

static void a_balancer_names_the_client(struct scene *scene)
{
	static const struct slice second = LIT("\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0c\xc0\x00\x02\x01\x7f\x00\x00\x01\x12\x34\x00\x19");
	closing int fd = dial(scene);
	closing int two = dial(scene);
	closing int bad = dial(scene);
	struct taken taken;

	say(fd, SLICE("PROXY TCP4 192.0.2.1 127"));
	(void)usleep(50000);
	say(fd, SLICE(".0.0.1 4711 25\r\n"));
	begin_message(fd, scene->about);
	say(fd, SLICE("x\r\n.\r\n"));
	take_deposit(scene, &taken);
	CHECK(slice_same(taken.envelope.client_address, SLICE("192.0.2.1")) && taken.envelope.flags == 0, scene->about);
	answer(scene, &taken, QUEUE_KEPT, SLICE(""));
	hear(fd, "250", scene->about);
	say(two, second);
	hear(two, "421 4.7.0", scene->about);
	say(bad, SLICE("EHLO x\r\n"));
	hear(bad, "", scene->about);
	fd_close(&bad);
	bad = dial(scene);
	say(bad, SLICE("PROXY UNKNOWN\r\n"));
	hear(bad, "220", scene->about);
	fd_close(&two);
	two = dial(scene);
	say(two, SLICE("PROXY UNKNOWN\r\nEHLO x\r\n"));
	hear(two, "554 5.5.0", scene->about);
}

static void neighbours_speak_for_others(struct scene *scene)
{
	closing int fd = dial(scene);
	struct taken taken;

	hear(fd, "220", scene->about);
	ask(fd, "XCLIENT ADDR=192.0.2.1 NAME=other.example\r\n", "220", scene->about);
	ask(fd, "MAIL FROM:<a@b>\r\n", "503", scene->about);
	ask(fd, "EHLO one.example\r\n", "250 ENH", scene->about);
	ask(fd, "MAIL FROM:<a@b.example>\r\n", "250", scene->about);
	ask(fd, "RCPT TO:<u@elsewhere.example>\r\n", "550 5.7.1 relay", scene->about);
	ask(fd, "RCPT TO:<u@example.org>\r\nDATA\r\n", "250", scene->about);
	hear(fd, "354", scene->about);
	say(fd, SLICE("x\r\n.\r\n"));
	take_deposit(scene, &taken);
	CHECK(slice_begins(taken.envelope.trace, SLICE("Received: from one.example (other.example [192.0.2.1])")), scene->about);
	CHECK(taken.envelope.flags == 0, scene->about);
	answer(scene, &taken, QUEUE_KEPT, SLICE(""));
	hear(fd, "250", scene->about);
	ask(fd, "XCLIENT ADDR=127.0.0.9 NAME=[UNAVAILABLE]\r\n", "220", scene->about);
	ask(fd, "EHLO two.example\r\n", "250 ENH", scene->about);
	ask(fd, "XFORWARD ADDR=IPV6:2001:db8::1 NAME=far.example\r\n", "250", scene->about);
	ask(fd, "XFORWARD HELO=far\r\n", "250", scene->about);
	ask(fd, "MAIL FROM:<a@b.example>\r\n", "250", scene->about);
	ask(fd, "RCPT TO:<u@elsewhere.example>\r\nDATA\r\n", "250", scene->about);
	hear(fd, "354", scene->about);
	say(fd, SLICE("x\r\n.\r\n"));
	take_deposit(scene, &taken);
	CHECK(slice_begins(taken.envelope.trace, SLICE("Received: from far (far.example [IPv6:2001:db8::1])")), scene->about);
	CHECK(taken.envelope.flags == 0, scene->about);
	answer(scene, &taken, QUEUE_KEPT, SLICE(""));
	hear(fd, "250", scene->about);
	ask(fd, "XCLIENT ADDR=[UNAVAILABLE] NAME=[UNAVAILABLE]\r\n", "220", scene->about);
	ask(fd, "EHLO three.example\r\n", "250 ENH", scene->about);
	ask(fd, "MAIL FROM:<a@b.example>\r\n", "250", scene->about);
	ask(fd, "RCPT TO:<u@elsewhere.example>\r\n", "550 5.7.1 relay", scene->about);
	ask(fd, "RSET\r\n", "250", scene->about);
	ask(fd, "XCLIENT ADDR=127.0.0.9\r\n", "220", scene->about);
	ask(fd, "EHLO four.example\r\n", "250 ENH", scene->about);
	ask(fd, "MAIL FROM:<a@b.example>\r\n", "250", scene->about);
	ask(fd, "RCPT TO:<u@elsewhere.example>\r\n", "250", scene->about);
}

static void lmtp_answers_for_each(struct scene *scene)
{
	closing int fd = dial(scene);
	struct taken taken;

	hear(fd, "220", scene->about);
	ask(fd, "EHLO x\r\n", "500", scene->about);
	ask(fd, "LHLO x\r\n", "250 ENH", scene->about);
	say(fd, SLICE("MAIL FROM:<a@b.example>\r\nRCPT TO:<u@example.org>\r\nRCPT TO:<v@example.org>\r\nDATA\r\n"));
	hear(fd, "250", scene->about);
	hear(fd, "250", scene->about);
	hear(fd, "250", scene->about);
	hear(fd, "354", scene->about);
	say(fd, SLICE("x\r\n.\r\n"));
	take_deposit(scene, &taken);
	CHECK(slice_same(taken.envelope.protocol, SLICE("LMTP")) && taken.envelope.recipient_count == 2, scene->about);
	answer(scene, &taken, QUEUE_KEPT, SLICE(""));
	hear(fd, "250 2.0.0 accepted", scene->about);
	hear(fd, "250 2.0.0 accepted", scene->about);
	ask(fd, "NOOP\r\n", "250 2.0.0 nothing", scene->about);
}

/* KEPT, but not for all: how many, places and replies; and what is heard for each of two. */
static const struct { const char *about; struct slice said; const char *first, *second; } parts[] = {
	{ "the second is refused", LIT("\1\0\0\0" "\1\0\0\0" "\14\0\0\0" "550 5.7.1 no"), "250 2.0.0 accepted", "550 5.7.1 no" },
	{ "in words that are no reply", LIT("\1\0\0\0" "\0\0\0\0" "\3\0\0\0" "250"), "550 5.7.1 this message", "250 2.0.0 accepted" },
	{ "a place that there is not", LIT("\1\0\0\0" "\2\0\0\0" "\0\0\0\0"), "451 4.3.0", "451 4.3.0" },
	{ "fewer than were said", LIT("\2\0\0\0" "\0\0\0\0" "\0\0\0\0"), "451 4.3.0", "451 4.3.0" },
	{ "bytes too many", LIT("\0\0\0\0" "x"), "451 4.3.0", "451 4.3.0" },
};

static void lmtp_refuses_some(struct scene *scene)
{
	closing int fd = dial(scene);

	hear(fd, "220", scene->about);
	ask(fd, "LHLO x\r\n", "250 ENH", scene->about);
	for (size_t i = 0; i < COUNT_OF(parts); i++) {
		struct taken taken;

		say(fd, SLICE("MAIL FROM:<a@b.example>\r\nRCPT TO:<u@example.org>\r\nRCPT TO:<v@example.org>\r\nDATA\r\n"));
		for (int j = 0; j < 3; j++)
			hear(fd, "250", parts[i].about);
		hear(fd, "354", parts[i].about);
		say(fd, SLICE("x\r\n.\r\n"));
		take_deposit(scene, &taken);
		answer(scene, &taken, QUEUE_KEPT, parts[i].said);
		hear(fd, parts[i].first, parts[i].about);
		hear(fd, parts[i].second, parts[i].about);
	}
}

static void a_domain_has_its_own_limit(struct scene *scene)
{
	static char line[1000];
	closing int fd = dial(scene);
	struct taken taken;

	for (size_t i = 0; i < sizeof(line); i++)
		line[i] = "x\r\n"[i < 998 ? 0 : i - 997];
	for (int size = 1; size <= 2; size++) {
		if (size == 1)
			begin_message(fd, scene->about);
		else
			say(fd, SLICE("MAIL FROM:<a@b.example>\r\nRCPT TO:<u@example.org>\r\nDATA\r\n"));
		for (int i = 0; size == 2 && i < 3; i++)
			hear(fd, i < 2 ? "250" : "354", scene->about);
		for (int i = 0; i < size; i++)
			say(fd, (struct slice){ line, sizeof(line) });
		say(fd, SLICE(".\r\n"));
		if (size == 2) {
			hear(fd, "552 5.3.4 larger than a recipient's limit", scene->about);
			continue;
		}
		take_deposit(scene, &taken);
		answer(scene, &taken, QUEUE_KEPT, SLICE(""));
		hear(fd, "250 2.0.0 accepted", scene->about);
	}
}

static void a_door_has_its_own_limits(struct scene *scene)
{
	closing int fd = dial(scene);
	closing int other = -1;
	closing int local = dial_local(scene);

	hear(fd, "220", scene->about);
	ask(fd, "EHLO x\r\n", "250 ENH", scene->about);
	ask(fd, "MAIL FROM:<a@b> SIZE=1001\r\n", "552 5.3.4", scene->about);
	ask(fd, "MAIL FROM:<a@b> SIZE=1000\r\n", "250", scene->about);
	ask(fd, "RCPT TO:<u@elsewhere.example>\r\n", "550 5.7.1", scene->about);
	hear(fd, "421 4.7.0 too many mistakes", scene->about);
	hear(local, "220", scene->about);
	ask(local, "EHLO x\r\n", "250", scene->about);
	ask(local, "MAIL FROM:<a@b> SIZE=1001\r\n", "250", scene->about);
	ask(local, "RCPT TO:<u@elsewhere.example>\r\n", "250", scene->about);
	fd_close(&fd);
	(void)usleep(100000);
	fd = dial(scene);
	hear(fd, "220", scene->about);
	other = dial(scene);
	hear(other, "421 4.3.2", scene->about);
}

#define USUAL "hostname = \"mx.example.org\"\ndomain \"example.org\" { }\ndomain \"example.net\" { }\n"

static const struct row {
	const char *about, *settings;
	void (*play)(struct scene *scene);
} rows[] = {
	{ "a message is sealed, deposited, kept", USUAL, a_message_is_kept },
	{ "the queue decides, and what was pipelined waits", USUAL, the_queue_decides },
	{ "broken line ends of strangers are refused", USUAL "trusted = {}\n", broken_lines_are_refused },
	{ "broken line ends of trusted clients are put right", USUAL, broken_lines_of_ours_are_put_right },
	{ "nobody speaks before 354", USUAL, nobody_speaks_before_354 },
	{ "a thousand commands in one write, a long line", USUAL, a_thousand_commands },
	{ "a local user submits", USUAL, a_local_user_submits },
	{ "the queue goes and comes", USUAL "front { error_limit = 1000 }", the_queue_goes_and_comes },
	{ "too large is drained", USUAL "front { message_limit = 64K }", too_large_is_drained },
	{ "new settings for all, and nobody is dropped", USUAL "front { message_limit = 64K }", new_settings_for_all },
	{ "at the cap others wait", USUAL "front { message_limit = 1M bytes_in_flight = 1M }", the_cap_makes_others_wait },
	{ "strangers have limits",
	  USUAL "trusted = {}\nfront { greet_pause = 1s command_deadline = 1s connections_per_client = 2 }",
	  strangers_have_limits },
	{ "many at once, answered in another order", USUAL, many_at_once },
	{ "answers to nothing end the queue's wire", USUAL, answers_to_nothing_end_the_wire },
	{ "half a message is none", USUAL, half_a_message_is_none },
	{ "slow bodies are ended", USUAL "front { command_deadline = 1s }", slow_bodies_are_ended },
	{ "a burst buys no silence", USUAL "front { command_deadline = 1s }", a_burst_buys_no_silence },
	{ "8-bit bytes are noticed, said or not", USUAL, eight_bits_are_noticed },
	{ "who hangs up before the verdict takes the message back", USUAL, who_hangs_up_takes_it_back },
	{ "who has more to say is there", USUAL, who_has_more_to_say_is_there },
	{ "a local user has a share too", USUAL "front { connections_per_client = 2 }", a_local_user_has_a_share },
	{ "chunks are a message, put right", USUAL "trusted = {}\n", chunks_are_a_message },
	{ "chunks that are refused are swallowed", USUAL "trusted = {}\n", refused_chunks_are_swallowed },
	{ "chunks that are too large are drained", USUAL "front { message_limit = 64K }", too_large_chunks_are_drained },
	{ "M4: many small chunks", USUAL, many_small_chunks },
	{ "M4: half a chunk is no message", USUAL, a_chunk_that_breaks_off },
	{ "slow chunks are ended", USUAL "front { command_deadline = 1s data_rate = 1000 }", slow_chunks_are_ended },
	{ "a balancer names the client",
	  USUAL "front { connections_per_client = 1 }\nlisten \"smtp\" { address = \"0.0.0.0:25\" proxy_from = {\"127.0.0.1\"} }",
	  a_balancer_names_the_client },
	{ "neighbours that we believe speak for others",
	  USUAL "listen \"smtp\" { address = \"0.0.0.0:25\" xclient_from = {\"127.0.0.1\"} xforward_from = {\"127.0.0.1\"} }",
	  neighbours_speak_for_others },
	{ "LMTP answers for each recipient", USUAL "listen \"smtp\" { address = \"0.0.0.0:25\" protocol = lmtp }",
	  lmtp_answers_for_each },
	{ "LMTP refuses some", USUAL "listen \"smtp\" { address = \"0.0.0.0:25\" protocol = lmtp }", lmtp_refuses_some },
	{ "a domain has its own limit", "hostname = \"mx.example.org\"\ndomain \"example.org\" { message_limit = 1000 }\n",
	  a_domain_has_its_own_limit },
	{ "a door has its own limits, and the local one has the front's",
	  USUAL "listen \"smtp\" { address = \"0.0.0.0:25\" trusted = {} message_limit = 1000 error_limit = 2 connections = 1 }",
	  a_door_has_its_own_limits },
	{ "a stop waits for the verdict", USUAL, a_stop_waits_for_the_verdict },
};

int main(void)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct scene scene = { .about = rows[i].about };

		begin(&scene, rows[i].settings);
		rows[i].play(&scene);
		end(&scene);
	}
	return TEST_END();
}
