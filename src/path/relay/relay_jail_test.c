/* SPDX-License-Identifier: Apache-2.0 */
/* Every "must not" of the relay's jail, tried from inside it; and that it may do its work there. */
#include "base/jail_attempts.h"
#include "relay/relay.h"

#include <stdlib.h>
#include <sys/stat.h>

static int folder, server;

static int breathe(void)
{
	return write(STDERR_FILENO, "", 0) == 0 ? 0 : 1;
}

static int connect_out(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(1), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	return fd >= 0 && connect(fd, (const struct sockaddr *)&to, sizeof(to)) != 0 && errno == ECONNREFUSED ? 0 : 1;
}

static int deliver(void)
{
	int box, fd;

	if (mkdirat(folder, "box", 0700) != 0)
		return 1;
	box = openat(folder, "box", O_RDONLY | O_DIRECTORY);
	fd = openat(box, "mail", O_WRONLY | O_CREAT | O_EXCL, 0600);
	if (fd < 0 || write(fd, "x", 1) != 1 || fsync(fd) != 0 || fsync(box) != 0)
		return 2;
	if (renameat2(box, "mail", folder, "mail", RENAME_NOREPLACE) != 0)
		return 3;
	return unlinkat(folder, "mail", 0) == 0 ? 0 : 4;
}

static int by_byte(const void *one, const void *other)
{
	return memcmp(one, other, 1);
}

static int sort_many(void)
{
	char list[1000][16];

	for (size_t i = 0; i < COUNT_OF(list); i++)
		memset(list[i], (int)(i * 7 % 256), sizeof(list[i]));
	qsort(list, COUNT_OF(list), sizeof(list[0]), by_byte);
	return list[0][0] == 0 ? 0 : 1;
}

static int listen_for_others(void) { return listen(server, 1) < 0 ? 0 : 1; }
static int accept_a_client(void)   { return accept(server, NULL, NULL) < 0 ? 0 : 1; }
static int climb_out(void)         { return openat(folder, "../../etc/passwd", O_RDONLY) < 0 &&
                                     errno == EACCES ? 0 : 1; }
static int write_beside(void)      { return openat(folder, "../beside", O_WRONLY | O_CREAT, 0600) < 0 &&
                                     errno == EACCES ? 0 : 1; }
static int seal(void)              { return memfd_create("x", 0) < 0 ? 0 : 1; }
static int change_mode(void)       { return fchmod(folder, 0777) < 0 ? 0 : 1; }

static const struct jail_attempt attempts[] = {
	{ "may write to what it holds", breathe, 0 },
	{ "may connect to a server", connect_out, 0 },
	{ "may deliver into its folder", deliver, 0 },
	{ "may sort a long list of servers", sort_many, 0 },
	{ "cannot listen", listen_for_others, SIGSYS },
	{ "cannot accept", accept_a_client, SIGSYS },
	{ "cannot climb out of its folder", climb_out, 0 },
	{ "cannot write beside it", write_beside, 0 },
	{ "cannot make a memfd", seal, SIGSYS },
	{ "cannot change a mode", change_mode, SIGSYS },
};

int main(void)
{
	static const char *const status[] = { JAIL_STATUS_ALWAYS };
	char name[] = "/tmp/relay-jail-XXXXXX", box[64], report[JAIL_REPORT_SIZE];
	struct jail here = relay_jail;
	struct jail_path path = { .access = JAIL_READ | JAIL_WRITE | JAIL_FOLDERS };
	struct jail_plan plan;

	if (!jail_tests_make_sense())
		return JAIL_TEST_SKIPPED;
	CHECK(mkdtemp(name) != NULL && chmod(name, 0777) == 0, "a folder");
	folder = path.fd = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	/* The account is made at installation: before that, the jail is tried under another's name. */
	if (jail_plan_init(&plan, &here, false, report) != OK) {
		here.user = "nobody";
		CHECK(jail_plan_init(&plan, &here, false, report) == OK, report);
	}
	plan.paths = &path;
	plan.path_count = 1;
	jail_try(&plan, attempts, COUNT_OF(attempts));
	jail_try_common(&plan, ACT_CONNECT | ACT_FOLDERS, NULL);
	jail_check_status(&plan, NULL, status, COUNT_OF(status));
	(void)snprintf(box, sizeof(box), "%s/box", name);
	CHECK(rmdir(box) == 0 && rmdir(name) == 0, "nothing else was left");
	return TEST_END();
}
