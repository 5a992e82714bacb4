/* SPDX-License-Identifier: Apache-2.0 */
/* Every "must not" of a worker's jail, tried from inside it. */
#include "inspect/worker.jail.h"

#include "base/jail_attempts.h"

static int act_socketpair(void) { int ends[2]; return socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) < 0 ? 0 : 1; }
static int act_write(void)      { return write(STDERR_FILENO, "", 0) < 0 ? 0 : 1; }
static int act_clock(void)      { return syscall(SYS_nanosleep, NULL, NULL) < 0 ? 0 : 1; }
static int act_memfd(void)      { return syscall(SYS_memfd_create, "x", 0) < 0 ? 0 : 1; }
static int act_fill_memory(void)
{
	return mmap(NULL, (size_t)1 << 30, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? 0 : 1;
}

static const struct jail_attempt attempts[] = {
	{ "cannot make a socket", act_socketpair, SIGSYS },
	{ "cannot write to a file or a pipe", act_write, SIGSYS },
	{ "cannot sleep", act_clock, SIGSYS },
	{ "cannot make a memfd", act_memfd, SIGSYS },
	{ "cannot take more memory than it may", act_fill_memory, 0 },
};

static const char *const status[] = { JAIL_STATUS_ALWAYS };

int main(void)
{
	char report[JAIL_REPORT_SIZE];
	struct jail_plan plan;
	size_t calls = 0;

	while (worker_jail.calls[calls] != JAIL_CALLS_END)
		calls++;
	CHECK(calls <= 16, "a worker needs at most 16 system calls");
	if (!jail_tests_make_sense())
		return failed ? 1 : JAIL_TEST_SKIPPED;
	CHECK(jail_plan_init(&plan, &worker_jail, false, report) == OK, "the jail can be planned");
	jail_try(&plan, attempts, COUNT_OF(attempts));
	jail_try_common(&plan, ACT_ALWAYS, NULL);
	jail_check_status(&plan, NULL, status, COUNT_OF(status));
	return TEST_END();
}
