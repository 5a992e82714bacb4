/* SPDX-License-Identifier: Apache-2.0 */
/* A row for each kind: how its text becomes a field, and how people are told what may stand there. */
#include "base/settings_store.h"

#include <string.h>

struct unit { char letter; uint64_t size; };

static const struct unit byte_units[] = { { 'k', 1024 }, { 'm', 1 << 20 }, { 'g', 1 << 30 }, { 0, 1 } };
static const struct unit time_units[] = { { 's', 1 },     { 'm', 60 },     { 'h', 3600 },
					  { 'd', 86400 }, { 'w', 604800 }, { 0, 1 } };
static const struct unit no_units[] = { { 0, 1 } };

/* One struct for bytes, seconds and count: all three are a uint64_t. */
_Static_assert(sizeof(struct bytes) == sizeof(uint64_t) && sizeof(struct seconds) == sizeof(uint64_t)
               && sizeof(struct count) == sizeof(uint64_t), "numbers are filled alike");

static void __attribute__((format(printf, 2, 3))) say(struct buffer *complaint, const char *format, ...)
{
	va_list list;

	if (complaint == NULL)
		return;
	va_start(list, format);
	if (buffer_format_list(complaint, format, list) != OK)
		buffer_clear(complaint);         /* the caller has a word for an empty reason */
	va_end(list);
}

static enum result parse_number(struct slice text, const struct unit *unit, uint64_t *ret_number)
{
	uint64_t number;

	while (unit->letter && (text.len == 0 || byte_lower(text.at[text.len - 1]) != unit->letter))
		unit++;
	text.len -= unit->letter != 0;
	TRY(slice_number(text, UINT64_MAX / unit->size, &number));
	*ret_number = number * unit->size;
	return OK;
}

static bool beyond(const struct setting *row, const struct unit *units, uint64_t number)
{
	uint64_t least = 0, most = UINT64_MAX;

	if (*row->least && parse_number(slice_of(row->least), units, &least) != OK)
		return true;
	if (*row->most && parse_number(slice_of(row->most), units, &most) != OK)
		return true;
	return number < least || number > most;
}

bool settings_within_bounds(const struct setting *row, uint64_t number)
{
	static const struct unit *const units[] = {
		[SETTING_bytes] = byte_units, [SETTING_seconds] = time_units, [SETTING_count] = no_units };

	return row->kind <= SETTING_count && !beyond(row, units[row->kind], number);
}

static enum result fill_number(const struct setting *row, struct slice text, const struct unit *units,
                               const char *meant, void *field, struct buffer *complaint)
{
	uint64_t number;

	if (parse_number(text, units, &number) != OK) {
		say(complaint, "not %s", meant);
		return REFUSED;
	}
	if (beyond(row, units, number)) {
		say(complaint, "out of bounds; %s%s%s is meant", *row->least ? row->least : "0",
		    *row->most ? " to " : " or more", row->most);
		return REFUSED;
	}
	memcpy(field, &number, sizeof(number));
	return OK;
}

static enum result fill_bytes(const struct setting *row, struct slice text, void *field, struct buffer *complaint)
{
	return fill_number(row, text, byte_units, "a number of bytes; digits with K, M or G are meant, such as 50M",
	                   field, complaint);
}

static enum result fill_seconds(const struct setting *row, struct slice text, void *field, struct buffer *complaint)
{
	return fill_number(row, text, time_units, "a time; digits with s, m, h, d or w are meant, such as 5m",
	                   field, complaint);
}

static enum result fill_count(const struct setting *row, struct slice text, void *field, struct buffer *complaint)
{
	return fill_number(row, text, no_units, "a number; plain digits are meant", field, complaint);
}

static enum result fill_flag(const struct setting *row, struct slice text, void *field, struct buffer *complaint)
{
	static const struct { struct slice word; bool on; } words[] = {
		{ LIT("yes"), true }, { LIT("true"), true }, { LIT("on"), true },
		{ LIT("no"), false }, { LIT("false"), false }, { LIT("off"), false },
	};

	(void)row;
	for (size_t i = 0; i < COUNT_OF(words); i++)
		if (slice_same_nocase(text, words[i].word)) {
			*(struct flag *)field = (struct flag){ words[i].on };
			return OK;
		}
	say(complaint, "neither yes nor no");
	return REFUSED;
}

static enum result fill_choice(const struct setting *row, struct slice text, void *field, struct buffer *complaint)
{
	struct slice rest = slice_of(row->most);
	unsigned place = 0;

	while (rest.len) {
		if (slice_same_nocase(slice_cut(&rest, ' '), text)) {
			*(struct choice *)field = (struct choice){ place };
			return OK;
		}
		place++;
	}
	say(complaint, "not one of: %s", row->most);
	return REFUSED;
}

static enum result fill_text(const struct setting *row, struct slice text, void *field, struct buffer *complaint)
{
	(void)row;
	(void)complaint;
	*(struct slice *)field = text;
	return OK;
}

_Static_assert(sizeof(struct text) == sizeof(struct slice) && sizeof(struct path) == sizeof(struct slice),
               "texts, paths and items of lists are filled alike");

static const struct kind {
	const char *name;
	enum result (*fill)(const struct setting *row, struct slice text, void *field, struct buffer *complaint);
} kinds[] = {
	[SETTING_bytes]   = { "bytes",      fill_bytes },
	[SETTING_seconds] = { "time",       fill_seconds },
	[SETTING_count]   = { "number",     fill_count },
	[SETTING_flag]    = { "yes or no",  fill_flag },
	[SETTING_choice]  = { "one of",     fill_choice },
	[SETTING_text]    = { "text",       fill_text },
	[SETTING_path]    = { "path",       fill_text },
	[SETTING_list]    = { "list",       fill_text },
};

enum result setting_parse(const struct setting *row, struct slice text, void *field, struct buffer *complaint)
{
	if (text.len > SETTINGS_VALUE_LONGEST) {
		say(complaint, "too long");
		return REFUSED;
	}
	return kinds[row->kind].fill(row, text, field, complaint);
}

struct slice setting_name(const struct setting *row)
{
	struct slice name = slice_of(row->name);

	if (name.len && name.at[name.len - 1] == '_')
		name.len--;
	return name;
}

struct slice setting_next_item(struct slice *rest)
{
	struct slice item = { 0 };

	while (rest->len && item.len == 0)
		item = slice_trim(slice_cut(rest, ','));
	return item;
}

/* ---- the nearest known name ---- */

enum { NAME_LONGEST = 64 };

static size_t smallest(size_t a, size_t b, size_t c)
{
	size_t two = a < b ? a : b;

	return two < c ? two : c;
}

/* Levenshtein's distance, one row of his table at a time. Both are at most NAME_LONGEST. */
static size_t distance(struct slice a, struct slice b)
{
	size_t row[NAME_LONGEST + 1];

	for (size_t j = 0; j <= b.len; j++)
		row[j] = j;
	for (size_t i = 0; i < a.len; i++) {
		size_t diagonal = row[0];

		row[0] = i + 1;
		for (size_t j = 0; j < b.len; j++) {
			size_t above = row[j + 1];

			row[j + 1] = smallest(above + 1, row[j] + 1,
			                      diagonal + (byte_lower(a.at[i]) != byte_lower(b.at[j])));
			diagonal = above;
		}
	}
	return row[b.len];
}

const char *settings_nearest(struct slice wrong, const char *const *known, size_t count)
{
	const char *nearest = NULL;
	size_t best = SIZE_MAX;

	if (wrong.len > NAME_LONGEST)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		struct slice name = slice_of(known[i]);
		size_t longer = name.len > wrong.len ? name.len : wrong.len;
		size_t far = name.len > NAME_LONGEST ? SIZE_MAX : distance(wrong, name);

		if (far <= longer / 3 && far < best) {
			best = far;
			nearest = known[i];
		}
	}
	return nearest;
}

/* ---- for people ---- */

static enum result describe_bounds(const struct setting *row, struct buffer *to)
{
	if (row->kind == SETTING_choice)
		return buffer_format(to, " %s", row->most);
	if (*row->least && *row->most)
		return buffer_format(to, ", %s to %s", row->least, row->most);
	if (*row->least)
		return buffer_format(to, ", at least %s", row->least);
	return *row->most ? buffer_format(to, ", at most %s", row->most) : OK;
}

static enum result describe_row(const struct setting *row, const char *indent, struct buffer *to)
{
	struct slice name = setting_name(row);
	bool listed = row->kind == SETTING_list,
	     quoted = listed || row->kind == SETTING_text || row->kind == SETTING_path;
	struct slice rest = slice_of(row->standard);

	TRY(buffer_format(to, "%s# %s (%s", indent, row->about, kinds[row->kind].name));
	TRY(describe_bounds(row, to));
	TRY(buffer_format(to, ")\n%s%.*s = ", indent, SHOW(name)));
	if (!listed)
		return buffer_format(to, quoted ? "\"%s\"\n" : "%s\n", row->standard);
	TRY(buffer_add_byte(to, '{'));
	for (const char *between = ""; rest.len; between = ", ") {
		struct slice item = setting_next_item(&rest);

		if (item.len)
			TRY(buffer_format(to, "%s\"%.*s\"", between, SHOW(item)));
	}
	return buffer_add(to, SLICE("}\n"));
}

enum result settings_describe(const struct settings_section *section, struct buffer *to)
{
	bool top = *section->name == '\0';

	TRY(buffer_format(to, "# %s\n", section->about));
	if (!top)
		TRY(buffer_format(to, "%s%s {\n", section->name, section->titled ? " \"TITLE\"" : ""));
	for (size_t i = 0; i < section->row_count; i++)
		TRY(describe_row(&section->rows[i], top ? "" : "\t", to));
	return buffer_add(to, top ? SLICE("\n") : SLICE("}\n\n"));
}
