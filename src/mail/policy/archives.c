/* SPDX-License-Identifier: Apache-2.0 */
/* Only `do` is read, so that whoever asks needs no expressions. */
#include "mail/policy/policy.h"

#include "mail/policy/action.h"

struct asked { struct list do_; };
static const struct setting rows[] = { { "do_", SETTING_list, offsetof(struct asked, do_), "", "", "", "" } };
static const struct settings_section section = {
	.name = "policy", .titled = true, .rows = rows, .row_count = COUNT_OF(rows), .size = sizeof(struct asked) };

struct gathering {
	struct arena *arena;
	struct buffer complaint;                 /* nobody reads it: a policy that is wrong is refused elsewhere */
	struct slice *paths;
	size_t count;
};

static bool has(const struct gathering *gathering, struct slice path)
{
	for (size_t i = 0; i < gathering->count; i++)
		if (slice_same(gathering->paths[i], path))
			return true;
	return false;
}

static enum result make_room(struct gathering *gathering, size_t more)
{
	struct slice *paths = arena_array(gathering->arena, struct slice, gathering->count + more + 1);

	if (paths == NULL)
		return LATER;
	for (size_t i = 0; i < gathering->count; i++)
		paths[i] = gathering->paths[i];
	gathering->paths = paths;
	return OK;
}

static enum result look_at(struct gathering *gathering, const struct list *actions)
{
	TRY(make_room(gathering, actions->count));
	for (size_t i = 0; i < actions->count; i++) {
		struct action action;
		enum result result = action_compile(actions->items[i], gathering->arena, &action, &gathering->complaint);

		if (result == LATER)
			return LATER;
		if (result == OK && !action.row->final && action.row->deed == DEED_ARCHIVE && !has(gathering, action.text))
			gathering->paths[gathering->count++] = action.text;
	}
	return OK;
}

static enum result look_at_all(struct settings *settings, struct gathering *gathering)
{
	for (size_t i = 0; i < settings_title_count(settings, section.name); i++) {
		struct asked asked;

		TRY(settings_fill(settings, &section, settings_title(settings, section.name, i), &asked));
		TRY(look_at(gathering, &asked.do_));
	}
	return OK;
}

enum result policy_archives(struct settings *settings, struct arena *arena, struct list *ret_paths)
{
	struct gathering gathering = { .arena = arena };
	enum result result;

	buffer_init(&gathering.complaint, 1024);
	result = look_at_all(settings, &gathering);
	buffer_finish(&gathering.complaint);
	if (result == OK)
		*ret_paths = (struct list){ gathering.paths, gathering.count };
	return result;
}
