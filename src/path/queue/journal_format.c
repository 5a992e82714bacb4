/* SPDX-License-Identifier: Apache-2.0 */
/* A record is packed behind eight bytes that are filled in afterwards: its length, and its checksum. */
#include "queue/journal_format.h"

#include "base/checksum.h"
#include "base/pack.h"

#include <string.h>

static const char magic[] = { 'P', 's', 't', 'n', 'J', 'r', 'n', '\n' };

enum result journal_write_head(struct buffer *to)
{
	TRY(buffer_add(to, (struct slice){ magic, sizeof(magic) }));
	return pack_u32(to, JOURNAL_VERSION);
}

enum result journal_read_head(struct slice *rest)
{
	struct unpack from;
	struct slice head;

	if (rest->len < JOURNAL_HEAD)
		return AGAIN;
	head = slice_take(rest, JOURNAL_HEAD);
	if (memcmp(head.at, magic, sizeof(magic)) != 0)
		return REFUSED;
	from = unpack_from(slice_drop(head, sizeof(magic)));
	return unpack_u32(&from) == JOURNAL_VERSION ? OK : REFUSED;
}

static enum result pack_totals(const struct journal_record *record, struct buffer *to)
{
	TRY(pack_u32(to, LEDGER_ROWS));
	for (size_t i = 0; i < LEDGER_ROWS; i++)
		TRY(pack_u64(to, record->totals[i]));
	return OK;
}

static struct slice words(struct slice text)
{
	return slice_take(&text, JOURNAL_WORDS);
}

static enum result pack_fate(const struct journal_record *record, struct buffer *to)
{
	TRY(buffer_add(to, (struct slice){ record->id, MESSAGE_ID_SIZE }));
	TRY(pack_u32(to, record->serial));
	TRY(pack_u32(to, record->place));
	TRY(pack_u32(to, record->attempts));
	TRY(pack_u64(to, record->time));
	TRY(pack_slice(to, words(record->route)));
	return pack_slice(to, words(record->reply));
}

static enum result pack_fields(const struct journal_record *record, struct buffer *to)
{
	TRY(pack_u8(to, (uint8_t)record->kind));
	TRY(pack_u8(to, record->flags));
	return record->kind == JOURNAL_TOTALS ? pack_totals(record, to) : pack_fate(record, to);
}

static void put_u32(char *at, uint32_t number)
{
	for (size_t i = 0; i < 4; i++)
		at[i] = (char)(number >> (8 * i));
}

static uint32_t record_crc(struct slice length, struct slice fields)
{
	return checksum(checksum(0, length), fields);
}

static void fill_head(char *at, size_t fields)
{
	put_u32(at, (uint32_t)fields);
	put_u32(at + 4, record_crc((struct slice){ at, 4 }, (struct slice){ at + JOURNAL_RECORD_HEAD, fields }));
}

enum result journal_write(const struct journal_record *record, struct buffer *to)
{
	static const char room[JOURNAL_RECORD_HEAD];
	size_t before = buffer_length(to);
	enum result end = buffer_add(to, (struct slice){ room, sizeof(room) });

	if (end == OK)
		end = pack_fields(record, to);
	if (end != OK) {
		buffer_cut(to, before);
		return end;
	}
	fill_head(to->bytes + to->start + before, buffer_length(to) - before - JOURNAL_RECORD_HEAD);
	return OK;
}

static void unpack_totals(struct unpack *from, struct journal_record *record)
{
	uint32_t count = unpack_u32(from);

	for (uint32_t i = 0; i < count && !from->bad; i++) {
		uint64_t total = unpack_u64(from);

		if (i < LEDGER_ROWS)
			record->totals[i] = total;
	}
}

static void unpack_fate(struct unpack *from, struct journal_record *record)
{
	struct slice id = slice_take(&from->rest, MESSAGE_ID_SIZE);

	if (!message_id_valid(id)) {
		from->bad = true;
		return;
	}
	memcpy(record->id, id.at, MESSAGE_ID_SIZE);
	record->serial = unpack_u32(from);
	record->place = unpack_u32(from);
	record->attempts = unpack_u32(from);
	record->time = unpack_u64(from);
	record->route = unpack_slice(from, JOURNAL_WORDS);
	record->reply = unpack_slice(from, JOURNAL_WORDS);
}

static enum result read_fields(struct slice fields, struct journal_record *ret_record)
{
	struct unpack from = unpack_from(fields);
	struct journal_record record = { .kind = unpack_u8(&from) };

	record.flags = unpack_u8(&from);
	if (record.kind < JOURNAL_TOTALS || record.kind >= JOURNAL_KINDS)
		return REFUSED;
	if (record.kind == JOURNAL_TOTALS)
		unpack_totals(&from, &record);
	else
		unpack_fate(&from, &record);
	TRY(unpack_end(&from));
	*ret_record = record;
	return OK;
}

enum result journal_read(struct slice *rest, struct journal_record *ret_record)
{
	struct unpack head = unpack_from(*rest);
	struct slice fields;
	uint32_t length, crc;

	if (rest->len < JOURNAL_RECORD_HEAD)
		return AGAIN;
	length = unpack_u32(&head);
	crc = unpack_u32(&head);
	if (length > JOURNAL_LONGEST)
		return REFUSED;
	if (head.rest.len < length)
		return AGAIN;
	fields = slice_take(&head.rest, length);
	if (crc != record_crc((struct slice){ rest->at, 4 }, fields))
		return REFUSED;
	TRY(read_fields(fields, ret_record));
	*rest = head.rest;
	return OK;
}

bool journal_find(struct slice *rest, struct journal_record *ret_record)
{
	while (rest->len > JOURNAL_RECORD_HEAD) {
		if (journal_read(rest, ret_record) == OK)
			return true;
		*rest = slice_drop(*rest, 1);
	}
	return false;
}

enum ledger_row journal_ledger_row(enum journal_kind kind)
{
	static const enum ledger_row rows[JOURNAL_KINDS] = {
		[JOURNAL_TOTALS] = LEDGER_ROWS,      [JOURNAL_DELIVERED] = LEDGER_DELIVERED,
		[JOURNAL_FAILED] = LEDGER_ROWS,      [JOURNAL_BOUNCED] = LEDGER_BOUNCED,
		[JOURNAL_QUARANTINED] = LEDGER_ROWS, [JOURNAL_DISCARDED] = LEDGER_DISCARDED,
		[JOURNAL_DELETED] = LEDGER_DELETED,  [JOURNAL_HELD] = LEDGER_ROWS,
		[JOURNAL_RELEASED] = LEDGER_ROWS,    [JOURNAL_DEFERRED] = LEDGER_ROWS,
		[JOURNAL_TRIED] = LEDGER_ROWS,       [JOURNAL_DELAYED] = LEDGER_ROWS,
		[JOURNAL_ARRIVED] = LEDGER_ROWS,     [JOURNAL_ERRANDS] = LEDGER_ROWS };

	return kind < JOURNAL_KINDS ? rows[kind] : LEDGER_ROWS;
}
