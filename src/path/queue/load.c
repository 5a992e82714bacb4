/* SPDX-License-Identifier: Apache-2.0 */
/* Messages, then their later judgements, then the journal; only then does anything begin to move. */
#include "queue/load.h"

#include "queue/fates.h"
#include "queue/room.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum { LOAD_MEMORY = 64 << 20 };

struct loading {
	struct queue *queue;
	struct arena memory;
	enum result end;
	uint64_t messages;
};

struct loaded {
	struct spool_read read;
	struct envelope envelope;
	struct judgement judgement;
	bool judged;
};

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

static void add_later(struct loading *loading, struct entry *entry, const char *name, const struct loaded *loaded)
{
	struct queue *queue = loading->queue;
	struct spool_read later;
	struct judgement judgement;
	enum result end;

	if (faccessat(queue->spool.judged.fd, name, F_OK, 0) != 0)
		return;
	end = spool_read(&queue->spool.judged, name, true, &loading->memory, &later);
	if (end == OK) {
		(void)close(later.fd);
		end = spool_map_is_judgement(&later.map) && later.map.serial == entry->serial
		              ? visits_judgement(&loading->memory, later.judgement, entry->count,
		                                 loaded->read.map.spans[SPOOL_CONTENT].length, &judgement)
		              : REFUSED;
	}
	if (end == OK) {
		entry->flags |= ENTRY_HAS_LATER;
		fates_judge(queue, entry, &judgement, true);
	} else {
		set_aside(queue, &queue->spool.judged, name);
	}
}

static void load_message(void *own_loading, const char *name)
{
	struct loading *loading = own_loading;
	struct queue *queue = loading->queue;
	struct loaded loaded = { .read = { .fd = -1 } };
	struct entry *entry;
	enum result end = read_message(loading, name, &loaded);

	if (end == OK)
		end = fates_admit(queue, &loaded.envelope, loaded.read.map.serial, loaded.read.map.spans[SPOOL_CONTENT].length,
		                  loaded.judged ? &loaded.judgement : NULL, &entry);
	if (end == OK) {
		loading->messages++;
		add_later(loading, entry, name, &loaded);
	} else if (end == REFUSED) {
		set_aside(queue, &queue->spool.messages, name);
	} else {
		queue_note(queue, LOG_LEVEL_ERROR, slice_of(name), "not-loaded", "then", SLICE("at the next start"));
	}
	arena_reset(&loading->memory);
}

/* A judgement whose message is gone says nothing to anybody. */
static void load_judgement(void *own_loading, const char *name)
{
	struct loading *loading = own_loading;
	struct queue *queue = loading->queue;

	if (!message_id_valid(slice_of(name)) || entries_find(&queue->entries, slice_of(name)) == NULL)
		(void)unlinkat(queue->spool.judged.fd, name, 0);
}

static void apply(void *own_loading, const struct journal_record *record)
{
	struct loading *loading = own_loading;

	fates_replay(loading->queue, record);
}

/* Records behind a damaged one can't be trusted to be in order, and can't be thrown away either. */
static void keep_journal(struct queue *queue)
{
	queue_note(queue, LOG_LEVEL_ERROR, SLICE(""), "journal-damaged", "kept", SLICE("corrupt/journal"));
	if (spool_set_aside(&queue->spool, &queue->spool.root, "journal") == OK)
		process_warn(queue->process, "journal", SLICE("damaged in its middle; a copy is in corrupt/"));
}

static enum result replay(struct loading *loading)
{
	struct journal_replay replayed;
	struct queue *queue = loading->queue;

	TRY(journal_replay(&queue->spool, apply, loading, &replayed));
	if (replayed.behind)
		keep_journal(queue);
	else if (replayed.torn)
		queue_note(queue, LOG_LEVEL_NOTICE, SLICE(""), "journal-torn", "then", SLICE("its last record was never noted"));
	return OK;
}

static void start_all(struct queue *queue)
{
	struct entries *entries = &queue->entries;

	for (struct entry *entry = entries_next(entries, NULL); entry; entry = entries_next(entries, entry))
		fates_settle(queue, entry);
}

enum result load_spool(struct queue *queue)
{
	struct loading loading = { .queue = queue };
	enum result end;

	arena_init(&loading.memory, LOAD_MEMORY);
	end = spool_names(&queue->spool.messages, load_message, &loading);
	if (end == OK)
		end = spool_names(&queue->spool.judged, load_judgement, &loading);
	if (end == OK)
		end = replay(&loading);
	arena_finish(&loading.memory);
	TRY(end);
	start_all(queue);
	queue->loaded = true;
	visits_turn(queue);
	return OK;
}
