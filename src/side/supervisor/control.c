/* SPDX-License-Identifier: Apache-2.0 */
/* One frame comes, frames go, END is the last; then the other end closes, or its time is over. */
#include "supervisor/supervisor.h"

#include "base/fd.h"
#include "base/pack.h"
#include "wire/control.h"
#include "wire/peer.h"

#include <sys/socket.h>

enum { PIECE = 32000, COMPLAINT_LONGEST = 32000, USAGE = 64, NO_PERMISSION = 77 };

/* ---- the answer ---- */

static void hang_up(struct caller *caller)
{
	channel_close(&caller->channel);
	timer_end(&caller->time);
	*caller = (struct caller){ 0 };
}

static enum result send_all(struct caller *caller, uint64_t exchange, struct slice text)
{
	while (text.len)
		TRY(channel_send(&caller->channel, CONTROL_OUTPUT, exchange, slice_take(&text, PIECE), -1));
	return OK;
}

static enum result send_end(struct caller *caller, uint64_t exchange, int status, struct slice complaint)
{
	struct buffer end;
	enum result result;

	buffer_init(&end, CONTROL_LONGEST);
	result = pack_u8(&end, (uint8_t)status);
	if (result == OK)
		result = pack_slice(&end, complaint);
	if (result == OK)
		result = channel_send(&caller->channel, CONTROL_END, exchange, buffer_slice(&end), -1);
	buffer_finish(&end);
	return result;
}

static int answer(struct caller *caller, struct slice command, bool json, struct buffer *text, struct buffer *complaint)
{
	const struct answer_row *row = answer_named(command);

	if (!caller->permitted) {
		(void)!buffer_format(complaint,
				     "only root, the gateway's own user and group " CONTROL_GROUP " may ask that");
		return NO_PERMISSION;
	}
	if (row == NULL) {
		(void)!buffer_format(complaint, "the supervisor does not know that command");
		return USAGE;
	}
	return row->say(caller->supervisor, json, text, complaint);
}

static enum result unpack_words(struct slice payload, struct slice *ret_command, bool *ret_json)
{
	struct unpack from = unpack_from(payload);
	struct slice command = unpack_slice(&from, CONTROL_LONGEST);
	bool json = false;

	for (unsigned words = 1; unpack_more(&from); words++) {
		if (words == CONTROL_WORDS)
			return REFUSED;
		json |= slice_same(unpack_slice(&from, CONTROL_LONGEST), SLICE("--json"));
	}
	TRY(unpack_end(&from));
	*ret_command = command;
	*ret_json = json;
	return OK;
}

static enum result caller_frame(void *owner, struct frame *frame)
{
	struct caller *caller = owner;
	struct buffer text, complaint;
	struct slice command;
	enum result result;
	bool json;
	int status;

	if (frame->kind != CONTROL_COMMAND || caller->asked)
		return REFUSED;
	TRY(unpack_words(frame->payload, &command, &json));
	caller->asked = true;
	buffer_init(&text, ANSWER_LONGEST);
	buffer_init(&complaint, COMPLAINT_LONGEST);
	status = answer(caller, command, json, &text, &complaint);
	result = send_all(caller, frame->exchange, buffer_slice(&text));
	if (result == OK)
		result = send_end(caller, frame->exchange, status, slice_trim(buffer_slice(&complaint)));
	buffer_finish(&complaint);
	buffer_finish(&text);
	return result == OK ? OK : REFUSED;
}

static void caller_closed(void *owner)
{
	hang_up(owner);
}

static const struct channel_handler caller_handler = { caller_frame, caller_closed };

static void time_is_over(void *owner)
{
	hang_up(owner);
}

/* ---- connections ---- */

/* Who may ask nothing gets half of the places at most: the others are for operators. */
static struct caller *free_caller(struct control *control, bool permitted)
{
	size_t strangers = 0;

	for (size_t i = 0; i < CALLERS_MOST; i++)
		strangers += control->callers[i].used && !control->callers[i].permitted;
	if (!permitted && strangers >= CALLERS_MOST / 2)
		return NULL;
	for (size_t i = 0; i < CALLERS_MOST; i++)
		if (!control->callers[i].used)
			return &control->callers[i];
	return NULL;
}

static void called(void *owner, unsigned what)
{
	struct control *control = owner;
	closing int fd = accept4(control->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct peer peer;
	bool permitted = fd >= 0 && peer_of(fd, control->operators, &peer) == OK && peer.operates;
	struct caller *caller = free_caller(control, permitted);

	(void)what;
	if (fd < 0 || caller == NULL)
		return;                          /* the caller sees an end without an answer */
	*caller = (struct caller){ .supervisor = control->supervisor, .used = true, .permitted = permitted };
	timer_init(&caller->time, &control->supervisor->loop, time_is_over, caller);
	if (channel_open(&caller->channel, &control->supervisor->loop, fd_keep(&fd), CONTROL_LONGEST, &caller_handler,
			 caller) != OK ||
	    timer_start(&caller->time, CALLER_TIME) != OK)
		hang_up(caller);
}

enum result control_open(struct control *control, struct supervisor *supervisor, int fd)
{
	*control = (struct control){ .supervisor = supervisor, .fd = fd, .operators = peer_operators() };
	watch_init(&control->watch, &supervisor->loop, fd, called, control);
	return watch_for(&control->watch, LOOP_READ);
}

void control_close(struct control *control)
{
	for (size_t i = 0; i < CALLERS_MOST; i++)
		if (control->callers[i].used)
			hang_up(&control->callers[i]);
	watch_end(&control->watch);
}
