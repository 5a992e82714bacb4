/* SPDX-License-Identifier: Apache-2.0 */
/* Every "must not" of access's jail, tried from inside it; and that it may do its work there. */
#include "access/access.h"
#include "base/jail_attempts.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/stat.h>

static int folder, server;
static char name[] = "/tmp/access-jail-XXXXXX", base[64];

static int connect_out(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(1), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	return fd >= 0 && connect(fd, (const struct sockaddr *)&to, sizeof(to)) != 0 && errno == ECONNREFUSED ? 0 : 1;
}

static int read_table(void)
{
	return openat(folder, "table", O_RDONLY | O_CLOEXEC) >= 0 ? 0 : 1;
}

static int ask_sqlite(void)
{
	sqlite3 *handle;
	sqlite3_stmt *statement;

	if (sqlite3_open_v2(base, &handle, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK ||
	    sqlite3_prepare_v2(handle, "SELECT x FROM t WHERE x = ?1", -1, &statement, NULL) != SQLITE_OK)
		return 1;
	return sqlite3_step(statement) == SQLITE_DONE ? 0 : 2;
}

static void *nothing(void *given)
{
	return given;
}

static int start_a_thread(void)
{
	pthread_t thread;

	return pthread_create(&thread, NULL, nothing, NULL) == 0 && pthread_join(thread, NULL) == 0 ? 0 : 1;
}

static int listen_for_others(void) { return listen(server, 1) < 0 ? 0 : 1; }
static int accept_a_client(void)   { return accept(server, NULL, NULL) < 0 ? 0 : 1; }
static int bind_a_port(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	return bind(server, (const struct sockaddr *)&at, sizeof(at)) < 0 ? 0 : 1;
}
static int write_table(void) { return openat(folder, "table", O_WRONLY | O_CLOEXEC) < 0 && errno == EACCES ? 0 : 1; }
static int make_file(void)
{
	return openat(folder, "new", O_WRONLY | O_CREAT | O_CLOEXEC, 0600) < 0 && errno == EACCES ? 0 : 1;
}
static int remove_table(void) { return unlinkat(folder, "table", 0) < 0 ? 0 : 1; }
static int climb_out(void)
{
	return openat(folder, "../../etc/passwd", O_RDONLY | O_CLOEXEC) < 0 && errno == EACCES ? 0 : 1;
}
static int seal(void) { return memfd_create("x", 0) < 0 ? 0 : 1; }

static const struct jail_attempt attempts[] = {
	{ "may connect to a server", connect_out, 0 },
	{ "may read its tables", read_table, 0 },
	{ "may ask SQLite", ask_sqlite, 0 },
	{ "may start a thread", start_a_thread, 0 },
	{ "cannot listen", listen_for_others, SIGSYS },
	{ "cannot accept", accept_a_client, SIGSYS },
	{ "cannot take a port", bind_a_port, SIGSYS },
	{ "cannot write a table", write_table, 0 },
	{ "cannot make a file", make_file, 0 },
	{ "cannot remove one", remove_table, SIGSYS },
	{ "cannot climb out of its folder", climb_out, 0 },
	{ "cannot make a memfd", seal, SIGSYS },
};

static void make_tables(void)
{
	sqlite3 *handle;
	int fd;

	CHECK(mkdtemp(name) != NULL && chmod(name, 0755) == 0, "a folder");
	folder = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	fd = openat(folder, "table", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	CHECK(fd >= 0 && close(fd) == 0, "a table");
	(void)snprintf(base, sizeof(base), "%s/base", name);
	CHECK(sqlite3_open(base, &handle) == SQLITE_OK &&
	      sqlite3_exec(handle, "CREATE TABLE t(x TEXT)", NULL, NULL, NULL) == SQLITE_OK, "a database");
	CHECK(sqlite3_close(handle) == SQLITE_OK && chmod(base, 0644) == 0, "a database that others may read");
}

int main(void)
{
	static const char *const status[] = { JAIL_STATUS_ALWAYS };
	char report[JAIL_REPORT_SIZE];
	struct jail here = access_jail;
	struct jail_path path = { .access = JAIL_READ };
	struct jail_plan plan;

	if (!jail_tests_make_sense())
		return JAIL_TEST_SKIPPED;
	make_tables();
	path.fd = folder;
	server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	/* The account is made at installation: before that, the jail is tried under another's name. */
	if (jail_plan_init(&plan, &here, false, report) != OK) {
		here.user = "nobody";
		CHECK(jail_plan_init(&plan, &here, false, report) == OK, report);
	}
	plan.paths = &path;
	plan.path_count = 1;
	jail_try(&plan, attempts, COUNT_OF(attempts));
	jail_try_common(&plan, ACT_CONNECT, NULL);
	jail_check_status(&plan, NULL, status, COUNT_OF(status));
	CHECK(unlinkat(folder, "table", 0) == 0 && unlink(base) == 0 && rmdir(name) == 0, "nothing else was left");
	return TEST_END();
}
