/* SPDX-License-Identifier: Apache-2.0 */
/* Each command is a row: its words, whether it names a message, whether anybody may say it, its function. */
#include "queue/control.h"

#include "base/fd.h"
#include "base/pack.h"
#include "base/sealed.h"
#include "queue/room.h"
#include "queue/talk.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

enum { TALK_MEMORY = 64 << 20, OUTPUT_LIMIT = 256 << 20, OUTPUT_PIECE = 30000, AGAIN_MS = 20, PATIENCE_MS = 30000,
       STATUS_NOT_DONE = 1, STATUS_UNKNOWN = 2, STATUS_NOT_PERMITTED = 77 };

static const struct control_command commands[] = {
	{ { "queue", "list" },         false, true,  obey_list },
	{ { "queue", "show" },         true,  false, obey_show },
	{ { "queue", "ledger" },       false, false, obey_ledger },
	{ { "queue", "retry" },        true,  false, obey_retry },
	{ { "queue", "flush" },        false, false, obey_retry },
	{ { "queue", "hold" },         true,  false, obey_hold },
	{ { "queue", "release" },      true,  false, obey_release },
	{ { "queue", "delete" },       true,  false, obey_delete },
	{ { "quarantine", "list" },    false, false, obey_quarantine_list },
	{ { "quarantine", "show" },    true,  false, obey_quarantine_show },
	{ { "quarantine", "release" }, true,  false, obey_quarantine_release },
	{ { "quarantine", "delete" },  true,  false, obey_quarantine_delete },
};

const struct control_command *control_find(const struct slice *words, size_t count)
{
	for (size_t i = 0; i < COUNT_OF(commands) && count >= 2; i++)
		if (slice_same(words[0], slice_of(commands[i].words[0])) && slice_same(words[1], slice_of(commands[i].words[1])))
			return &commands[i];
	return NULL;
}

enum result control_words(struct slice payload, struct slice words[CONTROL_WORDS], size_t *ret_count)
{
	struct unpack from = unpack_from(payload);
	size_t count = 0;

	while (unpack_more(&from) && count < CONTROL_WORDS)
		words[count++] = unpack_slice(&from, CONTROL_LONGEST);
	TRY(unpack_end(&from));
	*ret_count = count;
	return OK;
}

/* ---- a talk ---- */

struct talk *talk_of_job(struct job *job)
{
	return (struct talk *)(void *)((char *)job - offsetof(struct talk, job));
}

static void free_talk(struct talk *talk)
{
	struct talk **link = &talk->control->first;

	while (*link != talk)
		link = &(*link)->next;
	*link = talk->next;
	channel_close(&talk->channel);
	timer_end(&talk->again);
	timer_end(&talk->patience);
	buffer_finish(&talk->output);
	fd_close(&talk->fd);
	fd_close(&talk->read.fd);
	stretch_end(talk->ids);
	arena_finish(&talk->memory);
	pool_give(&talk->control->pool, talk);
}

static enum result send_end(struct talk *talk)
{
	struct buffer end;
	enum result sent;

	if (talk->fd >= 0) {
		TRY(channel_send(&talk->channel, CONTROL_DESCRIPTOR, 0, SLICE(""), talk->fd));
		fd_close(&talk->fd);
	}
	buffer_init(&end, 1024);
	sent = pack_u8(&end, talk->status);
	if (sent == OK)
		sent = pack_slice(&end, talk->complaint);
	if (sent == OK)
		sent = channel_send(&talk->channel, CONTROL_END, 0, buffer_slice(&end), -1);
	buffer_finish(&end);
	return sent;
}

static void pump(void *own_talk)
{
	struct talk *talk = own_talk;

	while (!talk->gone && buffer_length(&talk->output)) {
		struct slice rest = buffer_slice(&talk->output), piece = slice_take(&rest, OUTPUT_PIECE);

		if (channel_send(&talk->channel, CONTROL_OUTPUT, 0, piece, -1) != OK) {
			(void)!timer_start(&talk->again, AGAIN_MS);
			return;
		}
		buffer_eat(&talk->output, piece.len);
		(void)!timer_start(&talk->patience, PATIENCE_MS);
	}
	if (!talk->ended || talk->jobs)
		return;
	if (!talk->gone && send_end(talk) != OK) {
		(void)!timer_start(&talk->again, AGAIN_MS);
		return;
	}
	talk->ended = false;
	/* The other end closes when it has read the end; until then the talk lies idle. */
	if (talk->gone)
		free_talk(talk);
}

void talk_end(struct talk *talk, uint8_t status, const char *complaint)
{
	talk->has_file = false;
	talk->status = status;
	talk->complaint = slice_of(complaint);
	talk->ended = true;
	pump(talk);
}

void talk_do(struct talk *talk, void (*work)(struct job *job), void (*done)(struct job *job))
{
	talk->job.work = work;
	talk->job.done = done;
	crew_give(&talk->queue->crew, &talk->job);
}

enum result talk_judged(struct talk *talk, struct slice envelope, struct slice judgement)
{
	struct buffer bytes;
	enum result result;

	buffer_init(&bytes, TALK_MEMORY);
	result = pack_slice(&bytes, envelope);
	if (result == OK)
		result = pack_slice(&bytes, judgement);
	if (result == OK)
		result = sealed_of("judged", buffer_slice(&bytes), &talk->fd);
	buffer_finish(&bytes);
	return result;
}

static bool read_options(struct talk *talk)
{
	for (size_t i = 2; i < talk->word_count; i++) {
		struct slice word = talk->words[i];

		if (slice_same(word, SLICE("--json")))
			talk->json = true;
		else if (slice_same(word, SLICE("--bytes")))
			talk->bytes = true;
		else if (slice_same(word, SLICE("--judged")))
			talk->judged = true;
		else if (slice_same(word, SLICE("--to")) && i + 1 < talk->word_count)
			talk->to = talk->words[++i];
		else if (talk->id.len == 0 && word.len && word.at[0] != '-')
			talk->id = word;
		else
			return false;
	}
	return true;
}

static const char *why_not(struct talk *talk, const struct control_command *command)
{
	bool every = command && command->obey == obey_retry && slice_same(talk->id, SLICE("all"));

	if (command == NULL || !read_options(talk))
		return "that is no command of the queue";
	every = command->obey == obey_retry && slice_same(talk->id, SLICE("all"));
	if (command->wants_id && !every && !message_id_valid(talk->id))
		return "which message? an id has 16 letters and digits";
	return NULL;
}

static enum result command_came(void *own_talk, struct frame *frame)
{
	struct talk *talk = own_talk;
	const struct control_command *command;
	struct slice kept;
	const char *why;

	if (frame->kind != CONTROL_COMMAND || talk->word_count || frame->fd >= 0)
		return REFUSED;
	if (arena_keep(&talk->memory, frame->payload, &kept) != OK ||
	    control_words(kept, talk->words, &talk->word_count) != OK || talk->word_count == 0)
		return REFUSED;
	command = control_find(talk->words, talk->word_count);
	why = why_not(talk, command);
	if (why)
		talk_end(talk, STATUS_UNKNOWN, why);
	else if (!talk->peer.operates && !command->for_anybody)
		talk_end(talk, STATUS_NOT_PERMITTED, "only root and the group " CONTROL_GROUP " may do that");
	else
		command->obey(talk);
	return OK;
}

/* A job may still be at work on it: then it is freed when that has ended. */
static void talk_gone(void *own_talk)
{
	struct talk *talk = own_talk;

	talk->gone = true;
	if (talk->jobs == 0)
		free_talk(talk);
}

static const struct channel_handler handler = { command_came, talk_gone };

static void patience_over(void *own_talk)
{
	struct talk *talk = own_talk;

	if (talk->jobs)
		(void)!timer_start(&talk->patience, PATIENCE_MS);
	else
		free_talk(talk);
}

/* Who may do nothing but look gets half of the places: the others are for operators. */
static bool has_place(const struct control *control, struct peer peer)
{
	size_t strangers = 0;

	for (const struct talk *talk = control->first; talk; talk = talk->next)
		strangers += !talk->peer.operates;
	return peer.operates || strangers < CONTROL_MOST / 2;
}

void talk_begin(struct control *control, int fd, struct peer peer)
{
	struct talk *talk = has_place(control, peer) ? pool_take(&control->pool) : NULL;

	if (talk == NULL) {
		fd_close(&fd);
		return;
	}
	talk->control = control;
	talk->queue = control->queue;
	talk->peer = peer;
	talk->fd = talk->read.fd = -1;
	talk->next = control->first;
	control->first = talk;
	arena_init(&talk->memory, TALK_MEMORY);
	buffer_init(&talk->output, OUTPUT_LIMIT);
	timer_init(&talk->again, &control->queue->process->loop, pump, talk);
	timer_init(&talk->patience, &control->queue->process->loop, patience_over, talk);
	if (channel_open(&talk->channel, &control->queue->process->loop, fd, CONTROL_LONGEST, &handler, talk) != OK ||
	    timer_start(&talk->patience, PATIENCE_MS) != OK)
		free_talk(talk);
}

void talk_close_all(struct control *control)
{
	while (control->first)
		free_talk(control->first);
}

static enum result put_byte(struct buffer *to, unsigned char byte, bool json)
{
	if (byte == '"' || byte == '\\')
		return buffer_format(to, "\\%c", byte);
	if (byte < ' ' || byte > '~')
		return buffer_format(to, json ? "\\u%04x" : "\\x%02x", byte);
	return buffer_add_byte(to, (char)byte);
}

enum result talk_text(struct buffer *to, struct slice text, bool json)
{
	if (json)
		TRY(buffer_add_byte(to, '"'));
	for (size_t i = 0; i < text.len; i++)
		TRY(put_byte(to, (unsigned char)text.at[i], json));
	return json ? buffer_add_byte(to, '"') : OK;
}

/* ---- the door ---- */

static void someone_came(void *own_control, unsigned what)
{
	struct control *control = own_control;
	struct peer peer;
	int fd = accept4(control->socket, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)what;
	if (fd < 0)
		return;
	if (peer_of(fd, control->admins, &peer) == OK)
		talk_begin(control, fd, peer);
	else
		fd_close(&fd);
}

void control_init(struct control *control, struct queue *queue)
{
	*control = (struct control){ .queue = queue, .socket = -1, .admins = peer_operators() };
	pool_init(&control->pool, sizeof(struct talk), CONTROL_MOST);
}

void control_finish(struct control *control)
{
	if (control->queue == NULL)
		return;
	talk_close_all(control);
	watch_end(&control->watch);
	fd_close(&control->socket);
	pool_finish(&control->pool);
}

enum result control_listen(struct control *control, int fd)
{
	watch_end(&control->watch);
	fd_close(&control->socket);
	control->socket = fd;
	watch_init(&control->watch, &control->queue->process->loop, fd, someone_came, control);
	return watch_for(&control->watch, LOOP_READ);
}
