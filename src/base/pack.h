/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pack.h — numbers and slices as bytes and back: the one encoding of wires and queue files.
 *
 * Knows:   fixed-width little-endian numbers; a slice is a u32 length and its bytes. Any byte
 *          may stand in a slice, so nothing can be injected between two fields.
 * Ignores: what the fields mean, and their order: writer and reader stand side by side in the
 *          module that owns the format.
 * Owns:    nothing; slices that are read point into the bytes that were read from.
 * Fails:   a reader that ran out is `bad` for good and yields zeros: read all, then ask once
 *          with unpack_end(). Writing fails as buffer.h does.
 */
#ifndef BASE_PACK_H
#define BASE_PACK_H

#include "base/buffer.h"

must_use enum result pack_u8(struct buffer *to, uint8_t number);
must_use enum result pack_u32(struct buffer *to, uint32_t number);
must_use enum result pack_u64(struct buffer *to, uint64_t number);
must_use enum result pack_slice(struct buffer *to, struct slice bytes);

struct unpack {
	struct slice rest;
	bool bad;
};

struct unpack unpack_from(struct slice bytes);
uint8_t unpack_u8(struct unpack *from);
uint32_t unpack_u32(struct unpack *from);
uint64_t unpack_u64(struct unpack *from);
struct slice unpack_slice(struct unpack *from, size_t most);     /* longer than `most` is bad */
bool unpack_more(const struct unpack *from);                     /* something is left, and nothing was bad */
must_use enum result unpack_end(const struct unpack *from);      /* OK: all read, nothing bad; else REFUSED */

#endif
