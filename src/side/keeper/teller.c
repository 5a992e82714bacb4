/* SPDX-License-Identifier: Apache-2.0 */
/* A question is answered before the next frame is read: the map lies in memory, mostly. */
#include "keeper/teller.h"

#include "base/clock.h"
#include "base/pack.h"
#include "wire/inspect-keeper.h"

static uint64_t since(int64_t when, int64_t now)
{
	return when < now ? (uint64_t)(now - when) : 0;
}

static enum result tell_one(struct teller *teller, const struct known_name *name, int64_t now, struct buffer *to)
{
	static const enum known_end by_result[] = { [OK] = KNOWN_YES, [AGAIN] = KNOWN_FAILED, [REFUSED] = KNOWN_NEVER,
		                                    [LATER] = KNOWN_FAILED, [BROKEN] = KNOWN_FAILED };
	struct tally tally = { .first = now, .last = now };
	enum result result = remember_ask(teller->remember, name, &tally);

	TRY(pack_u8(to, (uint8_t)by_result[result]));
	TRY(pack_u64(to, since(tally.first, now)));
	TRY(pack_u64(to, since(tally.last, now)));
	for (size_t i = 0; i < KNOWN_OUTCOMES; i++)
		TRY(pack_u32(to, tally.counts[i]));
	return OK;
}

static enum result tell(struct teller *teller, const struct known_names *names, uint64_t exchange)
{
	int64_t now = clock_wall();
	struct buffer told;
	enum result result;

	buffer_init(&told, INSPECT_KEEPER_LONGEST);
	result = pack_u8(&told, (uint8_t)names->count);
	for (size_t i = 0; result == OK && i < names->count; i++)
		result = tell_one(teller, &names->list[i], now, &told);
	if (result == OK)
		result = channel_send(&teller->wire, KEEPER_TOLD, exchange, buffer_slice(&told), -1);
	buffer_finish(&told);
	return result;
}

/* Who asks and does not read loses the wire, and not our memory. */
static enum result frame_came(void *own_teller, struct frame *frame)
{
	struct known_names names;

	if (frame->kind != INSPECT_ASK_KNOWN || frame->fd >= 0)
		return REFUSED;
	TRY(known_unpack(frame->payload, &names));
	return tell(own_teller, &names, frame->exchange) == OK ? OK : REFUSED;
}

static void wire_gone(void *own_teller)
{
	process_wire_lost(((struct teller *)own_teller)->process, "inspect", 0);
}

static const struct channel_handler handler = { .frame = frame_came, .closed = wire_gone };

enum result teller_wire(struct teller *teller, int fd)
{
	channel_close(&teller->wire);
	return channel_open(&teller->wire, teller->loop, fd, INSPECT_KEEPER_LONGEST, &handler, teller);
}

void teller_finish(struct teller *teller)
{
	channel_close(&teller->wire);
}
