/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers only: of what is on its way to the disk, and of what will never be there. */
#include "queue/recording.h"

#include "base/pack.h"
#include "mail/smtp/smtp.h"
#include "queue/room.h"
#include "wire/queue-keeper.h"

enum { EDITS_RECORDED = 64 << 10 };

static void miss(struct recording *recording, uint64_t count)
{
	if (count == 0)
		return;
	if (recording->missed == 0) {
		recording->missed_since = queue_now();
		queue_note(recording->queue, LOG_LEVEL_WARNING, SLICE(""), "not-recorded", "until",
		           SLICE("the keeper is there and reads"));
	}
	recording->missed += count;
	queue_count(recording->queue, QUEUE_COUNT_not_recorded, count);
}

/* ---- telling ---- */

static enum result send_frame(struct recording *recording, enum queue_tells kind, struct slice payload)
{
	TRY(channel_send(&recording->wire, (uint8_t)kind, recording->sent + 1, payload, -1));
	recording->sent++;
	return OK;
}

static enum result tell_missed(struct recording *recording)
{
	struct buffer payload;
	enum result result;

	if (recording->missed == 0 || recording->told_at > recording->written)
		return OK;
	buffer_init(&payload, 2 * sizeof(uint64_t));
	result = pack_u64(&payload, recording->missed);
	if (result == OK)
		result = pack_u64(&payload, (uint64_t)recording->missed_since);
	if (result == OK)
		result = send_frame(recording, QUEUE_MISSED, buffer_slice(&payload));
	buffer_finish(&payload);
	if (result == OK) {
		recording->told = recording->missed;
		recording->told_at = recording->sent;
		recording->missed = 0;
	}
	return result;
}

static bool are_many(const struct judgement *judgement)
{
	size_t bytes = 0;

	for (uint32_t i = 0; i < judgement->edits_count; i++)
		bytes += judgement->edits[i].len;
	return bytes > EDITS_RECORDED;
}

static enum result without_edits(struct judgement *plain, struct arena *arena)
{
	const struct fate *fates = plain->fates;

	plain->edits = NULL;
	plain->edits_count = 0;
	plain->fates = arena_array(arena, struct fate, plain->fate_count);
	if (plain->fates == NULL)
		return LATER;
	for (uint32_t i = 0; i < plain->fate_count; i++) {
		plain->fates[i] = fates[i];
		plain->fates[i].edits = NO_EDITS;
	}
	return OK;
}

/* Edits are there to be explained; where they are long, deeds tell what they were for. */
static enum result pack_judged(const struct recorded *recorded, struct arena *arena, struct buffer *bytes)
{
	struct judgement plain = *recorded->judgement;
	struct buffer inner;
	enum result result;

	if (are_many(&plain))
		TRY(without_edits(&plain, arena));
	TRY(pack_u8(bytes, recorded->late));
	TRY(pack_slice(bytes, recorded->packed));
	buffer_init(&inner, RECORDED_MOST);
	result = judgement_pack(&plain, &inner);
	if (result == OK)
		result = pack_slice(bytes, buffer_slice(&inner));
	buffer_finish(&inner);
	return result;
}

/* ---- what the keeper is to remember of the sender ---- */

/* The best that became of it for anybody. What is put off is judged again. */
static bool outcome_of(unsigned outcomes, enum known_outcome *ret_outcome)
{
	static const struct { enum outcome fate; enum known_outcome counts; } rows[] = {
		{ FATE_DELIVER, KNOWN_DELIVERED }, { FATE_QUARANTINE, KNOWN_QUARANTINED }, { FATE_HOLD, KNOWN_QUARANTINED },
		{ FATE_REJECT, KNOWN_REJECTED },   { FATE_BOUNCE, KNOWN_REJECTED },        { FATE_DISCARD, KNOWN_REJECTED },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		if (outcomes & 1u << rows[i].fate) {
			*ret_outcome = rows[i].counts;
			return true;
		}
	return false;
}

/* Our own notices, copies and releases say nothing of a sender. */
static void take_note(const struct envelope *envelope, unsigned outcomes, struct sender_names *names, struct known_note *note)
{
	if (envelope->origin.len || envelope->flags & (ENVELOPE_NOTICE | ENVELOPE_RELEASED) ||
	    !outcome_of(outcomes, &note->outcome) || sender_names(envelope, names) != OK)
		return;
	note->source = names->source;
	note->names.list[note->names.count++] = (struct known_name){ KNOWN_SENDER, SLICE(""), names->pair };
	if (names->domain.len)
		note->names.list[note->names.count++] = (struct known_name){ KNOWN_SENDER_DOMAIN, SLICE(""), names->domain };
}

static enum result pack_note(const struct recorded *recorded, struct arena *arena, struct buffer *payload)
{
	struct known_note note = { .names = { .count = 0 } };
	struct sender_names names;
	struct envelope envelope;

	if (recorded->outcomes && envelope_unpack(recorded->packed, arena, &envelope) == OK)
		take_note(&envelope, recorded->outcomes, &names, &note);
	return known_note_pack(&note, payload);
}

static enum result pack_record(struct slice id, struct slice bytes, struct buffer *payload)
{
	TRY(pack_u8(payload, RECORDED_JUDGED));
	TRY(pack_u64(payload, queue_now()));
	TRY(pack_slice(payload, id));
	return pack_slice(payload, bytes);
}

static enum result tell(struct recording *recording, const struct recorded *recorded)
{
	struct buffer bytes, payload;
	struct arena arena;
	enum result result;

	arena_init(&arena, RECORDED_MOST);
	buffer_init(&bytes, RECORDED_MOST);
	buffer_init(&payload, QUEUE_KEEPER_LONGEST);
	result = pack_judged(recorded, &arena, &bytes);
	if (result == OK)
		result = pack_record(recorded->id, buffer_slice(&bytes), &payload);
	if (result == OK)
		result = pack_note(recorded, &arena, &payload);
	if (result == OK)
		result = send_frame(recording, QUEUE_RECORD, buffer_slice(&payload));
	buffer_finish(&payload);
	buffer_finish(&bytes);
	arena_finish(&arena);
	return result;
}

void recording_judged(struct recording *recording, const struct recorded *recorded)
{
	if (!channel_is_open(&recording->wire) || tell_missed(recording) != OK || tell(recording, recorded) != OK)
		miss(recording, 1);
}

/* ---- what the keeper says ---- */

static enum result frame_came(void *own_recording, struct frame *frame)
{
	struct recording *recording = own_recording;

	if (frame->kind != KEEPER_WRITTEN || frame->fd >= 0 || frame->payload.len || frame->exchange > recording->sent ||
	    frame->exchange < recording->written)
		return REFUSED;
	recording->written = frame->exchange;
	return OK;
}

/* What may not have been written is said to be missing: once too often rather than never. */
static void give_up_wire(struct recording *recording)
{
	bool told_open = recording->told_at > recording->written;
	uint64_t open = recording->sent - recording->written - (told_open ? 1 : 0);

	recording->sent = recording->written = recording->told_at = 0;
	miss(recording, open);
	if (!told_open)
		return;
	if (recording->missed == 0)
		recording->missed_since = queue_now();
	recording->missed += recording->told;            /* counted before */
}

static void wire_closed(void *own_recording)
{
	struct recording *recording = own_recording;

	process_wire_lost(recording->queue->process, "keeper", 0);
	give_up_wire(recording);
}

static const struct channel_handler handler = { frame_came, wire_closed };

void recording_init(struct recording *recording, struct queue *queue)
{
	*recording = (struct recording){ .queue = queue };
}

void recording_finish(struct recording *recording)
{
	channel_close(&recording->wire);
}

enum result recording_wire(struct recording *recording, int fd)
{
	if (channel_is_open(&recording->wire))
		give_up_wire(recording);
	channel_close(&recording->wire);
	TRY(channel_open(&recording->wire, &recording->queue->process->loop, fd, 0, &handler, recording));
	(void)!tell_missed(recording);
	return OK;
}
