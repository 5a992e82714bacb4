/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The real front, in its jail, with one call of its accept path failing: its memory file, the seal, the queue's wire.
 * The linker puts our functions before the C library's (--wrap). A client hears 250 only if the queue had all of it.
 */
#include "front/front_scene.h"

#include <pthread.h>

#define SETTINGS "hostname = mx.example.org\ntrusted = {}\ndomain \"example.org\" { deliver = \"lmtp://x:24\" }\n"

enum { SHORT = -1, BODY_LINES = 3000, LINE = 32, OCCURRENCES = 4 };

enum wrapped { WRITE, MEMFD, FCNTL, SENDMSG };

/* The nth of these calls ends with that error, or writes only half. */
static struct plan { enum wrapped call; int error; unsigned when; } plan;
static bool in_front;                    /* the test itself is spared */
static int memfd = -1;

ssize_t __real_write(int fd, const void *bytes, size_t size);
int __real_memfd_create(const char *name, unsigned flags);
int __real_fcntl64(int fd, int what, long how);
ssize_t __real_sendmsg(int fd, const struct msghdr *message, int flags);
ssize_t __wrap_write(int fd, const void *bytes, size_t size);
int __wrap_memfd_create(const char *name, unsigned flags);
int __wrap_fcntl64(int fd, int what, long how);
ssize_t __wrap_sendmsg(int fd, const struct msghdr *message, int flags);

static void begin_to_fail(void)
{
	in_front = true;
}

static bool strikes(enum wrapped call)
{
	if (!in_front || plan.call != call || plan.when == 0 || --plan.when > 0)
		return false;
	errno = plan.error == SHORT ? 0 : plan.error;
	return true;
}

ssize_t __wrap_write(int fd, const void *bytes, size_t size)
{
	if (fd != memfd || !strikes(WRITE))
		return __real_write(fd, bytes, size);
	return plan.error == SHORT ? __real_write(fd, bytes, (size + 1) / 2) : -1;
}

int __wrap_memfd_create(const char *name, unsigned flags)
{
	if (strikes(MEMFD))
		return -1;
	memfd = __real_memfd_create(name, flags);
	return memfd;
}

int __wrap_fcntl64(int fd, int what, long how)
{
	return what == F_ADD_SEALS && strikes(FCNTL) ? -1 : __real_fcntl64(fd, what, how);
}

/* Only the deposit carries a descriptor. */
ssize_t __wrap_sendmsg(int fd, const struct msghdr *message, int flags)
{
	return message->msg_controllen && strikes(SENDMSG) ? -1 : __real_sendmsg(fd, message, flags);
}

static char body[BODY_LINES * LINE];

static void make_body(void)
{
	for (unsigned i = 0; i < BODY_LINES; i++) {
		char line[LINE * 2];

		(void)snprintf(line, sizeof(line), "this is line number %09u.\r\n", i);
		memcpy(body + (size_t)i * LINE, line, LINE);
	}
}

/* All of it, and sealed. */
static bool is_whole(int fd)
{
	const int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL;
	static char bytes[sizeof(body) + 1];

	return fd >= 0 && fcntl(fd, F_GET_SEALS) == seals && pread(fd, bytes, sizeof(bytes), 0) == (ssize_t)sizeof(body) &&
	       memcmp(bytes, body, sizeof(body)) == 0;
}

/* The queue's side, until the client has its answer: true when it was given the message, whole. */
static bool be_the_queue(struct scene *scene, int client)
{
	struct frame frame = { .fd = -1 };
	bool whole = false;

	for (;;) {
		struct pollfd both[] = { { .fd = client, .events = POLLIN }, { .fd = scene->queue, .events = POLLIN } };

		CHECK(poll(both, COUNT_OF(both), PATIENCE * 1000) > 0, scene->about);
		if (both[0].revents || both[1].revents == 0)
			return whole;
		if (frame_receive(scene->queue, &scene->payload, &frame) != OK)
			return whole;
		if (frame.kind == FRONT_DEPOSIT) {
			whole = is_whole(frame.fd);
			CHECK(whole, scene->about);
			CHECK(frame_send(scene->queue, QUEUE_KEPT, frame.exchange, SLICE(""), -1) == OK, scene->about);
		}
		fd_close(&frame.fd);
	}
}

/* The first digit of the answer; 0: none came. */
static char send_message(struct scene *scene, bool *ret_whole)
{
	closing int fd = dial(scene);
	char line[1024] = "";

	begin_message(fd, scene->about);
	say(fd, (struct slice){ body, sizeof(body) });
	say(fd, SLICE(".\r\n"));
	*ret_whole = be_the_queue(scene, fd);
	return hear_line(fd, line, sizeof(line)) > 3 ? line[0] : 0;
}

static const struct row { const char *about; enum wrapped call; int errors[8]; } rows[] = {
	{ "the memory file cannot be made",   MEMFD,   { EMFILE, ENFILE, ENOMEM } },
	{ "it cannot be written",             WRITE,   { ENOSPC, ENOMEM, EIO, EDQUOT, EFBIG, EINTR, SHORT } },
	{ "it cannot be sealed",              FCNTL,   { EBUSY, ENOMEM, EPERM } },
	{ "the queue cannot be reached",      SENDMSG, { ENOMEM, ENOBUFS, ETOOMANYREFS, EPIPE, EINTR, EAGAIN } },
};

static unsigned kept, put_off, unanswered;

/* A front that lost its wire says so, and gets another: as the supervisor would. */
static void try_one(const struct row *row, int error, unsigned when)
{
	struct scene scene = { .about = row->about };
	bool whole = false;
	char answered;

	plan = (struct plan){ row->call, error, when };
	begin(&scene, SETTINGS);
	answered = send_message(&scene, &whole);
	CHECK(answered == '4' || answered == 0 || (answered == '2' && whole), row->about);
	kept += answered == '2';
	put_off += answered == '4';
	unanswered += answered == 0;
	if (row->call == SENDMSG) {
		fd_close(&scene.queue);
		give_queue(&scene);
		(void)usleep(50000);
	}
	answered = send_message(&scene, &whole);
	CHECK(answered == '2' && whole, "and the next one goes well");
	end(&scene);
}

int main(void)
{
	(void)signal(SIGPIPE, SIG_IGN);
	CHECK(pthread_atfork(NULL, NULL, begin_to_fail) == 0, "the child is known");
	make_body();
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		for (size_t j = 0; j < COUNT_OF(rows[i].errors) && rows[i].errors[j]; j++)
			for (unsigned when = 1; when <= (rows[i].call == WRITE ? OCCURRENCES : 1); when++)
				try_one(&rows[i], rows[i].errors[j], when);
	printf("%u kept, %u put off, %u without an answer\n", kept, put_off, unanswered);
	CHECK(kept >= 8 && put_off >= 20, "both happen");
	return TEST_END();
}
