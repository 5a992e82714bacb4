/* SPDX-License-Identifier: Apache-2.0 */
/*
 * block.h — records side by side, compressed, behind a head that tells which are in it: the format of a log, version 1.
 *
 * Knows:   head (magic, version, lengths, number of records, least and greatest key, first and last time, checksums of
 *          the rest and of itself), then a zlib stream of records: u8 kind, u64 time, key, slice of bytes. Numbers are
 *          little-endian. A head is enough to pass a block over.
 * Ignores: what records say, and where blocks lie.
 * Owns:    the buffer in which records are gathered, until block_finish().
 * Fails:   LATER: the block is full, or there is no memory. REFUSED: not a block, or not whole: neither its lengths nor
 *          its checksums are believed before they were looked at, and nothing is opened beyond BLOCK_MOST.
 */
#ifndef STORE_BLOCK_H
#define STORE_BLOCK_H

#include "base/buffer.h"

enum { RECORD_KEY = 16, BLOCK_HEAD = 80, BLOCK_MOST = 32 << 20, RECORD_MOST = BLOCK_MOST - 64 };

struct record {
	uint8_t kind;
	int64_t when;                            /* whatever unit the writer likes */
	char key[RECORD_KEY];
	struct slice bytes;                      /* at most RECORD_MOST */
};

struct block_span {
	uint32_t count;                          /* of records */
	char least[RECORD_KEY], greatest[RECORD_KEY];
	int64_t since, until;
};

struct block { struct buffer raw; struct block_span span; };

struct block_head {
	uint32_t stored, raw;                    /* bytes behind the head; bytes when opened, at most BLOCK_MOST */
	uint32_t crc;                            /* of the stored bytes */
	struct block_span span;
};

void block_init(struct block *block);
void block_finish(struct block *block);              /* safe on a zeroed one */
void block_clear(struct block *block);               /* empty again; memory goes back */
must_use enum result block_add(struct block *block, const struct record *record);
/* The head and the compressed records, put at the end of `to`. */
must_use enum result block_close(const struct block *block, struct buffer *to);

must_use enum result block_head_read(struct slice bytes, struct block_head *ret_head);
bool block_may_hold(const struct block_head *head, const char key[RECORD_KEY]);
/* `stored` opened into `raw`, which is cleared first. */
must_use enum result block_open(const struct block_head *head, struct slice stored, struct buffer *raw);
/* Cuts the next one off an opened block; REFUSED: it is none. Its bytes point into the block. */
must_use enum result record_cut(struct slice *rest, struct record *ret_record);

#endif
