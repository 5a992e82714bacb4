/* SPDX-License-Identifier: Apache-2.0 */
/* Landlock: each generation of it is a row; what this kernel does not know is left out, and reported. */
#include "base/jail_building.h"

#include "base/fd.h"
#include "base/slice.h"

#include <sys/stat.h>
#include <unistd.h>

/* What Landlock's newest version knows; the distribution's header is older than the kernels we meet. */
#define FS_EXECUTE    (1ULL << 0)
#define FS_WRITE_FILE (1ULL << 1)
#define FS_READ_FILE  (1ULL << 2)
#define FS_READ_DIR   (1ULL << 3)
#define FS_REMOVE_DIR (1ULL << 4)
#define FS_REMOVE_FILE (1ULL << 5)
#define FS_MAKE_DIR   (1ULL << 7)
#define FS_MAKE_REG   (1ULL << 8)
#define FS_FIRST      ((1ULL << 13) - 1)
#define FS_REFER      (1ULL << 13)
#define FS_TRUNCATE   (1ULL << 14)
#define FS_IOCTL_DEV  (1ULL << 15)
#define NET_TCP       3ULL                /* bind, connect */
#define SCOPE_ALL     3ULL                /* abstract UNIX sockets, signals */
#define OF_A_FILE     (FS_EXECUTE | FS_WRITE_FILE | FS_READ_FILE | FS_TRUNCATE)

enum { LANDLOCK_ASK_VERSION = 1, LANDLOCK_RULE_PATH = 1 };

struct handled { uint64_t files, network, scopes; };
struct path_rule { uint64_t access; int32_t fd; } __attribute__((packed));

static const struct { int since; size_t size; struct handled adds; const char *name; } generations[] = {
	{ 1, 8, { FS_FIRST, 0, 0 }, "files" },
	{ 2, 8, { FS_REFER, 0, 0 }, "moves between folders" },
	{ 3, 8, { FS_TRUNCATE, 0, 0 }, "truncate" },
	{ 4, 16, { 0, NET_TCP, 0 }, "TCP" },
	{ 5, 16, { FS_IOCTL_DEV, 0, 0 }, "ioctl" },
	{ 6, 24, { 0, 0, SCOPE_ALL }, "signals and abstract sockets" },
};

static const struct { unsigned access; uint64_t files; } meanings[] = {
	{ JAIL_READ, FS_READ_FILE | FS_READ_DIR },
	{ JAIL_WRITE, FS_WRITE_FILE | FS_TRUNCATE | FS_MAKE_REG | FS_REMOVE_FILE | FS_REFER },
	{ JAIL_FOLDERS, FS_MAKE_DIR | FS_REMOVE_DIR },
	{ JAIL_SOCKET, 0 },
	{ JAIL_RUN, FS_EXECUTE | FS_READ_FILE },
};

/* Landlock refuses a folder's rights on a plain file, so ask what it is first. */
static enum result permit_path(int ruleset, const struct jail_path *path, uint64_t known)
{
	struct path_rule rule = { .fd = path->fd };
	struct stat found;

	if (fstat(path->fd, &found) != 0)
		return BROKEN;
	for (size_t i = 0; i < COUNT_OF(meanings); i++)
		if (path->access & meanings[i].access)
			rule.access |= meanings[i].files;
	rule.access &= S_ISDIR(found.st_mode) ? known : known & OF_A_FILE;
	if (rule.access == 0)
		return OK;
	return syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH, &rule, 0) == 0 ? OK : BROKEN;
}

static size_t known_to(long version, bool network, struct handled *ret_handled)
{
	size_t size = 0;

	for (size_t i = 0; i < COUNT_OF(generations) && generations[i].since <= version; i++) {
		size = generations[i].size;
		ret_handled->files |= generations[i].adds.files;
		ret_handled->network |= network ? 0 : generations[i].adds.network;
		ret_handled->scopes |= generations[i].adds.scopes;
	}
	return size;
}

static void report_unknown(struct building *building, long version)
{
	char text[JAIL_REPORT_SIZE] = "";
	size_t used = 0;

	for (size_t i = 0; i < COUNT_OF(generations); i++)
		if (generations[i].since > version)
			used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s", used ? ", " : "",
			                         generations[i].name);
	if (used)
		jail_report(building, "this kernel's Landlock does not know: %s", text);
}

enum result jail_own_paths(struct building *building)
{
	const struct jail_plan *plan = building->plan;
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_ASK_VERSION);
	struct handled handled = { 0 };
	closing int ruleset = -1;
	size_t size;

	if (version < 1)
		return jail_failed(building, "Landlock");
	size = known_to(version, building->jail->network, &handled);
	ruleset = (int)syscall(SYS_landlock_create_ruleset, &handled, size, 0);
	if (ruleset < 0)
		return jail_failed(building, "Landlock rules");
	for (size_t i = 0; i < plan->path_count; i++)
		if (permit_path(ruleset, &plan->paths[i], handled.files) != OK)
			return jail_failed(building, "Landlock path");
	if (syscall(SYS_landlock_restrict_self, ruleset, 0) != 0)
		return jail_failed(building, "Landlock");
	report_unknown(building, version);
	return OK;
}
