/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The real front in its jail, asking an access that this test plays: answers, silence, forgeries, and what becomes of
 * questions when access is started again.
 */
#include "front/front_scene.h"
#include "wire/front-access.h"

#include <poll.h>

static struct buffer heard;

static int give_access(struct scene *scene)
{
	int ends[2];

	CHECK(channel_pair(ends) == OK, "a wire");
	be_patient(ends[0]);
	give(scene, GIVEN_WIRE, "access", ends[1]);
	return ends[0];
}

/* The next question; its exchange number. */
static uint64_t take_question(struct scene *scene, int access, const char *recipient, uint32_t flags)
{
	struct frame frame = { .fd = -1 };
	struct unpack from;

	CHECK(frame_receive(access, &heard, &frame) == OK && frame.kind == ACCESS_ASK, scene->about);
	from = unpack_from(frame.payload);
	CHECK(unpack_u32(&from) == flags, scene->about);
	CHECK(slice_same(unpack_slice(&from, ACCESS_ADDRESS), SLICE("a@b.example")), scene->about);
	CHECK(slice_same(unpack_slice(&from, ACCESS_ADDRESS), slice_of(recipient)), scene->about);
	CHECK(unpack_end(&from) == OK, scene->about);
	return frame.exchange;
}

static void say_accepted(struct scene *scene, int access, uint64_t exchange, uint32_t count, const char *one, const char *other)
{
	struct buffer packed;

	buffer_init(&packed, 1024);
	CHECK(pack_u32(&packed, count) == OK && pack_slice(&packed, slice_of(one)) == OK, scene->about);
	if (other)
		CHECK(pack_slice(&packed, slice_of(other)) == OK, scene->about);
	CHECK(frame_send(access, ACCESS_ACCEPTED, exchange, buffer_slice(&packed), -1) == OK, scene->about);
	buffer_finish(&packed);
}

static void say_kind(struct scene *scene, int access, uint64_t exchange, enum access_answers kind)
{
	CHECK(frame_send(access, (uint8_t)kind, exchange, SLICE(""), -1) == OK, scene->about);
}

static int greeted(struct scene *scene)
{
	int fd = dial(scene);

	hear(fd, "220", scene->about);
	ask(fd, "EHLO x\r\n", "250 ", scene->about);
	ask(fd, "MAIL FROM:<a@b.example>\r\n", "250", scene->about);
	return fd;
}

#define RCPT(local) "RCPT TO:<" local "@asked.example>\r\n"

static void recipients_are_looked_up(struct scene *scene)
{
	closing int access = give_access(scene), fd = greeted(scene);
	struct taken taken;

	say(fd, SLICE(RCPT("list") RCPT("none") RCPT("hidden") RCPT("later") "RCPT TO:<u@example.org>\r\nDATA\r\n"));
	say_accepted(scene, access, take_question(scene, access, "list@asked.example", 0), 2, "u@example.org", "v@asked.example");
	hear(fd, "250", scene->about);
	say_kind(scene, access, take_question(scene, access, "none@asked.example", 0), ACCESS_UNKNOWN);
	hear(fd, "550 5.1.1 there is no such recipient here\r\n", scene->about);
	say_kind(scene, access, take_question(scene, access, "hidden@asked.example", 0), ACCESS_NOT_FOR_YOU);
	hear(fd, "550 5.1.1 there is no such recipient here\r\n", scene->about);
	say_kind(scene, access, take_question(scene, access, "later@asked.example", 0), ACCESS_LATER);
	hear(fd, "451 4.4.3", scene->about);
	hear(fd, "250", scene->about);
	hear(fd, "354", scene->about);
	say(fd, SLICE("x\r\n.\r\n"));
	take_deposit(scene, &taken);
	CHECK(slice_same(taken.envelope.recipients[0].address, SLICE("u@example.org")) &&
	      slice_same(taken.envelope.recipients[0].original, SLICE("rfc822;list@asked.example")) &&
	      slice_same(taken.envelope.recipients[1].address, SLICE("v@asked.example")), scene->about);
	answer(scene, &taken, QUEUE_KEPT, SLICE(""));
	hear(fd, "250 2.0.0", scene->about);
}

static void silence_is_later(struct scene *scene)
{
	closing int access = give_access(scene), fd = greeted(scene);
	uint64_t exchange;

	say(fd, SLICE(RCPT("u") "NOOP\r\n"));
	exchange = take_question(scene, access, "u@asked.example", 0);
	hear(fd, "451 4.4.3", scene->about);
	hear(fd, "250", scene->about);
	/* What comes too late is passed over. */
	say_accepted(scene, access, exchange, 1, "u@asked.example", NULL);
	ask(fd, "DATA\r\n", "503", scene->about);
	say(fd, SLICE(RCPT("w")));
	{
		struct frame frame = { .fd = -1 };

		CHECK(frame_receive(access, &heard, &frame) == OK && frame.kind == ACCESS_FORGET &&
		      frame.exchange == exchange, scene->about);
	}
	say_accepted(scene, access, take_question(scene, access, "w@asked.example", 0), 1, "w@asked.example", NULL);
	hear(fd, "250", scene->about);
}

static void without_access_it_is_later(struct scene *scene)
{
	closing int fd = greeted(scene);

	ask(fd, RCPT("u"), "451 4.4.3", scene->about);
	ask(fd, "RCPT TO:<u@example.org>\r\n", "250", scene->about);
}

static void the_next_is_asked_again(struct scene *scene)
{
	closing int first = give_access(scene), fd = greeted(scene);
	closing int second = -1;

	say(fd, SLICE(RCPT("u")));
	(void)take_question(scene, first, "u@asked.example", 0);
	fd_close(&first);
	second = give_access(scene);
	say_accepted(scene, second, take_question(scene, second, "u@asked.example", 0), 1, "u@asked.example", NULL);
	hear(fd, "250", scene->about);
}

static void ends(struct scene *scene, int access)
{
	struct frame frame = { .fd = -1 };

	CHECK(frame_receive(access, &heard, &frame) == AGAIN, scene->about);
}

/* What is no answer ends the wire, and accepts nobody. */
static void forgeries_end_the_wire(struct scene *scene)
{
	static const struct { uint32_t count; const char *address; } forged[] = {
		{ 0, "u@asked.example" }, { 2, "u@asked.example" }, { 1, "u@asked.example\r\nRCPT" }, { 1, "nobody" }, { 1, "" },
		{ 100000, "u@asked.example" },
	};
	closing int fd = greeted(scene);
	int access = give_access(scene);

	say(fd, SLICE(RCPT("u")));
	for (size_t i = 0; i < COUNT_OF(forged); i++) {
		say_accepted(scene, access, take_question(scene, access, "u@asked.example", 0), forged[i].count,
		             forged[i].address, NULL);
		ends(scene, access);
		fd_close(&access);
		access = give_access(scene);
	}
	(void)take_question(scene, access, "u@asked.example", 0);
	say_kind(scene, access, (uint64_t)1 << 60, ACCESS_UNKNOWN);
	ends(scene, access);
	fd_close(&access);
	ask(fd, "", "451 4.4.3", scene->about);
}

static void who_hangs_up_is_forgotten(struct scene *scene)
{
	closing int access = give_access(scene);
	int fd = greeted(scene);
	struct frame frame = { .fd = -1 };
	uint64_t exchange;

	say(fd, SLICE(RCPT("u")));
	exchange = take_question(scene, access, "u@asked.example", 0);
	fd_close(&fd);
	CHECK(frame_receive(access, &heard, &frame) == OK && frame.kind == ACCESS_FORGET && frame.exchange == exchange,
	      scene->about);
}

static void a_stop_does_not_wait(struct scene *scene)
{
	closing int access = give_access(scene), fd = greeted(scene);

	say(fd, SLICE(RCPT("u")));
	(void)take_question(scene, access, "u@asked.example", 0);
	CHECK(frame_send(scene->control, SUPERVISOR_STOP, 0, SLICE(""), -1) == OK, scene->about);
	hear(fd, "421 4.3.2", scene->about);
}

static void insiders_are_told_of(struct scene *scene)
{
	closing int access = give_access(scene), fd = dial_local(scene);

	hear(fd, "220", scene->about);
	ask(fd, "EHLO x\r\n", "250 ", scene->about);
	ask(fd, "MAIL FROM:<a@b.example>\r\n", "250", scene->about);
	say(fd, SLICE(RCPT("u")));
	say_accepted(scene, access, take_question(scene, access, "u@asked.example", ACCESS_TRUSTED | ACCESS_LOCAL), 1,
	             "u@asked.example", NULL);
	hear(fd, "250", scene->about);
}

#define USUAL "hostname = \"mx.example.org\"\ntrusted = {}\ndomain \"example.org\" { }\n"                      \
	"domain \"asked.example\" { recipients = people }\n"

static const struct row {
	const char *about, *settings;
	void (*play)(struct scene *scene);
} rows[] = {
	{ "recipients are looked up, one after the other", USUAL, recipients_are_looked_up },
	{ "silence is later", USUAL "front { recipient_deadline = 1s }", silence_is_later },
	{ "without access it is later", USUAL "front { recipient_deadline = 1s }", without_access_it_is_later },
	{ "the next access is asked again", USUAL, the_next_is_asked_again },
	{ "forgeries end the wire", USUAL "front { recipient_deadline = 5s }", forgeries_end_the_wire },
	{ "who hangs up is forgotten", USUAL, who_hangs_up_is_forgotten },
	{ "insiders are told of", USUAL, insiders_are_told_of },
	{ "a stop does not wait", USUAL, a_stop_does_not_wait },
};

int main(void)
{
	buffer_init(&heard, FRONT_ACCESS_QUESTION);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct scene scene = { .about = rows[i].about };

		begin(&scene, rows[i].settings);
		rows[i].play(&scene);
		end(&scene);
	}
	buffer_finish(&heard);
	return TEST_END();
}
