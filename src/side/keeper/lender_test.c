/* SPDX-License-Identifier: Apache-2.0 */
/* A learner that has a model, has none, or is busy; what inspection hears at the other end of a wire. */
#include "keeper/lender.h"

#include "base/fd.h"
#include "base/pack.h"
#include "base/pool.h"
#include "base/test.h"
#include "wire/inspect-keeper.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { BITS = MODEL_BITS_LEAST, REST_MS = 10000000 };
enum heard { NOTHING, NO_MODEL, A_MODEL };

static struct lending {
	struct loop loop;
	struct learner learner;
	struct lender lender;
	struct channel wire;
	int end;                                 /* inspection's */
} lending;

static enum result refuse(void *owner, struct frame *frame)
{
	(void)owner, (void)frame;
	return REFUSED;
}

static void gone(void *owner)
{
	(void)owner;
}

static const struct channel_handler handler = { refuse, gone };

static void open_wire(void)
{
	int ends[2];

	channel_close(&lending.wire);
	fd_close(&lending.end);
	CHECK(channel_pair(ends) == OK, "a pair");
	CHECK(channel_open(&lending.wire, &lending.loop, ends[0], INSPECT_KEEPER_LONGEST, &handler, NULL) == OK, "a wire");
	lending.end = ends[1];
}

/* What was lent must be the model that is on the disk, and nobody may change it. */
static void look_at(int fd, uint64_t size)
{
	void *bytes = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
	const struct model *model = NULL;
	const char *why;

	CHECK(bytes != MAP_FAILED && model_open((struct slice){ bytes, size }, &model, &why) == OK, "it is a model");
	CHECK(model && model->generation == lending.learner.written->generation, "the one that is on the disk");
	CHECK(pwrite(fd, "x", 1, 0) < 0 && ftruncate(fd, 0) != 0, "and cannot be changed");
	(void)munmap(bytes, size);
}

static enum heard hear(void)
{
	struct pollfd ready = { .fd = lending.end, .events = POLLIN };
	struct buffer payload;
	struct unpack from;
	struct frame frame;
	enum heard heard;
	uint64_t size;

	if (poll(&ready, 1, 0) != 1)
		return NOTHING;
	buffer_init(&payload, INSPECT_KEEPER_LONGEST);
	CHECK(frame_receive(lending.end, &payload, &frame) == OK && frame.kind == KEEPER_MODEL, "a frame");
	from = unpack_from(frame.payload);
	size = unpack_u64(&from);
	CHECK(unpack_end(&from) == OK && (size > 0) == (frame.fd >= 0), "a size, and a memfd with it");
	heard = frame.fd >= 0 ? A_MODEL : NO_MODEL;
	if (frame.fd >= 0)
		look_at(frame.fd, size);
	fd_close(&frame.fd);
	buffer_finish(&payload);
	return heard;
}

static void offer(void)
{
	lender_offer(&lending.lender);
}

static void new_wire(void)
{
	open_wire();
	lender_wire_is_new(&lending.lender);
}

static const struct {
	const char *about;
	void (*act)(void);
	bool has, busy, learns;                  /* learns: there is a new generation */
	uint64_t rest_ms;
	enum heard heard;
} steps[] = {
	{ "without a model, that is said", new_wire, false, false, false, 0, NO_MODEL },
	{ "once", offer, false, false, false, 0, NOTHING },
	{ "not while one is written", offer, true, true, true, 0, NOTHING },
	{ "then it is lent", offer, true, false, false, 0, A_MODEL },
	{ "once", offer, true, false, false, 0, NOTHING },
	{ "the next one too", offer, true, false, true, REST_MS, A_MODEL },
	{ "but for those that come soon after it", offer, true, false, true, REST_MS, NOTHING },
	{ "a new wire does not wait", new_wire, true, false, false, 0, A_MODEL },
	{ "what could not be written is not lent", offer, false, false, true, 0, NOTHING },
	{ "nor said to be gone", offer, false, false, false, 0, NOTHING },
	{ "a new wire waits for what is written", new_wire, true, true, false, 0, NOTHING },
	{ "and gets it", offer, true, false, false, 0, A_MODEL },
	{ "while nothing can be written, a new wire gets the last one", new_wire, false, false, false, 0, A_MODEL },
	{ "once", offer, false, false, false, 0, NOTHING },
	{ "and the next when that is on the disk", offer, true, false, true, 0, A_MODEL },
};

int main(void)
{
	void *room = pool_resize(NULL, model_size(BITS));

	if (room == NULL)
		abort();
	lending.end = -1;
	lending.learner.written = model_begin(room, BITS);
	CHECK(loop_init(&lending.loop) == OK, "a loop");
	lender_init(&lending.lender, &lending.loop, &lending.learner, &lending.wire);
	offer();
	for (size_t i = 0; i < COUNT_OF(steps); i++) {
		if (steps[i].learns)
			model_seal(lending.learner.written);
		lending.learner.snapshot = steps[i].has;
		lending.learner.busy = steps[i].busy;
		lending.lender.rest_ms = steps[i].rest_ms;
		steps[i].act();
		CHECK(hear() == steps[i].heard, steps[i].about);
	}
	lender_finish(&lending.lender);
	channel_close(&lending.wire);
	fd_close(&lending.end);
	loop_finish(&lending.loop);
	(void)!pool_resize(room, 0);
	return TEST_END();
}
