/* SPDX-License-Identifier: Apache-2.0 */
/* Whole files in real folders; and the fixtures: what version 1 has written must be read for ever. */
#include "queue/spool.h"

#include "base/fd.h"
#include "base/test.h"
#include "mail/policy/policy.h"
#include "mail/smtp/smtp.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <stdlib.h>
#include <sys/stat.h>

static const char *fixtures;

static int content_of(const char *text)
{
	FILE *file = tmpfile();
	int fd = dup(fileno(file));

	(void)fclose(file);
	CHECK(write(fd, text, strlen(text)) == (ssize_t)strlen(text), "content");
	return fd;
}

static bool same_map(struct spool_map a, struct spool_map b)
{
	bool same = a.serial == b.serial;

	for (size_t i = 0; i < COUNT_OF(a.has); i++)
		same = same && a.has[i] == b.has[i] && a.spans[i].at == b.spans[i].at && a.spans[i].length == b.spans[i].length;
	return same;
}

static void check_publish(struct spool *spool)
{
	closing int content = content_of("0123456789");
	const struct spool_text text = { .serial = 3, .envelope = SLICE("env"), .judgement = SLICE("jud"), .content = content,
		                         .at = 2, .length = 5 };
	struct spool_read read;
	struct arena memory;
	char bytes[5];

	arena_init(&memory, 1 << 20);
	CHECK(spool_publish(&spool->messages, "A", &text) == OK, "published");
	CHECK(spool_publish(&spool->messages, "A", &text) == REFUSED, "never over another");
	CHECK(spool_read(&spool->messages, "A", true, &memory, &read) == OK, "read back");
	CHECK(slice_same(read.envelope, SLICE("env")) && slice_same(read.judgement, SLICE("jud")), "its sections");
	CHECK(pread(read.fd, bytes, 5, (off_t)read.map.spans[SPOOL_CONTENT].at) == 5 && memcmp(bytes, "23456", 5) == 0, "its bytes");
	CHECK(same_map(spool_text_map(&text), read.map), "and where they lie was known before");
	fd_close(&read.fd);
	CHECK(spool_read(&spool->messages, "B", true, &memory, &read) == REFUSED, "no file, no message");
	CHECK(spool_set_aside(spool, &spool->messages, "A") == OK, "set aside");
	CHECK(spool_publish(&spool->messages, "A", &text) == OK && spool_set_aside(spool, &spool->messages, "A") == OK, "and another of that name");
	arena_finish(&memory);
}

/* More than is written at once, in each section. */
static void check_long(struct spool *spool)
{
	enum { LONG = 300000 };
	static char bytes[LONG];
	closing int content = memfd_create("long", MFD_CLOEXEC);
	struct spool_text text = { .serial = 4, .envelope = { bytes, LONG / 2 }, .judgement = { bytes, LONG - 1 },
		                   .content = content, .length = LONG };
	struct spool_read read;
	struct arena memory;

	for (size_t i = 0; i < LONG; i++)
		bytes[i] = (char)(i % 251);
	arena_init(&memory, 4 << 20);
	CHECK(write(content, bytes, LONG) == LONG && spool_publish(&spool->messages, "D", &text) == OK, "a long one is published");
	CHECK(spool_read(&spool->messages, "D", true, &memory, &read) == OK, "and read back");
	CHECK(slice_same(read.envelope, text.envelope) && slice_same(read.judgement, text.judgement), "its long sections");
	CHECK(same_map(spool_text_map(&text), read.map), "where they lie");
	fd_close(&read.fd);
	arena_finish(&memory);
	CHECK(durable_remove(&spool->messages, "D", false) == OK, "and away");
}

/* A source that ends before the content does: not stored. */
static void check_short(struct spool *spool)
{
	closing int content = content_of("0123456789");
	const struct spool_text text = { .serial = 3, .envelope = SLICE("env"), .content = content, .length = 11 };
	struct spool_read read;
	struct arena memory;

	arena_init(&memory, 1 << 20);
	CHECK(spool_publish(&spool->messages, "C", &text) != OK, "a short source is an error");
	CHECK(spool_read(&spool->messages, "C", true, &memory, &read) == REFUSED, "and leaves nothing");
	arena_finish(&memory);
}

static const struct day_row { const char *about, *name; bool valid; } day_rows[] = {
	{ "a day", "2026-11-21", true },       { "no day", "2026-11-2", false }, { "a way up", "../../../..", false },
	{ "letters", "2026-1a-21", false },    { "dots", "2026.11.21", false },  { "nothing", "", false },
};

static void check_days(struct spool *spool)
{
	struct durable_folder day;
	char name[SPOOL_DAY];

	for (size_t i = 0; i < COUNT_OF(day_rows); i++)
		CHECK(spool_day_valid(slice_of(day_rows[i].name)) == day_rows[i].valid, day_rows[i].about);
	spool_day_name(0, name);
	CHECK(slice_same(slice_of(name), SLICE("1970-01-01")), "the first day");
	CHECK(spool_day(spool, name, false, &day) == REFUSED, "not there yet");
	CHECK(spool_day(spool, name, true, &day) == OK, "made");
	spool_day_close(&day);
	CHECK(spool_day(spool, name, true, &day) == OK, "and there");
	spool_day_close(&day);
}

/* What lies under a message's name without being a file; a reader must not wait for it. */
static void check_strange(struct spool *spool)
{
	static const char long_name[] = "0123456789012345678901234567890123456789012345678901234567890123456789";
	int folder = spool->messages.fd, fd = openat(folder, long_name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	struct spool_read read;
	struct arena memory;

	arena_init(&memory, 1 << 20);
	CHECK(mkfifoat(folder, "PIPE", 0600) == 0 && symlinkat("A", folder, "LINK") == 0 &&
	      mkdirat(folder, "FOLDER", 0700) == 0 && mknodat(folder, "SOCKET", S_IFSOCK | 0600, 0) == 0, "made");
	CHECK(spool_read(&spool->messages, "PIPE", true, &memory, &read) == REFUSED, "a pipe is no message");
	CHECK(spool_read(&spool->messages, "LINK", true, &memory, &read) == REFUSED, "a link is no message");
	CHECK(spool_read(&spool->messages, "FOLDER", true, &memory, &read) == REFUSED, "a folder is no message");
	CHECK(spool_read(&spool->messages, "SOCKET", true, &memory, &read) == REFUSED, "a socket is no message");
	CHECK(spool_set_aside(spool, &spool->messages, "PIPE") == OK, "a pipe is set aside");
	CHECK(spool_set_aside(spool, &spool->messages, "SOCKET") == OK, "a socket is set aside");
	CHECK(fd >= 0 && close(fd) == 0 && spool_set_aside(spool, &spool->messages, long_name) == OK,
	      "a long name is set aside under a shorter one");
	fd = openat(folder, "a b\n", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	CHECK(fd >= 0 && close(fd) == 0 && spool_set_aside(spool, &spool->messages, "a b\n") == OK,
	      "a name that no file of ours would have is set aside under another");
	CHECK(faccessat(spool->corrupt.fd, "a-b-", F_OK, 0) == 0, "washed");
	arena_finish(&memory);
}

static void check_lock(struct spool *spool, const char *path)
{
	struct spool other;
	const char *why;

	CHECK(spool_lock(spool, 0) == OK, "one queue");
	CHECK(spool_open(&other, path, (unsigned)-1, 0, &why) == OK && spool_lock(&other, 0) == REFUSED, "a spool has one queue");
	spool_close(&other);
}

static void check_fixture(const struct durable_folder *folder, const char *name, bool judged)
{
	struct arena memory;
	struct spool_read read = { .fd = -1 };
	struct envelope envelope = { 0 };
	struct judgement judgement = { 0 };

	arena_init(&memory, 1 << 20);
	CHECK(spool_read(folder, name, true, &memory, &read) == OK, name);
	CHECK(spool_map_is_message(&read.map) && read.map.has[SPOOL_JUDGEMENT] == judged, name);
	CHECK(envelope_unpack(read.envelope, &memory, &envelope) == OK && slice_same(envelope.id, slice_of(name)), name);
	CHECK(!judged || judgement_unpack(read.judgement, &memory, &judgement) == OK, name);
	CHECK(!judged || judgement.fate_count == envelope.recipient_count, name);
	CHECK(read.map.spans[SPOOL_CONTENT].length > 0, name);
	fd_close(&read.fd);
	arena_finish(&memory);
}

static void check_fixtures(void)
{
	struct durable_folder folder = { .fd = open(fixtures, O_RDONLY | O_DIRECTORY | O_CLOEXEC), .proc_fd = -1 };

	CHECK(folder.fd >= 0, "the fixtures of version 1");
	check_fixture(&folder, "0SP00VERS10N1AAA", true);
	check_fixture(&folder, "0SP00VERS10N1BBB", false);
	fd_close(&folder.fd);
}

/* For a new version: writes its fixtures. `queue_spool_test FOLDER write` */
static void write_fixture(const struct durable_folder *folder, const char *name, bool judged)
{
	closing int content = content_of("Subject: from version 1\r\n\r\nIt must arrive.\r\n");
	struct envelope_recipient to[2] = { { .address = SLICE("a@example.org") },
		                            { .address = SLICE("b@example.org"), .notify = NOTIFY_FAILURE } };
	const struct envelope envelope = { .id = slice_of(name), .received = 1795255200, .flags = ENVELOPE_TRUSTED,
		                           .listener = SLICE("smtp"), .protocol = SLICE("ESMTP"),
		                           .client_address = SLICE("192.0.2.1"), .helo = SLICE("client.example.net"),
		                           .trace = SLICE("Received: from client.example.net\r\n"),
		                           .sender = SLICE("s@example.net"), .recipients = to, .recipient_count = 2 };
	struct fate fates[2] = { { .outcome = FATE_DELIVER, .edits = NO_EDITS }, { .outcome = FATE_HOLD, .edits = NO_EDITS } };
	const struct judgement judgement = { .fates = fates, .fate_count = 2 };
	struct spool_text text = { .serial = 4711, .content = content, .length = 44 };
	struct buffer first, second;

	buffer_init(&first, 65536);
	buffer_init(&second, 65536);
	CHECK(envelope_pack(&envelope, &first) == OK && judgement_pack(&judgement, &second) == OK, "packed");
	text.envelope = buffer_slice(&first);
	if (judged)
		text.judgement = buffer_slice(&second);
	CHECK(spool_publish(folder, name, &text) == OK, "a new fixture");
	buffer_finish(&first);
	buffer_finish(&second);
}

static void write_fixtures(void)
{
	struct durable_folder folder = { .fd = open(fixtures, O_RDONLY | O_DIRECTORY | O_CLOEXEC), .proc_fd = -1 };

	write_fixture(&folder, "0SP00VERS10N1AAA", true);
	write_fixture(&folder, "0SP00VERS10N1BBB", false);
	fd_close(&folder.fd);
}

int main(int count, char **words)
{
	char path[] = "/tmp/queue-spool-XXXXXX";
	struct spool spool;
	const char *why;

	fixtures = words[1];
	if (count > 2)
		write_fixtures();
	CHECK(mkdtemp(path) != NULL, "a folder");
	CHECK(spool_open(&spool, path, (unsigned)-1, 0, &why) == OK, "a spool");
	check_publish(&spool);
	check_long(&spool);
	check_short(&spool);
	check_days(&spool);
	check_strange(&spool);
	check_lock(&spool, path);
	check_fixtures();
	spool_close(&spool);
	return TEST_END();
}
