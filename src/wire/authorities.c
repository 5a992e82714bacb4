/* SPDX-License-Identifier: Apache-2.0 */
/* A list of files by their paths; who verifies a target looks for its file there. */
#include "wire/authorities.h"

#include "base/arena.h"
#include "base/fd.h"

#include <fcntl.h>
#include <unistd.h>

enum { STEP = 16384 };

static enum result read_file(struct slice path, struct arena *memory, struct buffer *pem)
{
	const char *text;
	closing int fd = -1;
	ssize_t got = 1;
	char *room;

	TRY(arena_text(memory, path, &text));
	fd = open(text, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	while (fd >= 0 && got > 0 && buffer_reserve(pem, STEP, &room) == OK) {
		got = read(fd, room, STEP);
		buffer_grew(pem, got > 0 ? (size_t)got : 0);
	}
	return fd >= 0 && got == 0 ? OK : REFUSED;
}

static bool is_read(const struct authorities *authorities, struct slice path)
{
	for (size_t i = 0; i < authorities->count; i++)
		if (slice_same(authorities->list[i].path, path))
			return true;
	return false;
}

static enum result read_one(struct authorities *authorities, struct tls_library *library, struct slice path,
                            struct arena *memory)
{
	struct tls_trust *trust = NULL;
	struct buffer pem;
	enum result end;

	if (authorities->count == AUTHORITIES_MOST)
		return REFUSED;
	TRY(arena_keep(memory, path, &authorities->list[authorities->count].path));
	buffer_init(&pem, TLS_TRUST_MOST);
	end = read_file(path, memory, &pem);
	if (end == OK)
		end = tls_trust_create(library, buffer_slice(&pem), &trust);
	if (end == OK)
		authorities->list[authorities->count++].trust = trust;
	buffer_finish(&pem);
	return end;
}

enum result authorities_read(struct authorities *authorities, struct tls_library *library, struct settings *settings,
                             struct arena *memory, struct log *log)
{
	for (size_t i = 0; i < settings_title_count(settings, "target"); i++) {
		struct target_settings target;
		struct slice path;

		TRY(settings_fill(settings, &target_settings_section, settings_title(settings, "target", i), &target));
		path = target_authorities(&target);
		if (target.tls.is != TARGET_TLS_VERIFIED || is_read(authorities, path))
			continue;
		if (read_one(authorities, library, path, memory) != OK)
			log_say(log, LOG_LEVEL_ERROR, SLICE(""), "no-authorities", "file", path);
	}
	return OK;
}

const struct tls_trust *authorities_find(const struct authorities *authorities, const struct target_settings *target)
{
	struct slice path = target_authorities(target);

	for (size_t i = 0; i < authorities->count; i++)
		if (slice_same(authorities->list[i].path, path))
			return authorities->list[i].trust;
	return NULL;
}
