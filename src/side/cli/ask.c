/* SPDX-License-Identifier: Apache-2.0 */
/* One frame goes out, frames come in until END; each kind of answer is a row with a function. */
#include "cli/ask.h"

#include "base/channel.h"
#include "base/fd.h"
#include "base/pack.h"
#include "cli/places.h"
#include "wire/control.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sysexits.h>

enum { COPY_PIECE = 65536 };

struct answer {
	int status;
	bool ended, quiet;
	const struct ask_taker *taker;           /* NULL: to standard output */
};

int ask_connect(struct slice run, const char *name, int type, unsigned patience)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	const struct timeval silence = { .tv_sec = patience };
	closing int folder = -1, fd = -1;
	char path[PLACE_SIZE];
	int error;

	if (run.len >= sizeof(path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	(void)snprintf(path, sizeof(path), "%.*s", SHOW(run));
	/* A UNIX address holds 107 bytes, and a folder's name may be longer: by way of a descriptor. */
	folder = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0)
		return -1;
	(void)snprintf(at.sun_path, sizeof(at.sun_path), "/proc/self/fd/%d/%s", folder, name);
	fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
	/* Before it connects: with a queue of others before it, that waits too. */
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &silence, sizeof(silence)) != 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &silence, sizeof(silence)) != 0)
		return -1;
	if (connect(fd, (const struct sockaddr *)&at, sizeof(at)) != 0) {
		error = errno;
		fd_close(&fd);
		errno = error;
		return -1;
	}
	return fd_keep(&fd);
}

void ask_explain(struct slice run, const char *name, int error)
{
	if (error == ENOENT || error == ENOTDIR)
		complain("the gateway is not running (no socket at %.*s/%s)", SHOW(run), name);
	else if (error == ECONNREFUSED)
		complain("the gateway is not running (nobody answers at %.*s/%s)", SHOW(run), name);
	else if (error == EAGAIN)
		complain("the gateway does not answer at %.*s/%s", SHOW(run), name);
	else
		complain("%.*s/%s: %s", SHOW(run), name, strerrordesc_np(error));
}

static enum result take_output(struct answer *answer, struct frame *frame)
{
	if (answer->taker)
		return answer->taker->text(answer->taker->owner, frame->payload);
	return fwrite(frame->payload.at, 1, frame->payload.len, stdout) == frame->payload.len ? OK : REFUSED;
}

/* The payload, where there is one, says which stretch of the file is the message: u64 offset, u64 length. */
static enum result take_descriptor(struct answer *answer, struct frame *frame)
{
	struct unpack span = unpack_from(frame->payload);
	uint64_t offset = unpack_u64(&span), left = unpack_u64(&span);
	bool whole = frame->payload.len == 0;
	char piece[COPY_PIECE];

	if (answer->taker)
		return whole ? answer->taker->descriptor(answer->taker->owner, frame->fd) : REFUSED;
	if (whole)
		left = UINT64_MAX;
	else if (unpack_end(&span) != OK || offset > INT64_MAX)
		return REFUSED;
	while (left > 0) {
		ssize_t got = pread(frame->fd, piece, left < COPY_PIECE ? left : COPY_PIECE, (off_t)offset);

		if (got <= 0)
			return got == 0 && whole ? OK : REFUSED;
		if (fwrite(piece, 1, (size_t)got, stdout) != (size_t)got)
			return REFUSED;
		offset += (uint64_t)got;
		left -= (uint64_t)got;
	}
	return OK;
}

static enum result take_end(struct answer *answer, struct frame *frame)
{
	struct unpack end = unpack_from(frame->payload);
	uint8_t status = unpack_u8(&end);
	struct slice complaint = unpack_slice(&end, CONTROL_LONGEST);

	if (unpack_end(&end) != OK)
		return REFUSED;
	if (complaint.len > 0 && !answer->quiet)
		complain("%.*s", SHOW(complaint));
	answer->status = status;
	answer->ended = true;
	return OK;
}

static const struct {
	enum control_answers kind;
	enum result (*take)(struct answer *, struct frame *);
} answers[] = {
	{ CONTROL_OUTPUT,     take_output },
	{ CONTROL_DESCRIPTOR, take_descriptor },
	{ CONTROL_END,        take_end },
};

static enum result take_frame(struct answer *answer, struct frame *frame)
{
	enum result result = REFUSED;

	for (size_t i = 0; i < COUNT_OF(answers); i++)
		if (frame->kind == answers[i].kind)
			result = answers[i].take(answer, frame);
	fd_close(&frame->fd);
	return result;
}

static enum result send_words(int fd, int count, const char *const *words)
{
	struct buffer payload;
	enum result result = count <= CONTROL_WORDS ? OK : REFUSED;

	buffer_init(&payload, CONTROL_LONGEST);
	for (int i = 0; i < count && result == OK; i++)
		result = pack_slice(&payload, slice_of(words[i]));
	if (result != OK)
		complain("that is too many words for one question");
	else
		result = frame_send(fd, CONTROL_COMMAND, 1, buffer_slice(&payload), -1);
	buffer_finish(&payload);
	return result;
}

static int converse(int fd, struct answer *answer, int count, const char *const *words)
{
	struct buffer payload;
	struct frame frame;
	enum result result;

	if (send_words(fd, count, words) != OK)
		return EX_UNAVAILABLE;
	buffer_init(&payload, CONTROL_LONGEST);
	do {
		result = frame_receive(fd, &payload, &frame);
		if (result == OK)
			result = take_frame(answer, &frame);
	} while (result == OK && !answer->ended);
	buffer_finish(&payload);
	if (fflush(stdout) != 0) {
		complain("standard output: %s", strerrordesc_np(errno));
		return EX_IOERR;
	}
	if (!answer->ended) {
		complain("the gateway did not finish its answer");
		return EX_UNAVAILABLE;
	}
	return answer->status;
}

static int ask_as(struct answer *answer, struct slice run, const char *socket, int count, const char *const *words)
{
	closing int fd = ask_connect(run, socket, SOCK_SEQPACKET, ASK_PATIENCE);

	if (fd < 0) {
		ask_explain(run, socket, errno);
		return EX_UNAVAILABLE;
	}
	return converse(fd, answer, count, words);
}

int ask(struct slice run, const char *socket, int count, const char *const *words)
{
	return ask_as(&(struct answer){ 0 }, run, socket, count, words);
}

int ask_quietly(struct slice run, const char *socket, int count, const char *const *words)
{
	return ask_as(&(struct answer){ .quiet = true }, run, socket, count, words);
}

int ask_taking(struct slice run, const char *socket, int count, const char *const *words, const struct ask_taker *taker)
{
	closing int fd = ask_connect(run, socket, SOCK_SEQPACKET, ASK_PATIENCE);
	struct answer answer = { .quiet = true, .taker = taker };

	return fd < 0 ? EX_UNAVAILABLE : converse(fd, &answer, count, words);
}
