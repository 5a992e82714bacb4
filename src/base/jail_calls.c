/* SPDX-License-Identifier: Apache-2.0 */
/* The filter: a jail's list of calls, each narrowed where a row says so; all else ends the process. */
#include "base/jail_building.h"

#include "base/slice.h"

#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/socket.h>

#define SPACES                                                                                                         \
	(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET)
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

void jail_closed(void)
{
	jailed = true;
}
#else
static const int to_sanitize[] = { JAIL_CALLS_END };

void jail_closed(void)
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
	return !jail_changes_user(building) ||
	       (added(seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SYS_setresuid, 3, user)) &&
	        added(seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SYS_setresgid, 3, group)) &&
	        added(seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SYS_setgroups, 1, none)));
}

enum result jail_own_calls(struct building *building)
{
	const struct jail *jail = building->jail;
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	bool built;

	if (filter == NULL)
		return jail_failed(building, "seccomp");
	built = added(seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS)) &&
	        added(seccomp_rule_add_array(filter, SCMP_ACT_ERRNO(ENOSYS), SYS_clone3, 0, NULL)) &&
	        permit_calls(filter, jail, jail->calls) && permit_calls(filter, jail, to_sanitize) &&
	        (!jail->threads || permit_threads(filter, jail)) &&
	        (!jail->spawns || permit_spawning(filter, building)) && added(seccomp_load(filter));
	seccomp_release(filter);
	return built ? OK : jail_failed(building, "seccomp");
}
