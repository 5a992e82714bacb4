/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What rules ask for beside a fate, made before anything else is done with a message: copies that are forwarded or
 * archived, and notices. Each is a message of our own, stored like any other; nobody answers it. They are made one
 * after the other in an order that is the same at each visit, so that a visit that fails goes on where it stood.
 */
#include "base/fd.h"
#include "queue/fates.h"
#include "queue/room.h"
#include "wire/queue-inspect.h"

enum { MAKE_AGAIN = 30, ARCHIVE_MOST = 480 };

struct meant { struct meant *next; uint32_t place; };

struct errand {
	const struct deed *deed;
	uint32_t edits;                          /* of a forwarded copy */
	struct meant *first, **last;             /* the recipients that it is about */
	uint32_t count;
	bool alone;                              /* a notice to one recipient, about that one */
};

static void next_errand(struct visit *visit);

/* ---- which there are ---- */

static const struct deeds *deeds_of(const struct visit *visit, uint32_t place)
{
	const struct fate *fate = &visit->judgement.fates[place];

	if (fate->deeds == 0 || !recipient_needs_errands(entry_recipient(visit->entry, place)))
		return NULL;
	return &visit->judgement.deeds[fate->deeds - 1];
}

static bool is_alone(const struct deed *deed)
{
	return deed->kind == DEED_NOTIFY && slice_same(deed->text, SLICE("recipient"));
}

static struct slice edits_at(const struct visit *visit, uint32_t edits)
{
	return edits == NO_EDITS ? SLICE("") : visit->judgement.edits[edits];
}

/* Texts to the sender go out or not by what the judgement says of each recipient. What the settings say may change between
 * two visits, and the order of errands must not. */
static bool told_alike(const struct visit *visit, const struct errand *errand, uint32_t place)
{
	const struct fate *fates = visit->judgement.fates;

	return errand->deed->kind != DEED_NOTIFY || !slice_same(errand->deed->text, SLICE("sender")) ||
	       fates[errand->first->place].notices == fates[place].notices;
}

/* Copies are the same that go out the same. */
static bool is_same(const struct visit *visit, const struct errand *errand, const struct deed *deed, uint32_t place)
{
	uint32_t edits = visit->judgement.fates[place].edits;

	return errand->deed->kind == deed->kind && slice_same(errand->deed->text, deed->text) && !errand->alone &&
	       slice_same(errand->deed->profile, deed->profile) &&
	       told_alike(visit, errand, place) &&
	       (deed->kind != DEED_FORWARD || slice_same(edits_at(visit, errand->edits), edits_at(visit, edits)));
}

static enum result add_place(struct visit *visit, struct errand *errand, uint32_t place)
{
	struct meant *meant = arena_new(&visit->memory, struct meant);

	if (meant == NULL)
		return LATER;
	meant->place = place;
	*errand->last = meant;
	errand->last = &meant->next;
	errand->count++;
	return OK;
}

/* `shared`: the first so many may be about several recipients. */
static enum result add_errand(struct visit *visit, const struct deed *deed, uint32_t place, uint32_t shared)
{
	struct errand *errand = visit->errands, *end = visit->errands + visit->errand_count;
	uint32_t edits = visit->judgement.fates[place].edits;
	bool alone = is_alone(deed);

	while (!alone && errand < visit->errands + shared && !is_same(visit, errand, deed, place))
		errand++;
	if (alone || errand == visit->errands + shared) {
		errand = end;
		*errand = (struct errand){ .deed = deed, .edits = edits, .alone = alone };
		errand->last = &errand->first;
		visit->errand_count++;
	}
	return add_place(visit, errand, place);
}

/* First those that many recipients share, then those of one alone. */
static enum result list_those(struct visit *visit, bool alone)
{
	uint32_t before = visit->errand_count;

	for (uint32_t i = 0; i < visit->entry->count; i++) {
		const struct deeds *deeds = deeds_of(visit, i);

		for (uint32_t k = 0; deeds && k < deeds->count; k++)
			if (!deed_is_edit(deeds->list[k].kind) && is_alone(&deeds->list[k]) == alone)
				TRY(add_errand(visit, &deeds->list[k], i, alone ? before : visit->errand_count));
	}
	return OK;
}

static enum result list_errands(struct visit *visit)
{
	size_t most = 0;

	for (uint32_t i = 0; i < visit->entry->count; i++) {
		const struct deeds *deeds = deeds_of(visit, i);

		most += deeds ? deeds->count : 0;
	}
	visit->errands = arena_array(&visit->memory, struct errand, most + 1);
	if (visit->errands == NULL)
		return LATER;
	TRY(list_those(visit, false));
	return list_those(visit, true);
}

/* ---- their ends ---- */

/* Not now; what was made so far is remembered. */
static void put_off(struct visit *visit)
{
	for (uint32_t i = 0; i < visit->entry->count; i++)
		if (recipient_needs_errands(entry_recipient(visit->entry, i)))
			entry_recipient(visit->entry, i)->due = queue_now() + MAKE_AGAIN;
	visit_end(visit);
}

static void all_noted(struct journal_note *note)
{
	visit_end((struct visit *)(void *)((char *)note - offsetof(struct visit, note)));
}

/* Synced before the message goes on, so that only a crash in between makes them twice. */
static void all_made(struct visit *visit)
{
	for (uint32_t i = 0; i < visit->entry->count; i++)
		if (recipient_needs_errands(entry_recipient(visit->entry, i)))
			fates_errands_made(visit->queue, visit->entry, i);
	visit->entry->errands = 0;
	journal_sync(&visit->queue->journal, &visit->note, all_noted);
}

static void one_made(struct visit *visit)
{
	visit->entry->errands++;
	visit->entry->tried = 0;
	next_errand(visit);
}

static struct visit *visit_of_keeping(struct keeping *keeping)
{
	return (struct visit *)(void *)((char *)keeping - offsetof(struct visit, keeping));
}

static void kept(struct keeping *keeping)
{
	struct visit *visit = visit_of_keeping(keeping);
	const struct errand *errand = &visit->errands[visit->entry->errands];
	struct queue *queue = visit->queue;
	bool notice = errand->deed->kind == DEED_NOTIFY;

	if (keeping->end != OK) {
		entries_remove(&queue->entries, visit->made);
		put_off(visit);
		return;
	}
	queue_count(queue, notice ? QUEUE_COUNT_notices : QUEUE_COUNT_copies, 1);
	queue_note(queue, LOG_LEVEL_INFO, entry_id(visit->entry), deed_name(errand->deed->kind), "as", slice_of(keeping->name));
	visit->made->flags |= ENTRY_CHECKED;
	fates_settle(queue, visit->made);
	one_made(visit);
}

/* ---- storing one ---- */

static void new_keeping(struct visit *visit, int content, uint64_t at, uint64_t length)
{
	visit->keeping = (struct keeping){ .live = true, .kept = kept };
	visit->keeping.text = (struct spool_text){ .serial = (uint32_t)queue_chance(), .content = content, .at = at,
		                                   .length = length };
	queue_new_id(visit->keeping.name);
}

/* Without a sender, and marked as ours: nothing is ever sent back for it, and one that fails goes to quarantine. */
static struct envelope own_envelope(const struct visit *visit)
{
	struct envelope envelope = visit->envelope;

	envelope.id = slice_of(visit->keeping.name);
	envelope.origin = visit->envelope.id;
	envelope.received = queue_now();
	envelope.sender = envelope.envelope_id = SLICE("");
	envelope.flags = ENVELOPE_NOTICE | (envelope.flags & (ENVELOPE_UTF8 | ENVELOPE_EIGHT_BIT | ENVELOPE_NORMALISED));
	return envelope;
}

static enum result store(struct visit *visit, const struct envelope *envelope, const struct slice *edits, const char *rule)
{
	struct judgement judgement = { .verdict = visit->judgement.verdict, .reason = visit->judgement.reason,
		                       .fate_count = envelope->recipient_count };
	struct slice kept_edits = edits ? *edits : SLICE("");
	struct keeping *keeping = &visit->keeping;

	judgement.edits = &kept_edits;
	judgement.edits_count = edits ? 1 : 0;
	judgement.fates = arena_array(&visit->memory, struct fate, judgement.fate_count);
	if (judgement.fates == NULL)
		return LATER;
	for (uint32_t i = 0; i < judgement.fate_count; i++)
		judgement.fates[i] = (struct fate){ .outcome = FATE_DELIVER, .rule = slice_of(rule), .edits = edits ? 0 : NO_EDITS };
	TRY(notices_pack_own(visit, envelope, &judgement, &keeping->text));
	TRY(fates_admit(visit->queue, envelope, keeping->text.serial, keeping->text.length, &judgement, &visit->made));
	keeping_begin(visit->queue, keeping);
	return OK;
}

/* ---- copies ---- */

static enum result forward(struct visit *visit, const struct errand *errand)
{
	struct envelope_recipient to = { .address = errand->deed->text, .notify = NOTIFY_NEVER };
	struct spool_span content = visit_content(visit);
	struct envelope envelope;

	new_keeping(visit, visit->fd, content.at, content.length);
	envelope = own_envelope(visit);
	envelope.recipients = &to;
	envelope.recipient_count = 1;
	return store(visit, &envelope, errand->edits == NO_EDITS ? NULL : &visit->judgement.edits[errand->edits], "forward");
}

static enum result archive(struct visit *visit, const struct errand *errand)
{
	struct spool_span content = visit_content(visit);
	char target[ARCHIVE_MOST + sizeof("maildir:")];
	struct envelope envelope;

	new_keeping(visit, visit->fd, content.at, content.length);
	envelope = own_envelope(visit);
	envelope.sender = visit->envelope.sender;        /* it is part of what is kept; a folder answers to nobody */
	(void)snprintf(target, sizeof(target), "maildir:%.*s", SHOW(errand->deed->text));
	TRY(arena_keep(&visit->memory, slice_of(target), &envelope.target));
	envelope.recipients = arena_array(&visit->memory, struct envelope_recipient, errand->count);
	envelope.recipient_count = 0;
	if (envelope.recipients == NULL)
		return LATER;
	for (const struct meant *meant = errand->first; meant; meant = meant->next)
		envelope.recipients[envelope.recipient_count++] = (struct envelope_recipient){
			.address = visit->envelope.recipients[meant->place].address };
	return store(visit, &envelope, NULL, "archive");
}

/* ---- notices ---- */

static struct slice whom(const struct visit *visit, const struct errand *errand)
{
	if (errand->alone)
		return visit->envelope.recipients[errand->first->place].address;
	return slice_same(errand->deed->text, SLICE("sender")) ? visit->envelope.sender : errand->deed->text;
}

static struct slice template_of(const struct errand *errand)
{
	return slice_has(errand->deed->text, '@') ? SLICE("address") : errand->deed->text;
}

/* What has no sender, or is ours, is never answered: so no two machines can go on telling each other. */
static bool may_be_told(const struct visit *visit, const struct errand *errand)
{
	if (visit->envelope.sender.len == 0 || visit->envelope.flags & ENVELOPE_NOTICE)
		return false;
	if (!slice_same(errand->deed->text, SLICE("sender")))
		return true;
	for (const struct meant *meant = errand->first; meant; meant = meant->next)
		if (!notices_may_tell(visit, meant->place))
			return false;
	return true;
}

static void not_told(struct visit *visit, struct slice reason)
{
	queue_note(visit->queue, LOG_LEVEL_WARNING, entry_id(visit->entry), "no-notice", "reason", reason);
	if (++visit->entry->tried < ASK_TRIES)
		put_off(visit);
	else
		one_made(visit);
}

static void composed(struct ask *ask, enum ask_end end, struct slice text, int fd)
{
	struct visit *visit = (struct visit *)(void *)((char *)ask - offsetof(struct visit, ask));
	const struct errand *errand = &visit->errands[visit->entry->errands];
	struct envelope_recipient to = { .address = whom(visit, errand), .notify = NOTIFY_NEVER };
	struct envelope envelope = own_envelope(visit);
	uint64_t length;

	fd_close(&visit->memfd);
	visit->memfd = fd;
	envelope.flags = ENVELOPE_NOTICE | (notices_is_wide(to.address) ? ENVELOPE_UTF8 | ENVELOPE_EIGHT_BIT : 0u);
	envelope.listener = SLICE("queue");
	envelope.protocol = SLICE("notice");
	envelope.trace = SLICE("");
	envelope.recipients = &to;
	envelope.recipient_count = 1;
	if (end == ASK_COMPOSED && notices_look_at(fd, &length) == OK) {
		visit->keeping.text.content = fd;
		visit->keeping.text.length = length;
		if (store(visit, &envelope, NULL, "notify") == OK)
			return;
	}
	not_told(visit, end == ASK_COMPOSED ? SLICE("it could not be stored") : text);
}

static enum result pack_request(struct visit *visit, const struct errand *errand)
{
	const struct queue *queue = visit->queue;
	const struct fate *fate = &visit->judgement.fates[errand->first->place];
	struct spool_span content = visit_content(visit);
	struct notice notice = {
		.kind = NOTICE_OF_RULE, .hostname = queue->gateway.hostname.is, .postmaster = queue->gateway.postmaster.is,
		.id = visit->envelope.id, .sender = whom(visit, errand), .arrived = visit->envelope.received, .now = queue_now(),
		.utc_offset = queue->process->utc_offset, .offset = content.at, .length = content.length,
		.new_id = slice_of(visit->keeping.name), .template = template_of(errand),
		.profile = errand->deed->profile, .from = visit->envelope.sender,
		.rule = errand->deed->rule, .reason = visit->judgement.reason, .done = slice_of(outcome_name(fate->outcome)) };
	struct buffer packed;
	enum result end;

	notice.recipients = arena_array(&visit->memory, struct notice_recipient, errand->count);
	if (notice.recipients == NULL)
		return LATER;
	for (const struct meant *meant = errand->first; meant; meant = meant->next)
		notice.recipients[notice.recipient_count++].address = visit->envelope.recipients[meant->place].address;
	buffer_init(&packed, QUEUE_INSPECT_LONGEST);
	end = notice_pack(&notice, &packed);
	if (end == OK)
		end = arena_keep(&visit->memory, buffer_slice(&packed), &visit->ask.payload);
	buffer_finish(&packed);
	return end;
}

static enum result notify(struct visit *visit, const struct errand *errand)
{
	new_keeping(visit, -1, 0, 0);
	visit->ask = (struct ask){ .kind = QUEUE_COMPOSE, .fd = visit->fd, .answered = composed };
	TRY(pack_request(visit, errand));
	ask_begin(&visit->queue->asks, &visit->ask);
	return OK;
}

/* ---- one after the other ---- */

static enum result (*const makers[DEED_COUNT])(struct visit *, const struct errand *) = {
	[DEED_FORWARD] = forward, [DEED_ARCHIVE] = archive, [DEED_NOTIFY] = notify,
};

static bool is_unwanted(const struct visit *visit, const struct errand *errand)
{
	return errand->deed->kind == DEED_NOTIFY && !may_be_told(visit, errand);
}

static void next_errand(struct visit *visit)
{
	const struct errand *errand = visit->errands + visit->entry->errands;

	for (; visit->entry->errands < visit->errand_count && is_unwanted(visit, errand); errand++)
		visit->entry->errands++;
	if (visit->entry->errands >= visit->errand_count) {
		all_made(visit);
		return;
	}
	if (makers[errand->deed->kind](visit, errand) != OK)
		put_off(visit);
}

/* Its judgement was lost, and with it what it asked for; a new one will ask anew. */
static void forget(struct visit *visit)
{
	for (uint32_t i = 0; i < visit->entry->count; i++)
		entry_recipient(visit->entry, i)->flags &= (uint8_t)~RECIPIENT_HAS_ERRANDS;
	visit_end(visit);
}

void errands_begin(struct visit *visit)
{
	if (!visit->judged)
		forget(visit);
	else if (list_errands(visit) == OK)
		next_errand(visit);
	else
		put_off(visit);
}
