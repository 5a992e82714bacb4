/* SPDX-License-Identifier: Apache-2.0 */
/* An exchange number is a serial and the place of its slot, as in deposits.c. */
#include "front/asking.h"

#include "base/pack.h"
#include "base/pool.h"

enum { PLACE_BITS = 16, PLACE_MASK = (1 << PLACE_BITS) - 1 };

struct asked {
	uint64_t exchange;                    /* 0: free */
	void *owner;
	size_t next;                          /* while free */
};

enum result asking_init(struct asking *asking, size_t most)
{
	asking->slots = pool_resize(NULL, most * sizeof(struct asked));
	if (asking->slots == NULL || most > PLACE_MASK)
		return LATER;
	asking->most = most;
	for (size_t i = 0; i < most; i++)
		asking->slots[i] = (struct asked){ .next = i + 1 };
	return OK;
}

static struct asked *find(struct asking *asking, uint64_t exchange)
{
	size_t place = exchange & PLACE_MASK;

	if (exchange == 0 || place >= asking->most || asking->slots[place].exchange != exchange)
		return NULL;
	return &asking->slots[place];
}

static void *release(struct asking *asking, struct asked *slot)
{
	void *owner = slot->owner;

	*slot = (struct asked){ .next = asking->free };
	asking->free = (size_t)(slot - asking->slots);
	return owner;
}

/* ---- questions ---- */

static uint32_t flags_of(const struct session *session)
{
	return (session->client & SESSION_TRUSTED ? (uint32_t)ACCESS_TRUSTED : 0) |
	       (session->client & SESSION_LOCAL ? (uint32_t)ACCESS_LOCAL : 0);
}

static enum result pack(const struct session *session, struct buffer *to)
{
	const struct envelope_recipient *question = session_question(session);

	if (question == NULL)
		return BROKEN;
	TRY(pack_u32(to, flags_of(session)));
	TRY(pack_slice(to, session->sender));
	return pack_slice(to, question->address);
}

static enum result put(struct asking *asking, const struct asked *slot)
{
	struct buffer packed;
	enum result end;

	buffer_init(&packed, FRONT_ACCESS_QUESTION);
	end = pack(asking->session_of(slot->owner), &packed);
	if (end == OK)
		end = channel_send(&asking->wire, ACCESS_ASK, slot->exchange, buffer_slice(&packed), -1);
	buffer_finish(&packed);
	return end;
}

enum result asking_send(struct asking *asking, void *owner, uint64_t *ret_exchange)
{
	struct asked *slot = asking->free == asking->most ? NULL : &asking->slots[asking->free];
	size_t next;

	if (slot == NULL)
		return LATER;
	next = slot->next;
	*slot = (struct asked){ .exchange = ++asking->serial << PLACE_BITS | asking->free, .owner = owner };
	asking->free = next;
	/* What does not get out, since access is about to end or has too much to read, waits for the next or its deadline. */
	if (channel_is_open(&asking->wire))
		(void)!put(asking, slot);
	*ret_exchange = slot->exchange;
	return OK;
}

void asking_forget(struct asking *asking, uint64_t exchange)
{
	struct asked *slot = find(asking, exchange);

	if (slot == NULL)
		return;
	(void)release(asking, slot);
	if (channel_is_open(&asking->wire))
		(void)!channel_send(&asking->wire, ACCESS_FORGET, exchange, (struct slice){ 0 }, -1);
}

/* ---- answers ---- */

static bool is_address(struct slice text)
{
	struct address address;

	return address_bare(text, true, &address) == OK && address.domain.len;
}

static enum result read_addresses(struct asking *asking, struct slice payload, size_t *ret_count)
{
	struct unpack from = unpack_from(payload);
	uint32_t count = unpack_u32(&from);

	if (count == 0 || count > ACCESS_ADDRESSES)
		return REFUSED;
	for (uint32_t i = 0; i < count; i++) {
		asking->addresses[i] = unpack_slice(&from, ACCESS_ADDRESS);
		if (from.bad || !is_address(asking->addresses[i]))
			return REFUSED;
	}
	*ret_count = count;
	return unpack_end(&from);
}

static const struct { enum result end; bool hidden; } ends[] = {
	[ACCESS_ACCEPTED] = { OK, false },
	[ACCESS_UNKNOWN] = { REFUSED, false },
	[ACCESS_LATER] = { LATER, false },
	[ACCESS_NOT_FOR_YOU] = { REFUSED, true },
};

static enum result frame_came(void *self, struct frame *frame)
{
	struct asking *asking = self;
	struct asked *slot = find(asking, frame->exchange);
	size_t count = 0;

	if (frame->kind < ACCESS_ACCEPTED || frame->kind > ACCESS_NOT_FOR_YOU)
		return REFUSED;
	/* An answer to what was forgotten may have been on its way; a number never given out is no answer. */
	if (slot == NULL)
		return frame->exchange >> PLACE_BITS <= asking->serial ? OK : REFUSED;
	if (frame->kind == ACCESS_ACCEPTED)
		TRY(read_addresses(asking, frame->payload, &count));
	else if (frame->payload.len)
		return REFUSED;
	asking->answered(release(asking, slot), ends[frame->kind].end, asking->addresses, count, ends[frame->kind].hidden);
	return OK;
}

static void access_closed(void *self)
{
	struct asking *asking = self;

	process_wire_lost(asking->process, "access", 0);
}

static const struct channel_handler access_handler = { .frame = frame_came, .closed = access_closed };

/* What the one before did not answer is asked of this one. What does not fit into the wire waits for its deadline. */
enum result asking_open(struct asking *asking, struct loop *loop, int fd)
{
	channel_close(&asking->wire);
	TRY(channel_open(&asking->wire, loop, fd, FRONT_ACCESS_ANSWER, &access_handler, asking));
	for (size_t i = 0; i < asking->most; i++)
		if (asking->slots[i].exchange)
			(void)!put(asking, &asking->slots[i]);
	return OK;
}
