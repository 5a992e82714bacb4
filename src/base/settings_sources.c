/* SPDX-License-Identifier: Apache-2.0 */
/* A file is read once, whole, into memory, and washed; each further attempt reads the copy. */
#include "base/settings_reader.h"

#include "base/fd.h"
#include "base/settings_wash.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

enum { FILE_LONGEST = 4 << 20 };

static enum result find_folder(struct reader *reader, struct source *source)
{
	char *slash = strrchr(source->name, '/');
	struct slice folder = { source->name, slash ? (size_t)(slash - source->name) : 0 };
	char here[4096], path[8192];
	int len;

	if (source->name[0] == '/')
		return arena_keep(&reader->memory, folder, &source->folder);
	if (getcwd(here, sizeof(here)) == NULL)
		return REFUSED;
	len = snprintf(path, sizeof(path), "%s%s%.*s", here, folder.len ? "/" : "", SHOW(folder));
	if (len < 0 || (size_t)len >= sizeof(path))
		return REFUSED;
	return arena_keep(&reader->memory, (struct slice){ path, (size_t)len }, &source->folder);
}

static enum result read_whole(struct reader *reader, struct source *source)
{
	closing int fd = open(source->name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct buffer bytes;
	enum result result = OK;
	char *room;
	ssize_t got = 1;

	buffer_init(&bytes, FILE_LONGEST);
	while (fd >= 0 && result == OK && got > 0) {
		result = buffer_reserve(&bytes, 16384, &room);
		got = result == OK ? read(fd, room, 16384) : -1;
		if (got > 0)
			buffer_grew(&bytes, (size_t)got);
	}
	if (fd < 0 || got < 0)
		reader_complain(reader, 0, "cannot be read: %s", result == OK ? strerror(errno) : "it is too large");
	source->len = buffer_length(&bytes) + 1;
	source->text = fd < 0 || got < 0 ? NULL : arena_take(&reader->memory, source->len);
	if (source->text) {
		memcpy(source->text, buffer_slice(&bytes).at ? buffer_slice(&bytes).at : "", source->len - 1);
		source->text[source->len - 1] = '\n';
	}
	buffer_finish(&bytes);
	return source->text ? OK : REFUSED;
}

static void load(struct reader *reader, struct source *source)
{
	struct source *before = reader->current;
	const char *complaint;
	uint32_t line;

	reader->current = source;
	source->bad = find_folder(reader, source) != OK || read_whole(reader, source) != OK;
	if (!source->bad && settings_wash(source->text, source->len, &line, &complaint) != OK) {
		reader_complain(reader, (int)line, "%s", complaint);
		source->bad = true;
	}
	reader->current = before;
}

struct source *reader_source(struct reader *reader, struct slice name)
{
	struct source *source = reader->sources;

	while (source && !slice_same(slice_of(source->name), name))
		source = source->next;
	if (source)
		return source;
	source = arena_new(&reader->memory, struct source);
	if (source == NULL || arena_text(&reader->memory, name, &source->name) != OK)
		return NULL;
	source->order = reader->source_count++;
	source->next = reader->sources;
	reader->sources = source;
	load(reader, source);
	return source;
}
