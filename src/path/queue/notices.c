/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who has failed is told, or set apart: the sender gets a notice where the rule allows one; otherwise the
 * message goes to quarantine as `undeliverable`. The notice is stored as a message of its own, and only then
 * are the recipients written down as bounced.
 */
#include "base/fd.h"
#include "base/pack.h"
#include "queue/fates.h"
#include "queue/room.h"
#include "wire/queue-inspect.h"

#include <fcntl.h>
#include <sys/stat.h>

enum { COMPOSE_AGAIN = 30, PACKED_LIMIT = 16 << 20, NOTICE_MOST = 4 << 20,
       SEALS = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE };

/* ---- setting apart ---- */

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
		visit_put_off(visit, whom, COMPOSE_AGAIN);
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
			copy.fates[i] = (struct fate){ FATE_QUARANTINE, SLICE(""), SLICE("undeliverable"),
			                               words_reply(&visit->queue->words, recipient->words), NO_EDITS };
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
		visit_put_off(visit, whom, COMPOSE_AGAIN);
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

/* ---- the rule ---- */

static bool may_be_told(const struct visit *visit)
{
	const struct envelope *envelope = &visit->envelope;

	if (envelope->sender.len == 0 || envelope->flags & ENVELOPE_NOTICE)
		return false;
	if (visit->queue->gateway.notices.is == GATEWAY_NOTICES_ALL)
		return true;
	return envelope->flags & (ENVELOPE_TRUSTED | ENVELOPE_AUTHENTICATED | ENVELOPE_LOCAL);
}

/* RFC 3461: NEVER, or a list without FAILURE. */
static bool wants_none(uint8_t notify)
{
	return notify & NOTIFY_NEVER || (notify && !(notify & NOTIFY_FAILURE));
}

static void end_unwanted(struct visit *visit)
{
	if (visit->envelope.sender.len == 0)
		return;
	for (uint32_t i = 0; i < visit->entry->count; i++)
		if (entry_recipient(visit->entry, i)->is == RECIPIENT_FAILED && wants_none(visit->envelope.recipients[i].notify))
			fates_turn(visit->queue, visit->entry, i, JOURNAL_BOUNCED, &(struct fates_words){ 0 });
}

/* ---- the notice ---- */

static void notice_kept(struct keeping *keeping)
{
	struct visit *visit = visit_of_keeping(keeping);
	struct queue *queue = visit->queue;
	struct entry *made = visit->made;

	if (keeping->end != OK) {
		entries_remove(&queue->entries, made);
		visit_put_off(visit, RECIPIENT_FAILED, COMPOSE_AGAIN);
		visit_end(visit);
		return;
	}
	queue_count(queue, QUEUE_COUNT_notices, 1);
	queue_note(queue, LOG_LEVEL_INFO, entry_id(visit->entry), "bounced", "notice", slice_of(keeping->name));
	turn_all(visit, RECIPIENT_FAILED, JOURNAL_BOUNCED);
	made->flags |= ENTRY_CHECKED;
	fates_settle(queue, made);
	visit_end(visit);
}

static struct envelope notice_envelope(const struct visit *visit, struct envelope_recipient *to)
{
	*to = (struct envelope_recipient){ .address = visit->envelope.sender, .notify = NOTIFY_NEVER };
	return (struct envelope){ .id = slice_of(visit->keeping.name), .received = queue_now(), .flags = ENVELOPE_NOTICE,
	                          .listener = SLICE("queue"), .protocol = SLICE("notice"), .origin = visit->envelope.id,
	                          .recipients = to, .recipient_count = 1 };
}

static enum result pack_own(struct arena *arena, const struct envelope *envelope, const struct judgement *judgement,
                            struct spool_text *text)
{
	struct buffer packed;
	enum result end;

	buffer_init(&packed, PACKED_LIMIT);
	end = envelope_pack(envelope, &packed);
	if (end == OK)
		end = arena_keep(arena, buffer_slice(&packed), &text->envelope);
	buffer_clear(&packed);
	if (end == OK)
		end = judgement_pack(judgement, &packed);
	if (end == OK)
		end = arena_keep(arena, buffer_slice(&packed), &text->judgement);
	buffer_finish(&packed);
	return end;
}

static enum result store_notice(struct visit *visit, uint64_t length)
{
	struct envelope_recipient to;
	struct envelope envelope = notice_envelope(visit, &to);
	struct fate fate = { .outcome = FATE_DELIVER, .edits = NO_EDITS };
	const struct judgement judgement = { .verdict = VERDICT_CLEAN, .fates = &fate, .fate_count = 1 };
	struct keeping *keeping = &visit->keeping;

	keeping->live = true;
	keeping->kept = notice_kept;
	keeping->text = (struct spool_text){ .serial = (uint32_t)queue_chance(), .content = visit->memfd, .length = length };
	TRY(pack_own(&visit->memory, &envelope, &judgement, &keeping->text));
	TRY(fates_admit(visit->queue, &envelope, keeping->text.serial, length, &judgement, &visit->made));
	keeping_begin(visit->queue, keeping);
	return OK;
}

static enum result look_at(int memfd, uint64_t *ret_length)
{
	struct stat about;
	int seals = memfd < 0 ? -1 : fcntl(memfd, F_GET_SEALS);

	if (seals < 0 || (seals & SEALS) != SEALS || fstat(memfd, &about) != 0 || about.st_size <= 0 ||
	    about.st_size > NOTICE_MOST)
		return REFUSED;
	*ret_length = (uint64_t)about.st_size;
	return OK;
}

/* Not for ever: in the end the message goes where an operator sees it. */
static void not_told(struct visit *visit, struct slice reason)
{
	queue_note(visit->queue, LOG_LEVEL_WARNING, entry_id(visit->entry), "no-notice", "reason", reason);
	visit->keeping.live = false;
	if (visit->entry->tried < ASK_TRIES)
		visit->entry->tried++;
	if (visit->entry->tried >= ASK_TRIES) {
		set_apart(visit, RECIPIENT_FAILED, failed_kept);
		return;
	}
	visit_put_off(visit, RECIPIENT_FAILED, COMPOSE_AGAIN);
	visit_end(visit);
}

static void composed(struct ask *ask, enum ask_end end, struct slice text, int fd)
{
	struct visit *visit = (struct visit *)(void *)((char *)ask - offsetof(struct visit, ask));
	uint64_t length;

	visit->memfd = fd;
	if (end == ASK_COMPOSED && look_at(fd, &length) == OK && store_notice(visit, length) == OK)
		return;
	not_told(visit, text);
}

static void list_failed(struct visit *visit, struct notice *notice)
{
	visit_mean(visit, RECIPIENT_FAILED);
	for (uint32_t i = 0; i < visit->entry->count; i++) {
		const struct recipient *recipient = entry_recipient(visit->entry, i);

		if (recipient->is != RECIPIENT_FAILED)
			continue;
		notice->recipients[notice->recipient_count++] = (struct notice_recipient){
			.address = visit->envelope.recipients[i].address,
			.original = visit->envelope.recipients[i].original,
			.route = words_route(&visit->queue->words, recipient->words),
			.reply = words_reply(&visit->queue->words, recipient->words),
			.expired = recipient->flags & RECIPIENT_IS_EXPIRED };
	}
}

static enum result pack_notice(struct visit *visit)
{
	const struct queue *queue = visit->queue;
	struct spool_span content = visit_content(visit);
	struct notice notice = {
		.kind = NOTICE_FAILURE, .hostname = queue->gateway.hostname.is, .postmaster = queue->gateway.postmaster.is,
		.id = visit->envelope.id, .envelope_id = visit->envelope.envelope_id, .sender = visit->envelope.sender,
		.arrived = visit->envelope.received, .now = queue_now(), .utc_offset = queue->process->utc_offset,
		.until = visit->envelope.received + (int64_t)queue->settings.lifetime.n,
		.full = visit->envelope.flags & ENVELOPE_RET_FULL, .offset = content.at, .length = content.length,
		.new_id = slice_of(visit->keeping.name) };
	struct buffer packed;
	enum result end;

	notice.recipients = arena_array(&visit->memory, struct notice_recipient, visit->entry->count);
	if (notice.recipients == NULL)
		return LATER;
	list_failed(visit, &notice);
	buffer_init(&packed, QUEUE_INSPECT_LONGEST);
	end = notice_pack(&notice, &packed);
	if (end == OK)
		end = arena_keep(&visit->memory, buffer_slice(&packed), &visit->ask.payload);
	buffer_finish(&packed);
	return end;
}

void notices_begin(struct visit *visit)
{
	end_unwanted(visit);
	if (!entry_has(visit->entry, RECIPIENT_FAILED)) {
		visit_end(visit);
		return;
	}
	if (!may_be_told(visit)) {
		set_apart(visit, RECIPIENT_FAILED, failed_kept);
		return;
	}
	queue_new_id(visit->keeping.name);
	if (pack_notice(visit) != OK) {
		not_told(visit, SLICE("too many failures for a notice"));
		return;
	}
	visit->ask.kind = QUEUE_COMPOSE;
	visit->ask.fd = visit->fd;
	visit->ask.tried = 0;
	visit->ask.answered = composed;
	ask_begin(&visit->queue->asks, &visit->ask);
}
