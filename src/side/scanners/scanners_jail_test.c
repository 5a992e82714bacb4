/* SPDX-License-Identifier: Apache-2.0 */
/* What the scanners' process must not do, tried from inside its jail. */
#include "base/jail_attempts.h"
#include "scanners/scanners.h"

#include <pwd.h>

static int talk(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return fd >= 0 ? 0 : 1;
}

static int write_file(void)
{
	int fd = open("/dev/shm/postern-scanners-test", O_WRONLY | O_CREAT, 0600);

	return fd < 0 ? 0 : 1;
}

static int listen_locally(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return listen(fd, 1) == 0 ? 1 : 2;
}

static const struct jail_attempt attempts[] = {
	{ "may make a socket to ask a scanner", talk, 0 },
	{ "cannot write a file", write_file, SIGSYS },
	{ "cannot wait for connections", listen_locally, SIGSYS },
	{ "cannot take a port", act_bind, SIGSYS },
};

int main(void)
{
	static const char *const rows[] = { JAIL_STATUS_ALWAYS };
	struct jail jail = scanners_jail;
	struct jail_plan plan;
	char report[JAIL_REPORT_SIZE];

	if (!jail_tests_make_sense())
		return JAIL_TEST_SKIPPED;
	if (geteuid() == 0 && getpwnam(jail.user) == NULL) {
		printf("note: no user %s here, nobody stands in\n", jail.user);
		jail.user = "nobody";
	}
	CHECK(jail_plan_init(&plan, &jail, false, report) == OK, "the jail's user is found");
	jail_try(&plan, attempts, COUNT_OF(attempts));
	jail_try_common(&plan, ACT_CONNECT, NULL);
	jail_check_status(&plan, NULL, rows, COUNT_OF(rows));
	return TEST_END();
}
