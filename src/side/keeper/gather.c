/* SPDX-License-Identifier: Apache-2.0 */
/* Two blocks change places: while the thread writes one, the other is filled. */
#include "keeper/gather.h"

#include "base/clock.h"
#include "base/pack.h"
#include "wire/queue-keeper.h"

#include <errno.h>
#include <string.h>

enum { GAP_SIZE = 16 };

static void lose(struct gather *gather, uint64_t count, int64_t since)
{
	if (gather->lost == 0 || since < gather->lost_since)
		gather->lost_since = since;
	gather->lost += count;
	counter_add(gather->counters, KEEPER_COUNT_records_lost, count);
}

/* ---- writing ---- */

static struct gather *gather_of_job(struct job *job)
{
	return (struct gather *)(void *)((char *)job - offsetof(struct gather, job));
}

static enum result write_block(struct gather *gather)
{
	struct buffer closed;
	enum result result;

	buffer_init(&closed, (size_t)2 * BLOCK_MOST);
	result = block_close(&gather->writing, &closed);
	gather->wrote.bytes = buffer_length(&closed);
	if (result == OK)
		result = records_append(&gather->records, buffer_slice(&closed), clock_wall());
	buffer_finish(&closed);
	return result;
}

static void work(struct job *job)
{
	struct gather *gather = gather_of_job(job);

	errno = 0;
	gather->wrote.bytes = 0;
	gather->wrote.end = gather->writing.span.count ? write_block(gather) : OK;
	gather->wrote.error = gather->wrote.end == OK ? 0 : errno;
	if (gather->expires || gather->records.written == gather->wrote.bytes)
		records_expire(&gather->records, clock_wall());
}

static enum result add_gap(struct gather *gather)
{
	struct record gap = { .kind = RECORDED_GAP, .when = clock_wall() };
	struct buffer bytes;
	enum result result;

	buffer_init(&bytes, GAP_SIZE);
	result = pack_u64(&bytes, gather->lost);
	if (result == OK)
		result = pack_u64(&bytes, (uint64_t)gather->lost_since);
	gap.bytes = buffer_slice(&bytes);
	if (result == OK)
		result = block_add(&gather->filling, &gap);
	buffer_finish(&bytes);
	return result;
}

static void say_gap(struct gather *gather, uint64_t count)
{
	struct log_line line;

	log_begin(&line, gather->log, LOG_LEVEL_WARNING, SLICE(""), "log-gap");
	log_count(&line, "records", (int64_t)count);
	log_end(&line);
}

static void flush(struct gather *gather)
{
	struct block other;

	if (gather->busy)
		return;
	timer_stop(&gather->due);
	gather->lost_with_it = 0;
	if (gather->lost && add_gap(gather) == OK) {
		say_gap(gather, gather->lost);
		gather->lost_with_it = gather->lost;
		gather->lost = 0;
	}
	other = gather->writing;
	gather->writing = gather->filling;
	gather->filling = other;
	gather->going = gather->taken;
	gather->records.limits = gather->limits;
	gather->busy = true;
	crew_give(gather->crew, &gather->job);
}

static void trouble(struct gather *gather)
{
	bool now = gather->wrote.end != OK;
	struct slice why = slice_of(gather->wrote.error ? strerrorname_np(gather->wrote.error) : "no memory");

	if (now && !gather->troubled)
		log_say(gather->log, LOG_LEVEL_ERROR, SLICE(""), "log-not-written", "error", why);
	if (now != gather->troubled && gather->process)
		process_warn(gather->process, "message-log", now ? why : SLICE(""));
	gather->troubled = now;
}

static void count_written(struct gather *gather)
{
	uint32_t count = gather->writing.span.count;

	if (count == 0)
		return;
	if (gather->wrote.end != OK) {
		lose(gather, count - (gather->lost_with_it ? 1 : 0), gather->writing.span.since);
		gather->lost += gather->lost_with_it;            /* counted before */
		return;
	}
	counter_add(gather->counters, KEEPER_COUNT_records, count);
	counter_add(gather->counters, KEEPER_COUNT_bytes_written, gather->wrote.bytes);
	counter_add(gather->counters, KEEPER_COUNT_log_syncs, 1);
}

/* Soon, where something waits; a gap that could not be written waits for company, or for the hour. */
static void go_on(struct gather *gather)
{
	if (gather->filling.span.count == 0) {
		gather->hurries = false;
		if (gather->settled)
			gather->settled(gather->owner);
		return;
	}
	if (gather->hurries || buffer_length(&gather->filling.raw) >= GATHER_BLOCK ||
	    timer_start(&gather->due, gather->sync_ms) != OK)
		flush(gather);
}

static void done(struct job *job)
{
	struct gather *gather = gather_of_job(job);

	gather->busy = gather->expires = false;
	trouble(gather);
	count_written(gather);
	gather->lost_with_it = 0;
	block_clear(&gather->writing);
	if (gather->written)
		gather->written(gather->owner, gather->going);
	go_on(gather);
}

static void time_to_write(void *own_gather)
{
	flush(own_gather);
}

static void time_to_expire(void *own_gather)
{
	struct gather *gather = own_gather;

	gather->expires = true;
	if (!gather->busy)
		flush(gather);
	(void)!timer_start(&gather->expiry, EXPIRE_MS);
}

/* ---- taking ---- */

/* A write under way ends with go_on(), which starts the timer. */
static void wait_or_write(struct gather *gather)
{
	if (gather->busy)
		return;
	if (gather->sync_ms == 0 || buffer_length(&gather->filling.raw) >= GATHER_BLOCK)
		flush(gather);
	else if (gather->filling.span.count <= 1 && timer_start(&gather->due, gather->sync_ms) != OK)
		flush(gather);
}

void gather_add(struct gather *gather, const struct record *record, uint64_t mark)
{
	gather->taken = mark;
	if (block_add(&gather->filling, record) != OK)
		lose(gather, 1, record->when);
	wait_or_write(gather);
}

void gather_missed(struct gather *gather, uint64_t count, int64_t since, uint64_t mark)
{
	gather->taken = mark;
	lose(gather, count, since);
	if (!gather->busy)
		flush(gather);
}

bool gather_is_settled(const struct gather *gather)
{
	return !gather->busy && gather->filling.span.count == 0;
}

void gather_flush(struct gather *gather)
{
	gather->hurries = !gather_is_settled(gather);
	if (!gather->busy && gather->filling.span.count)
		flush(gather);
}

/* ---- begin and end ---- */

void gather_settings(struct gather *gather, const struct keeper_settings *settings)
{
	gather->sync_ms = settings->log_sync.n * 1000;
	gather->limits = (struct records_limits){ settings->log_size.n, settings->log_life.n };
}

void gather_init(struct gather *gather, struct loop *loop, struct crew *crew)
{
	block_init(&gather->filling);
	block_init(&gather->writing);
	gather->crew = crew;
	gather->job = (struct job){ .work = work, .done = done };
	timer_init(&gather->due, loop, time_to_write, gather);
	timer_init(&gather->expiry, loop, time_to_expire, gather);
}

enum result gather_begin(struct gather *gather)
{
	const struct record begun = { .kind = RECORDED_BEGUN, .when = clock_wall() };

	gather_add(gather, &begun, 0);
	return timer_start(&gather->expiry, EXPIRE_MS);
}

void gather_finish(struct gather *gather)
{
	timer_end(&gather->due);
	timer_end(&gather->expiry);
	block_finish(&gather->filling);
	block_finish(&gather->writing);
	records_close(&gather->records);
}
