/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a sender is told: of failure, of delay (once), of success where it was asked for. Each kind is a row: whom it
 * is about, who does not want it, what they are afterwards. The notice is stored as a message of its own, and only
 * then are the recipients turned. Who has failed and cannot be told of goes to quarantine as `undeliverable`.
 */
#include "base/fd.h"
#include "base/pack.h"
#include "base/sealed.h"
#include "queue/fates.h"
#include "queue/room.h"
#include "wire/queue-inspect.h"


enum { COMPOSE_AGAIN = 30, PACKED_LIMIT = 16 << 20, NOTICE_MOST = 4 << 20 };

/* ---- the kinds ---- */

/* RFC 3461: NEVER, or a list without FAILURE. */
static bool no_failure(uint8_t notify)
{
	return notify & NOTIFY_NEVER || (notify && !(notify & NOTIFY_FAILURE));
}

static bool no_delay(uint8_t notify)
{
	return notify & NOTIFY_NEVER || (notify && !(notify & NOTIFY_DELAY));
}

static bool no_success(uint8_t notify)
{
	return !(notify & NOTIFY_SUCCESS);
}

static void end_failed(struct visit *visit, uint32_t place)
{
	fates_turn(visit->queue, visit->entry, place, JOURNAL_BOUNCED, &(struct fates_words){ 0 });
}

static void end_arrived(struct visit *visit, uint32_t place)
{
	fates_turn(visit->queue, visit->entry, place, JOURNAL_DELIVERED, &(struct fates_words){ 0 });
}

/* Back to its retries; it is not told of again. */
static void go_on(struct visit *visit, uint32_t place)
{
	struct recipient *recipient = entry_recipient(visit->entry, place);
	const struct queue_times times = fates_times(visit->queue, recipient);
	uint32_t wait = schedule_retry(&times, recipient->attempts, (uint32_t)queue_chance());

	recipient->flags |= RECIPIENT_IS_WARNED;
	fates_turn(visit->queue, visit->entry, place, JOURNAL_DEFERRED, &(struct fates_words){ .due = queue_now() + wait });
}

static const struct telling {
	enum notice_kind kind;
	enum recipient_is whom;
	bool (*unwanted)(uint8_t notify);
	void (*turn)(struct visit *visit, uint32_t place);
	const char *event;
} tellings[] = {
	{ NOTICE_FAILURE, RECIPIENT_FAILED, no_failure, end_failed, "bounced" },
	{ NOTICE_DELAY, RECIPIENT_DELAYED, no_delay, go_on, "delayed" },
	{ NOTICE_SUCCESS, RECIPIENT_ARRIVED, no_success, end_arrived, "told" },
};

/* Those whom this visit is about, or, before it is about anybody, those who are it. */
static void turn_all(struct visit *visit, bool meant)
{
	for (uint32_t i = 0; i < visit->entry->count; i++)
		if (meant ? visit_means(visit, i, visit->telling->whom) : entry_recipient(visit->entry, i)->is == visit->telling->whom)
			visit->telling->turn(visit, i);
}

/* ---- the rule ---- */

/* The recipient's profile, or the file. */
static bool tells_all(const struct visit *visit, uint32_t place)
{
	const struct judgement *judgement = &visit->judgement;
	enum fate_notices notices = FATE_NOTICES_OF_FILE;

	if (visit->judged && place < judgement->fate_count)
		notices = judgement->fates[place].notices;
	if (notices == FATE_NOTICES_OF_FILE)
		return visit->queue->gateway.notices.is == GATEWAY_NOTICES_ALL;
	return notices == FATE_NOTICES_ALL;
}

bool notices_may_tell(const struct visit *visit, uint32_t place)
{
	const struct envelope *envelope = &visit->envelope;

	if (envelope->sender.len == 0 || envelope->flags & ENVELOPE_NOTICE)
		return false;
	return tells_all(visit, place) || envelope->flags & (ENVELOPE_TRUSTED | ENVELOPE_AUTHENTICATED | ENVELOPE_LOCAL);
}

static bool may_tell_any(const struct visit *visit)
{
	for (uint32_t i = 0; i < visit->entry->count; i++)
		if (entry_recipient(visit->entry, i)->is == visit->telling->whom && notices_may_tell(visit, i))
			return true;
	return false;
}

static void end_unwanted(struct visit *visit)
{
	const struct telling *telling = visit->telling;

	if (visit->envelope.sender.len == 0)
		return;
	for (uint32_t i = 0; i < visit->entry->count; i++)
		if (entry_recipient(visit->entry, i)->is == telling->whom &&
		    telling->unwanted(visit->envelope.recipients[i].notify))
			telling->turn(visit, i);
}

/* ---- the notice ---- */

static void notice_kept(struct keeping *keeping)
{
	struct visit *visit = (struct visit *)(void *)((char *)keeping - offsetof(struct visit, keeping));
	struct queue *queue = visit->queue;
	struct entry *made = visit->made;

	if (keeping->end != OK) {
		entries_remove(&queue->entries, made);
		visit_put_off(visit, visit->telling->whom, COMPOSE_AGAIN);
		visit_end(visit);
		return;
	}
	queue_count(queue, QUEUE_COUNT_notices, 1);
	queue_note(queue, LOG_LEVEL_INFO, entry_id(visit->entry), visit->telling->event, "notice", slice_of(keeping->name));
	turn_all(visit, true);
	made->flags |= ENTRY_CHECKED;
	fates_settle(queue, made);
	visit_end(visit);
}

/* Then all of the notice may be UTF-8 (mail/message/notice.h); else none of it is. */
bool notices_is_wide(struct slice address)
{
	for (size_t i = 0; i < address.len; i++)
		if ((unsigned char)address.at[i] > 127)
			return true;
	return false;
}

static struct envelope notice_envelope(const struct visit *visit, struct envelope_recipient *to)
{
	*to = (struct envelope_recipient){ .address = visit->envelope.sender, .notify = NOTIFY_NEVER };
	return (struct envelope){ .id = slice_of(visit->keeping.name), .received = queue_now(),
	                          .flags = ENVELOPE_NOTICE | (notices_is_wide(to->address) ? ENVELOPE_UTF8 | ENVELOPE_EIGHT_BIT : 0u),
	                          .listener = SLICE("queue"), .protocol = SLICE("notice"), .origin = visit->envelope.id,
	                          .recipients = to, .recipient_count = 1 };
}

enum result notices_pack_own(struct visit *visit, const struct envelope *envelope, const struct judgement *judgement,
                             struct spool_text *text)
{
	struct buffer packed;
	enum result end;

	buffer_init(&packed, PACKED_LIMIT);
	end = envelope_pack(envelope, &packed);
	if (end == OK)
		end = arena_keep(&visit->memory, buffer_slice(&packed), &text->envelope);
	buffer_clear(&packed);
	if (end == OK)
		end = judgement_pack(judgement, &packed);
	if (end == OK)
		end = arena_keep(&visit->memory, buffer_slice(&packed), &text->judgement);
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
	TRY(notices_pack_own(visit, &envelope, &judgement, &keeping->text));
	TRY(fates_admit(visit->queue, &envelope, keeping->text.serial, length, &judgement, &visit->made));
	keeping_begin(visit->queue, keeping);
	return OK;
}

enum result notices_look_at(int memfd, uint64_t *ret_length)
{
	TRY(sealed_size(memfd, ret_length));
	return *ret_length > 0 && *ret_length <= NOTICE_MOST ? OK : REFUSED;
}

/* Only a failure must be seen by somebody, if not by the sender. */
static void leave_untold(struct visit *visit)
{
	if (visit->telling->kind == NOTICE_FAILURE) {
		quarantine_undeliverable(visit);
		return;
	}
	turn_all(visit, false);
	visit_end(visit);
}

/* Not for ever: in the end a message that failed goes where an operator sees it. */
static void not_told(struct visit *visit, struct slice reason)
{
	queue_note(visit->queue, LOG_LEVEL_WARNING, entry_id(visit->entry), "no-notice", "reason", reason);
	visit->keeping.live = false;
	if (visit->entry->tried < ASK_TRIES)
		visit->entry->tried++;
	if (visit->entry->tried >= ASK_TRIES) {
		leave_untold(visit);
		return;
	}
	visit_put_off(visit, visit->telling->whom, COMPOSE_AGAIN);
	visit_end(visit);
}

static void composed(struct ask *ask, enum ask_end end, struct slice text, int fd)
{
	struct visit *visit = (struct visit *)(void *)((char *)ask - offsetof(struct visit, ask));
	uint64_t length;

	visit->memfd = fd;
	if (end == ASK_COMPOSED && notices_look_at(fd, &length) == OK && store_notice(visit, length) == OK)
		return;
	not_told(visit, text);
}

/* Until when it is tried stands once in a notice: whose times are others is told in a notice of his own. */
static bool keeps_pace(struct notice *notice, uint64_t lifetime)
{
	int64_t until = notice->arrived + (int64_t)lifetime;

	if (notice->recipient_count == 0)
		notice->until = until;
	return notice->kind != NOTICE_DELAY || notice->until == until;
}

static void list_recipients(struct visit *visit, struct notice *notice)
{
	visit_mean(visit, visit->telling->whom);
	for (uint32_t i = 0; i < visit->entry->count; i++) {
		struct recipient *recipient = entry_recipient(visit->entry, i);

		if (!notices_may_tell(visit, i))
			recipient->flags &= (uint8_t)~RECIPIENT_IS_MEANT;        /* their turn comes without a notice */
		if (visit_means(visit, i, visit->telling->whom) &&
		    !keeps_pace(notice, fates_times(visit->queue, recipient).lifetime.n))
			recipient->flags &= (uint8_t)~RECIPIENT_IS_MEANT;
		if (!visit_means(visit, i, visit->telling->whom))
			continue;
		notice->recipients[notice->recipient_count++] = (struct notice_recipient){
			.address = visit->envelope.recipients[i].address,
			.original = visit->envelope.recipients[i].original,
			.route = words_route(&visit->queue->words, recipient->words),
			.reply = words_reply(&visit->queue->words, recipient->words),
			.expired = recipient->flags & RECIPIENT_IS_EXPIRED,
			.relayed = recipient->flags & RECIPIENT_IS_RELAYED };
	}
}

static enum result pack_notice(struct visit *visit)
{
	const struct queue *queue = visit->queue;
	struct spool_span content = visit_content(visit);
	struct notice notice = {
		.kind = visit->telling->kind, .hostname = queue->gateway.hostname.is, .postmaster = queue->gateway.postmaster.is,
		.id = visit->envelope.id, .envelope_id = visit->envelope.envelope_id, .sender = visit->envelope.sender,
		.arrived = visit->envelope.received, .now = queue_now(), .utc_offset = queue->process->utc_offset,
		.full = visit->envelope.flags & ENVELOPE_RET_FULL, .offset = content.at, .length = content.length,
		.new_id = slice_of(visit->keeping.name) };
	struct buffer packed;
	enum result end;

	notice.recipients = arena_array(&visit->memory, struct notice_recipient, visit->entry->count);
	if (notice.recipients == NULL)
		return LATER;
	list_recipients(visit, &notice);
	buffer_init(&packed, QUEUE_INSPECT_LONGEST);
	end = notice_pack(&notice, &packed);
	if (end == OK)
		end = arena_keep(&visit->memory, buffer_slice(&packed), &visit->ask.payload);
	buffer_finish(&packed);
	return end;
}

static void begin(struct visit *visit, const struct telling *telling)
{
	visit->telling = telling;
	end_unwanted(visit);
	if (!entry_has(visit->entry, telling->whom)) {
		visit_end(visit);
		return;
	}
	if (!may_tell_any(visit)) {
		leave_untold(visit);
		return;
	}
	queue_new_id(visit->keeping.name);
	if (pack_notice(visit) != OK) {
		not_told(visit, SLICE("too many recipients for a notice"));
		return;
	}
	visit->ask.kind = QUEUE_COMPOSE;
	visit->ask.fd = visit->fd;
	visit->ask.tried = 0;
	visit->ask.answered = composed;
	ask_begin(&visit->queue->asks, &visit->ask);
}

void notices_of_failure(struct visit *visit)
{
	begin(visit, &tellings[0]);
}

void notices_of_delay(struct visit *visit)
{
	begin(visit, &tellings[1]);
}

void notices_of_success(struct visit *visit)
{
	begin(visit, &tellings[2]);
}
