/* SPDX-License-Identifier: Apache-2.0 */
/* Line by line: of each line the beginning is kept, which is all that a boundary or a field of ours needs. */
#include "mail/message/sevenbit.h"

#include "mail/message/field_plain.h"
#include "mail/message/fields.h"

enum { BOUNDARY_LONGEST = 256 };

void sevenbit_scan_init(struct sevenbit_scan *scan, struct arena *arena)
{
	memset(scan, 0, sizeof(*scan));
	scan->arena = arena;
	scan->is_top = true;
}

static void trouble(struct sevenbit_scan *scan, const char *why)
{
	if (scan->trouble == NULL)
		scan->trouble = why;
}

static void add_step(struct sevenbit_scan *scan, enum sevenbit_what what, uint64_t from, uint64_t to, const char *put)
{
	struct sevenbit_step *step = scan->count < SEVENBIT_STEPS ? arena_new(scan->arena, struct sevenbit_step) : NULL;

	if (step == NULL) {
		scan->full = true;
		return;
	}
	*step = (struct sevenbit_step){ NULL, what, from, to, put };
	if (scan->last)
		scan->last->next = step;
	else
		scan->first = step;
	scan->last = step;
	scan->count++;
}

/* --- header fields -------------------------------------------------------------------------------- */

static void begin_part(struct sevenbit_scan *scan)
{
	scan->place = SEVENBIT_HEADER;
	scan->type = scan->encoding = (struct sevenbit_field){ 0 };
	scan->field = NULL;
	scan->leaf_eight_bit = false;
}

static void add_to_field(struct sevenbit_scan *scan, struct slice line)
{
	struct sevenbit_field *field = scan->field;

	field->to = scan->at;
	if (field->length + line.len + 1 > sizeof(field->text) || scan->line_long) {
		trouble(scan, "a header field is too long");
		return;
	}
	if (line.len)
		memcpy(field->text + field->length, line.at, line.len);
	field->length += line.len;
	field->text[field->length++] = ' ';
}

static bool is_field(struct slice line, const char *name, struct slice *ret_value)
{
	struct slice value = line, is = slice_trim(slice_cut(&value, ':'));

	*ret_value = value;
	return is.len < line.len && slice_same_nocase(is, slice_of(name));
}

static void begin_field(struct sevenbit_scan *scan, struct slice line)
{
	struct slice value;

	scan->field = NULL;
	if (is_field(line, "MIME-Version", &value))
		scan->has_version = scan->has_version || scan->is_top;
	if (is_field(line, "Content-Type", &value))
		scan->field = &scan->type;
	else if (is_field(line, "Content-Transfer-Encoding", &value))
		scan->field = &scan->encoding;
	if (scan->field == NULL)
		return;
	if (scan->field->times++ > 0)
		trouble(scan, "a header field that decides is there twice");
	scan->field->length = 0;
	scan->field->from = scan->line_from;
	add_to_field(scan, value);
}

static struct slice text_of(const struct sevenbit_field *field)
{
	return slice_trim((struct slice){ field->text, field->length });
}

/* --- the end of a header, and of a body -------------------------------------------------------------- */

static bool is_identity(const struct sevenbit_scan *scan)
{
	struct slice encoding = text_of(&scan->encoding);

	return encoding.len == 0 || slice_same_nocase(encoding, SLICE("7bit")) || slice_same_nocase(encoding, SLICE("8bit")) ||
	       slice_same_nocase(encoding, SLICE("binary"));
}

static bool in_signed(const struct sevenbit_scan *scan)
{
	return scan->depth > 0 && scan->stack[scan->depth - 1].is_signed;
}

/* What holds other parts holds 7 bits when they do; its label goes, and 7bit is what no label means. */
static void drop_label(struct sevenbit_scan *scan)
{
	if (scan->encoding.times > 0 && !in_signed(scan))
		add_step(scan, SEVENBIT_DROP, scan->encoding.from, scan->encoding.to, NULL);
}

static void begin_multipart(struct sevenbit_scan *scan, struct slice type, struct slice boundary)
{
	bool is_signed = in_signed(scan) || slice_same(type, SLICE("multipart/signed")) ||
	                 slice_same(type, SLICE("multipart/encrypted"));

	if (scan->depth == SEVENBIT_DEPTH || !is_identity(scan)) {
		trouble(scan, "its parts are not sure");
		scan->place = SEVENBIT_BETWEEN;
		return;
	}
	if (arena_keep(scan->arena, boundary, &boundary) != OK)      /* the field's text is the next part's too */
		scan->full = true;
	if (!is_signed)
		drop_label(scan);
	scan->stack[scan->depth++] = (struct sevenbit_multipart){ boundary, is_signed };
	scan->place = SEVENBIT_BETWEEN;
}

static void begin_nested(struct sevenbit_scan *scan)
{
	drop_label(scan);
	if (++scan->nested > SEVENBIT_DEPTH)
		trouble(scan, "its parts are not sure");
	begin_part(scan);
	scan->is_top = false;
}

static void end_header(struct sevenbit_scan *scan)
{
	struct field_parameters found = { 0 };
	struct slice type = { 0 };

	scan->place = SEVENBIT_BODY;
	scan->blank_at = scan->line_from;
	scan->body_at = scan->at;
	if (field_type(text_of(&scan->type), scan->arena, &type) != OK ||
	    field_parameters(text_of(&scan->type), scan->arena, &found) != OK) {
		scan->full = true;
		return;
	}
	if (found.doubled || found.boundary.len > BOUNDARY_LONGEST)
		trouble(scan, "its parts are not sure");
	if (slice_begins(type, SLICE("multipart/")) && found.boundary.len > 0)
		begin_multipart(scan, type, found.boundary);
	else if (slice_same(type, SLICE("message/rfc822")) && is_identity(scan))
		begin_nested(scan);
	else if (slice_begins(type, SLICE("multipart/")) || slice_begins(type, SLICE("message/")))
		scan->place = SEVENBIT_BETWEEN;        /* not to be encoded (RFC 2045 6.4) */
}

/* The steps are in order because a part's are noted when it is over, and nothing of another lies between. */
static void encode_leaf(struct sevenbit_scan *scan, uint64_t to)
{
	if (in_signed(scan))
		trouble(scan, "a signed or encrypted part has 8-bit bytes");
	if (!is_identity(scan))
		trouble(scan, "a part has bytes that its encoding does not have");
	if (scan->encoding.times > 0)
		add_step(scan, SEVENBIT_DROP, scan->encoding.from, scan->encoding.to, NULL);
	if (scan->is_top && !scan->has_version)
		add_step(scan, SEVENBIT_PUT, scan->blank_at, scan->blank_at, "MIME-Version: 1.0\r\n");
	if (scan->type.times == 0)
		add_step(scan, SEVENBIT_PUT, scan->blank_at, scan->blank_at,
		         "Content-Type: text/plain; charset=unknown-8bit\r\n");       /* RFC 1428 */
	add_step(scan, SEVENBIT_PUT, scan->blank_at, scan->blank_at, "Content-Transfer-Encoding: quoted-printable\r\n");
	add_step(scan, SEVENBIT_ENCODE, scan->body_at, to, NULL);
}

static void end_body(struct sevenbit_scan *scan, uint64_t to)
{
	if (scan->place == SEVENBIT_BODY && scan->leaf_eight_bit)
		encode_leaf(scan, to);
	scan->leaf_eight_bit = false;
}

/* --- boundaries ------------------------------------------------------------------------------------------ */

static bool only_space(struct slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.at[i] != ' ' && text.at[i] != '\t')
			return false;
	return true;
}

/* "--boundary", and perhaps "--", of the innermost that has it; false: the line is none. */
static bool find_boundary(struct sevenbit_scan *scan, struct slice line, size_t *ret_which, bool *ret_closes)
{
	for (size_t i = scan->depth; i > 0; i--) {
		struct slice boundary = scan->stack[i - 1].boundary, rest;

		if (!slice_begins(slice_drop(line, 2), boundary))
			continue;
		rest = slice_drop(line, 2 + boundary.len);
		*ret_which = i - 1;
		*ret_closes = slice_begins(rest, SLICE("--"));
		if (*ret_closes ? only_space(slice_drop(rest, 2)) : only_space(rest))
			return true;
		trouble(scan, "its parts are not sure");       /* others take it for a boundary */
	}
	return false;
}

static bool take_boundary(struct sevenbit_scan *scan, struct slice line)
{
	size_t which;
	bool closes;

	if (scan->depth == 0 || !slice_begins(line, SLICE("--")) || !find_boundary(scan, line, &which, &closes))
		return false;
	end_body(scan, scan->line_from);
	scan->depth = closes ? which : which + 1;
	if (closes) {
		scan->place = SEVENBIT_BETWEEN;
	} else {
		begin_part(scan);
		scan->is_top = false;
	}
	return true;
}

/* --- lines -------------------------------------------------------------------------------------------- */

static void take_header_line(struct sevenbit_scan *scan, struct slice line)
{
	if (scan->line_eight_bit) {
		scan->eight_bit_headers = true;
		trouble(scan, "its headers have 8-bit bytes");
	}
	if (line.len == 0)
		end_header(scan);
	else if (line.at[0] != ' ' && line.at[0] != '\t')
		begin_field(scan, line);
	else if (scan->field)
		add_to_field(scan, line);
}

static void take_line(struct sevenbit_scan *scan)
{
	struct slice line = { scan->line, scan->line_length };

	if (!scan->line_long && line.len > 0 && line.at[line.len - 1] == '\r')
		line.len--;
	scan->eight_bit = scan->eight_bit || scan->line_eight_bit;
	if (take_boundary(scan, line))
		return;
	if (scan->place == SEVENBIT_HEADER)
		take_header_line(scan, line);
	else if (scan->place == SEVENBIT_BODY)
		scan->leaf_eight_bit = scan->leaf_eight_bit || scan->line_eight_bit;
	else if (scan->line_eight_bit)
		trouble(scan, "there are 8-bit bytes between its parts");
}

static void end_line(struct sevenbit_scan *scan)
{
	take_line(scan);
	scan->line_from = scan->at;
	scan->line_length = 0;
	scan->line_eight_bit = scan->line_long = false;
}

void sevenbit_scan_bytes(struct sevenbit_scan *scan, struct slice bytes)
{
	for (size_t i = 0; i < bytes.len; i++) {
		char byte = bytes.at[i];

		scan->at++;
		if (byte == '\n') {
			end_line(scan);
			continue;
		}
		scan->line_eight_bit = scan->line_eight_bit || (unsigned char)byte > 127;
		if (scan->line_length < SEVENBIT_LINE)
			scan->line[scan->line_length++] = byte;
		else
			scan->line_long = true;
	}
}

enum result sevenbit_scan_end(struct sevenbit_scan *scan)
{
	if (scan->at > scan->line_from)
		end_line(scan);
	end_body(scan, scan->at);
	return scan->full ? LATER : OK;
}
