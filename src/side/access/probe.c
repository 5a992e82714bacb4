/* SPDX-License-Identifier: Apache-2.0 */
/* The talk is a table: at each stage, which replies lead on, and what is said then. */
#include "access/probe.h"

#include "base/fd.h"

#include <errno.h>

/* ---- what replies mean ---- */

/* A code without an enhanced one says "no such mailbox"; an enhanced one must say so too. X.7.X is about us. */
static const struct { struct slice enhanced; enum probe_end end; } refusals[] = {
	{ LIT("5.1."), PROBE_NOT_THERE },
	{ LIT("5.2.1"), PROBE_NOT_THERE },
	{ LIT("5.4.1"), PROBE_NOT_THERE },     /* Exchange, of recipients that its directory lacks */
	{ LIT("5.0.0"), PROBE_NOT_THERE },
	{ LIT("5."), PROBE_UNSURE },
};

enum probe_end probe_judge(unsigned code, struct slice text)
{
	struct slice rest = slice_drop(text, 4);

	if (code / 100 == 2)
		return PROBE_THERE;
	if (code != 550 && code != 551 && code != 553)
		return PROBE_UNSURE;
	for (size_t i = 0; i < COUNT_OF(refusals); i++)
		if (slice_begins(rest, refusals[i].enhanced))
			return refusals[i].end;
	return PROBE_NOT_THERE;
}

/* ---- the talk ---- */

static bool is_ascii(struct slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char)text.at[i] > 0x7f)
			return false;
	return true;
}

static enum result say(const struct probe_talk *talk, struct buffer *out)
{
	switch (talk->stage) {
	case PROBE_GREETING:
		return OK;
	case PROBE_HELLO:
		return buffer_format(out, "%s %.*s\r\n", talk->lmtp ? "LHLO" : "EHLO", SHOW(talk->hostname));
	case PROBE_MAIL:
		return buffer_format(out, "MAIL FROM:<>%s\r\n", is_ascii(talk->recipient) ? "" : " SMTPUTF8");
	case PROBE_RCPT:
		return buffer_format(out, "RCPT TO:<%.*s>\r\n", SHOW(talk->recipient));
	}
	return BROKEN;
}

static enum result over(struct probe_talk *talk, enum probe_end end)
{
	talk->end = end;
	return OK;
}

/* A whole reply has come. */
static enum result lead_on(struct probe_talk *talk, struct buffer *out)
{
	struct reply reply = talk->reply;

	reply_init(&talk->reply);
	if (talk->stage == PROBE_RCPT) {
		(void)!buffer_add(out, SLICE("QUIT\r\n"));
		return over(talk, probe_judge(reply.code, reply_slice(&reply)));
	}
	if (reply.code / 100 != 2)
		return over(talk, talk->stage == PROBE_GREETING || reply.code == 421 ? PROBE_DEAD : PROBE_UNSURE);
	talk->stage++;
	return say(talk, out) == OK ? AGAIN : over(talk, PROBE_DEAD);
}

enum result probe_hear(struct probe_talk *talk, struct buffer *in, struct buffer *out)
{
	for (;;) {
		struct slice all = buffer_slice(in), line;
		enum result end;

		if (!slice_has(all, '\n'))
			return buffer_room(in) ? AGAIN : over(talk, PROBE_DEAD);
		line = slice_cut(&all, '\n');
		if (line.len && line.at[line.len - 1] == '\r')
			line.len--;
		end = reply_line(&talk->reply, line);
		if (end == OK)
			end = lead_on(talk, out);
		else if (end != AGAIN)
			return over(talk, PROBE_DEAD);
		buffer_eat(in, buffer_length(in) - all.len);
		if (end == OK)
			return OK;
	}
}

/* ---- its socket ---- */

void probe_drop(struct probe *probe)
{
	if (probe->ended == NULL)
		return;
	probe->ended = NULL;
	watch_end(&probe->watch);
	fd_close(&probe->fd);
	buffer_finish(&probe->in);
	buffer_finish(&probe->out);
}

static void finish(struct probe *probe, enum probe_end end)
{
	void (*ended)(struct probe *, enum probe_end) = probe->ended;

	probe_drop(probe);
	ended(probe, end);
}

static bool send_out(struct probe *probe)
{
	while (buffer_length(&probe->out)) {
		struct slice rest = buffer_slice(&probe->out);
		ssize_t sent = send(probe->fd, rest.at, rest.len, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0)
			return errno == EAGAIN;
		buffer_eat(&probe->out, (size_t)sent);
	}
	return true;
}

static bool read_in(struct probe *probe)
{
	char *room;
	ssize_t got;

	if (buffer_reserve(&probe->in, buffer_room(&probe->in), &room) != OK)
		return false;
	got = recv(probe->fd, room, buffer_room(&probe->in), MSG_DONTWAIT);
	if (got > 0)
		buffer_grew(&probe->in, (size_t)got);
	return got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR));
}

static bool is_connected(struct probe *probe)
{
	int error = 0;
	socklen_t size = sizeof(error);

	probe->connecting = false;
	return getsockopt(probe->fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0;
}

static void ready(void *owner, unsigned what)
{
	struct probe *probe = owner;

	if (probe->connecting && !is_connected(probe)) {
		finish(probe, PROBE_DEAD);
		return;
	}
	if (what & LOOP_READ) {
		if (!read_in(probe)) {
			finish(probe, PROBE_DEAD);
			return;
		}
		if (probe_hear(&probe->talk, &probe->in, &probe->out) == OK) {
			(void)send_out(probe);
			finish(probe, probe->talk.end);
			return;
		}
	}
	if (!send_out(probe) ||
	    watch_for(&probe->watch, buffer_length(&probe->out) ? LOOP_READ | LOOP_WRITE : LOOP_READ) != OK)
		finish(probe, PROBE_DEAD);
}

enum result probe_begin(struct probe *probe, struct loop *loop, const struct sockaddr *to, socklen_t size,
                        void (*ended)(struct probe *probe, enum probe_end end))
{
	closing int fd = socket(to->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0 || (connect(fd, to, size) != 0 && errno != EINPROGRESS))
		return LATER;
	watch_init(&probe->watch, loop, fd, ready, probe);
	if (watch_for(&probe->watch, LOOP_WRITE) != OK) {
		watch_end(&probe->watch);
		return LATER;
	}
	probe->fd = fd_keep(&fd);
	probe->connecting = true;
	probe->ended = ended;
	probe->talk.stage = PROBE_GREETING;
	reply_init(&probe->talk.reply);
	buffer_init(&probe->in, PROBE_INPUT);
	buffer_init(&probe->out, PROBE_OUTPUT);
	return OK;
}
