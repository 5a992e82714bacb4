/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spool_file.h — the format of a message in the spool, version 1. Pure: no descriptors.
 *
 * Knows:   head (magic, version, serial), sections (u32 kind, u64 length, bytes) in the order ENVELOPE,
 *          CONTENT, JUDGEMENT, and END: u64 length of the whole file and u32 CRC-32C of all before it.
 *          A message has ENVELOPE and CONTENT, and JUDGEMENT unless it is judged later. A judgement of
 *          its own (judged/ID) has JUDGEMENT alone. Numbers are little-endian.
 * Ignores: what is in the sections, and where the file lies.
 * Owns:    nothing.
 * Fails:   REFUSED: not such a file, or not whole. LATER: the source could not be read.
 */
#ifndef QUEUE_SPOOL_FILE_H
#define QUEUE_SPOOL_FILE_H

#include "base/buffer.h"

enum spool_section { SPOOL_ENVELOPE = 1, SPOOL_CONTENT, SPOOL_JUDGEMENT, SPOOL_END };

enum { SPOOL_VERSION = 1, SPOOL_HEAD = 16, SPOOL_SECTION_HEAD = 12, SPOOL_TAIL = SPOOL_SECTION_HEAD + 12 };

/* Writing: what goes through `to` is accounted for; bytes written elsewhere are told with spool_write_bytes(). */
struct spool_writer { uint32_t crc; uint64_t total; };

must_use enum result spool_write_head(struct spool_writer *writer, uint32_t serial, struct buffer *to);
must_use enum result spool_write_section(struct spool_writer *writer, enum spool_section kind, uint64_t length,
                                         struct buffer *to);
void spool_write_bytes(struct spool_writer *writer, struct slice bytes);
must_use enum result spool_write_end(struct spool_writer *writer, struct buffer *to);

/* Reading: from a file or from memory, piece by piece. */
struct spool_source {
	uint64_t size;
	enum result (*read)(const struct spool_source *source, uint64_t at, char *to, size_t length);   /* all of it, or not OK */
	const void *owner;
	int fd;
};

struct spool_span { uint64_t at, length; };

struct spool_map {
	uint32_t serial;
	bool has[SPOOL_END];                     /* by kind */
	struct spool_span spans[SPOOL_END];      /* by kind */
};

/* Quick: head, every section's head, and the tail; not the bytes between. */
must_use enum result spool_map(const struct spool_source *source, struct spool_map *ret_map);
/* The checksum over all of it. */
must_use enum result spool_verify(const struct spool_source *source);

bool spool_map_is_message(const struct spool_map *map);
bool spool_map_is_judgement(const struct spool_map *map);

struct spool_source spool_source_memory(const struct slice *bytes);   /* borrows `bytes` itself */

#endif
