/* SPDX-License-Identifier: Apache-2.0 */
/* One thread: whatever frame comes from any wire is answered at once, as the plan of its letter says. */
#include "cut_house.h"

#include "base/arena.h"
#include "base/fd.h"
#include "base/pack.h"
#include "mail/message/message.h"
#include "mail/policy/policy.h"
#include "wire/front-queue.h"
#include "wire/queue-inspect.h"
#include "wire/queue-relay.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { PACKED = 1 << 20, STEP_MS = 20, KEPT_STEPS = 1000, BEFORE_FLAGS = 2, BEHIND_FLAGS = 6 /* slices, wire/queue-relay.h */ };

static const enum outcome fate_of[128] = {
	['w'] = FATE_DELIVER, ['d'] = FATE_DELIVER, ['D'] = FATE_DELIVER, ['p'] = FATE_DELIVER, ['f'] = FATE_DELIVER,
	['t'] = FATE_DELIVER, ['q'] = FATE_QUARANTINE, ['r'] = FATE_REJECT, ['h'] = FATE_HOLD, ['x'] = FATE_DISCARD };

void house_init(struct house *house, const char *executable, const char *folder, uint32_t seed)
{
	*house = (struct house){ .queue = { .executable = executable, .folder = folder }, .chance = seed };
	buffer_init(&house->bytes, 4 << 20);
}

void house_start(struct house *house, bool relay)
{
	cut_queue_start(&house->queue, true);
	if (relay)
		NEED(frame_send(house->queue.relay, RELAY_RESUMED, 0, SLICE(""), -1) == OK);
}

/* The same numbers for the same seed: what differs then between two recordings is when the threads run. */
uint32_t house_chance(struct house *house, uint32_t most)
{
	house->chance = house->chance * 1664525u + 1013904223u;
	return (house->chance >> 8) % most;
}

/* ---- the front ---- */

static void envelope_for(const struct house *house, uint32_t number, struct buffer *to)
{
	const struct cut_post *post = &house->posts[number];
	struct envelope_recipient recipients[PLAN] = { { .address = { 0 } } };
	char addresses[PLAN][40], sender[40];
	struct envelope envelope = { .id = { post->id, MESSAGE_ID_SIZE }, .received = time(NULL), .recipients = recipients,
		                     .flags = strchr(post->plan, 't') ? ENVELOPE_TRUSTED : 0,
		                     .trace = SLICE("Received: by test\r\n") };

	(void)snprintf(sender, sizeof(sender), "s%u@example.net", number);
	envelope.sender = slice_of(sender);
	for (; post->plan[envelope.recipient_count]; envelope.recipient_count++) {
		char *address = addresses[envelope.recipient_count];

		(void)snprintf(address, sizeof(addresses[0]), "p%u.%u@example.org", envelope.recipient_count, number);
		recipients[envelope.recipient_count].address = slice_of(address);
	}
	NEED(envelope_pack(&envelope, to) == OK);
}

void house_deposit(struct house *house, const char *plan, uint32_t length, bool late)
{
	uint32_t number = house->count++;
	struct cut_post *post = &house->posts[number];
	struct buffer packed;
	int fd = cut_letter_memfd(number, length);

	NEED(number < LETTERS && strlen(plan) <= PLAN);
	*post = (struct cut_post){ .length = length, .late = late };
	(void)snprintf(post->plan, sizeof(post->plan), "%s", plan);
	message_id_make(time(NULL) * 1000, number * 7919u + 1, post->id);
	cut_mark(&house->marks, 'P', number, late, post->plan);
	cut_mark(&house->marks, 'I', number, 0, post->id);
	buffer_init(&packed, PACKED);
	envelope_for(house, number, &packed);
	NEED(frame_send(house->queue.front, FRONT_DEPOSIT, number, buffer_slice(&packed), fd) == OK);
	buffer_finish(&packed);
	fd_close(&fd);
}

static void front_said(struct house *house, const struct frame *frame)
{
	if (frame->kind == QUEUE_ROOM)
		return;
	NEED(frame->kind == QUEUE_KEPT && frame->exchange < house->count);
	cut_mark(&house->marks, 'A', (uint32_t)frame->exchange, 0, "");
	house->posts[frame->exchange].kept = true;
	house->kept++;
}

/* ---- inspect ---- */

static uint32_t by_id(const struct house *house, struct slice id)
{
	for (uint32_t i = 0; i < house->count; i++)
		if (slice_same(slice_of(house->posts[i].id), id))
			return i;
	return UINT32_MAX;
}

static void judge(const struct house *house, const struct cut_post *post, uint64_t exchange)
{
	struct fate fates[PLAN] = { { .edits = NO_EDITS } };
	struct judgement judgement = { .fates = fates };
	struct buffer packed;

	for (; post->plan[judgement.fate_count]; judgement.fate_count++)
		fates[judgement.fate_count] = (struct fate){
			.outcome = fate_of[(unsigned char)post->plan[judgement.fate_count]], .edits = NO_EDITS,
			.reply = SLICE("550 5.7.1 no"), .kind = SLICE("test") };
	buffer_init(&packed, PACKED);
	NEED(judgement_pack(&judgement, &packed) == OK);
	NEED(frame_send(house->queue.inspect, INSPECT_JUDGED, exchange, buffer_slice(&packed), -1) == OK);
	buffer_finish(&packed);
}

static void inspect_asked(struct house *house, const struct frame *frame)
{
	struct unpack from = unpack_from(frame->payload);
	struct envelope envelope = { .id = { 0 } };
	struct arena memory;
	struct cut_post *post;
	uint32_t number;

	arena_init(&memory, PACKED);
	(void)unpack_u8(&from);
	NEED(envelope_unpack(unpack_slice(&from, PACKED), &memory, &envelope) == OK);
	number = by_id(house, envelope.id);
	NEED(number != UINT32_MAX);
	post = &house->posts[number];
	if (post->late && !post->kept) {
		NEED(frame_send(house->queue.inspect, INSPECT_FAILED, frame->exchange, SLICE("not yet"), -1) == OK);
	} else {
		if (post->late)
			cut_mark(&house->marks, 'J', number, 0, "");
		judge(house, post, frame->exchange);
	}
	arena_finish(&memory);
}

static void inspect_composes(struct house *house, const struct frame *frame)
{
	struct notice notice = { .id = { 0 } };
	struct arena memory;
	uint32_t number;
	int fd;

	arena_init(&memory, PACKED);
	NEED(notice_unpack(frame->payload, &memory, &notice) == OK);
	number = by_id(house, notice.id);
	NEED(number != UINT32_MAX);
	cut_mark(&house->marks, 'C', number, 0, "");
	fd = cut_letter_memfd(NOTICES + number, 300);
	NEED(frame_send(house->queue.inspect, INSPECT_COMPOSED, frame->exchange, SLICE(""), fd) == OK);
	fd_close(&fd);
	arena_finish(&memory);
}

static void inspect_said(struct house *house, const struct frame *frame)
{
	if (frame->kind == QUEUE_INSPECT)
		inspect_asked(house, frame);
	if (frame->kind == QUEUE_COMPOSE)
		inspect_composes(house, frame);
}

/* ---- the relay ---- */

static char outcome_of(struct cut_post *post, uint32_t place)
{
	char plan = post->plan[place];

	if (plan == 'D')
		return post->attempts[place]++ < 2 ? 'p' : 'd';
	return plan == 't' ? 'f' : plan == 'p' || plan == 'd' || plan == 'f' ? plan : 'w';
}

/* A reply of the longest kind, so that the journal grows. */
static void say_result(struct house *house, uint32_t number, uint32_t place, char what)
{
	static const enum relay_outcome outcomes[128] = { ['d'] = RELAY_DELIVERED, ['p'] = RELAY_DEFERRED, ['f'] = RELAY_FAILED };
	const struct cut_post *post = &house->posts[number];
	char name[] = { what, '\0' }, reply[RELAY_REPLY - 40];
	struct buffer packed;

	NEED(house->result_count < RESULTS);
	house->results[house->result_count] = (struct cut_result){ number, (uint8_t)place, what };
	cut_mark(&house->marks, 'R', number, (int)place, name);
	(void)snprintf(reply, sizeof(reply), "450 4.2.0 %u %0400u", number, house->result_count);
	buffer_init(&packed, PACKED);
	NEED(pack_slice(&packed, slice_of(post->id)) == OK && pack_u32(&packed, post->serial) == OK &&
	     pack_u32(&packed, place) == OK && pack_u8(&packed, (uint8_t)outcomes[(unsigned char)what]) == OK &&
	     pack_slice(&packed, SLICE("lmtp://mbox1:24")) == OK && pack_slice(&packed, slice_of(reply)) == OK);
	NEED(frame_send(house->queue.relay, RELAY_RESULT, house->result_count++, buffer_slice(&packed), -1) == OK);
	buffer_finish(&packed);
}

static void say_ended(const struct house *house, const struct cut_post *post)
{
	struct buffer packed;

	buffer_init(&packed, PACKED);
	NEED(pack_slice(&packed, slice_of(post->id)) == OK && pack_u32(&packed, post->serial) == OK);
	NEED(frame_send(house->queue.relay, RELAY_ENDED, 0, buffer_slice(&packed), -1) == OK);
	buffer_finish(&packed);
}

static void go_through(struct house *house, uint32_t number, struct unpack *from)
{
	struct cut_post *post = &house->posts[number];
	uint32_t count = unpack_u32(from);

	post->open = 0;
	post->ends = true;
	for (uint32_t i = 0; i < count; i++) {
		uint32_t place = unpack_u32(from);
		char what = place < PLAN ? outcome_of(post, place) : 'w';

		(void)unpack_slice(from, PACKED);
		(void)unpack_u8(from);
		(void)unpack_slice(from, PACKED);
		if (what == 'w') {
			post->ends = false;
			continue;
		}
		post->open++;
		say_result(house, number, place, what);
	}
	NEED(unpack_slice(from, PACKED).len == 0 && unpack_end(from) == OK);         /* no target of its own */
}

/* Notices, and what was released from quarantine, are taken and kept in hand. */
static void relay_lent(struct house *house, const struct frame *frame)
{
	struct unpack from = unpack_from(frame->payload);
	uint32_t number = by_id(house, unpack_slice(&from, MESSAGE_ID_SIZE)), serial = unpack_u32(&from);

	if (number == UINT32_MAX)
		return;
	house->posts[number].serial = serial;
	cut_mark(&house->marks, 'L', number, 0, "");
	(void)unpack_u64(&from);
	(void)unpack_u64(&from);
	for (unsigned i = 0; i < BEFORE_FLAGS; i++)
		(void)unpack_slice(&from, PACKED);
	(void)unpack_u8(&from);
	for (unsigned i = 0; i < BEHIND_FLAGS; i++)
		(void)unpack_slice(&from, PACKED);
	go_through(house, number, &from);
}

static void relay_said(struct house *house, const struct frame *frame)
{
	const struct cut_result *result = &house->results[frame->exchange < RESULTS ? frame->exchange : 0];
	struct cut_post *post = &house->posts[result->number];
	char name[] = { result->what, '\0' };

	if (frame->kind == QUEUE_DELIVER)
		relay_lent(house, frame);
	if (frame->kind != QUEUE_NOTED)
		return;
	NEED(frame->exchange < house->result_count);
	cut_mark(&house->marks, 'N', result->number, result->place, name);
	house->noted++;
	if (--post->open == 0 && post->ends)
		say_ended(house, post);
}

/* ---- all of them ---- */

static bool pump_once(struct house *house, int patience_ms)
{
	struct pollfd wires[] = { { house->queue.front, POLLIN, 0 }, { house->queue.inspect, POLLIN, 0 },
		                  { house->queue.relay, POLLIN, 0 } };
	static void (*const said[])(struct house *house, const struct frame *frame) = { front_said, inspect_said, relay_said };

	if (poll(wires, COUNT_OF(wires), patience_ms) <= 0)
		return false;
	for (size_t i = 0; i < COUNT_OF(wires); i++) {
		struct frame frame = { .fd = -1 };

		if (wires[i].revents == 0)
			continue;
		NEED(frame_receive(wires[i].fd, &house->bytes, &frame) == OK);
		said[i](house, &frame);
		fd_close(&frame.fd);
	}
	return true;
}

void house_pump(struct house *house, unsigned quiet_ms)
{
	while (pump_once(house, (int)quiet_ms))
		;
}

void house_until_kept(struct house *house)
{
	for (unsigned i = 0; i < KEPT_STEPS && house->kept < house->count; i++)
		(void)pump_once(house, STEP_MS);
	NEED(house->kept == house->count);
}

void house_flush(struct house *house)
{
	static const char *const words[] = { "queue", "flush", NULL };
	struct buffer output;
	int fd;

	buffer_init(&output, CUT_SAID);
	NEED(cut_command(&house->queue, words, &output, &fd) == 0);
	buffer_finish(&output);
}

int house_operator(struct house *house, uint32_t number, const char *where, const char *verb)
{
	const char *const words[] = { where, verb, house->posts[number].id, NULL };
	struct buffer output;
	char name[24];
	int fd, status;

	(void)snprintf(name, sizeof(name), "%s.%s", where, verb);
	cut_mark(&house->marks, 'O', number, 0, name);
	buffer_init(&output, CUT_SAID);
	status = cut_command(&house->queue, words, &output, &fd);
	cut_mark(&house->marks, status ? 'F' : 'D', number, 0, name);
	buffer_finish(&output);
	fd_close(&fd);
	return status;
}
