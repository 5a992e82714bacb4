/* SPDX-License-Identifier: Apache-2.0 */
/* The keeper names its files and hands each out open; without a keeper the folder is read, by whoever may. */
#include "cli/kept.h"

#include "base/fd.h"
#include "base/pack.h"
#include "base/pool.h"
#include "cli/ask.h"
#include "store/records.h"
#include "wire/control.h"
#include "wire/queue-keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#define LOG_FOLDER "log"

enum { TRIES = 2, STATUS_GONE = 1 };

enum result kept_read(struct slice bytes, struct kept_judgement *ret_kept)
{
	struct unpack from = unpack_from(bytes);
	struct kept_judgement kept = { .late = unpack_u8(&from) };

	kept.envelope = unpack_slice(&from, RECORDED_MOST);
	kept.judgement = unpack_slice(&from, RECORDED_MOST);
	TRY(unpack_end(&from));
	*ret_kept = kept;
	return OK;
}

static enum result tell_gap(const struct kept_walk *walk, struct slice bytes)
{
	struct unpack from = unpack_from(bytes);
	uint64_t count = unpack_u64(&from), since = unpack_u64(&from);

	if (unpack_end(&from) != OK || walk->gap == NULL)
		return OK;
	return walk->gap(walk->owner, count, (int64_t)since);
}

static enum result tell(const struct kept_walk *walk, const struct record *record)
{
	struct kept_judgement kept;

	if (record->kind == RECORDED_GAP)
		return tell_gap(walk, record->bytes);
	if (record->kind != RECORDED_JUDGED)
		return OK;
	if (kept_read(record->bytes, &kept) != OK)
		return walk->unread ? walk->unread(walk->owner, (struct slice){ record->key, RECORD_KEY }) : OK;
	kept.id = (struct slice){ record->key, RECORD_KEY };
	kept.when = record->when;
	return walk->each(walk->owner, &kept);
}

static enum result read_file(struct kept_walk *walk, int fd, const char *name)
{
	struct records_reader reader;
	struct record record;
	enum result read = records_read(&reader, fd), told = OK;

	while (read == OK && told == OK) {
		read = records_next(&reader, walk->key, &record);
		if (read == OK)
			told = tell(walk, &record);
	}
	records_read_end(&reader);
	if (read == REFUSED && told == OK) {
		complain("%s: the message log is damaged from here to the end of this file", name);
		walk->unread_files++;
	}
	return told;
}

/* ---- of a running gateway ---- */

struct asking {
	struct kept_walk *walk;
	struct slice run;
	struct buffer names;
	int file;                                /* that was handed out */
};

static enum result take_names(void *own_asking, struct slice text)
{
	return buffer_add(&((struct asking *)own_asking)->names, text);
}

static enum result no_text(void *own_asking, struct slice text)
{
	(void)own_asking;
	(void)text;
	return REFUSED;
}

static enum result no_descriptor(void *own_asking, int fd)
{
	(void)own_asking;
	(void)fd;
	return REFUSED;
}

/* Read when the talk is over: the keeper waits for nobody. */
static enum result take_file(void *own_asking, int fd)
{
	struct asking *asking = own_asking;

	fd_close(&asking->file);
	asking->file = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	return asking->file >= 0 ? OK : LATER;
}

/* OK: asking->file, or -1 where it was removed meanwhile, being too old. A keeper that went away is asked again: the next
 * one answers. */
static enum result ask_file(struct asking *asking, const char *name)
{
	const char *const words[] = { "log", "file", name };
	const struct ask_taker taker = { no_text, take_file, asking };
	int status = EX_UNAVAILABLE;

	for (unsigned tries = 0; tries < TRIES && status == EX_UNAVAILABLE && asking->file < 0; tries++)
		status = ask_taking(asking->run, CONTROL_KEEPER, COUNT_OF(words), words, &taker);
	return asking->file >= 0 || status == STATUS_GONE ? OK : LATER;
}

/* This file and those behind it. */
static void give_up(struct kept_walk *walk, const char *name, struct slice rest)
{
	unsigned count = 1;

	for (size_t i = 0; i < rest.len; i++)
		count += rest.at[i] == '\n';
	complain("%s: the keeper does not hand it out; %u files of the message log were not read", name, count);
	walk->unread_files += count;
}

static enum result read_handed(struct asking *asking, const char *name)
{
	closing int fd = fd_keep(&asking->file);

	return fd < 0 ? OK : read_file(asking->walk, fd, name);
}

static enum result ask_each(struct asking *asking)
{
	struct slice rest = buffer_slice(&asking->names);

	while (rest.len) {
		struct slice line = slice_cut(&rest, '\n');
		char name[RECORDS_NAME];

		if (line.len >= sizeof(name))
			return REFUSED;
		(void)snprintf(name, sizeof(name), "%.*s", SHOW(line));
		if (ask_file(asking, name) != OK) {
			give_up(asking->walk, name, rest);
			return OK;
		}
		TRY(read_handed(asking, name));
	}
	return OK;
}

/* The exit status of the question for the list. */
static int ask_keeper(struct kept_walk *walk, struct slice run, enum result *ret_told)
{
	static const char *const words[] = { "log", "list" };
	struct asking asking = { .walk = walk, .run = run, .file = -1 };
	const struct ask_taker taker = { take_names, no_descriptor, &asking };
	int status;

	buffer_init(&asking.names, sizeof(struct records_names));
	status = ask_taking(run, CONTROL_KEEPER, COUNT_OF(words), words, &taker);
	if (status == EX_OK)
		*ret_told = ask_each(&asking);
	buffer_finish(&asking.names);
	return status;
}

/* ---- of files ---- */

static enum result read_named(struct kept_walk *walk, int folder, const char *name)
{
	closing int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0) {
		complain("%s: %s", name, strerrordesc_np(errno));
		walk->unread_files++;
		return OK;
	}
	return read_file(walk, fd, name);
}

static enum result read_folder(struct kept_walk *walk, int folder)
{
	struct records_names *names = pool_resize(NULL, sizeof(*names));
	enum result result = LATER;
	void *none;

	if (names)
		result = records_list(folder, names);
	if (result != OK)
		complain("the message log cannot be listed");
	for (size_t i = 0; result == OK && i < names->count; i++)
		result = read_named(walk, folder, names->names[i]);
	none = pool_resize(names, 0);
	(void)none;
	return result;
}

static enum result read_state(struct kept_walk *walk, struct slice state)
{
	char path[PLACE_SIZE + 8];
	closing int folder = -1;

	(void)snprintf(path, sizeof(path), "%.*s/" LOG_FOLDER, SHOW(state));
	folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0) {
		complain("%s: %s", path, strerrordesc_np(errno));
		return REFUSED;
	}
	return read_folder(walk, folder);
}

enum result kept_walk(struct kept_walk *walk, struct places *places)
{
	enum result told = OK;
	int status = ask_keeper(walk, places->gateway.run.is, &told);

	if (status == EX_OK)
		return told;
	if (status == EX_NOPERM) {
		complain("only root and the group " CONTROL_GROUP " may read the message log");
		return REFUSED;
	}
	return read_state(walk, places->gateway.state.is);
}
