/* SPDX-License-Identifier: Apache-2.0 */
/*
 * known.h — names under which the keeper remembers, and what it has to say of one: queue, inspect and keeper share it.
 *
 * Knows:   the kinds of names, the outcomes that are counted, and the packed form of both. Kinds stand in the keeper's
 *          file: their numbers never change.
 * Ignores: who a name belongs to. The keeper does too: to it names are bytes.
 * Owns:    nothing: slices point into what was unpacked.
 * Fails:   REFUSED: not names, not a tally.
 *
 * Packed names: u8 count, count times (u8 kind, slice tenant, slice who). A note: u8 0, or u8 1, u8 outcome, slice source,
 * slice names. A tally: u64 first, u64 last, then u32 for each
 * outcome; a newer keeper's tally may go on behind that.
 */
#ifndef WIRE_KNOWN_H
#define WIRE_KNOWN_H

#include "base/buffer.h"

enum { KNOWN_NAMES = 4, KNOWN_TENANT = 64, KNOWN_WHO = 400, KNOWN_SOURCE = 64, KNOWN_NOTE = 4096 };   /* names at a time; bytes */
enum known_kind { KNOWN_SENDER = 1, KNOWN_SENDER_DOMAIN = 2 };       /* address and network; domain */
enum known_outcome { KNOWN_DELIVERED, KNOWN_QUARANTINED, KNOWN_REJECTED, KNOWN_OUTCOMES };

struct known_name { uint8_t kind; struct slice tenant, who; };
struct known_names { struct known_name list[KNOWN_NAMES]; size_t count; };
/* What one message says of its names; of none, where nothing is to be counted. */
struct known_note { enum known_outcome outcome; struct slice source; struct known_names names; };
struct tally { int64_t first, last; uint32_t counts[KNOWN_OUTCOMES]; };

must_use enum result known_pack(const struct known_names *names, struct buffer *to);
must_use enum result known_unpack(struct slice packed, struct known_names *ret_names);       /* at least one */
must_use enum result known_note_pack(const struct known_note *note, struct buffer *to);
must_use enum result known_note_unpack(struct slice packed, struct known_note *ret_note);
must_use enum result tally_pack(const struct tally *tally, struct buffer *to);
must_use enum result tally_unpack(struct slice packed, struct tally *ret_tally);

#endif
