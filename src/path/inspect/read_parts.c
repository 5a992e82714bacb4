/* SPDX-License-Identifier: Apache-2.0 */
/* One row a part. Names and types are told whole; what all of them may take is the ceiling of findings. */
#include "inspect/read_parts.h"

#include <stdio.h>

enum { FACTS_LEAST = 5 };

static void tell(struct found_part *to, struct slice fact)
{
	to->facts[to->fact_count++] = fact;
}

static enum result tell_facts(const struct part *part, struct arena *arena, struct found_part *to)
{
	to->facts = arena_array(arena, struct slice, AMBIGUITY_COUNT + NAME_TRAITS + FACTS_LEAST);
	if (to->facts == NULL)
		return LATER;
	if (part->encoding != ENCODING_IDENTITY)
		tell(to, slice_of(encoding_name(part->encoding)));
	if (part->within)
		tell(to, SLICE("embedded"));
	if (part->tnef)
		tell(to, SLICE("tnef"));
	if (part->recoded || part->reading != READING_FIRST)
		tell(to, SLICE("other-reading"));
	for (unsigned bit = 0; bit < NAME_TRAITS; bit++)
		if (part->traits >> bit & 1)
			tell(to, slice_of(name_trait_fact(bit)));
	for (unsigned bit = 0; bit < AMBIGUITY_COUNT; bit++)
		if (part->ambiguities >> bit & 1)
			tell(to, slice_of(ambiguity_text((enum ambiguity)bit)));
	return OK;
}

static enum result tell_names(const struct part *part, struct arena *arena, struct found_part *to)
{
	to->names = arena_array(arena, struct slice, part->names.count);
	if (to->names == NULL)
		return LATER;
	for (size_t i = 0; i < part->names.count; i++)
		to->names[i] = part->names.list[i];
	to->name_count = part->names.count;
	return OK;
}

static enum result tell_part(const struct part *part, struct arena *arena, struct found_part *to)
{
	char path[PART_PATH];

	TRY(arena_keep(arena, part_path(part, path, sizeof(path)), &to->path));
	to->type = part->type;
	to->size = part->size;
	if (part->digested)
		to->digest = (struct slice){ (const char *)part->digest, DIGEST_SIZE };
	TRY(tell_names(part, arena, to));
	return tell_facts(part, arena, to);
}

enum result read_parts(const struct message_view *view, struct arena *arena, struct findings *findings)
{
	size_t count = 0;

	for (const struct part *part = view->first; part; part = part->next)
		count++;
	findings->parts = arena_array(arena, struct found_part, count);
	if (findings->parts == NULL)
		return LATER;
	for (const struct part *part = view->first; part; part = part->next)
		TRY(tell_part(part, arena, &findings->parts[findings->part_count++]));
	return OK;
}
