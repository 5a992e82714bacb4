/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sevenbit.h — a message with 8-bit bytes as one that has none (RFC 6152 3), for a server without 8BITMIME.
 *
 * Knows:   MIME parts and nested messages; which lines of which headers name their encoding; quoted-printable (RFC 2045
 *          6.7). Two passes: the first reads the message as it will go out, and notes steps; the second writes it.
 * Ignores: where the bytes come from and go to; character sets.
 * Owns:    nothing but what it takes from the arena. The bytes need not be there at once.
 * Fails:   it says why the message cannot be converted (`trouble`): 8 bits in headers, between parts, or in a part that
 *          is signed or encrypted; a structure that is not sure. Then it must not be: 5.6.3. LATER: the arena is full.
 */
#ifndef MESSAGE_SEVENBIT_H
#define MESSAGE_SEVENBIT_H

#include "base/arena.h"
#include "mail/message/parts.h"

enum { SEVENBIT_DEPTH = 64, SEVENBIT_STEPS = 4000, SEVENBIT_LINE = 1024, SEVENBIT_FIELD = 8192, SEVENBIT_LEAST = 128 };

enum sevenbit_what { SEVENBIT_DROP, SEVENBIT_PUT, SEVENBIT_ENCODE };

/* In order of place; [from, to) of the bytes that were read. PUT: `put` goes before `from`. */
struct sevenbit_step {
	struct sevenbit_step *next;
	enum sevenbit_what what;
	uint64_t from, to;
	const char *put;
};

struct sevenbit_field { uint64_t from, to; unsigned times; size_t length; char text[SEVENBIT_FIELD]; };
struct sevenbit_multipart { struct slice boundary; bool is_signed; };

struct sevenbit_scan {
	struct arena *arena;
	bool eight_bit, eight_bit_headers;         /* what there is, anywhere; and in a header */
	const char *trouble;                       /* why it can't be converted, as text for a reply; NULL: it can */
	struct sevenbit_step *first, *last;
	size_t count;
	bool full;

	/* the line being read */
	uint64_t at, line_from;
	char line[SEVENBIT_LINE];
	size_t line_length;
	bool line_eight_bit, line_long;

	/* the part being read */
	enum { SEVENBIT_HEADER, SEVENBIT_BODY, SEVENBIT_BETWEEN } place;
	struct sevenbit_field type, encoding, *field;   /* field: its lines go on; NULL: nobody's */
	bool has_version, is_top, leaf_eight_bit;
	uint64_t blank_at, body_at;
	unsigned nested;
	struct sevenbit_multipart stack[SEVENBIT_DEPTH];
	size_t depth;
};

void sevenbit_scan_init(struct sevenbit_scan *scan, struct arena *arena);
void sevenbit_scan_bytes(struct sevenbit_scan *scan, struct slice bytes);
/* The end of the message. LATER: no room for the steps. */
must_use enum result sevenbit_scan_end(struct sevenbit_scan *scan);

struct sevenbit_write {
	const struct sevenbit_step *step;
	uint64_t at;
	unsigned column;
	char held;                                 /* a space or tab that may end its line; 0: none */
	bool after_cr;
};

void sevenbit_write_init(struct sevenbit_write *write, const struct sevenbit_step *first);
/* Eats what it can of `in`, and fills `room` (SEVENBIT_LEAST bytes or more); how much is returned. At the end it is
 * called with an empty `in` until it writes nothing. */
size_t sevenbit_write_some(struct sevenbit_write *write, struct slice *in, char *room, size_t size);

#endif
