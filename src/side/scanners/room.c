/* SPDX-License-Identifier: Apache-2.0 */
/* Frames of the wire are rows: what may be asked, and what is done. Anything else closes that wire. */
#include "scanners/room.h"
#include "base/pack.h"
#include "scanners/fleet.h"
#include "scanners/scan.h"

#include <unistd.h>

enum { FLEET_MEMORY = 65536 + SCANNERS_MOST * sizeof(struct scanner), MOST_MS = 3600 * 1000 };

void room_init(struct room *room, struct loop *loop, struct counters *counters)
{
	*room = (struct room){ .loop = loop, .counters = counters };
	pool_init(&room->fleet_pool, sizeof(struct fleet), ROOM_FLEETS);
	pool_init(&room->scan_pool, sizeof(struct scan), ROOM_SCANS);
}

static void drop_unused_fleets(struct room *room)
{
	for (struct fleet **place = &room->fleets; *place;) {
		struct fleet *fleet = *place;

		if (!fleet->old || fleet->scans) {
			place = &fleet->next;
			continue;
		}
		*place = fleet->next;
		fleet_finish(fleet);
		pool_give(&room->fleet_pool, fleet);
	}
}

enum result room_settle(struct room *room, struct settings *settings)
{
	struct fleet *fleet;
	enum result result;

	drop_unused_fleets(room);
	fleet = pool_take(&room->fleet_pool);
	if (fleet == NULL)
		return LATER;
	fleet->room = room;
	arena_init(&fleet->memory, FLEET_MEMORY);
	result = fleet_fill(fleet, settings);
	if (result != OK) {
		fleet_finish(fleet);
		pool_give(&room->fleet_pool, fleet);
		return result;
	}
	if (room->fleet)
		fleet_retire(room->fleet);
	fleet->next = room->fleets;
	room->fleet = room->fleets = fleet;
	drop_unused_fleets(room);
	return OK;
}

void room_look(struct room *room)
{
	fleet_look(room->fleet);
}

static enum result take_scan(struct wire *wire, struct frame *frame)
{
	struct unpack from = unpack_from(frame->payload);
	uint32_t ms = unpack_u32(&from);

	TRY(unpack_end(&from));
	scan_begin(wire, frame->exchange, ms < MOST_MS ? ms : MOST_MS, frame_take_fd(frame));
	return OK;
}

static enum result take_forget(struct wire *wire, struct frame *frame)
{
	if (frame->payload.len)
		return REFUSED;
	scan_forget(wire, frame->exchange);
	return OK;
}

static const struct { uint8_t kind; enum result (*take)(struct wire *wire, struct frame *frame); } asks[] = {
	{ INSPECT_SCAN, take_scan },
	{ INSPECT_FORGET, take_forget },
};

static enum result frame_came(void *own_wire, struct frame *frame)
{
	for (size_t i = 0; i < COUNT_OF(asks); i++)
		if (asks[i].kind == frame->kind)
			return asks[i].take(own_wire, frame);
	return REFUSED;
}

static void wire_gone(void *own_wire)
{
	struct wire *wire = own_wire;

	scan_forget_all(wire);
	channel_close(&wire->channel);
}

static const struct channel_handler handler = { .frame = frame_came, .closed = wire_gone };

/* A new wire of the same asker takes the place of the old one. NULL: all are taken. */
static struct wire *place_for(struct room *room, uint32_t instance)
{
	struct wire *unused = NULL;

	for (size_t i = 0; i < ROOM_WIRES; i++) {
		struct wire *wire = &room->wires[i];

		if (!channel_is_open(&wire->channel))
			unused = wire;
		else if (wire->instance == instance)
			return wire;
	}
	return unused;
}

enum result room_wire(struct room *room, uint32_t instance, int fd)
{
	struct wire *place = place_for(room, instance);

	if (place == NULL) {
		(void)close(fd);
		return LATER;
	}
	if (channel_is_open(&place->channel))
		wire_gone(place);
	place->room = room;
	place->instance = instance;
	return channel_open(&place->channel, room->loop, fd, INSPECT_SCANNERS_LONGEST, &handler, place);
}

void room_finish(struct room *room)
{
	for (size_t i = 0; i < ROOM_WIRES; i++)
		if (channel_is_open(&room->wires[i].channel))
			wire_gone(&room->wires[i]);
	if (room->fleet)
		fleet_retire(room->fleet);
	drop_unused_fleets(room);
	pool_finish(&room->scan_pool);
	pool_finish(&room->fleet_pool);
	room->fleet = NULL;
}
