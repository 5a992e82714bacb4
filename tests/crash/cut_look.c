/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cut_look QUEUE FOLDER [settings] — what the queue finds in the spool that FOLDER/postern.conf names, as text.
 *
 * The real process loads it, as after any start; then the operator's own commands say what is there: `queue` and
 * `quarantine` with a line of JSON for each message, `bytes` with the number of the letter that a message is ("none":
 * it is no whole letter), `ledger`. With `settings`: which version lies in disk/spool/settings, by the file alone.
 */
#include "cut.h"

#include "base/fd.h"
#include "mail/smtp/smtp.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ID_AT = 8 };                       /* {"id": " */

static void say_number(const char *what, const char *name, int fd)
{
	struct buffer bytes;
	struct stat about;
	uint32_t number;
	char *room = NULL;

	buffer_init(&bytes, CUT_SAID);
	NEED(fstat(fd, &about) == 0 && buffer_reserve(&bytes, (size_t)about.st_size + 1, &room) == OK);
	NEED(pread(fd, room, (size_t)about.st_size, 0) == about.st_size);
	buffer_grew(&bytes, (size_t)about.st_size);
	number = cut_letter_number(buffer_slice(&bytes));
	if (number == UINT32_MAX)
		(void)printf("%s %s none\n", what, name);
	else
		(void)printf("%s %s %u\n", what, name, number);
	buffer_finish(&bytes);
}

static void say_bytes(const struct cut_queue *queue, const char *where, const char *id)
{
	const char *const words[] = { where, "show", id, "--bytes", NULL };
	struct buffer output;
	int fd, status;

	buffer_init(&output, CUT_SAID);
	status = cut_command(queue, words, &output, &fd);
	if (status == 0 && fd >= 0)
		say_number("bytes", id, fd);
	else
		(void)printf("bytes %s unreadable\n", id);
	fd_close(&fd);
	buffer_finish(&output);
}

/* A command's lines, each behind what it is of; then the bytes of each message it named. */
static void say_all(const struct cut_queue *queue, const char *where)
{
	const char *const words[] = { where, "list", "--json", NULL };
	struct buffer output;
	struct slice rest, line;
	char id[MESSAGE_ID_SIZE + 1] = "";
	int fd;

	buffer_init(&output, CUT_SAID);
	NEED(cut_command(queue, words, &output, &fd) == 0);
	rest = buffer_slice(&output);
	while (rest.len) {
		line = slice_cut(&rest, '\n');
		NEED(line.len > ID_AT + MESSAGE_ID_SIZE);
		memcpy(id, line.at + ID_AT, MESSAGE_ID_SIZE);
		(void)printf("%s %.*s\n", where, SHOW(line));
		say_bytes(queue, where, id);
	}
	buffer_finish(&output);
}

static void say_ledger(const struct cut_queue *queue)
{
	static const char *const words[] = { "queue", "ledger", "--json", NULL };
	struct buffer output;
	int fd;

	buffer_init(&output, CUT_SAID);
	NEED(cut_command(queue, words, &output, &fd) == 0);
	(void)printf("ledger %.*s", SHOW(buffer_slice(&output)));
	buffer_finish(&output);
}

static void say_settings(const char *folder)
{
	char path[CUT_PATH];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/disk/spool/settings", folder);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0)
		say_number("settings", "settings", fd);
	fd_close(&fd);
}

int main(int count, char **words)
{
	struct cut_queue queue = { .front = -1, .inspect = -1, .relay = -1 };

	NEED(count >= 3);
	queue.executable = words[1];
	queue.folder = words[2];
	if (count > 3) {
		say_settings(queue.folder);
		return 0;
	}
	cut_queue_start(&queue, false);
	say_all(&queue, "queue");
	say_all(&queue, "quarantine");
	say_ledger(&queue);
	cut_queue_kill(&queue);
	return 0;
}
