/* SPDX-License-Identifier: Apache-2.0 */
/* Files are stored, refused, moved and swept; once with O_TMPFILE, once with temporary names, once in a jail. */
#include "base/durable.h"
#include "base/fd.h"
#include "base/jail_attempts.h"

#include <grp.h>
#include <pthread.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/syscall.h>

static char place[] = "/tmp/postern-durable-XXXXXX";
static int place_fd = -1;

static enum result store(const struct durable_folder *folder, const char *name, const char *text)
{
	struct iovec parts[] = { { (void *)(uintptr_t)text, strlen(text) }, { (void *)(uintptr_t)"", 0 },
		                 { (void *)(uintptr_t)"end\n", 4 } };
	struct draft draft;

	TRY(durable_begin(folder, name, &draft));
	enum result result = durable_write(&draft, parts, COUNT_OF(parts));

	if (result != OK) {
		durable_drop(folder, &draft);
		return result;
	}
	return durable_publish(folder, &draft, name, NULL);
}

/* ---- an error of the disk ---- */

/* As the kernel does it: told once to each open descriptor, whoever asks. Two come at a time. */
static struct { bool fails; pthread_barrier_t both; pthread_mutex_t lock; int told[2]; unsigned count; } disk = {
	.lock = PTHREAD_MUTEX_INITIALIZER };

int fsync(int fd)
{
	bool heard = false;

	if (!disk.fails)
		return (int)syscall(SYS_fsync, fd);
	(void)pthread_barrier_wait(&disk.both);
	(void)pthread_mutex_lock(&disk.lock);
	for (unsigned i = 0; i < disk.count; i++)
		heard |= disk.told[i] == fd;
	disk.told[disk.count++] = fd;
	(void)pthread_mutex_unlock(&disk.lock);
	(void)pthread_barrier_wait(&disk.both);          /* who goes on may close his, and the other get its number */
	errno = EIO;
	return heard ? 0 : -1;
}

struct change { const struct durable_folder *from, *to; const char *name; enum result result; };

static void *remove_one(void *own_change)
{
	struct change *change = own_change;

	change->result = durable_remove(change->from, change->name, true);
	return NULL;
}

static void *move_one(void *own_change)
{
	struct change *change = own_change;

	change->result = durable_move(change->from, change->name, change->to, change->name);
	return NULL;
}

static void check_error(const struct durable_folder *from, const struct durable_folder *to, void *(*how)(void *own_change))
{
	struct change one = { from, to, "one", OK }, two = { from, to, "two", OK };
	pthread_t other;

	CHECK(store(from, "one", "1") == OK && store(from, "two", "2") == OK && pthread_barrier_init(&disk.both, NULL, 2) == 0, "two files");
	disk.fails = true;
	disk.count = 0;
	CHECK(pthread_create(&other, NULL, how, &one) == 0, "two threads");
	(void)how(&two);
	(void)pthread_join(other, NULL);
	disk.fails = false;
	(void)pthread_barrier_destroy(&disk.both);
	CHECK(one.result == LATER && two.result == LATER, "each hears that the disk failed");
	(void)!durable_remove(from, "one", false);
	(void)!durable_remove(from, "two", false);
	(void)!durable_remove(to, "one", false);
	(void)!durable_remove(to, "two", false);
}

static bool holds(const struct durable_folder *folder, const char *name, const char *text)
{
	char found[256] = "";
	closing int fd = openat(folder->fd, name, O_RDONLY | O_CLOEXEC);

	return fd >= 0 && read(fd, found, sizeof(found) - 1) >= 0 && strcmp(found, text) == 0;
}

static bool is_there(const struct durable_folder *folder, const char *name)
{
	return faccessat(folder->fd, name, F_OK, 0) == 0;
}

static void check_storing(struct durable_folder *folder, struct durable_folder *other)
{
	struct draft draft;
	int fd = -1;

	CHECK(store(folder, "one", "first ") == OK && holds(folder, "one", "first end\n"), "a file is stored whole");
	CHECK(store(folder, "one", "second ") == REFUSED, "a name that is taken is refused");
	CHECK(holds(folder, "one", "first end\n"), "and the file that had it stays");
	CHECK(!is_there(folder, ".tmp-one"), "no draft is left behind by a refusal");
	CHECK(durable_begin(folder, "two", &draft) == OK, "a draft is begun");
	CHECK(!is_there(folder, "two"), "a draft does not have its name yet");
	durable_drop(folder, &draft);
	CHECK(!is_there(folder, "two") && !is_there(folder, ".tmp-two") && draft.fd == -1,
	      "a dropped draft leaves nothing");
	CHECK(durable_begin(folder, "three", &draft) == OK && durable_publish(folder, &draft, "three", &fd) == OK &&
		  fd >= 0,
	      "the descriptor of a published file is handed out");
	CHECK(write(fd, "x", 1) == 1, "and can be written");
	fd_close(&fd);
	CHECK(store(other, "taken", "theirs ") == OK, "the other folder has a file");
	CHECK(durable_move(folder, "one", other, "taken") == REFUSED, "a move never replaces a file");
	CHECK(durable_move(folder, "one", other, "moved") == OK && holds(other, "moved", "first end\n"),
	      "a file is moved");
	CHECK(!is_there(folder, "one"), "and is not where it was");
	CHECK(durable_move(folder, "one", other, "again") == LATER && errno == ENOENT,
	      "what is not there cannot be moved");
	CHECK(durable_remove(folder, "three", true) == OK && !is_there(folder, "three"), "a file is removed");
	CHECK(durable_remove(folder, "three", false) == OK, "removing what is gone is done already");
	CHECK(durable_remove(other, "taken", false) == OK && durable_remove(other, "moved", true) == OK,
	      "all is cleaned up");
}

static void check_names(struct durable_folder *folder)
{
	static const char *const bad[] = { "", ".", "..", ".hidden", "a/b", "../a", "a b", "a\n", "caf\xc3\xa9",
		"0123456789012345678901234567890123456789012345678901234567890123456789" };
	struct draft draft;

	for (size_t i = 0; i < COUNT_OF(bad); i++)
		CHECK(durable_begin(folder, bad[i], &draft) == BROKEN &&
			  durable_remove(folder, bad[i], false) == BROKEN,
		      bad[i]);
}

static void check_many_parts(struct durable_folder *folder)
{
	static struct iovec parts[3000];
	struct stat found = { 0 };
	struct draft draft;

	for (size_t i = 0; i < COUNT_OF(parts); i++)
		parts[i] = (struct iovec){ (void *)(uintptr_t)"abc", 3 };
	CHECK(durable_begin(folder, "many", &draft) == OK && durable_write(&draft, parts, COUNT_OF(parts)) == OK,
	      "more parts than one call takes are written");
	CHECK(fstat(draft.fd, &found) == 0 && found.st_size == 9000, "all of them");
	durable_drop(folder, &draft);
}

static void check_append(struct durable_folder *folder)
{
	closing int fd = openat(folder->fd, "journal", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	struct iovec one[] = { { (void *)(uintptr_t)"one ", 4 } }, two[] = { { (void *)(uintptr_t)"two", 3 } };

	CHECK(durable_append(folder, fd, one, 1) == OK && lseek(fd, 0, SEEK_SET) == 0 && durable_append(folder, fd, two, 1) == OK &&
	      holds(folder, "journal", "one two"), "appending goes to the end, wherever the descriptor stands");
	CHECK(durable_remove(folder, "journal", true) == OK, "the journal is removed");
}

static void check_sweep(struct durable_folder *folder)
{
	int left = openat(folder->fd, ".tmp-left", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	uint64_t bytes = 0, inodes = 0;

	CHECK(left >= 0, "a leftover is made");
	fd_close(&left);
	CHECK(store(folder, "kept", "kept ") == OK, "a file is stored");
	CHECK(durable_sweep(folder) == OK && !is_there(folder, ".tmp-left") && is_there(folder, "kept"),
	      "leftovers are swept, files stay");
	CHECK(durable_remove(folder, "kept", false) == OK, "the file is removed");
	CHECK(durable_free(folder, &bytes, &inodes) == OK && bytes > 0 && inodes > 0, "free room is told");
}

static void check_folders(void)
{
	struct durable_folder made, again, below;

	CHECK(durable_folder_open(&made, place_fd, "made") == OK, "a folder is made");
	CHECK(durable_folder_open(&again, place_fd, "made") == OK, "or opened when it is there");
	CHECK(durable_folder_below(&below, &made, "below") == OK && store(&below, "x", "x ") == OK,
	      "a folder below another one stores files");
	CHECK(durable_remove(&below, "x", true) == OK && unlinkat(made.fd, "below", AT_REMOVEDIR) == 0,
	      "and is removed");
	CHECK(symlinkat("/tmp", place_fd, "link") == 0 && durable_folder_open(&below, place_fd, "link") == LATER,
	      "a symbolic link is not a folder of ours");
	(void)unlinkat(place_fd, "link", 0);
	(void)unlinkat(place_fd, "made", AT_REMOVEDIR);
	durable_folder_close(&made);
	durable_folder_close(&again);
}

/* A file system of 64 KiB in a mount name space of a child of our own. */
static int fill_up(void)
{
	static char page[65536];
	struct iovec parts[] = { { page, sizeof(page) }, { page, sizeof(page) } };
	struct durable_folder folder;
	struct draft draft;

	if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
	    mount("none", place, "tmpfs", 0, "size=64k,nr_inodes=16") != 0)
		return JAIL_TEST_SKIPPED;
	closing int small = open(place, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (durable_folder_open(&folder, small, "f") != OK || durable_begin(&folder, "big", &draft) != OK)
		return 1;
	if (durable_write(&draft, parts, 2) != LATER || errno != ENOSPC)
		return 2;
	durable_drop(&folder, &draft);
	if (store(&folder, "small", "fits ") != OK || !holds(&folder, "small", "fits end\n"))
		return 3;
	for (int i = 0; i < 32; i++) {
		char name[16];

		(void)snprintf(name, sizeof(name), "n%d", i);
		enum result result = store(&folder, name, "");

		if (result != OK)
			return result == LATER && errno == ENOSPC ? 0 : 4;
	}
	return 5;
}

static void check_full(void)
{
	pid_t child;
	int status;

	if (geteuid() != 0) {
		printf("skipped: a full file system needs root\n");
		return;
	}
	(void)fflush(stdout);
	child = fork();
	if (child == 0)
		_exit(fill_up());
	status = jail_wait(child);
	if (WIFEXITED(status) && WEXITSTATUS(status) == JAIL_TEST_SKIPPED)
		printf("skipped: no mount name space to be had here\n");
	else
		CHECK(status == 0, "a full disk means LATER, and leaves room for what fits");
}

static const struct jail store_jail = {
	.user = "nobody",
	.open_files = 64,
	.threads = true,
	.calls = JAIL_CALLS(JAIL_DAEMON, JAIL_DURABLE, SYS_faccessat, SYS_faccessat2),
};
static struct durable_folder jailed_from, jailed_to;

static int store_and_move(void)
{
	struct durable_folder below;

	if (store(&jailed_from, "message", "text ") != OK)
		return 1;
	if (store(&jailed_from, "message", "text ") != REFUSED)
		return 2;
	if (durable_move(&jailed_from, "message", &jailed_to, "message") != OK)
		return 3;
	if (!holds(&jailed_to, "message", "text end\n") || is_there(&jailed_from, "message"))
		return 4;
	if (durable_folder_below(&below, &jailed_to, "2026-11-21") != OK || store(&below, "x", "") != OK)
		return 5;
	if (durable_remove(&below, "x", true) != OK || unlinkat(jailed_to.fd, "2026-11-21", AT_REMOVEDIR) != 0)
		return 6;
	return durable_sweep(&jailed_from) == OK && durable_remove(&jailed_to, "message", true) == OK ? 0 : 7;
}

static int free_room(void)
{
	uint64_t bytes, inodes;

	return durable_free(&jailed_from, &bytes, &inodes) == OK ? 0 : 1;
}

static const struct jail_attempt in_jail[] = {
	{ "stores, moves and sweeps in its jail", store_and_move, 0 },
	{ "sees the free room from its jail", free_room, 0 },
};

/* /proc/self is whoever opened it: a child opens its own, as a process does before its jail. */
static void open_proc(void)
{
	struct durable_folder *const folders[] = { &jailed_from, &jailed_to };

	for (size_t i = 0; i < COUNT_OF(folders); i++) {
		bool wanted = folders[i]->proc_fd >= 0;

		fd_close(&folders[i]->proc_fd);
		if (wanted)
			folders[i]->proc_fd = open("/proc/self/fd", O_PATH | O_DIRECTORY | O_CLOEXEC);
	}
}

static void check_jailed(bool temporary_names)
{
	struct jail_plan plan;
	char report[JAIL_REPORT_SIZE];

	CHECK(durable_folder_open(&jailed_from, place_fd, "from") == OK &&
	      durable_folder_open(&jailed_to, place_fd, "to") == OK, "both folders are opened");
	CHECK(fchmod(jailed_from.fd, 0777) == 0 && fchmod(jailed_to.fd, 0777) == 0, "for another user");
	const struct jail_path paths[] = { { jailed_from.fd, JAIL_READ | JAIL_WRITE },
		                           { jailed_to.fd, JAIL_READ | JAIL_WRITE | JAIL_FOLDERS } };

	if (temporary_names)
		fd_close(&jailed_from.proc_fd);
	CHECK(jail_plan_init(&plan, &store_jail, false, report) == OK, "the user is found");
	plan.paths = paths;
	plan.path_count = COUNT_OF(paths);
	for (size_t i = 0; i < COUNT_OF(in_jail); i++)
		jail_try_as(&plan, &in_jail[i], open_proc);
	durable_folder_close(&jailed_from);
	durable_folder_close(&jailed_to);
}

int main(void)
{
	struct durable_folder folder = { 0 }, other = { 0 };

	if (mkdtemp(place) == NULL || chmod(place, 0755) != 0)
		return 1;
	place_fd = open(place, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CHECK(durable_folder_open(&folder, place_fd, "from") == OK && durable_folder_open(&other, place_fd, "to") == OK,
	      "two folders are made");
	for (int round = 0; round < 2; round++) {
		check_storing(&folder, &other);
		check_many_parts(&folder);
		check_append(&folder);
		check_sweep(&folder);
		fd_close(&folder.proc_fd);               /* the second time with temporary names */
	}
	check_error(&folder, &other, remove_one);
	check_error(&folder, &other, move_one);
	check_names(&folder);
	check_folders();
	check_full();
	check_jailed(false);
	check_jailed(true);
	durable_folder_close(&folder);
	durable_folder_close(&other);
	(void)unlinkat(place_fd, "from", AT_REMOVEDIR);
	(void)unlinkat(place_fd, "to", AT_REMOVEDIR);
	CHECK(rmdir(place) == 0, "nothing is left behind");
	(void)close(place_fd);
	return TEST_END();
}
