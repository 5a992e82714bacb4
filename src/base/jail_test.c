/* SPDX-License-Identifier: Apache-2.0 */
/* Each forbidden act is tried from inside a jail, once started as root and once as nobody. */
#include "base/fd.h"
#include "base/jail.h"
#include "base/jail_attempts.h"

#include <grp.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/un.h>

#define BREATHE SYS_read, SYS_write, SYS_close, SYS_exit_group, SYS_brk, SYS_mmap, SYS_munmap, SYS_futex

static const struct jail narrow_jail = {
	.user = "nobody", .memory = 256 << 20, .open_files = 32, .file_size = JAIL_NO_FILES, .cpu_seconds = 20,
	.calls = JAIL_CALLS(BREATHE),
};
/* Calls are permitted here, so that Landlock and the limits are what refuses. */
static const struct jail wide_jail = {
	.user = "nobody",
	.memory = 256 << 20,
	.open_files = 32,
	.file_size = 1 << 16,
	.calls = JAIL_CALLS(BREATHE, SYS_openat, SYS_fstat, SYS_newfstatat, SYS_getdents64, SYS_socket, SYS_connect,
			    SYS_bind, SYS_fcntl, SYS_dup, SYS_kill, SYS_execve, SYS_clone, SYS_clone3, SYS_wait4,
			    SYS_mprotect, SYS_ptrace, SYS_renameat2, SYS_unlinkat, SYS_linkat, SYS_mkdirat, SYS_mkdir,
			    SYS_rt_sigprocmask, SYS_set_robust_list, SYS_rt_sigreturn, SYS_lseek, SYS_memfd_create,
			    SYS_prlimit64, SYS_getppid),
};
static const struct jail threads_jail = {
	.user = "nobody", .memory = 256 << 20, .open_files = 32, .threads = true, .calls = JAIL_CALLS(BREATHE),
};
static const struct jail network_jail = {
	.user = "nobody", .open_files = 32, .network = true,
	.calls = JAIL_CALLS(BREATHE, SYS_socket, SYS_connect, SYS_bind),
};
static const struct jail rooted_jail = {
	.user = "nobody", .open_files = 32, .keep_root = true,
	.calls = JAIL_CALLS(BREATHE, SYS_socket, SYS_connect),
};
static const struct jail spawning_jail = {
	.user = "nobody", .open_files = 32, .spawns = "daemon", .processes = 8,
	.calls = JAIL_CALLS(BREATHE, SYS_clone, SYS_wait4, SYS_set_robust_list, SYS_rt_sigprocmask, SYS_getresuid),
};
static const struct jail nobody_has_this = { .user = "no-such-user-here", .calls = JAIL_CALLS(BREATHE) };
static const struct jail worker_jail = { .open_files = 32, .calls = JAIL_CALLS(BREATHE, SYS_getresuid) };

static int readable = -1, writable = -1, elsewhere = -1, socket_folder = -1;
static char folder_name[] = "/tmp/postern-jail-XXXXXX";
static struct sockaddr_un listening = { .sun_family = AF_UNIX };

static int breathe(void)         { return write(STDERR_FILENO, "", 0) == 0 ? 0 : 1; }
static int read_permitted(void)  { return openat(readable, "file", O_RDONLY) >= 0 ? 0 : 1; }
static int read_elsewhere(void)  { return openat(elsewhere, "file", O_RDONLY) < 0 && errno == EACCES ? 0 : 1; }
static int list_elsewhere(void)
{
	return openat(elsewhere, ".", O_RDONLY | O_DIRECTORY) < 0 && errno == EACCES ? 0 : 1;
}
static int write_read_only(void) { return openat(readable, "file", O_WRONLY) < 0 && errno == EACCES ? 0 : 1; }
static int cut_read_only(void)   { return openat(readable, "file", O_RDONLY | O_TRUNC) < 0 && errno == EACCES ? 0 : 1; }
static int make_permitted(void)  { return openat(writable, "new", O_WRONLY | O_CREAT | O_EXCL, 0600) >= 0 ? 0 : 1; }
static int make_elsewhere(void)
{
	return openat(elsewhere, "new", O_WRONLY | O_CREAT | O_EXCL, 0600) < 0 && errno == EACCES ? 0 : 1;
}
static int make_folder(void)     { return mkdirat(writable, "folder", 0700) < 0 && errno == EACCES ? 0 : 1; }
static int go_up(void)           { return openat(writable, "../elsewhere/file", O_RDONLY) < 0 ? 0 : 1; }
static int exec_permitted(void)  { return act_exec(); }
static int name_space(void)      { return (int)syscall(SYS_clone, 0x10000000 | SIGCHLD, 0, 0, 0, 0) < 0 ? 0 : 1; }
static int clone_three(void)     { return syscall(SYS_clone3, NULL, 0) < 0 && errno == ENOSYS ? 0 : 1; }
static int others_limits(void)
{
	struct rlimit none = { 0, 0 };
	return prlimit(jail_attempt_parent, RLIMIT_CPU, &none, NULL) < 0 ? 0 : 1;
}

static int write_too_much(void)
{
	static const char page[4096];
	int fd = openat(writable, "large", O_WRONLY | O_CREAT, 0600);

	for (int i = 0; fd >= 0 && i < 64; i++)
		if (write(fd, page, sizeof(page)) < (ssize_t)sizeof(page))
			return errno == EFBIG ? 0 : 1;
	return 1;
}

static int take_too_much(void)
{
	return mmap(NULL, 512UL << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? 0
														 : 1;
}

static int abstract_socket(void)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX, .sun_path = "\0postern-jail-test" };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	return connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0 && (errno == EPERM || errno == ECONNREFUSED) ? 0 : 1;
}

static int old_calls(void)
{
	long answer;

	__asm__ volatile("int $0x80" : "=a"(answer) : "a"(20L) : "memory");     /* getpid, as 32-bit programs say it */
	return answer < 0 ? 0 : 1;
}

static void *say(void *flag)
{
	*(int *)flag = 1;
	return NULL;
}

static int start_thread(void)
{
	pthread_t thread;
	int flag = 0;

	return pthread_create(&thread, NULL, say, &flag) == 0 && pthread_join(thread, NULL) == 0 && flag ? 0 : 1;
}

static int connect_by_name(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	return connect(fd, (struct sockaddr *)&listening, sizeof(listening)) == 0 ? 0 : 1;
}

static int connect_tcp(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_port = htons(1),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	return connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0 && errno == ECONNREFUSED ? 0 : 1;
}

static const struct jail_attempt narrow[] = {
	{ "may write to what it holds", breathe, 0 },
	{ "cannot open even what is permitted: no such call", read_permitted, SIGSYS },
	{ "cannot take more memory than its limit", take_too_much, 0 },
	{ "cannot use the calls of another architecture", old_calls, SIGSYS },
	{ "cannot start a thread", start_thread, SIGSYS },
};

static const struct jail_attempt wide[] = {
	{ "may read a permitted folder", read_permitted, 0 },
	{ "cannot read another folder it holds open", read_elsewhere, 0 },
	{ "cannot list another folder it holds open", list_elsewhere, 0 },
	{ "cannot write where it may read", write_read_only, 0 },
	{ "cannot cut a file where it may read", cut_read_only, 0 },
	{ "may make a file in a permitted folder", make_permitted, 0 },
	{ "cannot make a file in another folder", make_elsewhere, 0 },
	{ "cannot make a folder where it may write", make_folder, 0 },
	{ "cannot climb out of a permitted folder", go_up, 0 },
	{ "cannot write more than its file size limit", write_too_much, 0 },
	{ "cannot run a program though the call is there", exec_permitted, 0 },
	{ "cannot clone into a name space", name_space, SIGSYS },
	{ "is told that clone3 is not there", clone_three, 0 },
	{ "cannot set another process's limits", others_limits, SIGSYS },
	{ "cannot reach an abstract socket", abstract_socket, 0 },
};

static const struct jail_attempt threaded[] = {
	{ "may start a thread", start_thread, 0 },
	{ "cannot fork though it may start threads", act_fork, SIGSYS },
};

static const struct jail_attempt networked[] = {
	{ "may connect", connect_tcp, 0 },
};

static const struct jail_attempt rooted[] = {
	{ "may reach a UNIX socket by name", connect_by_name, 0 },
};

static int open_folder(const char *name)
{
	char path[128];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", folder_name, name);
	(void)mkdir(path, 0777);
	(void)chmod(path, 0777);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	closing int file = openat(fd, "file", O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
	(void)fchmod(file, 0666);
	return fd;
}

static void prepare(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (mkdtemp(folder_name) == NULL || chmod(folder_name, 0777) != 0)
		exit(1);
	readable = open_folder("readable");
	writable = open_folder("writable");
	elsewhere = open_folder("elsewhere");
	socket_folder = open(folder_name, O_PATH | O_CLOEXEC);
	(void)snprintf(listening.sun_path, sizeof(listening.sun_path), "%s/socket", folder_name);
	if (bind(fd, (struct sockaddr *)&listening, sizeof(listening)) != 0 || listen(fd, 8) != 0)
		exit(1);
	(void)chmod(listening.sun_path, 0666);
}

static void clean_up(void)
{
	static const char *const files[] = { "readable/file", "writable/file", "writable/new", "writable/large",
		                             "elsewhere/file", "socket" };
	static const char *const folders[] = { "readable", "writable", "elsewhere" };

	for (size_t i = 0; i < COUNT_OF(files); i++)
		(void)unlinkat(socket_folder, files[i], 0);
	for (size_t i = 0; i < COUNT_OF(folders); i++)
		(void)unlinkat(socket_folder, folders[i], AT_REMOVEDIR);
	(void)rmdir(folder_name);
}

static void be_nobody(void)
{
	if (geteuid() == 0 && (setgroups(0, NULL) != 0 || setresgid(65534, 65534, 65534) != 0 ||
	                       setresuid(65534, 65534, 65534) != 0 || prctl(PR_SET_DUMPABLE, 1UL, 0UL, 0UL, 0UL) != 0))
		_exit(98);
}

/* One jail as started by root or not, with the two folders. */
static void try_jail(const struct jail *jail, bool root, const struct jail_attempt *rows, size_t count, unsigned may)
{
	const struct jail_path paths[] = { { readable, JAIL_READ }, { writable, JAIL_READ | JAIL_WRITE },
		                           { socket_folder, JAIL_SOCKET } };
	struct jail_plan plan;
	char report[JAIL_REPORT_SIZE];

	CHECK(jail_plan_init(&plan, jail, false, report) == OK, "the jail's user is found");
	plan.root = plan.root && root;
	plan.paths = paths;
	plan.path_count = COUNT_OF(paths);
	for (size_t i = 0; i < count; i++) {
		(void)unlinkat(writable, "new", 0);
		jail_try_as(&plan, &rows[i], root ? NULL : be_nobody);
	}
	jail_try_common(&plan, may, root ? NULL : be_nobody);
	jail_check_status(&plan, root ? NULL : be_nobody, (const char *const[]){ JAIL_STATUS_ALWAYS },
			  jail->spawns ? 2 : 4);
	if (plan.root)
		jail_check_status(&plan, NULL,
				  (const char *const[]){ "Uid:\t65534\t65534\t65534\t65534", JAIL_STATUS_ROOT }, 3);
}

static void try_jails(bool root)
{
	try_jail(&narrow_jail, root, narrow, COUNT_OF(narrow), 0);
	try_jail(&wide_jail, root, wide, COUNT_OF(wide), ACT_FORK | ACT_EXEC);
	try_jail(&threads_jail, root, threaded, COUNT_OF(threaded), 0);
	try_jail(&network_jail, root, networked, COUNT_OF(networked), ACT_CONNECT | ACT_BIND);
	try_jail(&rooted_jail, root, rooted, COUNT_OF(rooted), 0);
}

static struct jail_plan spawn_plan, spawned_plan;

static int run_worker(void)
{
	uid_t real, effective, saved;
	char report[JAIL_REPORT_SIZE];

	if (jail_become_spawned(&spawn_plan) != OK || jail_enter(&spawned_plan, report) != OK)
		return 3;
	if (getresuid(&real, &effective, &saved) != 0)
		return 4;
	return real == spawn_plan.spawn_uid && effective == real && saved == real ? 0 : 5;
}

static int spawn_worker(void)
{
	pid_t child = fork();

	if (child == 0)
		_exit(run_worker());
	return child > 0 && jail_wait(child) == 0 ? 0 : 1;
}

static int become_root(void)  { return setresuid(0, 0, 0) == 0 ? 1 : 2; }
static int keep_old_id(void)  { return setresuid((uid_t)-1, spawn_plan.spawn_uid, (uid_t)-1) == 0 ? 1 : 2; }

static int worker_becomes_again(void)
{
	return run_worker() == 0 && setresuid(spawn_plan.uid, spawn_plan.uid, spawn_plan.uid) ? 1 : 2;
}

static const struct jail_attempt spawning[] = {
	{ "may start a worker under its user, in a jail of its own", spawn_worker, 0 },
	{ "cannot become root", become_root, SIGSYS },
	{ "cannot take the worker's user only in part", keep_old_id, SIGSYS },
	{ "a worker cannot go back", worker_becomes_again, SIGSYS },
};

static void try_spawning(void)
{
	char report[JAIL_REPORT_SIZE];

	CHECK(jail_plan_init(&spawn_plan, &spawning_jail, false, report) == OK, "both users are found");
	CHECK(jail_plan_init(&spawned_plan, &worker_jail, false, report) == OK, "a worker's jail keeps its user");
	for (size_t i = 0; i < COUNT_OF(spawning); i++)
		jail_try_as(&spawn_plan, &spawning[i], NULL);
}

static void try_failures(void)
{
	const struct jail_path bad = { -1, JAIL_READ };
	struct jail_plan plan;
	char report[JAIL_REPORT_SIZE];
	pid_t child;

	CHECK(geteuid() != 0 || jail_plan_init(&plan, &nobody_has_this, false, report) == BROKEN,
	      "an unknown user is an error");
	CHECK(geteuid() != 0 || strstr(report, "no-such-user-here") != NULL, "and is named");
	plan = (struct jail_plan){ .jail = &worker_jail, .paths = &bad, .path_count = 1 };
	(void)fflush(stdout);
	child = fork();
	if (child == 0)
		_exit(jail_enter(&plan, report) == BROKEN && strstr(report, "Landlock path") ? 0 : 1);
	CHECK(jail_wait(child) == 0, "a path that is not there is an error, with its reason");
	plan.weak = true;
	child = fork();
	if (child == 0)
		_exit(jail_enter(&plan, report) == OK && strstr(report, "Landlock path") ? 0 : 1);
	CHECK(jail_wait(child) == 0, "a weak jail names what it lacks and goes on");
}

int main(void)
{
	if (!jail_tests_make_sense())
		return JAIL_TEST_SKIPPED;
	prepare();
	if (geteuid() == 0)
		try_jails(true);
	else
		printf("skipped: rows for a start as root need root\n");
	try_jails(false);
	if (geteuid() == 0)
		try_spawning();
	try_failures();
	clean_up();
	return TEST_END();
}
