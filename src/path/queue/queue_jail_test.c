/* SPDX-License-Identifier: Apache-2.0 */
/* Every "must not" of the queue's jail, tried from inside it; and that a message can be stored there. */
#include "base/jail_attempts.h"
#include "queue/queue.jail.h"
#include "queue/spool.h"

#include <stdlib.h>
#include <sys/stat.h>

static struct spool spool;
static char folder[] = "/tmp/queue-jail-XXXXXX";

/* Each attempt is a child: what /proc says must be of that very process. */
static void look_at_oneself(void)
{
	spool.messages.proc_fd = open("/proc/self/fd", O_PATH | O_DIRECTORY | O_CLOEXEC);
	spool.quarantine.proc_fd = open("/proc/self/fd", O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static int store_a_message(void)
{
	const struct spool_text text = { .serial = 1, .envelope = SLICE("x"), .judgement = SLICE("y"), .content = -1 };
	struct durable_folder day;

	if (spool_publish(&spool.messages, "0123456789ABCDEF", &text) != OK)
		return 1;
	if (spool_day(&spool, "2026-11-21", true, &day) != OK || spool_publish(&day, "0123456789ABCDEF", &text) != OK)
		return 2;
	return durable_remove(&spool.messages, "0123456789ABCDEF", true) == OK ? 0 : 3;
}

static int seal_a_copy(void)
{
	int memfd;

	return spool_memfd(spool.lock, 0, 0, &memfd) == OK ? 0 : 1;
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

static int call_home(void)       { return socket(AF_INET, SOCK_STREAM, 0) < 0 ? 0 : 1; }
static int make_a_wire(void)     { int ends[2]; return socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) < 0 ? 0 : 1; }
static int write_elsewhere(void) { return openat(AT_FDCWD, "/tmp/queue-elsewhere", O_CREAT | O_WRONLY, 0600) < 0 ? 0 : 1; }

static const struct jail_attempt attempts[] = {
	{ "may store a message, and set one apart", store_a_message, 0 },
	{ "may make a sealed copy", seal_a_copy, 0 },
	{ "may sort a long list", sort_many, 0 },
	{ "cannot make a socket", call_home, SIGSYS },
	{ "cannot make a wire of its own", make_a_wire, SIGSYS },
	{ "cannot write beside the spool", write_elsewhere, 0 },
};

static enum result build(struct jail_plan *plan, const struct jail *here)
{
	char report[JAIL_REPORT_SIZE];
	const char *why;
	enum result end = jail_plan_init(plan, here, false, report);

	if (end == OK)
		end = spool_open(&spool, folder, plan->root ? plan->uid : (unsigned)-1, plan->gid, &why);
	return end;
}

int main(void)
{
	static const char *const status[] = { JAIL_STATUS_ALWAYS };
	struct jail here = queue_jail;
	struct jail_path paths[1];
	struct jail_plan plan;

	if (!jail_tests_make_sense())
		return JAIL_TEST_SKIPPED;
	CHECK(mkdtemp(folder) != NULL && chmod(folder, 0755) == 0, "a folder");
	if (build(&plan, &here) != OK) {
		here.user = "nobody";
		CHECK(build(&plan, &here) == OK, "a jail");
	}
	paths[0] = (struct jail_path){ spool.root.fd, JAIL_READ | JAIL_WRITE | JAIL_FOLDERS };
	plan.paths = paths;
	plan.path_count = 1;
	for (size_t i = 0; i < COUNT_OF(attempts); i++)
		jail_try_as(&plan, &attempts[i], look_at_oneself);
	jail_try_common(&plan, ACT_FOLDERS, NULL);
	jail_check_status(&plan, NULL, status, COUNT_OF(status));
	spool_close(&spool);
	return TEST_END();
}
