/* SPDX-License-Identifier: Apache-2.0 */
/* The list is read whole; a message is one line of it. */
#include "cli/index.h"

#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>

enum { INDEX_MOST = 256 << 20, PIECE = 65536 };

static const char *const labels[LABEL_COUNT] = { [LABEL_HAM] = "ham", [LABEL_SPAM] = "spam" };

const char *label_name(enum label label)
{
	return labels[label];
}

enum result index_read_all(int fd, struct buffer *to)
{
	for (;;) {
		char *room;
		ssize_t got;

		TRY(buffer_reserve(to, PIECE, &room));
		got = read(fd, room, PIECE);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return REFUSED;
		if (got == 0)
			return OK;
		buffer_grew(to, (size_t)got);
	}
}

enum result index_open(struct index *index, const char *path)
{
	closing int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	*index = (struct index){ .path = path };
	buffer_init(&index->text, INDEX_MOST);
	if (fd < 0 || index_read_all(fd, &index->text) != OK) {
		complain("%s: %s", path, fd < 0 || errno ? strerrordesc_np(errno) : "too long");
		return REFUSED;
	}
	index->rest = buffer_slice(&index->text);
	return OK;
}

void index_close(struct index *index)
{
	buffer_finish(&index->text);
}

static bool find_label(struct slice word, enum label *ret_label)
{
	for (size_t i = 0; i < LABEL_COUNT; i++)
		if (slice_same_nocase(word, slice_of(labels[i]))) {
			*ret_label = (enum label)i;
			return true;
		}
	return false;
}

/* A path that begins with a slash stands as it is. */
static bool place(const struct index *index, struct slice name, char path[PLACE_SIZE])
{
	const char *slash = strrchr(index->path, '/');
	int folder = slash && !slice_begins(name, SLICE("/")) ? (int)(slash + 1 - index->path) : 0;
	int length = snprintf(path, PLACE_SIZE, "%.*s%.*s", folder, index->path, SHOW(name));

	return length > 0 && length < PLACE_SIZE && !slice_has(name, '\0');
}

enum result index_next(struct index *index, struct index_row *ret_row)
{
	while (index->rest.len) {
		struct slice line = slice_cut(&index->rest, '\n'), word;

		index->line++;
		if (line.len && line.at[line.len - 1] == '\r')
			line.len--;
		line = slice_trim(line);
		if (line.len == 0)
			continue;
		word = slice_cut(&line, slice_has(line, '\t') && !slice_has(line, ' ') ? '\t' : ' ');
		ret_row->name = slice_trim(line);
		if (find_label(word, &ret_row->label) && ret_row->name.len && place(index, ret_row->name, ret_row->path))
			return OK;
		complain("%s:%u: \"spam PATH\" or \"ham PATH\" is meant", index->path, index->line);
		return REFUSED;
	}
	return AGAIN;
}
