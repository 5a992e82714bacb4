/* SPDX-License-Identifier: Apache-2.0 */
/* A caller without a socket: lessons are brought to it by hand, and what came back lies on the other end of its channel. */
#include "keeper/callers.h"

#include "keeper/learner_scene.h"

#include <event2/event.h>

static struct teaching_scene {
	struct callers callers;
	struct caller *caller;
	int end;                                 /* the teacher's */
	bool hung_up;
} teaching_scene;

static enum result no_frame(void *owner, struct frame *frame)
{
	(void)owner, (void)frame;
	return REFUSED;
}

static void gone(void *owner)
{
	(void)owner;
	teaching_scene.hung_up = true;
}

static const struct channel_handler handler = { no_frame, gone };

static void begin_caller(void)
{
	struct caller *caller = &teaching_scene.callers.list[0];
	int ends[2];

	begin();
	teaching_scene.callers = (struct callers){ .loop = &place.loop, .learner = &place.learner, .socket = -1 };
	teaching_scene.caller = caller;
	teaching_scene.hung_up = false;
	*caller = (struct caller){ .callers = &teaching_scene.callers, .used = true, .operates = true, .uid = 7 };
	timer_init(&caller->time, &place.loop, gone, NULL);
	CHECK(channel_pair(ends) == OK && channel_open(&caller->channel, &place.loop, ends[0], LESSON_LONGEST, &handler, NULL) == OK &&
	      timer_start(&caller->time, CALLER_MS) == OK, "somebody came");
	teaching_scene.end = ends[1];
}

static void end_caller(void)
{
	fd_close(&teaching_scene.end);
	callers_finish(&teaching_scene.callers);
	end();
}

static enum result bring(unsigned number)
{
	char digest[DIGEST_SIZE] = { 0 };
	struct buffer features, lesson;
	enum result result;

	memcpy(digest, &number, sizeof(number));
	buffer_init(&features, FEATURES_PACKED);
	buffer_init(&lesson, LESSON_LONGEST);
	pack_features(number, &features);
	CHECK(pack_u8(&lesson, LESSON_SPAM) == OK && pack_slice(&lesson, (struct slice){ digest, DIGEST_SIZE }) == OK &&
	      pack_slice(&lesson, buffer_slice(&features)) == OK, "a lesson is packed");
	result = caller_brings_lesson(teaching_scene.caller, buffer_slice(&lesson));
	buffer_finish(&features);
	buffer_finish(&lesson);
	return result;
}

/* How long a caller may be silent from now on. */
static bool may_be_silent(uint64_t ms)
{
	struct timeval now, until;

	return event_pending(&teaching_scene.caller->time.event, EV_TIMEOUT, &until) &&
	       event_base_gettimeofday_cached(loop_events(&place.loop), &now) == 0 &&
	       (uint64_t)(until.tv_sec - now.tv_sec) * 1000 >= ms;
}

static void waits_for_slow_messages(void)
{
	enum { SLOWEST_MS = 20 * 60000 };

	begin_caller();
	CHECK(!may_be_silent(SLOWEST_MS), "who has not said what he wants is not waited for");
	CHECK(caller_begins_lessons(teaching_scene.caller) == OK, "he wants to teach");
	CHECK(may_be_silent(SLOWEST_MS), "and may have to read the first message for long");
	CHECK(bring(1) == OK && may_be_silent(SLOWEST_MS), "and the next one");
	end_caller();
}

static void answers_each(void)
{
	begin_caller();
	CHECK(caller_begins_lessons(teaching_scene.caller) == OK && bring(1) == OK, "a lesson");
	channel_close(&teaching_scene.caller->channel);
	CHECK(bring(2) == REFUSED, "who cannot be answered is hung up on: he would take the next answer for this one's");
	end_caller();
}

int main(void)
{
	waits_for_slow_messages();
	answers_each();
	return TEST_END();
}
