/* SPDX-License-Identifier: Apache-2.0 */
/* Others do their part badly, at once, or not at all; what that costs is put off, counted and said once. */
#include "queue/paces.h"
#include "queue/queue_scene.h"

#include "base/pack.h"

#include <fcntl.h>
#include <sys/mman.h>

/* Too large for the queue, whatever the front permits: the client is not to come again with it. */
static void too_large(void)
{
	enum { LIMIT = 1024 };
	static const struct { size_t size; uint8_t answer; const char *begin; } sizes[] = {
		{ LIMIT + 1, QUEUE_REFUSED, "552 5.3.4 " }, { LIMIT, QUEUE_KEPT, "" } };
	char bytes[LIMIT + 1];

	kill_it();
	rewrite_conf("message_limit = 1K");
	start();
	memset(bytes, 'x', sizeof(bytes));
	for (size_t i = 0; i < COUNT_OF(sizes); i++) {
		int fd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);

		EXPECT(write(fd, bytes, sizes[i].size) == (ssize_t)sizes[i].size);
		EXPECT(fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) == 0);
		deposit_memfd(1 + i, 0, 1, fd);
		if (sizes[i].answer == QUEUE_KEPT)
			judge_all(FATE_DELIVER, 1);
		EXPECT(hear(scene.front, sizes[i].answer) && slice_begins(scene.frame.payload, slice_of(sizes[i].begin)));
	}
	EXPECT(files("messages") == 1);
}

/* Inspect lives, and never answers this one: it is asked anew, and told how often it was tried. */
static void never_answered(void)
{
	kill_it();
	rewrite_conf("ask_limit = 1s");
	start();
	resume();
	deposit(1, 0, 1, true);
	EXPECT(hear(scene.front, QUEUE_KEPT));
	for (uint8_t tried = 0; tried < 3; tried++) {
		/* Once as a deposit, which was forgotten, and then as a visit. */
		do
			EXPECT(hear(scene.inspect, QUEUE_INSPECT));
		while (scene.frame.payload.len && (uint8_t)scene.frame.payload.at[0] < tried);
		EXPECT(scene.frame.payload.len && (uint8_t)scene.frame.payload.at[0] == tried);
		(void)usleep(1500000);
		(void)COMMAND("queue", "flush");
	}
	judge_all(FATE_DELIVER, 1);
	EXPECT(lent_count(1));
}

/* One of them gets it; it is not there twice. */
static void released_by_two(void)
{
	const char *const release[] = { "quarantine", "release", scene.id, NULL };
	const char *const deletion[] = { "quarantine", "delete", scene.id, NULL };
	unsigned done;

	resume();
	for (uint64_t i = 0; i < 10; i++) {
		int talks[3];

		deposit(1 + i, 0, 1, true);
		judge_all(FATE_QUARANTINE, 1);
		EXPECT(hear(scene.front, QUEUE_KEPT));
		done = 0;
		for (size_t j = 0; j < COUNT_OF(talks); j++)
			talks[j] = command_begin(j < 2 ? release : deletion);
		for (size_t j = 0; j < COUNT_OF(talks); j++)
			done += command_end(talks[j]) == 0;
		EXPECT(done == 1);
	}
	EXPECT(ledger("\"quarantined\": 0"));
	EXPECT(files("messages") <= 10);
	EXPECT(strstr(said, "\"accepted\": 10") != NULL);
}

/* True when the next warning of that name begins so. */
static bool warned(const char *name, const char *text)
{
	be_patient(scene.control, PATIENCE_S * 1000);
	while (frame_receive(scene.control, &scene.bytes, &scene.frame) == OK) {
		struct unpack from = unpack_from(scene.frame.payload);

		if (scene.frame.kind == PROCESS_WARN && slice_same(unpack_slice(&from, 64), slice_of(name)))
			return slice_begins(unpack_slice(&from, 1000), slice_of(text));
	}
	return false;
}

/* One message to many, and for each of them other times. */
static void many_times(void)
{
	enum { MANY = PACES_MOST + 10 };
	static struct envelope_recipient to[MANY];
	static struct fate fates[MANY];
	static struct times times[MANY];
	struct envelope envelope = { .received = time(NULL), .sender = SLICE("s@example.net"), .trace = SLICE("Received: by test\r\n"),
		                     .recipients = to, .recipient_count = MANY };
	struct judgement judgement = { .fates = fates, .fate_count = MANY, .times = times, .times_count = MANY };
	closing int fd = message_memfd(true);
	struct buffer packed;

	for (uint32_t i = 0; i < MANY; i++) {
		to[i] = (struct envelope_recipient){ .address = SLICE("a@example.org") };
		times[i].list[TIME_lifetime] = (struct said_time){ true, 86400 + i, SLICE("p") };
		fates[i] = (struct fate){ .outcome = FATE_HOLD, .edits = NO_EDITS, .times = i + 1 };
	}
	message_id_make(time(NULL) * 1000, (uint64_t)getpid(), scene.id);
	envelope.id = (struct slice){ scene.id, MESSAGE_ID_SIZE };
	buffer_init(&packed, 1 << 20);
	EXPECT(envelope_pack(&envelope, &packed) == OK && frame_send(scene.front, FRONT_DEPOSIT, 1, buffer_slice(&packed), fd) == OK);
	EXPECT(hear(scene.inspect, QUEUE_INSPECT));
	buffer_clear(&packed);
	EXPECT(judgement_pack(&judgement, &packed) == OK);
	EXPECT(frame_send(scene.inspect, INSPECT_JUDGED, scene.frame.exchange, buffer_slice(&packed), -1) == OK);
	EXPECT(hear(scene.front, QUEUE_KEPT) && warned("times", "profiles set more different times than are kept"));
	EXPECT(COMMAND("queue", "delete", scene.id) == 0 && warned("times", ""));
	buffer_finish(&packed);
}

static void noise(const char *id)
{
	char path[PATH + 64];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/messages/%s", scene.spool, id);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	EXPECT(write(fd, "noise", 5) == 5);
	fd_close(&fd);
}

/* The first damaged file is a warning at once, and all that come with it are one more, with their number. */
static void damaged_together(void)
{
	EXPECT(ledger("\"queued\": 0"));
	kill_it();
	noise("0123456789ABCDEF");
	noise("0123456789ABCDEG");
	noise("note");
	start();
	EXPECT(warned("corrupt", "1 damaged file was moved"));
	EXPECT(warned("corrupt", "3 damaged files were moved"));
	EXPECT(silent(scene.control) && files("corrupt") == 3);
}

static void judge_late(void)
{
	resume();
	deposit(1, 0, 1, true);
	EXPECT(hear(scene.inspect, QUEUE_INSPECT) && hear(scene.front, QUEUE_KEPT));
	judge_all(FATE_DELIVER, 1);
	EXPECT(lent_count(1));
}

/* Its judgement is a file of its own, and counts after an orderly end too. */
static void judged_and_left(void)
{
	judge_late();
	leave_it();
	start();
	resume();
	EXPECT(lent_count(1) && files("judged") == 1);
	end_one(0, RELAY_DELIVERED);
	say_whose(RELAY_ENDED);
	EXPECT(empties("messages") && empties("judged"));
}

/* That file is damaged: it is set aside, and the message judged again; nothing is delivered before. */
static void damaged_judgement(void)
{
	char path[PATH + 64];
	int fd;

	judge_late();
	kill_it();
	(void)snprintf(path, sizeof(path), "%s/judged/%s", scene.spool, scene.id);
	fd = open(path, O_RDWR | O_CLOEXEC);
	EXPECT(pwrite(fd, "X", 1, 40) == 1);
	fd_close(&fd);
	(void)snprintf(path, sizeof(path), "%s/judged/0123456789ABCDEF", scene.spool);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);      /* its message is gone */
	fd_close(&fd);
	start();
	resume();
	EXPECT(silent(scene.relay));
	judge_all(FATE_DELIVER, 1);
	EXPECT(lent_count(1) && files("corrupt") == 1 && files("judged") == 1);
}

/* What operators may say, and what they hear. */
static void many_words(void)
{
	static const struct { const char *words[6]; int status; } rows[] = {
		{ { "queue", "list" }, 0 },                        { { "queue", "list", "--json" }, 0 },
		{ { "queue", "retry", "all" }, 0 },                { { "queue", "retry", scene.id }, 0 },
		{ { "queue", "hold", "0123456789ABCDEF" }, 1 },    { { "queue", "hold", "nonsense" }, 2 },
		{ { "queue", "show", scene.id, "--json" }, 0 },    { { "queue", "show", scene.id, "--bytes" }, 0 },
		{ { "queue", "show", "0123456789ABCDEF" }, 1 },    { { "queue", "show" }, 2 },
		{ { "queue", "list", "--colour" }, 2 },            { { "quarantine", "list", "--json" }, 0 },
		{ { "quarantine", "show", "0123456789ABCDEF", "--bytes" }, 1 },
		{ { "quarantine", "delete", "0123456789ABCDEF" }, 1 },
		{ { "quarantine", "release", "0123456789ABCDEF" }, 1 },
		{ { "quarantine", "release", scene.id, "--to", "nobody at all" }, 1 },
		{ { "queue", "hold", scene.id }, 0 },              { { "queue", "release", scene.id }, 0 },
	};

	deposit(1, 0, 1, true);
	judge_all(FATE_DELIVER, 1);
	EXPECT(hear(scene.front, QUEUE_KEPT));
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		EXPECT(command(rows[i].words) == rows[i].status);
}

/* With --to a copy goes there, and the file stays. */
static void released_to_another(void)
{
	resume();
	deposit(1, 0, 2, true);
	judge_all(FATE_QUARANTINE, 2);
	EXPECT(hear(scene.front, QUEUE_KEPT));
	EXPECT(COMMAND("quarantine", "show", scene.id, "--bytes") == 0);
	EXPECT(COMMAND("quarantine", "release", scene.id, "--to", "other@example.org") == 0 && lent_count(1));
	EXPECT(files("quarantine") == 1);
	EXPECT(COMMAND("quarantine", "list") == 0 && strstr(said, scene.id) != NULL);
}

static const struct scene_row rows[] = {
	{ "larger than the queue takes: refused, not put off",        too_large },
	{ "a question without an answer is asked again",              never_answered },
	{ "two operators and one file of the quarantine",             released_by_two },
	{ "more different times than are kept are a warning",          many_times },
	{ "damaged files are one warning",                            damaged_together },
	{ "a late judgement counts after an orderly end",             judged_and_left },
	{ "a damaged judgement is made again",                        damaged_judgement },
	{ "words of operators, right and wrong",                      many_words },
	{ "a copy out of the quarantine",                             released_to_another },
};

int main(int count, char **words)
{
	return scene_main(count, words, rows, COUNT_OF(rows));
}
