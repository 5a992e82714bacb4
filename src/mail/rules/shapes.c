/* SPDX-License-Identifier: Apache-2.0 */
/* A shape is read from left to right. Where it leaves something open, the places at which that may end are kept on a
 * stack of a fixed size, and tried one after the other when what follows does not match. */
#include "mail/rules/shapes.h"

#include "mail/rules/reading.h"
#include "mail/rules/shape_address.h"
#include "mail/rules/shape_kinds.h"

enum { CHOICES_MOST = 48, LOG_MOST = 24, STRIDE = 64 };       /* STRIDE: characters that are gone through in one step */

static const struct { char letter; enum shape_field field; } marks[] = {
	{ 'h', FIELD_HELO }, { 'r', FIELD_RDNS }, { 'b', FIELD_BY }, { 'd', FIELD_IDENT }, { 'a', FIELD_AUTH },
	{ 's', FIELD_COMMENT }, { 'f', FIELD_SENDER }, { 'n', FIELD_ID }, { 'i', FIELD_IP },
};

static const struct { char letter; bool nocase; const char *const words[14]; } lists[] = {
	{ 'e', false, { "HELO", "EHLO" } },
	{ 'Q', false, { "SMTP", "QMQP" } },
	{ 'X', false, { "LOGIN", "PLAIN", "DIGEST-MD5", "CRAM-MD5" } },
	{ 'C', false, { "HTTP", "SMTP", "XIMSS", "IMAP" } },
	{ 'N', true, { "ESMTPA", "ESMTPSA", "LMTPA", "LMTPSA", "UTF8SMTPA", "UTF8SMTPSA", "UTF8LMTPA", "UTF8LMTPSA", "ASMTP", "HTTPS", "HTTPU",
	               "HTTP" } },
	{ 'M', false, { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" } },
	{ 'Y', false, { "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun" } },
};

/* ---- a match ---- */

/* What is still to be tried: the places from `next` to `last`, and the rest of the shape behind each. */
struct choice {
	const char *resume;
	size_t begin, next, last;
	bool little;
	enum shape_field field;
	size_t log;
};

struct noted { enum shape_field field; size_t begin, end; bool marked; };

struct match {
	struct shape_line *line;
	bool nocase;
	const char *shape;               /* what is left of it */
	size_t at;
	struct choice choices[CHOICES_MOST];
	size_t choice_count;
	struct noted log[LOG_MOST];
	size_t log_count;
};

static bool note(struct match *match, enum shape_field field, size_t begin, size_t end)
{
	if (field == FIELD_NONE)
		return true;
	if (match->log_count == LOG_MOST)
		return false;
	match->log[match->log_count++] = (struct noted){ field, begin, end, false };
	return true;
}

static bool choose(struct match *match, const struct choice *choice)
{
	if (match->choice_count == CHOICES_MOST)
		return false;
	match->choices[match->choice_count++] = *choice;
	return true;
}

/* The next place of the newest choice. */
static bool retry(struct match *match)
{
	struct choice *choice;

	if (match->choice_count == 0)
		return false;
	choice = &match->choices[match->choice_count - 1];
	match->shape = choice->resume;
	match->at = choice->next;
	match->log_count = choice->log;
	if (choice->next == choice->last)
		match->choice_count--;
	else
		choice->next += choice->little ? 1 : (size_t)-1;
	return note(match, choice->field, choice->begin, match->at);
}

/* Long stretches are work too. */
static void charge(struct shape_line *line, size_t steps)
{
	line->steps -= steps < line->steps ? (unsigned)steps : line->steps;
}

static bool run_of(struct match *match, const struct shape_kind *kind)
{
	struct slice text = match->line->text;
	size_t begin = match->at, least = begin + kind->least, end = begin;

	while (end < text.len && end - begin < kind->most && kind->is(text.at[end]))
		end++;
	charge(match->line, (end - begin) / STRIDE);
	if (end < least)
		return false;
	match->at = kind->little ? least : end;
	if (end > least && !choose(match, &(struct choice){ match->shape, begin, kind->little ? least + 1 : end - 1,
	                                                    kind->little ? end : least, kind->little, kind->field, match->log_count }))
		return false;
	return note(match, kind->field, begin, match->at);
}

static bool stands_at(const struct match *match, size_t at, char c)
{
	struct slice text = match->line->text;

	return at < text.len && (text.at[at] == c || (match->nocase && byte_lower(text.at[at]) == byte_lower(c)));
}

static bool literal(struct match *match, char c)
{
	if (!stands_at(match, match->at, c))
		return false;
	match->at++;
	return true;
}

static bool maybe(struct match *match, char c)
{
	struct choice without = { match->shape, match->at, match->at, match->at, false, FIELD_NONE, match->log_count };

	return !literal(match, c) || choose(match, &without);
}

static bool begin_group(struct match *match)
{
	const char *end = match->shape;

	while (!(end[0] == '%' && end[1] == ')'))
		end += end[0] == '%' ? 2 : 1;
	return choose(match, &(struct choice){ end + 2, match->at, match->at, match->at, false, FIELD_NONE, match->log_count });
}

static bool address(struct match *match, enum shape_field field)
{
	size_t length = shape_address(match->line->text, match->at), begin = match->at;

	match->at += length;
	return length && note(match, field, begin, match->at);
}

static bool is_edge(const struct match *match)
{
	struct slice text = match->line->text;
	bool before = match->at > 0 && rules_is_word(text.at[match->at - 1]);
	bool after = match->at < text.len && rules_is_word(text.at[match->at]);

	return before != after;
}

/* What takes no room. */
static bool holds(const struct match *match, char letter)
{
	struct slice rest = slice_drop(match->line->text, match->at);
	char next = rest.len ? rest.at[0] : '\0';

	if (letter == '$')
		return rest.len == 0;
	if (letter == '|')
		return rest.len == 0 || next == ' ';
	if (letter == 'E')
		return rest.len == 0 || shape_is_gap(next);
	if (letter == 'f')
		return rest.len == 0 || (shape_is_odd(next) && next != ';');
	if (letter == '-')
		return !slice_begins(rest, SLICE(" id "));
	return is_edge(match) && (letter == 'B' || (next != '.' && next != '-'));
}

static bool word_of(struct match *match, char letter)
{
	struct slice rest = slice_drop(match->line->text, match->at);

	for (size_t i = 0; i < COUNT_OF(lists); i++)
		for (const char *const *word = lists[i].words; lists[i].letter == letter && *word; word++)
			if (lists[i].nocase || match->nocase ? slice_begins_nocase(rest, slice_of(*word)) : slice_begins(rest, slice_of(*word))) {
				match->at += slice_of(*word).len;
				return true;
			}
	return false;
}

static bool own_name(struct match *match)
{
	size_t length = shape_own_name(match->line->text, match->at);

	match->at += length;
	return length > 0;
}

static bool open_thing(struct match *match, char letter)
{
	if (letter == '(')
		return begin_group(match);
	if (letter == ')')
		return true;
	if (slice_has(SLICE("[]<> "), letter))
		return maybe(match, letter);
	if (slice_has(SLICE("$|Ef-B!"), letter))
		return holds(match, letter);
	if (letter == 'i' || letter == 'o')
		return address(match, letter == 'i' ? FIELD_IP : FIELD_NONE);
	if (letter == 'L')
		return own_name(match);
	if (letter == '%')
		return literal(match, '%');
	return shape_kind_of(letter) ? run_of(match, shape_kind_of(letter)) : word_of(match, letter);
}

static bool begin_mark(struct match *match, char letter)
{
	for (size_t i = 0; i < COUNT_OF(marks); i++)
		if (marks[i].letter == letter && note(match, marks[i].field, match->at, match->at)) {
			match->log[match->log_count - 1].marked = true;
			return true;
		}
	return false;
}

/* The newest mark: marks do not stand within each other. */
static bool end_mark(struct match *match)
{
	for (size_t i = match->log_count; i-- > 0;)
		if (match->log[i].marked) {
			match->log[i].end = match->at;
			return true;
		}
	return false;
}

/* The next thing in the shape. */
static bool step(struct match *match)
{
	char c = *match->shape++;

	if (c == '%')
		return open_thing(match, *match->shape++);
	if (c == '{')
		return begin_mark(match, *match->shape++);
	return c == '}' ? end_mark(match) : literal(match, c);
}

static bool match_at(struct match *match, const char *shape, size_t at)
{
	match->shape = shape;
	match->at = at;
	match->choice_count = match->log_count = 0;
	while (*match->shape) {
		if (match->line->steps == 0)
			return false;
		match->line->steps--;
		while (!step(match)) {
			if (match->line->steps == 0 || !retry(match))
				return false;
			match->line->steps--;
		}
	}
	return true;
}

static void tell(const struct match *match, size_t begin, struct shape_found *found)
{
	for (size_t i = 0; i < match->log_count; i++) {
		const struct noted *noted = &match->log[i];

		found->field[noted->field] = (struct slice){ match->line->text.at + noted->begin, noted->end - noted->begin };
		found->there |= 1u << noted->field;
	}
	found->begin = begin;
	found->end = match->at;
}

bool shape_match(const char *shape, struct shape_line *line, struct shape_found *found)
{
	struct match match;
	size_t last;

	match.line = line;
	match.nocase = *shape == '!';
	shape += match.nocase;
	last = *shape == '^' ? 0 : line->text.len;
	shape += *shape == '^';
	for (size_t at = 0; at <= last && line->steps; at++) {
		if (*shape && *shape != '%' && *shape != '{' && !stands_at(&match, at, *shape))
			continue;
		if (match_at(&match, shape, at)) {
			tell(&match, at, found);
			return true;
		}
	}
	return false;
}
