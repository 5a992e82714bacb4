/* SPDX-License-Identifier: Apache-2.0 */
/*
 * channel.h — one end of a wire between two of our processes.
 *
 * Knows:   frames: a kind, an exchange number, a payload, at most one descriptor. The wire is
 *          a socket pair of kind SOCK_SEQPACKET; a payload over 32 KiB goes in several pieces,
 *          one after the other, and arrives as one frame.
 * Ignores: what the kinds mean (wire/ does), and who is at the other end.
 * Owns:    its descriptor, what waits to be sent, and the descriptors that came and were not
 *          taken with frame_take_fd().
 * Fails:   a neighbour is a stranger too: a frame that is malformed, longer than `longest`, of
 *          another version, or that the handler calls REFUSED or BROKEN, closes the channel,
 *          and `closed` is called once. Nothing is read any more after that.
 */
#ifndef BASE_CHANNEL_H
#define BASE_CHANNEL_H

#include "base/buffer.h"
#include "base/loop.h"
#include "base/slice.h"

/* Every datagram begins with this; little-endian, no padding. */
struct frame_head {
	uint8_t version, kind, more, fds;     /* more: another piece follows; fds: 0 or 1, on the last piece */
	uint32_t length;                      /* bytes that follow in this piece */
	uint64_t exchange;                    /* whose question this is; minted by the asker */
};
_Static_assert(sizeof(struct frame_head) == 16, "the head goes over the wire as it lies");

enum { FRAME_VERSION = 1, FRAME_PIECE = 32768 };

struct frame {
	uint8_t kind;
	uint64_t exchange;
	struct slice payload;                 /* until the handler returns */
	int fd;                               /* -1: none came */
};

int frame_take_fd(struct frame *frame);       /* the handler's from now on; -1 if none */

struct channel_handler {
	/* OK: go on. REFUSED, BROKEN: the channel is closed, then closed() is called.
	 * AGAIN and LATER are treated as OK. The handler may close its own channel. */
	enum result (*frame)(void *owner, struct frame *frame);
	void (*closed)(void *owner);          /* the other end is gone, or was dropped; never after channel_close() */
};

struct channel {
	struct loop *loop;
	struct watch watch;
	const struct channel_handler *handler;
	void *owner;
	struct buffer pieces;                 /* of a frame not yet whole */
	size_t longest;                       /* payload, bytes */
	struct parcel *first, *last;          /* not yet sent */
	size_t waiting, waiting_limit;        /* bytes of parcels; LATER beyond */
	bool paused, deaf;                    /* deaf: the other end reads no more; its last frames may still come */
	struct frame_head begun;              /* of a frame not yet whole */
	bool *gone;                           /* tells a call-back that the channel was closed under it */
};

/* Takes fd, on failure too (then it is closed). No call on it ever blocks. `longest`: largest payload accepted, in
 * bytes. A zeroed struct channel is a closed one. */
must_use enum result channel_open(struct channel *channel, struct loop *loop, int fd, size_t longest,
                                  const struct channel_handler *handler, void *owner);
void channel_close(struct channel *channel);            /* safe on a closed one; calls nothing back */
bool channel_is_open(const struct channel *channel);

/* Sends or queues; fd is borrowed (duplicated if it must wait); -1: none.
 * LATER: too much is waiting already, or the channel is closed. Nothing was sent then. */
must_use enum result channel_send(struct channel *channel, uint8_t kind, uint64_t exchange,
                                  struct slice payload, int fd);

/* Backpressure: no frame is handled until channel_resume(). */
void channel_pause(struct channel *channel);
void channel_resume(struct channel *channel);

/* A connected pair for a wire; both close-on-exec. */
must_use enum result channel_pair(int ret_ends[2]);

/* The same frames over a blocking descriptor, for a start, a worker or a command line.
 * frame_receive() reuses `payload` (cleared first; its limit is the longest payload); frame->payload
 * points into it. AGAIN: the other end closed. REFUSED: not a frame. ret frame->fd is the caller's. */
must_use enum result frame_send(int fd, uint8_t kind, uint64_t exchange, struct slice payload, int passed);
must_use enum result frame_receive(int fd, struct buffer *payload, struct frame *ret_frame);
/* One piece at most, and never blocks: LATER when the socket is full; nothing was sent then. */
must_use enum result frame_send_now(int fd, uint8_t kind, uint64_t exchange, struct slice payload, int passed);

#endif
