/* SPDX-License-Identifier: Apache-2.0 */
/* Records that were noted come back, whatever the disk did between; nobody is told before. */
#include "queue/journal.h"

#include "base/fd.h"
#include "base/test.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { NOTES = 200 };

static struct world {
	struct loop loop;
	struct crew crew;
	struct spool spool;
	struct journal journal;
	struct timer deadline;
	struct note { struct journal_note note; unsigned number; bool noted; } notes[NOTES];
	unsigned given, noted, failures, most;
	bool seen[NOTES];
	char path[32];
} world;

static struct journal_record record_of(unsigned number)
{
	return (struct journal_record){ .kind = JOURNAL_DELIVERED, .id = "0123456789ABCDEF", .serial = 1, .place = number,
	                                .reply = SLICE("250 done") };
}

/* What was added so far, as an owner knows it. */
static enum result snapshot(void *self, struct buffer *to)
{
	(void)self;
	for (unsigned i = 0; i < world.given; i++) {
		struct journal_record record = record_of(i);

		TRY(journal_write(&record, to));
	}
	return OK;
}

static void synced(void *self, enum result end)
{
	(void)self;
	world.failures += end != OK;
}

static const struct journal_owner owner = { snapshot, synced };

static void apply(void *self, const struct journal_record *record)
{
	(void)self;
	if (record->place < NOTES)
		world.seen[record->place] = true;
}

static unsigned replayed(void)
{
	struct journal_replay replay;
	unsigned count = 0;

	memset(world.seen, 0, sizeof(world.seen));
	CHECK(journal_replay(&world.spool, apply, NULL, &replay) == OK && !replay.torn, "replayed");
	for (unsigned i = 0; i < NOTES; i++)
		count += world.seen[i];
	return count;
}

static void noted(struct journal_note *note)
{
	struct note *one = (struct note *)(void *)note;

	one->noted = true;
	world.noted++;
	if (world.noted % 50 == 0) {
		(void)replayed();
		for (unsigned i = 0; i < NOTES; i++)
			CHECK(!world.notes[i].noted || world.seen[i], "who is told is on the disk");
	}
	if (world.noted == world.most)
		loop_stop(&world.loop);
}

static void give(unsigned count)
{
	world.most = world.given + count;
	while (world.given < world.most) {
		struct journal_record record = record_of(world.given);
		struct note *note = &world.notes[world.given++];

		journal_add(&world.journal, &record);
		journal_sync(&world.journal, &note->note, noted);
	}
}

static void too_late(void *self)
{
	(void)self;
	CHECK(false, "the notes come in time");
	loop_stop(&world.loop);
}

static void enough(void *self)
{
	(void)self;
	loop_stop(&world.loop);
}

static void run(void)
{
	CHECK(timer_start(&world.deadline, 20000) == OK && loop_run(&world.loop) == OK, "the loop");
}

static void open_world(uint64_t grow)
{
	const char *why;

	memcpy(world.path, "/tmp/queue-journal-XXXXXX", 26);
	CHECK(mkdtemp(world.path) != NULL && spool_open(&world.spool, world.path, (unsigned)-1, 0, &why) == OK, "a spool");
	CHECK(loop_init(&world.loop) == OK && crew_init(&world.crew, &world.loop) == OK && crew_start(&world.crew, 2) == OK, "a crew");
	timer_init(&world.deadline, &world.loop, too_late, NULL);
	journal_init(&world.journal, &world.crew, &world.spool, grow, &owner, NULL);
}

static void close_world(void)
{
	crew_finish(&world.crew);
	journal_finish(&world.journal);
	timer_end(&world.deadline);
	loop_finish(&world.loop);
	spool_close(&world.spool);
	world = (struct world){ .path = "" };
}

static void check_groups(void)
{
	open_world(1 << 20);
	give(50);
	run();
	give(50);
	give(50);
	run();
	CHECK(replayed() == 150 && world.journal.syncs < 20, "many records, few syncs");
	close_world();
}

/* The disk is full under the append: a new file is written, and only then is anybody told. */
static void check_failed_append(void)
{
	open_world(1 << 20);
	give(50);
	run();
	fd_close(&world.journal.fd);
	world.journal.fd = open("/dev/full", O_RDWR | O_CLOEXEC);
	give(50);
	run();
	CHECK(world.failures == 1 && replayed() == 100, "nothing is lost by a failed append");
	give(50);
	run();
	CHECK(world.failures == 1 && replayed() == 150, "and the new file goes on");
	close_world();
}

/* Nor can a new file be written: nobody is told, until it can. */
static void check_failed_compaction(void)
{
	int root;

	open_world(1 << 20);
	root = world.spool.root.fd;
	world.spool.root.fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	give(50);
	timer_init(&world.deadline, &world.loop, enough, NULL);
	CHECK(timer_start(&world.deadline, 200) == OK, "a short while");
	CHECK(loop_run(&world.loop) == OK && world.noted == 0 && world.failures > 0, "nobody is told");
	fd_close(&world.spool.root.fd);
	world.spool.root.fd = root;
	timer_end(&world.deadline);
	timer_init(&world.deadline, &world.loop, too_late, NULL);
	run();
	CHECK(world.noted == 50 && replayed() == 50, "told when it is written");
	close_world();
}

static void check_growth(void)
{
	open_world(1000);
	for (unsigned i = 0; i < NOTES / 10; i++) {
		give(10);
		run();
	}
	CHECK(replayed() == NOTES, "compaction after compaction loses nothing");
	CHECK(world.journal.syncs > NOTES / 10, "and there were some");
	close_world();
}

/* One byte of one record: that record is lost, and those behind it are heard. */
static void check_damage(void)
{
	struct journal_replay replay;
	unsigned count = 0;
	char byte = 0;
	int fd;

	open_world(1 << 20);
	give(50);
	run();
	fd = openat(world.spool.root.fd, "journal", O_RDWR | O_CLOEXEC);
	CHECK(fd >= 0 && pread(fd, &byte, 1, 800) == 1, "the middle");
	byte ^= 1;
	CHECK(pwrite(fd, &byte, 1, 800) == 1 && close(fd) == 0, "damaged");
	memset(world.seen, 0, sizeof(world.seen));
	CHECK(journal_replay(&world.spool, apply, NULL, &replay) == OK && replay.behind, "records lie behind it");
	for (unsigned i = 0; i < 50; i++)
		count += world.seen[i];
	CHECK(count == 49, "who was delivered to before and behind the damage is known");
	close_world();
}

/* Under the journal's name lies something that is no file: nothing to read, and nothing to wait for. */
static void check_no_file(void)
{
	struct journal_replay replay;
	int root;

	open_world(1 << 20);
	root = world.spool.root.fd;
	CHECK((unlinkat(root, "journal", 0) == 0 || errno == ENOENT) && mkfifoat(root, "journal", 0600) == 0, "a pipe");
	CHECK(journal_replay(&world.spool, apply, NULL, &replay) == OK && replay.no_file, "a pipe is no journal");
	CHECK(unlinkat(root, "journal", 0) == 0 && symlinkat("lock", root, "journal") == 0, "a link");
	CHECK(journal_replay(&world.spool, apply, NULL, &replay) == OK && replay.no_file, "a link is no journal");
	CHECK(unlinkat(root, "journal", 0) == 0 && mkdirat(root, "journal", 0700) == 0, "a folder");
	CHECK(journal_replay(&world.spool, apply, NULL, &replay) == OK && replay.no_file, "a folder is no journal");
	CHECK(unlinkat(root, "journal", AT_REMOVEDIR) == 0, "gone");
	CHECK(journal_replay(&world.spool, apply, NULL, &replay) == OK && !replay.no_file, "no journal at all is a new one");
	close_world();
}

/* No new file from now on: its first step fails. What was there is given back, to be restored. */
static int forbid_new(void)
{
	int before = world.spool.messages.fd;

	world.spool.messages.fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	return before;
}

static void permit_new(int before)
{
	fd_close(&world.spool.messages.fd);
	world.spool.messages.fd = before;
}

/* It has grown, and there is no room for a new one: the old one goes on, and the new one comes with the room. */
static void check_postponed(void)
{
	struct stat before, after;
	int messages;

	open_world(1000);
	give(10);
	run();
	CHECK(fstat(world.journal.fd, &before) == 0, "the old file");
	messages = forbid_new();
	for (unsigned i = 0; i < 10; i++) {
		give(10);
		run();
	}
	CHECK(world.noted == 110 && world.failures > 0 && replayed() == 110, "everybody is told, and it is so");
	CHECK(fstat(world.journal.fd, &after) == 0 && before.st_ino == after.st_ino, "by the old file");
	permit_new(messages);
	world.failures = 0;
	timer_end(&world.deadline);
	timer_init(&world.deadline, &world.loop, enough, NULL);
	CHECK(timer_start(&world.deadline, 6000) == OK && loop_run(&world.loop) == OK, "a while");
	timer_end(&world.deadline);
	timer_init(&world.deadline, &world.loop, too_late, NULL);
	give(10);
	run();
	CHECK(world.failures == 0 && replayed() == 120, "and it loses nothing");
	CHECK(fstat(world.journal.fd, &after) == 0 && before.st_ino != after.st_ino, "a new file came");
	close_world();
}

/* A start without room for a new file: the old one goes on if it was read to its end, and not else. */
static void check_trusted(bool torn)
{
	struct journal_replay replay;
	int messages;

	open_world(1 << 20);
	give(50);
	run();
	if (torn)
		CHECK(write(world.journal.fd, "\377", 1) == 1, "a torn end");
	journal_finish(&world.journal);
	journal_init(&world.journal, &world.crew, &world.spool, 1 << 20, &owner, NULL);
	CHECK(journal_replay(&world.spool, apply, NULL, &replay) == OK && replay.found && replay.torn == torn, "replayed");
	if (!torn)
		journal_trust(&world.journal);
	messages = forbid_new();
	give(50);
	timer_end(&world.deadline);
	timer_init(&world.deadline, &world.loop, torn ? enough : too_late, NULL);
	CHECK(timer_start(&world.deadline, torn ? 300 : 20000) == OK && loop_run(&world.loop) == OK, "the loop");
	CHECK(world.noted == (torn ? 50 : 100), torn ? "nobody is told" : "everybody is told");
	permit_new(messages);
	if (torn) {
		timer_end(&world.deadline);
		timer_init(&world.deadline, &world.loop, too_late, NULL);
		run();
	}
	CHECK(replayed() == 100, "nothing is lost");
	close_world();
}

/* When others have filled the disk, there is room behind its end. */
static void check_tail(void)
{
	struct stat about;
	int probe;

	open_world(100000);
	probe = openat(world.spool.root.fd, "probe", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fallocate(probe, FALLOC_FL_KEEP_SIZE, 0, 4096) == 0) {
		give(50);
		run();
		CHECK(fstat(world.journal.fd, &about) == 0 && about.st_blocks * 512 > about.st_size + 100000, "a tail");
	}
	fd_close(&probe);
	close_world();
}

int main(void)
{
	check_tail();
	check_postponed();
	check_trusted(false);
	check_trusted(true);
	check_no_file();
	check_damage();
	check_groups();
	check_failed_append();
	check_failed_compaction();
	check_growth();
	return TEST_END();
}
