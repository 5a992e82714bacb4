/* SPDX-License-Identifier: Apache-2.0 */
/* A change holds NOTES_A_CHANGE notes, because each may touch pages of its own, which are written beside the old ones. */
#include "keeper/remember_count.h"

#include "base/clock.h"
#include "base/pack.h"

#include <errno.h>
#include <string.h>

enum { NOTES_A_CHANGE = 200, HOUR = 3600 };

static struct share *share_of(struct remember *remember, struct slice source)
{
	uint64_t place = remember->key[0];

	for (size_t i = 0; i < source.len; i++) {
		place = (place ^ (unsigned char)source.at[i]) * (remember->key[1] | 1);
		place ^= place >> 32;
	}
	return &remember->shares[place % SHARES];
}

static void begin_hour(struct remember *remember, struct share *share, int64_t hour)
{
	if (share->hour != hour)
		*share = (struct share){ .hour = hour };
	if (remember->all.hour == hour)
		return;
	remember->all = (struct share){ .hour = hour };
	remember->all_most = state_room(&remember->state) / NAME_SIZE / NEWCOMERS_PART;
}

static bool has_a_share(struct remember *remember, struct slice source, int64_t now)
{
	struct share *share = share_of(remember, source);

	begin_hour(remember, share, now / HOUR);
	if (share->used >= remember->used.newcomers || remember->all.used >= remember->all_most)
		return false;
	share->used++;
	remember->all.used++;
	return true;
}

static enum result tally_of(const struct state_value *value, struct tally *ret_tally)
{
	return tally_unpack((struct slice){ value->bytes, value->length }, ret_tally);
}

static enum result value_of(const struct tally *tally, int64_t life, struct state_value *ret_value)
{
	struct buffer packed;
	enum result result;

	buffer_init(&packed, STATE_VALUE);
	result = tally_pack(tally, &packed);
	ret_value->length = buffer_length(&packed);
	if (result == OK)
		memcpy(ret_value->bytes, buffer_slice(&packed).at, ret_value->length);
	ret_value->until = tally->last + life;
	buffer_finish(&packed);
	return result;
}

static uint64_t messages(const struct tally *tally)
{
	uint64_t all = 0;

	for (size_t i = 0; i < KNOWN_OUTCOMES; i++)
		all += tally->counts[i];
	return all;
}

/* Of who is not known only what was delivered is remembered: senders that a stranger invents leave nothing behind. */
static bool may_become_known(struct remember *remember, const struct known_note *note, int64_t now)
{
	if (note->outcome != KNOWN_DELIVERED)
		return false;
	if (has_a_share(remember, note->source, now))
		return true;
	remember->did.unshared++;
	return false;
}

/* LATER: what stands there cannot be read. It stays, until a start finds the damage. */
static enum result tally_before(struct state_change *change, const struct state_key *key, int64_t now, struct tally *tally)
{
	struct state_value value;

	TRY(state_change_get(change, key, now, &value));
	errno = EIO;
	return tally_of(&value, tally) == OK ? OK : LATER;
}

static void count_name(struct remember *remember, struct state_change *change, const struct known_note *note,
                       const struct known_name *name, int64_t now)
{
	const struct state_key key = { name->kind, name->tenant, name->who };
	struct tally tally = { .first = now, .last = now };
	struct state_value value;
	enum result before = tally_before(change, &key, now, &tally);

	if (before == LATER)
		remember->did.error = errno ? errno : EIO;
	if (before == LATER || (before != OK && !may_become_known(remember, note, now)))
		return;
	tally.last = tally.last > now ? tally.last : now;
	tally.counts[note->outcome] += tally.counts[note->outcome] < UINT32_MAX;
	if (value_of(&tally, messages(&tally) > 1 ? remember->used.life : remember->used.new_life, &value) != OK)
		return;
	if (state_put(change, &key, &value) != OK && !change->failed)
		remember->did.full++;
}

/* A name that is told twice is counted once. */
static void count_note(struct remember *remember, struct state_change *change, struct slice packed, int64_t when)
{
	struct known_note note;

	if (known_note_unpack(packed, &note) != OK)
		return;
	for (size_t i = 0; i < note.names.count; i++)
		count_name(remember, change, &note, &note.names.list[i], when);
}

static size_t count_some(struct remember *remember, struct state_change *change, struct unpack *from)
{
	size_t count = 0;

	while (count < NOTES_A_CHANGE && unpack_more(from)) {
		int64_t when = (int64_t)unpack_u64(from);
		struct slice packed = unpack_slice(from, KNOWN_NOTE);

		count++;
		if (change->txn)
			count_note(remember, change, packed, when);
	}
	return count;
}

void remember_count_notes(struct remember *remember)
{
	struct unpack from = unpack_from(buffer_slice(&remember->writing));

	while (unpack_more(&from)) {
		struct state_change change = { .txn = NULL };
		enum result result;
		size_t count;

		errno = 0;
		result = state_begin(&remember->state, &change);
		count = count_some(remember, &change, &from);
		if (result == OK)
			result = state_commit(&change);
		if (result == OK)
			remember->did.written += count;
		else
			remember->did.lost += count;
		if (result != OK)
			remember->did.error = errno ? errno : EIO;
	}
}

void remember_forget_old(struct remember *remember, int64_t now)
{
	struct state_change change;
	size_t removed;

	errno = 0;
	if (state_begin(&remember->state, &change) != OK) {
		remember->did.error = errno ? errno : EIO;
		return;
	}
	if (state_sweep(&change, &remember->place, AGE_STEP, now, &removed) == OK && state_commit(&change) == OK) {
		remember->did.aged += removed;
		return;
	}
	state_abandon(&change);
	remember->did.error = errno ? errno : EIO;
}
