/* SPDX-License-Identifier: Apache-2.0 */
/* No room, too many, very many. */
#include "queue/queue_scene.h"

#include "mail/message/message.h"
#include "queue/spool_file.h"

#include <fcntl.h>

static void no_room(void)
{
	FILE *conf;

	kill_it();
	conf = fopen(scene.conf, "we");
	(void)fprintf(conf, "spool = \"%s\"\nqueue { reserve = 1048576G }\n", scene.spool);
	EXPECT(fclose(conf) == 0);
	start();
	EXPECT(frame_receive(scene.front, &scene.bytes, &scene.frame) == OK && scene.frame.kind == QUEUE_ROOM &&
	       scene.frame.payload.at[0] == 0);
	deposit(1, 0, 1, true);
	EXPECT(hear(scene.front, QUEUE_LATER) && slice_begins(scene.frame.payload, SLICE("452 ")));
}

/* A limit that was lowered is for new mail. */
static void more_than_allowed(void)
{
	for (uint64_t i = 1; i <= 3; i++) {
		deposit(i, 0, 1, true);
		judge_all(FATE_DELIVER, 1);
		EXPECT(hear(scene.front, QUEUE_KEPT));
	}
	kill_it();
	rewrite_conf("messages = 1");
	start();
	EXPECT(ledger("\"queued\": 3"));
	deposit(4, 0, 1, true);
	judge_all(FATE_DELIVER, 1);
	EXPECT(hear(scene.front, QUEUE_LATER) && slice_begins(scene.frame.payload, SLICE("452 ")));
	resume();
	for (unsigned i = 0; i < 3; i++)
		EXPECT(lent_count(1));
}

/* Ten thousand recipients nearly fill a frame; with what is to be put in, they are too many for one. */
static void two_loans(void)
{
	enum { MANY = 10000, ORIGINAL = 370, PUT = 300000 };
	static struct envelope_recipient to[MANY];
	static struct fate fates[MANY];
	static char addresses[MANY][24], original[ORIGINAL], put[PUT];
	const struct edit edit = { .put = { put, sizeof(put) } };
	struct slice edits;
	struct envelope envelope = { .received = time(NULL), .sender = SLICE("s@example.net"),
		                     .trace = SLICE("Received: by test\r\n"), .recipients = to, .recipient_count = MANY };
	struct judgement judgement = { .fates = fates, .fate_count = MANY, .edits = &edits, .edits_count = 1 };
	uint32_t first = 0, second = 0;
	struct buffer packed, mended;
	int fd = message_memfd(true);

	memset(put, 'p', sizeof(put));
	memset(original, 'x', sizeof(original));
	memcpy(original, "rfc822;", 7);
	for (uint32_t i = 0; i < MANY; i++) {
		(void)snprintf(addresses[i], sizeof(addresses[i]), "u%05u@example.org", i);
		to[i] = (struct envelope_recipient){ .address = slice_of(addresses[i]), .original = { original, sizeof(original) } };
		fates[i] = (struct fate){ .outcome = FATE_DELIVER };
	}
	buffer_init(&mended, 1 << 20);
	EXPECT(edits_pack(&(struct edits){ &edit, 1 }, &mended) == OK);
	edits = buffer_slice(&mended);
	resume();
	message_id_make(time(NULL) * 1000, (uint64_t)getpid(), scene.id);
	envelope.id = (struct slice){ scene.id, MESSAGE_ID_SIZE };
	buffer_init(&packed, 4 << 20);
	EXPECT(envelope_pack(&envelope, &packed) == OK);
	EXPECT(frame_send(scene.front, FRONT_DEPOSIT, 1, buffer_slice(&packed), fd) == OK);
	fd_close(&fd);
	EXPECT(hear(scene.inspect, QUEUE_INSPECT));
	buffer_clear(&packed);
	EXPECT(judgement_pack(&judgement, &packed) == OK);
	EXPECT(frame_send(scene.inspect, INSPECT_JUDGED, scene.frame.exchange, buffer_slice(&packed), -1) == OK);
	EXPECT(hear(scene.front, QUEUE_KEPT) && lent(&first) && first > 0 && first < MANY);
	for (uint32_t i = 0; i < first; i++)
		send_result(i + 1, i, RELAY_DELIVERED);
	for (uint32_t i = 0; i < first; i++)
		EXPECT(hear(scene.relay, QUEUE_NOTED));
	say_whose(RELAY_ENDED);
	EXPECT(lent(&second) && first + second == MANY);
	buffer_finish(&packed);
	buffer_finish(&mended);
}

static enum result pack_file(struct buffer *file, const struct envelope *envelope, const struct judgement *judgement)
{
	const struct slice content = SLICE(SCENE_BODY);
	struct spool_writer writer;
	struct buffer packed, judged;
	enum result end;

	buffer_init(&packed, 65536);
	buffer_init(&judged, 65536);
	end = envelope_pack(envelope, &packed) == OK && judgement_pack(judgement, &judged) == OK ? OK : LATER;
	const struct { enum spool_section kind; struct slice bytes; } parts[] = {
		{ SPOOL_ENVELOPE, buffer_slice(&packed) }, { SPOOL_CONTENT, content }, { SPOOL_JUDGEMENT, buffer_slice(&judged) } };

	if (end == OK)
		end = spool_write_head(&writer, 7, file);
	for (size_t i = 0; i < COUNT_OF(parts) && end == OK; i++) {
		end = spool_write_section(&writer, parts[i].kind, parts[i].bytes.len, file);
		spool_write_bytes(&writer, parts[i].bytes);
		if (end == OK)
			end = buffer_add(file, parts[i].bytes);
	}
	if (end == OK)
		end = spool_write_end(&writer, file);
	buffer_finish(&packed);
	buffer_finish(&judged);
	return end;
}

/* As the queue would have written it, but for the syncs. */
static bool put_message(int folder, uint64_t number)
{
	struct envelope_recipient to = { .address = SLICE("a@example.org") };
	struct envelope envelope = { .received = time(NULL), .sender = SLICE("s@example.net"),
		                     .trace = SLICE("Received: by test\r\n"), .recipients = &to, .recipient_count = 1 };
	struct fate fate = { .outcome = FATE_DELIVER, .edits = NO_EDITS };
	const struct judgement judgement = { .fates = &fate, .fate_count = 1 };
	struct buffer file;
	bool good;
	int fd;

	message_id_make(time(NULL) * 1000, number, scene.id);
	envelope.id = (struct slice){ scene.id, MESSAGE_ID_SIZE };
	buffer_init(&file, 65536);
	fd = openat(folder, scene.id, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	good = fd >= 0 && pack_file(&file, &envelope, &judgement) == OK &&
	       write(fd, file.bytes + file.start, buffer_length(&file)) == (ssize_t)buffer_length(&file);
	fd_close(&fd);
	buffer_finish(&file);
	return good;
}

static long resident(void)
{
	char path[64], text[256] = "";
	long size = 0, pages = 0;
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%d/statm", (int)scene.pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	(void)!read(fd, text, sizeof(text) - 1);
	fd_close(&fd);
	for (const char *at = text; *at && *at != '\n'; at++) {
		if (*at == ' ' && size++)
			break;
		if (size == 1 && *at >= '0' && *at <= '9')
			pages = pages * 10 + (*at - '0');
	}
	return pages * sysconf(_SC_PAGESIZE);
}

/* Much more than a socket holds: the queue waits for its reader, and serves others meanwhile. */
static void long_list(void)
{
	const char *const words[] = { "queue", "list", "--json", NULL };
	int fd = command_begin(words);

	EXPECT(COMMAND("queue", "ledger") == 0);
	(void)usleep(100000);
	EXPECT(command_end(fd) == 0 && strstr(said, "a@example.org") != NULL);
}

/* A full spool: how long a start takes, and what it costs, is printed; that nothing is left out is tested. */
static void many_at_a_start(void)
{
	enum { MANY = 30000 };
	struct timespec before, after;
	char path[PATH + 16];
	long empty;
	bool all = true;
	int folder;

	EXPECT(ledger("\"queued\": 0"));
	empty = resident();
	kill_it();
	(void)snprintf(path, sizeof(path), "%s/messages", scene.spool);
	folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (uint64_t i = 0; i < MANY && all; i++)
		all = put_message(folder, i);
	fd_close(&folder);
	EXPECT(all);
	(void)clock_gettime(CLOCK_MONOTONIC, &before);
	start();
	EXPECT(ledger("\"queued\": 30000,"));
	(void)clock_gettime(CLOCK_MONOTONIC, &after);
	(void)printf("%d messages: started in %ld ms, %ld bytes of memory a message\n", MANY,
	             (after.tv_sec - before.tv_sec) * 1000 + (after.tv_nsec - before.tv_nsec) / 1000000, (resident() - empty) / MANY);
	long_list();
	resume();
	EXPECT(lent_count(1) && files("corrupt") == 0);
}

static const struct scene_row rows[] = {
	{ "no room: said at once, and answered 452",                  no_room },
	{ "a lowered limit leaves out nothing that was accepted",     more_than_allowed },
	{ "more recipients than one loan holds go with two",          two_loans },
	{ "a full spool at a start",                                  many_at_a_start },
};

int main(int count, char **words)
{
	return scene_main(count, words, rows, COUNT_OF(rows));
}
