/* SPDX-License-Identifier: Apache-2.0 */
/* Every "must not" of the front's jail, tried from inside it; and that it may do its work there. */
#include "base/jail_attempts.h"
#include "front/front.jail.h"

#include <stdlib.h>
#include <sys/stat.h>

static int breathe(void)       { return write(STDERR_FILENO, "", 0) == 0 ? 0 : 1; }
static int call_home(void)     { return socket(AF_INET, SOCK_STREAM, 0) < 0 ? 0 : 1; }
static int make_a_wire(void)   { int ends[2]; return socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) < 0 ? 0 : 1; }
static int make_a_folder(void) { return mkdirat(AT_FDCWD, "/tmp/postern-front", 0700) < 0 ? 0 : 1; }
static int remove_a_file(void) { return unlinkat(AT_FDCWD, "/tmp/postern-front", 0) < 0 ? 0 : 1; }

static int seal_a_message(void)
{
	int fd = memfd_create("message", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0 || write(fd, "x", 1) != 1)
		return 1;
	if (fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) != 0)
		return 2;
	return write(fd, "y", 1) < 0 && errno == EPERM ? 0 : 3;
}

static int use_memory(void)
{
	char *some = malloc(1 << 20);

	if (some == NULL)
		return 1;
	some[1000] = 1;
	free(some);
	return 0;
}

static const struct jail_attempt attempts[] = {
	{ "may write to what it holds", breathe, 0 },
	{ "may seal a message", seal_a_message, 0 },
	{ "may use memory", use_memory, 0 },
	{ "cannot make a socket", call_home, SIGSYS },
	{ "cannot make a wire of its own", make_a_wire, SIGSYS },
	{ "cannot make a folder", make_a_folder, SIGSYS },
	{ "cannot remove a file", remove_a_file, SIGSYS },
};

int main(void)
{
	static const char *const status[] = { JAIL_STATUS_ALWAYS };
	struct jail here = front_jail;
	char report[JAIL_REPORT_SIZE];
	struct jail_plan plan;

	if (!jail_tests_make_sense())
		return JAIL_TEST_SKIPPED;
	/* The account is made at installation: before that, the jail is tried under another's name. */
	if (jail_plan_init(&plan, &here, false, report) != OK) {
		here.user = "nobody";
		CHECK(jail_plan_init(&plan, &here, false, report) == OK, report);
	}
	jail_try(&plan, attempts, COUNT_OF(attempts));
	jail_try_common(&plan, ACT_ALWAYS, NULL);
	jail_check_status(&plan, NULL, status, COUNT_OF(status));
	return TEST_END();
}
