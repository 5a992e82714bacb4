/* SPDX-License-Identifier: Apache-2.0 */
/* A version, the verdict, then each list as a count and its rows; what a fate points to must be there. */
#include "mail/policy/judgement.h"

#include "base/pack.h"

enum { WITHOUT_DEEDS = 1, WITHOUT_PROFILES = 2, WITHOUT_MATCHED = 3, WITHOUT_NOTICES = 4, WITHOUT_TIMES = 5, FATES_MOST = 10000, TEXT_MOST = 1024, PARTS_BYTES = 4 << 20 };
/* The fewest bytes of one, so that a count is believed only as far as bytes are there. */
enum { FATE_LEAST = 17, EDITS_LEAST = 4, DEEDS_LEAST = 4, DEED_LEAST = 9, TITLES_LEAST = 4, TITLE_LEAST = 4, TIMES_LEAST = 1 };

const char *verdict_name(enum verdict verdict)
{
	static const char *const names[VERDICT_COUNT] = { "clean", "spam", "blocked", "virus", "unscannable" };

	return (unsigned)verdict < VERDICT_COUNT ? names[verdict] : "unknown";
}

const char *outcome_name(enum outcome outcome)
{
	static const char *const names[FATE_COUNT] = { "deliver", "reject", "defer", "discard", "quarantine", "hold",
		                                       "bounce" };

	return (unsigned)outcome < FATE_COUNT ? names[outcome] : "unknown";
}

const char *deed_name(enum deed_kind kind)
{
	static const char *const names[DEED_COUNT] = { "subject", "header", "forward", "archive", "notify", "as attachment",
		                                    "banner" };

	return (unsigned)kind < DEED_COUNT ? names[kind] : "unknown";
}

bool deed_is_edit(enum deed_kind kind)
{
	return kind == DEED_SUBJECT || kind == DEED_HEADER || kind == DEED_ATTACHMENT || kind == DEED_BANNER;
}

bool fate_has_errands(const struct judgement *judgement, const struct fate *fate)
{
	const struct deeds *deeds = fate->deeds ? &judgement->deeds[fate->deeds - 1] : NULL;

	for (uint32_t i = 0; deeds && i < deeds->count; i++)
		if (!deed_is_edit(deeds->list[i].kind))
			return true;
	return false;
}

bool judgement_has_errands(const struct judgement *judgement)
{
	for (uint32_t i = 0; i < judgement->fate_count; i++) {
		const struct fate *fate = &judgement->fates[i];

		if (fate->outcome != FATE_DEFER && fate->outcome != FATE_REJECT && fate_has_errands(judgement, fate))
			return true;
	}
	return false;
}

static enum result pack_fate(struct buffer *to, const struct fate *fate)
{
	TRY(pack_u8(to, (uint8_t)fate->outcome));
	TRY(pack_slice(to, fate->rule));
	TRY(pack_slice(to, fate->kind));
	TRY(pack_slice(to, fate->reply));
	TRY(pack_u32(to, fate->edits));
	TRY(pack_u32(to, fate->deeds));
	TRY(pack_u32(to, fate->matched));
	TRY(pack_u8(to, (uint8_t)fate->notices));
	return pack_u32(to, fate->times);
}

static enum result pack_deeds(struct buffer *to, const struct deeds *deeds)
{
	TRY(pack_u32(to, deeds->count));
	for (uint32_t i = 0; i < deeds->count; i++) {
		TRY(pack_u8(to, (uint8_t)deeds->list[i].kind));
		TRY(pack_slice(to, deeds->list[i].text));
		TRY(pack_slice(to, deeds->list[i].rule));
		TRY(pack_slice(to, deeds->list[i].profile));
	}
	return OK;
}

static enum result pack_edits(struct buffer *to, const struct judgement *judgement)
{
	TRY(pack_u32(to, judgement->edits_count));
	for (uint32_t i = 0; i < judgement->edits_count; i++) {
		TRY(pack_slice(to, judgement->edits[i]));
		TRY(pack_u8(to, judgement->broken ? judgement->broken[i] : BROKEN_UNKNOWN));
	}
	return OK;
}

static enum result pack_matched(struct buffer *to, const struct judgement *judgement)
{
	TRY(pack_u32(to, judgement->matched_count));
	for (uint32_t i = 0; i < judgement->matched_count; i++) {
		TRY(pack_u32(to, judgement->matched[i].count));
		for (uint32_t k = 0; k < judgement->matched[i].count; k++)
			TRY(pack_slice(to, judgement->matched[i].list[k]));
	}
	return OK;
}

/* Bits of what is said, then each of it. */
static enum result pack_times(struct buffer *to, const struct times *times)
{
	uint8_t said = 0;

	for (unsigned i = 0; i < TIME_KINDS; i++)
		said |= (uint8_t)(times->list[i].said << i);
	TRY(pack_u8(to, said));
	for (unsigned i = 0; i < TIME_KINDS; i++) {
		if (!times->list[i].said)
			continue;
		TRY(pack_u32(to, times->list[i].seconds));
		TRY(pack_slice(to, times->list[i].profile));
	}
	return OK;
}

static enum result pack_all_times(struct buffer *to, const struct judgement *judgement)
{
	TRY(pack_u32(to, judgement->times_count));
	for (uint32_t i = 0; i < judgement->times_count; i++)
		TRY(pack_times(to, &judgement->times[i]));
	return OK;
}

static enum result pack_body(const struct judgement *judgement, struct buffer *to)
{
	TRY(pack_u8(to, JUDGEMENT_VERSION));
	TRY(pack_u8(to, (uint8_t)judgement->verdict));
	TRY(pack_slice(to, judgement->reason));
	TRY(pack_u32(to, judgement->fate_count));
	for (uint32_t i = 0; i < judgement->fate_count; i++)
		TRY(pack_fate(to, &judgement->fates[i]));
	TRY(pack_edits(to, judgement));
	TRY(pack_u32(to, judgement->deeds_count));
	for (uint32_t i = 0; i < judgement->deeds_count; i++)
		TRY(pack_deeds(to, &judgement->deeds[i]));
	TRY(pack_matched(to, judgement));
	TRY(pack_all_times(to, judgement));
	TRY(pack_slice(to, judgement->findings));
	return pack_slice(to, judgement->evidence);
}

enum result judgement_pack(const struct judgement *judgement, struct buffer *to)
{
	size_t before = buffer_length(to);
	enum result result = pack_body(judgement, to);

	if (result != OK)
		buffer_cut(to, before);
	return result;
}

static enum result read_count(struct unpack *from, size_t least_size, uint32_t *ret_count)
{
	uint32_t count = unpack_u32(from);

	if (from->bad || count > FATES_MOST || count > from->rest.len / least_size)
		return REFUSED;
	*ret_count = count;
	return OK;
}

/* These texts reach replies and logs: no control byte may come along. */
static bool is_one_line(struct slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char)text.at[i] < ' ' || text.at[i] == 0x7f)
			return false;
	return true;
}

static enum result read_fate(struct unpack *from, uint8_t version, struct fate *fate)
{
	uint8_t outcome = unpack_u8(from), notices;

	fate->rule = unpack_slice(from, TEXT_MOST);
	fate->kind = unpack_slice(from, TEXT_MOST);
	fate->reply = unpack_slice(from, TEXT_MOST);
	fate->edits = unpack_u32(from);
	fate->deeds = version > WITHOUT_DEEDS ? unpack_u32(from) : 0;
	fate->matched = version > WITHOUT_MATCHED ? unpack_u32(from) : 0;
	notices = version > WITHOUT_NOTICES ? unpack_u8(from) : FATE_NOTICES_OF_FILE;
	fate->times = version > WITHOUT_TIMES ? unpack_u32(from) : 0;
	if (from->bad || outcome >= FATE_COUNT || notices >= FATE_NOTICES_COUNT)
		return REFUSED;
	fate->notices = (enum fate_notices)notices;
	fate->outcome = (enum outcome)outcome;
	return is_one_line(fate->rule) && is_one_line(fate->kind) && is_one_line(fate->reply) ? OK : REFUSED;
}

static enum result read_fates(struct unpack *from, uint8_t version, struct arena *arena, struct judgement *judgement)
{
	TRY(read_count(from, FATE_LEAST, &judgement->fate_count));
	judgement->fates = arena_array(arena, struct fate, judgement->fate_count);
	if (judgement->fates == NULL)
		return LATER;
	for (uint32_t i = 0; i < judgement->fate_count; i++)
		TRY(read_fate(from, version, &judgement->fates[i]));
	return OK;
}

static enum result read_edits(struct unpack *from, uint8_t version, struct arena *arena, struct judgement *judgement)
{
	TRY(read_count(from, EDITS_LEAST, &judgement->edits_count));
	judgement->edits = arena_array(arena, struct slice, judgement->edits_count);
	judgement->broken = arena_take(arena, judgement->edits_count);
	if (judgement->edits == NULL || judgement->broken == NULL)
		return LATER;
	for (uint32_t i = 0; i < judgement->edits_count; i++) {
		judgement->edits[i] = unpack_slice(from, PARTS_BYTES);
		judgement->broken[i] = version > WITHOUT_MATCHED ? unpack_u8(from) : BROKEN_UNKNOWN;
	}
	return from->bad ? REFUSED : OK;
}

static enum result read_deed(struct unpack *from, uint8_t version, struct deed *deed)
{
	uint8_t kind = unpack_u8(from);

	deed->text = unpack_slice(from, TEXT_MOST);
	deed->rule = unpack_slice(from, TEXT_MOST);
	deed->profile = version > WITHOUT_PROFILES ? unpack_slice(from, TEXT_MOST) : SLICE("");
	if (from->bad || kind >= DEED_COUNT)
		return REFUSED;
	deed->kind = (enum deed_kind)kind;
	return is_one_line(deed->text) && is_one_line(deed->rule) && is_one_line(deed->profile) ? OK : REFUSED;
}

static enum result read_deeds(struct unpack *from, uint8_t version, struct arena *arena, struct deeds *deeds)
{
	TRY(read_count(from, DEED_LEAST, &deeds->count));
	deeds->list = arena_array(arena, struct deed, deeds->count);
	if (deeds->list == NULL)
		return LATER;
	for (uint32_t i = 0; i < deeds->count; i++)
		TRY(read_deed(from, version, &deeds->list[i]));
	return OK;
}

static enum result read_all_deeds(struct unpack *from, uint8_t version, struct arena *arena, struct judgement *judgement)
{
	if (version == WITHOUT_DEEDS)
		return OK;
	TRY(read_count(from, DEEDS_LEAST, &judgement->deeds_count));
	judgement->deeds = arena_array(arena, struct deeds, judgement->deeds_count);
	if (judgement->deeds == NULL)
		return LATER;
	for (uint32_t i = 0; i < judgement->deeds_count; i++)
		TRY(read_deeds(from, version, arena, &judgement->deeds[i]));
	return OK;
}

static enum result read_titles(struct unpack *from, struct arena *arena, struct titles *titles)
{
	TRY(read_count(from, TITLE_LEAST, &titles->count));
	titles->list = arena_array(arena, struct slice, titles->count);
	if (titles->list == NULL)
		return LATER;
	for (uint32_t i = 0; i < titles->count; i++) {
		titles->list[i] = unpack_slice(from, TEXT_MOST);
		if (from->bad || !is_one_line(titles->list[i]))
			return REFUSED;
	}
	return OK;
}

static enum result read_matched(struct unpack *from, uint8_t version, struct arena *arena, struct judgement *judgement)
{
	if (version <= WITHOUT_MATCHED)
		return OK;
	TRY(read_count(from, TITLES_LEAST, &judgement->matched_count));
	judgement->matched = arena_array(arena, struct titles, judgement->matched_count);
	if (judgement->matched == NULL)
		return LATER;
	for (uint32_t i = 0; i < judgement->matched_count; i++)
		TRY(read_titles(from, arena, &judgement->matched[i]));
	return OK;
}

static enum result read_times(struct unpack *from, struct times *times)
{
	uint8_t said = unpack_u8(from);

	if (said >> TIME_KINDS)
		return REFUSED;
	for (unsigned i = 0; i < TIME_KINDS; i++) {
		if (!(said >> i & 1))
			continue;
		times->list[i].said = true;
		times->list[i].seconds = unpack_u32(from);
		times->list[i].profile = unpack_slice(from, TEXT_MOST);
		if (from->bad || !is_one_line(times->list[i].profile))
			return REFUSED;
	}
	return from->bad ? REFUSED : OK;
}

static enum result read_all_times(struct unpack *from, uint8_t version, struct arena *arena, struct judgement *judgement)
{
	if (version <= WITHOUT_TIMES)
		return OK;
	TRY(read_count(from, TIMES_LEAST, &judgement->times_count));
	judgement->times = arena_array(arena, struct times, judgement->times_count);
	if (judgement->times == NULL)
		return LATER;
	for (uint32_t i = 0; i < judgement->times_count; i++)
		TRY(read_times(from, &judgement->times[i]));
	return OK;
}

static enum result all_are_there(const struct judgement *judgement)
{
	for (uint32_t i = 0; i < judgement->fate_count; i++) {
		const struct fate *fate = &judgement->fates[i];

		if ((fate->edits != NO_EDITS && fate->edits >= judgement->edits_count) ||
		    fate->deeds > judgement->deeds_count || fate->matched > judgement->matched_count ||
		    fate->times > judgement->times_count)
			return REFUSED;
	}
	return OK;
}

enum result judgement_unpack(struct slice packed, struct arena *arena, struct judgement *ret_judgement)
{
	struct unpack from = unpack_from(packed);
	struct judgement judgement = { 0 };
	uint8_t version = unpack_u8(&from), verdict = unpack_u8(&from);

	if (version < WITHOUT_DEEDS || version > JUDGEMENT_VERSION || verdict >= VERDICT_COUNT)
		return REFUSED;
	judgement.verdict = (enum verdict)verdict;
	judgement.reason = unpack_slice(&from, TEXT_MOST);
	if (!is_one_line(judgement.reason))
		return REFUSED;
	TRY(read_fates(&from, version, arena, &judgement));
	TRY(read_edits(&from, version, arena, &judgement));
	TRY(read_all_deeds(&from, version, arena, &judgement));
	TRY(read_matched(&from, version, arena, &judgement));
	TRY(read_all_times(&from, version, arena, &judgement));
	judgement.findings = unpack_slice(&from, PARTS_BYTES);
	judgement.evidence = unpack_slice(&from, PARTS_BYTES);
	TRY(unpack_end(&from));
	TRY(all_are_there(&judgement));
	*ret_judgement = judgement;
	return OK;
}
