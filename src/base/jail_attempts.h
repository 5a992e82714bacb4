/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jail_attempts.h — for tests: acts that are tried from inside a jail, one child each.
 *
 * Knows:   the acts that no jail permits, as rows, with what each needs (a room that may do one of
 *          them leaves it out), and how to read what the kernel says of a jailed process.
 * Ignores: what a room may do: its own rows say that.
 * Owns:    the child of each attempt, until it has ended.
 * Fails:   a row that does not hold counts as failed, with its sentence. In a sanitizer build the
 *          jail is wider; jail_tests_make_sense() then says so, and the test is skipped.
 */
#ifndef BASE_JAIL_ATTEMPTS_H
#define BASE_JAIL_ATTEMPTS_H

#include "base/jail.h"
#include "base/slice.h"
#include "base/test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { JAIL_TEST_SKIPPED = 77 };               /* the exit status that Meson takes for "skipped" */

/* killed_by: 0: try() must return 0; a signal; or JAIL_STOPPED: killed by the filter, or returns 0
 * because the kernel refused it. */
enum { JAIL_STOPPED = -1 };

struct jail_attempt {
	const char *about;
	int (*try)(void);
	int killed_by;
};

/* What a room's work may need: rows of the common table that it leaves out. */
enum jail_act { ACT_ALWAYS = 0, ACT_CONNECT = 1, ACT_BIND = 2, ACT_FORK = 4, ACT_EXEC = 8, ACT_FOLDERS = 16 };

static pid_t jail_attempt_parent;

static inline bool jail_tests_make_sense(void)
{
#ifdef POSTERN_SANITIZED
	printf("skipped: a sanitizer build permits more calls than the jail under test\n");
	return false;
#else
	return true;
#endif
}

static inline int act_open(void)        { return open("/etc/passwd", O_RDONLY | O_CLOEXEC) < 0 ? 0 : 1; }
static inline int act_list(void)        { return open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC) < 0 ? 0 : 1; }
static inline int act_create(void)
{
	return open("/tmp/postern-jail-test", O_WRONLY | O_CREAT | O_EXCL, 0600) < 0 ? 0 : 1;
}
static inline int act_ptrace(void)      { return ptrace(PTRACE_ATTACH, jail_attempt_parent, 0, 0) < 0 ? 0 : 1; }
static inline int act_kill(void)        { return kill(jail_attempt_parent, 0) < 0 ? 0 : 1; }
static inline int act_mount(void)       { return mount("none", "/", "tmpfs", 0, "") < 0 ? 0 : 1; }
static inline int act_root(void)        { return setresuid(0, 0, 0) < 0 ? 0 : 1; }
static inline int act_chroot(void)      { return chroot("/") < 0 ? 0 : 1; }
static inline int act_unshare(void)     { return syscall(SYS_unshare, 0x10000000) < 0 ? 0 : 1; }
static inline int act_ring(void)        { return syscall(SYS_io_uring_setup, 4, NULL) < 0 ? 0 : 1; }
static inline int act_bpf(void)         { return syscall(SYS_bpf, 0, NULL, 0) < 0 ? 0 : 1; }
static inline int act_keys(void)        { return syscall(SYS_keyctl, 0, -3, 0) < 0 ? 0 : 1; }
static inline int act_netlink(void)     { return socket(AF_NETLINK, SOCK_RAW, 0) < 0 ? 0 : 1; }
static inline int act_packet(void)      { return socket(AF_PACKET, SOCK_RAW, 0) < 0 ? 0 : 1; }

/* A program that did run ends with 1. */
static inline int act_exec(void)
{
	char *const none[] = { NULL };

	return execve("/bin/false", none, none) < 0 ? 0 : 1;
}

static inline int act_read_memory(void)
{
	return syscall(SYS_process_vm_readv, jail_attempt_parent, NULL, 0, NULL, 0, 0) < 0 ? 0 : 1;
}

static inline int act_fork(void)
{
	pid_t child = fork();

	if (child == 0)
		_exit(0);
	return child < 0 ? 0 : 1;
}

static inline int act_run_new_code(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? 0 : 1;
}

static inline int act_make_executable(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return page == MAP_FAILED || mprotect(page, 4096, PROT_READ | PROT_EXEC) != 0 ? 0 : 1;
}

/* Refused by Landlock (EACCES), not by an empty port: port 1 has no server. */
static inline int act_connect(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_port = htons(1),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	return fd < 0 || (connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0 && errno == EACCES) ? 0 : 1;
}

static inline int act_bind(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	return fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) != 0 ? 0 : 1;
}

static inline int act_take_descriptors(void)
{
	for (int i = 0; i < 1000000; i++)
		if (dup(STDERR_FILENO) < 0)
			return errno == EMFILE ? 0 : 1;
	return 1;
}

static const struct { struct jail_attempt attempt; unsigned unless; } jail_common[] = {
	{ { "cannot read the disk", act_open, JAIL_STOPPED }, ACT_ALWAYS },
	{ { "cannot list a folder", act_list, JAIL_STOPPED }, ACT_FOLDERS },
	{ { "cannot make a file outside", act_create, JAIL_STOPPED }, ACT_ALWAYS },
	{ { "cannot run a program", act_exec, JAIL_STOPPED }, ACT_EXEC },
	{ { "cannot fork", act_fork, JAIL_STOPPED }, ACT_FORK },
	{ { "cannot trace another process", act_ptrace, JAIL_STOPPED }, ACT_ALWAYS },
	{ { "cannot read another process's memory", act_read_memory, SIGSYS }, ACT_ALWAYS },
	{ { "cannot signal another process", act_kill, JAIL_STOPPED }, ACT_ALWAYS },
	{ { "cannot mount", act_mount, SIGSYS }, ACT_ALWAYS },
	{ { "cannot become root", act_root, SIGSYS }, ACT_ALWAYS },
	{ { "cannot change its root", act_chroot, SIGSYS }, ACT_ALWAYS },
	{ { "cannot make a name space", act_unshare, SIGSYS }, ACT_ALWAYS },
	{ { "cannot go round the filter with a ring", act_ring, SIGSYS }, ACT_ALWAYS },
	{ { "cannot load programs into the kernel", act_bpf, SIGSYS }, ACT_ALWAYS },
	{ { "cannot ask for keys", act_keys, SIGSYS }, ACT_ALWAYS },
	{ { "cannot map new code", act_run_new_code, SIGSYS }, ACT_ALWAYS },
	{ { "cannot make data executable", act_make_executable, SIGSYS }, ACT_ALWAYS },
	{ { "cannot talk to the kernel's network tables", act_netlink, SIGSYS }, ACT_ALWAYS },
	{ { "cannot send raw packets", act_packet, SIGSYS }, ACT_ALWAYS },
	{ { "cannot open a connection", act_connect, JAIL_STOPPED }, ACT_CONNECT },
	{ { "cannot take a port", act_bind, JAIL_STOPPED }, ACT_BIND },
	{ { "cannot take descriptors without end", act_take_descriptors, JAIL_STOPPED }, ACT_ALWAYS },
};

static inline int jail_wait(pid_t child)
{
	int status = 0;

	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}

/* `before` may be NULL: called in the child first, such as to stop being root. */
static inline void jail_try_as(const struct jail_plan *plan, const struct jail_attempt *attempt, void (*before)(void))
{
	char report[JAIL_REPORT_SIZE];
	int status;
	pid_t child;
	bool held;

	jail_attempt_parent = getpid();
	(void)fflush(stdout);
	child = fork();
	if (child == 0) {
		if (before)
			before();
		if (jail_enter(plan, report) != OK) {
			printf("the jail was not built: %s\n", report);
			(void)fflush(stdout);
			_exit(99);
		}
		_exit(attempt->try());
	}
	status = jail_wait(child);
	held = attempt->killed_by > 0 ? WIFSIGNALED(status) && WTERMSIG(status) == attempt->killed_by
	                              : WIFEXITED(status) && WEXITSTATUS(status) == 0;
	if (attempt->killed_by == JAIL_STOPPED)
		held = held || (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS);
	if (!held)
		printf("%s: ended with status %d, signal %d\n", attempt->about,
		       WIFEXITED(status) ? WEXITSTATUS(status) : -1, WIFSIGNALED(status) ? WTERMSIG(status) : 0);
	CHECK(held, attempt->about);
}

static inline void jail_try(const struct jail_plan *plan, const struct jail_attempt *attempts, size_t count)
{
	for (size_t i = 0; i < count; i++)
		jail_try_as(plan, &attempts[i], NULL);
}

/* `may`: bits of enum jail_act that this jail permits. */
static inline void jail_try_common(const struct jail_plan *plan, unsigned may, void (*before)(void))
{
	for (size_t i = 0; i < sizeof(jail_common) / sizeof(jail_common[0]); i++)
		if ((jail_common[i].unless & may) == 0)
			jail_try_as(plan, &jail_common[i].attempt, before);
}

static inline size_t jail_status_text(pid_t child, char *text, size_t size)
{
	char name[64];
	ssize_t got;
	int fd;

	(void)snprintf(name, sizeof(name), "/proc/%d/status", (int)child);
	fd = open(name, O_RDONLY | O_CLOEXEC);
	got = fd < 0 ? -1 : read(fd, text, size - 1);
	if (fd >= 0)
		(void)close(fd);
	text[got > 0 ? got : 0] = '\0';
	return got > 0 ? (size_t)got : 0;
}

/* What the kernel says of a process in this jail; `rows` are lines of /proc/PID/status, as far as given. */
static inline void jail_check_status(const struct jail_plan *plan, void (*before)(void), const char *const *rows,
                                     size_t count)
{
	char report[JAIL_REPORT_SIZE], text[8192] = "";
	pid_t child;

	(void)fflush(stdout);
	child = fork();
	if (child == 0) {
		if (before)
			before();
		if (jail_enter(plan, report) != OK)
			_exit(99);
		for (volatile int alive = 1; alive;)      /* no call that the jail might forbid */
			;
	}
	for (int i = 0; i < 500 && strstr(text, "Seccomp:\t2") == NULL; i++) {
		(void)poll(NULL, 0, 10);
		(void)jail_status_text(child, text, sizeof(text));
	}
	for (size_t i = 0; i < count; i++)
		CHECK(strstr(text, rows[i]) != NULL, rows[i]);
	(void)kill(child, SIGKILL);
	(void)jail_wait(child);
}

#define JAIL_STATUS_ALWAYS "NoNewPrivs:\t1", "Seccomp:\t2", "CapEff:\t0000000000000000", "CapPrm:\t0000000000000000"
#define JAIL_STATUS_ROOT   "CapBnd:\t0000000000000000", "Groups:\t \n"

#endif
