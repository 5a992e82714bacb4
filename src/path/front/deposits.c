/* SPDX-License-Identifier: Apache-2.0 */
/* An exchange number is a serial and the place of its slot, so an answer finds its owner at once. */
#include "front/deposits.h"

#include "base/pack.h"
#include "base/pool.h"
#include "wire/front-queue.h"

enum { PLACE_BITS = 16, PLACE_MASK = (1 << PLACE_BITS) - 1 };

struct deposit {
	uint64_t exchange;                    /* 0: free */
	void *owner;
	size_t next;                          /* while free */
};

enum result deposits_init(struct deposits *deposits, size_t most)
{
	deposits->slots = pool_resize(NULL, most * sizeof(struct deposit));
	if (deposits->slots == NULL || most > PLACE_MASK)
		return LATER;
	deposits->most = most;
	for (size_t i = 0; i < most; i++)
		deposits->slots[i] = (struct deposit){ .next = i + 1 };
	return OK;
}

void deposits_finish(struct deposits *deposits)
{
	channel_close(&deposits->wire);
	deposits->slots = pool_resize(deposits->slots, 0);
	deposits->most = 0;
}

static struct deposit *find(struct deposits *deposits, uint64_t exchange)
{
	size_t place = exchange & PLACE_MASK;

	if (exchange == 0 || place >= deposits->most || deposits->slots[place].exchange != exchange)
		return NULL;
	return &deposits->slots[place];
}

static void *release(struct deposits *deposits, struct deposit *slot)
{
	void *owner = slot->owner;

	*slot = (struct deposit){ .next = deposits->free };
	deposits->free = (size_t)(slot - deposits->slots);
	return owner;
}

static void set_room(struct deposits *deposits, enum room room)
{
	deposits->room = room;
	if (deposits->room_changed)
		deposits->room_changed(deposits->front, room);
}

static void queue_gone(void *self)
{
	struct deposits *deposits = self;

	set_room(deposits, ROOM_GONE);
	for (size_t i = 0; i < deposits->most; i++)
		if (deposits->slots[i].exchange)
			deposits->answered(release(deposits, &deposits->slots[i]), LATER,
			                   SLICE("451 4.3.0 the queue is away, try later"));
}

static void queue_closed(void *self)
{
	struct deposits *deposits = self;

	process_wire_lost(deposits->process, "queue", 0);
	queue_gone(deposits);
}

static enum result answer_came(struct deposits *deposits, const struct frame *frame, enum result verdict)
{
	struct deposit *slot = find(deposits, frame->exchange);

	/* An answer to what was cancelled may have been on its way; a number never given out is no answer. */
	if (slot == NULL)
		return frame->exchange >> PLACE_BITS <= deposits->serial ? OK : REFUSED;
	deposits->answered(release(deposits, slot), verdict, frame->payload);
	return OK;
}

static enum result room_came(struct deposits *deposits, const struct frame *frame)
{
	struct unpack from = unpack_from(frame->payload);
	uint8_t free = unpack_u8(&from);

	TRY(unpack_end(&from));
	set_room(deposits, free ? ROOM_FREE : ROOM_NONE);
	return OK;
}

static enum result frame_came(void *self, struct frame *frame)
{
	struct deposits *deposits = self;

	switch (frame->kind) {
	case QUEUE_ROOM:
		return room_came(deposits, frame);
	case QUEUE_KEPT:
		return answer_came(deposits, frame, OK);
	case QUEUE_REFUSED:
		return answer_came(deposits, frame, REFUSED);
	case QUEUE_LATER:
		return answer_came(deposits, frame, LATER);
	}
	return REFUSED;
}

static const struct channel_handler queue_handler = { .frame = frame_came, .closed = queue_closed };

enum result deposits_open(struct deposits *deposits, struct loop *loop, int fd)
{
	if (channel_is_open(&deposits->wire)) {
		channel_close(&deposits->wire);
		queue_gone(deposits);
	}
	return channel_open(&deposits->wire, loop, fd, FRONT_QUEUE_ANSWER, &queue_handler, deposits);
}

enum result deposits_send(struct deposits *deposits, const struct envelope *envelope, int memfd, void *owner,
                          uint64_t *ret_exchange)
{
	size_t place = deposits->free;
	uint64_t exchange;
	struct buffer packed;
	enum result end;

	if (place == deposits->most || !channel_is_open(&deposits->wire))
		return LATER;
	/* Used up even if sending fails: a number is never given out twice. */
	exchange = ++deposits->serial << PLACE_BITS | place;
	buffer_init(&packed, FRONT_QUEUE_LONGEST);
	end = envelope_pack(envelope, &packed);
	if (end == OK)
		end = channel_send(&deposits->wire, FRONT_DEPOSIT, exchange, buffer_slice(&packed), memfd);
	buffer_finish(&packed);
	TRY(end);
	deposits->free = deposits->slots[place].next;
	deposits->slots[place] = (struct deposit){ .exchange = exchange, .owner = owner };
	*ret_exchange = exchange;
	return OK;
}

void deposits_cancel(struct deposits *deposits, uint64_t exchange)
{
	struct deposit *slot = find(deposits, exchange);

	if (slot == NULL)
		return;
	(void)release(deposits, slot);
	if (channel_is_open(&deposits->wire))
		(void)!channel_send(&deposits->wire, FRONT_CANCEL, exchange, (struct slice){ 0 }, -1);
}
