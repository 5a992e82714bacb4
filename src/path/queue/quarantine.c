/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The quarantine is its folders and nothing else: each command walks them on the crew. A release stores a new
 * message first, and removes the file then; what is in between after a crash is there twice, never not at all.
 */
#include "base/fd.h"
#include "queue/fates.h"
#include "queue/room.h"
#include "queue/talk.h"

#include <fcntl.h>
#include <unistd.h>

enum { STATUS_NOT_DONE = 1, FILE_MEMORY = 32 << 20, PACKED_LIMIT = 16 << 20 };

struct found {
	const char *day, *name;
	struct durable_folder folder;
	struct spool_read read;
	struct envelope envelope;
	struct judgement judgement;
	uint32_t concerned;
};

struct walk {
	struct queue *queue;
	void (*each)(struct walk *walk, struct found *found);
	void (*each_day)(struct walk *walk, const char *day, const struct durable_folder *folder);
	void *self;
	uint64_t count;
	const char *day;
	struct durable_folder folder;
};

static enum result open_found(const struct durable_folder *folder, const char *name, bool verify, struct arena *memory,
                              struct found *found)
{
	TRY(spool_read(folder, name, verify, memory, &found->read));
	if (!spool_map_is_message(&found->read.map))
		return REFUSED;
	TRY(envelope_unpack(found->read.envelope, memory, &found->envelope));
	TRY(visits_judgement(memory, found->read.judgement, found->envelope.recipient_count,
	                     found->read.map.spans[SPOOL_CONTENT].length, &found->judgement));
	for (uint32_t i = 0; i < found->judgement.fate_count; i++)
		found->concerned += found->judgement.fates[i].outcome == FATE_QUARANTINE;
	return OK;
}

static void walk_file(void *own_walk, const char *name)
{
	struct walk *walk = own_walk;
	struct found found = { .day = walk->day, .name = name, .folder = walk->folder, .read = { .fd = -1 } };
	struct arena memory;

	if (!message_id_valid(slice_of(name)))
		return;
	arena_init(&memory, FILE_MEMORY);
	if (open_found(&walk->folder, name, false, &memory, &found) == OK)
		walk->each(walk, &found);
	fd_close(&found.read.fd);
	arena_finish(&memory);
}

static void walk_day(void *own_walk, const char *day)
{
	struct walk *walk = own_walk;

	if (!spool_day_valid(slice_of(day)) || spool_day(&walk->queue->spool, day, false, &walk->folder) != OK)
		return;
	walk->day = day;
	if (walk->each)
		(void)!spool_names(&walk->folder, walk_file, walk);
	else
		walk->each_day(walk, day, &walk->folder);
	spool_day_close(&walk->folder);
}

static void walk_all(struct walk *walk)
{
	(void)!spool_names(&walk->queue->spool.quarantine, walk_day, walk);
}

static void count_file(struct walk *walk, struct found *found)
{
	walk->count += found->concerned;
}

uint64_t quarantine_count(struct queue *queue)
{
	struct walk walk = { .queue = queue, .each = count_file };

	walk_all(&walk);
	return walk.count;
}

/* ---- list ---- */

static enum result addresses(struct buffer *to, const struct found *found, bool json)
{
	bool some = false;

	for (uint32_t i = 0; i < found->envelope.recipient_count; i++) {
		if (found->judgement.fates[i].outcome != FATE_QUARANTINE)
			continue;
		if (some)
			TRY(buffer_format(to, ", "));
		some = true;
		TRY(talk_text(to, found->envelope.recipients[i].address, json));
	}
	return OK;
}

static struct slice kind_of(const struct found *found)
{
	for (uint32_t i = 0; i < found->judgement.fate_count; i++)
		if (found->judgement.fates[i].outcome == FATE_QUARANTINE && found->judgement.fates[i].kind.len)
			return found->judgement.fates[i].kind;
	return slice_of(verdict_name(found->judgement.verdict));
}

static enum result line_text(struct buffer *to, const struct found *found)
{
	TRY(buffer_format(to, "%s  %s  %.*s  <", found->name, found->day, SHOW(kind_of(found))));
	TRY(talk_text(to, found->envelope.sender, false));
	TRY(buffer_format(to, ">  to "));
	TRY(addresses(to, found, false));
	TRY(buffer_format(to, "  "));
	TRY(talk_text(to, found->judgement.reason, false));
	return buffer_format(to, "\n");
}

static enum result line_json(struct buffer *to, const struct found *found)
{
	TRY(buffer_format(to, "{\"id\": \"%s\", \"day\": \"%s\", \"kind\": ", found->name, found->day));
	TRY(talk_text(to, kind_of(found), true));
	TRY(buffer_format(to, ", \"verdict\": \"%s\", \"reason\": ", verdict_name(found->judgement.verdict)));
	TRY(talk_text(to, found->judgement.reason, true));
	TRY(buffer_format(to, ", \"size\": %llu, \"sender\": ",
	                  (unsigned long long)found->read.map.spans[SPOOL_CONTENT].length));
	TRY(talk_text(to, found->envelope.sender, true));
	TRY(buffer_format(to, ", \"origin\": "));
	TRY(talk_text(to, found->envelope.origin, true));
	TRY(buffer_format(to, ", \"recipients\": ["));
	TRY(addresses(to, found, true));
	return buffer_format(to, "]}\n");
}

static void list_file(struct walk *walk, struct found *found)
{
	struct talk *talk = walk->self;
	size_t before = buffer_length(&talk->output);

	if (talk->id.len && !slice_same(talk->id, slice_of(found->name)))
		return;
	talk->concerned++;
	if ((talk->json ? line_json(&talk->output, found) : line_text(&talk->output, found)) != OK)
		buffer_cut(&talk->output, before);
}

static void list_work(struct job *job)
{
	struct talk *talk = talk_of_job(job);
	struct walk walk = { .queue = talk->queue, .each = list_file, .self = talk };

	walk_all(&walk);
}

static void list_done(struct job *job)
{
	struct talk *talk = talk_of_job(job);
	bool missing = talk->id.len && talk->concerned == 0;

	talk->jobs--;
	talk_end(talk, missing ? STATUS_NOT_DONE : 0, missing ? "no such message in the quarantine" : "");
}

void obey_quarantine_list(struct talk *talk)
{
	talk->jobs++;
	talk_do(talk, list_work, list_done);
}

/* ---- one file ---- */

static void find_file(struct walk *walk, struct found *found)
{
	struct talk *talk = walk->self;

	if (slice_same(talk->id, slice_of(found->name)) && talk->day[0] == '\0') {
		memcpy(talk->day, found->day, SPOOL_DAY);
		talk->concerned = found->concerned;
	}
}

/* Finds the day, then opens the file for good, with its checksum. */
static enum result open_meant(struct talk *talk, struct found *found)
{
	struct walk walk = { .queue = talk->queue, .each = find_file, .self = talk };
	struct durable_folder day;
	enum result end;

	walk_all(&walk);
	if (talk->day[0] == '\0' || spool_day(&talk->queue->spool, talk->day, false, &day) != OK)
		return REFUSED;
	memcpy(talk->keeping.name, talk->id.at, MESSAGE_ID_SIZE);
	end = open_found(&day, talk->keeping.name, true, &talk->memory, found);
	spool_day_close(&day);
	talk->read = found->read;
	return end;
}

static void show_work(struct job *job)
{
	struct talk *talk = talk_of_job(job);
	struct found found = { .read = { .fd = -1 } };
	struct spool_span content;

	talk->end = open_meant(talk, &found);
	if (talk->end != OK)
		return;
	content = found.read.map.spans[SPOOL_CONTENT];
	talk->end = talk->judged ? talk_judged(talk, found.read.envelope, found.read.judgement)
	                         : spool_memfd(found.read.fd, content.at, content.length, &talk->fd);
}

static void show_done(struct job *job)
{
	struct talk *talk = talk_of_job(job);

	talk->jobs--;
	talk_end(talk, talk->end == OK ? 0 : STATUS_NOT_DONE, talk->end == OK ? "" : "no such message in the quarantine");
}

void obey_quarantine_show(struct talk *talk)
{
	if (!talk->bytes && !talk->judged) {
		obey_quarantine_list(talk);
		return;
	}
	talk->jobs++;
	talk_do(talk, show_work, show_done);
}

/* ---- delete ---- */

static void count_deleted(struct queue *queue, uint32_t count)
{
	struct journal_record record = { .kind = JOURNAL_DELETED, .id = "0000000000000000" };

	for (uint32_t i = 0; i < count; i++) {
		queue->totals[LEDGER_DELETED]++;
		journal_add(&queue->journal, &record);
	}
	queue_count(queue, QUEUE_COUNT_deleted, count);
}

static enum result remove_meant(struct talk *talk)
{
	char name[SPOOL_NAME] = "";
	struct durable_folder day;
	enum result end;

	memcpy(name, talk->id.at, MESSAGE_ID_SIZE);
	TRY(spool_day(&talk->queue->spool, talk->day, false, &day));
	end = durable_remove(&day, name, true);
	spool_day_close(&day);
	return end;
}

/* Two operators at once: the second one waits for nothing, and takes nothing out. */
static bool take_file(struct talk *talk)
{
	for (const struct talk *other = talk->control->first; other; other = other->next)
		if (other->has_file && slice_same(other->id, talk->id)) {
			talk_end(talk, STATUS_NOT_DONE, "somebody else is at it just now");
			return false;
		}
	talk->has_file = true;
	return true;
}

static void delete_work(struct job *job)
{
	struct talk *talk = talk_of_job(job);
	struct found found = { .read = { .fd = -1 } };

	talk->end = open_meant(talk, &found);
	if (talk->end == OK)
		talk->end = remove_meant(talk);
}

static void change_noted(struct journal_note *note)
{
	struct talk *talk = (struct talk *)(void *)((char *)note - offsetof(struct talk, note));

	talk->jobs--;
	talk_end(talk, 0, "");
}

/* That the file was set apart may not be safe yet: it would be set apart once more after a power cut, although the
 * operator had been told that it is gone. */
static void end_when_safe(struct talk *talk)
{
	journal_sync(&talk->queue->journal, &talk->note, change_noted);
}

static void delete_done(struct job *job)
{
	struct talk *talk = talk_of_job(job);

	if (talk->end == OK) {
		count_deleted(talk->queue, talk->concerned);
		end_when_safe(talk);
		return;
	}
	talk->jobs--;
	talk_end(talk, STATUS_NOT_DONE, "no such message in the quarantine");
}

void obey_quarantine_delete(struct talk *talk)
{
	if (!take_file(talk))
		return;
	talk->jobs++;
	talk_do(talk, delete_work, delete_done);
}

/* ---- release ---- */

struct release {
	struct envelope envelope;
	struct judgement judgement;
};

static enum result address_release(struct talk *talk, const struct found *found, struct release *release)
{
	uint32_t count = talk->to.len ? 1 : found->concerned;

	release->envelope = found->envelope;
	release->envelope.origin = found->envelope.id;
	release->envelope.id = slice_of(talk->keeping.name);
	release->envelope.flags |= ENVELOPE_RELEASED;
	release->envelope.recipients = arena_array(&talk->memory, struct envelope_recipient, count);
	release->envelope.recipient_count = 0;
	release->envelope.received = queue_now();
	if (release->envelope.recipients == NULL)
		return LATER;
	if (talk->to.len)
		release->envelope.recipients[release->envelope.recipient_count++] = (struct envelope_recipient){ .address = talk->to };
	for (uint32_t i = 0; i < found->envelope.recipient_count && talk->to.len == 0; i++)
		if (found->judgement.fates[i].outcome == FATE_QUARANTINE)
			release->envelope.recipients[release->envelope.recipient_count++] = found->envelope.recipients[i];
	return release->envelope.recipient_count ? OK : REFUSED;
}

static enum result judge_release(struct talk *talk, const struct found *found, struct release *release)
{
	release->judgement = found->judgement;
	release->judgement.edits_count = 0;
	release->judgement.fate_count = release->envelope.recipient_count;
	release->judgement.fates = arena_array(&talk->memory, struct fate, release->judgement.fate_count);
	if (release->judgement.fates == NULL)
		return LATER;
	for (uint32_t i = 0; i < release->judgement.fate_count; i++)
		release->judgement.fates[i] = (struct fate){ .outcome = FATE_DELIVER, .rule = SLICE("released"), .edits = NO_EDITS };
	for (uint32_t i = 0, to = 0; i < found->judgement.fate_count && talk->to.len == 0; i++)
		if (found->judgement.fates[i].outcome == FATE_QUARANTINE)
			release->judgement.fates[to++].times = found->judgement.fates[i].times;      /* in address_release()'s order */
	return OK;
}

static enum result pack_release(struct talk *talk, const struct release *release)
{
	struct spool_text *text = &talk->keeping.text;
	struct spool_span content = talk->read.map.spans[SPOOL_CONTENT];
	struct buffer packed;
	enum result end;

	*text = (struct spool_text){ .serial = (uint32_t)queue_chance(), .content = talk->read.fd, .at = content.at,
	                             .length = content.length };
	buffer_init(&packed, PACKED_LIMIT);
	end = envelope_pack(&release->envelope, &packed);
	if (end == OK)
		end = arena_keep(&talk->memory, buffer_slice(&packed), &text->envelope);
	buffer_clear(&packed);
	if (end == OK)
		end = judgement_pack(&release->judgement, &packed);
	if (end == OK)
		end = arena_keep(&talk->memory, buffer_slice(&packed), &text->judgement);
	buffer_finish(&packed);
	return end;
}

static void release_work(struct job *job)
{
	struct talk *talk = talk_of_job(job);
	struct found found = { .read = { .fd = -1 } };
	struct release *release = arena_new(&talk->memory, struct release);

	talk->end = release ? open_meant(talk, &found) : LATER;
	if (talk->end != OK)
		return;
	queue_new_id(talk->keeping.name);
	talk->end = address_release(talk, &found, release);
	if (talk->end == OK)
		talk->end = judge_release(talk, &found, release);
	if (talk->end == OK)
		talk->end = pack_release(talk, release);
	talk->listed = (struct listed *)(void *)release;
}

static void remove_work(struct job *job)
{
	struct talk *talk = talk_of_job(job);

	talk->end = talk->to.len ? OK : remove_meant(talk);
}

/* With --to a copy goes to that address, and the file stays. */
static void released(struct job *job)
{
	struct talk *talk = talk_of_job(job);

	(void)!buffer_format(&talk->output, talk->json ? "{\"id\": \"%s\"}\n" : "%s\n", talk->keeping.name);
	talk->entry->flags |= ENTRY_CHECKED;
	fates_settle(talk->queue, talk->entry);
	end_when_safe(talk);
}

static void release_kept(struct keeping *keeping)
{
	struct talk *talk = (struct talk *)(void *)((char *)keeping - offsetof(struct talk, keeping));

	if (keeping->end != OK) {
		entries_remove(&talk->queue->entries, talk->entry);
		talk->jobs--;
		talk_end(talk, STATUS_NOT_DONE, "could not be stored; it stays in the quarantine");
		return;
	}
	talk_do(talk, remove_work, released);
}

static void release_ready(struct job *job)
{
	struct talk *talk = talk_of_job(job);
	struct release *release = (struct release *)(void *)talk->listed;

	talk->listed = NULL;
	if (talk->end != OK || fates_admit(talk->queue, &release->envelope, talk->keeping.text.serial, talk->keeping.text.length,
	                                   &release->judgement, &talk->entry) != OK) {
		talk->jobs--;
		talk_end(talk, STATUS_NOT_DONE, "no such message in the quarantine");
		return;
	}
	talk->keeping.live = true;
	talk->keeping.kept = release_kept;
	keeping_begin(talk->queue, &talk->keeping);
}

void obey_quarantine_release(struct talk *talk)
{
	struct address address;

	if (talk->to.len && address_bare(talk->to, true, &address) != OK) {
		talk_end(talk, STATUS_NOT_DONE, "--to wants an address");
		return;
	}
	if (!take_file(talk))
		return;
	talk->jobs++;
	talk_do(talk, release_work, release_ready);
}

/* ---- age ---- */

struct expiry {
	struct job job;
	struct journal_note note;
	struct queue *queue;
	int64_t now;
	uint64_t life;                           /* as the file says */
	char oldest[SPOOL_DAY];                  /* by that */
	uint32_t deleted;
};

/* Of all that lie in the file, the longest: it goes when it is nobody's any more. */
static uint64_t life_of(const struct expiry *expiry, const struct found *found)
{
	uint64_t longest = 0;

	for (uint32_t i = 0; i < found->judgement.fate_count; i++) {
		const struct fate *fate = &found->judgement.fates[i];
		struct queue_times times = { .quarantine_life = { expiry->life } };

		if (fate->outcome != FATE_QUARANTINE)
			continue;
		if (fate->times)
			times_put_over(&found->judgement.times[fate->times - 1], &times);
		if (times.quarantine_life.n > longest)
			longest = times.quarantine_life.n;
	}
	return found->concerned ? longest : expiry->life;
}

static void expire_file(struct walk *walk, struct found *found)
{
	struct expiry *expiry = walk->self;
	char oldest[SPOOL_DAY];

	spool_day_name(expiry->now - (int64_t)life_of(expiry, found), oldest);
	if (memcmp(found->day, oldest, SPOOL_DAY) < 0 && durable_remove(&found->folder, found->name, false) == OK)
		expiry->deleted += found->concerned;
}

static void expire_day(struct walk *walk, const char *day, const struct durable_folder *folder)
{
	const struct expiry *expiry = walk->self;

	(void)folder;
	if (memcmp(day, expiry->oldest, SPOOL_DAY) < 0)
		(void)unlinkat(walk->queue->spool.quarantine.fd, day, AT_REMOVEDIR);     /* fails while it has files */
}

static void expire_work(struct job *job)
{
	struct expiry *expiry = (struct expiry *)(void *)job;
	struct walk files = { .queue = expiry->queue, .each = expire_file, .self = expiry };
	struct walk days = { .queue = expiry->queue, .each_day = expire_day, .self = expiry };

	walk_all(&files);
	walk_all(&days);
}

static void expiry_noted(struct journal_note *note)
{
	stretch_end((char *)note - offsetof(struct expiry, note));
}

/* The files are gone: the ledger is not to wait for the next message to know. */
static void expire_done(struct job *job)
{
	struct expiry *expiry = (struct expiry *)(void *)job;

	count_deleted(expiry->queue, expiry->deleted);
	if (expiry->deleted)
		journal_sync(&expiry->queue->journal, &expiry->note, expiry_noted);
	else
		stretch_end(expiry);
}

void quarantine_expire(struct queue *queue)
{
	struct expiry *expiry = pool_resize(NULL, sizeof(*expiry));

	if (expiry == NULL)
		return;
	*expiry = (struct expiry){ .job = { .work = expire_work, .done = expire_done }, .queue = queue, .now = queue_now(),
	                           .life = queue->settings.quarantine_life.n };
	spool_day_name(expiry->now - (int64_t)expiry->life, expiry->oldest);
	crew_give(&queue->crew, &expiry->job);
}
