/* SPDX-License-Identifier: Apache-2.0 */
/* Sorted by their names, fields learn where their name is first seen; sorted by that, they are counted until it is too
 * much. */
#include "mail/rules/view_all.h"

#include <stdlib.h>

struct place { const struct view_field *field, *first; };

/* With ": " and a line end. */
static size_t size_of(const struct view_field *field)
{
	return field->name.len + field->decoded.len + 3;
}

bool view_all_is_cut(const struct view_fields *fields)
{
	size_t size = 0;

	for (size_t i = 0; i < fields->count; i++)
		size += fields->list[i].hidden ? 0 : size_of(&fields->list[i]);
	return size > VIEW_ALL_MOST;
}

static int order_of(const struct view_field *left, const struct view_field *right)
{
	return left < right ? -1 : left > right;
}

static int by_name(const void *a, const void *b)
{
	const struct place *left = a, *right = b;
	struct slice one = left->field->name, other = right->field->name;

	for (size_t i = 0; i < one.len && i < other.len; i++) {
		int order = (unsigned char)byte_lower(one.at[i]) - (unsigned char)byte_lower(other.at[i]);

		if (order)
			return order;
	}
	return one.len != other.len ? (one.len < other.len ? -1 : 1) : order_of(left->field, right->field);
}

static int by_first(const void *a, const void *b)
{
	const struct place *left = a, *right = b;

	return left->first != right->first ? order_of(left->first, right->first) : order_of(left->field, right->field);
}

static void put_in_order(struct place *places, size_t count)
{
	qsort(places, count, sizeof(*places), by_name);
	for (size_t i = 0; i < count; i++)
		places[i].first = i && slice_same_nocase(places[i].field->name, places[i - 1].field->name) ? places[i - 1].first : places[i].field;
	qsort(places, count, sizeof(*places), by_first);
}

enum result view_all_cut(const struct view_fields *fields, struct arena *arena, const bool **ret_without)
{
	struct place *places;
	size_t count = 0, size = 0;
	bool *without;

	*ret_without = NULL;
	if (!view_all_is_cut(fields))
		return OK;
	places = arena_array(arena, struct place, fields->count);
	without = arena_array(arena, bool, fields->count);
	if (places == NULL || without == NULL)
		return LATER;
	for (size_t i = 0; i < fields->count; i++)
		if (!fields->list[i].hidden)
			places[count++].field = &fields->list[i];
	put_in_order(places, count);
	for (size_t i = 0; i < count; i++) {
		size += size_of(places[i].field);
		without[places[i].field - fields->list] = size > VIEW_ALL_MOST;
	}
	*ret_without = without;
	return OK;
}
