/* SPDX-License-Identifier: Apache-2.0 */
/* A map is filled, aged, made full, killed while it is written, and damaged: what comes back is what was put in, or nothing. */
#include "store/state.h"

#include "base/fd.h"
#include "base/test.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define NAME "map"

static const uint64_t SIZE = 1 << 20;
static char folder[32];
static int folder_fd = -1;
static struct state state;

static void begin(void)
{
	(void)snprintf(folder, sizeof(folder), "/tmp/state-XXXXXX");
	CHECK(mkdtemp(folder) != NULL, "a folder");
	folder_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CHECK(state_open(&state, folder_fd, NAME, SIZE) == OK, "a new map");
}

static int remove_one(const char *path, const struct stat *about, int kind, struct FTW *walk)
{
	(void)about, (void)kind, (void)walk;
	return remove(path);
}

static void end(void)
{
	state_close(&state);
	fd_close(&folder_fd);
	CHECK(chdir("/tmp") == 0 && nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS) == 0, "the folder goes");
}

static bool open_again(void)
{
	state_close(&state);
	return state_open(&state, folder_fd, NAME, SIZE) == OK;
}

static struct state_value value_of(const char *text, int64_t until)
{
	struct state_value value = { .length = strlen(text), .until = until };

	memcpy(value.bytes, text, value.length);
	return value;
}

static bool is(const struct state_value *value, const char *text)
{
	return slice_same((struct slice){ value->bytes, value->length }, slice_of(text));
}

static enum result put(struct state_key key, const char *text, int64_t until)
{
	const struct state_value value = value_of(text, until);
	struct state_change change;
	enum result result;

	if (state_begin(&state, &change) != OK)
		return LATER;
	result = state_put(&change, &key, &value);
	return state_commit(&change) == OK ? result : LATER;
}

/* ---- what goes in comes out ---- */

static char longest[STATE_WHO + 1];

static void check_keys(void)
{
	const struct { const char *about; struct state_key key; enum result end; } rows[] = {
		{ "a key", { 1, LIT(""), LIT("alice") }, OK },
		{ "the same of another kind", { 2, LIT(""), LIT("alice") }, OK },
		{ "the same of a tenant", { 1, LIT("north"), LIT("alice") }, OK },
		{ "a tenant is no part of who it is", { 1, LIT("northa"), LIT("lice") }, OK },
		{ "nobody", { 1, LIT(""), LIT("") }, OK },
		{ "any byte", { 1, LIT("\0"), LIT("\377\0x") }, OK },
		{ "the longest", { 1, { longest, STATE_TENANT }, { longest, STATE_WHO } }, OK },
		{ "a longer one", { 1, LIT(""), { longest, STATE_WHO + 1 } }, REFUSED },
		{ "a longer tenant", { 1, { longest, STATE_TENANT + 1 }, LIT("") }, REFUSED },
	};
	struct state_value value;
	char text[8];

	begin();
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		(void)snprintf(text, sizeof(text), "%zu", i);
		CHECK(state_get(&state, &rows[i].key, 50, &value) == REFUSED, "nothing is there");
		CHECK(put(rows[i].key, text, 100) == rows[i].end, rows[i].about);
	}
	for (unsigned opened = 0; opened < 2; opened++) {
		for (size_t i = 0; i < COUNT_OF(rows); i++) {
			(void)snprintf(text, sizeof(text), "%zu", i);
			CHECK(state_get(&state, &rows[i].key, 50, &value) == rows[i].end, rows[i].about);
			CHECK(rows[i].end != OK || (is(&value, text) && value.until == 100), rows[i].about);
		}
		CHECK(state_count(&state) == 7 && open_again(), "and all is there when it is opened again");
	}
	end();
}

static void check_changes(void)
{
	const struct state_key key = { 1, SLICE(""), SLICE("bob") };
	const struct state_value other = value_of("other", 100);
	struct state_value value = { .length = STATE_VALUE + 1 };
	struct state_change change;

	begin();
	CHECK(put(key, "first", 100) == OK && state_begin(&state, &change) == OK, "a change");
	CHECK(state_put(&change, &key, &value) == REFUSED, "a value that is too long");
	CHECK(state_put(&change, &key, &other) == OK, "is made");
	CHECK(state_get(&state, &key, 1, &value) == OK && is(&value, "first"), "nobody else sees it");
	CHECK(state_change_get(&change, &key, 1, &value) == OK && is(&value, "other"), "who makes it does");
	state_abandon(&change);
	CHECK(state_get(&state, &key, 1, &value) == OK && is(&value, "first"), "abandoned, it never was");
	CHECK(state_begin(&state, &change) == OK && state_remove(&change, &key) == OK && state_remove(&change, &key) == REFUSED &&
	      state_commit(&change) == OK, "it is removed, once");
	CHECK(state_get(&state, &key, 1, &value) == REFUSED, "and is gone");
	end();
	CHECK(state_get(&state, &key, 1, &value) == LATER && state_begin(&state, &change) == LATER, "a closed map says nothing");
}

/* ---- ageing ---- */

static struct state_key numbered(unsigned number, char text[16])
{
	(void)snprintf(text, 16, "%08u", number);
	return (struct state_key){ 1, SLICE(""), slice_of(text) };
}

static void check_ageing(void)
{
	struct state_place place = { .length = 0 };
	struct state_change change;
	struct state_value value;
	size_t removed = 0, all = 0;
	unsigned steps = 0;
	char text[16];

	begin();
	for (unsigned i = 0; i < 100; i++)
		CHECK(put(numbered(i, text), "x", i % 2 ? 10 : 1000) == OK, "an entry");
	CHECK(state_get(&state, &(struct state_key){ 1, SLICE(""), SLICE("00000001") }, 10, &value) == OK, "until then it is there");
	CHECK(state_get(&state, &(struct state_key){ 1, SLICE(""), SLICE("00000001") }, 11, &value) == REFUSED, "then not");
	do {
		CHECK(state_begin(&state, &change) == OK && state_sweep(&change, &place, 7, 11, &removed) == OK, "a step");
		CHECK(removed <= 7 && state_commit(&change) == OK, "looks at seven");
		all += removed;
	} while (++steps < 100 && place.length);
	CHECK(all == 50 && steps >= 15 && state_count(&state) == 50, "in steps, all that is past its time goes");
	CHECK(state_begin(&state, &change) == OK && state_sweep(&change, &place, 1000, 2000, &removed) == OK &&
	      state_commit(&change) == OK && state_count(&state) == 0, "and what is left, later");
	CHECK(state_begin(&state, &change) == OK && state_sweep(&change, &place, 10, 1, &removed) == OK && removed == 0 &&
	      state_commit(&change) == OK, "an empty map has nothing to forget");
	end();
}

static bool is_x(const void *x, const struct state_value *value)
{
	return value->length == 1 && value->bytes[0] == *(const char *)x;
}

static void check_what_goes_by_its_value(void)
{
	const struct state_past past = { is_x, "x" };
	struct state_place place = { .length = 0 };
	struct state_change change;
	size_t removed = 0;
	char text[16];

	begin();
	for (unsigned i = 0; i < 20; i++)
		CHECK(put(numbered(i, text), i % 4 ? "y" : "x", 1000) == OK, "an entry");
	CHECK(state_begin(&state, &change) == OK && state_sweep_past(&change, &place, 100, &past, &removed) == OK &&
	      state_commit(&change) == OK, "a step");
	CHECK(removed == 5 && state_count(&state) == 15, "what its owner calls past goes, whatever its time");
	end();
}

/* ---- full ---- */

static void fill(void)
{
	char bytes[800], text[16];
	unsigned i = 0;

	memset(bytes, 'x', sizeof(bytes) - 1);
	bytes[sizeof(bytes) - 1] = '\0';
	while (i < 2000 && put(numbered(i, text), bytes, i) == OK)
		i++;
	CHECK(i > 300 && i < 2000 && state_is_full(&state), "a map is full at some time");
	CHECK(put(numbered(5000, text), bytes, 5000) == LATER && errno == ENOSPC, "then nothing new is taken");
	bytes[0] = 'y';
	CHECK(put(numbered(0, text), bytes, 5000) == OK, "but what is there can change");
	CHECK(put(numbered(1, text), "shorter", 5000) == LATER, "as long as its length does not");
}

static void check_full(void)
{
	struct state_place place = { .length = 0 };
	struct state_change change;
	size_t removed;
	struct stat about;
	char text[16];

	begin();
	CHECK(!state_is_full(&state) && state_room(&state) > SIZE / 2, "an empty map is not full");
	fill();
	CHECK(state_room(&state) == 0, "a full one has no room");
	for (unsigned i = 0; i < 50; i++)
		CHECK(put(numbered(0, text), "z", 1) == LATER, "it stays full");
	CHECK(open_again() && state_is_full(&state), "and is full when it is opened again");
	CHECK(state_begin(&state, &change) == OK && state_sweep(&change, &place, 10000, 4000, &removed) == OK && removed > 300 &&
	      state_commit(&change) == OK, "a full map can forget");
	CHECK(!state_is_full(&state) && put(numbered(5000, text), "x", 9000) == OK, "then there is room");
	CHECK(fstatat(folder_fd, NAME, &about, 0) == 0 && about.st_size <= (off_t)SIZE, "the file never grew beyond its size");
	end();
}

/* ---- ends without goodbye ---- */

/* Two entries get the same number in one change; each number is told when it is safe. */
static _Noreturn void write_until_killed(int tell)
{
	char text[16];

	state_close(&state);
	if (state_open(&state, folder_fd, NAME, SIZE) != OK)
		_exit(1);
	for (uint32_t number = 1;; number++) {
		struct state_change change;
		struct state_value value;

		(void)snprintf(text, sizeof(text), "%08u", number);
		value = value_of(text, 100);
		if (state_begin(&state, &change) != OK ||
		    state_put(&change, &(struct state_key){ 1, SLICE(""), SLICE("left") }, &value) != OK ||
		    state_put(&change, &(struct state_key){ 9, SLICE(""), SLICE("right") }, &value) != OK ||
		    state_commit(&change) != OK || write(tell, &number, sizeof(number)) != sizeof(number))
			_exit(1);
	}
}

static uint32_t last_told(int from)
{
	uint32_t last = 0, number;

	while (read(from, &number, sizeof(number)) == (ssize_t)sizeof(number))
		last = number;
	return last;
}

static void kill_one(unsigned round)
{
	struct state_value left = { .length = 0 }, right = { .length = 0 };
	uint32_t first = 0, last;
	char text[16];
	int ends[2];
	pid_t child;

	state_close(&state);
	CHECK(pipe(ends) == 0, "a pipe");
	child = fork();
	if (child == 0)
		write_until_killed(ends[1]);
	(void)close(ends[1]);
	CHECK(read(ends[0], &first, sizeof(first)) == (ssize_t)sizeof(first), "it writes");
	(void)usleep(1000 * (round % 7));
	CHECK(kill(child, SIGKILL) == 0 && waitpid(child, NULL, 0) == child, "it is killed");
	last = last_told(ends[0]);
	last = last > first ? last : first;
	(void)close(ends[0]);
	CHECK(state_open(&state, folder_fd, NAME, SIZE) == OK, "the map opens");
	CHECK(state_get(&state, &(struct state_key){ 1, SLICE(""), SLICE("left") }, 1, &left) == OK &&
	      state_get(&state, &(struct state_key){ 9, SLICE(""), SLICE("right") }, 1, &right) == OK, "both are there");
	(void)snprintf(text, sizeof(text), "%08u", last);
	CHECK(left.length == 8 && memcmp(left.bytes, right.bytes, 8) == 0, "with the same number");
	CHECK(memcmp(left.bytes, text, 8) >= 0, "which is no older than what was told to be safe");
}

static void check_kills(void)
{
	begin();
	for (unsigned round = 0; round < 12; round++)
		kill_one(round);
	end();
}

/* ---- damage ---- */

static void damage(off_t at, uint8_t with)
{
	closing int fd = openat(folder_fd, NAME, O_RDWR | O_CLOEXEC);
	uint8_t byte = 0;

	CHECK(pread(fd, &byte, 1, at) == 1, "a byte");
	byte ^= with;
	CHECK(pwrite(fd, &byte, 1, at) == 1, "is damaged");
}

/* Everything that opens is asked, and changed; a death is what deaths are for, while it is opened. */
static enum result open_in_child(void)
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		struct state_value value;
		enum result result;
		char text[16];

		(void)close(STDERR_FILENO);
		(void)signal(SIGABRT, SIG_DFL);
		result = state_open(&state, folder_fd, NAME, SIZE);
		for (unsigned i = 0; result == OK && i < 200; i++)
			if (state_get(&state, &(struct state_key){ 1, SLICE(""), numbered(i, text).who }, 1, &value) == OK &&
			    !is(&value, text))
				_exit(100);
		if (result == OK && put(numbered(1, text), text, 1000) != OK)
			_exit(100);
		_exit((int)result);
	}
	if (waitpid(child, &status, 0) != child || !WIFEXITED(status) || WEXITSTATUS(status) == AGAIN)   /* a sanitizer's end */
		return BROKEN;
	return (enum result)WEXITSTATUS(status);
}

static void make_map(void)
{
	char text[16];

	begin();
	for (unsigned i = 0; i < 200; i++) {
		struct state_key key = numbered(i, text);

		CHECK(put(key, text, 1000) == OK, "an entry");
	}
	state_close(&state);
}

/* The map as it was made, whatever was done to it since. */
static struct { char bytes[1 << 20]; size_t length; } made;

static void keep_map(void)
{
	closing int fd = openat(folder_fd, NAME, O_RDONLY | O_CLOEXEC);
	ssize_t length = pread(fd, made.bytes, sizeof(made.bytes), 0);

	CHECK(length > 0 && length < (ssize_t)sizeof(made.bytes), "the map is kept");
	made.length = length > 0 ? (size_t)length : 0;
}

static void put_right(void)
{
	closing int fd = openat(folder_fd, NAME, O_WRONLY | O_TRUNC | O_CLOEXEC);

	CHECK(pwrite(fd, made.bytes, made.length, 0) == (ssize_t)made.length, "and put right");
	(void)unlinkat(folder_fd, NAME ".opening", 0);
}

static enum result open_at_last(void)
{
	enum result result = open_in_child();

	if (result == BROKEN)
		result = open_in_child() == BROKEN ? open_in_child() : BROKEN;
	return result;
}

static void check_damage(void)
{
	unsigned seen = 0;

	make_map();
	keep_map();
	CHECK(open_in_child() == OK, "the whole map opens");
	for (size_t at = 0; at < made.length; at += 797) {
		enum result result;

		put_right();
		damage((off_t)at, 0x41);
		result = open_at_last();
		CHECK(result == OK || result == REFUSED, "a damaged byte is of no matter, or it is seen, at last at the third start");
		seen += result == REFUSED;
	}
	put_right();
	CHECK(seen > 0 && open_in_child() == OK, "put right, it opens");
	end();
}

/* Where the first list of free pages stands in the file. */
static size_t place_of_list(void)
{
	MDB_cursor *cursor = NULL;
	MDB_val key, list = { 0 };
	size_t within, number;
	MDB_txn *txn = NULL;

	CHECK(state_open(&state, folder_fd, NAME, SIZE) == OK, "it opens");
	CHECK(mdb_txn_begin(state.env, NULL, MDB_RDONLY, &txn) == 0 && mdb_cursor_open(txn, 0, &cursor) == 0, "what is free");
	CHECK(mdb_cursor_get(cursor, &key, &list, MDB_FIRST) == 0 && list.mv_size >= 3 * sizeof(size_t), "is listed");
	within = (uintptr_t)list.mv_data % state.page;
	memcpy(&number, (const char *)list.mv_data - within, sizeof(number));      /* a page begins with its number */
	within += number * state.page;
	mdb_cursor_close(cursor);
	mdb_txn_abort(txn);
	state_close(&state);
	return within;
}

static void check_free_list(void)
{
	static const struct { const char *about; size_t word, value; } rows[] = {
		{ "more pages than there are numbers", 0, 1000000 },
		{ "a page that describes the map", 1, 1 },
		{ "a page behind the end", 1, 1 << 20 },
		{ "a page twice", 2, SIZE_MAX },             /* as the one before */
	};
	size_t place;

	make_map();
	place = place_of_list();
	keep_map();
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		closing int fd = openat(folder_fd, NAME, O_RDWR | O_CLOEXEC);
		size_t value = rows[i].value;

		put_right();
		if (value == SIZE_MAX)
			CHECK(pread(fd, &value, sizeof(value), (off_t)(place + sizeof(value))) == (ssize_t)sizeof(value), "the one before");
		CHECK(pwrite(fd, &value, sizeof(value), (off_t)(place + rows[i].word * sizeof(value))) == (ssize_t)sizeof(value), "damage");
		CHECK(open_at_last() == REFUSED, rows[i].about);
	}
	end();
}

static void damage_all(const char *text)
{
	static char bytes[1 << 20];
	closing int fd = openat(folder_fd, NAME, O_RDWR | O_CLOEXEC);
	ssize_t length = pread(fd, bytes, sizeof(bytes), 0);
	unsigned found = 0;

	for (ssize_t at = 0; at + (ssize_t)strlen(text) <= length; at++)
		if (memcmp(bytes + at, text, strlen(text)) == 0)
			found += pwrite(fd, "#", 1, at) == 1;
	CHECK(found > 0, "a value is damaged in the file");
}

static void check_damage_while_open(void)
{
	const struct state_key key = { 1, SLICE(""), SLICE("left") }, other = { 1, SLICE(""), SLICE("right") };
	struct state_place place = { .length = 0 };
	struct state_change change;
	struct state_value value;
	size_t removed;

	begin();
	CHECK(put(key, "what it is worth", 100) == OK && put(other, "another", 100) == OK, "two entries");
	damage_all("what it is worth");
	errno = 0;
	CHECK(state_get(&state, &key, 1, &value) == LATER && errno == EIO, "a damaged one is not taken for none");
	CHECK(state_begin(&state, &change) == OK && state_change_get(&change, &key, 1, &value) == LATER, "nor by who changes it");
	state_abandon(&change);
	CHECK(state_get(&state, &other, 1, &value) == OK && is(&value, "another"), "the other is there");
	CHECK(state_get(&state, &(struct state_key){ 1, SLICE(""), SLICE("x") }, 1, &value) == REFUSED, "a third is none");
	CHECK(state_begin(&state, &change) == OK && state_sweep(&change, &place, 10, 1000, &removed) == OK && removed == 1 &&
	      state_commit(&change) == OK && state_get(&state, &key, 1, &value) == LATER, "nor is it forgotten");
	CHECK(!open_again(), "the next start sees it");
	end();
}

static void check_short(void)
{
	char name[STATE_NAME], text[16];
	struct stat about;

	make_map();
	CHECK(fstatat(folder_fd, NAME, &about, 0) == 0 && chdir(folder) == 0, "the map");
	for (off_t size = about.st_size - 1; size > 0; size -= about.st_size / 9) {
		CHECK(truncate(NAME, size) == 0 && open_in_child() == REFUSED, "half a map is none");
	}
	for (unsigned i = 1; i <= STATE_ASIDE + 1; i++) {
		(void)snprintf(text, sizeof(text), "%s.damaged-%u", NAME, i);
		CHECK(state_set_aside(folder_fd, NAME, name) == OK, "it is put aside");
		CHECK(slice_same(slice_of(name), i <= STATE_ASIDE ? slice_of(text) : SLICE("")), "under a name of its own, while there are some");
		CHECK(faccessat(folder_fd, NAME, F_OK, 0) != 0, "and is not there any more");
		CHECK(state_open(&state, folder_fd, NAME, SIZE) == OK && state_count(&state) == 0, "an empty one takes its place");
		state_close(&state);
	}
	CHECK(state_set_aside(folder_fd, "nothing", name) == LATER, "what is not there cannot be put aside");
	end();
}

/* ---- other troubles ---- */

static void check_troubles(void)
{
	struct state other = { 0 };
	closing int file = -1;

	begin();
	CHECK(put((struct state_key){ 1, SLICE(""), SLICE("x") }, "x", 100) == OK, "an entry");
	CHECK(open_again() && mkdirat(folder_fd, "a-folder", 0700) == 0, "a folder");
	CHECK(state_open(&other, folder_fd, "a-folder", SIZE) == LATER && other.env == NULL, "which is no file");
	file = openat(folder_fd, "letters", O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	CHECK(write(file, folder, sizeof(folder)) == sizeof(folder), "a file of something else");
	CHECK(state_open(&other, folder_fd, "letters", SIZE) == REFUSED && other.env == NULL, "which is no map");
	CHECK(state_open(&other, file, NAME, SIZE) == LATER, "a folder that is none");
	end();
}

int main(void)
{
	check_keys();
	check_changes();
	check_ageing();
	check_what_goes_by_its_value();
	check_full();
	check_kills();
	check_damage();
	check_free_list();
	check_damage_while_open();
	check_short();
	check_troubles();
	return TEST_END();
}
