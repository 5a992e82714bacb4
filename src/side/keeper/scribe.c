/* SPDX-License-Identifier: Apache-2.0 */
/* Each frame gets a mark that grows over all wires, so that what was told on an old one is not confirmed on a new one. */
#include "keeper/scribe.h"

#include "base/pack.h"
#include "wire/queue-keeper.h"

#include <string.h>

enum result scribe_read(struct slice payload, struct record *ret_record, struct known_note *ret_note)
{
	struct unpack from = unpack_from(payload);
	struct record record = { .kind = unpack_u8(&from) };
	struct slice key;
	struct known_note note;

	record.when = (int64_t)unpack_u64(&from);
	key = unpack_slice(&from, RECORD_KEY);
	record.bytes = unpack_slice(&from, RECORDED_MOST);
	TRY(known_note_unpack(from.rest, &note));
	if (from.bad || record.kind != RECORDED_JUDGED || key.len != RECORD_KEY || record.when < 0)
		return REFUSED;
	memcpy(record.key, key.at, RECORD_KEY);
	*ret_record = record;
	*ret_note = note;
	return OK;
}

static enum result grant_record(struct scribe *scribe, struct slice payload, uint64_t mark)
{
	struct record record;
	struct known_note note;

	TRY(scribe_read(payload, &record, &note));
	gather_add(scribe->gather, &record, mark);
	remember_note(scribe->remember, &note);
	return OK;
}

static enum result grant_missed(struct scribe *scribe, struct slice payload, uint64_t mark)
{
	struct unpack from = unpack_from(payload);
	uint64_t count = unpack_u64(&from), since = unpack_u64(&from);

	TRY(unpack_end(&from));
	if (count == 0 || since > INT64_MAX)
		return REFUSED;
	gather_missed(scribe->gather, count, (int64_t)since, mark);
	return OK;
}

static enum result (*const grants[])(struct scribe *, struct slice payload, uint64_t mark) = {
	[QUEUE_RECORD] = grant_record, [QUEUE_MISSED] = grant_missed,
};

static enum result frame_came(void *own_scribe, struct frame *frame)
{
	struct scribe *scribe = own_scribe;

	if (frame->kind >= COUNT_OF(grants) || grants[frame->kind] == NULL || frame->fd >= 0 ||
	    frame->exchange != scribe->last + 1)
		return REFUSED;
	scribe->last = frame->exchange;
	return grants[frame->kind](scribe, frame->payload, ++scribe->marks);
}

static void wire_gone(void *own_scribe)
{
	process_wire_lost(((struct scribe *)own_scribe)->process, "queue", 0);
}

static const struct channel_handler handler = { .frame = frame_came, .closed = wire_gone };

void scribe_written(struct scribe *scribe, uint64_t mark)
{
	if (mark > scribe->first_mark && channel_is_open(&scribe->wire) &&
	    channel_send(&scribe->wire, KEEPER_WRITTEN, mark - scribe->first_mark, SLICE(""), -1) != OK)
		channel_close(&scribe->wire);
}

enum result scribe_wire(struct scribe *scribe, int fd)
{
	channel_close(&scribe->wire);
	scribe->last = 0;
	scribe->first_mark = scribe->marks;
	return channel_open(&scribe->wire, scribe->loop, fd, QUEUE_KEEPER_LONGEST, &handler, scribe);
}

void scribe_finish(struct scribe *scribe)
{
	channel_close(&scribe->wire);
}
