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
#include "base/channel.h"

#include "base/fd.h"
#include "base/pool.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>

enum {
	PIECES_PER_TURN = 32,                  /* then the others' turn */
	WAITING_LIMIT = 8 << 20,
	SOCKET_BYTES = 1 << 20,
	FDS_LOOKED_AT = 8,                     /* more than one is refused; these can be closed singly */
};

struct parcel {
	struct parcel *next;
	size_t length, sent;
	uint64_t exchange;
	int fd;
	uint8_t kind;
	char bytes[];
};

union control {
	struct cmsghdr align;
	char room[CMSG_SPACE(sizeof(int) * FDS_LOOKED_AT)];
};

int frame_take_fd(struct frame *frame)
{
	return fd_keep(&frame->fd);
}

/* ---- one piece out ---- */

/* What of a frame is still to be sent; fd goes with the last piece. */
struct sending {
	uint8_t kind;
	uint64_t exchange;
	struct slice rest;
	int fd;
};

static void attach(struct msghdr *message, union control *control, int fd)
{
	struct cmsghdr *header;

	message->msg_control = control->room;
	message->msg_controllen = CMSG_SPACE(sizeof(int));
	header = CMSG_FIRSTHDR(message);
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &fd, sizeof(fd));
}

/* AGAIN: the socket is full. LATER: nobody will hear us any more. BROKEN: a descriptor of ours is none. */
static enum result ending_of(int error)
{
	switch (error) {
	case EAGAIN:
	case ENOBUFS:
	case ENOMEM:
	case ETOOMANYREFS:
		return AGAIN;
	case EBADF:
		return BROKEN;
	default:
		return LATER;
	}
}

static enum result send_piece(int socket, int flags, const struct sending *sending, size_t len, bool last)
{
	struct frame_head head = { FRAME_VERSION, sending->kind, !last, last && sending->fd >= 0,
	                           htole32((uint32_t)len), htole64(sending->exchange) };
	struct iovec parts[] = { { &head, sizeof(head) }, { (void *)(uintptr_t)sending->rest.at, len } };
	struct msghdr message = { .msg_iov = parts, .msg_iovlen = COUNT_OF(parts) };
	union control control = { 0 };
	ssize_t sent;

	if (head.fds)
		attach(&message, &control, sending->fd);
	do
		sent = sendmsg(socket, &message, flags | MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	return sent < 0 ? ending_of(errno) : OK;
}

/* As many pieces as the socket takes; `rest` is what it did not take. OK: the whole frame. */
static enum result send_pieces(int socket, int flags, struct sending *sending)
{
	for (;;) {
		size_t len = sending->rest.len < FRAME_PIECE ? sending->rest.len : FRAME_PIECE;
		bool last = len == sending->rest.len;

		TRY(send_piece(socket, flags, sending, len, last));
		sending->rest = slice_drop(sending->rest, len);
		if (last)
			return OK;
	}
}

/* ---- one piece in ---- */

enum piece_end { WHOLE, PART, NOTHING_YET, ENDED, WRONG };

struct arrival {
	struct frame_head head;
	int fds[FDS_LOOKED_AT * 2];
	size_t fd_count, length;
	bool whole;                            /* nothing was cut off */
};

/* Descriptors are taken before anything is judged, so that a bad frame leaks none. */
static void collect_fds(struct msghdr *message, struct arrival *arrival)
{
	for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header; header = CMSG_NXTHDR(message, header)) {
		size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) {
			arrival->whole = false;
			continue;
		}
		if (count > COUNT_OF(arrival->fds) - arrival->fd_count)
			count = COUNT_OF(arrival->fds) - arrival->fd_count;
		memcpy(arrival->fds + arrival->fd_count, CMSG_DATA(header), count * sizeof(int));
		arrival->fd_count += count;
	}
}

static void close_fds(struct arrival *arrival)
{
	while (arrival->fd_count)
		fd_close(&arrival->fds[--arrival->fd_count]);
}

/* OK, AGAIN: nothing there now; LATER: it ended. */
static enum result receive(int socket, int flags, struct iovec room, struct arrival *arrival)
{
	struct iovec parts[] = { { &arrival->head, sizeof(arrival->head) }, room };
	union control control = { 0 };
	struct msghdr message = { .msg_iov = parts, .msg_iovlen = COUNT_OF(parts) };
	ssize_t got;

	do {
		message.msg_control = control.room;
		message.msg_controllen = sizeof(control.room);
		got = recvmsg(socket, &message, flags | MSG_CMSG_CLOEXEC);
	} while (got < 0 && (errno == EINTR || errno == ECONNRESET));
	if (got < 0 && errno == EAGAIN)
		return AGAIN;
	if (got <= 0)
		return LATER;
	arrival->whole = !(message.msg_flags & (MSG_TRUNC | MSG_CTRUNC));
	collect_fds(&message, arrival);
	arrival->length = (size_t)got;
	arrival->head.length = le32toh(arrival->head.length);
	arrival->head.exchange = le64toh(arrival->head.exchange);
	return OK;
}

static bool continues(const struct frame_head *begun, const struct frame_head *head)
{
	return begun->version == 0 || (begun->kind == head->kind && begun->exchange == head->exchange);
}

static bool is_piece(const struct arrival *arrival, const struct frame_head *begun)
{
	const struct frame_head *head = &arrival->head;

	return arrival->whole && arrival->length >= sizeof(*head) && head->version == FRAME_VERSION &&
	       head->length == arrival->length - sizeof(*head) && head->length <= FRAME_PIECE &&
	       head->more <= 1 && (!head->more || (head->length && !head->fds)) &&
	       head->fds <= 1 && head->fds == arrival->fd_count && continues(begun, head);
}

/* Appends one piece to `pieces`. `begun` is the head of the frame that is not yet whole, zeroed if
 * there is none; of the piece that made it whole on WHOLE, and then ret_fd is the caller's, or -1. */
static enum piece_end receive_piece(int socket, int flags, struct buffer *pieces,
                                    struct frame_head *begun, int *ret_fd)
{
	size_t size = buffer_room(pieces) < FRAME_PIECE ? buffer_room(pieces) : FRAME_PIECE;
	struct arrival arrival = { .whole = false };
	enum result got;
	char *room;

	if (buffer_reserve(pieces, size, &room) != OK)
		return WRONG;
	got = receive(socket, flags, (struct iovec){ room, size }, &arrival);
	if (got != OK)
		return got == AGAIN ? NOTHING_YET : ENDED;
	if (!is_piece(&arrival, begun)) {
		close_fds(&arrival);
		return WRONG;
	}
	buffer_grew(pieces, arrival.head.length);
	*begun = arrival.head;
	if (begun->more)
		return PART;
	*ret_fd = arrival.fd_count ? arrival.fds[0] : -1;
	return WHOLE;
}

/* ---- the channel ---- */

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
		enum result sent = send_pieces(channel->watch.fd, MSG_DONTWAIT, &sending);

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

		switch (receive_piece(channel->watch.fd, MSG_DONTWAIT, &channel->pieces, &channel->begun, &fd)) {
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
	enum result sent = send_pieces(channel->watch.fd, MSG_DONTWAIT, sending);
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

/* ---- frames without a loop ---- */

static enum result send_whole(int fd, int flags, struct sending sending)
{
	enum result sent = send_pieces(fd, flags, &sending);

	if (sent == LATER)
		return AGAIN;
	return sent == AGAIN ? LATER : sent;
}

enum result frame_send(int fd, uint8_t kind, uint64_t exchange, struct slice payload, int passed)
{
	return send_whole(fd, 0, (struct sending){ kind, exchange, payload, passed });
}

enum result frame_send_now(int fd, uint8_t kind, uint64_t exchange, struct slice payload, int passed)
{
	if (payload.len > FRAME_PIECE)
		return REFUSED;
	return send_whole(fd, MSG_DONTWAIT, (struct sending){ kind, exchange, payload, passed });
}

enum result frame_receive(int fd, struct buffer *payload, struct frame *ret_frame)
{
	struct frame_head begun = { 0 };
	enum piece_end end;
	int passed = -1;

	buffer_clear(payload);
	do
		end = receive_piece(fd, 0, payload, &begun, &passed);
	while (end == PART);
	if (end == ENDED)
		return AGAIN;
	if (end != WHOLE)
		return end == NOTHING_YET ? LATER : REFUSED;
	*ret_frame = (struct frame){ begun.kind, begun.exchange, buffer_slice(payload), passed };
	return OK;
}
