/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each part of the jail is a row in the order it must be built: empty root and user first (they need
 * root), then no new privileges, paths, limits, and the system calls last, for the filter forbids the rest.
 */
#include "base/jail.h"
#include "base/fd.h"
#include "base/slice.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/capability.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NEIGHBOURS = 256, THREADS_MOST = 64 };

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

/* What is under way: the plan, and the report that grows. */
struct building {
	const struct jail_plan *plan;
	const struct jail *jail;
	char *report;
	size_t used;
};

__attribute__((format(printf, 2, 3))) static void report(struct building *building, const char *format, ...)
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

static enum result failed(struct building *building, const char *what)
{
	report(building, "%s: %s", what, strerror(errno));
	return BROKEN;
}

static void start_report(struct building *building, const struct jail_plan *plan, char *text)
{
	*building = (struct building){ .plan = plan, .jail = plan->jail, .report = text };
	text[0] = '\0';
}

static bool changes_user(const struct building *building)
{
	return building->plan->root && building->jail->user != NULL;
}

/* The folder of a process that has ended is empty for ever, and needs nothing prepared: a child that
 * shares our root goes into its own /proc/self/fdinfo, and ends. */
static enum result empty_root(struct building *building)
{
	int status = 0;
	long child;

	if (!changes_user(building) || building->jail->keep_root)
		return OK;
	child = syscall(SYS_clone, (unsigned long)(CLONE_FS | SIGCHLD), 0UL, 0UL, 0UL, 0UL);
	if (child == 0)
		_exit(chroot("/proc/self/fdinfo") == 0 && chdir("/") == 0 ? 0 : 1);
	if (child < 0)
		return failed(building, "empty root");
	while (waitpid((pid_t)child, &status, 0) < 0)
		if (errno != EINTR)
			return failed(building, "empty root");
	if (status == 0)
		return OK;
	report(building, "empty root: could not go into /proc/self/fdinfo");
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

	if (!changes_user(building))
		return set_capabilities(false) == OK ? OK : failed(building, "capabilities");
	for (cap_value_t cap = 0; cap_get_bound(cap) >= 0; cap++)
		if (cap_drop_bound(cap) != 0)
			return failed(building, "capability bounds");
	if (prctl(PR_SET_KEEPCAPS, to_spawn ? 1UL : 0UL, 0UL, 0UL, 0UL) != 0)
		return failed(building, "capabilities");
	if (setgroups(0, NULL) != 0 || setresgid(plan->gid, plan->gid, plan->gid) != 0 ||
	    setresuid(plan->uid, plan->uid, plan->uid) != 0)
		return failed(building, building->jail->user);
	return set_capabilities(to_spawn) == OK ? OK : failed(building, "capabilities");
}

static enum result no_new_privileges(struct building *building)
{
	return prctl(PR_SET_NO_NEW_PRIVS, 1UL, 0UL, 0UL, 0UL) == 0 ? OK : failed(building, "no new privileges");
}

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
		report(building, "this kernel's Landlock does not know: %s", text);
}

static enum result own_paths(struct building *building)
{
	const struct jail_plan *plan = building->plan;
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_ASK_VERSION);
	struct handled handled = { 0 };
	closing int ruleset = -1;
	size_t size;

	if (version < 1)
		return failed(building, "Landlock");
	size = known_to(version, building->jail->network, &handled);
	ruleset = (int)syscall(SYS_landlock_create_ruleset, &handled, size, 0);
	if (ruleset < 0)
		return failed(building, "Landlock rules");
	for (size_t i = 0; i < plan->path_count; i++)
		if (permit_path(ruleset, &plan->paths[i], handled.files) != OK)
			return failed(building, "Landlock path");
	if (syscall(SYS_landlock_restrict_self, ruleset, 0) != 0)
		return failed(building, "Landlock");
	report_unknown(building, version);
	return OK;
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
	return !changes_user(building) || limit(RLIMIT_NPROC, NEIGHBOURS + more);
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
		return failed(building, "memory limit");
	if (jail->open_files && !limit(RLIMIT_NOFILE, jail->open_files))
		return failed(building, "descriptor limit");
	if (jail->cpu_seconds && !limit(RLIMIT_CPU, jail->cpu_seconds))
		return failed(building, "CPU limit");
	if (jail->file_size && (!limit(RLIMIT_FSIZE, file_size) || signal(SIGXFSZ, SIG_IGN) == SIG_ERR))
		return failed(building, "file size limit");
	if (!limit(RLIMIT_CORE, 0))
		return failed(building, "core limit");
	return limit_processes(building) ? OK : failed(building, "process limit");
}

#define SPACES (CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET)
#define A_THREAD (CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD)

/* Calls that are never permitted as a whole: nothing new is executable, no other name spaces, no
 * foreign sockets, no other process's limits. */
static const struct { int call; bool network; struct scmp_arg_cmp only; } narrowed[] = {
	{ SYS_mmap, false, { 2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0 } },
	{ SYS_mprotect, false, { 2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0 } },
	{ SYS_clone, false, { 0, SCMP_CMP_MASKED_EQ, SPACES, 0 } },
	{ SYS_socket, false, { 0, SCMP_CMP_EQ, AF_UNIX, 0 } },
	{ SYS_socket, true, { 0, SCMP_CMP_EQ, AF_INET, 0 } },
	{ SYS_socket, true, { 0, SCMP_CMP_EQ, AF_INET6, 0 } },
	{ SYS_prlimit64, false, { 0, SCMP_CMP_EQ, 0, 0 } },
};

/* A child of a process that spawns builds a jail of its own, inside ours. */
static const int to_enter[] = { SYS_prctl, SYS_seccomp, SYS_landlock_create_ruleset, SYS_landlock_add_rule,
	                        SYS_landlock_restrict_self, SYS_prlimit64, SYS_capget, SYS_capset, SYS_fstat,
	                        SYS_newfstatat, SYS_rt_sigaction, SYS_close, JAIL_CALLS_END };

/* What the sanitizers' own code calls, beside what it is watching. */
#ifdef POSTERN_SANITIZED
static const int to_sanitize[] = { SYS_mmap, SYS_munmap, SYS_mprotect, SYS_madvise, SYS_sched_yield, SYS_getpid,
	                           SYS_gettid, SYS_futex, SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_sigaltstack,
	                           SYS_write, SYS_openat, SYS_readlink, SYS_readlinkat, SYS_close, SYS_fstat,
	                           SYS_newfstatat, SYS_ioctl, SYS_prctl, SYS_clone, SYS_wait4, SYS_getppid,
	                           SYS_clock_gettime, SYS_getrlimit, SYS_prlimit64, SYS_exit, SYS_exit_group,
	                           SYS_getrandom, SYS_process_vm_readv, SYS_arch_prctl, SYS_sched_getaffinity,
	                           SYS_read, SYS_lseek, SYS_brk, SYS_getdents64, SYS_set_robust_list, SYS_rseq,
	                           JAIL_CALLS_END };

/* Looking for leaks at the end would need other calls still, and /proc. */
static bool jailed;
int __lsan_is_turned_off(void);
int __lsan_is_turned_off(void)
{
	return jailed;
}

static void now_jailed(void)
{
	jailed = true;
}
#else
static const int to_sanitize[] = { JAIL_CALLS_END };

static void now_jailed(void)
{
}
#endif

static bool added(int outcome)
{
	errno = -outcome;
	return outcome == 0 || outcome == -EEXIST;
}

static bool permit_call(scmp_filter_ctx filter, const struct jail *jail, int call)
{
	bool narrow = false;

	for (size_t i = 0; i < COUNT_OF(narrowed); i++) {
		if (narrowed[i].call != call)
			continue;
		narrow = true;
		if ((jail->network || !narrowed[i].network) &&
		    !added(seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, call, 1, &narrowed[i].only)))
			return false;
	}
	return narrow || added(seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, call, 0, NULL));
}

static bool permit_calls(scmp_filter_ctx filter, const struct jail *jail, const int *calls)
{
	for (; *calls != JAIL_CALLS_END; calls++)
		if (!permit_call(filter, jail, *calls))
			return false;
	return true;
}

/* Threads, but not processes. The C library tries clone3 first, whose flags a filter cannot read. */
static bool permit_threads(scmp_filter_ctx filter, const struct jail *jail)
{
	static const int to_run[] = { SYS_set_robust_list, SYS_rseq, SYS_exit, SYS_mmap, SYS_mprotect, SYS_munmap,
		                      SYS_madvise, SYS_futex, SYS_rt_sigprocmask, SYS_rt_sigaction,
		                      JAIL_CALLS_END };
	const struct scmp_arg_cmp thread = { 0, SCMP_CMP_MASKED_EQ, A_THREAD | SPACES, A_THREAD };

	return added(seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SYS_clone, 1, &thread)) &&
	       permit_calls(filter, jail, to_run);
}

static bool permit_spawning(scmp_filter_ctx filter, const struct building *building)
{
	const unsigned uid = building->plan->spawn_uid, gid = building->plan->spawn_gid;
	const struct scmp_arg_cmp user[] = { { 0, SCMP_CMP_EQ, uid, 0 }, { 1, SCMP_CMP_EQ, uid, 0 },
		                             { 2, SCMP_CMP_EQ, uid, 0 } };
	const struct scmp_arg_cmp group[] = { { 0, SCMP_CMP_EQ, gid, 0 }, { 1, SCMP_CMP_EQ, gid, 0 },
		                              { 2, SCMP_CMP_EQ, gid, 0 } };
	const struct scmp_arg_cmp none[] = { { 0, SCMP_CMP_EQ, 0, 0 } };

	if (!permit_calls(filter, building->jail, to_enter))
		return false;
	return !changes_user(building) ||
	       (added(seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SYS_setresuid, 3, user)) &&
	        added(seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SYS_setresgid, 3, group)) &&
	        added(seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SYS_setgroups, 1, none)));
}

static enum result own_calls(struct building *building)
{
	const struct jail *jail = building->jail;
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	bool built;

	if (filter == NULL)
		return failed(building, "seccomp");
	built = added(seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS)) &&
	        added(seccomp_rule_add_array(filter, SCMP_ACT_ERRNO(ENOSYS), SYS_clone3, 0, NULL)) &&
	        permit_calls(filter, jail, jail->calls) && permit_calls(filter, jail, to_sanitize) &&
	        (!jail->threads || permit_threads(filter, jail)) &&
	        (!jail->spawns || permit_spawning(filter, building)) && added(seccomp_load(filter));
	seccomp_release(filter);
	return built ? OK : failed(building, "seccomp");
}

static enum result find_user(struct building *building, const char *user, unsigned *ret_uid, unsigned *ret_gid)
{
	const struct passwd *entry = user ? getpwnam(user) : NULL;

	if (user == NULL)
		return OK;
	if (entry == NULL || entry->pw_uid == 0) {
		report(building, "no such user: %s", user);
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
	static enum result (*const parts[])(struct building *) = { empty_root, own_user,   no_new_privileges,
		                                                   own_paths,  own_limits, own_calls };
	struct building building;

	start_report(&building, plan, report);
	for (size_t i = 0; i < COUNT_OF(parts); i++)
		if (parts[i](&building) != OK && !plan->weak)
			return BROKEN;
	now_jailed();
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
