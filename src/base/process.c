/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two tables, one for what the supervisor says before the start and one for afterwards. Up to START
 * frames are read one by one, blocking; from then on by the loop, from inside the jail.
 */
#include "base/process.h"

#include "base/fd.h"
#include "base/pack.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#ifdef POSTERN_SANITIZED
enum { MAY_BE_TRACED = 1 };                    /* the leak checker looks into its own process */
#else
enum { MAY_BE_TRACED = 0 };
#endif

enum {
	LONGEST_FRAME = FRAME_PIECE,           /* what the supervisor says is short, or in a memfd */
	LONGEST_NAME = 256,
	SETTINGS_LIMIT = 16 << 20,
	EARLY_LIMIT = 256 << 10,               /* gifts before the start */
	READ_STEP = 65536,
};

struct process_gift {
	struct process_gift *next;
	enum given what;
	struct slice name;
	uint32_t instance;
	int fd;
};

/* ---- ends and warnings ---- */

static void say(struct process *process, enum log_level level, const char *event, const char *key, const char *value)
{
	log_say(&process->log, level, SLICE(""), event, key, slice_of(value));
}

void process_leave(struct process *process)
{
	loop_stop(&process->loop);
}

void process_break(struct process *process, const char *event)
{
	if (process->end != OK)
		return;
	say(process, LOG_LEVEL_ERROR, "broken", "in", event);
	process->end = BROKEN;
	loop_stop(&process->loop);
}

void process_warn(struct process *process, const char *name, struct slice text)
{
	struct buffer said;

	log_say(&process->log, text.len ? LOG_LEVEL_WARNING : LOG_LEVEL_NOTICE, SLICE(""),
	        text.len ? "warning" : "warning-over", name, text);
	buffer_init(&said, LONGEST_FRAME);
	if (pack_slice(&said, slice_of(name)) == OK && pack_slice(&said, slice_take(&text, LONGEST_FRAME / 2)) == OK)
		(void)!channel_send(&process->control, PROCESS_WARN, 0, buffer_slice(&said), -1);
	buffer_finish(&said);
}

void process_wire_lost(struct process *process, const char *neighbour, uint32_t instance)
{
	struct buffer said;

	if (process == NULL || process->stopping)
		return;
	buffer_init(&said, LONGEST_FRAME);
	if (pack_slice(&said, slice_of(neighbour)) == OK && pack_u32(&said, instance) == OK)
		(void)!channel_send(&process->control, PROCESS_WIRE_LOST, 0, buffer_slice(&said), -1);
	buffer_finish(&said);
}

enum result process_permit(struct process *process, int fd, unsigned access)
{
	if (process->path_count == COUNT_OF(process->paths))
		return BROKEN;
	process->paths[process->path_count++] = (struct jail_path){ fd, access };
	return OK;
}

/* ---- what both tables hear ---- */

/* From where the descriptor stands: in the jail nothing may be moved or measured. */
static enum result read_blob(int fd, struct buffer *to)
{
	for (;;) {
		char *room;
		ssize_t got;

		TRY(buffer_reserve(to, READ_STEP, &room));
		got = read(fd, room, READ_STEP);
		if (got == 0)
			return OK;
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return BROKEN;
		buffer_grew(to, (size_t)got);
	}
}

static enum result read_settings(struct frame *frame, struct settings *ret_settings)
{
	struct settings settings;
	struct buffer packed;
	enum result result;

	buffer_init(&packed, SETTINGS_LIMIT);
	settings_init(&settings);
	result = read_blob(frame->fd, &packed);
	if (result == OK)
		result = settings_unpack(&settings, buffer_slice(&packed));
	buffer_finish(&packed);
	if (result == OK)
		*ret_settings = settings;
	else
		settings_finish(&settings);
	return result;
}

static enum result unpack_gift(struct frame *frame, struct process_gift *ret_gift)
{
	struct unpack from = unpack_from(frame->payload);
	struct process_gift gift = { .what = unpack_u8(&from), .name = unpack_slice(&from, LONGEST_NAME) };

	gift.instance = unpack_u32(&from);
	TRY(unpack_end(&from));
	if (gift.what > GIVEN_FILE || frame->fd < 0)
		return REFUSED;
	gift.fd = frame_take_fd(frame);
	*ret_gift = gift;
	return OK;
}

/* A gift that is of no use is the supervisor's affair, and only a line in the log. */
static enum result hand_over(struct process *process, const struct process_gift *gift)
{
	enum result result = REFUSED;
	int fd = gift->fd;

	if (process->role->given)
		result = process->role->given(process->self, gift->what, gift->name, gift->instance, fd);
	else
		fd_close(&fd);
	if (result == BROKEN)
		process_break(process, "given");
	else if (result != OK)
		log_say(&process->log, LOG_LEVEL_WARNING, SLICE(""), "gift-refused", "name", gift->name);
	return result == BROKEN ? BROKEN : OK;
}

/* ---- before the start ---- */

static enum result early_settings(struct process *process, struct frame *frame)
{
	settings_finish(&process->settings);
	return read_settings(frame, &process->settings);
}

static enum result early_counters(struct process *process, struct frame *frame)
{
	counters_finish(&process->counters);
	return counters_map(&process->counters, frame->fd, true);
}

static enum result early_gift(struct process *process, struct frame *frame)
{
	struct process_gift **end = &process->gifts;
	struct process_gift *gift = arena_new(&process->early, struct process_gift);
	struct process_gift came;

	if (gift == NULL)
		return LATER;
	TRY(unpack_gift(frame, &came));
	*gift = came;
	while (*end)
		end = &(*end)->next;
	*end = gift;
	return arena_keep(&process->early, came.name, &gift->name);
}

static enum result early_start(struct process *process, struct frame *frame)
{
	struct unpack from = unpack_from(frame->payload);
	uint8_t level;

	process->instance = unpack_u32(&from);
	process->weak = unpack_u8(&from);
	process->root = unpack_u8(&from);
	process->utc_offset = (int32_t)unpack_u32(&from);
	level = unpack_u8(&from);
	process->log.most = level < LOG_LEVEL_DEBUG ? level : LOG_LEVEL_DEBUG;
	process->started = true;
	return unpack_end(&from);
}

static enum result (*const early[])(struct process *, struct frame *) = {
	[SUPERVISOR_SETTINGS] = early_settings,
	[SUPERVISOR_COUNTERS] = early_counters,
	[SUPERVISOR_GIVE] = early_gift,
	[SUPERVISOR_START] = early_start,
};

/* AGAIN: the supervisor went away, or changed its mind. */
static enum result listen_once(struct process *process, struct buffer *payload)
{
	struct frame frame = { .fd = -1 };
	enum result result;

	TRY(frame_receive(PROCESS_CONTROL_FD, payload, &frame));
	if (frame.kind == SUPERVISOR_STOP)
		result = AGAIN;
	else if (frame.kind < COUNT_OF(early) && early[frame.kind])
		result = early[frame.kind](process, &frame);
	else
		result = REFUSED;
	fd_close(&frame.fd);
	return result;
}

static enum result listen_until_start(struct process *process)
{
	enum result result = OK;
	struct buffer payload;

	buffer_init(&payload, LONGEST_FRAME);
	while (result == OK && !process->started)
		result = listen_once(process, &payload);
	buffer_finish(&payload);
	return result;
}

/* ---- after the start ---- */

static void out_of_patience(void *owner)
{
	struct process *process = owner;

	say(process, LOG_LEVEL_WARNING, "stopped-by-force", "reason", "time is over");
	process_leave(process);
}

static void stop(struct process *process)
{
	if (process->stopping)
		return;
	process->stopping = true;
	if (timer_start(&process->patience, (uint64_t)PROCESS_PATIENCE * 1000) != OK || process->role->stop == NULL)
		process_leave(process);
	else
		process->role->stop(process->self);
}

static enum result late_gift(struct process *process, struct frame *frame)
{
	struct process_gift gift;

	TRY(unpack_gift(frame, &gift));
	(void)hand_over(process, &gift);
	return OK;
}

static enum result answer(struct process *process, struct frame *frame, enum process_says kind)
{
	(void)!channel_send(&process->control, (uint8_t)kind, frame->exchange, SLICE(""), -1);
	return OK;
}

/* The old settings end only when the role has let go of them. */
static enum result swap_settings(struct process *process, struct frame *frame)
{
	struct settings fresh, old = process->settings;
	enum result result;

	TRY(read_settings(frame, &fresh));
	process->settings = fresh;
	result = process->role->reload ? process->role->reload(process->self) : OK;
	if (result == OK) {
		settings_finish(&old);
		return OK;
	}
	process->settings = old;
	settings_finish(&fresh);
	return result;
}

static enum result late_reload(struct process *process, struct frame *frame)
{
	enum result result = swap_settings(process, frame);

	if (result == OK) {
		if (process->refused_settings)
			process_warn(process, "settings", SLICE(""));
		process->refused_settings = false;
		return answer(process, frame, PROCESS_RELOADED);
	}
	if (result == BROKEN) {
		process_break(process, "reload");
		return OK;
	}
	process->refused_settings = true;
	process_warn(process, "settings", SLICE("the new settings were refused; the old ones stand"));
	return OK;
}

static enum result late_ping(struct process *process, struct frame *frame)
{
	return answer(process, frame, PROCESS_ALIVE);
}

static enum result late_stop(struct process *process, struct frame *frame)
{
	(void)frame;
	stop(process);
	return OK;
}

static enum result (*const late[])(struct process *, struct frame *) = {
	[SUPERVISOR_GIVE] = late_gift,
	[SUPERVISOR_RELOAD] = late_reload,
	[SUPERVISOR_PING] = late_ping,
	[SUPERVISOR_STOP] = late_stop,
};

static enum result control_frame(void *owner, struct frame *frame)
{
	struct process *process = owner;

	if (frame->kind >= COUNT_OF(late) || late[frame->kind] == NULL)
		return REFUSED;
	return late[frame->kind](process, frame);
}

static void control_closed(void *owner)
{
	stop(owner);
}

static const struct channel_handler control_handler = { control_frame, control_closed };

/* ---- from birth to the loop ---- */

/* Who ends is for the supervisor to decide, and a terminal's ^C is meant for it alone. A file that may not grow is a
 * full disk, which is an error and no end. */
static enum result settle(struct process *process)
{
	static const int ignored[] = { SIGPIPE, SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGXFSZ };
	struct stat about;

	for (size_t i = 0; i < COUNT_OF(ignored); i++)
		if (signal(ignored[i], SIG_IGN) == SIG_ERR)
			return BROKEN;
	(void)umask(077);
	if (!MAY_BE_TRACED && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		return BROKEN;
	if (fstat(PROCESS_LOG_FD, &about) == 0 && S_ISFIFO(about.st_mode))
		(void)fcntl(PROCESS_LOG_FD, F_SETFL, O_WRONLY | O_NONBLOCK);
	if (fcntl(PROCESS_CONTROL_FD, F_SETFD, FD_CLOEXEC) != 0)
		return BROKEN;
	return loop_init(&process->loop);
}

static enum result enter_jail(struct process *process, char report[JAIL_REPORT_SIZE])
{
	enum result result = jail_plan_init(&process->plan, process->role->jail, process->weak, report);

	process->plan.paths = process->paths;
	process->plan.path_count = process->path_count;
	if (result == OK)
		result = jail_enter(&process->plan, report);
	if (result != OK)
		say(process, LOG_LEVEL_ERROR, "jail-failed", "reason", report);
	return result;
}

static enum result hand_over_early(struct process *process)
{
	while (process->gifts) {
		struct process_gift *gift = process->gifts;

		process->gifts = gift->next;
		TRY(hand_over(process, gift));
	}
	arena_finish(&process->early);
	return OK;
}

static enum result report_ready(struct process *process, const char *report)
{
	struct buffer said;
	enum result result;

	buffer_init(&said, JAIL_REPORT_SIZE + sizeof(uint32_t));
	result = pack_slice(&said, slice_of(report));
	if (result == OK)
		result = channel_send(&process->control, PROCESS_READY, 0, buffer_slice(&said), -1);
	buffer_finish(&said);
	return result == BROKEN ? BROKEN : OK;       /* the supervisor is gone: the loop will see that */
}

static enum result open_control(struct process *process)
{
	timer_init(&process->patience, &process->loop, out_of_patience, process);
	return channel_open(&process->control, &process->loop, PROCESS_CONTROL_FD, LONGEST_FRAME,
	                    &control_handler, process);
}

/* Each step in order; the name of the one that failed goes to the log. */
static const char *start(struct process *process)
{
	const struct process_role *role = process->role;
	char report[JAIL_REPORT_SIZE] = "";

	if (open_control(process) != OK)
		return "control";
	if (role->prepare && role->prepare(process->self, process) != OK)
		return "prepare";
	if (enter_jail(process, report) != OK)
		return "jail";
	if (hand_over_early(process) != OK)
		return "given";
	if (role->begin && role->begin(process->self) != OK)
		return "begin";
	return report_ready(process, report) == OK ? NULL : "ready";
}

static void work(struct process *process)
{
	const char *failed;
	enum result heard = listen_until_start(process);

	if (heard == AGAIN)
		return;
	failed = heard == OK ? start(process) : "start";
	if (failed)
		process_break(process, failed);
	else if (loop_run(&process->loop) != OK)
		process_break(process, "loop");
}

static void clean_up(struct process *process)
{
	for (struct process_gift *gift = process->gifts; gift; gift = gift->next)
		fd_close(&gift->fd);
	channel_close(&process->control);
	timer_end(&process->patience);
	loop_finish(&process->loop);
	counters_finish(&process->counters);
	settings_finish(&process->settings);
	arena_finish(&process->early);
}

int process_main(const struct process_role *role, void *self)
{
	struct process process = { .role = role, .self = self };

	log_init(&process.log, role->name, PROCESS_LOG_FD, LOG_LEVEL_INFO);
	arena_init(&process.early, EARLY_LIMIT);
	settings_init(&process.settings);
	if (settle(&process) == OK)
		work(&process);
	else
		process_break(&process, "birth");
	clean_up(&process);
	return process.end == OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
