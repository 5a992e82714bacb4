/* SPDX-License-Identifier: Apache-2.0 */
/* A line is looked at by its head alone. uuencode wants one good line behind `begin`, because people begin lines so. */
#include "mail/message/embedded.h"

#include "mail/message/fields.h"

#include <string.h>

enum state { TEXT, UU_FIRST, UU_WITHIN, UU_BASE64, YENC, BINHEX_BEFORE, BINHEX_WITHIN, STATES };

static const enum encoding hidden[STATES] = {
	[UU_WITHIN] = ENCODING_UU, [UU_BASE64] = ENCODING_BASE64, [YENC] = ENCODING_YENC, [BINHEX_WITHIN] = ENCODING_BINHEX,
};

static void begin(struct seeker *seeker, enum state state, struct slice name, uint64_t at)
{
	seeker->state = (unsigned char)state;
	seeker->begins = at;
	seeker->odd = seeker->odd || name.len > SEEKER_NAME;
	seeker->name_length = name.len < SEEKER_NAME ? name.len : SEEKER_NAME;
	if (name.len)
		memcpy(seeker->name, name.at, seeker->name_length);
}

static enum result end(struct seeker *seeker, uint64_t at)
{
	struct embedded embedded = {
		hidden[seeker->state], seeker->begins, at - seeker->begins, { seeker->name, seeker->name_length },
		seeker->odd,
	};

	seeker->state = TEXT;
	return embedded.length ? seeker->found(seeker->owner, &embedded) : OK;
}

/* "begin 644 name": digits, then a name; some readers do without the digits, and look at the lines behind it alone. */
static struct slice name_behind(struct slice rest)
{
	struct slice name = field_trim(rest), mode = { name.at, 0 };

	while (mode.len < name.len && name.at[mode.len] >= '0' && name.at[mode.len] <= '7')
		mode.len++;
	if (mode.len < name.len && mode.len >= 3 && field_is_space(name.at[mode.len]))
		name = field_trim(slice_drop(name, mode.len));
	return name;
}

static bool is_uu_line(struct slice line)
{
	size_t bytes = line.len ? ((unsigned char)line.at[0] - 32U) & 63 : 0, need = (bytes + 2) / 3 * 4;

	if (bytes == 0 || line.len - 1 > need + 2 || line.len < 2)
		return false;
	for (size_t i = 0; i < line.len; i++)
		if (line.at[i] < ' ' || line.at[i] > '`')
			return false;
	return true;
}

static struct slice yenc_name(struct slice line)
{
	const char *sign = line.len ? memmem(line.at, line.len, "name=", 5) : NULL;

	return sign ? slice_trim(slice_drop(line, (size_t)(sign + 5 - line.at))) : SLICE("");
}

static struct slice without_blanks(struct slice line)
{
	while (line.len && (line.at[0] == ' ' || line.at[0] == '\t'))
		line = slice_drop(line, 1);
	return line;
}

/* TEXT: this line begins nothing. */
static enum state begins(struct slice line, struct slice *ret_name)
{
	*ret_name = SLICE("");
	if (slice_begins_nocase(line, SLICE("begin")) && line.len > 5 && field_is_space(line.at[5])) {
		*ret_name = name_behind(slice_drop(line, 5));
		return UU_FIRST;
	}
	if (slice_begins_nocase(line, SLICE("begin-base64 "))) {
		*ret_name = name_behind(slice_drop(line, 12));
		return UU_BASE64;
	}
	if (slice_begins(line, SLICE("=ybegin "))) {
		*ret_name = yenc_name(line);
		return YENC;
	}
	return slice_begins(line, SLICE("(This file must be converted with BinHex")) ? BINHEX_BEFORE : TEXT;
}

/* Some readers pass over blanks before `begin`. */
static void look_for_begin(struct seeker *seeker, struct slice written, uint64_t at, uint64_t behind)
{
	struct slice line = without_blanks(written), name;
	enum state state = begins(line, &name);

	seeker->odd = line.len < written.len || written.len >= SEEKER_LINE;
	if (state != TEXT)
		begin(seeker, state, name, state == BINHEX_BEFORE ? at : behind);
}

bool embedded_next_name(struct slice *rest, struct slice *ret_name, bool *ret_odd)
{
	while (rest->len) {
		struct slice written = field_line(rest), line = without_blanks(written);

		*ret_odd = line.len < written.len;
		if (begins(line, ret_name) != TEXT && ret_name->len)
			return true;
	}
	return false;
}

static enum result binhex_line(struct seeker *seeker, struct slice line, uint64_t at, uint64_t behind)
{
	if (seeker->state == BINHEX_BEFORE) {
		if (line.len == 0)
			return OK;
		begin(seeker, line.at[0] == ':' ? BINHEX_WITHIN : TEXT, SLICE(""), at);
		line = slice_drop(line, 1);
	}
	if (seeker->state == BINHEX_WITHIN && line.len && line.at[line.len - 1] == ':')
		return end(seeker, behind);
	return OK;
}

static enum result look_at(struct seeker *seeker, struct slice line, uint64_t at, uint64_t behind)
{
	enum state state = (enum state)seeker->state;

	if (line.len && line.at[line.len - 1] == '\r')
		line.len--;
	if (state == UU_FIRST)
		seeker->state = state = is_uu_line(line) || (seeker->odd && is_uu_line(without_blanks(line))) ? UU_WITHIN : TEXT;
	if (state == TEXT)
		look_for_begin(seeker, line, at, behind);
	else if (state == UU_WITHIN && slice_same(slice_trim(line), SLICE("end")))
		return end(seeker, at);
	else if (state == UU_BASE64 && slice_begins(line, SLICE("====")))
		return end(seeker, at);
	else if (state == YENC && slice_begins(line, SLICE("=yend")))
		return end(seeker, at);
	else if (state == BINHEX_BEFORE || state == BINHEX_WITHIN)
		return binhex_line(seeker, line, at, behind);
	return OK;
}

/* With what code or blanks before it begin: see begins_code(). */
static bool may_begin_code(char first)
{
	return first == 'b' || first == 'B' || first == '=' || first == '(' || first == ' ' || first == '\t';
}

/* Is this line's head worth a look, or can only its beginning be passed over? */
static bool is_dull(const struct seeker *seeker, char first)
{
	return seeker->state == TEXT && !may_begin_code(first);
}

static void hold(struct seeker *seeker, struct slice piece)
{
	size_t room = SEEKER_LINE - seeker->held, take = piece.len < room ? piece.len : room;

	if (seeker->held == 0)
		seeker->line_at = seeker->place;
	memcpy(seeker->line + seeker->held, piece.at, take);
	seeker->held += take;
}

/* Behind as many blanks as there is room for in a seam. */
static bool begins_code(struct slice line)
{
	static const struct slice begins[] = { LIT("begin "), LIT("begin\t"), LIT("begin-"), LIT("=ybegin"), LIT("(This f") };

	for (unsigned blanks = 0; blanks < SEEKER_SEAM - 7 && line.len && field_is_space(line.at[0]) && line.at[0] != '\n'; blanks++)
		line = slice_drop(line, 1);
	for (size_t i = 0; i < COUNT_OF(begins); i++)
		if (slice_begins_nocase(line, begins[i]))
			return true;
	return false;
}

/* Some readers end lines at a bare CR. */
static bool begins_bare(struct slice text)
{
	const char *at;

	while (text.len > SEEKER_SEAM && (at = memchr(text.at, '\r', text.len - SEEKER_SEAM)) != NULL) {
		text = slice_drop(text, (size_t)(at - text.at) + 1);
		if (may_begin_code(at[1]) && begins_code(text))
			return true;
	}
	return false;
}

static void look_for_bare(struct seeker *seeker, struct slice piece)
{
	char joint[2 * SEEKER_SEAM];
	size_t begin = piece.len < SEEKER_SEAM ? piece.len : SEEKER_SEAM, length, keep;

	memcpy(joint, seeker->seam, seeker->seam_length);
	memcpy(joint + seeker->seam_length, piece.at, begin);
	length = seeker->seam_length + begin;
	seeker->bare = seeker->bare || begins_bare((struct slice){ joint, length }) || begins_bare(piece);
	if (piece.len >= SEEKER_SEAM)
		memcpy(joint + length - begin, piece.at + piece.len - begin, begin);
	keep = length < SEEKER_SEAM ? length : SEEKER_SEAM;
	memcpy(seeker->seam, joint + length - keep, keep);
	seeker->seam_length = keep;
}

enum result seeker_feed(struct seeker *seeker, struct slice piece)
{
	if (!seeker->bare && piece.len)
		look_for_bare(seeker, piece);
	while (piece.len) {
		const char *stop = memchr(piece.at, '\n', piece.len);
		struct slice line = { piece.at, stop ? (size_t)(stop - piece.at) : piece.len };
		uint64_t behind = seeker->place + line.len + (stop != NULL), at = seeker->held ? seeker->line_at : seeker->place;

		if (!stop || seeker->held) {
			hold(seeker, line);
			line = (struct slice){ seeker->line, seeker->held };
		}
		if (stop && (line.len == 0 || !is_dull(seeker, line.at[0])))
			TRY(look_at(seeker, line, at, behind));
		seeker->held = stop ? 0 : seeker->held;
		piece = slice_drop(piece, (size_t)(behind - seeker->place));
		seeker->place = behind;
	}
	return OK;
}

enum result seeker_end(struct seeker *seeker)
{
	if (seeker->held)
		TRY(look_at(seeker, (struct slice){ seeker->line, seeker->held }, seeker->line_at, seeker->place));
	seeker->held = 0;
	return hidden[seeker->state] != ENCODING_IDENTITY ? end(seeker, seeker->place) : OK;
}
