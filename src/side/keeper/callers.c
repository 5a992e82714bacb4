/* SPDX-License-Identifier: Apache-2.0 */
/* A file's name is taken only if it is one of those that the folder lists. */
#include "keeper/callers.h"

#include "base/fd.h"
#include "base/pack.h"
#include "base/pool.h"
#include "wire/peer.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>

enum { PIECE = 30000 };

/* Which words; `named`: one more, that is not empty. */
static const struct { struct slice room, verb; enum callers_ask ask; bool named; } commands[] = {
	{ LIT("log"), LIT("list"), ASK_LOG_LIST, false },
	{ LIT("log"), LIT("file"), ASK_LOG_FILE, true },
	{ LIT("learn"), LIT(""), ASK_LEARN, false },
};

enum result callers_read(struct slice payload, enum callers_ask *ret_ask, struct slice *ret_name)
{
	struct unpack from = unpack_from(payload);
	struct slice room = unpack_slice(&from, CONTROL_LONGEST), verb = SLICE(""), name = SLICE("");
	bool named;

	if (unpack_more(&from))
		verb = unpack_slice(&from, CONTROL_LONGEST);
	named = unpack_more(&from);
	if (named)
		name = unpack_slice(&from, RECORDS_NAME - 1);
	TRY(unpack_end(&from));
	for (size_t i = 0; i < COUNT_OF(commands); i++)
		if (slice_same(commands[i].room, room) && slice_same(commands[i].verb, verb) &&
		    commands[i].named == named && named == (name.len > 0)) {
			*ret_ask = commands[i].ask;
			*ret_name = name;
			return OK;
		}
	return REFUSED;
}

static void hang_up(struct caller *caller)
{
	channel_close(&caller->channel);
	timer_end(&caller->time);
	*caller = (struct caller){ 0 };
}

static void hang_up_owner(void *own_caller)
{
	hang_up(own_caller);
}

enum result caller_end(struct caller *caller, uint8_t status, const char *complaint)
{
	struct buffer payload;
	enum result result;

	buffer_init(&payload, 1024);
	result = pack_u8(&payload, status);
	if (result == OK)
		result = pack_slice(&payload, slice_of(complaint));
	if (result == OK)
		result = channel_send(&caller->channel, CONTROL_END, caller->exchange, buffer_slice(&payload), -1);
	buffer_finish(&payload);
	caller->ended = true;
	return result;
}

/* ---- list ---- */

static enum result send_text(struct caller *caller, struct slice text)
{
	while (text.len)
		TRY(channel_send(&caller->channel, CONTROL_OUTPUT, caller->exchange, slice_take(&text, PIECE), -1));
	return OK;
}

static enum result send_list(struct caller *caller, const struct records_names *names)
{
	struct buffer text;
	enum result result = OK;

	buffer_init(&text, sizeof(*names));
	for (size_t i = 0; i < names->count && result == OK; i++)
		result = buffer_format(&text, "%s\n", names->names[i]);
	if (result == OK)
		result = send_text(caller, buffer_slice(&text));
	buffer_finish(&text);
	return result;
}

static enum result answer_list(struct caller *caller, const struct records_names *names, struct slice unused)
{
	(void)unused;
	TRY(send_list(caller, names));
	return caller_end(caller, 0, "");
}

/* ---- one file ---- */

static const char *find(const struct records_names *names, struct slice name)
{
	for (size_t i = 0; i < names->count; i++)
		if (slice_same(slice_of(names->names[i]), name))
			return names->names[i];
	return NULL;
}

static enum result answer_file(struct caller *caller, const struct records_names *names, struct slice wanted)
{
	const char *name = find(names, wanted);
	closing int fd = -1;

	if (name)
		fd = openat(caller->callers->gather->records.folder.fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && name && errno != ENOENT)
		return caller_end(caller, STATUS_FAILED, "the file cannot be opened");
	if (fd < 0)
		return caller_end(caller, STATUS_NOT_DONE, "the message log has no such file");
	TRY(channel_send(&caller->channel, CONTROL_DESCRIPTOR, caller->exchange, SLICE(""), fd));
	return caller_end(caller, 0, "");
}

/* ---- commands ---- */

static enum result with_names(struct caller *caller,
                              enum result (*answer)(struct caller *, const struct records_names *, struct slice),
                              struct slice name)
{
	struct records_names *names = pool_resize(NULL, sizeof(*names));
	void *none;
	enum result result = LATER;

	if (names)
		result = records_list(caller->callers->gather->records.folder.fd, names);
	result = result == OK ? answer(caller, names, name) : caller_end(caller, STATUS_FAILED, "the message log cannot be read");
	none = pool_resize(names, 0);
	(void)none;
	return result;
}

static enum result ask_list(struct caller *caller)
{
	caller->waits = true;
	gather_flush(caller->callers->gather);
	if (gather_is_settled(caller->callers->gather))
		callers_settled(caller->callers);
	return OK;
}

static enum result command_came(struct caller *caller, struct slice payload)
{
	struct slice name;
	enum callers_ask ask;

	if (callers_read(payload, &ask, &name) != OK)
		return caller_end(caller, STATUS_UNKNOWN, "that is no command of the keeper");
	if (!caller->operates)
		return caller_end(caller, STATUS_NOT_PERMITTED, "only root and the group " CONTROL_GROUP " may do that");
	switch (ask) {
	case ASK_LOG_LIST:
		return ask_list(caller);
	case ASK_LOG_FILE:
		return with_names(caller, answer_file, name);
	case ASK_LEARN:
		return caller_begins_lessons(caller);
	}
	return BROKEN;
}

/* Lessons come behind their command, and nothing else comes behind any. */
static const struct {
	bool teaches;
	enum result (*take)(struct caller *, struct slice payload);
} frames[] = {
	[CONTROL_COMMAND] = { false, command_came },
	[CONTROL_LESSON] = { true, caller_brings_lesson },
	[CONTROL_TAUGHT_ALL] = { true, caller_brought_all },
};

static enum result frame_came(void *own_caller, struct frame *frame)
{
	struct caller *caller = own_caller;

	if (frame->kind >= COUNT_OF(frames) || frames[frame->kind].take == NULL || frame->fd >= 0 || caller->waits ||
	    caller->ended || caller->teaches != frames[frame->kind].teaches)
		return REFUSED;
	caller->exchange = frame->exchange;
	return frames[frame->kind].take(caller, frame->payload);
}

static const struct channel_handler handler = { frame_came, hang_up_owner };

void callers_settled(struct callers *callers)
{
	for (size_t i = 0; i < CALLERS_MOST; i++) {
		struct caller *caller = &callers->list[i];

		if (!caller->used || !caller->waits)
			continue;
		caller->waits = false;
		if (with_names(caller, answer_list, SLICE("")) != OK)
			hang_up(caller);
	}
}

/* ---- the door ---- */

/* Half of the places are the operators' own. */
static struct caller *free_place(struct callers *callers, bool operates)
{
	struct caller *unused = NULL;
	size_t strangers = 0;

	for (size_t i = 0; i < CALLERS_MOST; i++) {
		strangers += callers->list[i].used && !callers->list[i].operates;
		if (!callers->list[i].used)
			unused = &callers->list[i];
	}
	return operates || strangers < CALLERS_MOST / 2 ? unused : NULL;
}

static void someone_came(void *own_callers, unsigned what)
{
	struct callers *callers = own_callers;
	closing int fd = accept4(callers->socket, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct caller *caller;
	struct peer peer;

	(void)what;
	if (fd < 0 || peer_of(fd, callers->operators, &peer) != OK)
		return;
	caller = free_place(callers, peer.operates);
	if (caller == NULL)
		return;
	*caller = (struct caller){ .callers = callers, .used = true, .operates = peer.operates, .uid = peer.uid };
	timer_init(&caller->time, callers->loop, hang_up_owner, caller);
	if (channel_open(&caller->channel, callers->loop, fd_keep(&fd), LESSON_LONGEST, &handler, caller) != OK ||
	    timer_start(&caller->time, CALLER_MS) != OK)
		hang_up(caller);
}

void callers_init(struct callers *callers, struct loop *loop, struct gather *gather, struct learner *learner)
{
	*callers = (struct callers){ .loop = loop, .gather = gather, .learner = learner, .socket = -1, .operators = peer_operators() };
}

void callers_finish(struct callers *callers)
{
	if (callers->loop == NULL)
		return;
	for (size_t i = 0; i < CALLERS_MOST; i++)
		if (callers->list[i].used)
			hang_up(&callers->list[i]);
	watch_end(&callers->watch);
	fd_close(&callers->socket);
}

enum result callers_listen(struct callers *callers, int fd)
{
	watch_end(&callers->watch);
	fd_close(&callers->socket);
	callers->socket = fd;
	watch_init(&callers->watch, callers->loop, fd, someone_came, callers);
	return watch_for(&callers->watch, LOOP_READ);
}
