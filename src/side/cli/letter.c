/* SPDX-License-Identifier: Apache-2.0 */
/* An address list is read once from the left; what a byte means depends on where we are: in a word, in quotes,
 * in a comment or between < and >. */
#include "cli/letter.h"

struct reader {
	struct slice rest;
	struct arena *arena;
	struct recipients *to;
	char word[LETTER_ADDRESS];           /* the address so far */
	size_t length;
	bool angle, closed;                  /* inside < >; behind it */
	bool gap;                            /* a space came after something of the word */
};

static enum result put(struct reader *reader, char byte)
{
	if (reader->length == LETTER_ADDRESS)
		return REFUSED;
	reader->word[reader->length++] = byte;
	return OK;
}

static bool has_edge_mark(const struct reader *reader)
{
	char last = reader->length > 0 ? reader->word[reader->length - 1] : '\0';

	return last == '@' || last == '.';
}

/* A list's end, a comma or the end of a group: what was gathered is an address, or nothing. */
static enum result finish_one(struct reader *reader)
{
	struct slice word = { reader->word, reader->length };

	if (reader->angle || (reader->gap && !reader->closed))
		return REFUSED;
	reader->closed = reader->gap = false;
	reader->length = 0;
	if (word.len == 0)
		return OK;
	if (reader->to->count == LETTER_RECIPIENTS)
		return LATER;
	TRY(arena_keep(reader->arena, word, &reader->to->list[reader->to->count]));
	reader->to->count++;
	return OK;
}

static enum result skip_comment(struct reader *reader)
{
	unsigned depth = 1;

	while (reader->rest.len > 0) {
		char byte = slice_take(&reader->rest, 1).at[0];

		if (byte == '\\')
			(void)slice_take(&reader->rest, 1);
		depth += byte == '(';
		depth -= byte == ')';
		if (depth == 0)
			return OK;
	}
	return REFUSED;
}

static enum result take_quoted(struct reader *reader)
{
	TRY(put(reader, '"'));
	while (reader->rest.len > 0) {
		char byte = slice_take(&reader->rest, 1).at[0];

		TRY(put(reader, byte));
		if (byte == '"')
			return OK;
		if (byte == '\\' && reader->rest.len > 0)
			TRY(put(reader, slice_take(&reader->rest, 1).at[0]));
	}
	return REFUSED;
}

static enum result open_angle(struct reader *reader)
{
	if (reader->angle || reader->closed)
		return REFUSED;
	reader->length = 0;                  /* what came before was a name */
	reader->gap = false;
	reader->angle = true;
	return OK;
}

static enum result close_angle(struct reader *reader)
{
	if (!reader->angle)
		return REFUSED;
	reader->angle = false;
	reader->closed = true;
	return OK;
}

static enum result end_address(struct reader *reader)
{
	if (!reader->angle)
		return finish_one(reader);
	reader->length = 0;                  /* <@a,@b:c@d>: the route is dropped */
	return OK;
}

/* "group: a, b;" outside, "@a:b@c" inside: what came before does not count. */
static enum result take_colon(struct reader *reader)
{
	reader->length = 0;
	reader->gap = false;
	return OK;
}

static const struct { char byte; enum result (*take)(struct reader *); } marks[] = {
	{ '(', skip_comment }, { '"', take_quoted }, { '<', open_angle }, { '>', close_angle },
	{ ',', end_address },  { ';', end_address }, { ':', take_colon },
};

static bool is_blank(char byte)
{
	return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

static enum result take_plain(struct reader *reader, char byte)
{
	if ((unsigned char)byte < 0x20 || byte == 0x7f || reader->closed)
		return REFUSED;
	return put(reader, byte);
}

/* A display name may have gaps; an address may not, but around "@" and ".". */
static void note_gap(struct reader *reader)
{
	char next = reader->rest.len > 0 ? reader->rest.at[0] : ' ';

	if (reader->length > 0 && !reader->closed && !has_edge_mark(reader) && !is_blank(next)
	    && !slice_has(SLICE("@.,;<>(:"), next))
		reader->gap = true;
}

static enum result take_byte(struct reader *reader)
{
	char byte = slice_take(&reader->rest, 1).at[0];

	for (size_t i = 0; i < COUNT_OF(marks); i++)
		if (byte == marks[i].byte)
			return marks[i].take(reader);
	if (!is_blank(byte))
		return take_plain(reader, byte);
	note_gap(reader);
	return OK;
}

enum result letter_addresses(struct slice value, struct arena *arena, struct recipients *to)
{
	struct reader reader = { .rest = value, .arena = arena, .to = to };

	while (reader.rest.len > 0)
		TRY(take_byte(&reader));
	return finish_one(&reader);
}

/* One field with its folded lines, cut off the front; empty at the end of the head. */
static struct slice next_field(struct slice *rest)
{
	struct slice whole = *rest;
	size_t length = 0;

	do {
		struct slice line = slice_cut(rest, '\n');

		length = line.len + (size_t)(line.at - whole.at);
		length += length < whole.len;
	} while (rest->len > 0 && (rest->at[0] == ' ' || rest->at[0] == '\t'));
	return (struct slice){ whole.at, length };
}

static bool is_field(struct slice field, struct slice name)
{
	struct slice rest = field, own = slice_cut(&rest, ':');

	return own.len < field.len && slice_same_nocase(slice_trim(own), name);
}

static struct slice field_value(struct slice field)
{
	(void)slice_cut(&field, ':');
	return field;
}

static bool ends_head(struct slice rest)
{
	return rest.len == 0 || rest.at[0] == '\n' || slice_begins(rest, SLICE("\r\n"));
}

/* A line without a colon ends the head too: what follows is text that came without one. */
static bool begins_field(struct slice rest)
{
	bool blank = is_blank(rest.at[0]);
	struct slice name = slice_trim(slice_cut(&rest, ':'));

	for (size_t i = 0; i < name.len; i++)
		if ((unsigned char)name.at[i] <= ' ' || name.at[i] == 0x7f)
			return false;
	return name.len > 0 && !blank;
}

struct letter letter_look(struct slice message)
{
	struct letter letter = { 0 };
	struct slice rest = message;

	while (!ends_head(rest) && begins_field(rest)) {
		struct slice field = next_field(&rest);

		letter.has_from |= is_field(field, SLICE("From"));
		letter.has_date |= is_field(field, SLICE("Date"));
		letter.has_id |= is_field(field, SLICE("Message-ID"));
	}
	letter.head = slice_take(&message, message.len - rest.len);
	letter.body = rest;
	return letter;
}

enum result letter_recipients(const struct letter *letter, struct arena *arena, struct recipients *to)
{
	static const struct slice names[] = { LIT("To"), LIT("Cc"), LIT("Bcc") };
	struct slice rest = letter->head;

	while (rest.len > 0) {
		struct slice field = next_field(&rest);

		for (size_t i = 0; i < COUNT_OF(names); i++)
			if (is_field(field, names[i]))
				TRY(letter_addresses(field_value(field), arena, to));
	}
	return OK;
}

enum result letter_head(const struct letter *letter, struct buffer *to)
{
	struct slice rest = letter->head;

	while (rest.len > 0) {
		struct slice field = next_field(&rest);

		if (!is_field(field, SLICE("Bcc")))
			TRY(buffer_add(to, field));
	}
	return OK;
}
