/* SPDX-License-Identifier: Apache-2.0 */
/* A batch goes through the first process, then with its evidence through the second; each does many at a time. */
#include "cli/contrast.h"

#include "base/fd.h"
#include "mail/evidence/evidence.h"
#include "mail/policy/policy.h"
#include "wire/queue-inspect.h"

enum { JUDGEMENT_MEMORY = 64 << 20, SENDER_NAMES = 2 };

enum result contrast_start(struct contrast *contrast, struct places *was, struct places *will, bool scanners)
{
	contrast->sides[WAS].wire = contrast->sides[WILL].wire = -1;
	TRY(inspector_start(&contrast->sides[WAS], was, INSPECTOR_LISTS | (scanners ? INSPECTOR_SCANNERS : INSPECTOR_ALONE)));
	return inspector_start(&contrast->sides[WILL], will, INSPECTOR_ALONE);
}

static void finish_item(struct contrast_item *item)
{
	fd_close(&item->message);
	buffer_finish(&item->envelope);
	buffer_finish(&item->findings);
	buffer_finish(&item->evidence);
	for (size_t side = 0; side < SIDES; side++)
		buffer_finish(&item->payload[side]);
}

void contrast_finish(struct contrast *contrast)
{
	for (size_t i = 0; i < contrast->count; i++)
		finish_item(&contrast->items[i]);
	contrast->count = 0;
	for (size_t side = 0; side < SIDES; side++)
		inspector_finish(&contrast->sides[side]);
}

static enum result new_item(struct contrast *contrast, const char *name, struct contrast_item **ret_item)
{
	struct contrast_item *item;

	if (contrast->count == contrast->most)
		TRY(contrast_judge(contrast));
	item = &contrast->items[contrast->count++];
	*item = (struct contrast_item){ .message = -1 };
	(void)snprintf(item->name, sizeof(item->name), "%s", name);
	buffer_init(&item->envelope, QUEUE_INSPECT_LONGEST);
	buffer_init(&item->findings, EVIDENCE_BYTES);
	buffer_init(&item->evidence, EVIDENCE_BYTES);
	for (size_t side = 0; side < SIDES; side++)
		buffer_init(&item->payload[side], QUEUE_INSPECT_LONGEST);
	*ret_item = item;
	return OK;
}

enum result contrast_add(struct contrast *contrast, const char *name, const struct inspector_past *past, int message)
{
	struct contrast_item *item;

	TRY(new_item(contrast, name, &item));
	if (buffer_add(&item->envelope, past->envelope) != OK || buffer_add(&item->findings, past->findings) != OK ||
	    buffer_add(&item->evidence, past->evidence) != OK)
		item->unknown = "more was kept of it than can be judged";
	item->message = message;
	return OK;
}

enum result contrast_unknown(struct contrast *contrast, const char *name, const char *why)
{
	struct contrast_item *item;

	TRY(new_item(contrast, name, &item));
	item->unknown = why;
	return OK;
}

/* ---- one side ---- */

static enum result ask(struct contrast *contrast, size_t side, size_t place)
{
	struct contrast_item *item = &contrast->items[place];
	struct inspector *inspector = &contrast->sides[side];
	const struct inspector_past past = { buffer_slice(&item->envelope), buffer_slice(&item->findings),
		                             buffer_slice(&item->evidence) };

	if (past.evidence.len == 0)
		return inspector_ask(inspector, contrast->exchange + place, past.envelope, item->message);
	return inspector_replay(inspector, contrast->exchange + place, &past, item->message);
}

/* What still waits will have no answer: those of this batch that come later are passed over. */
static void give_up(struct contrast *contrast, size_t side)
{
	for (size_t i = 0; i < contrast->count; i++)
		if (contrast->items[i].waits[side]) {
			contrast->items[i].waits[side] = false;
			contrast->items[i].unknown = "no answer came";
		}
}

static enum result hear(struct contrast *contrast, size_t side)
{
	struct inspector_answer answer;
	struct contrast_item *item;
	enum result result = inspector_answer(&contrast->sides[side], &answer);

	if (result == LATER)
		give_up(contrast, side);
	if (result != OK)
		return result == LATER ? OK : result;
	if (answer.exchange < contrast->exchange)
		return OK;                               /* of a batch that was given up */
	if (answer.exchange - contrast->exchange >= contrast->count)
		return REFUSED;
	item = &contrast->items[answer.exchange - contrast->exchange];
	if (!item->waits[side])
		return OK;
	item->waits[side] = false;
	item->judged[side] = answer.judged;
	buffer_clear(&item->payload[side]);
	if (buffer_add(&item->payload[side], answer.payload) != OK)
		item->unknown = "no memory for its judgement";
	return OK;
}

/* No keeper was asked, but both sides know what it would be taken to have said: nobody is known to who has none. */
static enum result add_strangers(const struct contrast_item *item, struct slice packed, struct arena *arena, struct buffer *to)
{
	char who[SENDER_NAMES][POLICY_WHO];
	struct evidence evidence, all;
	struct envelope envelope;

	if (evidence_unpack(packed, arena, &evidence) != OK || envelope_unpack(buffer_slice(&item->envelope), arena, &envelope) != OK ||
	    !policy_senders_unasked(&envelope, &evidence))
		return buffer_add(to, packed);
	all = evidence;
	all.answers = arena_array(arena, struct answer, evidence.count + SENDER_NAMES);
	if (all.answers == NULL)
		return LATER;
	for (size_t i = 0; i < evidence.count; i++)
		all.answers[i] = evidence.answers[i];
	for (unsigned domain = 0; domain < SENDER_NAMES; domain++)
		if (policy_sender_who(&envelope, domain, who[domain]))
			all.answers[all.count++] = (struct answer){ ASK_STATE, slice_of(who[domain]), ANSWER_SAID, SLICE("never"), 0 };
	return evidence_pack(&all, to);
}

/* What was asked for the first side is given to the second. */
static void take_evidence(struct contrast_item *item)
{
	struct judgement judgement;
	struct arena arena;

	if (buffer_length(&item->evidence) || item->unknown || !item->judged[WAS])
		return;
	arena_init(&arena, JUDGEMENT_MEMORY);
	if (judgement_unpack(buffer_slice(&item->payload[WAS]), &arena, &judgement) != OK ||
	    add_strangers(item, judgement.evidence, &arena, &item->evidence) != OK)
		item->unknown = "its judgement cannot be read";
	arena_finish(&arena);
}

static bool any_waits(const struct contrast *contrast, size_t side)
{
	for (size_t i = 0; i < contrast->count; i++)
		if (contrast->items[i].waits[side])
			return true;
	return false;
}

/* Answers are heard while there is more to ask: the wire holds only so many. */
static enum result judge_side(struct contrast *contrast, size_t side)
{
	for (size_t i = 0; i < contrast->count; i++) {
		struct contrast_item *item = &contrast->items[i];
		enum result result;

		if (item->unknown || (side == WILL && !item->judged[WAS]))
			continue;
		while (any_waits(contrast, side) && inspector_has_answered(&contrast->sides[side]))
			TRY(hear(contrast, side));
		result = ask(contrast, side, i);
		if (result == LATER)
			item->unknown = "more was kept of it than can be judged";
		else
			TRY(result);
		item->waits[side] = result == OK;
	}
	while (any_waits(contrast, side))
		TRY(hear(contrast, side));
	return OK;
}

enum result contrast_judge(struct contrast *contrast)
{
	enum result result = judge_side(contrast, WAS);

	for (size_t i = 0; i < contrast->count && result == OK; i++)
		take_evidence(&contrast->items[i]);
	if (result == OK)
		result = judge_side(contrast, WILL);
	for (size_t i = 0; i < contrast->count; i++) {
		if (result == OK)
			result = contrast->tell(contrast->owner, &contrast->items[i]);
		finish_item(&contrast->items[i]);
	}
	contrast->exchange += contrast->count;
	contrast->count = 0;
	return result;
}
