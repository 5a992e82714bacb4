/* SPDX-License-Identifier: Apache-2.0 */
/* Every "must not" of the dispatcher's jail, tried from inside it. It forks; everything else is forbidden. */
#include "inspect/inspect.jail.h"

#include "base/jail_attempts.h"

#include <grp.h>
#include <pwd.h>

/* Without the users of the jails, as an ordinary user: as in development. */
static void be_somebody(void)
{
	enum { NOBODY = 65534 };

	if (geteuid() == 0 && (getpwnam(inspect_jail.user) == NULL || getpwnam(inspect_jail.spawns) == NULL)) {
		printf("as an ordinary user: the users of the jails do not exist here\n");
		CHECK(setgroups(0, NULL) == 0 && setresgid(NOBODY, NOBODY, NOBODY) == 0 &&
		      setresuid(NOBODY, NOBODY, NOBODY) == 0, "root can become nobody");
	}
}

static int act_tcp(void)      { return socket(AF_INET, SOCK_STREAM, 0) < 0 ? 0 : 1; }
static int act_unix(void)     { return socket(AF_UNIX, SOCK_STREAM, 0) < 0 ? 0 : 1; }
static int act_accept(void)   { return accept4(0, NULL, NULL, 0) < 0 ? 0 : 1; }
static int act_spaces(void)   { return syscall(SYS_clone, 0x10000000UL | SIGCHLD, 0UL, 0UL, 0UL, 0UL) < 0 ? 0 : 1; }
static int act_breathe(void)  { return write(STDERR_FILENO, "", 0) == 0 ? 0 : 1; }

static int act_child_runs(void)
{
	char *const none[] = { NULL };
	pid_t child = fork();

	if (child == 0)
		_exit(execve("/bin/true", none, none) < 0 ? 1 : 0);
	return child > 0 ? 0 : 1;                /* the child's fate is the next row's business */
}

static const struct jail_attempt attempts[] = {
	{ "may write to what it holds", act_breathe, 0 },
	{ "may fork", act_child_runs, 0 },
	{ "cannot make a TCP socket", act_tcp, SIGSYS },
	{ "cannot make a UNIX socket", act_unix, SIGSYS },
	{ "cannot accept a connection", act_accept, SIGSYS },
	{ "cannot fork into another name space", act_spaces, SIGSYS },
};

int main(void)
{
	char report[JAIL_REPORT_SIZE];
	struct jail_plan plan;

	if (!jail_tests_make_sense())
		return JAIL_TEST_SKIPPED;
	be_somebody();
	CHECK(jail_plan_init(&plan, &inspect_jail, false, report) == OK, "the jail can be planned");
	jail_try(&plan, attempts, COUNT_OF(attempts));
	jail_try_common(&plan, ACT_FORK, NULL);
	return TEST_END();
}
