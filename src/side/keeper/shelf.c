/* SPDX-License-Identifier: Apache-2.0 */
/* A file gets its name when it is whole and synced: one that is not whole was never left by us. */
#include "keeper/shelf.h"

#include "base/checksum.h"
#include "base/fd.h"
#include "base/pack.h"
#include "base/pool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

enum { NAMES = 2, FOOT = 8 };

static const char *const names[NAMES] = { "model.a", "model.b" };

/* ---- reading ---- */

static enum result read_whole(int fd, char *to, size_t size)
{
	for (size_t got = 0; got < size;) {
		ssize_t step = pread(fd, to + got, size - got, (off_t)got);

		if (step < 0 && errno == EINTR)
			continue;
		if (step == 0)
			errno = EIO;
		if (step <= 0)
			return LATER;
		got += (size_t)step;
	}
	return OK;
}

static bool entries_are_sound(struct slice entries)
{
	struct learned learned;
	enum result result;

	do
		result = shelf_next(&entries, &learned);
	while (result == OK);
	return result == AGAIN;
}

/* What is wrong with these bytes; NULL: nothing. */
static const char *complaint(struct slice bytes, struct shelf_book *book)
{
	struct unpack foot;
	const struct model *model;
	const char *why = NULL;
	uint32_t length;

	if (bytes.len < FOOT)
		return "it is too short";
	foot = unpack_from(slice_drop(bytes, bytes.len - FOOT));
	length = unpack_u32(&foot);
	if (length > bytes.len - FOOT)
		return "its length is not what it says";
	if (model_open((struct slice){ bytes.at, bytes.len - FOOT - length }, &model, &why) != OK)
		return why;
	book->model = book->room;
	book->entries = (struct slice){ bytes.at + (bytes.len - FOOT - length), length };
	if (unpack_u32(&foot) != checksum(model->checksum, (struct slice){ book->entries.at, length + sizeof(length) }) ||
	    !entries_are_sound(book->entries))
		return "what was learned last is damaged";
	return NULL;
}

static enum result read_book(int fd, struct shelf_book *book, const char **ret_why)
{
	struct stat about;

	if (fstat(fd, &about) != 0)
		return LATER;
	*ret_why = "it is no model";
	if (!S_ISREG(about.st_mode) || about.st_size <= 0 ||
	    (uint64_t)about.st_size > model_size(MODEL_BITS_MOST) + SHELF_TAIL)
		return REFUSED;
	book->room = pool_resize(NULL, (size_t)about.st_size);
	if (book->room == NULL)
		return LATER;
	TRY(read_whole(fd, book->room, (size_t)about.st_size));
	*ret_why = complaint((struct slice){ book->room, (size_t)about.st_size }, book);
	return *ret_why ? REFUSED : OK;
}

static void drop(struct shelf_book *book)
{
	void *none = book->room ? pool_resize(book->room, 0) : NULL;

	(void)none;
	*book = (struct shelf_book){ 0 };
}

static enum result read_name(const struct shelf *shelf, unsigned which, struct shelf_book *ret_book, char ret_why[SHELF_WHY])
{
	closing int fd = openat(shelf->folder.fd, names[which], O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct shelf_book book = { 0 };
	const char *why = NULL;
	enum result result;

	if (fd < 0)
		return errno == ENOENT ? AGAIN : LATER;
	result = read_book(fd, &book, &why);
	if (result == REFUSED)
		(void)snprintf(ret_why, SHELF_WHY, "%s: %s", names[which], why);
	if (result != OK)
		drop(&book);
	else
		*ret_book = book;
	return result;
}

static bool is_newer(const struct shelf_book *book, const struct shelf_book *other)
{
	return book->model && other->model && book->model->generation > other->model->generation;
}

/* Both are there where we were killed before the older went. */
enum result shelf_read(struct shelf *shelf, struct shelf_book *ret_book, char ret_why[SHELF_WHY])
{
	struct shelf_book newest = { 0 };

	for (unsigned which = 0; which < NAMES; which++) {
		struct shelf_book book = { 0 };
		enum result result = read_name(shelf, which, &book, ret_why);

		if (result != OK && result != AGAIN) {
			drop(&newest);
			return result;
		}
		if (result == AGAIN || is_newer(&newest, &book)) {
			drop(&book);
			continue;
		}
		drop(&newest);
		newest = book;
		shelf->last = which;
	}
	if (newest.model == NULL)
		return AGAIN;
	*ret_book = newest;
	return OK;
}

enum result shelf_next(struct slice *entries, struct learned *ret_learned)
{
	struct unpack from = unpack_from(*entries);
	struct slice packed;

	if (entries->len == 0)
		return AGAIN;
	packed = unpack_slice(&from, LEARNED_PACKED);
	if (from.bad)
		return REFUSED;
	*entries = from.rest;
	return learned_unpack(packed, ret_learned);
}

/* ---- writing ---- */

static enum result pack_entry(const struct learned *learned, struct buffer *to)
{
	TRY(pack_u32(to, LEARNED_PACKED));
	return learned_pack(learned, to);
}

static enum result pack_tail(const struct model *model, const struct learned *entries, size_t count, struct buffer *tail)
{
	for (size_t i = 0; i < count; i++)
		TRY(pack_entry(&entries[i], tail));
	TRY(pack_u32(tail, (uint32_t)buffer_length(tail)));
	return pack_u32(tail, checksum(model->checksum, buffer_slice(tail)));
}

/* What stands under the free name is older, or was never said to be safe. */
static enum result publish(const struct shelf *shelf, unsigned which, struct iovec *parts, int count)
{
	struct draft draft;

	TRY(durable_remove(&shelf->folder, names[which], false));
	TRY(durable_begin(&shelf->folder, names[which], &draft));
	if (durable_write(&draft, parts, count) != OK) {
		durable_drop(&shelf->folder, &draft);
		return LATER;
	}
	return durable_publish(&shelf->folder, &draft, names[which], NULL);
}

enum result shelf_write(struct shelf *shelf, const struct model *model, const struct learned *entries, size_t count)
{
	unsigned which = (shelf->last + 1) % NAMES;
	struct iovec parts[2];
	struct buffer tail;
	enum result result;

	buffer_init(&tail, SHELF_TAIL);
	result = pack_tail(model, entries, count, &tail);
	if (result == OK) {
		parts[0] = (struct iovec){ (void *)(uintptr_t)model, model_size(model->bits) };
		parts[1] = (struct iovec){ (void *)(uintptr_t)buffer_slice(&tail).at, buffer_length(&tail) };
		result = publish(shelf, which, parts, COUNT_OF(parts));
	}
	buffer_finish(&tail);
	if (result == OK)
		shelf->last = which;
	return result;
}

void shelf_tidy(const struct shelf *shelf)
{
	(void)!durable_remove(&shelf->folder, names[(shelf->last + 1) % NAMES], false);
}
