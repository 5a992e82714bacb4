/* SPDX-License-Identifier: Apache-2.0 */
/* channel_test.c — frames between two ends in one process, and datagrams that are no frames. */
#include "base/channel.h"

#include "base/fd.h"
#include "base/test.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>

enum { BIG = 300000, LONGEST = 400000 };

struct end {
	struct channel channel;
	struct loop *loop;
	int frames, closed, fd, stop_after;
	uint8_t kind;
	uint64_t exchange;
	size_t length;
	bool sound;                            /* bytes as big_payload() wrote them */
	enum result answer;
	enum { GO_ON, CLOSE, CLOSE_AND_WIPE, PAUSE } then;
};

static char big[BIG];

static void fill_big(void)
{
	for (size_t i = 0; i < sizeof(big); i++)
		big[i] = (char)(i * 7 >> 3);
}

static unsigned open_descriptors(void)
{
	DIR *folder = opendir("/proc/self/fd");
	unsigned count = 0;

	if (folder == NULL)
		return 0;
	while (readdir(folder))
		count++;
	(void)closedir(folder);
	return count;
}

static enum result came(void *owner, struct frame *frame)
{
	struct end *end = owner;
	enum result answer = end->answer;

	end->frames++;
	end->kind = frame->kind;
	end->exchange = frame->exchange;
	end->length = frame->payload.len;
	if (frame->fd >= 0 && end->fd == -1)
		end->fd = frame_take_fd(frame);
	if (end->frames == end->stop_after)
		loop_stop(end->loop);
	if (end->then == CLOSE || end->then == CLOSE_AND_WIPE)
		channel_close(&end->channel);
	if (end->then == PAUSE)
		channel_pause(&end->channel);
	end->sound = frame->payload.len <= sizeof(big) && memcmp(frame->payload.at, big, frame->payload.len) == 0;
	if (end->then == CLOSE_AND_WIPE)
		memset(&end->channel, 0x55, sizeof(end->channel));
	return answer;
}

static void closed(void *owner)
{
	struct end *end = owner;

	end->closed++;
	loop_stop(end->loop);
}

static const struct channel_handler handler = { came, closed };

static void time_is_over(void *owner)
{
	loop_stop(owner);
}

/* Turns until something stops the loop, or a moment has passed. */
static void turn(struct loop *loop, uint64_t at_most)
{
	struct timer timer;

	timer_init(&timer, loop, time_is_over, loop);
	CHECK(timer_start(&timer, at_most) == OK && loop_run(loop) == OK, "the loop turns");
	timer_end(&timer);
}

static void open_end(struct end *end, struct loop *loop, int fd)
{
	*end = (struct end){ .loop = loop, .fd = -1, .stop_after = 1 };
	CHECK(channel_open(&end->channel, loop, fd, LONGEST, &handler, end) == OK, "a channel opens");
}

static void open_pair(struct end *a, struct end *b, struct loop *loop)
{
	int ends[2] = { -1, -1 };

	CHECK(channel_pair(ends) == OK, "a pair is made");
	open_end(a, loop, ends[0]);
	open_end(b, loop, ends[1]);
}

static void test_sizes(struct loop *loop)
{
	static const size_t sizes[] = { 0, 1, FRAME_PIECE - 1, FRAME_PIECE, FRAME_PIECE + 1, (size_t)2 * FRAME_PIECE, BIG };
	struct end a, b;

	open_pair(&a, &b, loop);
	for (size_t i = 0; i < COUNT_OF(sizes); i++) {
		int lent = memfd_create("passed", MFD_CLOEXEC);

		b.stop_after = b.frames + 1;
		CHECK(channel_send(&a.channel, 9, 1 + i, (struct slice){ big, sizes[i] }, lent) == OK, "sent");
		(void)close(lent);
		turn(loop, 5000);
		CHECK(b.frames == b.stop_after && b.length == sizes[i] && b.sound, "a frame of any size arrives whole");
		CHECK(b.kind == 9 && b.exchange == 1 + i, "with its kind and exchange");
		CHECK(b.fd >= 0 && (fcntl(b.fd, F_GETFD) & FD_CLOEXEC), "and its descriptor, close-on-exec");
		fd_close(&b.fd);
	}
	CHECK(!b.closed && b.channel.pieces.bytes == NULL, "an idle channel holds no memory");
	channel_close(&a.channel);
	turn(loop, 5000);
	CHECK(b.closed == 1 && !channel_is_open(&b.channel), "the end of the other is told once");
	channel_close(&b.channel);
}

/* The other end does not read: what was sent waits, to a limit, and then arrives in order. */
static void test_backpressure(struct loop *loop)
{
	struct end a, b;
	int sent = 0, lent = memfd_create("passed", MFD_CLOEXEC);

	open_pair(&a, &b, loop);
	channel_pause(&b.channel);
	a.channel.waiting_limit = (size_t)4 * BIG;
	while (sent < 100 && channel_send(&a.channel, 1, (uint64_t)sent, (struct slice){ big, BIG }, lent) == OK)
		sent++;
	(void)close(lent);
	CHECK(sent > 3 && sent < 100, "more waits than the socket takes, but not without a limit");
	CHECK(a.channel.waiting <= 4 * BIG + FRAME_PIECE, "what waits keeps to its limit");
	turn(loop, 20);
	CHECK(b.frames == 0, "nothing is handled while paused");
	b.stop_after = sent;
	channel_resume(&b.channel);
	turn(loop, 20000);
	CHECK(b.frames == sent && b.exchange == (uint64_t)sent - 1 && b.sound, "all arrive after that, the last last");
	CHECK(a.channel.first == NULL && a.channel.waiting == 0, "nothing waits any more");
	fd_close(&b.fd);
	channel_close(&a.channel);
	channel_close(&b.channel);
}

static void test_pause_in_handler(struct loop *loop)
{
	struct end a, b;

	open_pair(&a, &b, loop);
	for (int i = 0; i < 3; i++)
		CHECK(channel_send(&a.channel, 1, 0, SLICE(""), -1) == OK, "sent");
	b.then = PAUSE;
	b.stop_after = 0;
	turn(loop, 20);
	CHECK(b.frames == 1, "a handler that pauses gets no second frame");
	channel_resume(&b.channel);
	turn(loop, 20);
	CHECK(b.frames == 2, "and one more when it resumes");
	channel_close(&a.channel);
	channel_close(&b.channel);
}

static void test_end_with_data(struct loop *loop)
{
	struct end a, b;

	open_pair(&a, &b, loop);
	for (int i = 0; i < 100; i++)
		CHECK(channel_send(&a.channel, 1, 0, (struct slice){ big, 100 }, -1) == OK, "sent");
	CHECK(channel_send(&b.channel, 1, 0, (struct slice){ big, 100 }, -1) == OK, "sent back, never to be read");
	channel_close(&a.channel);
	CHECK(channel_send(&b.channel, 1, 0, SLICE("x"), -1) == LATER, "nobody hears any more");
	b.stop_after = 0;
	turn(loop, 5000);
	CHECK(b.frames == 100 && b.closed == 1, "what was sent before the end arrives before the end is told");
	CHECK(channel_send(&b.channel, 1, 0, SLICE("x"), -1) == LATER, "a closed channel takes nothing");
}

static void test_ends_in_handler(struct loop *loop)
{
	struct end a, b;

	open_pair(&a, &b, loop);
	b.then = CLOSE;
	CHECK(channel_send(&a.channel, 1, 0, (struct slice){ big, BIG }, -1) == OK &&
	      channel_send(&a.channel, 1, 0, SLICE("x"), -1) == OK, "sent");
	turn(loop, 5000);
	turn(loop, 20);
	CHECK(b.frames == 1 && b.closed == 0 && b.sound,
	      "a channel closed in its handler is silent; the payload stays");
	CHECK(a.closed == 1, "the other end is told");

	open_pair(&a, &b, loop);
	b.then = CLOSE_AND_WIPE;
	CHECK(channel_send(&a.channel, 1, 0, SLICE("x"), -1) == OK, "sent");
	turn(loop, 5000);
	CHECK(b.frames == 1 && b.closed == 0, "even its memory may be given away there");
	channel_close(&a.channel);
}

static void test_answers(struct loop *loop)
{
	static const struct { enum result answer; int closed; } rows[] = {
		{ OK, 0 }, { AGAIN, 0 }, { LATER, 0 }, { REFUSED, 1 }, { BROKEN, 1 } };
	struct end a, b;

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		open_pair(&a, &b, loop);
		b.answer = rows[i].answer;
		b.stop_after = 2;
		CHECK(channel_send(&a.channel, 1, 0, SLICE("x"), -1) == OK &&
		      channel_send(&a.channel, 1, 0, SLICE("x"), -1) == OK, "sent");
		turn(loop, 5000);
		CHECK(b.closed == rows[i].closed && b.frames == 2 - rows[i].closed,
		      "REFUSED and BROKEN close, others do not");
		channel_close(&a.channel);
		channel_close(&b.channel);
	}
}

/* ---- what is not a frame ---- */

static const struct strange {
	const char *about;
	struct frame_head head;
	size_t follows;                        /* bytes behind the head */
	int fds;
	bool continued;                        /* after the first piece of a frame of kind 1, exchange 1 */
	bool accepted;
} strange[] = {
	{ "a frame", { 1, 1, 0, 0, 3, 1 }, 3, 0, false, true },
	{ "a frame with a descriptor", { 1, 1, 0, 1, 3, 1 }, 3, 1, false, true },
	{ "another version", { 2, 1, 0, 0, 3, 1 }, 3, 0, false, false },
	{ "version zero", { 0, 1, 0, 0, 3, 1 }, 3, 0, false, false },
	{ "a length larger than what came", { 1, 1, 0, 0, 4, 1 }, 3, 0, false, false },
	{ "a length smaller than what came", { 1, 1, 0, 0, 2, 1 }, 3, 0, false, false },
	{ "a length near the largest number", { 1, 1, 0, 0, 0xfffffff3, 1 }, 3, 0, false, false },
	{ "a piece longer than a piece", { 1, 1, 0, 0, FRAME_PIECE + 1, 1 }, FRAME_PIECE + 1, 0, false, false },
	{ "a descriptor promised and not sent", { 1, 1, 0, 1, 3, 1 }, 3, 0, false, false },
	{ "a descriptor not promised", { 1, 1, 0, 0, 3, 1 }, 3, 1, false, false },
	{ "two descriptors", { 1, 1, 0, 2, 3, 1 }, 3, 2, false, false },
	{ "two descriptors, one promised", { 1, 1, 0, 1, 3, 1 }, 3, 2, false, false },
	{ "more descriptors than are looked at", { 1, 1, 0, 1, 3, 1 }, 3, 20, false, false },
	{ "more that is neither yes nor no", { 1, 1, 2, 0, 3, 1 }, 3, 0, false, false },
	{ "a piece of nothing with more to come", { 1, 1, 1, 0, 0, 1 }, 0, 0, false, false },
	{ "a descriptor before the last piece", { 1, 1, 1, 1, 3, 1 }, 3, 1, false, false },
	{ "the last piece of a frame", { 1, 1, 0, 0, 3, 1 }, 3, 0, true, true },
	{ "an empty last piece", { 1, 1, 0, 0, 0, 1 }, 0, 0, true, true },
	{ "another kind in the middle", { 1, 2, 0, 0, 3, 1 }, 3, 0, true, false },
	{ "another exchange in the middle", { 1, 1, 0, 0, 3, 2 }, 3, 0, true, false },
};

static void send_raw(int fd, struct frame_head head, size_t follows, int fds)
{
	struct iovec parts[] = { { &head, sizeof(head) }, { big, follows } };
	union { struct cmsghdr align; char room[CMSG_SPACE(32 * sizeof(int))]; } control = { 0 };
	struct msghdr message = { .msg_iov = parts, .msg_iovlen = 2 };
	int lent[32];

	for (int i = 0; i < 32; i++)
		lent[i] = STDOUT_FILENO;
	if (fds) {
		struct cmsghdr *header = &control.align;

		*header = (struct cmsghdr){ .cmsg_len = CMSG_LEN(fds * sizeof(int)), .cmsg_level = SOL_SOCKET,
		                            .cmsg_type = SCM_RIGHTS };
		memcpy(CMSG_DATA(header), lent, fds * sizeof(int));
		message.msg_control = control.room;
		message.msg_controllen = CMSG_SPACE(fds * sizeof(int));
	}
	CHECK(sendmsg(fd, &message, 0) >= 0, "sent raw");
}

static void send_strange(int fd, const struct strange *row)
{
	if (row->continued)
		send_raw(fd, (struct frame_head){ 1, 1, 1, 0, 5, 1 }, 5, 0);
	send_raw(fd, row->head, row->follows, row->fds);
}

static void test_strange(struct loop *loop)
{
	for (size_t i = 0; i < COUNT_OF(strange); i++) {
		unsigned before = open_descriptors();
		int ends[2] = { -1, -1 };
		struct end end;

		CHECK(channel_pair(ends) == OK, "a pair is made");
		open_end(&end, loop, ends[1]);
		send_strange(ends[0], &strange[i]);
		turn(loop, 5000);
		CHECK(end.frames == strange[i].accepted && end.closed == !strange[i].accepted, strange[i].about);
		channel_close(&end.channel);
		fd_close(&end.fd);
		fd_close(&ends[0]);
		CHECK(open_descriptors() == before, "no descriptor stays behind");
	}
}

static void test_strange_without_loop(void)
{
	for (size_t i = 0; i < COUNT_OF(strange); i++) {
		unsigned before = open_descriptors();
		struct frame frame = { .fd = -1 };
		int ends[2] = { -1, -1 };
		struct buffer payload;

		buffer_init(&payload, LONGEST);
		CHECK(channel_pair(ends) == OK, "a pair is made");
		send_strange(ends[0], &strange[i]);
		CHECK(frame_receive(ends[1], &payload, &frame) == (strange[i].accepted ? OK : REFUSED),
		      strange[i].about);
		fd_close(&frame.fd);
		fd_close(&ends[0]);
		fd_close(&ends[1]);
		buffer_finish(&payload);
		CHECK(open_descriptors() == before, "no descriptor stays behind");
	}
}

static void test_too_long(struct loop *loop)
{
	static const struct { size_t longest, sent; int frames; } rows[] = {
		{ 100, 100, 1 }, { 100, 101, 0 }, { 0, 0, 1 }, { 0, 1, 0 },
		{ BIG, BIG, 1 }, { BIG - 1, BIG, 0 }, { FRAME_PIECE, FRAME_PIECE + 1, 0 },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		int ends[2] = { -1, -1 };
		struct end a, b = { .loop = loop, .fd = -1, .stop_after = 1 };

		CHECK(channel_pair(ends) == OK, "a pair is made");
		open_end(&a, loop, ends[0]);
		CHECK(channel_open(&b.channel, loop, ends[1], rows[i].longest, &handler, &b) == OK, "opened");
		CHECK(channel_send(&a.channel, 1, 1, (struct slice){ big, rows[i].sent }, -1) == OK, "sent");
		turn(loop, 5000);
		CHECK(b.frames == rows[i].frames && b.closed == !rows[i].frames,
		      "no payload is longer than the longest");
		channel_close(&a.channel);
		channel_close(&b.channel);
	}
}

static void test_without_loop(void)
{
	struct frame frame = { .fd = -1 };
	struct buffer payload;
	int ends[2] = { -1, -1 };

	buffer_init(&payload, LONGEST);
	CHECK(channel_pair(ends) == OK, "a pair is made");
	CHECK(frame_send(ends[0], 3, 1ULL << 60, (struct slice){ big, 70000 }, STDOUT_FILENO) == OK, "sent");
	CHECK(frame_receive(ends[1], &payload, &frame) == OK && frame.kind == 3 && frame.exchange == 1ULL << 60 &&
	      frame.payload.len == 70000 && memcmp(frame.payload.at, big, 70000) == 0 && frame.fd >= 0, "received");
	fd_close(&frame.fd);
	CHECK(frame_send_now(ends[0], 4, 0, (struct slice){ big, FRAME_PIECE + 1 }, -1) == REFUSED,
	      "one piece at most");
	while (frame_send_now(ends[0], 4, 0, (struct slice){ big, FRAME_PIECE }, -1) == OK)
		;
	CHECK(frame_send_now(ends[0], 4, 0, (struct slice){ big, FRAME_PIECE }, -1) == LATER, "a full socket is told");
	fd_close(&ends[0]);
	while (frame_receive(ends[1], &payload, &frame) == OK)
		;
	CHECK(frame_receive(ends[1], &payload, &frame) == AGAIN, "the end is told");
	CHECK(frame_send(ends[1], 3, 1, SLICE("x"), -1) == AGAIN, "also to a sender");
	fd_close(&ends[1]);
	buffer_finish(&payload);
}

int main(void)
{
	unsigned before = open_descriptors();
	struct channel none = { 0 };
	struct loop loop;

	fill_big();
	channel_close(&none);
	CHECK(!channel_is_open(&none) && channel_send(&none, 1, 1, SLICE("x"), -1) == LATER,
	      "a zeroed channel is closed");
	CHECK(loop_init(&loop) == OK, "a loop is made");
	test_sizes(&loop);
	test_backpressure(&loop);
	test_pause_in_handler(&loop);
	test_end_with_data(&loop);
	test_ends_in_handler(&loop);
	test_answers(&loop);
	test_strange(&loop);
	test_strange_without_loop();
	test_too_long(&loop);
	test_without_loop();
	loop_finish(&loop);
	CHECK(open_descriptors() == before, "no descriptor stays behind at the end");
	return TEST_END();
}
