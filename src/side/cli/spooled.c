/* SPDX-License-Identifier: Apache-2.0 */
/* A listing in JSON gives the ids; then each is asked for twice, for its judgement and for its bytes. */
#include "cli/spooled.h"

#include "base/fd.h"
#include "base/pack.h"
#include "cli/ask.h"
#include "cli/places.h"
#include "wire/control.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>

enum { LIST_LIMIT = 256 << 20, JUDGED_LIMIT = 32 << 20, ID = 16 };

struct taking { struct buffer *text; int fd; };

static enum result take_text(void *own_taking, struct slice text)
{
	struct taking *taking = own_taking;

	return taking->text ? buffer_add(taking->text, text) : REFUSED;
}

static enum result take_descriptor(void *own_taking, int fd)
{
	struct taking *taking = own_taking;

	fd_close(&taking->fd);
	taking->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	return taking->fd >= 0 ? OK : LATER;
}

static int ask_for(struct slice run, int count, const char *const *words, struct buffer *text, int *ret_fd)
{
	struct taking taking = { text, -1 };
	const struct ask_taker taker = { take_text, take_descriptor, &taking };
	int status = ask_taking(run, CONTROL_QUEUE, count, words, &taker);

	if (ret_fd)
		*ret_fd = fd_keep(&taking.fd);
	fd_close(&taking.fd);
	return status;
}

static enum result read_whole(int fd, struct buffer *to)
{
	struct stat about;
	size_t got = 0;
	char *room;

	if (fstat(fd, &about) != 0 || about.st_size < 0 || about.st_size > JUDGED_LIMIT)
		return REFUSED;
	buffer_clear(to);
	TRY(buffer_reserve(to, (size_t)about.st_size + 1, &room));
	while (got < (size_t)about.st_size) {
		ssize_t step = pread(fd, room + got, (size_t)about.st_size - got, (off_t)got);

		if (step < 0 && errno == EINTR)
			continue;
		if (step <= 0)
			return REFUSED;
		got += (size_t)step;
	}
	buffer_grew(to, got);
	return OK;
}

enum result spooled_judged(struct slice run, const char *room, const char *id, struct buffer *bytes,
                           struct slice *ret_envelope, struct slice *ret_judgement)
{
	const char *const words[] = { room, "show", id, "--judged" };
	closing int fd = -1;
	struct unpack from;

	if (ask_for(run, COUNT_OF(words), words, NULL, &fd) != EX_OK || fd < 0)
		return REFUSED;
	TRY(read_whole(fd, bytes));
	from = unpack_from(buffer_slice(bytes));
	*ret_envelope = unpack_slice(&from, JUDGED_LIMIT);
	*ret_judgement = unpack_slice(&from, JUDGED_LIMIT);
	return unpack_end(&from);
}

struct walking { const struct spooled_walk *walk; struct slice run; bool gone; };

/* What was judged of it and its bytes; false: not both are to be had. A queue that does not answer at all is asked no more. */
static bool take(struct walking *walking, struct buffer *bytes, struct spooled *spooled)
{
	const char *const words[] = { "quarantine", "show", spooled->id, "--bytes" };
	int status;

	if (walking->gone || spooled_judged(walking->run, "quarantine", spooled->id, bytes, &spooled->envelope, &spooled->judgement) != OK)
		return false;
	status = ask_for(walking->run, COUNT_OF(words), words, NULL, &spooled->message);
	walking->gone = status == EX_UNAVAILABLE;
	if (walking->gone)
		complain("the queue does not answer any more");
	return status == EX_OK && spooled->message >= 0;
}

static enum result give(struct walking *walking, const char *id)
{
	const struct spooled_walk *walk = walking->walk;
	struct spooled spooled = { .message = -1 };
	struct buffer bytes;
	enum result result;

	buffer_init(&bytes, JUDGED_LIMIT + 1);
	(void)snprintf(spooled.id, sizeof(spooled.id), "%s", id);
	if (take(walking, &bytes, &spooled)) {
		result = walk->each(walk->owner, &spooled);
	} else {
		fd_close(&spooled.message);
		result = walk->unread(walk->owner, id);
	}
	buffer_finish(&bytes);
	return result;
}

static enum result give_line(struct walking *walking, struct slice line)
{
	json_t *object = json_loadb(line.at, line.len, 0, NULL);
	const char *id = object ? json_string_value(json_object_get(object, "id")) : NULL;
	enum result result;

	if (id && strlen(id) == ID)
		result = give(walking, id);
	else
		result = walking->walk->unread(walking->walk->owner, "a line of the quarantine's list");
	json_decref(object);
	return result;
}

enum result spooled_quarantine(struct slice run, const struct spooled_walk *walk)
{
	const char *const words[] = { "quarantine", "list", "--json" };
	struct walking walking = { .walk = walk, .run = run };
	struct buffer list;
	struct slice rest;
	enum result result = OK;

	buffer_init(&list, LIST_LIMIT);
	if (ask_for(run, COUNT_OF(words), words, &list, NULL) != EX_OK) {
		complain("the queue does not list its quarantine: does the gateway run, and may you ask?");
		result = REFUSED;
	}
	rest = buffer_slice(&list);
	while (rest.len && result == OK)
		result = give_line(&walking, slice_cut(&rest, '\n'));
	buffer_finish(&list);
	return result;
}
