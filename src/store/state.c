/* SPDX-License-Identifier: Apache-2.0 */
/* A change is a transaction of LMDB, which writes new pages beside the old ones and then one page that names them; room is
 * kept back for that, so that a full map can still forget. */
#include "store/state_entry.h"

#include "base/fd.h"

#include <errno.h>
#include <string.h>

/* ---- reading ---- */

static enum result find(MDB_txn *txn, MDB_dbi entries, const struct state_key *key, int64_t now, struct state_value *ret_value)
{
	struct state_place bytes;
	MDB_val at, found;
	int error;

	TRY(state_key_write(key, &bytes));
	at = (MDB_val){ bytes.length, bytes.key };
	error = mdb_get(txn, entries, &at, &found);
	if (error == MDB_NOTFOUND)
		return REFUSED;
	if (state_end_of(error) == LATER)
		return LATER;
	if (error != 0 || state_entry_read(state_slice(&at), state_slice(&found), ret_value) != OK) {
		errno = EIO;
		return LATER;
	}
	return ret_value->until < now ? REFUSED : OK;
}

enum result state_get(struct state *state, const struct state_key *key, int64_t now, struct state_value *ret_value)
{
	enum result result;

	if (state->env == NULL || state_end_of(mdb_txn_renew(state->reading)) != OK)
		return LATER;
	result = find(state->reading, state->entries, key, now, ret_value);
	mdb_txn_reset(state->reading);
	return result;
}

static uint64_t pages(const MDB_stat *stat)
{
	return stat->ms_branch_pages + stat->ms_leaf_pages + stat->ms_overflow_pages;
}

static bool is_full(const struct state *state, const MDB_stat *stat)
{
	return pages(stat) * state->page >= state->size / 4 * 3;
}

uint64_t state_room(const struct state *state)
{
	uint64_t most = state->size / 4 * 3;
	MDB_stat stat;

	if (state->env == NULL || mdb_env_stat(state->env, &stat) != 0 || is_full(state, &stat))
		return 0;
	return most - pages(&stat) * state->page;
}

bool state_is_full(const struct state *state)
{
	MDB_stat stat;

	return state->env && mdb_env_stat(state->env, &stat) == 0 && is_full(state, &stat);
}

uint64_t state_count(const struct state *state)
{
	MDB_stat stat;

	return state->env && mdb_env_stat(state->env, &stat) == 0 ? stat.ms_entries : 0;
}

/* ---- changing ---- */

static enum result judged(struct state_change *change, int error)
{
	enum result result = state_end_of(error);

	change->failed |= result != OK && error != MDB_NOTFOUND;
	return result;
}

enum result state_begin(struct state *state, struct state_change *ret_change)
{
	struct state_change change = { .state = state };

	if (state->env == NULL)
		return LATER;
	if (state_end_of(mdb_txn_begin(state->env, NULL, 0, &change.txn)) != OK)
		return LATER;
	*ret_change = change;
	return OK;
}

enum result state_change_get(struct state_change *change, const struct state_key *key, int64_t now,
                             struct state_value *ret_value)
{
	return find(change->txn, change->state->entries, key, now, ret_value);
}

/* What stands there, and is as long as what is to come, needs no room. */
static enum result look_for_room(struct state_change *change, MDB_val *at, size_t length)
{
	MDB_val there;
	MDB_stat stat;

	TRY(judged(change, mdb_stat(change->txn, change->state->entries, &stat)));
	if (!is_full(change->state, &stat))
		return OK;
	errno = ENOSPC;
	return mdb_get(change->txn, change->state->entries, at, &there) == 0 && there.mv_size == length ? OK : LATER;
}

enum result state_put(struct state_change *change, const struct state_key *key, const struct state_value *value)
{
	struct state_place bytes;
	struct state_bytes entry;
	MDB_val at, to;

	if (change->failed)
		return LATER;
	TRY(state_key_write(key, &bytes));
	at = (MDB_val){ bytes.length, bytes.key };
	TRY(state_entry_write(state_slice(&at), value, &entry));
	TRY(look_for_room(change, &at, entry.length));
	to = (MDB_val){ entry.length, entry.at };
	return judged(change, mdb_put(change->txn, change->state->entries, &at, &to, 0)) == OK ? OK : LATER;
}

enum result state_remove(struct state_change *change, const struct state_key *key)
{
	struct state_place bytes;
	MDB_val at;

	if (change->failed)
		return LATER;
	TRY(state_key_write(key, &bytes));
	at = (MDB_val){ bytes.length, bytes.key };
	return judged(change, mdb_del(change->txn, change->state->entries, &at, NULL));
}

static bool is_past(const MDB_val *key, const MDB_val *entry, const struct state_past *past)
{
	struct state_value value;

	return state_entry_read(state_slice(key), state_slice(entry), &value) == OK && past->is_past(past->owner, &value);
}

static bool is_before(const void *now, const struct state_value *value)
{
	return value->until < *(const int64_t *)now;
}

/* The place is the first entry that was not looked at; none: from the beginning, next time. */
static void stay_at(struct state_place *place, const MDB_val *key)
{
	place->length = key->mv_size <= sizeof(place->key) ? key->mv_size : 0;
	memcpy(place->key, key->mv_data, place->length);
}

static int sweep(MDB_cursor *cursor, struct state_place *place, size_t most, const struct state_past *rule, size_t *removed)
{
	MDB_val key = { place->length, place->key }, entry;
	int error = mdb_cursor_get(cursor, &key, &entry, place->length ? MDB_SET_RANGE : MDB_FIRST);

	for (size_t looked = 0; error == 0 && looked < most; looked++) {
		bool past = is_past(&key, &entry, rule);

		if (past)
			error = mdb_cursor_del(cursor, 0);
		if (error == 0)
			error = mdb_cursor_get(cursor, &key, &entry, MDB_NEXT);
		*removed += past && (error == 0 || error == MDB_NOTFOUND);
	}
	if (error == 0)
		stay_at(place, &key);
	else
		place->length = 0;
	return error == MDB_NOTFOUND ? 0 : error;
}

enum result state_sweep_past(struct state_change *change, struct state_place *place, size_t most,
                             const struct state_past *past, size_t *ret_removed)
{
	size_t removed = 0;
	MDB_cursor *cursor;
	int error;

	if (change->failed || judged(change, mdb_cursor_open(change->txn, change->state->entries, &cursor)) != OK)
		return LATER;
	error = sweep(cursor, place, most, past, &removed);
	mdb_cursor_close(cursor);
	*ret_removed = removed;
	return judged(change, error) == OK ? OK : LATER;
}

enum result state_sweep(struct state_change *change, struct state_place *place, size_t most, int64_t now,
                        size_t *ret_removed)
{
	const struct state_past past = { is_before, &now };

	return state_sweep_past(change, place, most, &past, ret_removed);
}

enum result state_commit(struct state_change *change)
{
	MDB_txn *txn = change->txn;

	if (change->failed) {
		state_abandon(change);
		errno = errno ? errno : EIO;
		return LATER;
	}
	change->txn = NULL;
	return state_end_of(mdb_txn_commit(txn)) == OK ? OK : LATER;
}

void state_abandon(struct state_change *change)
{
	if (change->txn)
		mdb_txn_abort(change->txn);
	change->txn = NULL;
}
