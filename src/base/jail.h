/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jail.h — what one process may still do once it is running.
 *
 * Knows:   Linux: user, empty root, Landlock paths and ports, seccomp calls, limits, capabilities.
 * Ignores: who is confined, and why; the reasons stand in the constant, beside the prisoner.
 * Owns:    nothing; a jail is a constant, written next to the process it confines.
 * Fails:   BROKEN if any required part of the jail cannot be built, with what and why in the
 *          report. There is no half a jail, unless the operator wrote `jail = weak`.
 *
 * Order: empty root, user and capabilities, Landlock, limits, seccomp: each would forbid what comes after it.
 * A call that is not permitted ends the process (SIGSYS).
 * Started as root: own user, own empty root, no capability but `keep`. Started as anybody else:
 * the same user, with Landlock and seccomp. Rights that this kernel's Landlock does not know are
 * left out and named in the report, for one line in the log.
 */
#ifndef BASE_JAIL_H
#define BASE_JAIL_H

#include "base/result.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>

enum jail_access {
	JAIL_READ = 1,          /* read files, list folders */
	JAIL_WRITE = 2,         /* write, make and remove files, rename between permitted folders */
	JAIL_FOLDERS = 4,       /* make folders too */
	JAIL_SOCKET = 8,        /* connect to a UNIX socket that lies there (path resolution only) */
	JAIL_RUN = 16,          /* execute; for supervisor and scanners */
};

/* A folder or file known only from the settings, opened before the jail (O_PATH is enough).
 * Landlock speaks of what the descriptor names, so it holds behind an empty root too. */
struct jail_path { int fd; unsigned access; };

enum jail_call_end { JAIL_CALLS_END = -1 };

struct jail {
	const char *user;              /* when started as root; NULL: keep ours */
	size_t memory;                 /* RLIMIT_AS, bytes; 0: no limit. Ignored in sanitizer builds */
	size_t open_files;             /* RLIMIT_NOFILE; cut to the hard limit that we have */
	size_t cpu_seconds;            /* RLIMIT_CPU; 0: no limit */
	size_t file_size;              /* RLIMIT_FSIZE, bytes; JAIL_NO_FILES: may not write to any file */
	size_t processes;              /* RLIMIT_NPROC, beside a few hundred for others of that user; 0: none more.
	                                * Without a user of our own there is nothing to count, and only 0 is set */
	bool threads;                  /* may start threads (not processes) after the jail is closed */
	bool network;                  /* false: Landlock forbids TCP bind and connect where it can */
	bool keep_root;                /* no empty root: needs paths by name after the start (UNIX sockets) */
	const char *spawns;            /* user that children change to (inspect's workers); else NULL */
	const int *calls;              /* permitted system calls, ends with -1 */
};

#define JAIL_NO_FILES SIZE_MAX
#define JAIL_CALLS(...) (const int[]){ __VA_ARGS__, JAIL_CALLS_END }

/* What base/ itself calls; a room's list begins with what it uses of it. In part only, whatever the list
 * says: mmap and mprotect never make anything executable, clone makes no name space, socket is UNIX
 * (and IP where `network`), prlimit64 is for ourselves. clone3 is "not there", so the C library uses clone. */
#define JAIL_DAEMON  /* loop, channel, log, settings, memory */                                              \
	SYS_epoll_wait, SYS_epoll_ctl, SYS_clock_gettime, SYS_recvmsg, SYS_sendmsg, SYS_read, SYS_write,       \
	SYS_pread64, SYS_lseek, SYS_newfstatat, SYS_fstat, SYS_fcntl, SYS_close, SYS_brk, SYS_mmap, SYS_munmap, \
	SYS_mremap, SYS_mprotect, SYS_madvise, SYS_futex, SYS_getrandom, SYS_getpid, SYS_rt_sigprocmask,        \
	SYS_rt_sigaction, SYS_rt_sigreturn, SYS_restart_syscall, SYS_exit_group
#define JAIL_DURABLE /* durable.h, on any thread; crew.h needs jail.threads and nothing more */              \
	SYS_openat, SYS_writev, SYS_fsync, SYS_fdatasync, SYS_linkat, SYS_unlinkat, SYS_renameat2,              \
	SYS_getdents64, SYS_fstatfs, SYS_mkdirat

enum { JAIL_REPORT_SIZE = 256 };

struct jail_plan {
	const struct jail *jail;
	const struct jail_path *paths; /* `path_count` of them, borrowed */
	size_t path_count;
	bool weak;                     /* a part that cannot be built is reported and left out */
	bool root;                     /* started as root */
	unsigned uid, gid;             /* of `user`, looked up by jail_plan_init() */
	unsigned spawn_uid, spawn_gid; /* of `spawns` */
};

/* Looks the users up (before the jail: it reads /etc/passwd). BROKEN: no such user. */
must_use enum result jail_plan_init(struct jail_plan *plan, const struct jail *jail, bool weak,
                                    char report[JAIL_REPORT_SIZE]);

/* No way back. `report` says what failed (BROKEN) or what this kernel lacks (OK, maybe empty). */
must_use enum result jail_enter(const struct jail_plan *plan, char report[JAIL_REPORT_SIZE]);

/* In a child of a process whose jail `spawns`: become that user and drop what was kept for it. */
must_use enum result jail_become_spawned(const struct jail_plan *plan);

#endif
