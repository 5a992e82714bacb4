/* SPDX-License-Identifier: Apache-2.0 */
/* A queue that tells, one that breaks the rules of the wire, and what is confirmed after a new wire. */
#include "keeper/keeper_scene.h"

#include "keeper/callers.h"
#include "keeper/scribe.h"

#include <poll.h>

static struct scribe scribe;
static struct remember remember;                 /* without a map: that has a test of its own */

static void written(void *unused, uint64_t mark)
{
	scribe_written(&scribe, mark);
	scene_written(unused, mark);
}

static int open_wire(void)
{
	int ends[2];

	CHECK(channel_pair(ends) == OK && scribe_wire(&scribe, ends[0]) == OK, "a wire");
	return ends[1];
}

static void begin(void)
{
	scene_begin(0);
	scene.gather.written = written;
	scribe = (struct scribe){ .loop = &scene.loop, .gather = &scene.gather, .remember = &remember };
}

static void end(void)
{
	scribe_finish(&scribe);
	scene_end();
}

static struct slice record(struct buffer *to, uint8_t kind, struct slice key)
{
	buffer_clear(to);
	CHECK(pack_u8(to, kind) == OK && pack_u64(to, 1700000000) == OK && pack_slice(to, key) == OK &&
	      pack_slice(to, SLICE("anything")) == OK && pack_u8(to, 0) == OK, "a record");
	return buffer_slice(to);
}

static bool is_closed(int wire)
{
	struct pollfd ready = { .fd = wire, .events = POLLIN };

	return poll(&ready, 1, 0) == 1 && ready.revents & POLLHUP;
}

static uint64_t confirmed(int wire)
{
	struct pollfd ready = { .fd = wire, .events = POLLIN };
	struct buffer payload;
	struct frame frame;
	uint64_t last = 0;

	buffer_init(&payload, 64);
	while (poll(&ready, 1, 0) == 1 && frame_receive(wire, &payload, &frame) == OK) {
		CHECK(frame.kind == KEEPER_WRITTEN && frame.exchange > last, "WRITTEN, of more each time");
		last = frame.exchange;
	}
	buffer_finish(&payload);
	return last;
}

static void check_telling(void)
{
	closing int wire = -1;
	struct buffer said;
	struct told told;

	begin();
	buffer_init(&said, 4096);
	wire = open_wire();
	for (uint64_t i = 1; i <= 20; i++)
		CHECK(frame_send(wire, QUEUE_RECORD, i, record(&said, RECORDED_JUDGED, SLICE("0123456789ABCDEF")), -1) == OK, "told");
	for (unsigned i = 0; i < 50 && scene.mark < 20; i++)
		scene_turn(200);
	CHECK(confirmed(wire) == 20, "all are confirmed");
	fd_close(&wire);
	wire = open_wire();
	buffer_clear(&said);
	CHECK(pack_u64(&said, 3) == OK && pack_u64(&said, 1700000000) == OK, "a gap");
	CHECK(frame_send(wire, QUEUE_MISSED, 1, buffer_slice(&said), -1) == OK, "is told");
	for (unsigned i = 0; i < 50 && scene.mark < 21; i++)
		scene_turn(200);
	CHECK(confirmed(wire) == 1, "on a new wire numbers begin anew");
	told = scene_read();
	CHECK(told.judged == 20 && told.gaps == 1 && told.missing == 3, "and all stands in the log");
	buffer_finish(&said);
	end();
}

static const struct lie { const char *about; uint8_t kind; uint64_t exchange; bool fd; struct slice payload; } lies[] = {
	{ "an unknown kind", 9, 1, false, LIT("") },
	{ "kind 0", 0, 1, false, LIT("") },
	{ "a number that was left out", QUEUE_RECORD, 2, false, LIT("") },
	{ "an empty record", QUEUE_RECORD, 1, false, LIT("") },
	{ "a gap of nothing", QUEUE_MISSED, 1, false, LIT("\0\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0") },
	{ "half a gap", QUEUE_MISSED, 1, false, LIT("\1\0\0\0\0\0\0\0") },
	{ "a descriptor", QUEUE_MISSED, 1, true, LIT("\1\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0") },
};

static void check_lie(const struct lie *lie)
{
	closing int wire = open_wire();

	CHECK(frame_send(wire, lie->kind, lie->exchange, lie->payload, lie->fd ? STDERR_FILENO : -1) == OK, "said");
	scene_turn(20);
	CHECK(is_closed(wire), lie->about);
}

static void check_records(void)
{
	static const struct { const char *about; uint8_t kind; struct slice key; } rows[] = {
		{ "a gap told as a record", RECORDED_GAP, LIT("0123456789ABCDEF") },
		{ "a beginning told as a record", RECORDED_BEGUN, LIT("0123456789ABCDEF") },
		{ "a key that is too short", RECORDED_JUDGED, LIT("0123456789ABCDE") },
		{ "a key that is too long", RECORDED_JUDGED, LIT("0123456789ABCDEF0") },
	};
	struct buffer said;

	buffer_init(&said, 4096);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const struct lie lie = { rows[i].about, QUEUE_RECORD, 1, false, record(&said, rows[i].kind, rows[i].key) };

		check_lie(&lie);
	}
	buffer_finish(&said);
}

/* ---- what operators may ask ---- */

static const struct { const char *about; const char *words[4]; bool good; const char *name; } commands[] = {
	{ "the list", { "log", "list" }, true, "" },
	{ "a file", { "log", "file", "0000000001-5" }, true, "0000000001-5" },
	{ "a file without a name", { "log", "file" }, false, "" },
	{ "a file with an empty name", { "log", "file", "" }, false, "" },
	{ "a list of something", { "log", "list", "x" }, false, "" },
	{ "two files", { "log", "file", "a", "b" }, false, "" },
	{ "another verb", { "log", "remove", "a" }, false, "" },
	{ "another room", { "queue", "list" }, false, "" },
	{ "a name that is longer than any", { "log", "file", "0000000001-50000000000000000000000000000" }, false, "" },
	{ "nothing", { NULL }, false, "" },
	{ "lessons", { "learn" }, true, "" },
	{ "lessons of a kind: each says its own", { "learn", "spam" }, false, "" },
};

static void check_commands(void)
{
	struct buffer said;

	buffer_init(&said, 4096);
	for (size_t i = 0; i < COUNT_OF(commands); i++) {
		struct slice name = SLICE("untouched");
		enum callers_ask ask;

		buffer_clear(&said);
		for (size_t word = 0; word < COUNT_OF(commands[i].words) && commands[i].words[word]; word++)
			CHECK(pack_slice(&said, slice_of(commands[i].words[word])) == OK, "a word");
		CHECK((callers_read(buffer_slice(&said), &ask, &name) == OK) == commands[i].good, commands[i].about);
		CHECK(slice_same(name, commands[i].good ? slice_of(commands[i].name) : SLICE("untouched")), commands[i].about);
	}
	buffer_finish(&said);
}

/* u8 wanted, digest, features; each as long as said. */
static const struct { const char *about; uint8_t wanted; size_t digest, behind; bool good; } lessons[] = {
	{ "a lesson", LESSON_SPAM, DIGEST_SIZE, 0, true },
	{ "of something else", LESSONS_WANTED, DIGEST_SIZE, 0, false },
	{ "a short digest", LESSON_HAM, DIGEST_SIZE - 1, 0, false },
	{ "a long digest", LESSON_HAM, DIGEST_SIZE + 1, 0, false },
	{ "something behind it", LESSON_FORGET, DIGEST_SIZE, 1, false },
};

static void check_lessons(void)
{
	const char bytes[DIGEST_SIZE + 1] = { 0 };
	struct teaching teaching;
	struct buffer said;

	buffer_init(&said, 4096);
	for (size_t i = 0; i < COUNT_OF(lessons); i++) {
		buffer_clear(&said);
		CHECK(pack_u8(&said, lessons[i].wanted) == OK && pack_slice(&said, (struct slice){ bytes, lessons[i].digest }) == OK &&
		      pack_slice(&said, SLICE("features")) == OK && buffer_add(&said, (struct slice){ bytes, lessons[i].behind }) == OK,
		      "a lesson is packed");
		CHECK((callers_read_lesson(buffer_slice(&said), &teaching) == OK) == lessons[i].good, lessons[i].about);
	}
	buffer_finish(&said);
}

int main(void)
{
	check_telling();
	begin();
	for (size_t i = 0; i < COUNT_OF(lies); i++)
		check_lie(&lies[i]);
	check_records();
	CHECK(scene_read().judged == 0, "nothing of a lie stands in the log");
	end();
	check_commands();
	check_lessons();
	return TEST_END();
}
