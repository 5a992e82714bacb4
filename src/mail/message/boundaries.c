/* SPDX-License-Identifier: Apache-2.0 */
/* An exact look first, innermost multipart first; only a line that is none of theirs is looked at for what other
 * readers would take it for: junk behind the boundary, other bytes before it than two dashes, another case, a multipart
 * that has ended. */
#include "mail/message/walk.h"

#include <string.h>

enum { LEVEL_STEPS = 8, SEARCH_STEPS = 32 };     /* a line and a boundary are compared; a search begins */

static bool only_blank(struct slice text)
{
	return field_trim(text).len == 0;
}

static enum line_kind compare(struct slice line, struct slice boundary)
{
	struct slice behind;

	if (!slice_begins(slice_drop(line, 2), boundary))
		return LINE_OTHER;
	behind = slice_drop(line, 2 + boundary.len);
	if (only_blank(behind))
		return LINE_NEXT;
	return slice_begins(behind, SLICE("--")) && only_blank(slice_drop(behind, 2)) ? LINE_CLOSE : LINE_OTHER;
}

static enum line_kind exact(const struct walk *walk, struct slice line, size_t *ret_level)
{
	for (size_t level = walk->depth; level-- > 0;) {
		enum line_kind kind = compare(line, walk->open[level].boundary);

		if (kind != LINE_OTHER) {
			*ret_level = level;
			return kind;
		}
	}
	return LINE_OTHER;
}

/* `--b` and junk: whoever compares the beginning only takes it for a boundary. */
static enum line_kind with_tail(struct walk *walk, struct slice line, size_t *ret_level)
{
	for (size_t level = walk->depth; level-- > 0;) {
		struct slice behind = slice_drop(line, 2);

		if (!slice_begins_nocase(behind, walk->open[level].boundary))
			continue;
		behind = slice_drop(behind, walk->open[level].boundary.len);
		walk_note(walk, walk->open[level].part, AMBIGUITY_BIT(boundary_tail));
		*ret_level = level;
		if (walk->reading != READING_LENIENT)
			return LINE_OTHER;
		return slice_begins(behind, SLICE("--")) ? LINE_CLOSE : LINE_NEXT;
	}
	return LINE_OTHER;
}

/* A boundary of a multipart that has ended, or of what was no multipart. A lenient reader opens it again. */
static enum line_kind of_closed(struct walk *walk, struct slice line, size_t *ret_level)
{
	for (size_t i = walk->closed_count; i-- > 0;) {
		enum line_kind kind = compare(line, walk->closed[i]);

		if (kind == LINE_OTHER)
			continue;
		if (kind == LINE_CLOSE && !walk->closed_text[i])
			return LINE_OTHER;
		walk_note(walk, walk->closed_part[i],
		          walk->closed_text[i] ? AMBIGUITY_BIT(boundary_in_text) : AMBIGUITY_BIT(boundary_again));
		if (walk->reading != READING_LENIENT || walk->closed_text[i] || walk->depth >= walk->reader->limits->depth)
			return LINE_OTHER;
		*ret_level = walk->depth;
		walk_open(walk, walk->closed_part[i], walk->closed[i], true);
		return kind;
	}
	return LINE_OTHER;
}

static bool is_before(char c)
{
	return (unsigned char)c <= ' ' || (unsigned char)c > '~' || c == '-' || c == '>' || c == '.' || c == '"';
}

/* Without blanks, dashes, quoting and what else a reader may let pass before a boundary. */
static struct slice bare(struct slice text)
{
	while (text.len && is_before(text.at[0]))
		text = slice_drop(text, 1);
	return text;
}

void walk_open(struct walk *walk, struct part *part, struct slice boundary, bool met)
{
	walk->open[walk->depth++] = (struct open_part){ part, boundary, bare(boundary), met };
}

/* A line that is none but for this reader. `behind`: the boundary, in it. */
static enum line_kind near(struct walk *walk, size_t level, struct slice behind, size_t *ret_level)
{
	walk_note(walk, walk->open[level].part, AMBIGUITY_BIT(boundary_near));
	*ret_level = level;
	if (walk->reading != READING_LENIENT)
		return LINE_OTHER;
	return slice_begins(behind, SLICE("--")) ? LINE_CLOSE : LINE_NEXT;
}

/* Begins this line, or the text behind a bare CR in it, like a boundary but for the dashes? */
static enum line_kind look_nearly(struct walk *walk, struct slice line, size_t *ret_level)
{
	enum line_kind kind = LINE_OTHER;

	for (struct slice piece = line, text; piece.len && kind == LINE_OTHER; piece = text, (void)slice_cut(&piece, '\r')) {
		text = bare(piece);
		walk_spend(walk, LEVEL_STEPS * walk->depth);
		for (size_t level = walk->depth; level-- > 0 && kind == LINE_OTHER;) {
			struct slice boundary = walk->open[level].bare;

			if (boundary.len && text.len < piece.len && slice_begins_nocase(text, boundary))
				kind = near(walk, level, slice_drop(text, boundary.len), ret_level);
		}
	}
	return kind;
}

static bool ends_in(struct slice line, struct slice boundary)
{
	const char *at;

	if (line.len <= boundary.len + 2)
		return false;
	at = line.at + line.len - boundary.len;
	return line.at[line.len - 1] == boundary.at[boundary.len - 1] && at[-1] == '-' && at[-2] == '-' &&
	       memcmp(at, boundary.at, boundary.len) == 0;
}

/* Text before it on its line: some readers look for boundaries wherever they stand. */
static enum line_kind look_at_end(struct walk *walk, struct slice line, size_t *ret_level)
{
	bool closes = line.len > 2 && line.at[line.len - 1] == '-' && line.at[line.len - 2] == '-';
	struct slice closing = { line.at, closes ? line.len - 2 : 0 };

	walk_spend(walk, LEVEL_STEPS * walk->depth);
	for (size_t level = walk->depth; level-- > 0;) {
		if (ends_in(line, walk->open[level].boundary))
			return near(walk, level, SLICE(""), ret_level);
		if (closing.len && ends_in(closing, walk->open[level].boundary))
			return near(walk, level, SLICE("--"), ret_level);
	}
	return LINE_OTHER;
}

enum line_kind walk_line(struct walk *walk, struct slice line, size_t *ret_level)
{
	enum line_kind kind = LINE_OTHER;

	if (line.len < 2)
		return LINE_OTHER;
	if (line.at[0] != '-' || line.at[1] != '-') {
		if (is_before(line.at[0]) || memchr(line.at, '\r', line.len))
			kind = look_nearly(walk, line, ret_level);
		return kind != LINE_OTHER ? kind : look_at_end(walk, line, ret_level);
	}
	walk_spend(walk, LEVEL_STEPS * (walk->depth + walk->closed_count) + walk->depth * (line.len / 2));
	kind = exact(walk, line, ret_level);
	if (kind == LINE_OTHER)
		kind = of_closed(walk, line, ret_level);
	if (kind == LINE_OTHER)
		kind = with_tail(walk, line, ret_level);
	if (kind == LINE_OTHER)
		kind = look_nearly(walk, line, ret_level);
	return kind;
}

void walk_remember(struct walk *walk, struct part *part, struct slice boundary, bool text)
{
	size_t place = walk->closed_count < CLOSED_MOST ? walk->closed_count++ : CLOSED_MOST - 1;

	walk->closed[place] = boundary;
	walk->closed_text[place] = text;
	walk->closed_part[place] = part;
}

bool boundary_comes(struct walk *walk, struct slice body, struct slice boundary)
{
	while (boundary.len && body.len && walk_may_go_on(walk) == OK) {
		const char *at = memmem(body.at, body.len, boundary.at, boundary.len);

		walk_spend(walk, (at ? (size_t)(at - body.at) : body.len) / 2 + boundary.len + SEARCH_STEPS);
		if (at == NULL)
			return false;
		if (at - body.at >= 2 && at[-1] == '-' && at[-2] == '-')
			return true;
		body = slice_drop(body, (size_t)(at - body.at) + 1);
	}
	return false;
}

struct slice boundary_guess(struct walk *walk, struct slice body)
{
	for (size_t lines = 0; body.len && lines < 1000; lines++) {
		struct slice line = field_line(&body);

		walk_spend(walk, line.len);
		line = field_trim(line);
		if (slice_begins(line, SLICE("--")) && line.len > 2 && line.len <= 72)
			return slice_drop(line, 2);
	}
	return SLICE("");
}
