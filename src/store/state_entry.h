/* SPDX-License-Identifier: Apache-2.0 */
/*
 * state_entry.h — keys and entries as they stand in the map (inside store/state*.c only).
 *
 * Knows:   key: u8 kind, u8 length of the tenant, tenant, who. Entry: u32 CRC-32C of all that follows and the key, u64
 *          until, value; little-endian.
 * Owns:    nothing.
 * Fails:   REFUSED: too long; not an entry of ours, or damaged.
 */
#ifndef STORE_STATE_ENTRY_H
#define STORE_STATE_ENTRY_H

#include "store/state.h"

enum { ENTRY_HEAD = 12 };

struct state_bytes { char at[ENTRY_HEAD + STATE_VALUE]; size_t length; };

must_use enum result state_key_write(const struct state_key *key, struct state_place *ret_bytes);
must_use enum result state_entry_write(struct slice key, const struct state_value *value, struct state_bytes *ret_bytes);
must_use enum result state_entry_read(struct slice key, struct slice entry, struct state_value *ret_value);

enum result state_end_of(int error);                 /* of LMDB's call; sets errno where that says more */

static inline struct slice state_slice(const MDB_val *value) { return (struct slice){ value->mv_data, value->mv_size }; }

#endif
