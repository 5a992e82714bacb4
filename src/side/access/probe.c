/* SPDX-License-Identifier: Apache-2.0 */
/* The talk is a table: at each stage, where a good reply leads, and a refusal. TLS stands between its buffers and the socket. */
#include "access/probe.h"

#include "base/fd.h"
#include "base/proxy.h"

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

/* ---- what is said, and then is waited for ---- */

static enum result over(struct probe_talk *talk, enum probe_end end)
{
	talk->end = end;
	return OK;
}

static enum result wait_at(struct probe_talk *talk, enum probe_stage stage, enum result said)
{
	talk->stage = stage;
	return said == OK ? AGAIN : over(talk, PROBE_DEAD);
}

static enum result say_hello(struct probe_talk *talk, struct buffer *out)
{
	talk->offered = false;
	return wait_at(talk, PROBE_HELLO, buffer_format(out, "%s %.*s\r\n", talk->lmtp ? "LHLO" : "EHLO", SHOW(talk->hostname)));
}

static enum result say_mail(struct probe_talk *talk, struct buffer *out)
{
	if (talk->needs_tls && !talk->secure)
		return over(talk, PROBE_UNSURE);
	return wait_at(talk, PROBE_MAIL, buffer_format(out, "MAIL FROM:<>%s\r\n", is_ascii(talk->recipient) ? "" : " SMTPUTF8"));
}

static enum result say_rcpt(struct probe_talk *talk, struct buffer *out)
{
	return wait_at(talk, PROBE_RCPT, buffer_format(out, "RCPT TO:<%.*s>\r\n", SHOW(talk->recipient)));
}

/* ---- where a reply leads ---- */

static enum result hello_done(struct probe_talk *talk, struct buffer *out)
{
	if (!talk->wants_tls || talk->secure || !talk->offered)
		return say_mail(talk, out);
	return wait_at(talk, PROBE_STARTTLS, buffer_add(out, SLICE("STARTTLS\r\n")));
}

static enum result hello_refused(struct probe_talk *talk, struct buffer *out)
{
	if (talk->lmtp || talk->reply.code < 500)
		return over(talk, PROBE_UNSURE);
	return wait_at(talk, PROBE_OLD_HELLO, buffer_format(out, "HELO %.*s\r\n", SHOW(talk->hostname)));
}

static enum result shake(struct probe_talk *talk, struct buffer *out)
{
	(void)out;
	return wait_at(talk, PROBE_SHAKING, OK);
}

static enum result turned_away(struct probe_talk *talk, struct buffer *out)
{
	(void)out;
	return over(talk, PROBE_DEAD);
}

static enum result unsure(struct probe_talk *talk, struct buffer *out)
{
	(void)out;
	return over(talk, PROBE_UNSURE);
}

static enum result judge(struct probe_talk *talk, struct buffer *out)
{
	(void)!buffer_add(out, SLICE("QUIT\r\n"));
	return over(talk, probe_judge(talk->reply.code, reply_slice(&talk->reply)));
}

static const struct {
	enum result (*yes)(struct probe_talk *talk, struct buffer *out);
	enum result (*no)(struct probe_talk *talk, struct buffer *out);
} stages[PROBE_STAGES] = {
	[PROBE_GREETING]  = { say_hello,  turned_away },
	[PROBE_HELLO]     = { hello_done, hello_refused },
	[PROBE_OLD_HELLO] = { say_mail,   unsure },
	[PROBE_STARTTLS]  = { shake,      say_mail },
	[PROBE_SHAKING]   = { unsure,     unsure },
	[PROBE_MAIL]      = { say_rcpt,   unsure },
	[PROBE_RCPT]      = { judge,      judge },
};

/* A whole reply has come. */
static enum result lead_on(struct probe_talk *talk, struct buffer *out)
{
	enum probe_stage stage = talk->stage;
	unsigned code = talk->reply.code;

	if (code == 421 && stage != PROBE_RCPT)
		return over(talk, PROBE_DEAD);
	return code / 100 == 2 ? stages[stage].yes(talk, out) : stages[stage].no(talk, out);
}

enum result probe_secured(struct probe_talk *talk, struct buffer *out)
{
	talk->secure = true;
	return say_hello(talk, out);
}

/* The first line is the server's name (RFC 5321 4.1.1.1). */
static void note_offer(struct probe_talk *talk, struct slice line)
{
	struct slice rest = slice_drop(line, 4);

	if (talk->stage == PROBE_HELLO && talk->reply.lines > 0 && slice_same_nocase(slice_cut(&rest, ' '), SLICE("STARTTLS")))
		talk->offered = true;
}

static enum result hear_line(struct probe_talk *talk, struct slice line, struct buffer *out)
{
	enum result end;

	note_offer(talk, line);
	end = reply_line(&talk->reply, line);
	if (end == AGAIN)
		return AGAIN;
	if (end != OK)
		return over(talk, PROBE_DEAD);
	end = lead_on(talk, out);
	reply_init(&talk->reply);
	return end;
}

/* Whatever comes in the clear behind the 220 was put there by somebody else. */
enum result probe_hear(struct probe_talk *talk, struct buffer *in, struct buffer *out)
{
	for (;;) {
		struct slice all = buffer_slice(in), line;
		enum result end;

		if (talk->stage == PROBE_SHAKING)
			return all.len ? over(talk, PROBE_UNSURE) : AGAIN;
		if (!slice_has(all, '\n'))
			return buffer_room(in) ? AGAIN : over(talk, PROBE_DEAD);
		line = slice_cut(&all, '\n');
		if (line.len && line.at[line.len - 1] == '\r')
			line.len--;
		end = hear_line(talk, line, out);
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
	tls_finish(&probe->tls);
	buffer_finish(&probe->in);
	buffer_finish(&probe->out);
}

static void finish(struct probe *probe, enum probe_end end)
{
	void (*ended)(struct probe *, enum probe_end) = probe->ended;

	probe_drop(probe);
	ended(probe, end);
}

/* Where the bytes go and come from. */
static struct buffer *going(struct probe *probe)
{
	return probe->tls.phase == TLS_OFF ? &probe->out : &probe->tls.out;
}

static struct buffer *coming(struct probe *probe)
{
	return probe->tls.phase == TLS_OFF ? &probe->in : &probe->tls.in;
}

static bool send_out(struct probe *probe)
{
	if (probe->tls.phase == TLS_TALKING && tls_put(&probe->tls, &probe->out) == REFUSED)
		return false;
	while (buffer_length(going(probe))) {
		struct slice rest = buffer_slice(going(probe));
		ssize_t sent = send(probe->fd, rest.at, rest.len, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0)
			return errno == EAGAIN;
		buffer_eat(going(probe), (size_t)sent);
	}
	return true;
}

static bool read_in(struct probe *probe)
{
	struct buffer *in = coming(probe);
	char *room;
	ssize_t got;

	if (buffer_reserve(in, buffer_room(in), &room) != OK)
		return false;
	got = recv(probe->fd, room, buffer_room(in), MSG_DONTWAIT);
	if (got > 0)
		buffer_grew(in, (size_t)got);
	return got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR));
}

/* ---- TLS ---- */

static enum result handshake_failed(struct probe_talk *talk)
{
	return over(talk, talk->needs_tls ? PROBE_UNSURE : PROBE_BAD_TLS);
}

static enum result shake_on(struct probe *probe)
{
	enum result end = tls_go_on(&probe->tls);

	if (end == OK)
		return probe_secured(&probe->talk, &probe->out);
	return end == AGAIN ? AGAIN : handshake_failed(&probe->talk);
}

static enum result begin_tls(struct probe *probe)
{
	if (probe->tls_client == NULL || tls_connect(&probe->tls, probe->tls_client, &probe->peer) != OK)
		return handshake_failed(&probe->talk);
	return shake_on(probe);
}

static enum result hear_inside(struct probe *probe)
{
	enum result more, end = AGAIN;

	do {
		more = tls_take(&probe->tls, &probe->in);
		if (buffer_length(&probe->in))
			end = probe_hear(&probe->talk, &probe->in, &probe->out);
	} while (more == OK && end == AGAIN);
	return end == AGAIN && more == REFUSED ? over(&probe->talk, PROBE_DEAD) : end;
}

/* What came is in its buffer. */
static enum result hear(struct probe *probe)
{
	enum result end = AGAIN;

	if (probe->tls.phase == TLS_OFF)
		end = probe_hear(&probe->talk, &probe->in, &probe->out);
	if (end == AGAIN && probe->talk.stage == PROBE_SHAKING)
		end = probe->tls.phase == TLS_OFF ? begin_tls(probe) : shake_on(probe);
	if (end == AGAIN && probe->tls.phase == TLS_TALKING)
		end = hear_inside(probe);
	return end;
}

static bool is_connected(struct probe *probe)
{
	int error = 0;
	socklen_t size = sizeof(error);

	probe->connecting = false;
	return getsockopt(probe->fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0;
}

static void finish_lost(struct probe *probe)
{
	bool shaking = probe->talk.stage == PROBE_SHAKING;

	finish(probe, shaking && handshake_failed(&probe->talk) == OK ? probe->talk.end : PROBE_DEAD);
}

static void add_proxy_head(struct probe *probe)
{
	const struct in6_addr nowhere = IN6ADDR_ANY_INIT;
	char head[PROXY_HEAD];

	(void)!buffer_add(&probe->out, (struct slice){ head, proxy_head(SLICE(""), &nowhere, 0, head) });
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
			finish_lost(probe);
			return;
		}
		if (hear(probe) == OK) {
			(void)send_out(probe);
			finish(probe, probe->talk.end);
			return;
		}
	}
	if (!send_out(probe) ||
	    watch_for(&probe->watch, buffer_length(going(probe)) ? LOOP_READ | LOOP_WRITE : LOOP_READ) != OK)
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
	if (probe->proxied)
		add_proxy_head(probe);
	return OK;
}
