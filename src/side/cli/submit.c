/* SPDX-License-Identifier: Apache-2.0 */
/* A dialogue is a list of lines, each with the class of reply that lets it go on. */
#include "cli/submit.h"

#include "base/fd.h"
#include "cli/ask.h"
#include "cli/lines.h"
#include "cli/places.h"
#include "wire/control.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sysexits.h>

/* A front that has no room for a message stops reading, until it has. */
enum { PATIENCE = 300, REPLY_LIMIT = 65536, SEND_PIECE = 65536, SESSION_PIECE = 16384 };

struct talk {
	int fd;
	struct buffer in, out;
	struct slice reply;                  /* the last line of it; until the next */
	bool eight_bit;                      /* 8BITMIME was offered */
};

static bool send_all(int fd, struct slice bytes)
{
	while (bytes.len > 0) {
		ssize_t sent = send(fd, bytes.at, bytes.len, MSG_NOSIGNAL);

		if (sent < 0 && errno != EINTR)
			return false;
		(void)slice_take(&bytes, sent > 0 ? (size_t)sent : 0);
	}
	return true;
}

static bool flush(struct talk *talk)
{
	bool sent = send_all(talk->fd, buffer_slice(&talk->out));

	buffer_clear(&talk->out);
	return sent;
}

/* A whole line of a reply at the front of what came in, without its end. */
static bool whole_line(struct talk *talk, struct slice *ret_line)
{
	struct slice in = buffer_slice(&talk->in);

	if (!slice_has(in, '\n'))
		return false;
	*ret_line = slice_cut(&in, '\n');
	return true;
}

static bool read_more(struct talk *talk)
{
	char *room;
	ssize_t got;

	if (buffer_reserve(&talk->in, 4096, &room) != OK)
		return false;
	do
		got = recv(talk->fd, room, 4096, 0);
	while (got < 0 && errno == EINTR);
	if (got <= 0)
		return false;
	buffer_grew(&talk->in, (size_t)got);
	return true;
}

/* The reply's code; 0: there was none. */
static unsigned hear(struct talk *talk)
{
	struct slice line;

	if (talk->reply.len > 0)
		buffer_eat(&talk->in, talk->reply.len + 1);
	talk->reply = (struct slice){ 0 };
	for (;;) {
		uint64_t code;

		while (!whole_line(talk, &line))
			if (!read_more(talk))
				return 0;
		if (line.len < 4 || slice_number((struct slice){ line.at, 3 }, 599, &code) != OK)
			return 0;
		talk->eight_bit |= slice_begins(slice_drop(line, 4), SLICE("8BITMIME"));
		if (line.at[3] != '-') {
			talk->reply = line;
			return (unsigned)code;
		}
		buffer_eat(&talk->in, line.len + 1);
	}
}

static int no_answer(void)
{
	complain("the gateway did not answer; nothing was sent, please try again");
	return EX_TEMPFAIL;
}

/* One command and its reply; `refused` is the exit status of a 5xx. */
static int step(struct talk *talk, unsigned wanted, int refused)
{
	unsigned code;

	if (!flush(talk))
		return no_answer();
	code = hear(talk);
	if (code == 0)
		return no_answer();
	if (code / 100 == wanted)
		return EX_OK;
	complain("%.*s", SHOW(slice_trim((struct slice){ talk->reply.at, talk->reply.len - 1 })));
	return code / 100 == 4 ? EX_TEMPFAIL : refused;
}

static int greet(struct talk *talk, const struct submission *it)
{
	int status = step(talk, 2, EX_UNAVAILABLE);

	if (status != EX_OK)
		return status;
	if (buffer_format(&talk->out, "EHLO %.*s\r\n", SHOW(it->host)) != OK)
		return EX_DATAERR;
	return step(talk, 2, EX_UNAVAILABLE);
}

static int address(struct talk *talk, const struct submission *it)
{
	bool eight_bit = talk->eight_bit && (slice_has_eight_bit(it->head) || slice_has_eight_bit(it->body));
	int status;

	if (buffer_format(&talk->out, "MAIL FROM:<%.*s>%s\r\n", SHOW(it->sender), eight_bit ? " BODY=8BITMIME" : "") != OK)
		return EX_DATAERR;
	status = step(talk, 2, EX_NOUSER);
	for (size_t i = 0; i < it->recipients->count && status == EX_OK; i++) {
		if (buffer_format(&talk->out, "RCPT TO:<%.*s>\r\n", SHOW(it->recipients->list[i])) != OK)
			return EX_DATAERR;
		status = step(talk, 2, EX_NOUSER);
	}
	return status;
}

static bool send_text(struct talk *talk, struct lines *lines, struct slice text)
{
	while (text.len > 0)
		if (lines_add(lines, slice_take(&text, SEND_PIECE), &talk->out) != OK || !flush(talk))
			return false;
	return true;
}

static int hand_over(struct talk *talk, const struct submission *it)
{
	struct lines lines = { .dots = true };
	int status;

	if (buffer_add(&talk->out, SLICE("DATA\r\n")) != OK)
		return EX_DATAERR;
	status = step(talk, 3, EX_UNAVAILABLE);
	if (status != EX_OK)
		return status;
	if (!send_text(talk, &lines, it->head) || !send_text(talk, &lines, it->empty_line)
	    || !send_text(talk, &lines, it->body) || lines_end(&lines, &talk->out) != OK
	    || buffer_add(&talk->out, SLICE(".\r\n")) != OK)
		return no_answer();
	return step(talk, 2, EX_UNAVAILABLE);
}

static int converse(struct talk *talk, const struct submission *it)
{
	static int (*const parts[])(struct talk *, const struct submission *) = { greet, address, hand_over };
	int status = EX_OK;

	for (size_t i = 0; i < COUNT_OF(parts) && status == EX_OK; i++)
		status = parts[i](talk, it);
	(void)send_all(talk->fd, SLICE("QUIT\r\n"));
	return status;
}

static int reach(struct slice run)
{
	int fd = ask_connect(run, CONTROL_SUBMIT, SOCK_STREAM, PATIENCE);

	if (fd < 0)
		ask_explain(run, CONTROL_SUBMIT, errno);
	return fd;
}

int submit(const struct submission *it)
{
	closing int fd = reach(it->run);
	struct talk talk = { .fd = fd };
	int status;

	if (fd < 0)
		return EX_TEMPFAIL;
	buffer_init(&talk.in, REPLY_LIMIT);
	buffer_init(&talk.out, (size_t)3 * SEND_PIECE);
	status = converse(&talk, it);
	buffer_finish(&talk.in);
	buffer_finish(&talk.out);
	return status;
}

static bool write_all(int fd, struct slice bytes)
{
	while (bytes.len > 0) {
		ssize_t put = write(fd, bytes.at, bytes.len);

		if (put < 0 && errno != EINTR)
			return false;
		(void)slice_take(&bytes, put > 0 ? (size_t)put : 0);
	}
	return true;
}

/* False: that side is at its end. */
static bool carry(int from, int to)
{
	char piece[SESSION_PIECE];
	ssize_t got = read(from, piece, sizeof(piece));

	return (got < 0 && errno == EINTR) || (got > 0 && write_all(to, (struct slice){ piece, (size_t)got }));
}

int submit_session(struct slice run)
{
	closing int fd = reach(run);
	struct pollfd ends[] = { { .fd = fd, .events = POLLIN }, { .fd = STDIN_FILENO, .events = POLLIN } };

	if (fd < 0)
		return EX_TEMPFAIL;
	for (;;) {
		if (poll(ends, COUNT_OF(ends), -1) < 0 && errno != EINTR)
			return EX_OSERR;
		if (ends[0].revents && !carry(fd, STDOUT_FILENO))
			return EX_OK;
		if (ends[1].revents && !carry(STDIN_FILENO, fd)) {
			(void)shutdown(fd, SHUT_WR);         /* what is still answered is carried */
			ends[1].fd = -1;
		}
	}
}
