/* SPDX-License-Identifier: Apache-2.0 */
/*
 * process_test.c — a toy role in a process of its own; this program plays the supervisor. The toy is
 * this executable again, and knows itself by the name it is started with. What it did stands in the
 * counters that both share.
 */
#include "base/process.h"

#include "base/fd.h"
#include "base/pack.h"
#include "base/test.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define MYSELF "/proc/self/exe"

enum { STEPS, PREPARED_AT, GIVEN_AT, BEGUN_AT, GIFTS, GIFT_INSTANCE, GIFT_OPEN, RELOADS, STOPS, DESCRIPTORS, VARIABLES,
       ON_WIRE, OFFSET };

enum behaviour { BEHAVES, PREPARE_REFUSES, BEGIN_BREAKS, GIVEN_BREAKS, RELOAD_REFUSES, RELOAD_BREAKS, NEVER_LEAVES,
                 WARNS };

/* ---- the toy ---- */

struct toy {
	struct process *process;
	struct channel wire;
	unsigned descriptors, variables;
};

static void count(struct toy *toy, unsigned which)
{
	counter_set(&toy->process->counters, which, counter_read(&toy->process->counters, STEPS) + 1);
	counter_add(&toy->process->counters, STEPS, 1);
}

static enum result toy_prepare(void *self, struct process *process)
{
	struct toy *toy = self;

	toy->process = process;
	counter_set(&process->counters, DESCRIPTORS, toy->descriptors);
	counter_set(&process->counters, VARIABLES, toy->variables);
	counter_set(&process->counters, OFFSET, (uint64_t)process->utc_offset + 10000);
	count(toy, PREPARED_AT);
	return process->instance == PREPARE_REFUSES ? REFUSED : OK;
}

static enum result toy_begin(void *self)
{
	struct toy *toy = self;

	count(toy, BEGUN_AT);
	if (toy->process->instance == WARNS) {
		process_warn(toy->process, "toy", SLICE("something is missing"));
		process_warn(toy->process, "toy", SLICE(""));
	}
	return toy->process->instance == BEGIN_BREAKS ? BROKEN : OK;
}

static enum result wire_frame(void *owner, struct frame *frame)
{
	struct toy *toy = owner;

	counter_add(&toy->process->counters, ON_WIRE, frame->payload.len);
	return OK;
}

static void wire_closed(void *owner)
{
	(void)owner;
}

static const struct channel_handler wire_handler = { wire_frame, wire_closed };

static enum result toy_given(void *self, enum given what, struct slice name, uint32_t instance, int fd)
{
	struct toy *toy = self;

	count(toy, GIVEN_AT);
	counter_add(&toy->process->counters, GIFTS, 1);
	counter_set(&toy->process->counters, GIFT_INSTANCE, instance);
	if (what == GIVEN_WIRE && slice_same(name, SLICE("neighbour"))) {
		channel_close(&toy->wire);
		TRY(channel_open(&toy->wire, &toy->process->loop, fd, 100, &wire_handler, toy));
		counter_add(&toy->process->counters, GIFT_OPEN, 1);
	} else {
		fd_close(&fd);
	}
	return toy->process->instance == GIVEN_BREAKS ? BROKEN : OK;
}

static enum result toy_reload(void *self)
{
	struct toy *toy = self;

	counter_add(&toy->process->counters, RELOADS, 1);
	if (toy->process->instance == RELOAD_REFUSES && counter_read(&toy->process->counters, RELOADS) == 1)
		return REFUSED;
	return toy->process->instance == RELOAD_BREAKS ? BROKEN : OK;
}

static void toy_stop(void *self)
{
	struct toy *toy = self;

	counter_add(&toy->process->counters, STOPS, 1);
	channel_close(&toy->wire);
	if (toy->process->instance != NEVER_LEAVES)
		process_leave(toy->process);
}

static const struct jail toy_jail = {
	.user = NULL,
	.open_files = 64,
	.file_size = JAIL_NO_FILES,
	.calls = JAIL_CALLS(SYS_epoll_wait, SYS_epoll_pwait, SYS_epoll_ctl, SYS_clock_gettime, SYS_read, SYS_write,
	                    SYS_recvmsg, SYS_sendmsg, SYS_close, SYS_brk, SYS_mmap, SYS_munmap, SYS_futex,
	                    SYS_rt_sigreturn, SYS_exit_group, SYS_getrandom),
};

static const struct process_role toy_role = {
	.name = "toy",
	.jail = &toy_jail,
	.prepare = toy_prepare,
	.begin = toy_begin,
	.given = toy_given,
	.reload = toy_reload,
	.stop = toy_stop,
};

static unsigned open_descriptors(void)
{
	DIR *folder = opendir("/proc/self/fd");
	unsigned entries = 0;

	if (folder == NULL)
		return 0;
	while (readdir(folder))
		entries++;
	(void)closedir(folder);
	return entries - 3;                    /* ".", ".." and the folder itself */
}

static int be_toy(void)
{
	struct toy toy = { .descriptors = open_descriptors() };

	for (char **variable = environ; *variable; variable++)
		toy.variables += strstr(*variable, "SAN_OPTIONS=") == NULL;
	return process_main(&toy_role, &toy);
}

/* ---- the supervisor ---- */

struct child {
	int control, log, page, pid;
	struct counters counters;
	struct buffer payload;
	struct frame frame;
};

static void hand_settings(struct child *child, enum supervisor_says kind)
{
	struct settings settings;
	struct buffer packed;

	settings_init(&settings);
	buffer_init(&packed, 4096);
	CHECK(settings_pack(&settings, &packed) == OK, "settings are packed");
	CHECK(process_hand_blob(child->control, kind, buffer_slice(&packed)) == OK, "and handed over");
	buffer_finish(&packed);
	settings_finish(&settings);
}

static void bear(struct child *child)
{
	int ends[2] = { -1, -1 }, pipe_ends[2] = { -1, -1 };

	*child = (struct child){ .page = -1 };
	CHECK(channel_pair(ends) == OK && pipe2(pipe_ends, O_CLOEXEC) == 0, "wires are made");
	CHECK(counters_create(&child->page) == OK && counters_map(&child->counters, child->page, false) == OK,
	      "a page");
	CHECK(process_spawn(MYSELF, ends[1], pipe_ends[1], &child->pid) == OK, "a process is started");
	(void)close(ends[1]);
	(void)close(pipe_ends[1]);
	child->control = ends[0];
	child->log = pipe_ends[0];
	buffer_init(&child->payload, FRAME_PIECE);
}

static void start(struct child *child, enum behaviour behaviour)
{
	struct process_start how = { behaviour, false, geteuid() == 0, -3600, LOG_LEVEL_INFO };

	hand_settings(child, SUPERVISOR_SETTINGS);
	CHECK(frame_send_now(child->control, SUPERVISOR_COUNTERS, 0, SLICE(""), child->page) == OK, "counters");
	CHECK(process_hand_gift(child->control, GIVEN_LISTENER, SLICE("door"), 4, child->log) == OK, "a gift");
	CHECK(process_hand_start(child->control, &how) == OK, "start");
}

static bool hears(struct child *child, enum process_says kind)
{
	bool heard = frame_receive(child->control, &child->payload, &child->frame) == OK && child->frame.kind == kind;

	fd_close(&child->frame.fd);
	return heard;
}

static void say(struct child *child, enum supervisor_says kind, uint64_t exchange)
{
	CHECK(frame_send_now(child->control, (uint8_t)kind, exchange, SLICE(""), -1) == OK, "said");
}

/* Buries it; returns its exit status, and shows what it logged if that is not the expected one. */
static int bury(struct child *child, int expected)
{
	char said[8192];
	ssize_t len;
	int status = -1;

	if (child->control >= 0)
		(void)close(child->control);
	(void)waitpid(child->pid, &status, 0);
	status = WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
	len = read(child->log, said, sizeof(said) - 1);
	if (status != expected && len > 0)
		printf("%.*s", (int)len, said);
	counters_finish(&child->counters);
	buffer_finish(&child->payload);
	(void)close(child->page);
	(void)close(child->log);
	return status;
}

static void test_a_life(void)
{
	struct child child;
	int wire[2] = { -1, -1 };

	bear(&child);
	start(&child, BEHAVES);
	CHECK(hears(&child, PROCESS_READY), "it is ready");
	CHECK(counter_read(&child.counters, PREPARED_AT) == 1 && counter_read(&child.counters, GIVEN_AT) == 2 &&
	      counter_read(&child.counters, BEGUN_AT) == 3, "prepare, the early gift, begin, in this order");
	CHECK(counter_read(&child.counters, DESCRIPTORS) == 4, "it inherits four descriptors");
	CHECK(counter_read(&child.counters, VARIABLES) == 0, "and no environment");
	CHECK(counter_read(&child.counters, GIFT_INSTANCE) == 4, "the gift's instance arrives");
	CHECK(counter_read(&child.counters, OFFSET) == 10000 - 3600, "an offset west of Greenwich arrives");
	say(&child, SUPERVISOR_PING, 77);
	CHECK(hears(&child, PROCESS_ALIVE) && child.frame.exchange == 77, "it is alive");
	CHECK(channel_pair(wire) == OK &&
	      process_hand_gift(child.control, GIVEN_WIRE, SLICE("neighbour"), 9, wire[1]) == OK, "a wire");
	CHECK(frame_send(wire[0], 1, 1, SLICE("hello"), -1) == OK, "something on the wire");
	hand_settings(&child, SUPERVISOR_RELOAD);
	CHECK(hears(&child, PROCESS_RELOADED) && counter_read(&child.counters, RELOADS) == 1, "it takes new settings");
	say(&child, SUPERVISOR_PING, 78);
	CHECK(hears(&child, PROCESS_ALIVE) && counter_read(&child.counters, GIFT_OPEN) == 1, "the wire is open");
	for (int tries = 0; tries < 1000 && counter_read(&child.counters, ON_WIRE) == 0; tries++) {
		say(&child, SUPERVISOR_PING, 79);
		CHECK(hears(&child, PROCESS_ALIVE), "it is alive");
	}
	CHECK(counter_read(&child.counters, ON_WIRE) == 5, "and what is said on it is heard");
	say(&child, SUPERVISOR_STOP, 0);
	CHECK(!hears(&child, PROCESS_ALIVE), "after STOP it is gone");
	CHECK(counter_read(&child.counters, STOPS) == 1, "it was told to stop once");
	(void)close(wire[0]);
	(void)close(wire[1]);
	CHECK(bury(&child, 0) == 0, "an orderly end has status 0");
}

static void test_signals(void)
{
	static const int numbers[] = { SIGTERM, SIGINT, SIGHUP, SIGPIPE };
	struct child child;

	bear(&child);
	start(&child, BEHAVES);
	CHECK(hears(&child, PROCESS_READY), "it is ready");
	for (size_t i = 0; i < COUNT_OF(numbers); i++)
		CHECK(kill(child.pid, numbers[i]) == 0, "signalled");
	say(&child, SUPERVISOR_PING, 1);
	CHECK(hears(&child, PROCESS_ALIVE), "a terminal's signals do not end it");
	CHECK(bury(&child, 0) == 0, "the end of the control channel does, orderly");
}

static const struct {
	const char *about;
	enum behaviour behaviour;
	int status;
} bad_starts[] = {
	{ "a role that cannot prepare ends with status 1", PREPARE_REFUSES, 1 },
	{ "a role that cannot begin ends with status 1", BEGIN_BREAKS, 1 },
	{ "a role that breaks on a gift ends with status 1", GIVEN_BREAKS, 1 },
};

static void test_bad_starts(void)
{
	for (size_t i = 0; i < COUNT_OF(bad_starts); i++) {
		struct child child;

		bear(&child);
		start(&child, bad_starts[i].behaviour);
		CHECK(!hears(&child, PROCESS_READY), "it is never ready");
		CHECK(bury(&child, bad_starts[i].status) == bad_starts[i].status, bad_starts[i].about);
	}
}

static const struct {
	const char *about;
	uint8_t kind;
	struct slice payload;
	bool with_fd;
	int status;
} early_frames[] = {
	{ "STOP before START is an orderly end", SUPERVISOR_STOP, LIT(""), false, 0 },
	{ "an unknown word is not understood", 99, LIT(""), false, 1 },
	{ "PING before START is out of order", SUPERVISOR_PING, LIT(""), false, 1 },
	{ "SETTINGS without a descriptor", SUPERVISOR_SETTINGS, LIT(""), false, 1 },
	{ "SETTINGS that cannot be read", SUPERVISOR_SETTINGS, LIT(""), true, 1 },
	{ "COUNTERS without a page", SUPERVISOR_COUNTERS, LIT(""), false, 1 },
	{ "COUNTERS with something else", SUPERVISOR_COUNTERS, LIT(""), true, 1 },
	{ "START that is too short", SUPERVISOR_START, LIT("\1\0\0"), false, 1 },
	{ "a gift of nothing", SUPERVISOR_GIVE, LIT("\0\1\0\0\0x\0\0\0\0"), false, 1 },
	{ "a gift of an unknown kind", SUPERVISOR_GIVE, LIT("\7\1\0\0\0x\0\0\0\0"), true, 1 },
	{ "a gift with something behind it", SUPERVISOR_GIVE, LIT("\0\1\0\0\0x\0\0\0\0\0"), true, 1 },
};

static void test_early_frames(void)
{
	for (size_t i = 0; i < COUNT_OF(early_frames); i++) {
		struct child child;

		bear(&child);
		CHECK(frame_send_now(child.control, early_frames[i].kind, 0, early_frames[i].payload,
		                     early_frames[i].with_fd ? child.log : -1) == OK, "said");
		if (early_frames[i].with_fd)
			(void)fcntl(child.log, F_SETFL, O_NONBLOCK);
		CHECK(!hears(&child, PROCESS_READY), "it is never ready");
		CHECK(bury(&child, early_frames[i].status) == early_frames[i].status, early_frames[i].about);
	}
}

static void test_reload(void)
{
	struct child child;
	struct unpack from;

	bear(&child);
	start(&child, RELOAD_REFUSES);
	CHECK(hears(&child, PROCESS_READY), "it is ready");
	hand_settings(&child, SUPERVISOR_RELOAD);
	CHECK(hears(&child, PROCESS_WARN), "settings that are refused are a warning");
	from = unpack_from(child.frame.payload);
	CHECK(slice_same(unpack_slice(&from, 100), SLICE("settings")) && unpack_slice(&from, 1000).len,
	      "with a name and text");
	hand_settings(&child, SUPERVISOR_RELOAD);
	CHECK(hears(&child, PROCESS_WARN), "settings that are taken take it back");
	from = unpack_from(child.frame.payload);
	CHECK(unpack_slice(&from, 100).len && unpack_slice(&from, 1000).len == 0, "with an empty text");
	CHECK(hears(&child, PROCESS_RELOADED), "and are answered");
	CHECK(bury(&child, 0) == 0, "it lives through that");

	bear(&child);
	start(&child, RELOAD_BREAKS);
	CHECK(hears(&child, PROCESS_READY), "it is ready");
	hand_settings(&child, SUPERVISOR_RELOAD);
	CHECK(!hears(&child, PROCESS_RELOADED), "a role that breaks on new settings");
	CHECK(bury(&child, 1) == 1, "ends with status 1");
}

static void test_warnings(void)
{
	struct child child;

	bear(&child);
	start(&child, WARNS);
	CHECK(hears(&child, PROCESS_WARN) && hears(&child, PROCESS_WARN) && hears(&child, PROCESS_READY),
	      "a warning may come before READY");
	CHECK(bury(&child, 0) == 0, "an orderly end");
}

static void test_no_program(void)
{
	int ends[2] = { -1, -1 }, status = 0, pid = -1;

	CHECK(channel_pair(ends) == OK && process_spawn("/nonexistent/toy", ends[1], STDERR_FILENO, &pid) == OK,
	      "forked");
	CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 127,
	      "a program that is not there ends with 127");
	(void)close(ends[0]);
	(void)close(ends[1]);
}

static void begin_to_wait(struct child *patient)
{
	bear(patient);
	start(patient, NEVER_LEAVES);
	CHECK(hears(patient, PROCESS_READY), "it is ready");
	say(patient, SUPERVISOR_STOP, 0);
}

int main(int count_of_arguments, char **arguments)
{
	struct child patient;

	if (count_of_arguments == 1 && strcmp(arguments[0], MYSELF) == 0)
		return be_toy();
	(void)signal(SIGPIPE, SIG_IGN);
	begin_to_wait(&patient);
	test_a_life();
	test_signals();
	test_bad_starts();
	test_early_frames();
	test_reload();
	test_warnings();
	test_no_program();
	CHECK(!hears(&patient, PROCESS_ALIVE), "who does not leave");
	CHECK(bury(&patient, 0) == 0, "is ended when its time is over");
	return TEST_END();
}
