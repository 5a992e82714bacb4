/* SPDX-License-Identifier: Apache-2.0 */
/* What a queue that was killed, or whose spool was touched meanwhile, makes of what it finds. */
#include "queue/queue_scene.h"

#include "queue/journal_format.h"

#include <fcntl.h>
#include <sys/stat.h>

static void inspect_is_gone(void)
{
	resume();
	fd_close(&scene.inspect);
	deposit(1, 0, 1, true);
	EXPECT(hear(scene.front, QUEUE_KEPT));
	kill_it();
	start();
	resume();
	judge_all(FATE_DELIVER, 1);
	EXPECT(lent_count(1));
	end_one(0, RELAY_DELIVERED);
	say_whose(RELAY_ENDED);
	EXPECT(empties("messages") && empties("judged"));
}

static void queue_comes_back(void)
{
	resume();
	deposit(1, 0, 2, true);
	judge_all(FATE_DELIVER, 2);
	EXPECT(hear(scene.front, QUEUE_KEPT) && lent_count(2));
	end_one(0, RELAY_DELIVERED);
	kill_it();
	start();
	say_whose(RELAY_HOLDING);
	resume();
	EXPECT(silent(scene.relay));
	end_one(1, RELAY_DELIVERED);
	say_whose(RELAY_ENDED);
	EXPECT(empties("messages"));
	EXPECT(ledger("\"delivered\": 2, \"queued\": 0"));
}

static void only_the_rest_again(void)
{
	resume();
	deposit(1, 0, 2, true);
	judge_all(FATE_DELIVER, 2);
	EXPECT(hear(scene.front, QUEUE_KEPT) && lent_count(2));
	end_one(1, RELAY_DELIVERED);
	kill_it();
	start();
	resume();
	EXPECT(lent_count(1));
}

static void damage_is_set_aside(void)
{
	char path[PATH + 64];
	int fd;

	deposit(1, 0, 1, true);
	judge_all(FATE_DELIVER, 1);
	EXPECT(hear(scene.front, QUEUE_KEPT));
	kill_it();
	(void)snprintf(path, sizeof(path), "%s/messages/%s", scene.spool, scene.id);
	fd = open(path, O_RDWR | O_CLOEXEC);
	EXPECT(pwrite(fd, "X", 1, 300) == 1);
	fd_close(&fd);
	(void)snprintf(path, sizeof(path), "%s/messages/0123456789ABCDEF", scene.spool);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	EXPECT(write(fd, "Postern\n", 8) == 8);
	fd_close(&fd);
	start();
	resume();
	EXPECT(silent(scene.relay));
	EXPECT(files("messages") == 0 && files("corrupt") == 2);
}

static void moved(void)
{
	char other[PATH];
	FILE *conf;

	deposit(1, 0, 2, true);
	judge_all(FATE_DELIVER, 2);
	EXPECT(hear(scene.front, QUEUE_KEPT));
	kill_it();
	(void)snprintf(other, sizeof(other), "%s/elsewhere", scene.folder);
	EXPECT(rename(scene.spool, other) == 0);
	memcpy(scene.spool, other, sizeof(other));
	conf = fopen(scene.conf, "we");
	(void)fprintf(conf, "spool = \"%s\"\nqueue { reserve = 0 }\n", scene.spool);
	EXPECT(fclose(conf) == 0);
	start();
	resume();
	EXPECT(lent_count(2));
}

static void torn_journal(void)
{
	char path[PATH + 16];
	int fd;

	resume();
	deposit(1, 0, 2, true);
	judge_all(FATE_DELIVER, 2);
	EXPECT(hear(scene.front, QUEUE_KEPT) && lent_count(2));
	end_one(0, RELAY_DELIVERED);
	kill_it();
	(void)snprintf(path, sizeof(path), "%s/journal", scene.spool);
	fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
	EXPECT(write(fd, "\x30\0\0\0torn", 8) == 8);
	fd_close(&fd);
	start();
	resume();
	EXPECT(lent_count(1) && files("corrupt") == 0);
}

static void copy_fixture(const char *name)
{
	char path[PATH + 64], bytes[4096];
	ssize_t length;
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", scene.fixtures, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	length = read(fd, bytes, sizeof(bytes));
	fd_close(&fd);
	(void)snprintf(path, sizeof(path), "%s/messages/%s", scene.spool, name);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	EXPECT(length > 0 && write(fd, bytes, (size_t)length) == length);
	fd_close(&fd);
}

/* One has a judgement, and one of its two recipients is held; the other is judged now. */
static void old_spool(void)
{
	uint32_t count = 0;

	EXPECT(ledger("\"queued\": 0"));
	kill_it();
	copy_fixture("0SP00VERS10N1AAA");
	copy_fixture("0SP00VERS10N1BBB");
	start();
	resume();
	(void)lent(&count);
	EXPECT(count == 1);
	judge_all(FATE_DELIVER, 2);
	(void)lent(&count);
	EXPECT(count == 2);
	EXPECT(ledger("\"queued\": 3, \"held\": 1") && files("corrupt") == 0);
}

/* Killed at any moment: what was answered KEPT is delivered, what was NOTED is not lent again. */
static void killed_at_random(void)
{
	unsigned kept = 0, missing = 0;

	for (unsigned i = 0; i < 40; i++) {
		deposit(100 + i, 0, 1, true);
		judge_all(FATE_DELIVER, 1);
		(void)usleep((i * 131) % 3000);
		be_patient(scene.front, 20);
		if (hear(scene.front, QUEUE_KEPT)) {
			char path[PATH + 64];

			kept++;
			(void)snprintf(path, sizeof(path), "%s/messages/%s", scene.spool, scene.id);
			missing += access(path, F_OK) != 0;
		}
		kill_it();
		start();
	}
	kill_it();
	EXPECT(missing == 0 && kept <= files("messages") && kept > 0);
	start();
	resume();
	for (unsigned i = files("messages"); i > 0; i--)
		EXPECT(lent_count(1));
	EXPECT(files("corrupt") == 0);
}

static void answer_compose(uint64_t exchange)
{
	int fd = message_memfd(true);

	EXPECT(frame_send(scene.inspect, INSPECT_COMPOSED, exchange, SLICE(""), fd) == OK);
	fd_close(&fd);
}

/* A second failure comes while the notice of the first is written: it gets one too. */
static void failed_meanwhile(void)
{
	uint64_t first;

	resume();
	deposit(1, ENVELOPE_TRUSTED, 2, true);
	judge_all(FATE_DELIVER, 2);
	EXPECT(hear(scene.front, QUEUE_KEPT) && lent_count(2));
	end_one(0, RELAY_FAILED);
	kill_it();
	start();
	resume();
	EXPECT(hear(scene.inspect, QUEUE_COMPOSE));
	first = scene.frame.exchange;
	end_one(1, RELAY_FAILED);
	answer_compose(first);
	EXPECT(hear(scene.inspect, QUEUE_COMPOSE));
	answer_compose(scene.frame.exchange);
	EXPECT(ledger("\"queued\": 2, \"held\": 0, \"quarantined\": 0, \"bounced\": 2"));
}

/* The folder does not let the file go: it is not forgotten that all of it is delivered. */
static void not_removed(void)
{
	char path[PATH + 16];

	resume();
	deposit(1, 0, 1, true);
	judge_all(FATE_DELIVER, 1);
	EXPECT(hear(scene.front, QUEUE_KEPT) && lent_count(1));
	(void)snprintf(path, sizeof(path), "%s/messages", scene.spool);
	EXPECT(chmod(path, 0500) == 0);
	end_one(0, RELAY_DELIVERED);
	say_whose(RELAY_ENDED);
	EXPECT(ledger("\"delivered\": 1, \"queued\": 0"));
	(void)usleep(50000);
	EXPECT(files("messages") == 1 && chmod(path, 0700) == 0);
	EXPECT(COMMAND("queue", "flush") == 0 && empties("messages"));
	EXPECT(ledger("\"delivered\": 1, \"queued\": 0"));
}

/* What the disk does not give at one start is still known at the next. */
static void unread_at_a_start(void)
{
	char path[PATH + 64], id[sizeof(scene.id)];

	deposit(1, 0, 2, true);
	judge_all(FATE_DELIVER, 2);
	EXPECT(hear(scene.front, QUEUE_KEPT));
	EXPECT(COMMAND("queue", "hold", scene.id) == 0);
	memcpy(id, scene.id, sizeof(id));
	kill_it();
	(void)snprintf(path, sizeof(path), "%s/messages/%s", scene.spool, id);
	EXPECT(chmod(path, 0) == 0);
	start();
	resume();
	deposit(2, 0, 1, true);
	judge_all(FATE_DELIVER, 1);
	EXPECT(hear(scene.front, QUEUE_KEPT) && lent_count(1));
	end_one(0, RELAY_DELIVERED);
	leave_it();
	EXPECT(chmod(path, 0600) == 0);
	start();
	resume();
	EXPECT(silent(scene.relay));
	EXPECT(ledger("\"held\": 2"));
}

/* The clock was a year ahead when it was put off. */
static void put_off_by_a_wrong_clock(void)
{
	struct journal_record record = { .kind = JOURNAL_DEFERRED, .attempts = 1,
		                         .time = (uint64_t)time(NULL) + 365 * 86400 };
	struct buffer packed;
	char path[PATH + 16];
	int fd;

	resume();
	deposit(1, 0, 1, true);
	judge_all(FATE_DELIVER, 1);
	EXPECT(hear(scene.front, QUEUE_KEPT) && lent_count(1));
	EXPECT(COMMAND("queue", "ledger") == 0);
	kill_it();
	memcpy(record.id, scene.id, MESSAGE_ID_SIZE);
	record.serial = serial;
	buffer_init(&packed, 4096);
	(void)snprintf(path, sizeof(path), "%s/journal", scene.spool);
	fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	EXPECT((lseek(fd, 0, SEEK_END) > 0 || journal_write_head(&packed) == OK) && journal_write(&record, &packed) == OK);
	EXPECT(write(fd, packed.bytes + packed.start, buffer_length(&packed)) == (ssize_t)buffer_length(&packed));
	fd_close(&fd);
	buffer_finish(&packed);
	start();
	resume();
	EXPECT(lent_count(1));
}

/* What the relay holds cannot be held or deleted. */
static void out_of_reach(void)
{
	resume();
	deposit(1, 0, 1, true);
	judge_all(FATE_DELIVER, 1);
	EXPECT(hear(scene.front, QUEUE_KEPT) && lent_count(1));
	kill_it();
	start();
	say_whose(RELAY_HOLDING);
	resume();
	EXPECT(ledger("\"queued\": 1"));
	EXPECT(COMMAND("queue", "delete", scene.id) == 1);
	say_whose(RELAY_ENDED);
	EXPECT(lent_count(1));
}

/* Its later judgement is lost when the next hop has refused it: it comes to an end all the same. */
static void judgement_lost(void)
{
	char path[PATH + 64];

	resume();
	deposit(1, 0, 1, true);
	EXPECT(hear(scene.inspect, QUEUE_INSPECT) && hear(scene.front, QUEUE_KEPT));
	judge_all(FATE_DELIVER, 1);
	EXPECT(lent_count(1));
	end_one(0, RELAY_FAILED);
	kill_it();
	(void)snprintf(path, sizeof(path), "%s/judged/%s", scene.spool, scene.id);
	EXPECT(unlink(path) == 0);
	start();
	EXPECT(ledger("\"queued\": 0, \"held\": 0, \"quarantined\": 1") && empties("messages"));
}

/* A journal of a version to come is not thrown away. */
static void foreign_journal(void)
{
	char path[PATH + 16];
	int fd;

	EXPECT(COMMAND("queue", "ledger") == 0);
	kill_it();
	(void)snprintf(path, sizeof(path), "%s/journal", scene.spool);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	EXPECT(write(fd, "PstnJrn\n\7\0\0\0 and more", 21) == 21);
	fd_close(&fd);
	start();
	EXPECT(ledger("\"queued\": 0") && files("corrupt") == 1);
}

/* Killed when the results are noted, with the message's file still there for one who is left. */
static void delivered_then_killed(void)
{
	resume();
	for (unsigned i = 0; i < 10; i++) {
		deposit(1 + i, 0, 3, true);
		judge_all(FATE_DELIVER, 3);
		EXPECT(hear(scene.front, QUEUE_KEPT) && lent_count(3));
		end_one(0, RELAY_DELIVERED);
		end_one(2, RELAY_DELIVERED);
		if (i % 2)
			end_one(1, RELAY_DELIVERED);
	}
	kill_it();
	start();
	resume();
	for (unsigned i = 0; i < 5; i++)
		EXPECT(lent_count(1));
	EXPECT(silent(scene.relay));
	EXPECT(ledger("\"delivered\": 25, \"queued\": 5"));
}

static const struct scene_row rows[] = {
	{ "inspect is gone: kept, judged after a restart",            inspect_is_gone },
	{ "the queue is killed while the relay holds a message",      queue_comes_back },
	{ "after a kill only who is missing is tried again",          only_the_rest_again },
	{ "damaged and foreign files are set aside",                  damage_is_set_aside },
	{ "a spool that was moved is drained",                        moved },
	{ "a journal with a torn tail keeps what is before",          torn_journal },
	{ "a spool written by version 1 is drained",                  old_spool },
	{ "a failure that comes while a notice is written is told too", failed_meanwhile },
	{ "a file that cannot be removed is not forgotten",           not_removed },
	{ "a file that one start cannot read is known to the next",   unread_at_a_start },
	{ "put off by a clock that was wrong: tried now",             put_off_by_a_wrong_clock },
	{ "what the relay holds is out of reach after a restart",     out_of_reach },
	{ "a failed message without its judgement is set apart",      judgement_lost },
	{ "a journal of another version is kept",                     foreign_journal },
	{ "delivered, then killed: only who is left is lent again",   delivered_then_killed },
	{ "killed at random moments",                                 killed_at_random },
};

int main(int count, char **words)
{
	return scene_main(count, words, rows, COUNT_OF(rows));
}
