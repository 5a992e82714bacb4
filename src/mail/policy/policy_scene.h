/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policy_scene.h — policies from the text of a file, for the tests of this room.
 *
 * Knows:   all sections that mail/policy reads.
 * Owns:    nothing; what is compiled stands in the arena handed in.
 * Fails:   REFUSED, or NULL, with what was said in the complaint: the tests look at both.
 */
#ifndef POLICY_SCENE_H
#define POLICY_SCENE_H

#include "mail/policy/policy.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

must_use static inline enum result scene_read(const char *text, struct settings *settings, struct buffer *complaint)
{
	static const struct settings_section *const schema[] = {
		&policy_settings_section, &list_settings_section, &template_settings_section, &banner_settings_section,
		&profile_settings_section, &dnsbl_settings_section, NULL };
	char name[] = "/tmp/policy-test-XXXXXX";
	int fd = mkstemp(name);
	enum result result = REFUSED;

	if (fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text))
		result = settings_read_file(settings, name, false, schema, complaint);
	(void)close(fd);
	(void)unlink(name);
	return result;
}

/* What is said about this text alone stands in the complaint then. */
static inline const struct policy *scene_policy(const char *text, struct arena *arena, struct buffer *complaint)
{
	const struct policy *policy = NULL;
	struct settings settings;

	settings_init(&settings);
	buffer_clear(complaint);
	if (scene_read(text, &settings, complaint) != OK || policy_compile(&settings, arena, &policy, complaint) != OK)
		policy = NULL;
	settings_finish(&settings);
	return policy;
}

/* Whether it is a policy at all; each part of the text is `one`, with its number in place of each %u, from 0. */
static inline bool scene_takes_many(const char *one, unsigned count, struct buffer *complaint)
{
	struct buffer text;
	struct arena arena;
	bool takes = true;

	arena_init(&arena, 4 << 20);
	buffer_init(&text, 65536);
	for (unsigned i = 0; i < count && takes; i++)
		for (const char *at = one; *at && takes; at += at[0] == '%' ? 2 : 1)
			takes = (at[0] == '%' ? buffer_format(&text, "%u", i) : buffer_add_byte(&text, (uint8_t)*at)) == OK;
	takes = takes && buffer_add_byte(&text, 0) == OK && scene_policy(buffer_slice(&text).at, &arena, complaint) != NULL;
	buffer_finish(&text);
	arena_finish(&arena);
	return takes;
}

#endif
