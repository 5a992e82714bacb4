/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A draft is a file without a name (O_TMPFILE) that gets one through /proc/self/fd; where either is
 * missing it has a temporary name and is renamed. Neither ever replaces a file that is there.
 */
#include "base/durable.h"
#include "base/fd.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>

#define TEMPORARY ".tmp-"

enum { NAME_MOST = 48, LISTING = 4096, GROUPED_MOST = 1 << 20 };

/* Names are ours: anything else is a bug of ours. */
static bool good_name(const char *name)
{
	size_t length = 0;

	if (name[0] == '.' || name[0] == '\0')
		return false;
	for (; name[length]; length++)
		if (length >= NAME_MOST || !(byte_is_digit(name[length]) || byte_is_letter(name[length]) ||
		                             name[length] == '.' || name[length] == '-'))
			return false;
	return true;
}

/* Never asked again: the kernel may have dropped the pages whose writing failed, and would then say yes. */
static enum result sync_of(int outcome)
{
	return outcome == 0 ? OK : LATER;
}

/* What a sync makes safe. */
enum synced { SYNCED_BYTES = 1, SYNCED_NAME, SYNCED_RECORDS, SYNCED_FOLDER };

#ifdef POSTERN_TORN_SYNC
/* Only in programs of tests/crash (-Dtorn_sync=true): one sync is left out, and that test must find what gets lost. */
__attribute__((used)) static const char torn_sync[] = "POSTERN-TORN-SYNC";

static bool is_left_out(enum synced what)
{
	return what == POSTERN_TORN_SYNC;
}
#else
static bool is_left_out(enum synced what)
{
	(void)what;
	return false;
}
#endif

/* `how`: fsync or fdatasync; with the others of that group who sync at this time. */
static enum result sync_with(struct group_commit *group, int fd, int (*how)(int fd), enum synced what)
{
	int outcome, kept;

	if (is_left_out(what))
		return OK;
	group_commit_enter(group);
	outcome = how(fd);
	kept = errno;
	group_commit_leave(group);
	errno = kept;
	return sync_of(outcome);
}

/* A large one goes alone: those who sync a small one need not wait until it is written. */
static enum result sync_bytes(const struct durable_folder *folder, const struct draft *draft)
{
	return sync_with(draft->written <= GROUPED_MOST ? folder->group : NULL, draft->fd, fsync, SYNCED_BYTES);
}

enum result durable_sync_folder(const struct durable_folder *folder)
{
	return sync_with(folder->group, folder->fd, fsync, SYNCED_FOLDER);
}

enum result durable_watch(const struct durable_folder *folder, int *ret_fd)
{
	int fd = openat(folder->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return LATER;
	*ret_fd = fd;
	return OK;
}

enum result durable_sync_watched(const struct durable_folder *folder, int fd)
{
	return sync_with(folder->group, fd, fsync, SYNCED_FOLDER);
}

static enum result make_folder(int parent, const char *name)
{
	closing int above = openat(parent, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (above < 0)
		return LATER;
	if (mkdirat(parent, name, 0700) != 0)
		return errno == EEXIST ? OK : LATER;
	return is_left_out(SYNCED_FOLDER) ? OK : sync_of(fsync(above));
}

static enum result open_folder(struct durable_folder *folder, int parent, const char *name)
{
	*folder = (struct durable_folder){ .fd = -1, .proc_fd = -1 };
	folder->fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (folder->fd < 0 && errno == ENOENT) {
		TRY(make_folder(parent, name));
		folder->fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	}
	return folder->fd >= 0 ? OK : LATER;
}

enum result durable_folder_open(struct durable_folder *folder, int parent, const char *name)
{
	TRY(open_folder(folder, parent, name));
	folder->proc_fd = open("/proc/self/fd", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return OK;
}

enum result durable_folder_below(struct durable_folder *folder, const struct durable_folder *above, const char *name)
{
	TRY(open_folder(folder, above->fd, name));
	folder->group = above->group;
	if (above->proc_fd >= 0)
		folder->proc_fd = fcntl(above->proc_fd, F_DUPFD_CLOEXEC, 0);
	return OK;
}

void durable_folder_close(struct durable_folder *folder)
{
	fd_close(&folder->fd);
	fd_close(&folder->proc_fd);
}

static enum result begin_named(const struct durable_folder *folder, const char *name, struct draft *draft)
{
	(void)snprintf(draft->name, sizeof(draft->name), TEMPORARY "%s", name);
	draft->named = true;
	/* Only we write here, so a leftover under this name is of an attempt that failed. */
	draft->fd = openat(folder->fd, draft->name, O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	return draft->fd >= 0 ? OK : LATER;
}

enum result durable_begin(const struct durable_folder *folder, const char *name, struct draft *ret_draft)
{
	struct draft draft = { .fd = -1 };

	if (!good_name(name))
		return BROKEN;
	if (folder->proc_fd >= 0)
		draft.fd = openat(folder->fd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (draft.fd < 0 && folder->proc_fd >= 0 && errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL)
		return LATER;
	if (draft.fd < 0)
		TRY(begin_named(folder, name, &draft));
	*ret_draft = draft;
	return OK;
}

/* Goes past what was written; false when all is. */
static bool advance(struct iovec **parts, int *count, size_t wrote)
{
	while (*count > 0 && wrote >= (*parts)->iov_len) {
		wrote -= (*parts)->iov_len;
		(*parts)++;
		(*count)--;
	}
	if (*count == 0)
		return false;
	(*parts)->iov_base = (char *)(*parts)->iov_base + wrote;
	(*parts)->iov_len -= wrote;
	return true;
}

static enum result write_all(int fd, struct iovec *parts, int count)
{
	while (advance(&parts, &count, 0)) {
		ssize_t wrote = writev(fd, parts, count < IOV_MAX ? count : IOV_MAX);

		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote == 0)
			errno = EIO;
		if (wrote <= 0)
			return LATER;
		(void)advance(&parts, &count, (size_t)wrote);
	}
	return OK;
}

enum result durable_write(struct draft *draft, struct iovec *parts, int count)
{
	for (int i = 0; i < count; i++)
		draft->written += parts[i].iov_len;
	return write_all(draft->fd, parts, count);
}

enum result durable_append(const struct durable_folder *folder, int fd, struct iovec *parts, int count)
{
	if (lseek(fd, 0, SEEK_END) < 0)
		return LATER;
	TRY(write_all(fd, parts, count));
	return sync_with(folder->group, fd, fdatasync, SYNCED_RECORDS);
}

static enum result taken_or_later(void)
{
	return errno == EEXIST ? REFUSED : LATER;
}

/* Never over a file that is there. Not every file system knows RENAME_NOREPLACE; a second name and the
 * end of the first does the same, and leaves both names when we die in between. */
static enum result rename_new(int from, const char *name, int to, const char *new_name)
{
	if (renameat2(from, name, to, new_name, RENAME_NOREPLACE) == 0)
		return OK;
	if (errno != EINVAL && errno != ENOSYS)
		return taken_or_later();
	if (linkat(from, name, to, new_name, 0) != 0)
		return taken_or_later();
	return unlinkat(from, name, 0) == 0 ? OK : LATER;
}

static enum result give_name(const struct durable_folder *folder, struct draft *draft, const char *name)
{
	char number[16];

	if (draft->named) {
		TRY(rename_new(folder->fd, draft->name, folder->fd, name));
		draft->named = false;
		return OK;
	}
	(void)snprintf(number, sizeof(number), "%d", draft->fd);
	if (linkat(folder->proc_fd, number, folder->fd, name, AT_SYMLINK_FOLLOW) != 0)
		return taken_or_later();
	return OK;
}

static void drop_keeping_errno(const struct durable_folder *folder, struct draft *draft)
{
	int kept = errno;

	durable_drop(folder, draft);
	errno = kept;
}

/* The name is taken back when the folder could not be synced: the file counts as not stored. */
static enum result name_and_sync(const struct durable_folder *folder, struct draft *draft, const char *name)
{
	closing int own = -1;
	int kept;

	TRY(durable_watch(folder, &own));
	TRY(sync_bytes(folder, draft));
	TRY(give_name(folder, draft, name));
	if (sync_with(folder->group, own, fsync, SYNCED_NAME) == OK)
		return OK;
	kept = errno;
	(void)unlinkat(folder->fd, name, 0);
	errno = kept;
	return LATER;
}

enum result durable_publish(const struct durable_folder *folder, struct draft *draft, const char *name, int *ret_fd)
{
	enum result result = good_name(name) ? name_and_sync(folder, draft, name) : BROKEN;

	if (result == OK && ret_fd)
		*ret_fd = fd_keep(&draft->fd);
	drop_keeping_errno(folder, draft);
	return result;
}

void durable_drop(const struct durable_folder *folder, struct draft *draft)
{
	if (draft->fd >= 0 && draft->named)
		(void)unlinkat(folder->fd, draft->name, 0);
	fd_close(&draft->fd);
	draft->named = false;
}

enum result durable_remove(const struct durable_folder *folder, const char *name, bool sync)
{
	closing int own = -1;

	if (!good_name(name))
		return BROKEN;
	if (sync)
		TRY(durable_watch(folder, &own));
	if (unlinkat(folder->fd, name, 0) != 0 && errno != ENOENT)
		return LATER;
	return sync ? durable_sync_watched(folder, own) : OK;
}

/* The new place is synced before the old: after a power cut the file may have two names, never none. */
enum result durable_move(const struct durable_folder *from, const char *name, const struct durable_folder *to,
                         const char *new_name)
{
	closing int there = -1, here = -1;

	if (strchr(name, '/') || !good_name(new_name))
		return BROKEN;
	TRY(durable_watch(to, &there));
	TRY(durable_watch(from, &here));
	TRY(rename_new(from->fd, name, to->fd, new_name));
	TRY(durable_sync_watched(to, there));
	return durable_sync_watched(from, here);
}

static bool is_temporary(const char *name)
{
	return slice_begins(slice_of(name), SLICE(TEMPORARY));
}

struct entry { uint64_t inode; int64_t next; uint16_t length; uint8_t type; char name[]; };

static enum result sweep_some(int fd, const char *listing, size_t size, bool *swept)
{
	for (size_t at = 0; at + sizeof(struct entry) <= size;) {
		const struct entry *entry = (const struct entry *)(const void *)(listing + at);

		at += entry->length;
		if (!is_temporary(entry->name))
			continue;
		if (unlinkat(fd, entry->name, 0) != 0)
			return LATER;
		*swept = true;
	}
	return OK;
}

enum result durable_sweep(const struct durable_folder *folder)
{
	closing int fd = openat(folder->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_Alignas(uint64_t) char listing[LISTING];
	bool swept = false;
	long got;

	if (fd < 0)
		return LATER;
	while ((got = syscall(SYS_getdents64, fd, listing, sizeof(listing))) > 0)
		TRY(sweep_some(fd, listing, (size_t)got, &swept));
	if (got < 0)
		return LATER;
	return swept ? durable_sync_watched(folder, fd) : OK;
}

enum result durable_free(const struct durable_folder *folder, uint64_t *ret_bytes, uint64_t *ret_inodes)
{
	struct statvfs found;

	if (fstatvfs(folder->fd, &found) != 0)
		return LATER;
	*ret_bytes = (uint64_t)found.f_bavail * found.f_frsize;
	*ret_inodes = found.f_files ? (uint64_t)found.f_favail : UINT64_MAX;
	return OK;
}
