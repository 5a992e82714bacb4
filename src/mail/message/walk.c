/* SPDX-License-Identifier: Apache-2.0 */
/* The multiparts that are open stand on a stack as deep as the limit, so a stranger's nesting costs neither our stack
 * nor a second pass; a line is compared with boundaries only where it begins with `--`, or nearly. */
#include "mail/message/walk.h"

#include <string.h>

enum { HIDDEN_SEARCHED = 1 << 18, LINE_STEPS = 8 };

enum result walk_limit(struct walk *walk, const char *limit)
{
	walk->view->limit = limit;
	return LATER;
}

enum result walk_may_go_on(struct walk *walk)
{
	return walk->view->steps <= walk->view->steps_most ? OK : walk_limit(walk, "work");
}

void walk_note(struct walk *walk, struct part *part, uint64_t ambiguities)
{
	if (part)
		part->ambiguities |= ambiguities;
	walk->view->ambiguities |= ambiguities;
}

enum result walk_add(struct walk *walk, struct part *parent, struct part **ret_part)
{
	struct part *part;

	TRY(walk_may_go_on(walk));
	if (walk->view->count >= walk->reader->limits->parts)
		return walk_limit(walk, "parts");
	if (parent && parent->depth + 1 > walk->reader->limits->depth)
		return walk_limit(walk, "depth");
	part = arena_new(walk->reader->arena, struct part);
	if (part == NULL)
		return walk_limit(walk, "memory");
	part->parent = parent;
	part->depth = parent ? parent->depth + 1 : 0;
	part->number = parent ? ++parent->children : 1;
	part->reading = walk->reading;
	if (walk->last)
		walk->last->next = part;
	else
		walk->first = part;
	walk->last = part;
	walk->view->count++;
	*ret_part = part;
	return OK;
}

/* ---- ends ---- */

static void end_part(struct part *part, const char *end)
{
	part->bytes.len = end > part->bytes.at ? (size_t)(end - part->bytes.at) : 0;
	part->body.len = end > part->body.at ? (size_t)(end - part->body.at) : 0;
}

/* Ends the current part and those around it, up to but not `until`. The line end before a boundary is the
 * boundary's. */
static void end_parts(struct walk *walk, const struct part *until, size_t end)
{
	if (end && walk->bytes.at[end - 1] == '\n')
		end -= end > 1 && walk->bytes.at[end - 2] == '\r' ? 2 : 1;
	for (struct part *part = walk->current; part && part != until && part != walk->base; part = part->parent)
		end_part(part, walk->bytes.at + end);
}

/* ---- header fields ---- */

/* They end at a blank line, or where a boundary stands. */
static size_t header_block(struct walk *walk)
{
	struct slice rest = slice_drop(walk->bytes, walk->at);
	size_t length = 0, level, most = walk->reader->limits->header_bytes + 2;        /* to the next boundary, so they add up */

	while (rest.len && length <= most) {
		size_t before = rest.len;
		struct slice line = field_line(&rest);

		if (walk->depth && line.len > 1 && line.at[0] == '-' && walk_line(walk, line, &level) != LINE_OTHER)
			break;
		length += before - rest.len;
		if (line.len == 0)
			break;
	}
	return length;
}

static bool is_mime_name(struct slice name)
{
	return slice_begins_nocase(name, SLICE("Content")) || slice_begins_nocase(name, SLICE("MIME"));
}

/* Behind a line that is no field, would a reader who goes on find fields of MIME, in lines of LF or of CR? Nobody's header is
 * longer. */
static bool hides_fields(struct walk *walk, struct slice rest)
{
	rest = slice_take(&rest, HIDDEN_SEARCHED);
	while (rest.len) {
		struct slice line = field_line(&rest);

		walk_spend(walk, line.len / 4 + LINE_STEPS);
		if (line.len == 0)
			return false;
		while (line.len) {
			struct slice piece = slice_cut(&line, '\r');

			while (piece.len && !byte_is_letter(piece.at[0]))
				piece = slice_drop(piece, 1);
			if (slice_begins_nocase(piece, SLICE("Content-")) || slice_begins_nocase(piece, SLICE("Content ")))
				return true;
		}
	}
	return false;
}

static bool same_letters(struct slice one, struct slice other)
{
	for (;;) {
		while (one.len && !byte_is_letter(one.at[0]))
			one = slice_drop(one, 1);
		while (other.len && !byte_is_letter(other.at[0]))
			other = slice_drop(other, 1);
		if (one.len == 0 || other.len == 0 || byte_lower(one.at[0]) != byte_lower(other.at[0]))
			return one.len == 0 && other.len == 0;
		one = slice_drop(one, 1);
		other = slice_drop(other, 1);
	}
}

/* "Content_Type", "ContentDisposition": the field itself, to whoever looks at letters alone. */
static const struct slice fields_of_mime[] = { LIT("Content-Type"), LIT("Content-Transfer-Encoding"), LIT("Content-Disposition") };

bool walk_names_mime(struct slice name)
{
	for (size_t i = 0; i < COUNT_OF(fields_of_mime) && slice_begins_nocase(name, SLICE("Con")); i++)
		if (same_letters(name, fields_of_mime[i]))
			return true;
	return false;
}

static bool is_nearly_mime(struct slice name)
{
	for (size_t i = 0; i < COUNT_OF(fields_of_mime); i++)
		if (slice_same_nocase(name, fields_of_mime[i]))
			return false;
	return walk_names_mime(name);
}

static void note_fields(struct walk *walk, struct part *part)
{
	for (size_t i = 0; i < part->headers.count; i++) {
		const struct header *header = &part->headers.list[i];

		if (header->marks & FIELD_BLANK)
			walk_note(walk, part, AMBIGUITY_BIT(field_blank));
		if (header->marks & FIELD_SPACED && is_mime_name(header->name))
			walk_note(walk, part, AMBIGUITY_BIT(field_spaced));
		if (is_nearly_mime(header->name))
			walk_note(walk, part, AMBIGUITY_BIT(field_name));
		if (header->marks & FIELD_CONTROL)
			walk_note(walk, part, AMBIGUITY_BIT(field_control));
		if (header->marks & FIELD_WITHIN)
			walk_note(walk, part, AMBIGUITY_BIT(field_line));
	}
}

/* "From somebody time", as an mbox has it, is passed over by everybody. */
static size_t envelope_line(struct slice bytes)
{
	struct slice rest = bytes;

	if (!slice_begins(bytes, SLICE("From ")) && !slice_begins(bytes, SLICE(">From ")))
		return 0;
	(void)field_line(&rest);
	return bytes.len - rest.len;
}

static size_t blank_lines(struct slice bytes)
{
	size_t length = 0;

	while (length < bytes.len && field_is_space(bytes.at[length]))
		length++;
	return length;
}

/* Blank lines before the first field end the fields; a lenient reader passes over them. */
static void pass_blank_lines(struct walk *walk, struct part *part)
{
	struct slice rest = slice_drop(walk->bytes, walk->at), behind = slice_drop(rest, blank_lines(rest));

	if (behind.len == rest.len || !(rest.at[0] == '\r' || rest.at[0] == '\n') || !field_begins(behind) ||
	    !hides_fields(walk, behind))
		return;
	walk_note(walk, part, AMBIGUITY_BIT(field_line));
	if (walk->reading == READING_LENIENT)
		walk->at += rest.len - behind.len;
}

static enum result read_fields(struct walk *walk, struct part *part)
{
	struct slice block;
	enum result result;

	if (part->parent == NULL || part_is_message(part->parent))
		walk->at += envelope_line(slice_drop(walk->bytes, walk->at));
	pass_blank_lines(walk, part);
	block = (struct slice){ walk->bytes.at + walk->at, header_block(walk) };
	result = headers_read(block, walk->reader->limits, walk->reading == READING_LENIENT, walk->reader->arena,
	                      &part->headers);
	if (result == LATER)
		return walk_limit(walk, part->headers.limit);
	TRY(result);
	if (part->headers.broken && hides_fields(walk, part->headers.rest))
		walk_note(walk, part, AMBIGUITY_BIT(field_line));
	note_fields(walk, part);
	walk->at += block.len - part->headers.rest.len;
	part->body = (struct slice){ walk->bytes.at + walk->at, walk->bytes.len - walk->at };
	return OK;
}

/* ---- parts ---- */

/* Multiparts that ended and are opened again stand on it too, so it may be full before the parts are too deep. */
static enum result push(struct walk *walk, struct part *part)
{
	if (walk->depth > walk->reader->limits->depth)
		return walk_limit(walk, "depth");
	walk_open(walk, part, part->boundary, false);
	return OK;
}

static enum result open_multipart(struct walk *walk, struct part *part)
{
	if (walk->reading == READING_LENIENT && !boundary_comes(walk, part->body, part->boundary))
		part->boundary = boundary_guess(walk, part->body);
	if (part->boundary.len == 0) {
		walk_note(walk, part, AMBIGUITY_BIT(boundary_none));
		return OK;
	}
	if (part->boundary.len > walk->reader->limits->boundary)
		return walk_limit(walk, "boundary");
	for (size_t level = 0; level < walk->depth; level++)
		if (slice_same(walk->open[level].boundary, part->boundary))
			walk_note(walk, part, AMBIGUITY_BIT(boundary_levels));
	return push(walk, part);
}

/* "message/x", "text/rfc822": no message to us, and one to others. The headers alone of one are what they say. */
static bool is_like_message(struct walk *walk, const struct part *part)
{
	struct slice rest = part->body;

	if (part_is_message(part) || !(slice_begins(part->type, SLICE("message/")) || slice_ends_nocase(part->type, SLICE("/rfc822")) ||
	                               slice_same(part->type, SLICE("text/rfc822-headers"))))
		return false;
	if (slice_begins(part->type, SLICE("text/rfc822-headers")))
		while (rest.len && rest.at[0] != '\r' && rest.at[0] != '\n')
			(void)field_line(&rest);
	return rest.len && hides_fields(walk, part->body);
}

/* A part begins here; when it is a message in itself, another begins at its body at once. */
static enum result begin_part(struct walk *walk, struct part *parent)
{
	struct part *part;

	do {
		TRY(walk_add(walk, parent, &part));
		walk->current = part;
		part->bytes = (struct slice){ walk->bytes.at + walk->at, walk->bytes.len - walk->at };
		TRY(read_fields(walk, part));
		TRY(content_read(walk, part));
		if (part_is_multipart(part))
			return open_multipart(walk, part);
		if (part->boundary.len && walk->reading == READING_LENIENT)
			return open_multipart(walk, part);
		if (part->boundary.len)
			walk_remember(walk, part, part->boundary, true);
		if (is_like_message(walk, part))
			walk_note(walk, part, AMBIGUITY_BIT(message_kind));
		part->many = part_is_message(part) && (part->encoding == ENCODING_IDENTITY || part->encoding == ENCODING_UNKNOWN);
		parent = part;
	} while (part->many);
	return OK;
}

/* A multipart whose boundary never came is a text; where a lenient reader would guess another, it is read again. */
static void leave_multipart(struct walk *walk, const struct open_part *open)
{
	open->part->many = open->met;
	if (!open->met)
		walk_note(walk, open->part, AMBIGUITY_BIT(boundary_missing));
}

static void pop_to(struct walk *walk, size_t depth)
{
	while (walk->depth > depth) {
		const struct open_part *open = &walk->open[--walk->depth];

		leave_multipart(walk, open);
		if (open->met)
			walk_remember(walk, open->part, open->boundary, false);
	}
}

/* What stands before the first boundary of a multipart, and behind its last one up to the next of those around it. */
static struct slice before_boundary(const struct walk *walk, const struct part *part, size_t line_at)
{
	const char *from = part == walk->base ? walk->bytes.at : part->body.at, *to = walk->bytes.at + line_at;

	return to > from ? (struct slice){ from, (size_t)(to - from) } : SLICE("");
}

static void end_behind(struct walk *walk, size_t line_at)
{
	if (walk->closing)
		walk->closing->behind.len = (size_t)(walk->bytes.at + line_at - walk->closing->behind.at);
	walk->closing = NULL;
}

static enum result obey_line(struct walk *walk, enum line_kind kind, size_t level, size_t line_at)
{
	struct part *part = walk->open[level].part;

	end_parts(walk, part, line_at);
	walk->current = part;
	end_behind(walk, line_at);
	if (!walk->open[level].met)
		part->before = before_boundary(walk, part, line_at);
	walk->open[level].met = true;
	pop_to(walk, level + 1);
	if (kind == LINE_NEXT)
		return begin_part(walk, part);
	walk->closing = part;
	part->behind = (struct slice){ walk->bytes.at + walk->at, 0 };
	if (field_begins(slice_drop(walk->bytes, walk->at)) && hides_fields(walk, slice_drop(walk->bytes, walk->at)))
		walk_note(walk, part, AMBIGUITY_BIT(boundary_again));
	pop_to(walk, level);
	return OK;
}

static enum result next_line(struct walk *walk)
{
	struct slice rest = slice_drop(walk->bytes, walk->at);
	size_t before = walk->at, level = 0;
	struct slice line = field_line(&rest);
	enum line_kind kind = walk_line(walk, line, &level);

	walk->at = walk->bytes.len - rest.len;
	walk_spend(walk, line.len / 4 + LINE_STEPS);
	TRY(walk_may_go_on(walk));
	return kind == LINE_OTHER ? OK : obey_line(walk, kind, level, before);
}

/* The decoded body of a multipart begins with its preamble, everything else with header fields. */
static enum result begin(struct walk *walk)
{
	struct part *base = walk->base;

	if (base == NULL || !part_is_multipart(base))
		return begin_part(walk, base);
	return base->boundary.len ? push(walk, base) : OK;
}

enum result walk_message(struct walk *walk)
{
	TRY(begin(walk));
	while (walk->at < walk->bytes.len && (walk->depth || walk->closed_count))
		TRY(next_line(walk));
	end_behind(walk, walk->bytes.len);
	for (struct part *part = walk->current; part && part != walk->base; part = part->parent)
		end_part(part, walk->bytes.at + walk->bytes.len);
	pop_to(walk, 0);
	return OK;
}
