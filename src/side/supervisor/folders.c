/* SPDX-License-Identifier: Apache-2.0 */
/* Each folder is a row: its path, mode and owner. The lock waits a little for a predecessor that is dying. */
#include "supervisor/folders.h"

#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

enum { PATH_SIZE = 4096, PATIENCE = 5000, STEP = 20 };       /* ms */

#define SPOOL_USER "postern-queue"
#define LOCK_NAME  "supervisor.lock"

static enum result refuse(struct buffer *complaint, const char *what, struct slice path)
{
	TRY(buffer_format(complaint, "%.*s: %s: %s\n", SHOW(path), what, strerrordesc_np(errno)));
	return REFUSED;
}

/* The folders above it too, which anybody may enter. */
static bool make_folder(char *path, mode_t mode)
{
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(path, 0755) != 0 && errno != EEXIST)
			return false;
		*slash = '/';
	}
	return mkdir(path, mode) == 0 || errno == EEXIST;
}

/* Only a folder that is still root's changes hands: a spool from elsewhere keeps its owner. */
static enum result hand_to_queue(int fd, struct slice path, struct buffer *complaint)
{
	const struct passwd *user = getpwnam(SPOOL_USER);
	struct stat about;

	if (user == NULL) {
		TRY(buffer_format(complaint, "there is no user %s; sysusers.d/postern.conf makes it\n", SPOOL_USER));
		return REFUSED;
	}
	if (fstat(fd, &about) != 0 || (about.st_uid == 0 && fchown(fd, user->pw_uid, user->pw_gid) != 0))
		return refuse(complaint, "cannot be given to " SPOOL_USER, path);
	return OK;
}

static enum result open_folder(struct slice name, mode_t mode, bool queues, struct buffer *complaint, int *ret_fd)
{
	char path[PATH_SIZE];
	closing int fd = -1;

	if (name.len == 0 || name.len >= sizeof(path)) {
		errno = ENAMETOOLONG;
		return refuse(complaint, "not a folder", name);
	}
	(void)snprintf(path, sizeof(path), "%.*s", SHOW(name));
	if (!make_folder(path, mode))
		return refuse(complaint, "cannot be made", name);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return refuse(complaint, "cannot be opened", name);
	if (queues)
		TRY(hand_to_queue(fd, name, complaint));
	*ret_fd = fd_keep(&fd);
	return OK;
}

static enum result lock(struct folders *folders, struct slice run, struct buffer *complaint)
{
	const struct timespec step = { .tv_nsec = STEP * 1000000L };

	folders->lock = openat(folders->run, LOCK_NAME, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (folders->lock < 0)
		return refuse(complaint, LOCK_NAME, run);
	for (int waited = 0; waited < PATIENCE; waited += STEP) {
		if (flock(folders->lock, LOCK_EX | LOCK_NB) == 0)
			return OK;
		(void)nanosleep(&step, NULL);
	}
	TRY(buffer_format(complaint, "%.*s: a gateway is already running here\n", SHOW(run)));
	return REFUSED;
}

enum result folders_open(struct folders *folders, const struct gateway_settings *gateway, bool root,
                         struct buffer *complaint)
{
	int spool = -1, state = -1;
	enum result result;

	*folders = (struct folders){ -1, -1 };
	result = open_folder(gateway->run.is, 0755, false, complaint, &folders->run);
	if (result == OK)
		result = lock(folders, gateway->run.is, complaint);
	if (result == OK)
		result = open_folder(gateway->spool.is, 0700, root, complaint, &spool);
	if (result == OK)
		result = open_folder(gateway->state.is, 0755, false, complaint, &state);
	fd_close(&spool);
	fd_close(&state);
	if (result != OK)
		folders_close(folders);
	return result;
}

void folders_close(struct folders *folders)
{
	fd_close(&folders->lock);
	fd_close(&folders->run);
}
