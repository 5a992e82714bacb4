/* SPDX-License-Identifier: Apache-2.0 */
/* Floats go by their bits: what is forgotten must be exactly what was learned. */
#include "keeper/learned.h"

#include "base/pack.h"

#include <math.h>

enum { KIND_LEARNED = 1, KIND_MARK = 2 };

/* ---- packed ---- */

static enum result pack_float(struct buffer *to, float number)
{
	uint32_t bits;

	memcpy(&bits, &number, sizeof(bits));
	return pack_u32(to, bits);
}

static float unpack_float(struct unpack *from)
{
	uint32_t bits = unpack_u32(from);
	float number;

	memcpy(&number, &bits, sizeof(number));
	return number;
}

enum result learned_pack(const struct learned *learned, struct buffer *to)
{
	TRY(pack_slice(to, (struct slice){ learned->digest, DIGEST_SIZE }));
	TRY(pack_u8(to, learned->label));
	TRY(pack_u64(to, (uint64_t)learned->when));
	TRY(pack_u32(to, learned->by));
	for (size_t view = 0; view < VIEW_COUNT; view++) {
		TRY(pack_float(to, learned->lesson.error[view]));
		TRY(pack_float(to, learned->lesson.scale[view]));
	}
	return pack_u32(to, learned->features);
}

/* What no lesson can have done would spoil the weights when it is forgotten. */
static bool lesson_is_sound(const struct lesson *lesson)
{
	for (size_t view = 0; view < VIEW_COUNT; view++)
		if (!(fabsf(lesson->error[view]) <= 1) || !(lesson->scale[view] >= 0 && lesson->scale[view] <= 1))
			return false;
	return true;
}

enum result learned_unpack(struct slice packed, struct learned *ret_learned)
{
	struct unpack from = unpack_from(packed);
	struct slice digest = unpack_slice(&from, DIGEST_SIZE);
	struct learned learned = { .label = unpack_u8(&from) };

	learned.when = (int64_t)unpack_u64(&from);
	learned.by = unpack_u32(&from);
	for (size_t view = 0; view < VIEW_COUNT; view++) {
		learned.lesson.error[view] = unpack_float(&from);
		learned.lesson.scale[view] = unpack_float(&from);
	}
	if (unpack_more(&from))
		learned.features = unpack_u32(&from);
	TRY(unpack_end(&from));
	if (digest.len != DIGEST_SIZE || learned.label > LEARNED_FORGOTTEN || !lesson_is_sound(&learned.lesson))
		return REFUSED;
	memcpy(learned.digest, digest.at, DIGEST_SIZE);
	*ret_learned = learned;
	return OK;
}

/* ---- in the map ---- */

static struct state_key key_of(struct slice digest)
{
	return (struct state_key){ KIND_LEARNED, SLICE(""), digest };
}

/* An entry that cannot be read is no answer: neither "it was learned" nor "it was not". */
enum result learned_get(struct state *ledger, uint64_t model, struct slice digest, int64_t now, struct learned *ret_learned)
{
	const struct state_key key = key_of(digest);
	struct state_value value;
	struct learned learned;
	struct unpack from;
	uint64_t identity;

	TRY(state_get(ledger, &key, now, &value));
	from = unpack_from((struct slice){ value.bytes, value.length });
	identity = unpack_u64(&from);
	if (from.bad || learned_unpack(from.rest, &learned) != OK)
		return LATER;
	if (identity != model || learned.label == LEARNED_FORGOTTEN)
		return REFUSED;
	*ret_learned = learned;
	return OK;
}

static enum result value_of(uint64_t model, const struct learned *learned, int64_t life, struct state_value *ret_value)
{
	struct buffer packed;
	enum result result;

	buffer_init(&packed, sizeof(ret_value->bytes));
	result = pack_u64(&packed, model);
	if (result == OK)
		result = learned_pack(learned, &packed);
	if (result == OK) {
		ret_value->length = buffer_length(&packed);
		ret_value->until = learned->when < INT64_MAX - life ? learned->when + life : INT64_MAX;
		memcpy(ret_value->bytes, buffer_slice(&packed).at, ret_value->length);
	}
	buffer_finish(&packed);
	return result;
}

enum result learned_put(struct state_change *change, uint64_t model, const struct learned *learned, int64_t life)
{
	const struct state_key key = key_of((struct slice){ learned->digest, DIGEST_SIZE });
	struct state_value value;
	enum result result;

	if (learned->label == LEARNED_FORGOTTEN) {
		result = state_remove(change, &key);
		return result == REFUSED ? OK : result;      /* it was taken out before we died, or its time was over */
	}
	TRY(value_of(model, learned, life, &value));
	return state_put(change, &key, &value);
}

/* What is no entry of ours stays. */
bool learned_is_past(const void *age, const struct state_value *value)
{
	const struct learned_age *wanted = age;
	struct unpack from = unpack_from((struct slice){ value->bytes, value->length });
	uint64_t identity = unpack_u64(&from);
	struct learned unused;

	return value->until < wanted->now ||
	       (!from.bad && identity != wanted->model && learned_unpack(from.rest, &unused) == OK);
}

/* ---- the mark ---- */

static const struct state_key mark_key = { KIND_MARK, LIT(""), LIT("") };

enum result learned_mark_get(struct state *ledger, struct learned_mark *ret_mark)
{
	struct learned_mark mark;
	struct state_value value;
	struct unpack from;

	TRY(state_get(ledger, &mark_key, 0, &value));
	from = unpack_from((struct slice){ value.bytes, value.length });
	mark.model = unpack_u64(&from);
	mark.generation = unpack_u64(&from);
	TRY(unpack_end(&from));
	*ret_mark = mark;
	return OK;
}

enum result learned_mark_put(struct state_change *change, const struct learned_mark *mark)
{
	struct state_value value = { .until = INT64_MAX };
	struct buffer packed;
	enum result result;

	buffer_init(&packed, sizeof(value.bytes));
	result = pack_u64(&packed, mark->model);
	if (result == OK)
		result = pack_u64(&packed, mark->generation);
	if (result == OK) {
		value.length = buffer_length(&packed);
		memcpy(value.bytes, buffer_slice(&packed).at, value.length);
		result = state_put(change, &mark_key, &value);
	}
	buffer_finish(&packed);
	return result;
}

uint64_t learned_count(struct state *ledger)
{
	struct learned_mark unused;

	return state_count(ledger) - (learned_mark_get(ledger, &unused) == OK);
}
