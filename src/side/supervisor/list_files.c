/* SPDX-License-Identifier: Apache-2.0 */
/* Each file is read whole and put into the settings as entries; a mistake is told with its line. */
#include "supervisor/list_files.h"

#include "base/fd.h"
#include "mail/policy/policy.h"
#include "supervisor/named_file.h"

#include <errno.h>
#include <string.h>

enum { READ_STEP = 65536 };

struct list_file {
	struct settings *settings;
	struct buffer *complaints;
	struct slice title, path;
	unsigned line, entries;
};

static enum result complain(const struct list_file *file, const char *what)
{
	struct settings_origin origin = settings_origin_of(file->settings, "list", file->title, "file");

	if (file->line)
		TRY(buffer_format(file->complaints, "%.*s:%u: %s\n", SHOW(file->path), file->line, what));
	else
		TRY(buffer_format(file->complaints, "%.*s:%u: file = '%.*s': %s\n", SHOW(origin.file), origin.line,
		                  SHOW(file->path), what));
	return REFUSED;
}

static enum result read_bytes(const struct list_file *file, struct buffer *bytes)
{
	closing int fd = named_file_open(file->path);
	ssize_t got = fd < 0 ? -1 : 1;
	char *room;

	while (got > 0) {
		if (buffer_reserve(bytes, READ_STEP, &room) != OK)
			return complain(file, "is larger than 2 MiB");
		got = read(fd, room, READ_STEP);
		buffer_grew(bytes, got > 0 ? (size_t)got : 0);
	}
	return got < 0 ? complain(file, strerrordesc_np(errno)) : OK;
}

static bool has_control(struct slice entry)
{
	for (size_t i = 0; i < entry.len; i++)
		if ((unsigned char)entry.at[i] < ' ' || entry.at[i] == 0x7f)
			return true;
	return false;
}

static enum result add_entry(struct list_file *file, struct slice entry)
{
	if (has_control(entry))
		return complain(file, "has a control byte");
	if (entry.len > LIST_ENTRY_MOST)
		return complain(file, "an entry has at most 512 bytes");
	if (++file->entries > LIST_LINES_MOST)
		return complain(file, "a list has at most 20,000 entries");
	return settings_append(file->settings, "list", file->title, "entries", entry);
}

static enum result add_entries(struct list_file *file, struct slice bytes)
{
	while (bytes.len) {
		struct slice entry = slice_cut(&bytes, '\n');

		file->line++;
		if (entry.len && entry.at[entry.len - 1] == '\r')
			entry.len--;
		entry = slice_trim(entry);
		if (entry.len && entry.at[0] != '#')
			TRY(add_entry(file, entry));
	}
	return OK;
}

static enum result read_one(struct settings *settings, struct slice title, struct buffer *complaints)
{
	struct list_file file = { .settings = settings, .complaints = complaints, .title = title };
	struct list_settings list;
	struct buffer bytes;
	enum result result;

	TRY(settings_fill(settings, &list_settings_section, title, &list));
	file.path = list.file.is;
	if (file.path.len == 0)
		return OK;
	buffer_init(&bytes, LIST_FILE_MOST + READ_STEP);
	result = read_bytes(&file, &bytes);
	if (result == OK)
		result = add_entries(&file, buffer_slice(&bytes));
	buffer_finish(&bytes);
	return result;
}

enum result list_files_read(struct settings *settings, struct buffer *complaints)
{
	enum result result = OK;

	for (size_t i = 0; i < settings_title_count(settings, "list"); i++)
		if (read_one(settings, settings_title(settings, "list", i), complaints) != OK)
			result = REFUSED;
	return result;
}
