/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each part of the jail is a row in the order it must be built: empty root and user first (they need
 * root), then no new privileges, paths, limits, and the system calls last, for the filter forbids the rest.
 */
#include "base/jail_building.h"

#include "base/slice.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NEIGHBOURS = 256, THREADS_MOST = 64 };

void __attribute__((format(printf, 2, 3))) jail_report(struct building *building, const char *format, ...)
{
	size_t room = JAIL_REPORT_SIZE - building->used;
	va_list list;
	int wrote;

	if (room < 4)
		return;
	if (building->used) {
		building->report[building->used++] = ';';
		building->report[building->used++] = ' ';
		room -= 2;
	}
	va_start(list, format);
	wrote = vsnprintf(building->report + building->used, room, format, list);
	va_end(list);
	if (wrote > 0)
		building->used += (size_t)wrote < room ? (size_t)wrote : room - 1;
}

enum result jail_failed(struct building *building, const char *what)
{
	jail_report(building, "%s: %s", what, strerror(errno));
	return BROKEN;
}

static void start_report(struct building *building, const struct jail_plan *plan, char *text)
{
	*building = (struct building){ .plan = plan, .jail = plan->jail, .report = text };
	text[0] = '\0';
}

bool jail_changes_user(const struct building *building)
{
	return building->plan->root && building->jail->user != NULL;
}

/* The folder of a process that has ended is empty for ever, and needs nothing prepared: a child that
 * shares our root goes into its own /proc/self/fdinfo, and ends. */
static enum result empty_root(struct building *building)
{
	int status = 0;
	long child;

	if (!jail_changes_user(building) || building->jail->keep_root)
		return OK;
	child = syscall(SYS_clone, (unsigned long)(CLONE_FS | SIGCHLD), 0UL, 0UL, 0UL, 0UL);
	if (child == 0)
		_exit(chroot("/proc/self/fdinfo") == 0 && chdir("/") == 0 ? 0 : 1);
	if (child < 0)
		return jail_failed(building, "empty root");
	while (waitpid((pid_t)child, &status, 0) < 0)
		if (errno != EINTR)
			return jail_failed(building, "empty root");
	if (status == 0)
		return OK;
	jail_report(building, "empty root: could not go into /proc/self/fdinfo");
	return BROKEN;
}

static enum result set_capabilities(bool to_spawn)
{
	static const cap_value_t kept[] = { CAP_SETUID, CAP_SETGID };
	cap_t wanted = cap_init();
	bool set = wanted != NULL;

	if (set && to_spawn)
		set = cap_set_flag(wanted, CAP_PERMITTED, COUNT_OF(kept), kept, CAP_SET) == 0 &&
		      cap_set_flag(wanted, CAP_EFFECTIVE, COUNT_OF(kept), kept, CAP_SET) == 0;
	set = set && cap_set_proc(wanted) == 0;
	(void)cap_free(wanted);
	return set ? OK : BROKEN;
}

static enum result own_user(struct building *building)
{
	const struct jail_plan *plan = building->plan;
	bool to_spawn = building->jail->spawns != NULL;

	if (!jail_changes_user(building))
		return set_capabilities(false) == OK ? OK : jail_failed(building, "capabilities");
	for (cap_value_t cap = 0; cap_get_bound(cap) >= 0; cap++)
		if (cap_drop_bound(cap) != 0)
			return jail_failed(building, "capability bounds");
	if (prctl(PR_SET_KEEPCAPS, to_spawn ? 1UL : 0UL, 0UL, 0UL, 0UL) != 0)
		return jail_failed(building, "capabilities");
	if (setgroups(0, NULL) != 0 || setresgid(plan->gid, plan->gid, plan->gid) != 0 ||
	    setresuid(plan->uid, plan->uid, plan->uid) != 0)
		return jail_failed(building, building->jail->user);
	return set_capabilities(to_spawn) == OK ? OK : jail_failed(building, "capabilities");
}

static enum result no_new_privileges(struct building *building)
{
	return prctl(PR_SET_NO_NEW_PRIVS, 1UL, 0UL, 0UL, 0UL) == 0 ? OK : jail_failed(building, "no new privileges");
}

/* Cut to the hard limit we have: less than was asked for is still a limit. */
static bool limit(int which, rlim_t most)
{
	struct rlimit now, wanted = { most, most };

	if (getrlimit((__rlimit_resource_t)which, &now) != 0)
		return false;
	if (now.rlim_max != RLIM_INFINITY && most > now.rlim_max)
		wanted = (struct rlimit){ now.rlim_max, now.rlim_max };
	return setrlimit((__rlimit_resource_t)which, &wanted) == 0;
}

/* The kernel counts all processes and threads of a user. Only a user of our own can be counted on:
 * others of ours run under it too, a few at most. */
static bool limit_processes(const struct building *building)
{
	size_t more = building->jail->processes + (building->jail->threads ? THREADS_MOST : 0);

	if (more == 0)
		return limit(RLIMIT_NPROC, 0);
	return !jail_changes_user(building) || limit(RLIMIT_NPROC, NEIGHBOURS + more);
}

#ifdef POSTERN_SANITIZED
enum { MEMORY_IS_LIMITED = 0 };
#else
enum { MEMORY_IS_LIMITED = 1 };
#endif

static enum result own_limits(struct building *building)
{
	const struct jail *jail = building->jail;
	rlim_t file_size = jail->file_size == JAIL_NO_FILES ? 0 : jail->file_size;

	if (MEMORY_IS_LIMITED && jail->memory && !limit(RLIMIT_AS, jail->memory))
		return jail_failed(building, "memory limit");
	if (jail->open_files && !limit(RLIMIT_NOFILE, jail->open_files))
		return jail_failed(building, "descriptor limit");
	if (jail->cpu_seconds && !limit(RLIMIT_CPU, jail->cpu_seconds))
		return jail_failed(building, "CPU limit");
	if (jail->file_size && (!limit(RLIMIT_FSIZE, file_size) || signal(SIGXFSZ, SIG_IGN) == SIG_ERR))
		return jail_failed(building, "file size limit");
	if (!limit(RLIMIT_CORE, 0))
		return jail_failed(building, "core limit");
	return limit_processes(building) ? OK : jail_failed(building, "process limit");
}

static enum result find_user(struct building *building, const char *user, unsigned *ret_uid, unsigned *ret_gid)
{
	const struct passwd *entry = user ? getpwnam(user) : NULL;

	if (user == NULL)
		return OK;
	if (entry == NULL || entry->pw_uid == 0) {
		jail_report(building, "no such user: %s", user);
		return BROKEN;
	}
	*ret_uid = entry->pw_uid;
	*ret_gid = entry->pw_gid;
	return OK;
}

enum result jail_plan_init(struct jail_plan *plan, const struct jail *jail, bool weak, char report[JAIL_REPORT_SIZE])
{
	struct building building;

	*plan = (struct jail_plan){ .jail = jail, .weak = weak, .root = geteuid() == 0 };
	start_report(&building, plan, report);
	if (!plan->root)
		return OK;
	TRY(find_user(&building, jail->user, &plan->uid, &plan->gid));
	return find_user(&building, jail->spawns, &plan->spawn_uid, &plan->spawn_gid);
}

enum result jail_enter(const struct jail_plan *plan, char report[JAIL_REPORT_SIZE])
{
	static enum result (*const parts[])(struct building *) = {
		empty_root, own_user, no_new_privileges, jail_own_paths, own_limits, jail_own_calls,
	};
	struct building building;

	start_report(&building, plan, report);
	for (size_t i = 0; i < COUNT_OF(parts); i++)
		if (parts[i](&building) != OK && !plan->weak)
			return BROKEN;
	jail_closed();
	return OK;
}

enum result jail_become_spawned(const struct jail_plan *plan)
{
	if (!plan->root || plan->jail->user == NULL)
		return OK;
	if (setgroups(0, NULL) != 0 || setresgid(plan->spawn_gid, plan->spawn_gid, plan->spawn_gid) != 0 ||
	    setresuid(plan->spawn_uid, plan->spawn_uid, plan->spawn_uid) != 0)
		return BROKEN;
	return set_capabilities(false);
}
