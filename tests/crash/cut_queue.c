/* SPDX-License-Identifier: Apache-2.0 */
/* The same gifts in the same order as the supervisor's; an operator's command is one connection, and waits. */
#include "cut.h"

#include "base/fd.h"
#include "base/pack.h"
#include "base/process.h"
#include "queue/queue.h"
#include "wire/control.h"
#include "wire/gateway.h"

#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static void be_patient(int fd)
{
	struct timeval patience = { .tv_sec = CUT_PATIENCE_S };

	NEED(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) == 0);
}

static int give_wire(const struct cut_queue *queue, const char *name)
{
	int ends[2];

	NEED(channel_pair(ends) == OK);
	NEED(process_hand_gift(queue->control, GIVEN_WIRE, slice_of(name), 0, ends[1]) == OK);
	fd_close(&ends[1]);
	be_patient(ends[0]);
	return ends[0];
}

static void hand_settings(const struct cut_queue *queue)
{
	static const struct settings_section *const schema[] = { &gateway_settings_section, &queue_settings_section, NULL };
	struct settings settings;
	struct buffer packed, complaints;
	char conf[CUT_PATH];

	(void)snprintf(conf, sizeof(conf), "%s/postern.conf", queue->folder);
	settings_init(&settings);
	buffer_init(&packed, 65536);
	buffer_init(&complaints, 65536);
	NEED(settings_read_file(&settings, conf, false, schema, &complaints) == OK);
	NEED(settings_pack(&settings, &packed) == OK);
	NEED(process_hand_blob(queue->control, SUPERVISOR_SETTINGS, buffer_slice(&packed)) == OK);
	buffer_finish(&packed);
	buffer_finish(&complaints);
	settings_finish(&settings);
}

static struct sockaddr_un control_address(const struct cut_queue *queue)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int length = snprintf(at.sun_path, sizeof(at.sun_path), "%s/" CONTROL_QUEUE, queue->folder);

	NEED(length > 0 && (size_t)length < sizeof(at.sun_path));
	return at;
}

static void listen_for_control(const struct cut_queue *queue)
{
	struct sockaddr_un at = control_address(queue);
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	(void)unlink(at.sun_path);
	NEED(bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0 && listen(fd, 8) == 0);
	NEED(process_hand_gift(queue->control, GIVEN_CONTROL, SLICE("queue"), 0, fd) == OK);
	fd_close(&fd);
}

/* READY comes when the spool is loaded. */
static void wait_ready(const struct cut_queue *queue)
{
	struct frame frame = { .fd = -1 };
	struct buffer bytes;

	buffer_init(&bytes, 65536);
	do
		NEED(frame_receive(queue->control, &bytes, &frame) == OK);
	while (frame.kind != PROCESS_READY);
	buffer_finish(&bytes);
}

void cut_queue_start(struct cut_queue *queue, bool neighbours)
{
	const struct process_start how = { .level = LOG_LEVEL_WARNING, .root = geteuid() == 0 };
	int ends[2];

	NEED(channel_pair(ends) == OK);
	NEED(process_spawn(queue->executable, ends[1], STDERR_FILENO, &queue->pid) == OK);
	fd_close(&ends[1]);
	queue->control = ends[0];
	be_patient(queue->control);
	hand_settings(queue);
	queue->front = neighbours ? give_wire(queue, "front") : -1;
	queue->inspect = neighbours ? give_wire(queue, "inspect") : -1;
	queue->relay = neighbours ? give_wire(queue, "relay") : -1;
	listen_for_control(queue);
	NEED(process_hand_start(queue->control, &how) == OK);
	wait_ready(queue);
}

void cut_queue_kill(struct cut_queue *queue)
{
	NEED(kill(queue->pid, SIGKILL) == 0 && waitpid(queue->pid, NULL, 0) == queue->pid);
	fd_close(&queue->control);
	fd_close(&queue->front);
	fd_close(&queue->inspect);
	fd_close(&queue->relay);
}

static void send_command(int fd, const char *const *words)
{
	struct buffer packed;

	buffer_init(&packed, 4096);
	for (size_t i = 0; words[i]; i++)
		NEED(pack_slice(&packed, slice_of(words[i])) == OK);
	NEED(frame_send(fd, CONTROL_COMMAND, 1, buffer_slice(&packed), -1) == OK);
	buffer_finish(&packed);
}

int cut_command(const struct cut_queue *queue, const char *const *words, struct buffer *output, int *ret_fd)
{
	struct sockaddr_un at = control_address(queue);
	closing int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	struct frame frame = { .fd = -1 };
	struct buffer bytes;
	int status;

	NEED(connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0);
	be_patient(fd);
	send_command(fd, words);
	*ret_fd = -1;
	buffer_clear(output);
	buffer_init(&bytes, CONTROL_LONGEST);
	for (;;) {
		NEED(frame_receive(fd, &bytes, &frame) == OK);
		if (frame.kind == CONTROL_END)
			break;
		if (frame.kind == CONTROL_OUTPUT)
			NEED(buffer_add(output, frame.payload) == OK);
		if (frame.kind == CONTROL_DESCRIPTOR)
			*ret_fd = frame.fd;
	}
	NEED(frame.payload.len > 0);
	status = frame.payload.at[0];
	buffer_finish(&bytes);
	return status;
}

void cut_mark(const struct cut_marks *marks, char kind, uint32_t number, int place, const char *name)
{
	char sector[CUT_SECTOR] = "";

	(void)snprintf(sector, sizeof(sector), "POSTERN %c %u %d %.20s\n", kind, number, place, name);
	NEED(pwrite(marks->fd, sector, sizeof(sector), marks->at) == (ssize_t)sizeof(sector));
}
