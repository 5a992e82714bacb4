/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A piece is received straight behind those before it, so a whole frame is handled where it lies.
 * While a handler runs, that memory is held outside of the channel: the handler may close it, reopen
 * it or give its memory away, and is noticed by a flag on our stack. The socket itself is never set
 * to non-blocking (that would change it for everybody who has it); each call says so instead.
 *
 * A neighbour that ends with bytes of ours unread makes the next call fail with ECONNRESET, once,
 * though frames of its own may still wait for us: so that error is passed over when reading, and
 * writing only marks the channel as deaf. The end itself is always told by reading.
 */
#include "base/channel_pieces.h"

#include "base/fd.h"
#include "base/pool.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>

enum {
	PIECES_PER_TURN = 32,                  /* then the others' turn */
	WAITING_LIMIT = 8 << 20,
	SOCKET_BYTES = 1 << 20,
};

struct parcel {
	struct parcel *next;
	size_t length, sent;
	uint64_t exchange;
	int fd;
	uint8_t kind;
	char bytes[];
};

static enum result watch_as_needed(struct channel *channel)
{
	unsigned wanted = channel->first ? LOOP_WRITE : 0;

	if (!channel->paused)
		wanted |= channel->deaf ? LOOP_READ | LOOP_WRITE : LOOP_READ;
	return watch_for(&channel->watch, wanted);
}

/* Empty frames need memory too. */
static size_t cost_of(size_t length)
{
	return sizeof(struct parcel) + length;
}

static void drop_parcel(struct channel *channel)
{
	struct parcel *parcel = channel->first;

	channel->first = parcel->next;
	if (channel->first == NULL)
		channel->last = NULL;
	channel->waiting -= cost_of(parcel->length);
	fd_close(&parcel->fd);
	(void)!pool_resize(parcel, 0);
}

static void drop_parcels(struct channel *channel)
{
	while (channel->first)
		drop_parcel(channel);
}

void channel_close(struct channel *channel)
{
	int fd = channel->watch.fd;

	if (!channel_is_open(channel))
		return;
	if (channel->gone)
		*channel->gone = true;
	watch_end(&channel->watch);
	drop_parcels(channel);
	buffer_finish(&channel->pieces);
	fd_close(&fd);
	*channel = (struct channel){ 0 };
}

bool channel_is_open(const struct channel *channel)
{
	return channel->handler != NULL;
}

/* The last thing done to a channel in a call-back: its memory may be gone afterwards. */
static void drop(struct channel *channel)
{
	const struct channel_handler *handler = channel->handler;
	void *owner = channel->owner;

	channel_close(channel);
	if (handler->closed)
		handler->closed(owner);
}

/* Nobody hears us: what waits is of no use, but what came may still be read. */
static void turn_deaf(struct channel *channel)
{
	channel->deaf = true;
	drop_parcels(channel);
}

static void flush(struct channel *channel)
{
	while (channel->first) {
		struct parcel *parcel = channel->first;
		struct sending sending = { parcel->kind,
					   parcel->exchange,
					   { parcel->bytes + parcel->sent, parcel->length - parcel->sent },
					   parcel->fd };
		enum result sent = frame_send_pieces(channel->watch.fd, MSG_DONTWAIT, &sending);

		parcel->sent = parcel->length - sending.rest.len;
		if (sent == AGAIN)
			return;
		if (sent != OK) {
			turn_deaf(channel);
			return;
		}
		drop_parcel(channel);
	}
}

/* Hands a whole frame on. false: the channel is gone, or was dropped; do not touch it. */
static bool handle(struct channel *channel, int fd)
{
	struct buffer held = channel->pieces;
	struct frame frame = { channel->begun.kind, channel->begun.exchange, buffer_slice(&held), fd };
	enum result result;
	bool gone = false;

	channel->begun = (struct frame_head){ 0 };
	buffer_init(&channel->pieces, channel->longest);
	channel->gone = &gone;
	result = channel->handler->frame(channel->owner, &frame);
	fd_close(&frame.fd);
	if (gone) {
		buffer_finish(&held);
		return false;
	}
	channel->gone = NULL;
	buffer_clear(&held);
	channel->pieces = held;
	if (result != REFUSED && result != BROKEN)
		return true;
	drop(channel);
	return false;
}

/* false: the channel is gone. */
static bool read_some(struct channel *channel)
{
	for (int i = 0; i < PIECES_PER_TURN && !channel->paused; i++) {
		int fd = -1;

		switch (frame_receive_piece(channel->watch.fd, MSG_DONTWAIT, &channel->pieces, &channel->begun, &fd)) {
		case WHOLE:
			if (!handle(channel, fd))
				return false;
			break;
		case PART:
			break;
		case NOTHING_YET:
			if (!channel->deaf)
				return true;
			drop(channel);
			return false;
		case ENDED:
		case WRONG:
			drop(channel);
			return false;
		}
	}
	return true;
}

static void channel_woke(void *owner, unsigned what)
{
	struct channel *channel = owner;

	if (what & LOOP_WRITE)
		flush(channel);
	if (!read_some(channel))
		return;
	buffer_relax(&channel->pieces);
	if (watch_as_needed(channel) != OK)
		drop(channel);
}

enum result channel_open(struct channel *channel, struct loop *loop, int fd, size_t longest,
                         const struct channel_handler *handler, void *owner)
{
	*channel = (struct channel){ .loop = loop, .handler = handler, .owner = owner,
	                             .longest = longest, .waiting_limit = WAITING_LIMIT };
	buffer_init(&channel->pieces, longest);
	watch_init(&channel->watch, loop, fd, channel_woke, channel);
	if (watch_as_needed(channel) == OK)
		return OK;
	channel_close(channel);
	return BROKEN;
}

static struct parcel *parcel_of(const struct sending *sending)
{
	struct parcel *parcel = pool_resize(NULL, sizeof(*parcel) + sending->rest.len);

	if (parcel == NULL)
		return NULL;
	*parcel = (struct parcel){ .length = sending->rest.len, .exchange = sending->exchange,
	                           .fd = -1, .kind = sending->kind };
	if (sending->rest.len)
		memcpy(parcel->bytes, sending->rest.at, sending->rest.len);
	if (sending->fd < 0)
		return parcel;
	parcel->fd = fcntl(sending->fd, F_DUPFD_CLOEXEC, 0);
	if (parcel->fd >= 0)
		return parcel;
	(void)!pool_resize(parcel, 0);
	return NULL;
}

static enum result queue(struct channel *channel, const struct sending *sending)
{
	struct parcel *parcel = parcel_of(sending);

	if (parcel == NULL)
		return LATER;
	if (channel->last)
		channel->last->next = parcel;
	else
		channel->first = parcel;
	channel->last = parcel;
	channel->waiting += cost_of(parcel->length);
	return watch_as_needed(channel);
}

/* Nothing waits, so the socket is asked first. A frame of which a part was sent and the rest cannot
 * be kept would be taken for damage by the other end: the channel is deaf then. */
static enum result send_first(struct channel *channel, struct sending *sending)
{
	size_t whole = sending->rest.len;
	enum result sent = frame_send_pieces(channel->watch.fd, MSG_DONTWAIT, sending);
	enum result kept = sent == AGAIN ? queue(channel, sending) : sent;

	if (kept == OK || kept == BROKEN)
		return kept;
	if (sent != AGAIN || sending->rest.len != whole) {
		turn_deaf(channel);
		(void)watch_as_needed(channel);
	}
	return LATER;
}

enum result channel_send(struct channel *channel, uint8_t kind, uint64_t exchange,
                         struct slice payload, int fd)
{
	struct sending sending = { kind, exchange, payload, fd };

	if (!channel_is_open(channel) || channel->deaf)
		return LATER;
	if (channel->first == NULL)
		return send_first(channel, &sending);
	if (channel->waiting >= channel->waiting_limit ||
	    cost_of(payload.len) > channel->waiting_limit - channel->waiting)
		return LATER;
	return queue(channel, &sending);
}

void channel_pause(struct channel *channel)
{
	if (!channel_is_open(channel))
		return;
	channel->paused = true;
	(void)watch_as_needed(channel);        /* watching for less cannot fail */
}

void channel_resume(struct channel *channel)
{
	if (!channel_is_open(channel))
		return;
	channel->paused = false;
	(void)watch_as_needed(channel);        /* it was watched before: the kernel's place for it is there */
}

enum result channel_pair(int ret_ends[2])
{
	int ends[2], bytes = SOCKET_BYTES;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
		return LATER;
	for (int i = 0; i < 2; i++)
		if (setsockopt(ends[i], SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof(bytes)) != 0)
			(void)setsockopt(ends[i], SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
	ret_ends[0] = ends[0];
	ret_ends[1] = ends[1];
	return OK;
}
