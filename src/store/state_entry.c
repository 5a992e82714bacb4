/* SPDX-License-Identifier: Apache-2.0 */
/* The key is part of the checksum: an entry that came under another key is not believed. */
#include "store/state_entry.h"

#include "base/checksum.h"

#include <errno.h>
#include <string.h>

static void write_number(char *to, size_t bytes, uint64_t number)
{
	for (size_t i = 0; i < bytes; i++)
		to[i] = (char)(number >> 8 * i);
}

static uint64_t read_number(const char *from, size_t bytes)
{
	uint64_t number = 0;

	for (size_t i = 0; i < bytes; i++)
		number |= (uint64_t)(unsigned char)from[i] << 8 * i;
	return number;
}

enum result state_key_write(const struct state_key *key, struct state_place *ret_bytes)
{
	if (key->tenant.len > STATE_TENANT || key->who.len > STATE_WHO)
		return REFUSED;
	ret_bytes->key[0] = (char)key->kind;
	ret_bytes->key[1] = (char)key->tenant.len;
	if (key->tenant.len)
		memcpy(ret_bytes->key + 2, key->tenant.at, key->tenant.len);
	if (key->who.len)
		memcpy(ret_bytes->key + 2 + key->tenant.len, key->who.at, key->who.len);
	ret_bytes->length = 2 + key->tenant.len + key->who.len;
	return OK;
}

static uint32_t sum(struct slice key, struct slice behind)
{
	return checksum(checksum(0, behind), key);
}

enum result state_entry_write(struct slice key, const struct state_value *value, struct state_bytes *ret_bytes)
{
	if (value->length > STATE_VALUE)
		return REFUSED;
	ret_bytes->length = ENTRY_HEAD + value->length;
	write_number(ret_bytes->at + 4, 8, (uint64_t)value->until);
	memcpy(ret_bytes->at + ENTRY_HEAD, value->bytes, value->length);
	write_number(ret_bytes->at, 4, sum(key, (struct slice){ ret_bytes->at + 4, ret_bytes->length - 4 }));
	return OK;
}

enum result state_entry_read(struct slice key, struct slice entry, struct state_value *ret_value)
{
	if (entry.len < ENTRY_HEAD || entry.len > ENTRY_HEAD + STATE_VALUE ||
	    read_number(entry.at, 4) != sum(key, slice_drop(entry, 4)))
		return REFUSED;
	ret_value->until = (int64_t)read_number(entry.at + 4, 8);
	ret_value->length = entry.len - ENTRY_HEAD;
	memcpy(ret_value->bytes, entry.at + ENTRY_HEAD, ret_value->length);
	return OK;
}

enum result state_end_of(int error)
{
	switch (error) {
	case MDB_SUCCESS:
		return OK;
	case MDB_NOTFOUND:
	case MDB_PAGE_NOTFOUND:
	case MDB_CORRUPTED:
	case MDB_VERSION_MISMATCH:
	case MDB_INVALID:
		return REFUSED;
	case MDB_MAP_FULL:
	case MDB_TXN_FULL:
		errno = ENOSPC;
		return LATER;
	default:
		errno = error > 0 ? error : EIO;
		return LATER;
	}
}
