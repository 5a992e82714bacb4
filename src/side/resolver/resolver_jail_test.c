/* SPDX-License-Identifier: Apache-2.0 */
/* What the resolver must not do, tried from inside its jail. */
#include "base/jail_attempts.h"
#include "resolver/resolver.h"

#include <pwd.h>

static int ask(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	return fd >= 0 && bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0 ? 0 : 1;
}

static int serve(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return listen(fd, 1) == 0 ? 1 : 2;
}

static const struct jail_attempt attempts[] = {
	{ "may ask from a port of its own", ask, 0 },
	{ "cannot wait for connections", serve, SIGSYS },
	{ "cannot open a file: no such call", act_open, SIGSYS },
};

int main(void)
{
	static const char *const rows[] = { JAIL_STATUS_ALWAYS };
	struct jail jail = resolver_jail;
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
	jail_try_common(&plan, ACT_CONNECT | ACT_BIND, NULL);
	jail_check_status(&plan, NULL, rows, COUNT_OF(rows));
	return TEST_END();
}
