/* SPDX-License-Identifier: Apache-2.0 */
/* fts walks in the order of names; a file is mapped, and handed out whole or message by message. */
#include "cli/inputs.h"

#include "base/fd.h"
#include "cli/places.h"
#include "mail/message/message.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <sys/mman.h>
#include <sys/stat.h>

static enum result give_mbox(struct inputs *inputs, const char *path, struct slice rest)
{
	char name[PLACE_SIZE + 32];

	for (unsigned number = 1; rest.len > 0; number++) {
		(void)snprintf(name, sizeof(name), "%s#%u", path, number);
		TRY(inputs->message(inputs->owner, name, mbox_cut(&rest)));
	}
	return OK;
}

static enum result give_bytes(struct inputs *inputs, const char *path, struct slice bytes)
{
	if (mbox_begins(bytes))
		return give_mbox(inputs, path, bytes);
	return inputs->message(inputs->owner, path, bytes);
}

static enum result cannot(struct inputs *inputs, const char *path, int error)
{
	complain("%s: %s", path, strerrordesc_np(error));
	inputs->unreadable++;
	return OK;
}

/* A size of nothing is believed only when nothing can be read: files of /proc say 0 and have bytes. */
static enum result give_nothing(struct inputs *inputs, int fd, const char *name)
{
	char byte;
	ssize_t got = read(fd, &byte, 1);

	if (got != 0)
		return cannot(inputs, name, got < 0 ? errno : EINVAL);
	return inputs->message(inputs->owner, name, SLICE(""));
}

static enum result give_file(struct inputs *inputs, const char *open_as, const char *name)
{
	closing int fd = open(open_as, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct stat about;
	void *bytes;
	enum result result;

	if (fd < 0 || fstat(fd, &about) != 0)
		return cannot(inputs, name, errno);
	if (!S_ISREG(about.st_mode))
		return cannot(inputs, name, EINVAL);
	if (about.st_size == 0)
		return give_nothing(inputs, fd, name);
	bytes = mmap(NULL, (size_t)about.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (bytes == MAP_FAILED)
		return cannot(inputs, name, errno);
	result = give_bytes(inputs, name, (struct slice){ bytes, (size_t)about.st_size });
	(void)munmap(bytes, (size_t)about.st_size);
	return result;
}

static bool is_maildir_tmp(const FTSENT *entry)
{
	static const char *const siblings[] = { "cur", "new" };

	if (strcmp(entry->fts_name, "tmp") != 0 || entry->fts_level == 0)
		return false;
	for (size_t i = 0; i < COUNT_OF(siblings); i++) {
		char path[PLACE_SIZE];
		struct stat about;
		int length = snprintf(path, sizeof(path), "%s/../%s", entry->fts_accpath, siblings[i]);

		if (length >= (int)sizeof(path) || stat(path, &about) != 0)
			return false;
	}
	return true;
}

static enum result give_entry(struct inputs *inputs, FTS *walk, FTSENT *entry)
{
	switch (entry->fts_info) {
	case FTS_D:
		if (is_maildir_tmp(entry))
			(void)fts_set(walk, entry, FTS_SKIP);
		return OK;
	case FTS_F:
		return give_file(inputs, entry->fts_accpath, entry->fts_path);
	case FTS_DNR:
	case FTS_ERR:
	case FTS_NS:
		return cannot(inputs, entry->fts_path, entry->fts_errno);
	}
	return OK;
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

static enum result walk_path(struct inputs *inputs, char *path)
{
	char *const alone[] = { path, NULL };
	FTS *walk = fts_open(alone, FTS_PHYSICAL | FTS_COMFOLLOW | FTS_NOCHDIR, by_name);
	enum result result = OK;
	FTSENT *entry;

	if (!walk)
		return cannot(inputs, path, errno);
	while (result == OK && (entry = fts_read(walk)) != NULL)
		result = give_entry(inputs, walk, entry);
	(void)fts_close(walk);
	return result;
}

enum result inputs_walk(struct inputs *inputs, char *const *paths)
{
	for (; *paths; paths++)
		TRY(walk_path(inputs, *paths));
	return OK;
}
