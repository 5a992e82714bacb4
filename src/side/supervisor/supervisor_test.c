/* SPDX-License-Identifier: Apache-2.0 */
/* A real supervisor with toys for processes: started, asked, hurt, reloaded, killed, succeeded, stopped. */
#include "supervisor/supervisor.h"

#include "base/fd.h"
#include "base/pack.h"
#include "base/test.h"
#include "wire/control.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NOBODY = 65534, STEP = 50000 /* us */, STEPS = 600, TEXT = 65536 };

struct house {
	char folder[64], config[96], toy[4096];
	uint16_t port, other;
	pid_t pid;
};

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

static bool connects(uint16_t port)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_port = htons(port),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	closing int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0;
}

static void write_config(const struct house *house, const char *more)
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

static bool log_has(const struct house *house, const char *what)
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

static bool build(struct house *house, const char *toy)
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
	house->port = free_port();
	house->other = free_port();
	write_config(house, "");
	return true;
}

static void tear_down(const struct house *house)
{
	static const char *const names[] = { "run/submit",
					     "run/queue.control",
					     "run/supervisor.control",
					     "run/supervisor.lock",
					     "run",
					     "spool",
					     "state",
					     "log",
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

static int ask(const struct house *house, const char *command, char text[TEXT])
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	closing int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	(void)snprintf(at.sun_path, sizeof(at.sun_path), "%s/run/" CONTROL_SUPERVISOR, house->folder);
	text[0] = '\0';
	return connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0 ? converse(fd, command, text) : -1;
}

static int pid_of(const struct house *house, const char *name)
{
	char text[TEXT], key[64];
	const char *at;
	struct slice rest;
	uint64_t pid = 0;

	(void)ask(house, "processes", text);
	(void)snprintf(key, sizeof(key), "\"name\":\"%s\"", name);
	at = strstr(text, key);
	at = at ? strstr(at, "\"pid\":") : NULL;
	if (at == NULL)
		return 0;
	rest = slice_of(at + strlen("\"pid\":"));
	return slice_number(slice_cut(&rest, ','), INT32_MAX, &pid) == OK ? (int)pid : 0;
}

static bool wait_for_health(const struct house *house, int status)
{
	char text[TEXT];

	for (int i = 0; i < STEPS; i++) {
		if (ask(house, "health", text) == status)
			return true;
		(void)usleep(STEP);
	}
	return false;
}

static bool wait_for_log(const struct house *house, const char *what)
{
	for (int i = 0; i < STEPS; i++) {
		if (log_has(house, what))
			return true;
		(void)usleep(STEP);
	}
	return false;
}

static bool wait_for_other(const struct house *house, const char *name, int pid)
{
	for (int i = 0; i < STEPS; i++) {
		int now = pid_of(house, name);

		if (now && now != pid)
			return true;
		(void)usleep(STEP);
	}
	return false;
}

/* ---- the rows ---- */

static bool start(struct house *house)
{
	house->pid = fork();
	if (house->pid == 0)
		_exit(supervisor_run(house->config, house->folder));
	return house->pid > 0;
}

static int end_of(pid_t pid)
{
	int status = -1;

	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void test_start(struct house *house)
{
	char text[TEXT];

	CHECK(start(house) && wait_for_health(house, 0), "everything starts");
	CHECK(connects(house->port), "the listener is bound");
	CHECK(ask(house, "stats", text) == 0 && strstr(text, "\"front\":{\"connections\":2"),
	      "counters of both fronts are added");
	CHECK(ask(house, "processes", text) == 0 && strstr(text, "\"name\":\"front\",\"instance\":1"),
	      "a second front runs");
	CHECK(ask(house, "dance", text) == 64, "an unknown command is an error");
	CHECK(log_has(house,
		      "\"room\":\"queue\",\"event\":\"given\",\"what\":\"0\",\"name\":\"front\",\"instance\":\"1\""),
	      "the queue has a wire to each front");
	CHECK(log_has(house, "\"room\":\"queue\",\"event\":\"given\",\"what\":\"2\",\"name\":\"queue\""),
	      "the queue has its control socket");
	CHECK(log_has(house, "\"room\":\"front\",\"event\":\"given\",\"what\":\"1\",\"name\":\"submit\""),
	      "the front has the local socket");
	CHECK(log_has(house, "\"room\":\"front\",\"event\":\"given\",\"what\":\"1\",\"name\":\"a\""),
	      "and the listener");
}

static void test_crash(struct house *house)
{
	int queue = pid_of(house, "queue"), relay = pid_of(house, "relay");

	CHECK(queue > 0 && kill(queue, SIGKILL) == 0, "the queue is killed");
	CHECK(wait_for_other(house, "queue", queue) && wait_for_health(house, 0), "and started again");
	CHECK(pid_of(house, "relay") == relay, "its neighbour lives on");
	CHECK(log_has(house, "\"signal\":\"KILL\""), "and the log says so");
	CHECK(connects(house->port), "nobody was refused");
}

static void test_reload(struct house *house)
{
	char text[TEXT], more[128];

	write_config(house, "frnt { }\n");
	CHECK(ask(house, "reload", text) == 1 && wait_for_log(house, "did you mean 'front'"),
	      "wrong settings are refused, and logged");
	CHECK(wait_for_health(house, 0), "and the old ones stand");
	(void)snprintf(more, sizeof(more), "listen \"b\" { address = \"127.0.0.1:%u\" }\n", house->other);
	write_config(house, more);
	CHECK(ask(house, "reload", text) == 0 && connects(house->other), "a new listener is bound");
	CHECK(wait_for_health(house, 1) && ask(house, "health", text) == 1 && strstr(text, "was reloaded"),
	      "a warning of a process shows");
	write_config(house, "");
	CHECK(kill(house->pid, SIGHUP) == 0 && wait_for_health(house, 0),
	      "a listener that is gone restarts the fronts");
	for (int i = 0; i < STEPS && connects(house->other); i++)
		(void)usleep(STEP);
	CHECK(!connects(house->other) && connects(house->port), "and is closed");
}

static void test_succession(struct house *house)
{
	pid_t second, first = house->pid;

	second = fork();
	if (second == 0)
		_exit(freopen("/dev/null", "w", stderr) ? supervisor_run(house->config, house->folder) : 99);
	CHECK(end_of(second) == 1, "there is no second one beside the first");
	CHECK(wait_for_health(house, 0) && kill(first, SIGKILL) == 0, "the first is killed");
	(void)end_of(first);
	CHECK(start(house) && wait_for_health(house, 0) && connects(house->port), "its successor takes over");
}

static void test_stop(struct house *house)
{
	char text[TEXT];

	CHECK(ask(house, "stop", text) == 0, "it is told to stop");
	CHECK(end_of(house->pid) == 0, "and ends in order");
	CHECK(log_has(house, "\"event\":\"stopped\""), "with a last line");
	CHECK(ask(house, "health", text) == -1 && errno == ENOENT, "and leaves no socket behind");
	CHECK(!log_has(house, "stopped-by-force"), "and without force");
}

int main(int count, char **words)
{
	struct house house = { 0 };

	if (count != 2 || (geteuid() == 0 && (setgid(NOBODY) != 0 || setuid(NOBODY) != 0)) ||
	    !build(&house, words[1])) {
		printf("the toys could not be built\n");
		return 1;
	}
	test_start(&house);
	test_crash(&house);
	test_reload(&house);
	test_succession(&house);
	test_stop(&house);
	if (failed == 0)
		tear_down(&house);
	return TEST_END();
}
