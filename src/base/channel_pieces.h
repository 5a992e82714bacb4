/* SPDX-License-Identifier: Apache-2.0 */
/*
 * channel_pieces.h — what channel.c and frame.c share, and nobody else needs.
 *
 * Knows:   a frame goes in pieces, each a packet of its own; a descriptor goes with the last.
 * Ignores: who waits for what.
 * Owns:    nothing.
 * Fails:   each call says which of its ends it may have.
 */
#ifndef BASE_CHANNEL_PIECES_H
#define BASE_CHANNEL_PIECES_H

#include "base/channel.h"

/* What of a frame is still to be sent; fd goes with the last piece. */
struct sending {
	uint8_t kind;
	uint64_t exchange;
	struct slice rest;
	int fd;
};

/* As many pieces as the socket takes; `rest` is what it did not take. OK: the whole frame. AGAIN: the socket
 * is full. LATER: nobody will hear us any more. BROKEN: a descriptor of ours is none. */
must_use enum result frame_send_pieces(int socket, int flags, struct sending *sending);

enum piece_end { WHOLE, PART, NOTHING_YET, ENDED, WRONG };

/* Appends one piece to `pieces`. `begun` is the head of the frame that is not yet whole, zeroed if
 * there is none; of the piece that made it whole on WHOLE, and then ret_fd is the caller's, or -1. */
must_use enum piece_end frame_receive_piece(int socket, int flags, struct buffer *pieces, struct frame_head *begun,
					    int *ret_fd);

#endif
