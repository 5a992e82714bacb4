/* SPDX-License-Identifier: Apache-2.0 */
/* What is wanted is noted beside the field or as a span; changes_write.c makes the list of it. */
#include "mail/message/changes.h"

#include <string.h>

enum { PART_TEXT_MOST = 4 << 20, NAMES_ASKED = 64 };

/* Where the fields end, and where the body begins. */
static void find_body(struct changes *changes)
{
	size_t at = changes->bytes.len - changes->headers.rest.len;
	const char *bytes = changes->bytes.at;

	changes->head_end = changes->body_start = at;
	if (changes->headers.broken || at == 0 || bytes[at - 1] != '\n')
		return;
	if (at == 1 || bytes[at - 2] == '\n')
		changes->head_end = at - 1;
	else if (bytes[at - 2] == '\r' && (at == 2 || bytes[at - 3] == '\n'))
		changes->head_end = at - 2;
}

static void find_fields(struct changes *changes)
{
	for (size_t i = 0; i < changes->headers.count; i++) {
		const struct header *next = i + 1 < changes->headers.count ? &changes->headers.list[i + 1] : NULL;

		changes->fields[i].from = (size_t)(changes->headers.list[i].name.at - changes->bytes.at);
		changes->fields[i].to = next ? (size_t)(next->name.at - changes->bytes.at) : changes->head_end;
	}
}

/* A head that is too large to be read stays as it is: changes go above it. */
enum result changes_begin(struct changes *changes, struct slice bytes, const struct message_view *view,
                          const struct message_limits *limits, struct arena *arena)
{
	*changes = (struct changes){ .bytes = bytes, .view = view, .arena = arena };
	changes->top_last = &changes->top;
	changes->parts_last = &changes->parts;
	changes->spans_last = &changes->spans;
	if (headers_read(bytes, limits, false, arena, &changes->headers) != OK)
		changes->headers = (struct headers){ .rest = bytes, .broken = true };
	changes->fields = arena_array(arena, struct field_change, changes->headers.count);
	if (changes->fields == NULL)
		return LATER;
	find_body(changes);
	find_fields(changes);
	return OK;
}

/* ---- fields ---- */

static bool is_one_line(struct slice text)
{
	return !slice_has(text, '\r') && !slice_has(text, '\n') && !slice_has(text, '\0');
}

static enum result add_top(struct changes *changes, struct slice name, struct slice between, struct slice value)
{
	struct changes_text *added = arena_new(changes->arena, struct changes_text);
	size_t length = name.len + between.len + value.len + 2;
	char *text = arena_take(changes->arena, length), *at = text;
	const struct slice pieces[] = { name, between, value, SLICE("\r\n") };

	if (added == NULL || text == NULL)
		return LATER;
	for (size_t i = 0; i < COUNT_OF(pieces); i++) {
		if (pieces[i].len)
			memcpy(at, pieces[i].at, pieces[i].len);
		at += pieces[i].len;
	}
	added->text = (struct slice){ text, length };
	*changes->top_last = added;
	changes->top_last = &added->next;
	return OK;
}

enum result changes_add_field(struct changes *changes, struct slice line)
{
	if (!is_one_line(line))
		return REFUSED;
	return add_top(changes, line, SLICE(""), SLICE(""));
}

/* The first that has not been removed; count when there is none. */
static size_t find_field(const struct changes *changes, struct slice name)
{
	size_t i = 0;

	while (i < changes->headers.count &&
	       (changes->fields[i].removed || !slice_same_nocase(changes->headers.list[i].name, name)))
		i++;
	return i;
}

enum result changes_put_before(struct changes *changes, struct slice name, struct slice text)
{
	size_t i = find_field(changes, name);

	if (!is_one_line(text))
		return REFUSED;
	if (i == changes->headers.count)
		return add_top(changes, name, SLICE(": "), text);
	if (changes->fields[i].before.len == 0)
		changes->fields[i].before = text;
	return OK;
}

enum result changes_set_field(struct changes *changes, struct slice name, struct slice value)
{
	size_t i = find_field(changes, name);

	if (!is_one_line(value))
		return REFUSED;
	if (i == changes->headers.count)
		return add_top(changes, name, SLICE(": "), value);
	if (changes->fields[i].replaced)
		return OK;
	changes->fields[i].replaced = true;
	changes->fields[i].value = value;
	for (i++; i < changes->headers.count; i++)
		changes->fields[i].removed |= slice_same_nocase(changes->headers.list[i].name, name);
	return OK;
}

void changes_remove_fields(struct changes *changes, struct slice name)
{
	for (size_t i = 0; i < changes->headers.count; i++)
		if (!changes->fields[i].replaced)
			changes->fields[i].removed |= slice_same_nocase(changes->headers.list[i].name, name);
}

/* ---- parts ---- */

static bool is_content_field(struct slice name)
{
	return slice_begins_nocase(name, SLICE("Content-"));
}

static enum result add_span(struct changes *changes, size_t from, size_t to, struct slice put)
{
	struct changes_span *span = arena_new(changes->arena, struct changes_span);

	if (span == NULL)
		return LATER;
	*span = (struct changes_span){ .from = from, .to = to, .put = put, .order = changes->span_count++ };
	*changes->spans_last = span;
	changes->spans_last = &span->next;
	return OK;
}

static bool stands_in_bytes(const struct changes *changes, const struct part *part)
{
	const struct slice *whole = &changes->bytes;

	return changes->view && part->within == NULL && !part->recoded && part->bytes.at >= whole->at &&
	       part->bytes.len <= whole->len && (size_t)(part->bytes.at - whole->at) <= whole->len - part->bytes.len;
}

static size_t start_of(const struct changes *changes, const struct part *part)
{
	return (size_t)(part->bytes.at - changes->bytes.at);
}

static size_t end_of(const struct changes *changes, const struct part *part)
{
	return start_of(changes, part) + part->bytes.len;
}

/* The part that is the message: its other fields stay. */
static enum result replace_root(struct changes *changes, struct slice whole)
{
	const char *blank = whole.len ? memmem(whole.at, whole.len, "\r\n\r\n", 4) : NULL;
	size_t head = blank ? (size_t)(blank - whole.at) + 2 : 0;

	if (changes->content.at == NULL)
		changes->content = (struct slice){ whole.at, head };
	return add_span(changes, changes->body_start, changes->bytes.len, slice_drop(whole, head + 2));
}

enum result changes_replace_part(struct changes *changes, const struct part *part, struct slice type, struct slice text)
{
	struct buffer written;
	struct slice whole;
	enum result result;

	if (!stands_in_bytes(changes, part) || !is_one_line(type))
		return REFUSED;
	buffer_init(&written, PART_TEXT_MOST);
	result = changes_write_part(&written, type, text);
	if (result == OK)
		result = arena_keep(changes->arena, buffer_slice(&written), &whole);
	buffer_finish(&written);
	TRY(result);
	if (part == changes->view->first)
		return replace_root(changes, whole);
	return add_span(changes, start_of(changes, part), end_of(changes, part), whole);
}

static bool is_sibling(const struct part *one, const struct part *other)
{
	return one->parent == other->parent && one->reading == other->reading && one != other && !other->recoded &&
	       other->within == NULL;
}

static const struct part *sibling(const struct changes *changes, const struct part *part, bool behind)
{
	const struct part *found = NULL;

	for (const struct part *other = changes->view->first; other; other = other->next) {
		if (!is_sibling(part, other) || !stands_in_bytes(changes, other) || (other->number > part->number) != behind)
			continue;
		if (found == NULL || (other->number < found->number) == behind)
			found = other;
	}
	return found;
}

/* The delimiter goes too: the one behind the first part, the one before any other. An only part leaves an empty text. */
enum result changes_remove_part(struct changes *changes, const struct part *part)
{
	const struct part *before, *behind;

	if (!stands_in_bytes(changes, part))
		return REFUSED;
	before = sibling(changes, part, false);
	behind = sibling(changes, part, true);
	if (part->parent && before)
		return add_span(changes, end_of(changes, before), end_of(changes, part), SLICE(""));
	if (part->parent && behind)
		return add_span(changes, start_of(changes, part), start_of(changes, behind), SLICE(""));
	return changes_replace_part(changes, part, SLICE("text/plain"), SLICE(""));
}

enum result changes_add_part(struct changes *changes, enum changes_place place, struct slice type, struct slice text)
{
	struct changes_part *added = arena_new(changes->arena, struct changes_part);

	if (added == NULL)
		return LATER;
	if (!is_one_line(type))
		return REFUSED;
	*added = (struct changes_part){ .place = place, .type = type, .text = text };
	*changes->parts_last = added;
	changes->parts_last = &added->next;
	return OK;
}

enum result changes_wrap(struct changes *changes, struct slice text)
{
	if (!changes->wrapped)
		changes->cover = text;
	changes->wrapped = true;
	return OK;
}

/* ---- what they break ---- */

static size_t count_fields(const struct changes *changes, struct slice name)
{
	size_t count = 0;

	for (size_t i = 0; i < changes->headers.count; i++)
		count += slice_same_nocase(changes->headers.list[i].name, name);
	return count;
}

/* One more field is covered only by a signature that names it more often than it was there. */
static bool breaks_by_adding(const struct changes *changes, struct slice line)
{
	struct slice name = field_trim(slice_cut(&line, ':'));

	return seals_cover(&changes->headers, name) > count_fields(changes, name);
}

static bool is_changed(const struct changes *changes, size_t i, bool content)
{
	const struct field_change *field = &changes->fields[i];

	return field->removed || field->replaced || field->before.len || (content && is_content_field(changes->headers.list[i].name));
}

/* Each name is looked for in all that signatures cover: of more than so many, one is taken to be there. */
static bool breaks_by_changing(const struct changes *changes, bool content)
{
	struct slice before = { 0 };
	size_t asked = 0;

	for (size_t i = 0; i < changes->headers.count; i++) {
		struct slice name = changes->headers.list[i].name;

		if (!is_changed(changes, i, content) || slice_same_nocase(name, before))
			continue;
		if (asked++ == NAMES_ASKED || seals_cover(&changes->headers, name))
			return true;
		before = name;
	}
	return false;
}

/* A message that becomes a part of another gets those that say what it is. */
static bool breaks_by_saying_what_it_is(const struct changes *changes)
{
	static const struct slice fields[] = { LIT("MIME-Version"), LIT("Content-Type"), LIT("Content-Transfer-Encoding") };

	for (size_t i = 0; i < COUNT_OF(fields); i++)
		if (count_fields(changes, fields[i]) == 0 && seals_cover(&changes->headers, fields[i]))
			return true;
	return false;
}

static bool breaks_header(const struct changes *changes)
{
	bool content = changes->parts || changes->content.at;

	for (const struct changes_text *text = changes->top; text; text = text->next)
		if (breaks_by_adding(changes, text->text))
			return true;
	return breaks_by_changing(changes, content) || (content && breaks_by_saying_what_it_is(changes));
}

static bool touches(const struct changes *changes, const struct part *part)
{
	size_t from = start_of(changes, part), to = end_of(changes, part);

	for (const struct changes_span *span = changes->spans; span; span = span->next)
		if (span->from < to && span->to > from)
			return true;
	return false;
}

unsigned changes_break(const struct changes *changes)
{
	bool dkim = seals_have_dkim(&changes->headers), body = changes->spans || changes->parts || changes->wrapped;
	unsigned broken = 0;

	if (dkim && (changes->wrapped || breaks_header(changes)))
		broken |= SEAL_DKIM_HEADER;
	if (dkim && body)
		broken |= SEAL_DKIM_BODY;
	for (const struct part *part = changes->view ? changes->view->first : NULL; part; part = part->next)
		if (stands_in_bytes(changes, part) && touches(changes, part))
			broken |= seal_of_part(part);
	return broken;
}
