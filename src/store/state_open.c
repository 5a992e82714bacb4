/* SPDX-License-Identifier: Apache-2.0 */
/* The file NAME.opening has a byte for each time that it was begun to look, and goes when that has ended: so a process that
 * dies over a damaged page is not started over it for ever. Looking ends with a change, so that this holds for the pages that
 * only changes need, too. */
#include "store/state_entry.h"

#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { DEATHS_MOST = 2, FILE_MODE = 0600, METAS = 2 };
static const MDB_dbi FREE_PAGES = 0;

/* ---- deaths while looking ---- */

static void name_of(char to[STATE_NAME], const char *name, const char *behind)
{
	(void)snprintf(to, STATE_NAME, "%s%s", name, behind);
}

static enum result begin_to_look(int folder, const char *name)
{
	char marker[STATE_NAME];
	closing int fd = -1;
	struct stat about;

	name_of(marker, name, ".opening");
	fd = openat(folder, marker, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
	if (fd < 0 || fstat(fd, &about) != 0)
		return LATER;
	if (about.st_size >= DEATHS_MOST)
		return REFUSED;
	return write(fd, "x", 1) == 1 ? OK : LATER;
}

static void end_looking(int folder, const char *name)
{
	char marker[STATE_NAME];

	name_of(marker, name, ".opening");
	(void)unlinkat(folder, marker, 0);
}

/* ---- looking ---- */

static bool is_whole(MDB_cursor *cursor)
{
	struct state_value value;
	MDB_val key, entry;
	int error = mdb_cursor_get(cursor, &key, &entry, MDB_FIRST);

	while (error == 0) {
		if (state_entry_read(state_slice(&key), state_slice(&entry), &value) != OK)
			return false;
		error = mdb_cursor_get(cursor, &key, &entry, MDB_NEXT);
	}
	return error == MDB_NOTFOUND;
}

/* Pages behind the end of the file would end the process. */
static bool is_long_enough(const struct state *state)
{
	MDB_envinfo info;
	struct stat about;
	MDB_stat stat;
	int fd;

	if (mdb_env_info(state->env, &info) != 0 || mdb_env_stat(state->env, &stat) != 0 ||
	    mdb_env_get_fd(state->env, &fd) != 0 || fstat(fd, &about) != 0)
		return false;
	return (uint64_t)about.st_size >= ((uint64_t)info.me_last_pgno + 1) * stat.ms_psize;
}

/* Makes the map's first page where the file is new. */
static enum result begin_entries(struct state *state)
{
	MDB_stat stat;
	MDB_txn *txn;

	TRY(state_end_of(mdb_txn_begin(state->env, NULL, 0, &txn)));
	if (mdb_dbi_open(txn, NULL, 0, &state->entries) != 0) {
		mdb_txn_abort(txn);
		return REFUSED;
	}
	TRY(state_end_of(mdb_txn_commit(txn)));
	TRY(state_end_of(mdb_env_stat(state->env, &stat)));
	state->page = stat.ms_psize;
	return OK;
}

/* Each list of free pages: how many, then their numbers, falling. Page numbers of a map are words of the machine. */
static bool is_list(struct slice list, size_t last)
{
	size_t count, number, before = last + 1;

	if (list.len < sizeof(count) || list.len % sizeof(count))
		return false;
	memcpy(&count, list.at, sizeof(count));
	if (count > list.len / sizeof(count) - 1)
		return false;
	for (size_t i = 1; i <= count; i++) {
		memcpy(&number, list.at + i * sizeof(number), sizeof(number));
		if (number >= before || number < METAS)
			return false;
		before = number;
	}
	return true;
}

/* LMDB looks at them when it needs a page, and writes over what they name. */
static bool has_whole_lists(const struct state *state)
{
	MDB_val key, list;
	MDB_envinfo info;
	MDB_cursor *cursor;
	int error = mdb_env_info(state->env, &info);

	if (error != 0 || mdb_cursor_open(state->reading, FREE_PAGES, &cursor) != 0)
		return false;
	while ((error = mdb_cursor_get(cursor, &key, &list, MDB_NEXT)) == 0)
		if (!is_list(state_slice(&list), info.me_last_pgno))
			break;
	mdb_cursor_close(cursor);
	return error == MDB_NOTFOUND;
}

/* An entry that comes and goes, really written. Where the disk or the map has no room for that, nothing is damaged. */
static void try_to_change(struct state *state)
{
	const struct state_key key = { UINT8_MAX, SLICE(""), SLICE("tried") };
	const struct state_value value = { .length = 0 };
	struct state_change change;

	if (state_begin(state, &change) != OK)
		return;
	if (state_put(&change, &key, &value) == OK && state_remove(&change, &key) == OK)
		(void)!state_commit(&change);
	else
		state_abandon(&change);
}

static enum result look(struct state *state)
{
	MDB_cursor *cursor;
	bool whole;

	if (!is_long_enough(state))
		return REFUSED;
	TRY(begin_entries(state));
	TRY(state_end_of(mdb_txn_begin(state->env, NULL, MDB_RDONLY, &state->reading)));
	TRY(state_end_of(mdb_cursor_open(state->reading, state->entries, &cursor)));
	whole = is_whole(cursor) && has_whole_lists(state);
	mdb_cursor_close(cursor);
	mdb_txn_reset(state->reading);
	if (whole)
		try_to_change(state);
	return whole ? OK : REFUSED;
}

/* Front to back, so that looking at entries in their order waits for no disk that seeks. What cannot be read is seen then. */
static void read_ahead(int folder, const char *name)
{
	char bytes[1 << 16];
	closing int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	while (fd >= 0 && read(fd, bytes, sizeof(bytes)) > 0)
		;
}

/* LMDB opens by name alone, and inside a jail there are no others than in the working folder. */
static enum result open_map(struct state *state, int folder, const char *name)
{
	enum result result;

	if (fchdir(folder) != 0)
		return LATER;
	read_ahead(folder, name);
	TRY(state_end_of(mdb_env_create(&state->env)));
	result = state_end_of(mdb_env_set_mapsize(state->env, state->size));
	if (result == OK)
		result = state_end_of(mdb_env_open(state->env, name, MDB_NOSUBDIR | MDB_NOTLS | MDB_NORDAHEAD, FILE_MODE));
	return result == OK ? look(state) : result;
}

enum result state_open(struct state *state, int folder, const char *name, uint64_t size)
{
	struct state opened = { .size = size };
	enum result result;
	int error;

	TRY(begin_to_look(folder, name));
	result = open_map(&opened, folder, name);
	error = errno;
	end_looking(folder, name);
	if (result != OK) {
		state_close(&opened);
		errno = error;
		return result;
	}
	*state = opened;
	return OK;
}

void state_close(struct state *state)
{
	if (state->reading)
		mdb_txn_abort(state->reading);
	if (state->env)
		mdb_env_close(state->env);
	*state = (struct state){ 0 };
}

enum result state_set_aside(int folder, const char *name, char ret_name[STATE_NAME])
{
	char lock[STATE_NAME];

	name_of(lock, name, "-lock");
	(void)unlinkat(folder, lock, 0);
	end_looking(folder, name);
	for (unsigned number = 1; number <= STATE_ASIDE; number++) {
		(void)snprintf(ret_name, STATE_NAME, "%s.damaged-%u", name, number);
		if (renameat2(folder, name, folder, ret_name, RENAME_NOREPLACE) == 0)
			return OK;
		if (errno != EEXIST)
			return LATER;
	}
	ret_name[0] = '\0';
	return unlinkat(folder, name, 0) == 0 ? OK : LATER;
}
