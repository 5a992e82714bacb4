/* SPDX-License-Identifier: Apache-2.0 */
/* The process: what is opened before the jail, which wire goes where, and how it ends. */
#include "queue/queue.h"

#include "base/clock.h"
#include "base/fd.h"
#include "queue/fates.h"
#include "queue/load.h"
#include "queue/queue.jail.h"
#include "queue/room.h"

#include <errno.h>
#include <pwd.h>

enum { LOCK_SECONDS = 5, STOP_MS = 2000, STOP_LOOK_MS = 20, EXPIRE_MS = 3600000, EXPIRE_FIRST_MS = 600000, AHEAD_MS = 600000 };

static struct queue the_queue;
static struct timer expiry;

static enum result snapshot(void *self, struct buffer *to)
{
	return fates_snapshot(self, to);
}

static void synced(void *self, enum result end)
{
	struct queue *queue = self;

	queue_count(queue, end == OK ? QUEUE_COUNT_journal_syncs : QUEUE_COUNT_sync_errors, 1);
	if (end != OK)
		queue_note(queue, LOG_LEVEL_ERROR, SLICE(""), "journal-not-synced", "then", SLICE("a new one is written"));
	queue_trouble(queue, &queue->journal_trouble, "journal-sync", end == OK ? 0 : EIO);
}

static const struct journal_owner journal_owner = { snapshot, synced };

/* ---- before the jail ---- */

static enum result fill(struct queue *queue)
{
	const struct settings *settings = &queue->process->settings;

	TRY(settings_fill(&queue->process->settings, &gateway_settings_section, SLICE(""), &queue->gateway));
	(void)settings;
	return settings_fill(&queue->process->settings, &queue_settings_section, SLICE(""), &queue->settings);
}

static void find_owner(const struct process *process, unsigned *ret_user, unsigned *ret_group)
{
	const struct passwd *user = process->root ? getpwnam(queue_jail.user) : NULL;

	*ret_user = user ? user->pw_uid : (unsigned)-1;
	*ret_group = user ? user->pw_gid : (unsigned)-1;
}

static void no_spool(struct queue *queue, const char *why, int error)
{
	struct log_line line;

	log_begin(&line, &queue->process->log, LOG_LEVEL_ERROR, SLICE(""), "no-spool");
	log_text(&line, strcmp(why, "lock") ? "folder" : "file", slice_of(why));
	log_text(&line, "spool", queue->gateway.spool.is);
	log_text(&line, "error", slice_of(strerrorname_np(error)));
	log_end(&line);
}

static enum result open_spool(struct queue *queue)
{
	unsigned user, group;
	struct buffer path;
	const char *why = "";
	enum result end;

	find_owner(queue->process, &user, &group);
	buffer_init(&path, 4096);
	end = buffer_format(&path, "%.*s", SHOW(queue->gateway.spool.is));
	if (end == OK)
		end = spool_open(&queue->spool, buffer_slice(&path).at, user, group, &why);
	if (end != OK)
		no_spool(queue, why, errno);
	else
		end = spool_lock(&queue->spool, LOCK_SECONDS);
	if (end == REFUSED)
		queue_note(queue, LOG_LEVEL_ERROR, SLICE(""), "spool-in-use", "spool", queue->gateway.spool.is);
	buffer_finish(&path);
	return end;
}

/* What a clock that was put forward calls old is given an hour, in which it may be put right. */
static bool clock_is_steady(struct queue *queue)
{
	int64_t before = queue->clock_apart;

	queue->clock_apart = clock_wall_ms() - (int64_t)clock_ticks();
	return queue->clock_apart - before < AHEAD_MS;
}

static void expire(void *owner)
{
	if (clock_is_steady(owner))
		quarantine_expire(owner);
	fates_sweep(owner);
	(void)!timer_start(&expiry, EXPIRE_MS);
}

static void init_parts(struct queue *queue)
{
	fates_init(queue);
	journal_init(&queue->journal, &queue->crew, &queue->spool, queue->settings.journal_size.n, &journal_owner, queue);
	asks_init(&queue->asks, queue);
	deposits_init(&queue->deposits, queue);
	lending_init(&queue->lending, queue);
	visits_init(&queue->visits, queue);
	control_init(&queue->control, queue);
	reserve_init(&queue->reserve, queue);
	recording_init(&queue->recording, queue);
	timer_init(&queue->corrupt_timer, &queue->process->loop, queue_warn_of_corrupt, queue);
	timer_init(&expiry, &queue->process->loop, expire, queue);
}

static enum result prepare(void *self, struct process *process)
{
	struct queue *queue = self;

	queue->process = process;
	TRY(fill(queue));
	TRY(open_spool(queue));
	TRY(process_permit(process, queue->spool.root.fd, JAIL_READ | JAIL_WRITE | JAIL_FOLDERS));
	TRY(crew_init(&queue->crew, &process->loop));
	TRY(entries_init(&queue->entries, queue->settings.messages.n, &queue->words));
	init_parts(queue);
	return OK;
}

/* ---- in it ---- */

static enum result begin(void *self)
{
	struct queue *queue = self;

	if (crew_start(&queue->crew, (unsigned)queue->settings.threads.n) != OK) {
		queue_complain(queue, "threads", ENOMEM);
		return LATER;
	}
	TRY(load_spool(queue));
	TRY(reserve_watch(&queue->reserve));
	(void)clock_is_steady(queue);
	return timer_start(&expiry, EXPIRE_FIRST_MS);
}

static enum result wire(struct queue *queue, struct slice name, uint32_t instance, int fd)
{
	if (slice_same(name, SLICE("front")))
		return deposits_wire(&queue->deposits, instance, fd);
	if (slice_same(name, SLICE("inspect")))
		return asks_wire(&queue->asks, fd);
	if (slice_same(name, SLICE("relay")))
		return lending_wire(&queue->lending, fd);
	if (slice_same(name, SLICE("keeper")))
		return recording_wire(&queue->recording, fd);
	fd_close(&fd);
	return REFUSED;
}

static enum result given(void *self, enum given what, struct slice name, uint32_t instance, int fd)
{
	struct queue *queue = self;

	switch (what) {
	case GIVEN_WIRE:
		return wire(queue, name, instance, fd);
	case GIVEN_CONTROL:
		return control_listen(&queue->control, fd);
	case GIVEN_LISTENER:
	case GIVEN_FILE:
		break;
	}
	fd_close(&fd);
	return REFUSED;
}

static enum result reload(void *self)
{
	struct queue *queue = self;
	struct slice spool = queue->gateway.spool.is;
	struct gateway_settings fresh;

	TRY(settings_fill(&queue->process->settings, &gateway_settings_section, SLICE(""), &fresh));
	if (!slice_same(spool, fresh.spool.is))
		return REFUSED;         /* the spool is moved by a restart */
	return fill(queue);
}

/* ---- the end ---- */

/* Nobody to hear from is no reason to wait. */
static bool all_is_safe(const struct queue *queue)
{
	bool relay_done = queue->lending.lent == 0 || !channel_is_open(&queue->lending.wire);
	bool inspect_done = queue->visits.pool.used == 0 || !asks_ready(&queue->asks);

	return queue->deposits.storing == 0 && queue->crew.pending == 0 && relay_done && inspect_done &&
	       journal_idle(&queue->journal);
}

static void look_whether_done(void *owner)
{
	struct queue *queue = owner;

	if (all_is_safe(queue) || clock_ticks() >= queue->stop_by)
		process_leave(queue->process);
	else if (timer_start(&queue->stop_timer, STOP_LOOK_MS) != OK)
		process_leave(queue->process);
}

static void last_noted(struct journal_note *note)
{
	(void)note;
}

static void stop(void *self)
{
	static struct journal_note last;
	struct queue *queue = self;

	queue->stopping = true;
	queue->stop_by = clock_ticks() + STOP_MS;
	deposits_stop(&queue->deposits);
	lending_stop(&queue->lending);
	journal_sync(&queue->journal, &last, last_noted);
	timer_init(&queue->stop_timer, &queue->process->loop, look_whether_done, queue);
	look_whether_done(queue);
}

static const struct process_role role = {
	.name = "queue", .jail = &queue_jail, .prepare = prepare, .begin = begin, .given = given, .reload = reload, .stop = stop };

int main(void)
{
	return process_main(&role, &the_queue);
}
