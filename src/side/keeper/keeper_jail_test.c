/* SPDX-License-Identifier: Apache-2.0 */
/* What the keeper must not do, tried from inside its jail; and that it may write a block, list its files and use its map there. */
#include "base/jail_attempts.h"
#include "keeper/keeper.h"
#include "keeper/learner_write.h"
#include "keeper/lender.h"
#include "store/records.h"
#include "store/state.h"

#include <pwd.h>
#include <stdlib.h>
#include <sys/stat.h>

static struct records records;
static char folder[] = "/tmp/keeper-jail-XXXXXX";

/* Each attempt is a child: what /proc says must be of that very process. */
static void look_at_oneself(void)
{
	records.folder.proc_fd = open("/proc/self/fd", O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static int write_a_block(void)
{
	const struct record record = { .kind = 1, .when = 1, .bytes = SLICE("x") };
	struct buffer file;
	struct block block;

	block_init(&block);
	buffer_init(&file, 1 << 20);
	if (block_add(&block, &record) != OK || block_close(&block, &file) != OK)
		return 1;
	if (records_append(&records, buffer_slice(&file), 1000) != OK)
		return 2;
	records_expire(&records, 1000);
	return 0;
}

static int list_files(void)
{
	static struct records_names names;

	for (size_t i = 0; i < COUNT_OF(names.names); i++)
		(void)snprintf(names.names[i], RECORDS_NAME, "%010zu-1", COUNT_OF(names.names) - i);
	return records_list(records.folder.fd, &names) == OK ? 0 : 1;
}

/* Reading and writing of the map, from its opening to its end. */
static int use_the_map(void)
{
	const struct state_key key = { 1, SLICE(""), SLICE("x") };
	struct state_value value = { .length = 1, .until = 1000 };
	struct state_change change;
	struct state state;

	if (state_open(&state, records.folder.fd, "map", 32 << 20) != OK)
		return 1;
	for (unsigned i = 0; i < 500; i++) {
		const struct state_key other = { 2, SLICE(""), { (const char *)&i, sizeof(i) } };

		if (state_begin(&state, &change) != OK || state_put(&change, &key, &value) != OK ||
		    state_put(&change, &other, &value) != OK || (i % 50 == 0 && state_commit(&change) != OK))
			return 2;
		state_abandon(&change);
	}
	if (state_get(&state, &key, 1, &value) != OK)
		return 3;
	state_close(&state);
	return 0;
}

/* Model and ledger, from the first to one that takes the place of another. */
static int keep_a_model(void)
{
	struct shelf shelf = { .folder = records.folder };
	struct shelf_book book = { 0 };
	struct learned learned = { .label = LABEL_SPAM };
	char why[SHELF_WHY];
	enum result first = shelf_read(&shelf, &book, why);

	if (first != OK && first != AGAIN)
		return 1;
	if (first == AGAIN && learner_begin_anew(&book) != OK)
		return 2;
	model_seal(book.model);
	if (shelf_write(&shelf, book.model, &learned, 1) != OK)
		return 3;
	shelf_tidy(&shelf);
	return lender_copy(book.model) >= 0 ? 0 : 4;
}

static int put_a_map_aside(void)
{
	char name[STATE_NAME];

	return state_set_aside(records.folder.fd, "map", name) == OK ? 0 : 1;
}

static int write_elsewhere(void) { return openat(AT_FDCWD, "/tmp/keeper-elsewhere", O_CREAT | O_WRONLY, 0600) < 0 ? 0 : 1; }
static int call_home(void)       { return socket(AF_INET, SOCK_STREAM, 0) < 0 ? 0 : 1; }
static int call_here(void)       { return socket(AF_UNIX, SOCK_STREAM, 0) < 0 ? 0 : 1; }
static int make_a_wire(void)     { int ends[2]; return socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) < 0 ? 0 : 1; }

static const struct jail_attempt attempts[] = {
	{ "may write a block", write_a_block, 0 },
	{ "may list its files", list_files, 0 },
	{ "may use its map", use_the_map, 0 },
	{ "may open it again", use_the_map, 0 },
	{ "may put it aside", put_a_map_aside, 0 },
	{ "may keep a model, and lend it", keep_a_model, 0 },
	{ "may keep the next", keep_a_model, 0 },
	{ "cannot write beside the log", write_elsewhere, 0 },
	{ "cannot make a socket", call_home, SIGSYS },
	{ "cannot make a UNIX socket", call_here, SIGSYS },
	{ "cannot make a wire of its own", make_a_wire, SIGSYS },
};

static enum result build(struct jail_plan *plan, const struct jail *here)
{
	char report[JAIL_REPORT_SIZE];
	int parent = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	TRY(jail_plan_init(plan, here, false, report));
	return records_open(&records, parent, "log", plan->root ? plan->uid : (unsigned)-1, plan->gid);
}

int main(void)
{
	static const char *const status[] = { JAIL_STATUS_ALWAYS };
	struct jail here = keeper_jail;
	struct jail_plan plan;
	struct jail_path path;

	if (!jail_tests_make_sense())
		return JAIL_TEST_SKIPPED;
	if (geteuid() == 0 && getpwnam(here.user) == NULL) {
		printf("note: no user %s here, nobody stands in\n", here.user);
		here.user = "nobody";
	}
	CHECK(mkdtemp(folder) && chmod(folder, 0755) == 0 && build(&plan, &here) == OK, "a log and a jail around it");
	path = (struct jail_path){ records.folder.fd, JAIL_READ | JAIL_WRITE };
	plan.paths = &path;
	plan.path_count = 1;
	records.limits = (struct records_limits){ 1 << 20, 3600 };
	for (size_t i = 0; i < COUNT_OF(attempts); i++)
		jail_try_as(&plan, &attempts[i], look_at_oneself);
	jail_try_common(&plan, ACT_ALWAYS, NULL);
	jail_check_status(&plan, NULL, status, COUNT_OF(status));
	return TEST_END();
}
