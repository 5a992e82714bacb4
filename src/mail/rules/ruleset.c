/* SPDX-License-Identifier: Apache-2.0 */
/* Lists that double in the arena; names are found through a table of numbers that is never more than half full. */
#include "mail/rules/ruleset.h"

#include <stdarg.h>

enum { ROOM_FIRST = 64, COMPLAINT_MOST = 400, LINES_MOST = 1 << 20, FILES_MOST = 4096 };

static enum result grow(struct arena *arena, void **list, size_t count, size_t *room, size_t size, size_t most)
{
	size_t wanted = *room ? *room * 2 : ROOM_FIRST;
	void *larger;

	if (count < *room)
		return OK;
	if (count >= most)
		return LATER;
	larger = arena_take_many(arena, wanted, size);
	if (larger == NULL)
		return LATER;
	if (count)
		memcpy(larger, *list, count * size);
	*list = larger;
	*room = wanted;
	return OK;
}

enum result ruleset_begin(struct ruleset *set, struct arena *arena)
{
	*set = (struct ruleset){ .arena = arena };
	set->complaints = arena_array(arena, struct complaint, COMPLAINTS_MOST);
	return set->complaints ? OK : LATER;
}

/* ---- names ---- */

static size_t name_digest(struct slice name)
{
	uint64_t digest = 0xcbf29ce484222325u;

	for (size_t i = 0; i < name.len; i++)
		digest = (digest ^ (unsigned char)name.at[i]) * 0x100000001b3u;
	return (size_t)(digest ^ digest >> 32);
}

/* Where the name stands, or would. */
static size_t slot_of(const struct ruleset *set, struct slice name)
{
	size_t slot = name_digest(name) & (set->index_size - 1);

	while (set->index[slot] && !slice_same(set->rules[set->index[slot] - 1].name, name))
		slot = (slot + 1) & (set->index_size - 1);
	return slot;
}

const struct rule *ruleset_find(const struct ruleset *set, struct slice name)
{
	size_t slot;

	if (set->index_size == 0)
		return NULL;
	slot = slot_of(set, name);
	return set->index[slot] ? &set->rules[set->index[slot] - 1] : NULL;
}

static enum result widen_index(struct ruleset *set)
{
	size_t size = set->index_size ? set->index_size * 2 : (size_t)ROOM_FIRST * 2;
	uint32_t *index;

	if (set->count * 2 < set->index_size)
		return OK;
	index = arena_array(set->arena, uint32_t, size);
	if (index == NULL)
		return LATER;
	set->index = index;
	set->index_size = size;
	for (size_t i = 0; i < set->count; i++)
		set->index[slot_of(set, set->rules[i].name)] = (uint32_t)i + 1;
	return OK;
}

static enum result append_rule(struct ruleset *set, struct slice name)
{
	struct slice kept;
	void *list = set->rules;

	TRY(arena_keep(set->arena, name, &kept));
	TRY(grow(set->arena, &list, set->count, &set->room, sizeof(*set->rules), RULES_MOST));
	set->rules = list;
	TRY(widen_index(set));
	set->rules[set->count] = (struct rule){ .name = kept };
	set->count++;
	set->index[slot_of(set, kept)] = (uint32_t)set->count;
	return OK;
}

enum result ruleset_named(struct ruleset *set, struct slice name, uint32_t *ret_number)
{
	const struct rule *rule = ruleset_find(set, name);

	if (rule == NULL) {
		TRY(append_rule(set, name));
		rule = &set->rules[set->count - 1];
	}
	*ret_number = (uint32_t)(rule - set->rules);
	return OK;
}

/* ---- lines, files, mistakes ---- */

enum result ruleset_line(struct ruleset *set, const struct rules_line *line)
{
	struct slice kept;
	void *list = set->lines;

	TRY(arena_keep(set->arena, line->value, &kept));
	TRY(grow(set->arena, &list, set->line_count, &set->line_room, sizeof(*set->lines), LINES_MOST));
	set->lines = list;
	set->lines[set->line_count] = *line;
	set->lines[set->line_count++].value = kept;
	return OK;
}

enum result ruleset_file(struct ruleset *set, struct slice name, uint32_t *ret_number)
{
	struct slice kept;
	void *list = set->files;

	TRY(arena_keep(set->arena, name, &kept));
	TRY(grow(set->arena, &list, set->file_count, &set->file_room, sizeof(*set->files), FILES_MOST));
	set->files = list;
	set->files[set->file_count] = kept;
	*ret_number = (uint32_t)set->file_count++;
	return OK;
}

void ruleset_complain(struct ruleset *set, struct rules_place place, const char *format, ...)
{
	char text[COMPLAINT_MOST];
	struct slice kept;
	va_list list;

	set->mistakes++;
	if (set->complaint_count == COMPLAINTS_MOST)
		return;
	va_start(list, format);
	(void)vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	if (arena_keep(set->arena, (struct slice){ text, strlen(text) + 1 }, &kept) == OK)
		set->complaints[set->complaint_count++] = (struct complaint){ place, kept.at };
}

/* ---- words for them ---- */

bool rule_is_sub(const struct rule *rule)
{
	return slice_begins(rule->name, SLICE("__"));
}

const char *rule_kind_name(enum rule_kind kind)
{
	static const char *const names[RULE_KINDS] = {
		[RULE_NAMED] = "named", [RULE_HEADER] = "header", [RULE_BODY] = "body", [RULE_RAWBODY] = "rawbody",
		[RULE_URI] = "uri", [RULE_FULL] = "full", [RULE_META] = "meta", [RULE_MIMEHEADER] = "mimeheader",
		[RULE_URI_DETAIL] = "uri_detail", [RULE_EMPTY] = "empty",
	};

	return names[kind];
}

const char *rule_form_name(enum rule_form form)
{
	static const char *const names[RULE_FORMS] = {
		[FORM_NONE] = "none", [FORM_REGEX] = "regex", [FORM_EXISTS] = "exists", [FORM_EVAL] = "eval",
		[FORM_RBL] = "rbl", [FORM_META] = "meta",
	};

	return names[form];
}
