/* SPDX-License-Identifier: Apache-2.0 */
/* A lesson is answered at once; who brings them faster than the disk takes them is not read meanwhile. */
#include "keeper/callers.h"

#include "base/pack.h"

enum result callers_read_lesson(struct slice payload, struct teaching *ret_teaching)
{
	struct unpack from = unpack_from(payload);
	uint8_t wanted = unpack_u8(&from);
	struct teaching teaching = { .digest = unpack_slice(&from, DIGEST_SIZE) };

	teaching.features = unpack_slice(&from, FEATURES_PACKED);
	TRY(unpack_end(&from));
	if (wanted >= LESSONS_WANTED || teaching.digest.len != DIGEST_SIZE)
		return REFUSED;
	teaching.wanted = (enum lesson_wanted)wanted;
	*ret_teaching = teaching;
	return OK;
}

static enum result cannot(struct caller *caller)
{
	const char *why = learner_trouble(caller->callers->learner);

	return caller_end(caller, STATUS_FAILED, why ? why : "it cannot be learned now");
}

enum result caller_begins_lessons(struct caller *caller)
{
	if (learner_is_stopped(caller->callers->learner))
		return cannot(caller);
	caller->teaches = true;
	return timer_start(&caller->time, TEACHER_MS);
}

static enum result answer(struct caller *caller, enum lesson_end end)
{
	const char byte = (char)end;

	return channel_send(&caller->channel, CONTROL_TAUGHT, caller->exchange, (struct slice){ &byte, 1 }, -1);
}

static void hold_back(struct caller *caller)
{
	caller->held = true;
	channel_pause(&caller->channel);
}

/* Who keeps teaching keeps his place; who does not hear the answer to one lesson would take the next for it, and is hung up on. */
enum result caller_brings_lesson(struct caller *caller, struct slice payload)
{
	struct learner *learner = caller->callers->learner;
	struct teaching teaching;
	enum lesson_end end;
	enum result result;

	if (caller->taught_all || callers_read_lesson(payload, &teaching) != OK)
		return REFUSED;
	teaching.by = caller->uid;
	result = learner_teach(learner, &teaching, &end);
	if (result != OK)
		return result == LATER ? cannot(caller) : REFUSED;
	if (answer(caller, end) != OK)
		return REFUSED;
	if (learner_is_filled(learner))
		hold_back(caller);
	return timer_start(&caller->time, TEACHER_MS);
}

static enum result end_lessons(struct caller *caller)
{
	return learner_is_stopped(caller->callers->learner) ? cannot(caller) : caller_end(caller, 0, "");
}

enum result caller_brought_all(struct caller *caller, struct slice payload)
{
	struct learner *learner = caller->callers->learner;

	if (payload.len || caller->taught_all)
		return REFUSED;
	if (learner_is_settled(learner))
		return end_lessons(caller);
	caller->taught_all = true;
	caller->mark = learner->taken;
	learner_flush(learner);
	return OK;
}

void callers_learned(struct callers *callers)
{
	for (size_t i = 0; i < CALLERS_MOST; i++) {
		struct caller *caller = &callers->list[i];

		if (caller->used && caller->held) {
			caller->held = false;
			channel_resume(&caller->channel);
		}
		if (caller->used && caller->taught_all && !caller->ended &&
		    (learner_is_stopped(callers->learner) || callers->learner->safe >= caller->mark))
			(void)!end_lessons(caller);
	}
}
