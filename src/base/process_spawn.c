/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The supervisor's end of the talk: a child inherits exactly four descriptors and next to nothing of
 * the environment; everything else comes to it by the control channel. Nothing here waits for a child.
 */
#include "base/process.h"

#include "base/fd.h"
#include "base/pack.h"
#include "base/sealed.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

enum { OUT_OF_THE_WAY = 10, FIRST_NOT_INHERITED = 4, EXEC_FAILED = 127, GIFT_LIMIT = 1024 };

/* The sanitizers' options are wanted in tests; a release build knows no such variable. */
static const char *const inherited[] = { "ASAN_OPTIONS=", "UBSAN_OPTIONS=", "LSAN_OPTIONS=" };

static bool is_inherited(const char *variable)
{
	for (size_t i = 0; i < COUNT_OF(inherited); i++)
		if (strncmp(variable, inherited[i], strlen(inherited[i])) == 0)
			return true;
	return false;
}

static void sift_environment(char *ret_kept[COUNT_OF(inherited) + 1])
{
	size_t count = 0;

	for (char **variable = environ; *variable && count < COUNT_OF(inherited); variable++)
		if (is_inherited(*variable))
			ret_kept[count++] = *variable;
	ret_kept[count] = NULL;
}

static void forget_signals(void)
{
	sigset_t none;

	for (int number = 1; number < NSIG; number++)
		(void)signal(number, SIG_DFL);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/* First out of the way of each other, then to their places, where they lose close-on-exec. */
static bool place_descriptors(int control, int log_fd)
{
	int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
	int far_nothing = fcntl(nothing, F_DUPFD_CLOEXEC, OUT_OF_THE_WAY);
	int far_control = fcntl(control, F_DUPFD_CLOEXEC, OUT_OF_THE_WAY);
	int far_log = fcntl(log_fd, F_DUPFD_CLOEXEC, OUT_OF_THE_WAY);

	return dup2(far_nothing, STDIN_FILENO) >= 0 && dup2(far_nothing, STDOUT_FILENO) >= 0 &&
	       dup2(far_log, PROCESS_LOG_FD) >= 0 && dup2(far_control, PROCESS_CONTROL_FD) >= 0 &&
	       close_range(FIRST_NOT_INHERITED, ~0U, CLOSE_RANGE_CLOEXEC) == 0;
}

static _Noreturn void become(const char *executable, int control, int log_fd)
{
	char *arguments[] = { (char *)(uintptr_t)executable, NULL };
	char *environment[COUNT_OF(inherited) + 1];

	forget_signals();
	sift_environment(environment);
	if (place_descriptors(control, log_fd))
		(void)execve(executable, arguments, environment);
	_exit(EXEC_FAILED);
}

/* With signals held off while there are two of us: a handler of the supervisor must not run in the child. */
enum result process_spawn(const char *executable, int control, int log_fd, int *ret_pid)
{
	sigset_t all, before;
	pid_t pid;

	(void)sigfillset(&all);
	if (sigprocmask(SIG_SETMASK, &all, &before) != 0)
		return BROKEN;
	pid = fork();
	if (pid == 0)
		become(executable, control, log_fd);
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	if (pid < 0)
		return LATER;
	*ret_pid = pid;
	return OK;
}

/* One for each process: the reader begins where it stands, and moves that for all who have it. */
enum result process_hand_blob(int control, enum supervisor_says kind, struct slice packed_settings)
{
	closing int fd = -1;

	TRY(sealed_of("settings", packed_settings, &fd));
	if (lseek(fd, 0, SEEK_SET) != 0)
		return LATER;
	return frame_send_now(control, (uint8_t)kind, 0, SLICE(""), fd);
}

static enum result hand(int control, enum supervisor_says kind, struct buffer *said, enum result packed, int fd)
{
	if (packed == OK)
		packed = frame_send_now(control, (uint8_t)kind, 0, buffer_slice(said), fd);
	buffer_finish(said);
	return packed;
}

static enum result pack_gift(struct buffer *to, enum given what, struct slice name, uint32_t instance)
{
	TRY(pack_u8(to, (uint8_t)what));
	TRY(pack_slice(to, name));
	return pack_u32(to, instance);
}

enum result process_hand_gift(int control, enum given what, struct slice name, uint32_t instance, int fd)
{
	struct buffer said;

	buffer_init(&said, GIFT_LIMIT);
	return hand(control, SUPERVISOR_GIVE, &said, pack_gift(&said, what, name, instance), fd);
}

static enum result pack_start(struct buffer *to, const struct process_start *start)
{
	TRY(pack_u32(to, start->instance));
	TRY(pack_u8(to, start->weak));
	TRY(pack_u8(to, start->root));
	TRY(pack_u32(to, (uint32_t)start->utc_offset));
	return pack_u8(to, (uint8_t)start->level);
}

enum result process_hand_start(int control, const struct process_start *start)
{
	struct buffer said;

	buffer_init(&said, GIFT_LIMIT);
	return hand(control, SUPERVISOR_START, &said, pack_start(&said, start), -1);
}
