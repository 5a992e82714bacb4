/* SPDX-License-Identifier: Apache-2.0 */
/* Questions go to the control socket as the command line sends them; waiting is asking again. */
#include "supervisor/supervisor_house.h"

#include "base/fd.h"
#include "base/pack.h"
#include "supervisor/supervisor.h"
#include "wire/control.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- files and ports ---- */

static uint16_t free_port(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(at);
	closing int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) != 0 || getsockname(fd, (struct sockaddr *)&at, &size) != 0)
		return 0;
	return ntohs(at.sin_port);
}

bool house_connects(uint16_t port)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_port = htons(port),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	closing int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0;
}

void house_configure(const struct house *house, const char *more)
{
	FILE *file = fopen(house->config, "w");

	if (file == NULL)
		return;
	(void)fprintf(file,
		      "hostname = mx.example.org\nspool = spool\nstate = state\nrun = run\n"
		      "listen \"a\" { address = \"127.0.0.1:%u\" }\n"
		      "log { to = file file = \"log\" format = json }\nfront { processes = 2 }\n%s\n",
		      house->port, more);
	(void)fclose(file);
}

bool house_log_has(const struct house *house, const char *what)
{
	char path[96], text[TEXT];
	closing int fd = -1;
	ssize_t got;
	off_t size;

	(void)snprintf(path, sizeof(path), "%s/log", house->folder);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	size = fd < 0 ? 0 : lseek(fd, 0, SEEK_END);
	got = fd < 0 ? 0 : pread(fd, text, sizeof(text) - 1, size > TEXT - 1 ? size - TEXT + 1 : 0);
	text[got > 0 ? got : 0] = '\0';
	return strstr(text, what) != NULL;
}

bool house_build(struct house *house, const char *toy)
{
	char path[128];

	(void)snprintf(house->folder, sizeof(house->folder), "/tmp/supervisor-test-XXXXXX");
	if (realpath(toy, house->toy) == NULL || mkdtemp(house->folder) == NULL)
		return false;
	(void)snprintf(house->config, sizeof(house->config), "%s/postern.conf", house->folder);
	for (size_t i = 0; i < graph_process_count; i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", house->folder, graph_processes[i].name);
		if (symlink(house->toy, path) != 0)
			return false;
	}
	if (chmod(house->folder, 0711) != 0)
		return false;
	house->port = free_port();
	house->other = free_port();
	house_configure(house, "");
	return true;
}

void house_tear_down(const struct house *house)
{
	static const char *const names[] = { "run/submit",
					     "run/queue.control",
					     "run/supervisor.control",
					     "run/supervisor.lock",
					     "run",
					     "spool",
					     "state",
					     "log",
					     "notify",
					     "postern.conf" };
	char path[128];

	for (size_t i = 0; i < COUNT_OF(names); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", house->folder, names[i]);
		(void)remove(path);
	}
	for (size_t i = 0; i < graph_process_count; i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", house->folder, graph_processes[i].name);
		(void)remove(path);
	}
	(void)remove(house->folder);
}

/* ---- questions ---- */

/* The exit status, or -1 when nobody answers; the output is in `text`. */
static int converse(int fd, const char *command, char text[TEXT])
{
	struct buffer said, payload;
	struct frame frame = { .kind = CONTROL_OUTPUT };
	size_t used = 0;
	int status = -1;

	buffer_init(&said, 256);
	buffer_init(&payload, CONTROL_LONGEST);
	if (pack_slice(&said, slice_of(command)) == OK && pack_slice(&said, SLICE("--json")) == OK &&
	    frame_send(fd, CONTROL_COMMAND, 1, buffer_slice(&said), -1) == OK)
		while (status < 0 && frame_receive(fd, &payload, &frame) == OK) {
			if (frame.kind == CONTROL_OUTPUT && frame.payload.len < TEXT - used) {
				memcpy(text + used, frame.payload.at, frame.payload.len);
				used += frame.payload.len;
			} else if (frame.kind == CONTROL_END) {
				status = (unsigned char)frame.payload.at[0];
			}
		}
	text[used] = '\0';
	buffer_finish(&payload);
	buffer_finish(&said);
	return status;
}

int house_ask(const struct house *house, const char *command, char text[TEXT])
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	closing int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	(void)snprintf(at.sun_path, sizeof(at.sun_path), "%s/run/" CONTROL_SUPERVISOR, house->folder);
	text[0] = '\0';
	return connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0 ? converse(fd, command, text) : -1;
}

int house_pid_of(const struct house *house, const char *name)
{
	char text[TEXT], key[64];
	const char *at;
	struct slice rest;
	uint64_t pid = 0;

	(void)house_ask(house, "processes", text);
	(void)snprintf(key, sizeof(key), "\"name\":\"%s\"", name);
	at = strstr(text, key);
	at = at ? strstr(at, "\"pid\":") : NULL;
	if (at == NULL)
		return 0;
	rest = slice_of(at + strlen("\"pid\":"));
	return slice_number(slice_cut(&rest, ','), INT32_MAX, &pid) == OK ? (int)pid : 0;
}

bool house_is_soon(const struct house *house, int status)
{
	char text[TEXT];

	for (int i = 0; i < STEPS; i++) {
		if (house_ask(house, "health", text) == status)
			return true;
		(void)usleep(STEP);
	}
	return false;
}

bool house_soon_logs(const struct house *house, const char *what)
{
	for (int i = 0; i < STEPS; i++) {
		if (house_log_has(house, what))
			return true;
		(void)usleep(STEP);
	}
	return false;
}

bool house_soon_has_other(const struct house *house, const char *name, int pid)
{
	for (int i = 0; i < STEPS; i++) {
		int now = house_pid_of(house, name);

		if (now && now != pid)
			return true;
		(void)usleep(STEP);
	}
	return false;
}

/* ---- its beginning and end ---- */

bool house_start(struct house *house)
{
	house->pid = fork();
	if (house->pid == 0)
		_exit(supervisor_run(house->config, house->folder));
	return house->pid > 0;
}

int house_end_of(pid_t pid)
{
	int status = -1;

	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
