/* SPDX-License-Identifier: Apache-2.0 */
/* Messages, then their later judgements, then the journal; only then does anything begin to move. */
#include "queue/load.h"

#include "queue/fates.h"
#include "queue/room.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum { LOAD_MEMORY = 64 << 20, UNREAD_RECORDS = 64 << 20 };

struct loading {
	struct queue *queue;
	struct arena memory;
};

struct loaded {
	struct spool_read read;
	struct envelope envelope;
	struct judgement judgement, later;
	bool judged;
};

bool unread_has(const struct unread *unread, const char id[MESSAGE_ID_SIZE])
{
	for (uint32_t i = 0; i < unread->count; i++)
		if (memcmp(unread->ids[i], id, MESSAGE_ID_SIZE) == 0)
			return true;
	return false;
}

void unread_keep(struct unread *unread, const struct journal_record *record)
{
	if (journal_write(record, &unread->records) != OK)
		unread->lost = true;
}

static void stays_unread(struct loading *loading, const char *name)
{
	struct queue *queue = loading->queue;

	queue_note(queue, LOG_LEVEL_ERROR, slice_of(name), "not-loaded", "error",
	           errno ? slice_of(strerrorname_np(errno)) : SLICE("no memory"));
	process_warn(queue->process, "unread", SLICE("a message in the spool could not be read; the next start tries again"));
	if (queue->unread.count == UNREAD_MOST)
		queue->unread.lost = true;
	else
		memcpy(queue->unread.ids[queue->unread.count++], name, MESSAGE_ID_SIZE);
}

static enum result read_message(struct loading *loading, const char *name, struct loaded *loaded)
{
	struct queue *queue = loading->queue;

	if (!message_id_valid(slice_of(name)))
		return REFUSED;
	TRY(spool_read(&queue->spool.messages, name, false, &loading->memory, &loaded->read));
	(void)close(loaded->read.fd);
	if (!spool_map_is_message(&loaded->read.map))
		return REFUSED;
	TRY(envelope_unpack(loaded->read.envelope, &loading->memory, &loaded->envelope));
	if (!slice_same(loaded->envelope.id, slice_of(name)))
		return REFUSED;
	if (!loaded->read.map.has[SPOOL_JUDGEMENT])
		return OK;
	loaded->judged = true;
	return visits_judgement(&loading->memory, loaded->read.judgement, loaded->envelope.recipient_count,
	                        loaded->read.map.spans[SPOOL_CONTENT].length, &loaded->judgement);
}

static void set_aside(struct queue *queue, const struct durable_folder *folder, const char *name)
{
	queue_corrupt(queue, slice_of(name));
	if (spool_set_aside(&queue->spool, folder, name) != OK)
		queue_note(queue, LOG_LEVEL_ERROR, slice_of(name), "stays-in-the-way", "error", slice_of(strerrorname_np(errno)));
}

static enum result read_later(struct loading *loading, const char *name, struct loaded *loaded)
{
	struct queue *queue = loading->queue;
	struct spool_read later;

	if (faccessat(queue->spool.judged.fd, name, F_OK, 0) != 0)
		return errno == ENOENT ? REFUSED : LATER;
	TRY(spool_read(&queue->spool.judged, name, true, &loading->memory, &later));
	(void)close(later.fd);
	if (!spool_map_is_judgement(&later.map) || later.map.serial != loaded->read.map.serial)
		return REFUSED;
	return visits_judgement(&loading->memory, later.judgement, loaded->envelope.recipient_count,
	                        loaded->read.map.spans[SPOOL_CONTENT].length, &loaded->later);
}

static enum result admit(struct loading *loading, const struct loaded *loaded, struct entry **ret_entry)
{
	return fates_admit(loading->queue, &loaded->envelope, loaded->read.map.serial,
	                   loaded->read.map.spans[SPOOL_CONTENT].length, loaded->judged ? &loaded->judgement : NULL, ret_entry);
}

static void load_message(void *own_loading, const char *name)
{
	struct loading *loading = own_loading;
	struct queue *queue = loading->queue;
	struct loaded loaded = { .read = { .fd = -1 } };
	struct entry *entry;
	enum result end, later = REFUSED;

	errno = 0;
	end = read_message(loading, name, &loaded);
	if (end == OK)
		later = read_later(loading, name, &loaded);
	if (end == OK)
		end = later == LATER ? LATER : admit(loading, &loaded, &entry);
	if (end == OK && later == OK) {
		entry->flags |= ENTRY_HAS_LATER;
		fates_judge(queue, entry, &loaded.later, true);
	}
	if (end == REFUSED)
		set_aside(queue, &queue->spool.messages, name);
	else if (end != OK)
		stays_unread(loading, name);
	arena_reset(&loading->memory);
}

/* A judgement whose message is gone says nothing to anybody; one that was not taken is no judgement. */
static void load_judgement(void *own_loading, const char *name)
{
	struct loading *loading = own_loading;
	struct queue *queue = loading->queue;
	bool valid = message_id_valid(slice_of(name));
	const struct entry *entry = valid ? entries_find(&queue->entries, slice_of(name)) : NULL;

	if (valid && unread_has(&queue->unread, name))
		return;
	if (valid && entry == NULL)
		(void)unlinkat(queue->spool.judged.fd, name, 0);
	else if (!valid || !(entry->flags & ENTRY_HAS_LATER))
		set_aside(queue, &queue->spool.judged, name);
}

static void apply(void *own_loading, const struct journal_record *record)
{
	struct loading *loading = own_loading;

	fates_replay(loading->queue, record);
}

/* Records behind a damaged one can't be trusted to be in order, and can't be thrown away either. What is before
 * them still stands where it is, until a new journal has it. */
static void keep_journal(struct queue *queue)
{
	queue_note(queue, LOG_LEVEL_ERROR, SLICE(""), "journal-damaged", "kept", SLICE("corrupt/journal"));
	if (spool_copy_aside(&queue->spool, &queue->spool.root, "journal") == OK)
		process_warn(queue->process, "journal", SLICE("damaged in its middle; a copy is in corrupt/"));
}

static enum result replay(struct loading *loading)
{
	struct journal_replay replayed;
	struct queue *queue = loading->queue;

	TRY(journal_replay(&queue->spool, apply, loading, &replayed));
	if (replayed.no_file)
		set_aside(queue, &queue->spool.root, "journal");
	else if (replayed.behind)
		keep_journal(queue);
	else if (replayed.torn)
		queue_note(queue, LOG_LEVEL_NOTICE, SLICE(""), "journal-torn", "then", SLICE("its last record was never noted"));
	else if (replayed.found)
		journal_trust(&queue->journal);
	return OK;
}

static void start_all(struct queue *queue)
{
	struct entries *entries = &queue->entries;

	for (struct entry *entry = entries_next(entries, NULL); entry; entry = entries_next(entries, entry)) {
		fates_clock_back(queue, entry);
		fates_settle(queue, entry);
	}
}

static enum result cannot(struct queue *queue, const char *what)
{
	queue_complain(queue, what, errno);
	return LATER;
}

static enum result load_all(struct loading *loading)
{
	struct queue *queue = loading->queue;

	if (spool_names(&queue->spool.messages, load_message, loading) != OK)
		return cannot(queue, "messages");
	if (spool_names(&queue->spool.judged, load_judgement, loading) != OK)
		return cannot(queue, "judged");
	errno = 0;
	if (replay(loading) != OK)
		return cannot(queue, "journal");
	errno = 0;
	return queue->unread.lost ? cannot(queue, "messages: too many could not be read") : OK;
}

/* What was accepted is taken in whatever the limit says by now; it holds for new mail. */
enum result load_spool(struct queue *queue)
{
	struct loading loading = { .queue = queue };
	size_t limit = queue->entries.pool.limit;
	enum result end;

	arena_init(&loading.memory, LOAD_MEMORY);
	buffer_init(&queue->unread.records, UNREAD_RECORDS);
	queue->entries.pool.limit = SIZE_MAX;
	end = load_all(&loading);
	queue->entries.pool.limit = limit;
	arena_finish(&loading.memory);
	TRY(end);
	start_all(queue);
	queue->loaded = true;
	journal_begin(&queue->journal);
	visits_turn(queue);
	return OK;
}
