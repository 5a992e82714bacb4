/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever the other side says, no more names and no longer ones come out than the header tells. */
#include "wire/known.h"

#include "base/pack.h"

enum result known_pack(const struct known_names *names, struct buffer *to)
{
	TRY(pack_u8(to, (uint8_t)names->count));
	for (size_t i = 0; i < names->count; i++) {
		TRY(pack_u8(to, names->list[i].kind));
		TRY(pack_slice(to, names->list[i].tenant));
		TRY(pack_slice(to, names->list[i].who));
	}
	return OK;
}

enum result known_unpack(struct slice packed, struct known_names *ret_names)
{
	struct unpack from = unpack_from(packed);
	struct known_names names = { .count = unpack_u8(&from) };

	if (from.bad || names.count == 0 || names.count > KNOWN_NAMES)
		return REFUSED;
	for (size_t i = 0; i < names.count; i++) {
		names.list[i].kind = unpack_u8(&from);
		names.list[i].tenant = unpack_slice(&from, KNOWN_TENANT);
		names.list[i].who = unpack_slice(&from, KNOWN_WHO);
	}
	TRY(unpack_end(&from));
	*ret_names = names;
	return OK;
}

enum result tally_pack(const struct tally *tally, struct buffer *to)
{
	TRY(pack_u64(to, (uint64_t)tally->first));
	TRY(pack_u64(to, (uint64_t)tally->last));
	for (size_t i = 0; i < KNOWN_OUTCOMES; i++)
		TRY(pack_u32(to, tally->counts[i]));
	return OK;
}

enum result tally_unpack(struct slice packed, struct tally *ret_tally)
{
	struct unpack from = unpack_from(packed);
	struct tally tally = { .first = (int64_t)unpack_u64(&from) };

	tally.last = (int64_t)unpack_u64(&from);
	for (size_t i = 0; i < KNOWN_OUTCOMES; i++)
		tally.counts[i] = unpack_u32(&from);
	if (from.bad || tally.first < 0 || tally.last < tally.first)
		return REFUSED;
	*ret_tally = tally;
	return OK;
}

enum result known_note_pack(const struct known_note *note, struct buffer *to)
{
	struct buffer names;
	enum result result;

	TRY(pack_u8(to, note->names.count ? 1 : 0));
	if (note->names.count == 0)
		return OK;
	TRY(pack_u8(to, (uint8_t)note->outcome));
	TRY(pack_slice(to, note->source));
	buffer_init(&names, KNOWN_NOTE);
	result = known_pack(&note->names, &names);
	if (result == OK)
		result = pack_slice(to, buffer_slice(&names));
	buffer_finish(&names);
	return result;
}

enum result known_note_unpack(struct slice packed, struct known_note *ret_note)
{
	struct unpack from = unpack_from(packed);
	struct known_note note = { .names = { .count = 0 } };
	uint8_t some = unpack_u8(&from);
	uint8_t outcome = some ? unpack_u8(&from) : 0;

	if (some > 1 || outcome >= KNOWN_OUTCOMES)
		return REFUSED;
	note.outcome = (enum known_outcome)outcome;
	if (some) {
		note.source = unpack_slice(&from, KNOWN_SOURCE);
		TRY(known_unpack(unpack_slice(&from, KNOWN_NOTE), &note.names));
	}
	TRY(unpack_end(&from));
	*ret_note = note;
	return OK;
}
