/* SPDX-License-Identifier: Apache-2.0 */
/* All parts are gone through once for each message, when the first rule asks. What SpamAssassin 4.0.1 counts wrong is
 * counted as it does: rules were written for that. */
#include "mail/rules/evals_inside.h"

#include "mail/rules/reading.h"
#include "mail/rules/view_text.h"

enum { LONG_LINE = 79, ENTITY = 8, UPPERCASE_LEAST = 200 };

struct reading {
	struct mime_facts *facts;
	bool alternative;                        /* a multipart/alternative stood before */
	size_t quoted_bytes, escapes, plain, entities;
	double text, html;                       /* bytes of the last part of either kind; below 0: none */
};

/* Of one part: in lower case where that counts. */
struct about { struct slice type, charset, encoding, disposition; };

/* ---- a part's fields ---- */

static struct slice field_of(const struct view_fields *fields, struct slice name)
{
	struct slice value = SLICE("");

	for (size_t i = 0; i < fields->count; i++)
		if (!fields->list[i].hidden && slice_same_nocase(fields->list[i].name, name))
			value = rules_trim(fields->list[i].decoded);
	return value;
}

static bool contains(struct slice text, struct slice word)
{
	for (; text.len >= word.len; text = slice_drop(text, 1))
		if (slice_begins_nocase(text, word))
			return true;
	return false;
}

static struct about about_of(const struct view_part *part)
{
	struct slice declared = field_of(&part->fields, SLICE("Content-Type"));

	return (struct about){
		.type = view_type(part->part),
		.charset = declared.len ? part->part->charset : SLICE("us-ascii"),
		.encoding = field_of(&part->fields, SLICE("Content-Transfer-Encoding")),
		.disposition = field_of(&part->fields, SLICE("Content-Disposition")),
	};
}

static bool is_attachment(const struct about *about)
{
	return contains(about->disposition, SLICE("attachment"));
}

/* Any name that has "us" in it is taken for ASCII, too. */
static bool is_ascii(struct slice charset)
{
	static const struct slice names[] = {
		LIT("us"), LIT("ascii"), LIT("ansi_x3.4-1968"), LIT("ansi_x3.4-1986"), LIT("iso-ir-6"), LIT("iso_646.irv:1991"), LIT("ibm367"),
		LIT("cp367"),
	};

	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (contains(charset, names[i]))
			return true;
	return charset.len == 0;
}

/* "iso-8859-1" is one; "iso-8859" and "iso-10646-1" are not. */
static bool is_bad_iso(struct slice charset)
{
	struct slice rest = charset, second;

	while (rest.len && !slice_begins_nocase(rest, SLICE("iso-")))
		rest = slice_drop(rest, 1);
	second = slice_drop(rest, 4);
	if (second.len < 3 || !slice_has(slice_drop(second, 1), '-'))
		return false;
	if (slice_begins(second, SLICE("8859-")) && second.len > 5 && byte_is_digit(second.at[5]))
		return !(second.len == 6 || !rules_is_word(second.at[6]) ||
		         (byte_is_digit(second.at[6]) && (second.len == 7 || !rules_is_word(second.at[7]))));
	return !slice_begins_nocase(second, SLICE("2022-jp")) && !slice_begins_nocase(second, SLICE("2022-kr"));
}

/* Letters of these are written with bytes that stand for capitals in ASCII. */
static bool is_caps_charset(struct slice charset)
{
	static const struct slice parts[] = {
		LIT("koi"), LIT("jp"), LIT("jis"), LIT("euc"), LIT("gb"), LIT("big5"), LIT("isoir"), LIT("cp1251"), LIT("windows-1251"),
		LIT("georgianps"), LIT("pt154"), LIT("tis"),
	};

	for (size_t i = 0; i < charset.len; i++)
		if (!rules_is_word(charset.at[i]) && charset.at[i] != '-')
			return false;
	for (size_t i = 0; i < COUNT_OF(parts); i++)
		if (contains(charset, parts[i]))
			return true;
	return false;
}

static void read_fields(struct reading *reading, const struct about *about)
{
	struct mime_facts *facts = reading->facts;
	bool base64 = contains(about->encoding, SLICE("base64"));

	reading->alternative = reading->alternative || slice_same(about->type, SLICE("multipart/alternative"));
	facts->base64 += base64;
	facts->quoted += !base64 && contains(about->encoding, SLICE("quoted-printable"));
	facts->attachment = facts->attachment || is_attachment(about);
	facts->bad_iso = facts->bad_iso || is_bad_iso(about->charset);
	facts->caps_charset = facts->caps_charset || is_caps_charset(about->charset);
	facts->base64_text = facts->base64_text ||
	                     (slice_begins(about->type, SLICE("text")) && base64 && is_ascii(about->charset) &&
	                      !slice_begins_nocase(about->disposition, SLICE("attachment")) &&
	                      !slice_begins_nocase(about->disposition, SLICE("inline")));
}

/* ---- a part's lines ---- */

/* "=41": an escape that was needless; "=3D" was not, and bytes above 127 are not counted. */
static bool is_needless(struct slice text)
{
	char high, low;

	if (text.len < 3 || text.at[0] != '=')
		return false;
	high = text.at[1];
	low = text.at[2];
	if (high == '0')
		return low == '9';
	if (high == '3')
		return byte_is_digit(low) || slice_has(SLICE("ABCEF"), low);
	if (high == '7')
		return byte_is_digit(low) || (low >= 'A' && low <= 'E');
	return slice_has(SLICE("2456"), high) && (byte_is_digit(low) || (low >= 'A' && low <= 'F'));
}

/* Escaped blanks at the end of a line are needed. */
static size_t escaped_blanks(struct slice line)
{
	size_t count = 0;

	line = rules_trim(line);
	while (line.len >= 3 && (slice_same(slice_drop(line, line.len - 3), SLICE("=20")) || slice_same(slice_drop(line, line.len - 3), SLICE("=09")))) {
		line.len -= 3;
		count++;
	}
	return count;
}

static void count_escapes(struct reading *reading, struct slice line)
{
	size_t count = 0;

	for (struct slice rest = line; rest.len; rest = slice_drop(rest, is_needless(rest) ? 3 : 1))
		count += is_needless(rest);
	reading->escapes += count ? count - escaped_blanks(line) : 0;
}

/* "&#x12AB;" */
static bool is_entity(struct slice text)
{
	if (text.len < ENTITY || !slice_begins(text, SLICE("&#x")) || text.at[ENTITY - 1] != ';')
		return false;
	for (size_t i = 3; i < ENTITY - 1; i++)
		if (!byte_is_digit(text.at[i]) && (text.at[i] < 'A' || text.at[i] > 'F'))
			return false;
	return true;
}

static void count_entities(struct reading *reading, struct slice line)
{
	size_t count = 0;

	for (struct slice rest = line; rest.len; rest = slice_drop(rest, is_entity(rest) ? ENTITY : 1))
		count += is_entity(rest);
	reading->entities += count;
	reading->plain += line.len - count * ENTITY;
}

static bool is_illegal_ascii(struct slice line)
{
	for (size_t i = 0; i < line.len; i++)
		if (line.at[i] == '\0' || line.at[i] == '\r' || (unsigned char)line.at[i] >= 0x80)
			return true;
	return false;
}

/* `line` with its LF, and without the CR before it. */
static void read_line(struct reading *reading, const struct about *about, struct slice line)
{
	bool plain = slice_same(about->type, SLICE("text/plain"));

	if (slice_same_nocase(about->encoding, SLICE("quoted-printable")) && !slice_begins(line, SLICE("SPAM: "))) {
		reading->facts->quoted_long = reading->facts->quoted_long || line.len > LONG_LINE;
		reading->quoted_bytes += line.len;
		count_escapes(reading, line);
	}
	if (plain && (about->charset.len == 0 || slice_same_nocase(about->charset, SLICE("us-ascii"))))
		reading->facts->illegal_ascii += is_illegal_ascii(line);
	if (plain && (about->encoding.len == 0 || slice_same_nocase(about->encoding, SLICE("7bit")) ||
	              slice_same_nocase(about->encoding, SLICE("8bit"))))
		count_entities(reading, line);
	if (slice_same_nocase(about->encoding, SLICE("base64")) && !slice_same(about->type, SLICE("application/ics")) &&
	    line.len > reading->facts->base64_line)
		reading->facts->base64_line = line.len;
}

static enum result read_lines(struct reading *reading, const struct about *about, struct slice body, struct arena *arena)
{
	size_t size;

	TRY(view_plain_ends(body, arena, &body));
	size = body.len;
	while (body.len) {
		const char *end = memchr(body.at, '\n', body.len);

		read_line(reading, about, slice_take(&body, end ? (size_t)(end - body.at) + 1 : body.len));
	}
	if (is_attachment(about))
		return OK;
	if (slice_same(about->type, SLICE("text/plain")))
		reading->text = reading->alternative ? (double)size : 0;
	else if (slice_same(about->type, SLICE("text/html")))
		reading->html = reading->alternative ? (double)size : 0;
	return OK;
}

static void finish(struct reading *reading)
{
	struct mime_facts *facts = reading->facts;

	facts->ratio = reading->alternative && reading->text >= 0 && reading->html > 0 ? reading->text / reading->html : 1;
	facts->quoted = reading->quoted_bytes ? reading->escapes : facts->quoted;
	facts->entities = reading->plain ? (double)reading->entities / (double)reading->plain : 0;
	facts->known = true;
}

static enum result read_facts(const struct eval_call *call)
{
	struct reading reading = { .facts = call->mime, .text = -1, .html = -1 };

	if (call->mime->known)
		return OK;
	for (size_t i = 0; i < call->view->part_count; i++) {
		const struct view_part *part = &call->view->parts[i];
		struct about about = about_of(part);

		read_fields(&reading, &about);
		if (view_is_leaf(part->part))
			TRY(read_lines(&reading, &about, part->part->body, call->view->reader->arena));
	}
	finish(&reading);
	return OK;
}

/* ---- what rules ask ---- */

enum result check_for_mime(struct eval_call *call)
{
	const struct mime_facts *facts = call->mime;
	struct slice what = call->arguments[0];

	TRY(read_facts(call));
	call->hit = (slice_same(what, SLICE("mime_base64_count")) && facts->base64) ||
	            (slice_same(what, SLICE("mime_qp_count")) && facts->quoted) ||
	            (slice_same(what, SLICE("mime_qp_long_line")) && facts->quoted_long) ||
	            (slice_same(what, SLICE("mime_base64_encoded_text")) && facts->base64_text) ||
	            (slice_same(what, SLICE("mime_bad_iso_charset")) && facts->bad_iso) ||
	            (slice_same(what, SLICE("mime_attachment")) && facts->attachment);
	return OK;
}

enum result check_mime_multipart_ratio(struct eval_call *call)
{
	TRY(read_facts(call));
	call->hit = call->mime->ratio >= eval_number(call->arguments[0]) && call->mime->ratio < eval_number(call->arguments[1]);
	return OK;
}

enum result check_for_ascii_text_illegal(struct eval_call *call)
{
	TRY(read_facts(call));
	call->hit = call->mime->illegal_ascii > 0;
	return OK;
}

enum result check_abundant_unicode_ratio(struct eval_call *call)
{
	TRY(read_facts(call));
	call->hit = call->mime->entities >= eval_number(call->arguments[0]);
	return OK;
}

enum result check_base64_length(struct eval_call *call)
{
	double length;

	TRY(read_facts(call));
	length = (double)call->mime->base64_line;
	call->hit = length >= eval_number(call->arguments[0]) && (call->count < 2 || length <= eval_number(call->arguments[1]));
	return OK;
}

/* ---- capitals ---- */

struct letters { size_t all, small, capital; };

/* Two words of base64, each as long as a line of it. */
static bool is_encoded(struct slice line)
{
	for (size_t word = 0; word < 2; word++) {
		size_t length = 0;

		while (length < line.len && (byte_is_letter(line.at[length]) || byte_is_digit(line.at[length]) ||
		                             slice_has(SLICE("+/="), line.at[length])))
			length++;
		if (length < 60 || length > 76 || length == line.len || line.at[length] != ' ')
			return false;
		line = slice_drop(line, length + 1);
	}
	return true;
}

static bool has_blank_within(struct slice line)
{
	line = rules_trim(line);
	for (size_t i = 0; i < line.len; i++)
		if (rules_is_space(line.at[i]))
			return true;
	return false;
}

static size_t place_of(struct slice text, struct slice word)
{
	size_t at = 0;

	while (at + word.len <= text.len && !slice_begins(slice_drop(text, at), word))
		at++;
	return at + word.len <= text.len ? at : text.len;
}

static void count_letters(struct slice text, struct letters *letters)
{
	letters->all += text.len;
	for (size_t i = 0; i < text.len; i++) {
		char c = text.at[i];

		letters->small += (c >= 'a' && c <= 'z') || byte_is_digit(c);
		letters->capital += c >= 'A' && c <= 'Z';
	}
}

/* Japanese letters between two shifts are left out. */
static void count_line(struct slice line, struct letters *letters)
{
	static const struct slice in = LIT("\x1b$B"), out = LIT("\x1b(B");
	size_t from = place_of(line, in), to = line.len;

	while (to > from && !slice_begins(slice_drop(line, to), out))
		to--;
	if (from == line.len || to <= from) {
		count_letters(line, letters);
		return;
	}
	count_letters((struct slice){ line.at, from }, letters);
	count_letters(slice_drop(line, to + out.len), letters);
}

enum result check_for_uppercase(struct eval_call *call)
{
	const struct view_pieces *body = &call->view->body;
	struct letters letters = { 0 };
	double percent;

	TRY(read_facts(call));
	for (size_t i = 0; i < body->count; i++)
		if (has_blank_within(body->list[i]) && !is_encoded(body->list[i]))
			count_line(body->list[i], &letters);
	if (call->mime->caps_charset || letters.all < UPPERCASE_LEAST || letters.small + letters.capital == 0)
		return OK;
	percent = 100 * (double)letters.capital / (double)(letters.small + letters.capital);
	call->hit = percent > eval_number(call->arguments[0]) && percent <= eval_number(call->arguments[1]);
	return OK;
}
