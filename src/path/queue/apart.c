/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A copy to quarantine for those whom a late judgement sends there, and for those who failed and whose sender
 * cannot be told. They are written down as quarantined once the copy is safe.
 */
#include "queue/fates.h"
#include "queue/room.h"

enum { APART_AGAIN = 30, PACKED_LIMIT = 16 << 20 };

static void turn_all(struct visit *visit, enum recipient_is from, enum journal_kind kind)
{
	for (uint32_t i = 0; i < visit->entry->count; i++)
		if (visit_means(visit, i, from))
			fates_turn(visit->queue, visit->entry, i, kind, &(struct fates_words){ 0 });
}

static void set_apart(struct visit *visit, enum recipient_is whom, void (*kept)(struct keeping *keeping));

/* A name that is taken by another file is not asked for again. */
static void kept_apart(struct visit *visit, enum recipient_is whom)
{
	if (visit->keeping.end == REFUSED) {
		set_apart(visit, whom, visit->keeping.kept);
		return;
	}
	if (visit->keeping.end == OK) {
		turn_all(visit, whom, JOURNAL_QUARANTINED);
		queue_note(visit->queue, LOG_LEVEL_NOTICE, entry_id(visit->entry), "quarantined", "as", slice_of(visit->keeping.name));
	} else {
		visit_put_off(visit, whom, APART_AGAIN);
	}
	visit_end(visit);
}

static struct visit *visit_of_keeping(struct keeping *keeping)
{
	return (struct visit *)(void *)((char *)keeping - offsetof(struct visit, keeping));
}

static void judged_kept(struct keeping *keeping)
{
	kept_apart(visit_of_keeping(keeping), RECIPIENT_FOR_QUARANTINE);
}

static void failed_kept(struct keeping *keeping)
{
	kept_apart(visit_of_keeping(keeping), RECIPIENT_FAILED);
}

/* In the copy only those concerned have the fate `quarantine`. */
static enum result judgement_apart(struct visit *visit, enum recipient_is whom)
{
	struct judgement copy = visit->judgement;
	struct buffer packed;
	enum result end;

	copy.fates = arena_array(&visit->memory, struct fate, copy.fate_count);
	if (copy.fates == NULL)
		return LATER;
	visit_mean(visit, whom);
	for (uint32_t i = 0; i < copy.fate_count; i++) {
		const struct recipient *recipient = entry_recipient(visit->entry, i);

		copy.fates[i] = visit->judgement.fates[i];
		copy.fates[i].outcome = recipient->is == whom ? FATE_QUARANTINE : FATE_DELIVER;
		if (recipient->is == whom && whom == RECIPIENT_FAILED)
			copy.fates[i] = (struct fate){ .outcome = FATE_QUARANTINE, .kind = SLICE("undeliverable"), .edits = NO_EDITS,
			                               .reply = words_reply(&visit->queue->words, recipient->words),
			                               .times = visit->judgement.fates[i].times };
	}
	buffer_init(&packed, PACKED_LIMIT);
	end = judgement_pack(&copy, &packed);
	if (end == OK)
		end = arena_keep(&visit->memory, buffer_slice(&packed), &visit->keeping.text.judgement);
	buffer_finish(&packed);
	return end;
}

/* Others of this message are in quarantine already, or another file has the name: this one gets an id of its own. */
static enum result name_apart(struct visit *visit)
{
	struct keeping *keeping = &visit->keeping;
	struct envelope envelope = visit->envelope;
	struct buffer packed;
	enum result end;

	keeping->text.envelope = visit->packed;
	memcpy(keeping->name, visit->name, sizeof(keeping->name));
	if (!entry_has(visit->entry, RECIPIENT_QUARANTINED) && keeping->end != REFUSED)
		return OK;
	queue_new_id(keeping->name);
	envelope.origin = envelope.id;
	envelope.id = slice_of(keeping->name);
	buffer_init(&packed, PACKED_LIMIT);
	end = envelope_pack(&envelope, &packed);
	if (end == OK)
		end = arena_keep(&visit->memory, buffer_slice(&packed), &keeping->text.envelope);
	buffer_finish(&packed);
	return end;
}

static void set_apart(struct visit *visit, enum recipient_is whom, void (*kept)(struct keeping *keeping))
{
	struct keeping *keeping = &visit->keeping;
	struct spool_span content = visit_content(visit);

	/* Its judgement is lost or damaged, and nobody else of it waits for a new one. */
	if (!visit->judged)
		visit->judged = judging_unscannable(visit, SLICE("its judgement is lost")) == OK;
	if (!visit->judged || judgement_apart(visit, whom) != OK || name_apart(visit) != OK) {
		visit_put_off(visit, whom, APART_AGAIN);
		visit_end(visit);
		return;
	}
	keeping->apart = keeping->replace = true;
	keeping->text.serial = visit->map.serial;
	keeping->text.content = visit->fd;
	keeping->text.at = content.at;
	keeping->text.length = content.length;
	keeping->kept = kept;
	spool_day_name(queue_now(), keeping->day);
	keeping_begin(visit->queue, keeping);
}

void quarantine_begin(struct visit *visit)
{
	set_apart(visit, RECIPIENT_FOR_QUARANTINE, judged_kept);
}

void quarantine_undeliverable(struct visit *visit)
{
	set_apart(visit, RECIPIENT_FAILED, failed_kept);
}
