/* SPDX-License-Identifier: Apache-2.0 */
/* A table by exchange number. When the wire ends, each question that was on it has been tried once more. */
#include "queue/asks.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/pack.h"
#include "queue/room.h"
#include "wire/queue-inspect.h"

enum { AGAIN_MS = 100 };

static struct ask **bucket(struct asks *asks, uint64_t exchange)
{
	return &asks->buckets[exchange % ASK_BUCKETS];
}

static enum result send_ask(struct asks *asks, struct ask *ask)
{
	struct buffer payload;
	enum result end;

	if (ask->kind == QUEUE_COMPOSE)
		return channel_send(&asks->wire, ask->kind, ask->exchange, ask->payload, ask->fd);
	buffer_init(&payload, QUEUE_INSPECT_LONGEST);
	end = pack_u8(&payload, ask->tried);
	if (end == OK)
		end = pack_slice(&payload, ask->payload);
	if (end == OK)
		end = channel_send(&asks->wire, ask->kind, ask->exchange, buffer_slice(&payload), ask->fd);
	buffer_finish(&payload);
	return end;
}

static void watch_patience(struct asks *asks)
{
	asks->watched = timer_start(&asks->patience, asks->queue->settings.ask_limit.n * 1000 / 4) == OK;
}

static void try_send(struct asks *asks, struct ask *ask)
{
	if (!channel_is_open(&asks->wire) || ask->sent)
		return;
	ask->sent = send_ask(asks, ask) == OK;
	ask->since = clock_ticks();
	if (!ask->sent)
		(void)!timer_start(&asks->again, AGAIN_MS);
	else if (!asks->watched)
		watch_patience(asks);
}

static void send_all(void *own_asks)
{
	struct asks *asks = own_asks;

	for (size_t i = 0; i < ASK_BUCKETS; i++)
		for (struct ask *ask = asks->buckets[i]; ask; ask = ask->next)
			try_send(asks, ask);
}

static void take_out(struct asks *asks, struct ask *ask)
{
	struct ask **link = bucket(asks, ask->exchange);

	while (*link != ask)
		link = &(*link)->next;
	*link = ask->next;
	ask->open = ask->sent = false;
	asks->open--;
}

void ask_begin(struct asks *asks, struct ask *ask)
{
	struct ask **link;

	ask->exchange = ++asks->last;
	ask->open = true;
	ask->sent = false;
	link = bucket(asks, ask->exchange);
	ask->next = *link;
	*link = ask;
	asks->open++;
	try_send(asks, ask);
}

void ask_end(struct asks *asks, struct ask *ask)
{
	if (!ask->open)
		return;
	if (ask->sent)
		(void)!channel_send(&asks->wire, QUEUE_FORGET, ask->exchange, SLICE(""), -1);
	take_out(asks, ask);
}

static void answer(struct asks *asks, struct ask *ask, enum ask_end end, struct slice text, int fd)
{
	take_out(asks, ask);
	ask->answered(ask, end, text, fd);
}

/* Which answers fit which question. */
static const struct reply_row { uint8_t kind, to; enum ask_end end; } replies[] = {
	{ INSPECT_JUDGED,   QUEUE_INSPECT, ASK_JUDGED },
	{ INSPECT_COMPOSED, QUEUE_COMPOSE, ASK_COMPOSED },
	{ INSPECT_FAILED,   QUEUE_INSPECT, ASK_FAILED },
	{ INSPECT_FAILED,   QUEUE_COMPOSE, ASK_FAILED },
};

static enum result frame_came(void *own_asks, struct frame *frame)
{
	struct asks *asks = own_asks;
	struct ask *ask = *bucket(asks, frame->exchange);

	while (ask && ask->exchange != frame->exchange)
		ask = ask->next;
	if (ask == NULL)
		return frame->exchange && frame->exchange <= asks->last ? OK : REFUSED;     /* forgotten meanwhile */
	for (size_t i = 0; i < COUNT_OF(replies); i++)
		if (replies[i].kind == frame->kind && replies[i].to == ask->kind) {
			if (replies[i].end == ASK_FAILED)
				ask->tried++;
			answer(asks, ask, replies[i].end, frame->payload, frame_take_fd(frame));
			return OK;
		}
	return REFUSED;
}

/* One that used up its tries; answering it may end others, so the search begins anew each time. */
static struct ask *worn_out(struct asks *asks)
{
	for (size_t i = 0; i < ASK_BUCKETS; i++)
		for (struct ask *ask = asks->buckets[i]; ask; ask = ask->next)
			if (ask->tried >= ASK_TRIES)
				return ask;
	return NULL;
}

static void inspect_gone(struct asks *asks)
{
	struct ask *ask;

	for (size_t i = 0; i < ASK_BUCKETS; i++)
		for (ask = asks->buckets[i]; ask; ask = ask->next) {
			ask->tried = (uint8_t)(ask->tried + ask->sent);
			ask->sent = false;
		}
	while ((ask = worn_out(asks)) != NULL)
		answer(asks, ask, ASK_FAILED, SLICE("inspect ended over it, again and again"), -1);
}

static struct ask *overdue(struct asks *asks, uint64_t now)
{
	for (size_t i = 0; i < ASK_BUCKETS; i++)
		for (struct ask *ask = asks->buckets[i]; ask; ask = ask->next)
			if (ask->sent && now - ask->since >= asks->queue->settings.ask_limit.n * 1000)
				return ask;
	return NULL;
}

/* Whatever inspect does with it, its asker goes on: it is put off, and asked anew, until it has used up its tries. */
static void look_for_overdue(void *own_asks)
{
	struct asks *asks = own_asks;
	uint64_t now = clock_ticks();
	struct ask *ask;

	while ((ask = overdue(asks, now)) != NULL) {
		ask->tried++;
		(void)!channel_send(&asks->wire, QUEUE_FORGET, ask->exchange, SLICE(""), -1);
		answer(asks, ask, ASK_FAILED, SLICE("inspect did not answer"), -1);
	}
	asks->watched = false;
	if (asks->open)
		watch_patience(asks);
}

static void wire_closed(void *own_asks)
{
	struct asks *asks = own_asks;

	process_wire_lost(asks->queue->process, "inspect", 0);
	inspect_gone(asks);
}

static const struct channel_handler handler = { frame_came, wire_closed };

void asks_init(struct asks *asks, struct queue *queue)
{
	*asks = (struct asks){ .queue = queue };
	timer_init(&asks->again, &queue->process->loop, send_all, asks);
	timer_init(&asks->patience, &queue->process->loop, look_for_overdue, asks);
}

void asks_finish(struct asks *asks)
{
	channel_close(&asks->wire);
	timer_end(&asks->again);
	timer_end(&asks->patience);
}

enum result asks_wire(struct asks *asks, int fd)
{
	if (channel_is_open(&asks->wire)) {
		channel_close(&asks->wire);
		inspect_gone(asks);
	}
	TRY(channel_open(&asks->wire, &asks->queue->process->loop, fd, QUEUE_INSPECT_LONGEST, &handler, asks));
	send_all(asks);
	visits_turn(asks->queue);
	return OK;
}

bool asks_ready(const struct asks *asks)
{
	return channel_is_open(&asks->wire);
}
