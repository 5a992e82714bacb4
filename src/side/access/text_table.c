/* SPDX-License-Identifier: Apache-2.0 */
/* The file is read whole and cut in place: comments become spaces, keys lower case; an index of hashes finds them. */
#include "access/text_table.h"

#include "base/pool.h"
#include "mail/smtp/smtp.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { COMPLAINTS_MOST = 20, SHOWN = 60, FIRST_ROWS = 64, KEY_LONGEST = 320 };

struct reading {
	struct text_table *table;
	struct slice name;
	struct buffer *complaints;
	size_t line, faults;
	bool needs_values;
};

static bool is_space(char byte)
{
	return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

static bool divides(char byte)
{
	return is_space(byte) || byte == ',';
}

struct slice text_value_cut(struct slice *values)
{
	struct slice value;
	size_t len = 0;

	while (values->len && divides(values->at[0]))
		*values = slice_drop(*values, 1);
	while (len < values->len && !divides(values->at[len]))
		len++;
	value = (struct slice){ values->at, len };
	*values = slice_drop(*values, len);
	return value;
}

/* A local part is looked at as if it had a domain; programs, files and lists of /etc/aliases are none. */
static bool is_local_part(struct slice text)
{
	static const char domain[] = "@a.example";
	char whole[KEY_LONGEST + sizeof(domain)];
	struct address address;

	if (text.len == 0 || text.len > 64 || slice_has(text, '@') || strchr("/|:\"", text.at[0]))
		return false;
	memcpy(whole, text.at, text.len);
	memcpy(whole + text.len, domain, sizeof(domain));
	return address_bare((struct slice){ whole, text.len + sizeof(domain) - 1 }, true, &address) == OK;
}

static bool is_domain(struct slice text)
{
	return text.len > 1 && text.at[0] == '@' && address_domain(slice_drop(text, 1), true) == OK;
}

bool text_value_is_good(struct slice value)
{
	struct address address;

	if (is_domain(value) || is_local_part(value))
		return true;
	return value.len <= KEY_LONGEST && value.len && !strchr("/|:", value.at[0]) &&
	       address_bare(value, true, &address) == OK && address.domain.len && !address.literal;
}

/* ---- the index ---- */

static uint32_t hash_of(struct slice key)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < key.len; i++)
		hash = (hash ^ (unsigned char)key.at[i]) * UINT64_C(0x100000001b3);
	return (uint32_t)(hash ^ hash >> 32);
}

static struct slice key_of(const struct text_table *table, const struct text_row *row)
{
	return (struct slice){ table->bytes + row->key, row->key_length };
}

/* The place of a key, or the free one where it would stand. */
static uint32_t *find_place(const struct text_table *table, struct slice key)
{
	size_t place = hash_of(key) & (table->places - 1);

	while (table->index[place] && !slice_same(key_of(table, &table->rows[table->index[place] - 1]), key))
		place = (place + 1) & (table->places - 1);
	return &table->index[place];
}

bool text_table_find(const struct text_table *table, struct slice key, struct slice *ret_values)
{
	uint32_t found = table->places ? *find_place(table, key) : 0;

	if (found == 0)
		return false;
	*ret_values = (struct slice){ table->bytes + table->rows[found - 1].value, table->rows[found - 1].value_length };
	return true;
}

/* ---- reading ---- */

static void complain(struct reading *reading, size_t line, struct slice what, const char *why)
{
	if (reading->faults++ >= COMPLAINTS_MOST)
		return;
	if (what.len > SHOWN)
		what.len = SHOWN;
	(void)!buffer_format(reading->complaints, "%.*s:%zu: ", SHOW(reading->name), line);
	for (size_t i = 0; i < what.len; i++)
		(void)!buffer_add_byte(reading->complaints, what.at[i] >= ' ' && what.at[i] != 0x7f ? what.at[i] : '?');
	(void)!buffer_format(reading->complaints, "%s%s\n", what.len ? " " : "", why);
}

static size_t line_at(const struct text_table *table, size_t place)
{
	size_t line = 1;

	for (size_t i = 0; i < place; i++)
		line += table->bytes[i] == '\n';
	return line;
}

static enum result more_rows(struct text_table *table)
{
	size_t room = table->room ? table->room * 2 : FIRST_ROWS;
	struct text_row *rows;

	if (table->count < table->room)
		return OK;
	rows = pool_resize(table->rows, room * sizeof(*rows));
	if (rows == NULL)
		return LATER;
	table->rows = rows;
	table->room = room;
	return OK;
}

static bool is_key(struct slice key)
{
	struct address address;

	return is_domain(key) || is_local_part(key) ||
	       (key.len <= KEY_LONGEST && address_bare(key, true, &address) == OK && address.domain.len);
}

/* A line that begins with its key; what follows is its value, and may go on in later lines. */
static enum result take_key(struct reading *reading, size_t start, size_t end)
{
	struct text_table *table = reading->table;
	size_t stop = start, key_end;

	while (stop < end && !is_space(table->bytes[stop]))
		stop++;
	key_end = table->bytes[stop - 1] == ':' ? stop - 1 : stop;
	for (size_t i = start; i < key_end; i++)
		table->bytes[i] = byte_lower(table->bytes[i]);
	if (!is_key((struct slice){ table->bytes + start, key_end - start }))
		complain(reading, reading->line, (struct slice){ table->bytes + start, stop - start },
		         "is no key: an address, a local part or @domain is meant");
	TRY(more_rows(table));
	table->rows[table->count++] = (struct text_row){
		.key = (uint32_t)start, .key_length = (uint32_t)(key_end - start), .value = (uint32_t)stop,
		.value_length = (uint32_t)(end - stop),
	};
	return OK;
}

static enum result take_line(struct reading *reading, size_t start, size_t end)
{
	struct text_table *table = reading->table;
	struct text_row *last = table->count ? &table->rows[table->count - 1] : NULL;
	struct slice text = { table->bytes + start, end - start }, rest = text;

	while (rest.len && is_space(rest.at[0]))
		rest = slice_drop(rest, 1);
	if (rest.len == 0 || rest.at[0] == '#') {
		memset(table->bytes + start, ' ', text.len);
		return OK;
	}
	if (memchr(text.at, '\0', text.len))
		complain(reading, reading->line, SLICE(""), "has a NUL byte");
	if (rest.len == text.len)
		return take_key(reading, start, end);
	if (last == NULL)
		complain(reading, reading->line, rest, "goes on, but there is no line before it");
	else
		last->value_length = (uint32_t)end - last->value;
	return OK;
}

/* A comment at a line's end is not known to Postfix either: there it is a value, and a wrong one. */
static void check_values(struct reading *reading, const struct text_row *row)
{
	struct slice values = { reading->table->bytes + row->value, row->value_length }, value = text_value_cut(&values);

	if (value.len == 0)
		complain(reading, line_at(reading->table, row->key), key_of(reading->table, row), "has no value");
	for (; value.len; value = text_value_cut(&values))
		if (!text_value_is_good(value))
			complain(reading, line_at(reading->table, (size_t)(value.at - reading->table->bytes)), value,
			         "is no address; addresses, local parts or @domain are meant");
}

static enum result make_index(struct reading *reading)
{
	struct text_table *table = reading->table;
	size_t places = 16;

	while (places < table->count * 2)
		places *= 2;
	table->index = pool_resize(NULL, places * sizeof(*table->index));
	if (table->index == NULL)
		return LATER;
	memset(table->index, 0, places * sizeof(*table->index));
	table->places = places;
	for (size_t i = 0; i < table->count; i++) {
		uint32_t *place = find_place(table, key_of(table, &table->rows[i]));

		if (*place)
			complain(reading, line_at(table, table->rows[i].key), key_of(table, &table->rows[i]),
			         "stands in the table already");
		else
			*place = (uint32_t)i + 1;
		if (reading->needs_values && reading->faults < COMPLAINTS_MOST)
			check_values(reading, &table->rows[i]);
	}
	return OK;
}

static enum result cut_lines(struct reading *reading)
{
	struct text_table *table = reading->table;

	for (size_t start = 0, end; start < table->length; start = end + 1) {
		const char *stop = memchr(table->bytes + start, '\n', table->length - start);

		end = stop ? (size_t)(stop - table->bytes) : table->length;
		reading->line++;
		TRY(take_line(reading, start, end));
	}
	return make_index(reading);
}

static enum result read_bytes(struct text_table *table, int fd)
{
	struct stat found;

	if (fstat(fd, &found) != 0 || !S_ISREG(found.st_mode) || (uint64_t)found.st_size > TEXT_TABLE_BYTES)
		return LATER;
	table->bytes = pool_resize(NULL, (size_t)found.st_size + 1);
	if (table->bytes == NULL)
		return LATER;
	while (table->length < (size_t)found.st_size) {
		ssize_t got = read(fd, table->bytes + table->length, (size_t)found.st_size - table->length);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return LATER;
		if (got == 0)
			break;
		table->length += (size_t)got;
	}
	table->bytes[table->length] = '\n';
	return OK;
}

enum result text_table_read(struct text_table *table, int fd, struct slice name, bool needs_values,
                            struct buffer *complaints)
{
	struct reading reading = { .table = table, .name = name, .complaints = complaints, .needs_values = needs_values };
	enum result end;

	*table = (struct text_table){ 0 };
	end = read_bytes(table, fd);
	if (end != OK)
		(void)!buffer_format(complaints, "%.*s: a plain file of at most 64M that can be read is meant\n", SHOW(name));
	else
		end = cut_lines(&reading);
	if (end == OK && reading.faults)
		end = REFUSED;
	if (end != OK)
		text_table_finish(table);
	return end;
}

void text_table_finish(struct text_table *table)
{
	(void)!pool_resize(table->bytes, 0);
	(void)!pool_resize(table->rows, 0);
	(void)!pool_resize(table->index, 0);
	*table = (struct text_table){ 0 };
}
