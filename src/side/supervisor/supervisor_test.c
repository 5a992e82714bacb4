/* SPDX-License-Identifier: Apache-2.0 */
/* A real supervisor with toys for processes: started, asked, hurt, reloaded, killed, succeeded, stopped. */
#include "supervisor/supervisor.h"

#include "base/fd.h"
#include "base/test.h"
#include "supervisor/supervisor_house.h"
#include "supervisor/systemd.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { NOBODY = 65534, STRANGER = 65533 };

/* ---- another user ---- */

/* Asks once for a stop, when it is told where; what comes back is the exit status. */
static void be_a_stranger(int end)
{
	struct house house = { 0 };
	char text[TEXT];
	int status;

	if (setgid(STRANGER) != 0 || setuid(STRANGER) != 0 ||
	    read(end, house.folder, sizeof(house.folder) - 1) <= 0)
		_exit(1);
	status = house_ask(&house, "stop", text);
	_exit(write(end, &status, sizeof(status)) == sizeof(status) ? 0 : 1);
}

static int fork_stranger(void)
{
	int ends[2];

	if (geteuid() != 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
		return -1;
	if (fork() == 0)
		be_a_stranger(ends[1]);
	(void)close(ends[1]);
	return ends[0];
}

static void test_stranger(struct house *house)
{
	int status = -1;

	if (house->stranger < 0) {
		printf("left out, for we are not root: another user asks\n");
		return;
	}
	CHECK(write(house->stranger, house->folder, sizeof(house->folder)) == sizeof(house->folder) &&
		  read(house->stranger, &status, sizeof(status)) == sizeof(status),
	      "another user asks");
	CHECK(status == 77, "and may not");
	CHECK(house_is_soon(house, 0), "and nothing stops");
	fd_close(&house->stranger);
}

/* ---- the rows ---- */

static void test_start(struct house *house)
{
	char text[TEXT];

	CHECK(house_start(house) && house_is_soon(house, 0), "everything starts");
	CHECK(house_connects(house->port), "the listener is bound");
	CHECK(house_ask(house, "stats", text) == 0 && strstr(text, "\"front\":{\"connections\":2"),
	      "counters of both fronts are added");
	CHECK(house_ask(house, "processes", text) == 0 && strstr(text, "\"name\":\"front\",\"instance\":1"),
	      "a second front runs");
	CHECK(house_ask(house, "dance", text) == 64, "an unknown command is an error");
	CHECK(house_log_has(house,
		      "\"room\":\"queue\",\"event\":\"given\",\"what\":\"0\",\"name\":\"front\",\"instance\":\"1\""),
	      "the queue has a wire to each front");
	CHECK(house_log_has(house, "\"room\":\"queue\",\"event\":\"given\",\"what\":\"2\",\"name\":\"queue\""),
	      "the queue has its control socket");
	CHECK(house_log_has(house, "\"room\":\"front\",\"event\":\"given\",\"what\":\"1\",\"name\":\"submit\""),
	      "the front has the local socket");
	CHECK(house_log_has(house, "\"room\":\"front\",\"event\":\"given\",\"what\":\"1\",\"name\":\"a\""),
	      "and the listener");
}

static void test_crash(struct house *house)
{
	int queue = house_pid_of(house, "queue"), relay = house_pid_of(house, "relay");

	CHECK(queue > 0 && kill(queue, SIGKILL) == 0, "the queue is killed");
	CHECK(house_soon_has_other(house, "queue", queue) && house_is_soon(house, 0), "and started again");
	CHECK(house_pid_of(house, "relay") == relay, "its neighbour lives on");
	CHECK(house_log_has(house, "\"signal\":\"KILL\""), "and the log says so");
	CHECK(house_connects(house->port), "nobody was refused");
}

static void test_reload(struct house *house)
{
	char text[TEXT], more[128];

	house_configure(house, "frnt { }\n");
	CHECK(house_ask(house, "reload", text) == 1 && house_soon_logs(house, "did you mean 'front'"),
	      "wrong settings are refused, and logged");
	CHECK(house_is_soon(house, 0), "and the old ones stand");
	(void)snprintf(more, sizeof(more), "postmaster = toys\nlisten \"b\" { address = \"127.0.0.1:%u\" }\n", house->other);
	house_configure(house, more);
	CHECK(house_ask(house, "reload", text) == 0 && house_connects(house->other), "a new listener is bound");
	CHECK(house_is_soon(house, 1) && house_ask(house, "health", text) == 1 && strstr(text, "was reloaded"),
	      "a warning of a process shows");
	house_configure(house, "");
	CHECK(kill(house->pid, SIGHUP) == 0 && house_is_soon(house, 0),
	      "a listener that is gone restarts the fronts");
	for (int i = 0; i < STEPS && house_connects(house->other); i++)
		(void)usleep(STEP);
	CHECK(!house_connects(house->other) && house_connects(house->port), "and is closed");
}

static void test_restart_for_settings(struct house *house)
{
	int resolver = house_pid_of(house, "resolver"), relay = house_pid_of(house, "relay");
	char text[TEXT];

	house_configure(house, "resolver { servers = {\"127.0.0.1\"} }\n");
	CHECK(house_ask(house, "reload", text) == 0 && house_soon_has_other(house, "resolver", resolver),
	      "the resolver starts anew");
	CHECK(house_pid_of(house, "relay") == relay, "and only the resolver");
	resolver = house_pid_of(house, "resolver");
	CHECK(house_is_soon(house, 0) && house_ask(house, "reload", text) == 0 && house_is_soon(house, 0) &&
		  house_pid_of(house, "resolver") == resolver,
	      "it does not while its section stays the same");
	house_configure(house, "");
	CHECK(house_ask(house, "reload", text) == 0 && house_soon_has_other(house, "resolver", resolver),
	      "it does when it goes");
	CHECK(house_is_soon(house, 0), "and all is well");
}

/* The relay says that its wire to the queue has ended, though both run. */
static void test_lost_wire(struct house *house)
{
	int relay = house_pid_of(house, "relay"), queue = house_pid_of(house, "queue");
	char text[TEXT];

	house_configure(house, "postmaster = quarrel\n");
	CHECK(house_ask(house, "reload", text) == 0 && house_soon_logs(house, "\"event\":\"wire-renewed\""),
	      "a wire that was dropped is made anew");
	CHECK(house_pid_of(house, "relay") == relay && house_pid_of(house, "queue") == queue, "and both live on");
	house_configure(house, "");
	CHECK(house_ask(house, "reload", text) == 0 && house_is_soon(house, 0), "and all is well");
}

/* The file was moved away by somebody who keeps logs; lines go to a new one after the signal only. */
static void test_log_file(struct house *house)
{
	int relay = house_pid_of(house, "relay");
	char from[96], to[96], text[TEXT];
	struct stat before, after;

	(void)snprintf(from, sizeof(from), "%s/log", house->folder);
	(void)snprintf(to, sizeof(to), "%s/log.1", house->folder);
	CHECK(rename(from, to) == 0 && stat(to, &before) == 0, "the log is moved away");
	CHECK(kill(relay, SIGKILL) == 0 && house_soon_has_other(house, "relay", relay) && house_is_soon(house, 0) &&
		  stat(to, &after) == 0 && after.st_size > before.st_size,
	      "and written where it is");
	CHECK(access(from, F_OK) != 0 && kill(house->pid, SIGUSR1) == 0, "until the signal");
	for (int i = 0; i < STEPS && access(from, F_OK) != 0; i++)
		(void)usleep(STEP);
	CHECK(stat(to, &before) == 0 && house_ask(house, "reload", text) == 0 &&
		  house_log_has(house, "\"event\":\"reloaded\""),
	      "then a new one is written");
	CHECK(stat(to, &after) == 0 && after.st_size == before.st_size && remove(to) == 0, "and the old one no more");
	CHECK(house_is_soon(house, 0), "and all is well");
}

static void test_succession(struct house *house)
{
	pid_t second, first = house->pid;

	second = fork();
	if (second == 0)
		_exit(freopen("/dev/null", "w", stderr) ? supervisor_run(house->config, house->folder) : 99);
	CHECK(house_end_of(second) == 1, "there is no second one beside the first");
	CHECK(house_is_soon(house, 0) && kill(first, SIGKILL) == 0, "the first is killed");
	(void)house_end_of(first);
	CHECK(house_start(house) && house_is_soon(house, 0) && house_connects(house->port), "its successor takes over");
}

static void test_stop(struct house *house)
{
	char text[TEXT];

	CHECK(house_ask(house, "stop", text) == 0, "it is told to stop");
	CHECK(house_end_of(house->pid) == 0, "and ends in order");
	CHECK(house_log_has(house, "\"event\":\"stopped\""), "with a last line");
	CHECK(house_ask(house, "health", text) == -1 && errno == ENOENT, "and leaves no socket behind");
	CHECK(!house_log_has(house, "stopped-by-force"), "and without force");
}

/* ---- the service manager ---- */

static bool listen_as_manager(struct house *house)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };

	(void)snprintf(at.sun_path, sizeof(at.sun_path), "%s/notify", house->folder);
	house->manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	return bind(house->manager, (struct sockaddr *)&at, sizeof(at)) == 0 &&
	       setenv("NOTIFY_SOCKET", at.sun_path, 1) == 0 && setenv("WATCHDOG_USEC", "600000", 1) == 0;
}

/* Whoever notifies waits for us, so all that comes is taken at once. */
static bool manager_hears(struct house *house, const char *what)
{
	char text[512];

	for (int i = 0; i < STEPS; i++) {
		ssize_t got = recv(house->manager, text, sizeof(text) - 1, 0);

		if (got <= 0) {
			(void)usleep(STEP);
			continue;
		}
		text[got] = '\0';
		if (strstr(text, what))
			return true;
	}
	return false;
}

/* What is asked of the supervisor by a signal, and what its manager hears in this order. */
static void test_manager(struct house *house)
{
	static const struct { const char *about; int signal; const char *hears; } rows[] = {
		{ "it lives", 0, "WATCHDOG=1" },
		{ "and goes on saying so", 0, "WATCHDOG=1" },
		{ "a reload begins", SIGHUP, "RELOADING=1\nMONOTONIC_USEC=" },
		{ "and is over", 0, "READY=1" },
		{ "the end begins", SIGTERM, "STOPPING=1" },
	};
	char text[TEXT];

	if (!listen_as_manager(house) || systemd_watchdog() == 0) {
		printf("left out, for it was built without libsystemd: the service manager\n");
		return;
	}
	CHECK(systemd_watchdog() == 600, "the watchdog's time is read");
	CHECK(house_start(house) && manager_hears(house, "READY=1\nMAINPID="), "it is ready");
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		CHECK(rows[i].signal == 0 || kill(house->pid, rows[i].signal) == 0, rows[i].about);
		CHECK(manager_hears(house, rows[i].hears), rows[i].about);
	}
	fd_close(&house->manager);
	CHECK(house_end_of(house->pid) == 0 && house_ask(house, "health", text) == -1, "and it ends");
}

int main(int count, char **words)
{
	struct house house = { .stranger = fork_stranger(), .manager = -1 };

	if (count != 2 || (geteuid() == 0 && (setgid(NOBODY) != 0 || setuid(NOBODY) != 0)) ||
	    !house_build(&house, words[1])) {
		printf("the toys could not be built\n");
		return 1;
	}
	test_start(&house);
	test_crash(&house);
	test_reload(&house);
	test_restart_for_settings(&house);
	test_lost_wire(&house);
	test_stranger(&house);
	test_log_file(&house);
	test_succession(&house);
	test_stop(&house);
	test_manager(&house);
	if (failed == 0)
		house_tear_down(&house);
	return TEST_END();
}
