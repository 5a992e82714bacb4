/* SPDX-License-Identifier: Apache-2.0 */
/* One pass over the lines. The multiparts that are open stand on a stack of PARTS_DEPTH, so a stranger's
 * nesting costs neither our stack nor a second pass; a line is compared with boundaries only behind `--`. */
#include "mail/message/parts.h"

#include "mail/message/fields.h"

#include <string.h>

struct walk {
	struct arena *arena;
	struct message_view view;
	struct slice bytes;                      /* of the whole message */
	size_t at;                               /* of the next line */
	struct part *current, *last;             /* whose body we are in; the newest of all */
	struct part *open[PARTS_DEPTH + 1];      /* multiparts with a boundary, outermost first */
	size_t depth;
};

static enum result hit(struct walk *walk, const char *limit)
{
	walk->view.limit = limit;
	return LATER;
}

static void note_ambiguity(struct walk *walk, const char *what)
{
	if (!walk->view.ambiguous)
		walk->view.ambiguity = what;
	walk->view.ambiguous = true;
}

/* ---- boundaries ---- */

enum line_kind { LINE_OTHER, LINE_NEXT, LINE_CLOSE };

static bool only_blank(struct slice text)
{
	return slice_trim(text).len == 0;
}

static enum line_kind compare_boundary(struct slice line, struct slice boundary)
{
	struct slice behind;

	if (!slice_begins(slice_drop(line, 2), boundary))
		return LINE_OTHER;
	behind = slice_drop(line, 2 + boundary.len);
	if (only_blank(behind))
		return LINE_NEXT;
	return slice_begins(behind, SLICE("--")) && only_blank(slice_drop(behind, 2)) ? LINE_CLOSE : LINE_OTHER;
}

/* Which open multipart this line belongs to, innermost first. */
static enum line_kind find_boundary(const struct walk *walk, struct slice line, size_t *ret_level)
{
	if (!slice_begins(line, SLICE("--")))
		return LINE_OTHER;
	for (size_t level = walk->depth; level-- > 0;) {
		enum line_kind kind = compare_boundary(line, walk->open[level]->boundary);

		if (kind != LINE_OTHER) {
			*ret_level = level;
			return kind;
		}
	}
	return LINE_OTHER;
}

/* ---- one part ---- */

static void end_part(struct walk *walk, struct part *part, size_t end)
{
	size_t start = (size_t)(part->bytes.at - walk->bytes.at);

	part->bytes.len = end > start ? end - start : 0;
}

/* Ends the current part and those around it, up to but not `until`. The line end before a boundary is the
 * boundary's. */
static void end_parts(struct walk *walk, const struct part *until, size_t end)
{
	if (end && walk->bytes.at[end - 1] == '\n')
		end -= end > 1 && walk->bytes.at[end - 2] == '\r' ? 2 : 1;
	for (struct part *part = walk->current; part && part != until; part = part->parent)
		end_part(walk, part, end);
}

/* The header fields end at a blank line, at a line that is no field, or where a boundary stands. */
static size_t header_block(const struct walk *walk)
{
	struct slice rest = slice_drop(walk->bytes, walk->at);
	size_t length = 0, level;

	while (rest.len && length <= HEADERS_BYTES) {
		size_t before = rest.len;
		struct slice line = field_line(&rest);

		if (find_boundary(walk, line, &level) != LINE_OTHER)
			break;
		length += before - rest.len;
		if (line.len == 0)
			break;
	}
	return length;
}

static enum result add_part(struct walk *walk, struct part *parent)
{
	struct part *part;

	if (walk->view.count == PARTS_MOST)
		return hit(walk, "parts");
	if (parent && parent->depth + 1 > PARTS_DEPTH)
		return hit(walk, "depth");
	part = arena_new(walk->arena, struct part);
	if (part == NULL)
		return hit(walk, "memory");
	part->parent = parent;
	part->depth = parent ? parent->depth + 1 : 0;
	part->bytes = slice_drop(walk->bytes, walk->at);
	if (part->bytes.at == NULL)
		part->bytes.at = walk->bytes.at + walk->bytes.len;
	if (walk->last)
		walk->last->next = part;
	else
		walk->view.first = part;
	walk->last = walk->current = part;
	walk->view.count++;
	return OK;
}

static const struct { struct slice name; const char *ambiguity; bool top; } once[] = {
	{ LIT("From"), "two From fields", true },
	{ LIT("Subject"), "two Subject fields", true },
	{ LIT("Date"), "two Date fields", true },
	{ LIT("Sender"), "two Sender fields", true },
	{ LIT("Message-ID"), "two Message-ID fields", true },
	{ LIT("Content-Type"), "two Content-Type fields", false },
	{ LIT("Content-Transfer-Encoding"), "two Content-Transfer-Encoding fields", false },
	{ LIT("Content-Disposition"), "two Content-Disposition fields", false },
	{ LIT("MIME-Version"), "two MIME-Version fields", true },
};

static void look_for_doubles(struct walk *walk, const struct part *part)
{
	for (size_t row = 0; row < COUNT_OF(once); row++) {
		size_t seen = 0;

		if (once[row].top && part->parent)
			continue;
		for (size_t i = 0; i < part->headers.count; i++)
			seen += slice_same_nocase(part->headers.list[i].name, once[row].name);
		if (seen > 1)
			note_ambiguity(walk, once[row].ambiguity);
	}
}

static enum result read_headers(struct walk *walk, struct part *part)
{
	size_t length = header_block(walk);
	struct slice block = { walk->bytes.at + walk->at, length };
	enum result result = headers_read(block, walk->arena, &part->headers);

	if (result == LATER)
		return hit(walk, "headers");
	TRY(result);
	if (part->headers.rest.len)
		note_ambiguity(walk, "a line among the header fields that is none");
	walk->at += length - part->headers.rest.len;
	part->headers.rest = slice_drop(walk->bytes, walk->at);
	look_for_doubles(walk, part);
	return OK;
}

static struct slice value_of(const struct part *part, const char *name)
{
	const struct header *header = headers_find(&part->headers, slice_of(name));

	return header ? header->value : (struct slice){ 0 };
}

static struct slice standard_type(const struct part *part)
{
	bool digest = part->parent && slice_same(part->parent->type, SLICE("multipart/digest"));

	return digest ? SLICE("message/rfc822") : SLICE("text/plain");
}

static enum result read_type(struct walk *walk, struct part *part)
{
	struct slice type = value_of(part, "Content-Type");
	struct field_parameters wanted = { 0 };
	enum result result = field_type(type, walk->arena, &part->type);

	if (result == OK)
		result = field_parameters(type, walk->arena, &wanted);
	if (result == OK && wanted.name.len == 0)
		result = field_parameters(value_of(part, "Content-Disposition"), walk->arena, &wanted);
	if (result == LATER)
		return hit(walk, "parameters");
	if (part->type.len == 0)
		part->type = standard_type(part);
	if (wanted.doubled)
		note_ambiguity(walk, "a parameter that stands twice");
	part->boundary = wanted.boundary;
	part->name = wanted.name;
	return OK;
}

static enum result open_multipart(struct walk *walk, struct part *part)
{
	if (part->boundary.len == 0) {
		note_ambiguity(walk, "multipart without a boundary");
		return OK;
	}
	for (size_t level = 0; level < walk->depth; level++)
		if (slice_same(walk->open[level]->boundary, part->boundary))
			note_ambiguity(walk, "a boundary used on two levels");
	walk->open[walk->depth++] = part;
	return OK;
}

/* An encoded message within is a closed box here: decoding comes later. */
static bool holds_message(const struct part *part)
{
	struct slice encoding = slice_trim(value_of(part, "Content-Transfer-Encoding"));

	return slice_same(part->type, SLICE("message/rfc822")) && !slice_same_nocase(encoding, SLICE("base64")) &&
	       !slice_same_nocase(encoding, SLICE("quoted-printable"));
}

/* A part begins here; when it is a message in itself, another begins at its body at once. */
static enum result begin_part(struct walk *walk, struct part *parent)
{
	do {
		TRY(add_part(walk, parent));
		parent = walk->current;
		TRY(read_headers(walk, parent));
		TRY(read_type(walk, parent));
		if (slice_begins(parent->type, SLICE("multipart/")))
			return open_multipart(walk, parent);
	} while (holds_message(parent));
	return OK;
}

static enum result next_line(struct walk *walk)
{
	struct slice rest = slice_drop(walk->bytes, walk->at);
	size_t before = walk->at, level = 0;
	struct slice line = field_line(&rest);
	enum line_kind kind = find_boundary(walk, line, &level);

	walk->at = walk->bytes.len - rest.len;
	if (kind == LINE_OTHER)
		return OK;
	end_parts(walk, walk->open[level], before);
	walk->current = walk->open[level];
	walk->depth = kind == LINE_CLOSE ? level : level + 1;
	return kind == LINE_NEXT ? begin_part(walk, walk->open[level]) : OK;
}

static enum result walk_message(struct walk *walk)
{
	TRY(begin_part(walk, NULL));
	while (walk->at < walk->bytes.len && walk->depth)
		TRY(next_line(walk));
	for (struct part *part = walk->current; part; part = part->parent)
		end_part(walk, part, walk->bytes.len);
	return OK;
}

enum result message_read(struct slice bytes, struct arena *arena, struct message_view *ret_view)
{
	struct walk walk = { .arena = arena, .bytes = bytes.at ? bytes : SLICE("") };
	enum result result = walk_message(&walk);

	*ret_view = walk.view;
	return result;
}
