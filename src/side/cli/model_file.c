/* SPDX-License-Identifier: Apache-2.0 */
/* Written beside the old one, synced, and put in its place by its name. */
#include "cli/model_file.h"

#include "base/fd.h"
#include "base/pool.h"
#include "cli/places.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

static const char file_name[] = "model", new_name[] = "model.new", lock_name[] = "lock";

static enum result cannot(const char *folder, const char *name, const char *why)
{
	complain("%s/%s: %s", folder, name, why);
	return REFUSED;
}

static enum result lock_folder(struct model_file *file)
{
	if (mkdir(file->folder, 0700) != 0 && errno != EEXIST)
		return cannot(file->folder, "", strerrordesc_np(errno));
	file->fd = open(file->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (file->fd < 0)
		return cannot(file->folder, "", strerrordesc_np(errno));
	file->lock = openat(file->fd, lock_name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (file->lock < 0)
		return cannot(file->folder, lock_name, strerrordesc_np(errno));
	if (flock(file->lock, LOCK_EX | LOCK_NB) != 0)
		return cannot(file->folder, lock_name, "another learner is at work there");
	return OK;
}

static bool read_whole(int fd, char *to, size_t size)
{
	size_t got = 0;

	while (got < size) {
		ssize_t step = read(fd, to + got, size - got);

		if (step < 0 && errno == EINTR)
			continue;
		if (step <= 0)
			return false;
		got += (size_t)step;
	}
	return true;
}

static enum result take_bytes(struct model_file *file, char *bytes, size_t size)
{
	const struct model *model;
	const char *why = NULL;

	if (model_open((struct slice){ bytes, size }, &model, &why) != OK)
		return cannot(file->folder, file_name, why);
	file->model = (void *)bytes;
	return OK;
}

static enum result load(struct model_file *file)
{
	closing int fd = openat(file->fd, file_name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct stat about;
	char *bytes;
	enum result result;

	if (fd < 0 && errno == ENOENT)
		return AGAIN;
	if (fd < 0 || fstat(fd, &about) != 0)
		return cannot(file->folder, file_name, strerrordesc_np(errno));
	if (!S_ISREG(about.st_mode) || about.st_size <= 0 || (uint64_t)about.st_size > model_size(MODEL_BITS_MOST))
		return cannot(file->folder, file_name, "it is no model");
	bytes = pool_resize(NULL, (size_t)about.st_size);
	if (bytes == NULL)
		return LATER;
	result = read_whole(fd, bytes, (size_t)about.st_size) ? take_bytes(file, bytes, (size_t)about.st_size)
	                                                      : cannot(file->folder, file_name, "it cannot be read");
	if (result != OK)
		(void)!pool_resize(bytes, 0);
	return result;
}

enum result model_file_open(struct model_file *file, const char *folder)
{
	enum result result = AGAIN;
	void *room;

	*file = (struct model_file){ .folder = folder, .fd = -1, .lock = -1 };
	if (folder) {
		TRY(lock_folder(file));
		result = load(file);
	}
	if (result != AGAIN)
		return result;
	room = pool_resize(NULL, model_size(MODEL_BITS_USUAL));
	if (room == NULL)
		return LATER;
	file->model = model_begin(room, MODEL_BITS_USUAL);
	return OK;
}

static bool write_whole(int fd, struct slice bytes)
{
	while (bytes.len) {
		ssize_t put = write(fd, bytes.at, bytes.len);

		if (put < 0 && errno != EINTR)
			return false;
		bytes = slice_drop(bytes, put > 0 ? (size_t)put : 0);
	}
	return fsync(fd) == 0;
}

enum result model_file_save(struct model_file *file)
{
	closing int fd = -1;

	if (file->folder == NULL)
		return OK;
	model_seal(file->model);
	fd = openat(file->fd, new_name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0 || !write_whole(fd, (struct slice){ (const char *)file->model, model_size(file->model->bits) }) ||
	    renameat(file->fd, new_name, file->fd, file_name) != 0 || fsync(file->fd) != 0)
		return cannot(file->folder, new_name, strerrordesc_np(errno));
	return OK;
}

void model_file_close(struct model_file *file)
{
	if (file->model)
		(void)!pool_resize(file->model, 0);
	fd_close(&file->lock);
	fd_close(&file->fd);
	file->model = NULL;
}
