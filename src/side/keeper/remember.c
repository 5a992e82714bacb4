/* SPDX-License-Identifier: Apache-2.0 */
/* Two batches change places, as blocks do in gather.c: while the thread counts one, the other is filled. */
#include "keeper/remember_count.h"

#include "base/clock.h"
#include "base/pack.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#define MAP "map"

/* ---- warnings ---- */

static void warn(struct remember *remember)
{
	char text[2 * TROUBLE_TEXT + 4];
	const char *between = remember->damaged[0] && remember->trouble[0] ? "; " : "";

	(void)snprintf(text, sizeof(text), "%s%s%s", remember->damaged, between, remember->trouble);
	if (remember->process)
		process_warn(remember->process, "state", slice_of(text));
}

static void say_trouble(struct remember *remember, const char *trouble)
{
	if (slice_same(slice_of(trouble), slice_of(remember->trouble)))
		return;
	if (trouble[0])
		log_say(remember->log, LOG_LEVEL_ERROR, SLICE(""), "not-remembered", "error", slice_of(trouble));
	(void)snprintf(remember->trouble, sizeof(remember->trouble), "%s", trouble);
	warn(remember);
}

static void look_for_trouble(struct remember *remember, int error)
{
	if (error)
		say_trouble(remember, strerrorname_np(error) ? strerrorname_np(error) : "EIO");
	else
		say_trouble(remember, remember->full ? "the map is full: who is new is not remembered" : "");
}

/* ---- writing ---- */

static struct remember *remember_of_job(struct job *job)
{
	return (struct remember *)(void *)((char *)job - offsetof(struct remember, job));
}

static void work(struct job *job)
{
	struct remember *remember = remember_of_job(job);

	memset(&remember->did, 0, sizeof(remember->did));
	remember_count_notes(remember);
	if (remember->forgets)
		remember_forget_old(remember, clock_wall());
}

static void flush(struct remember *remember)
{
	struct buffer other = remember->writing;

	if (remember->busy || remember->state.env == NULL)
		return;
	timer_stop(&remember->due);
	remember->writing = remember->filling;
	remember->filling = other;
	remember->used = remember->limits;
	remember->forgets = remember->ages;
	remember->ages = false;
	remember->busy = true;
	crew_give(remember->crew, &remember->job);
}

static void count(struct remember *remember)
{
	counter_add(remember->counters, KEEPER_COUNT_remembered, remember->did.written);
	counter_add(remember->counters, KEEPER_COUNT_not_remembered, remember->did.lost);
	counter_add(remember->counters, KEEPER_COUNT_newcomers_over_share, remember->did.unshared);
	counter_add(remember->counters, KEEPER_COUNT_newcomers_when_full, remember->did.full);
	counter_add(remember->counters, KEEPER_COUNT_forgotten, remember->did.aged);
	counter_set(remember->counters, KEEPER_COUNT_names_known, state_count(&remember->state));
}

static void wait_or_write(struct remember *remember)
{
	if (remember->sync_ms == 0 || timer_start(&remember->due, remember->sync_ms) != OK)
		flush(remember);
}

static void done(struct job *job)
{
	struct remember *remember = remember_of_job(job);

	remember->busy = false;
	remember->full = state_is_full(&remember->state);
	count(remember);
	look_for_trouble(remember, remember->did.error);
	buffer_clear(&remember->writing);
	buffer_relax(&remember->writing);
	if (buffer_length(&remember->filling))
		wait_or_write(remember);
	else if (remember->ages)
		flush(remember);
	else if (remember->settled)
		remember->settled(remember->owner);
}

static void time_to_write(void *own_remember)
{
	flush(own_remember);
}

static void time_to_forget(void *own_remember)
{
	struct remember *remember = own_remember;

	remember->ages = true;
	flush(remember);
	(void)!timer_start(&remember->ageing, AGE_MS);
}

/* ---- what is told and asked ---- */

void remember_note(struct remember *remember, const struct known_note *note)
{
	size_t before = buffer_length(&remember->filling);
	struct buffer packed;
	enum result result;

	if (note->names.count == 0)
		return;
	buffer_init(&packed, KNOWN_NOTE);
	result = remember->state.env ? known_note_pack(note, &packed) : LATER;
	if (result == OK)
		result = pack_u64(&remember->filling, (uint64_t)clock_wall());
	if (result == OK)
		result = pack_slice(&remember->filling, buffer_slice(&packed));
	buffer_finish(&packed);
	if (result != OK) {
		buffer_cut(&remember->filling, before);
		counter_add(remember->counters, KEEPER_COUNT_not_remembered, 1);
	} else if (before == 0 && !remember->busy) {
		wait_or_write(remember);
	}
}

/* The next start looks at every entry, and puts the map aside. */
static void found_damage(struct remember *remember)
{
	if (remember->damaged[0])
		return;
	(void)snprintf(remember->damaged, sizeof(remember->damaged),
	               "the map is damaged: somebody could not be looked up; the next start of the keeper puts it aside");
	log_say(remember->log, LOG_LEVEL_ERROR, SLICE(""), "map-damaged", "moved-to", SLICE(""));
	warn(remember);
}

static enum result look_up(struct remember *remember, const struct known_name *name, struct tally *ret_tally)
{
	const struct state_key key = { name->kind, name->tenant, name->who };
	struct state_value value;

	TRY(state_get(&remember->state, &key, clock_wall(), &value));
	return tally_unpack((struct slice){ value.bytes, value.length }, ret_tally) == OK ? OK : LATER;
}

enum result remember_ask(struct remember *remember, const struct known_name *name, struct tally *ret_tally)
{
	enum result result = look_up(remember, name, ret_tally);

	counter_add(remember->counters, KEEPER_COUNT_names_asked, 1);
	if (result == LATER && remember->state.env)
		found_damage(remember);
	return result;
}

bool remember_is_settled(const struct remember *remember)
{
	return remember->state.env == NULL || (!remember->busy && buffer_length(&remember->filling) == 0);
}

void remember_flush(struct remember *remember)
{
	remember->sync_ms = 0;
	if (buffer_length(&remember->filling))
		flush(remember);
}

/* ---- begin and end ---- */

void remember_settings(struct remember *remember, const struct keeper_settings *settings)
{
	remember->sync_ms = settings->log_sync.n * 1000;
	remember->limits = (struct remember_limits){ (int64_t)settings->known_life.n, (int64_t)settings->known_once_life.n,
		                                     settings->newcomers.n };
}

void remember_init(struct remember *remember, struct loop *loop, struct crew *crew)
{
	buffer_init(&remember->filling, NOTES_MOST);
	buffer_init(&remember->writing, NOTES_MOST);
	while (getrandom(remember->key, sizeof(remember->key), 0) != (ssize_t)sizeof(remember->key))
		;
	remember->crew = crew;
	remember->job = (struct job){ .work = work, .done = done };
	timer_init(&remember->due, loop, time_to_write, remember);
	timer_init(&remember->ageing, loop, time_to_forget, remember);
}

static void begin_anew(struct remember *remember, int folder, uint64_t size)
{
	char aside[STATE_NAME] = "";
	enum result result = state_set_aside(folder, MAP, aside);

	(void)snprintf(remember->damaged, sizeof(remember->damaged), "the map was damaged: nobody is known any more; %s",
	               aside[0] ? aside : "it is removed, as there are many damaged ones");
	log_say(remember->log, LOG_LEVEL_ERROR, SLICE(""), "map-damaged", "moved-to", slice_of(aside));
	if (result == OK)
		result = state_open(&remember->state, folder, MAP, size);
	if (result == REFUSED)
		errno = EIO;
}

enum result remember_begin(struct remember *remember, int folder, uint64_t size)
{
	enum result result = state_open(&remember->state, folder, MAP, size);

	if (result == REFUSED)
		begin_anew(remember, folder, size);
	if (remember->state.env == NULL)
		look_for_trouble(remember, errno ? errno : EIO);
	else
		counter_set(remember->counters, KEEPER_COUNT_names_known, state_count(&remember->state));
	warn(remember);
	return timer_start(&remember->ageing, AGE_MS);
}

void remember_finish(struct remember *remember)
{
	timer_end(&remember->due);
	timer_end(&remember->ageing);
	buffer_finish(&remember->filling);
	buffer_finish(&remember->writing);
	state_close(&remember->state);
}
