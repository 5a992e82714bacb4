/* SPDX-License-Identifier: Apache-2.0 */
/* One pass in order of place. Every sum is made as a difference from `length`, so nothing overflows. */
#include "mail/message/edit.h"

#include "base/pack.h"

enum { EDITS_VERSION = 1, EDIT_LEAST = 20 };

enum result edits_check(const struct edits *edits, uint64_t length)
{
	uint64_t at = 0;

	if (edits->count > EDITS_MOST)
		return REFUSED;
	for (size_t i = 0; i < edits->count; i++) {
		const struct edit *edit = &edits->list[i];

		if (edit->at < at || edit->at > length || edit->drop > length - edit->at)
			return REFUSED;
		at = edit->at + edit->drop;
	}
	return OK;
}

static enum result pack_edit(struct buffer *to, const struct edit *edit)
{
	TRY(pack_u64(to, edit->at));
	TRY(pack_u64(to, edit->drop));
	return pack_slice(to, edit->put);
}

static enum result pack_list(const struct edits *edits, struct buffer *to)
{
	if (edits->count > EDITS_MOST)
		return LATER;
	TRY(pack_u8(to, EDITS_VERSION));
	TRY(pack_u32(to, (uint32_t)edits->count));
	for (size_t i = 0; i < edits->count; i++)
		TRY(pack_edit(to, &edits->list[i]));
	return OK;
}

enum result edits_pack(const struct edits *edits, struct buffer *to)
{
	size_t before = buffer_length(to);
	enum result result = pack_list(edits, to);

	if (result != OK)
		buffer_cut(to, before);
	return result;
}

static enum result read_list(struct unpack *from, size_t count, struct edit *list)
{
	for (size_t i = 0; i < count; i++) {
		list[i].at = unpack_u64(from);
		list[i].drop = unpack_u64(from);
		list[i].put = unpack_slice(from, UINT32_MAX);
	}
	return unpack_end(from);
}

/* The order is checked here already; the length is known only to whoever has the message. */
enum result edits_unpack(struct slice packed, struct arena *arena, struct edits *ret_edits)
{
	struct unpack from = unpack_from(packed);
	uint8_t version = unpack_u8(&from);
	size_t count = unpack_u32(&from);
	struct edits edits = { .count = count };
	struct edit *list;

	if (from.bad || version != EDITS_VERSION || count > EDITS_MOST || count > from.rest.len / EDIT_LEAST)
		return REFUSED;
	list = arena_array(arena, struct edit, count);
	if (list == NULL)
		return LATER;
	TRY(read_list(&from, count, list));
	edits.list = list;
	TRY(edits_check(&edits, UINT64_MAX));
	*ret_edits = edits;
	return OK;
}

uint64_t edits_length(const struct edits *edits, uint64_t length)
{
	for (size_t i = 0; i < edits->count; i++)
		length = length - edits->list[i].drop + edits->list[i].put.len;
	return length;
}

void edit_walk_init(struct edit_walk *walk, const struct edits *edits, uint64_t length)
{
	*walk = (struct edit_walk){ .edits = edits, .length = length };
}

static enum result walk_original(struct edit_walk *walk, uint64_t until, struct edit_stretch *ret_stretch)
{
	*ret_stretch = (struct edit_stretch){ .from = walk->at, .length = until - walk->at };
	walk->at = until;
	return AGAIN;
}

enum result edit_walk_next(struct edit_walk *walk, struct edit_stretch *ret_stretch)
{
	while (walk->next < walk->edits->count) {
		const struct edit *edit = &walk->edits->list[walk->next];

		if (walk->at < edit->at)
			return walk_original(walk, edit->at, ret_stretch);
		walk->at = edit->at + edit->drop;
		walk->next++;
		if (edit->put.len) {
			*ret_stretch = (struct edit_stretch){ .put = edit->put, .length = edit->put.len, .ours = true };
			return AGAIN;
		}
	}
	if (walk->at < walk->length)
		return walk_original(walk, walk->length, ret_stretch);
	return OK;
}
