/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is to be sent is one row of bytes: the command, for a stream the length, the message and the
 * zero that ends it. `sent` is a place in that row; the bytes at any place can be made again.
 */
#include "scanners/clamd.h"
#include "base/fd.h"

#include <errno.h>
#include <sys/socket.h>

enum { PIECE = 16384, LENGTH_SIZE = 4 };

static const struct { struct slice command; bool stream, descriptor; } manners[] = {
	[REPLY_TO_FILDES] = { LIT("nFILDES\n"), false, true },
	[REPLY_TO_INSTREAM] = { LIT("nINSTREAM\n"), true, false },
	[REPLY_TO_PING] = { LIT("nPING\n"), false, false },
};

void clamd_drop(struct clamd *clamd)
{
	if (clamd->answered == NULL)
		return;
	watch_end(&clamd->watch);
	timer_end(&clamd->deadline);
	fd_close(&clamd->fd);
	clamd->answered = NULL;
}

static void answer(struct clamd *clamd, enum scan_end end, const char *text)
{
	void (*answered)(struct clamd *, enum scan_end, const char *) = clamd->answered;

	clamd_drop(clamd);
	answered(clamd, end, text);
}

static void fail(struct clamd *clamd, const char *what, const char *detail)
{
	char text[SCAN_TEXT];

	reply_reason(text, what, slice_of(detail));
	answer(clamd, SCAN_FAILED, text);
}

static void time_is_over(void *own_clamd)
{
	struct clamd *clamd = own_clamd;

	fail(clamd, clamd->failure, NULL);
}

/* The bytes from `sent` on, as many as fit; 0: the message is shorter than it was. */
static ssize_t next_piece(const struct clamd *clamd, char piece[PIECE])
{
	struct slice command = manners[clamd->question].command;
	uint64_t start = command.len + LENGTH_SIZE, at = clamd->sent;
	char head[32];

	if (at >= start && at < start + clamd->size)
		return pread(clamd->message, piece,
			     (size_t)(start + clamd->size - at < PIECE ? start + clamd->size - at : PIECE),
			     (off_t)(at - start));
	memset(head, 0, sizeof(head));
	memcpy(head, command.at, command.len);
	for (size_t i = 0; i < LENGTH_SIZE; i++)
		head[command.len + i] = (char)(clamd->size >> (24 - 8 * i));
	if (at < start && manners[clamd->question].stream) {
		memcpy(piece, head + at, (size_t)(start - at));
		return (ssize_t)(start - at);
	}
	memset(piece, 0, LENGTH_SIZE);
	if (at < command.len)
		memcpy(piece, head + at, (size_t)(command.len - at));
	return (ssize_t)(clamd->whole - at);
}

/* The byte that carries the descriptor must not be read together with the command. */
static ssize_t send_descriptor(const struct clamd *clamd)
{
	union { struct cmsghdr head; char space[CMSG_SPACE(sizeof(int))]; } control = { 0 };
	struct iovec byte = { (char[]){ 0 }, 1 };
	struct msghdr message = { .msg_iov = &byte, .msg_iovlen = 1, .msg_control = &control,
		                  .msg_controllen = sizeof(control) };

	control.head.cmsg_level = SOL_SOCKET;
	control.head.cmsg_type = SCM_RIGHTS;
	control.head.cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(&control.head), &clamd->message, sizeof(int));
	return sendmsg(clamd->fd, &message, MSG_NOSIGNAL);
}

static bool passes_now(const struct clamd *clamd)
{
	return manners[clamd->question].descriptor && clamd->sent == clamd->whole - 1;
}

static ssize_t send_some(const struct clamd *clamd)
{
	char piece[PIECE];
	ssize_t size;

	if (passes_now(clamd))
		return send_descriptor(clamd);
	size = next_piece(clamd, piece);
	if (size <= 0) {
		errno = size ? errno : ESTALE;
		return -1;
	}
	if (manners[clamd->question].descriptor)
		size--;                        /* the byte of the descriptor follows alone */
	return send(clamd->fd, piece, (size_t)size, MSG_NOSIGNAL);
}

/* False: it was answered, and clamd may be gone. */
static bool send_all(struct clamd *clamd)
{
	bool refused = false;

	while (clamd->sent < clamd->whole && !refused) {
		ssize_t sent = send_some(clamd);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0 && errno == EAGAIN)
			break;
		refused = sent < 0 && (errno == EPIPE || errno == ECONNRESET);
		if (refused)
			continue;              /* it may have said why */
		if (sent < 0) {
			fail(clamd, "the message could not be sent: ", strerror(errno));
			return false;
		}
		clamd->sent += (uint64_t)sent;
	}
	if (watch_for(&clamd->watch, clamd->sent < clamd->whole && !refused ? LOOP_READ | LOOP_WRITE : LOOP_READ) == OK)
		return true;
	fail(clamd, "no room to wait for it", NULL);
	return false;
}

static void all_said(struct clamd *clamd)
{
	char text[SCAN_TEXT];
	enum scan_end end = reply_read(clamd->question, (struct slice){ clamd->reply, clamd->got }, text);

	if (end == SCAN_CLEAN && clamd->sent < clamd->whole)
		fail(clamd, "the scanner answered before it had the whole message", NULL);
	else
		answer(clamd, end, text);
}

static void hear(struct clamd *clamd)
{
	for (;;) {
		ssize_t got = recv(clamd->fd, clamd->reply + clamd->got, sizeof(clamd->reply) - clamd->got, 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 && errno == EAGAIN)
			return;
		if (got < 0) {
			fail(clamd, "the connection broke: ", strerror(errno));
			return;
		}
		if (got == 0) {
			all_said(clamd);
			return;
		}
		clamd->got += (size_t)got;
		if (clamd->got == sizeof(clamd->reply)) {
			fail(clamd, "the scanner's answer does not end", NULL);
			return;
		}
	}
}

static bool is_connected(struct clamd *clamd)
{
	int error = 0;
	socklen_t size = sizeof(error);

	if (!clamd->connecting)
		return true;
	clamd->connecting = false;
	if (getsockopt(clamd->fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0) {
		reply_reason(clamd->failure, "no answer in time", SLICE(""));
		return true;
	}
	fail(clamd, "no connection: ", strerror(error));
	return false;
}

static void ready(void *own_clamd, unsigned what)
{
	struct clamd *clamd = own_clamd;

	if (!is_connected(clamd))
		return;
	if ((what & LOOP_WRITE) && !send_all(clamd))
		return;
	if (what & LOOP_READ)
		hear(clamd);
}

static bool begin(struct clamd *clamd, const struct target *target)
{
	clamd->fd = socket(target->at.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (clamd->fd < 0)
		return false;
	watch_init(&clamd->watch, clamd->watch.loop, clamd->fd, ready, clamd);
	if (connect(clamd->fd, &target->at.any, target->length) != 0 && errno != EINPROGRESS)
		return false;
	return watch_for(&clamd->watch, LOOP_WRITE) == OK;
}

void clamd_ask(struct clamd *clamd, struct loop *loop, const struct target *target, int message, uint64_t size,
               uint64_t ms, void (*answered)(struct clamd *clamd, enum scan_end end, const char *text))
{
	bool local = target->at.any.sa_family == AF_UNIX;

	*clamd = (struct clamd){ .fd = -1, .message = message, .size = size, .answered = answered, .connecting = true };
	clamd->question = message < 0 ? REPLY_TO_PING : local ? REPLY_TO_FILDES : REPLY_TO_INSTREAM;
	clamd->whole = manners[clamd->question].command.len;
	if (manners[clamd->question].descriptor)
		clamd->whole += 1;
	if (manners[clamd->question].stream)
		clamd->whole += size ? (size_t)2 * LENGTH_SIZE + size : LENGTH_SIZE;
	clamd->watch.loop = loop;
	timer_init(&clamd->deadline, loop, time_is_over, clamd);
	reply_reason(clamd->failure, "no connection in time", SLICE(""));
	if (!begin(clamd, target)) {
		reply_reason(clamd->failure, "no connection: ", slice_of(strerror(errno)));
		watch_end(&clamd->watch);
		ms = 0;
	}
	/* Without a timer nothing would ever end it. */
	if (timer_start(&clamd->deadline, ms) != OK)
		fail(clamd, "no room to wait for it", NULL);
}
