/* SPDX-License-Identifier: Apache-2.0 */
/*
 * front_scene.h — for tests: the real front in a process of its own, with clients and a queue that the test plays.
 *
 * Knows:   how to start and end it, to talk as a client, to hear as the queue.
 * Ignores: what is to be said: front_test.c.
 * Owns:    nothing beside a scene's descriptors, until end().
 */
#ifndef FRONT_FRONT_SCENE_H
#define FRONT_FRONT_SCENE_H

#include "base/fd.h"
#include "base/pack.h"
#include "base/test.h"
#include "front/front.h"
#include "front/inside.h"
#include "wire/front-queue.h"
#include "wire/gateway.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

enum { PATIENCE = 20, NOBODY = 65534, BIG = 1 << 20, MANY = 100 };

struct scene {
	int control, queue, port, log;
	char submit[sizeof(((struct sockaddr_un *)0)->sun_path)];
	pid_t pid;
	struct buffer payload;
	const char *about;
};

/* ---- settings ---- */

static const struct settings_section *const schema[] = {
	&gateway_settings_section, &listen_settings_section, &domain_settings_section, &front_settings_section, NULL,
};

static void pack_settings(const char *text, struct buffer *packed)
{
	char name[] = "/tmp/front-test-XXXXXX";
	struct settings settings;
	struct buffer complaints;
	int fd = mkstemp(name);

	settings_init(&settings);
	buffer_init(&complaints, 65536);
	CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text), "a file");
	CHECK(settings_read_file(&settings, name, false, schema, &complaints) == OK, "settings");
	if (buffer_length(&complaints))
		printf("%.*s\n", SHOW(buffer_slice(&complaints)));
	CHECK(settings_pack(&settings, packed) == OK, "packed");
	fd_close(&fd);
	(void)unlink(name);
	buffer_finish(&complaints);
	settings_finish(&settings);
}

/* ---- the front's surroundings ---- */

static void be_patient(int fd)
{
	struct timeval time = { .tv_sec = PATIENCE };

	CHECK(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof(time)) == 0, "a time limit");
}

static int listen_on_loopback(int *ret_port)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	socklen_t size = sizeof(at);

	CHECK(bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0 && listen(fd, 100) == 0 &&
	      getsockname(fd, (struct sockaddr *)&at, &size) == 0, "a port");
	*ret_port = ntohs(at.sin_port);
	return fd;
}

static int listen_on_socket(struct scene *scene)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	(void)snprintf(scene->submit, sizeof(scene->submit), "/tmp/front-test-%d.submit", (int)getpid());
	memcpy(at.sun_path, scene->submit, sizeof(at.sun_path));
	(void)unlink(scene->submit);
	CHECK(bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0 && listen(fd, 100) == 0 && chmod(at.sun_path, 0666) == 0,
	      "a socket");
	return fd;
}

static int be_the_front(int control)
{
	static struct front front;

	if (geteuid() == 0 && (setresgid(NOBODY, NOBODY, NOBODY) != 0 || setresuid(NOBODY, NOBODY, NOBODY) != 0))
		return 2;
	if (dup2(control, PROCESS_CONTROL_FD) < 0)
		return 2;
	return process_main(&front_role, &front);
}

static void give(struct scene *scene, enum given what, const char *name, int fd)
{
	CHECK(process_hand_gift(scene->control, what, slice_of(name), 0, fd) == OK, scene->about);
	fd_close(&fd);
}

static void say_room(struct scene *scene, uint8_t room)
{
	struct slice payload = { (const char *)&room, 1 };

	CHECK(frame_send(scene->queue, QUEUE_ROOM, 0, payload, -1) == OK, scene->about);
}

static void give_queue(struct scene *scene)
{
	int ends[2];

	CHECK(channel_pair(ends) == OK, "a wire");
	be_patient(ends[0]);
	scene->queue = ends[0];
	give(scene, GIVEN_WIRE, "queue", ends[1]);
	say_room(scene, 1);
}

static void expect_process(struct scene *scene, enum process_says kind)
{
	struct frame frame = { .fd = -1 };

	CHECK(frame_receive(scene->control, &scene->payload, &frame) == OK && frame.kind == kind, scene->about);
}

static void begin(struct scene *scene, const char *settings)
{
	const struct process_start start = { .level = LOG_LEVEL_ERROR };
	struct buffer packed;
	int ends[2];

	buffer_init(&scene->payload, FRONT_QUEUE_LONGEST);
	buffer_init(&packed, BIG);
	CHECK(channel_pair(ends) == OK, "a wire");
	(void)fflush(stdout);
	scene->pid = fork();
	if (scene->pid == 0)
		_exit(be_the_front(ends[1]));
	fd_close(&ends[1]);
	scene->control = ends[0];
	be_patient(scene->control);
	pack_settings(settings, &packed);
	CHECK(process_hand_blob(scene->control, SUPERVISOR_SETTINGS, buffer_slice(&packed)) == OK, "settings");
	give(scene, GIVEN_LISTENER, "smtp", listen_on_loopback(&scene->port));
	give(scene, GIVEN_LISTENER, "submit", listen_on_socket(scene));
	give_queue(scene);
	CHECK(process_hand_start(scene->control, &start) == OK, "start");
	expect_process(scene, PROCESS_READY);
	buffer_finish(&packed);
}

static void end(struct scene *scene)
{
	int status = 0;

	CHECK(frame_send(scene->control, SUPERVISOR_STOP, 0, SLICE(""), -1) == OK || errno == EPIPE, scene->about);
	CHECK(waitpid(scene->pid, &status, 0) == scene->pid && WIFEXITED(status) && WEXITSTATUS(status) == 0, scene->about);
	fd_close(&scene->control);
	fd_close(&scene->queue);
	buffer_finish(&scene->payload);
	(void)unlink(scene->submit);
}

/* ---- a client ---- */

static int dial(const struct scene *scene)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	                          .sin_port = htons((uint16_t)scene->port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	CHECK(connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0, scene->about);
	be_patient(fd);
	return fd;
}

__attribute__((unused)) static int dial_local(const struct scene *scene)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	memcpy(to.sun_path, scene->submit, sizeof(to.sun_path));
	CHECK(connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0, scene->about);
	be_patient(fd);
	return fd;
}

static void say(int fd, struct slice bytes)
{
	while (bytes.len) {
		ssize_t sent = send(fd, bytes.at, bytes.len, MSG_NOSIGNAL);

		if (sent <= 0)
			return;
		bytes = slice_drop(bytes, (size_t)sent);
	}
}

/* One line, byte by byte: what follows belongs to the next. */
static size_t hear_line(int fd, char *line, size_t size)
{
	size_t len = 0;

	while (len < size && recv(fd, line + len, 1, 0) == 1)
		if (line[len++] == '\n')
			break;
	return len;
}

/* A whole reply; its last line must begin so. An empty text: the connection ends. */
static void hear(int fd, const char *wanted, const char *about)
{
	char line[1024];
	size_t len;

	do
		len = hear_line(fd, line, sizeof(line));
	while (len > 3 && line[3] == '-');
	if (wanted[0] == '\0')
		CHECK(len == 0, about);
	else
		CHECK(slice_begins((struct slice){ line, len }, slice_of(wanted)), about);
	if (wanted[0] && !slice_begins((struct slice){ line, len }, slice_of(wanted)))
		printf("heard %.*s", (int)len, line);
}

static void ask(int fd, const char *bytes, const char *wanted, const char *about)
{
	say(fd, slice_of(bytes));
	hear(fd, wanted, about);
}

__attribute__((unused)) static void begin_message(int fd, const char *about)
{
	hear(fd, "220 mx.example.org ", about);
	ask(fd, "EHLO client.example\r\n", "250 ENH", about);
	say(fd, SLICE("MAIL FROM:<a@b.example>\r\nRCPT TO:<u@example.org>\r\nDATA\r\n"));
	hear(fd, "250 2.1.0", about);
	hear(fd, "250 2.1.5", about);
	hear(fd, "354", about);
}

/* ---- the queue ---- */

struct taken {
	struct frame frame;
	struct envelope envelope;
	struct arena arena;
	char bytes[8192];
	ssize_t size;
};

__attribute__((unused)) static void take_deposit(struct scene *scene, struct taken *taken)
{
	int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL;

	*taken = (struct taken){ .frame = { .fd = -1 } };
	arena_init(&taken->arena, BIG);
	CHECK(frame_receive(scene->queue, &scene->payload, &taken->frame) == OK, scene->about);
	CHECK(taken->frame.kind == FRONT_DEPOSIT && taken->frame.fd >= 0, scene->about);
	CHECK(fcntl(taken->frame.fd, F_GET_SEALS) == seals, scene->about);
	taken->size = pread(taken->frame.fd, taken->bytes, sizeof(taken->bytes), 0);
	CHECK(envelope_unpack(taken->frame.payload, &taken->arena, &taken->envelope) == OK, scene->about);
	CHECK(message_id_valid(taken->envelope.id), scene->about);
}

__attribute__((unused)) static void answer(struct scene *scene, struct taken *taken, enum queue_says kind, struct slice reply)
{
	CHECK(frame_send(scene->queue, (uint8_t)kind, taken->frame.exchange, reply, -1) == OK, scene->about);
	fd_close(&taken->frame.fd);
	arena_finish(&taken->arena);
}

__attribute__((unused)) static bool contains(struct slice whole, const char *part)
{
	struct slice wanted = slice_of(part);

	return memmem(whole.at, whole.len, wanted.at, wanted.len) != NULL;
}

#endif
