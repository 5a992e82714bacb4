/* SPDX-License-Identifier: Apache-2.0 */
/*
 * state.h — what is remembered under short keys, in one file (LMDB): bounded, ageing, and never torn.
 *
 * Knows:   a key (kind, tenant, who), a value of at most STATE_VALUE bytes with a checksum, and until when it is kept; how
 *          large the file may become; that a change is there whole or not at all, whatever ends the process.
 * Ignores: which kinds there are, and what values say: their owners pack and read them.
 * Owns:    the map, the files NAME, NAME-lock and NAME.opening, and names of the form NAME.damaged-DIGIT.
 * Fails:   LATER: full, no memory, or an error of the disk (errno). REFUSED: there is no such entry; from state_open():
 *          the file is damaged. An entry that is found damaged later is LATER (EIO): not one that was never there. What was not committed is not seen, and is lost with the process.
 *
 * One thread changes, one other reads: a reader never waits for a writer, nor the other way round. state_commit() has
 * synced when it returns OK; a power cut costs changes that were not committed, and no others. Opening looks at every
 * entry and at what is free, and changes it once. A file over which the process died twice while it was looked at is damaged too: LMDB believes its own pages.
 */
#ifndef STORE_STATE_H
#define STORE_STATE_H

#include "base/slice.h"

#include <lmdb.h>

enum { STATE_TENANT = 64, STATE_WHO = 400, STATE_VALUE = 1024, STATE_KEY = 2 + STATE_TENANT + STATE_WHO, STATE_NAME = 64 };
#define STATE_LEAST ((uint64_t)512 << 10)        /* bytes of a file in which anything can be kept */

struct state_key { uint8_t kind; struct slice tenant, who; };
struct state_value { char bytes[STATE_VALUE]; size_t length; int64_t until; };

struct state {
	MDB_env *env;                            /* NULL: not open */
	MDB_txn *reading;                        /* the reader's, between two questions without a view */
	MDB_dbi entries;
	uint64_t size;                           /* of the file at most; new entries until three quarters of it are in use */
	size_t page;
};

/* Changes the working folder to `folder`, where its files are. `size`: a larger file than that is still opened. */
must_use enum result state_open(struct state *state, int folder, const char *name, uint64_t size);
void state_close(struct state *state);           /* safe on a zeroed one */
/* Gives a file that was REFUSED another name, or removes it where STATE_ASIDE names are taken; then ret_name is empty. */
enum { STATE_ASIDE = 8 };
must_use enum result state_set_aside(int folder, const char *name, char ret_name[STATE_NAME]);

/* The reader's: REFUSED: there is none. An entry that is past its time is none; one that is not what it was is LATER. */
must_use enum result state_get(struct state *state, const struct state_key *key, int64_t now, struct state_value *ret_value);
uint64_t state_room(const struct state *state);  /* bytes until it is full, as of the last commit */
bool state_is_full(const struct state *state);   /* as of the last commit: new entries are not taken */
uint64_t state_count(const struct state *state); /* entries, as of the last commit */

/* ---- the writer's: one change at a time ---- */

struct state_change { struct state *state; MDB_txn *txn; bool failed; };

must_use enum result state_begin(struct state *state, struct state_change *ret_change);
must_use enum result state_change_get(struct state_change *change, const struct state_key *key, int64_t now,
                                      struct state_value *ret_value);
/* LATER: full (the change goes on), or the change failed as a whole, as state_commit() will say. What is there already
 * can be replaced in a full file by a value of the same length. REFUSED: the key or the value is too long. */
must_use enum result state_put(struct state_change *change, const struct state_key *key, const struct state_value *value);
must_use enum result state_remove(struct state_change *change, const struct state_key *key);
/* Looks at up to `most` entries from `place` on, removes those past their time, and moves `place` (zeroed at first),
 * which begins anew behind the last entry. An entry that is not what it was stays. */
struct state_place { char key[STATE_KEY]; size_t length; };
must_use enum result state_sweep(struct state_change *change, struct state_place *place, size_t most, int64_t now,
                                 size_t *ret_removed);
/* The same, of what its owner says is to go. */
struct state_past { bool (*is_past)(const void *owner, const struct state_value *value); const void *owner; };
must_use enum result state_sweep_past(struct state_change *change, struct state_place *place, size_t most,
                                      const struct state_past *past, size_t *ret_removed);
/* Either ends the change. */
must_use enum result state_commit(struct state_change *change);
void state_abandon(struct state_change *change);

#endif
