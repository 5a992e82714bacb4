/* SPDX-License-Identifier: Apache-2.0 */
/* Lists by a hash of the name, its form and the part; names come from the site's rules, so that nobody else can choose
 * them. */
#include "mail/rules/view_memo.h"

static size_t bucket_of(const struct view_value *value)
{
	uint32_t hash = 2166136261U ^ value->modifiers;

	for (size_t i = 0; i < value->header.len; i++)
		hash = (hash ^ (unsigned char)value->header.at[i]) * 16777619U;
	hash = (hash ^ (uint32_t)((uintptr_t)value->of >> 4)) * 16777619U;
	return (hash ^ hash >> 16) % MEMO_BUCKETS;
}

const struct view_value *view_memo_find(const struct view_memo *memo, const struct view_value *like)
{
	const struct view_value *value = memo->buckets[bucket_of(like)];

	while (value && !(value->of == like->of && value->modifiers == like->modifiers && slice_same(value->header, like->header)))
		value = value->next;
	return value;
}

enum result view_memo_add(struct view_memo *memo, const struct view_value *value, struct arena *arena)
{
	struct view_value **first = &memo->buckets[bucket_of(value)], *kept = arena_new(arena, struct view_value);

	if (kept == NULL)
		return LATER;
	*kept = *value;
	TRY(arena_keep(arena, value->header, &kept->header));
	kept->next = *first;
	*first = kept;
	return OK;
}
