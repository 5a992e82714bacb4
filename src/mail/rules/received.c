/* SPDX-License-Identifier: Apache-2.0 */
/* Blanks become one, the date goes; what any line may tell is looked for first, then the rows are tried in their order.
 * What a row needs besides its shape is found out once for a line. */
#include "mail/rules/received.h"

#include "mail/rules/reading.h"
#include "mail/rules/received_parts.h"

struct reading {
	struct shape_line line;
	struct shape_found found;
	enum received_maker maker;
	unsigned asked, met;             /* needs, as bits */
	bool looked_up;
	struct arena *arena;
};

static const struct slice no_text = LIT("");

/* ---- the line ---- */

static enum result plain_blanks(struct slice text, struct arena *arena, struct slice *ret_line)
{
	char *out = arena_take(arena, text.len + 1);
	struct slice line = { out, 0 };

	if (out == NULL)
		return LATER;
	for (size_t i = 0; i < text.len; i++)
		if (!rules_is_space(text.at[i]))
			out[line.len++] = text.at[i];
		else if (line.len == 0 || out[line.len - 1] != ' ')
			out[line.len++] = ' ';
	if (line.len && out[line.len - 1] == ' ')
		line.len--;
	if (line.len && out[0] == ' ')
		line = slice_drop(line, 1);
	while (line.len && line.at[line.len - 1] == ';') {
		line.len--;
		if (line.len && line.at[line.len - 1] == ' ')
			line.len--;
	}
	*ret_line = line;
	return OK;
}

static void cut_date(struct reading *reading)
{
	struct shape_found date = { 0 };

	if (shape_match("%;%(%Y, %)%# %M %# %#:%#%(:%#%) %w%$", &reading->line, &date))
		reading->line.text.len = date.begin;
}

/* "x)by y" is "x) by y", in the first place. */
static enum result part_by(struct reading *reading)
{
	struct shape_found found = { 0 };
	struct slice text = reading->line.text;
	char *out;

	if (!shape_match(")by ", &reading->line, &found))
		return OK;
	out = arena_take(reading->arena, text.len + 2);
	if (out == NULL)
		return LATER;
	memcpy(out, text.at, found.begin + 1);
	out[found.begin + 1] = ' ';
	memcpy(out + found.begin + 2, text.at + found.begin + 1, text.len - found.begin - 1);
	reading->line.text = (struct slice){ out, text.len + 1 };
	return OK;
}

/* "[192.0.2.1]", or what looks like it. */
static bool is_bare_address(struct slice word)
{
	if (word.len < 3 || word.at[0] != '[' || word.at[word.len - 1] != ']')
		return false;
	for (size_t i = 1; i + 1 < word.len; i++)
		if (!byte_is_digit(word.at[i]) && word.at[i] != '.')
			return false;
	return true;
}

/* "from name by name;" */
static bool tells_names_alone(struct slice line)
{
	struct slice rest = line, word, other;
	size_t length = 0;

	if (!slice_begins_nocase(rest, SLICE("from ")))
		return false;
	(void)slice_take(&rest, 5);
	word = slice_cut(&rest, ' ');
	if (word.len == 0 || is_bare_address(word) || !slice_begins_nocase(rest, SLICE("by ")))
		return false;
	(void)slice_take(&rest, 3);
	while (length < rest.len && rest.at[length] != ' ' && rest.at[length] != ';')
		length++;
	other = slice_drop(rest, length);
	return length && (slice_begins(other, SLICE(";")) || slice_begins(other, SLICE(" ;")));
}

static bool tells_nothing(struct reading *reading)
{
	struct slice line = reading->line.text;
	struct shape_found found = { 0 };

	if (!slice_begins_nocase(line, SLICE("from ")) && !slice_begins_nocase(line, SLICE("(from ")))
		return true;
	return shape_match("%Bwith local for%B", &reading->line, &found) || tells_names_alone(line);
}

/* ---- rows ---- */

static bool meets(struct reading *reading, enum received_need need)
{
	const struct received_condition *condition = &received_conditions[need];
	struct shape_found found = { 0 };

	if (need == NEEDS_NOTHING)
		return true;
	if (!(reading->asked & 1u << need)) {
		reading->asked |= 1u << need;
		if (shape_match(condition->shape, &reading->line, &found) != condition->absent)
			reading->met |= 1u << need;
	}
	return reading->met & 1u << need;
}

static struct slice *field(struct reading *reading, enum shape_field which)
{
	return &reading->found.field[which];
}

/* helo=… and ident=… in a comment, which may hold others. */
static void read_comment(struct reading *reading)
{
	struct shape_line comment = { *field(reading, FIELD_COMMENT), SHAPE_STEPS };
	struct shape_found found = { 0 };

	if (shape_match("helo=%h", &comment, &found))
		*field(reading, FIELD_HELO) = found.field[FIELD_HELO];
	if (shape_match("ident=%D", &comment, &found))
		*field(reading, FIELD_IDENT) = found.field[FIELD_IDENT];
}

static void read_ident(struct reading *reading)
{
	struct slice *name = field(reading, FIELD_RDNS), rest = *name;

	if (slice_begins(rest, SLICE("IDENT:")) && slice_has(rest, '@')) {
		(void)slice_take(&rest, 6);
		*field(reading, FIELD_IDENT) = slice_cut(&rest, '@');
		*name = rest;
	}
	if (slice_has(rest, '@')) {
		*field(reading, FIELD_IDENT) = slice_cut(&rest, '@');
		*name = rest;
	}
}

static void read_xmail(struct reading *reading)
{
	struct shape_found found = { 0 };

	if (shape_match(" id <{n%w}>", &reading->line, &found))
		*field(reading, FIELD_ID) = found.field[FIELD_ID];
	if (shape_match(" from <{f%w}>", &reading->line, &found)) {
		*field(reading, FIELD_SENDER) = found.field[FIELD_SENDER];
		reading->found.there |= 1u << FIELD_SENDER;
	}
}

static void apply_flags(struct reading *reading, unsigned flags)
{
	struct slice *name = field(reading, FIELD_RDNS);

	if (flags & SAME_NAME)
		*field(reading, FIELD_HELO) = *name;
	if (flags & IN_COMMENT)
		read_comment(reading);
	if (flags & IDENT_IN_NAME)
		read_ident(reading);
	if (flags & XMAIL_FIELDS)
		read_xmail(reading);
	if (flags & NO_ID)
		*field(reading, FIELD_ID) = no_text;
	if (flags & NO_HELO)
		*field(reading, FIELD_HELO) = no_text;
	reading->looked_up = flags & LOOKED_UP || (flags & LOOKED_UP_UNLESS_UNKNOWN && !slice_same(*name, SLICE("unknown"))) ||
	                     (flags & LOOKED_UP_UNLESS_LOUD && !slice_same(*name, SLICE("UNKNOWN")));
}

static bool applies(struct reading *reading, const struct received_row *row)
{
	if (row->maker != BY_ANYBODY && row->maker != reading->maker)
		return false;
	if (row->flags & IF_NO_HELO && field(reading, FIELD_HELO)->len)
		return false;
	if (row->flags & IF_NO_IP && field(reading, FIELD_IP)->len)
		return false;
	return meets(reading, row->needs) && shape_match(row->shape, &reading->line, &reading->found);
}

static const struct received_row *try_rows(struct reading *reading, const struct received_rows *rows)
{
	for (size_t i = 0; i < rows->count; i++) {
		const struct received_row *row = &rows->list[i];

		if (!applies(reading, row) || row->end == END_KEEP || (row->end == END_WITH_IP && field(reading, FIELD_IP)->len == 0))
			continue;
		apply_flags(reading, row->flags);
		return row;
	}
	return NULL;
}

static void find_maker(struct reading *reading)
{
	struct shape_found found = { 0 };

	for (size_t i = 0; i < received_makers.count; i++)
		if (shape_match(received_makers.list[i].shape, &reading->line, &found)) {
			reading->maker = (enum received_maker)received_makers.list[i].means;
			return;
		}
}

/* ---- what comes of it ---- */

static enum result tell_relay(struct reading *reading, struct relay *ret_relay)
{
	struct relay relay = { .id = *field(reading, FIELD_ID), .auth = *field(reading, FIELD_AUTH) };
	struct slice by = *field(reading, FIELD_BY);

	if (by.len && by.at[by.len - 1] == ';')
		by.len--;
	TRY(received_clean(received_ip(*field(reading, FIELD_IP)), reading->arena, &relay.ip));
	TRY(received_clean(received_name(*field(reading, FIELD_RDNS)), reading->arena, &relay.rdns));
	TRY(received_clean(*field(reading, FIELD_HELO), reading->arena, &relay.helo));
	TRY(received_clean(by, reading->arena, &relay.by));
	TRY(received_clean(*field(reading, FIELD_IDENT), reading->arena, &relay.ident));
	TRY(received_clean(received_sender(*field(reading, FIELD_SENDER)), reading->arena, &relay.envfrom));
	relay.has_envfrom = reading->found.there & 1u << FIELD_SENDER;
	relay.no_rdns = reading->looked_up && relay.rdns.len == 0;
	relay.private = received_is_private(relay.ip);
	*ret_relay = relay;
	return OK;
}

static const struct received_row *find_row(struct reading *reading)
{
	static const struct { struct slice begin; const struct received_rows *rows; } ways[] = {
		{ LIT("from "), &received_from }, { LIT("FROM "), &received_from_upper }, { LIT("(from "), &received_from_bracket },
	};

	for (size_t i = 0; i < COUNT_OF(ways); i++) {
		if (!slice_begins(reading->line.text, ways[i].begin))
			continue;
		reading->line.text = slice_drop(reading->line.text, ways[i].begin.len);
		if (ways[i].rows == &received_from) {
			if (received_find_sender(reading->line.text, field(reading, FIELD_SENDER)))
				reading->found.there |= 1u << FIELD_SENDER;
			find_maker(reading);
		}
		return try_rows(reading, ways[i].rows);
	}
	return NULL;
}

static enum result read_rows(struct reading *reading, enum received_is *ret_is, struct relay *ret_relay)
{
	static const enum received_is means[] = {
		[END_RELAY] = RECEIVED_RELAY, [END_KEEP] = RECEIVED_UNREAD, [END_WITH_IP] = RECEIVED_RELAY, [END_IGNORED] = RECEIVED_IGNORED,
		[END_FETCHED] = RECEIVED_FETCHED, [END_SCANNER] = RECEIVED_IGNORED,
	};
	const struct received_row *row;
	bool whole;

	(void)!try_rows(reading, &received_general);
	TRY(received_find_auth(&reading->line, reading->arena, field(reading, FIELD_AUTH)));
	row = find_row(reading);
	if (row == NULL)
		(void)!try_rows(reading, &received_last);
	whole = field(reading, FIELD_IP)->len && field(reading, FIELD_BY)->len;
	*ret_is = row ? means[row->end] : whole ? RECEIVED_RELAY : RECEIVED_UNREAD;
	if (row && row->end == END_IGNORED)
		reading->found.there = 0;
	return tell_relay(reading, ret_relay);
}

enum result received_read(struct slice line, struct arena *arena, enum received_is *ret_is, struct relay *ret_relay)
{
	struct reading reading = { .line = { .steps = SHAPE_STEPS }, .arena = arena };
	enum received_is is = RECEIVED_IGNORED;
	struct relay relay = { 0 };

	TRY(plain_blanks(line, arena, &reading.line.text));
	if (!tells_nothing(&reading)) {
		cut_date(&reading);
		TRY(part_by(&reading));
		TRY(read_rows(&reading, &is, &relay));
	}
	*ret_is = reading.line.steps ? is : RECEIVED_LIMIT;
	*ret_relay = relay;
	return OK;
}
