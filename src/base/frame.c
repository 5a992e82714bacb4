/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The head and a stretch of the payload are one packet. Descriptors are collected before anything is judged.
 *
 * A neighbour that ends with bytes of ours unread makes the next call fail with ECONNRESET, once,
 * though frames of its own may still wait for us: so that error is passed over when reading.
 */
#include "base/channel_pieces.h"

#include "base/fd.h"

#include <endian.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

enum { FDS_LOOKED_AT = 8 };                    /* more than one is refused; these can be closed singly */

union control {
	struct cmsghdr align;
	char room[CMSG_SPACE(sizeof(int) * FDS_LOOKED_AT)];
};

int frame_take_fd(struct frame *frame)
{
	return fd_keep(&frame->fd);
}

/* ---- one piece out ---- */

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

enum result frame_send_pieces(int socket, int flags, struct sending *sending)
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

enum piece_end frame_receive_piece(int socket, int flags, struct buffer *pieces,
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

/* ---- frames without a loop ---- */

static enum result send_whole(int fd, int flags, struct sending sending)
{
	enum result sent = frame_send_pieces(fd, flags, &sending);

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
		end = frame_receive_piece(fd, 0, payload, &begun, &passed);
	while (end == PART);
	if (end == ENDED)
		return AGAIN;
	if (end != WHOLE)
		return end == NOTHING_YET ? LATER : REFUSED;
	*ret_frame = (struct frame){ begun.kind, begun.exchange, buffer_slice(payload), passed };
	return OK;
}
