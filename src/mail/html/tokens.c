/* SPDX-License-Identifier: Apache-2.0 */
/* A mark is read in full before a byte of it is changed: one that never ends is a comment, as it was written. Whatever
 * was looked for up to the end in vain is not looked for again. */
#include "mail/html/tokens.h"

#include "mail/html/entities.h"

enum { RAW_ELEMENTS = 7 };

static const struct { struct slice name; bool decoded, whole; } raws[RAW_ELEMENTS] = {   /* whole: without an end, all is text */
	{ LIT("script"), false, true }, { LIT("style"), false, true }, { LIT("xmp"), false, true },
	{ LIT("iframe"), false, true }, { LIT("plaintext"), false, true }, { LIT("textarea"), true, true },
	{ LIT("title"), true, false },
};
enum { RAW_SCRIPT = 0, RAW_STYLE = 1, RAW_PLAINTEXT = 4 };

void html_tokens_begin(struct html_tokens *tokens, char *bytes, size_t length)
{
	*tokens = (struct html_tokens){ .at = bytes, .end = bytes + length };
}

bool html_is_space(char byte)
{
	return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

const struct slice *html_attribute(const struct html_token *token, struct slice name)
{
	for (size_t i = 0; i < token->count; i++)
		if (slice_same(token->attributes[i].name, name))
			return &token->attributes[i].value;
	return NULL;
}

static bool is_name_first(char byte)
{
	return byte_is_letter(byte) || byte == '_' || byte == ':';
}

static struct slice lower(char *from, const char *to)
{
	for (char *at = from; at < to; at++)
		*at = byte_lower(*at);
	return (struct slice){ from, (size_t)(to - from) };
}

static struct slice decoded(char *from, const char *to, bool within_text)
{
	return (struct slice){ from, html_decode(from, (size_t)(to - from), within_text) };
}

static bool tell(struct html_tokens *tokens, struct html_token *token, enum html_kind kind, struct slice text, char *behind)
{
	token->kind = kind;
	token->text = text;
	tokens->at = behind;
	return true;
}

/* As it was written, up to `behind`. */
static bool tell_written(struct html_tokens *tokens, struct html_token *token, enum html_kind kind, char *behind)
{
	return tell(tokens, token, kind, (struct slice){ tokens->at, (size_t)(behind - tokens->at) }, behind);
}

/* ---- marks ---- */

static char *skip_spaces(char *at, const char *end)
{
	while (at < end && html_is_space(*at))
		at++;
	return at;
}

static char *skip_word(char *at, const char *end, char stop)
{
	while (at < end && !html_is_space(*at) && *at != '>' && *at != stop)
		at++;
	return at;
}

/* A value is at `at`; NULL: it does not end. */
static char *take_value(char *at, const char *end, struct slice *ret_value)
{
	char *from = at;

	if (at == end)
		return NULL;
	if (*at == '"' || *at == '\'') {
		at = memchr(at + 1, *at, (size_t)(end - at - 1));
		*ret_value = (struct slice){ from + 1, at ? (size_t)(at - from - 1) : 0 };
		return at ? at + 1 : NULL;
	}
	at = skip_word(at, end, '>');
	*ret_value = (struct slice){ from, (size_t)(at - from) };
	return at;
}

/* One attribute; NULL: it does not end. */
static char *take_attribute(char *at, const char *end, struct html_attribute *ret_attribute)
{
	char *from = at;

	at = skip_word(at + 1, end, '=');
	ret_attribute->name = (struct slice){ from, (size_t)(at - from) };
	ret_attribute->value = (struct slice){ NULL, 0 };
	at = skip_spaces(at, end);
	if (at < end && *at == '=')
		at = take_value(skip_spaces(at + 1, end), end, &ret_attribute->value);
	return at ? skip_spaces(at, end) : NULL;
}

static void keep_attribute(struct html_tokens *tokens, struct html_token *token, const struct html_attribute *attribute)
{
	if (token->count == HTML_ATTRIBUTES_MOST)
		tokens->over = true;
	else
		token->attributes[token->count++] = *attribute;
}

/* Small letters, characters instead of their names, and of each name the first. */
static void put_attributes_right(struct html_token *token)
{
	size_t count = token->count;

	token->count = 0;
	for (size_t i = 0; i < count; i++) {
		struct html_attribute one = token->attributes[i];

		one.name = lower((char *)(uintptr_t)one.name.at, one.name.at + one.name.len);
		if (one.value.at == NULL)
			one.value = one.name;
		else
			one.value = decoded((char *)(uintptr_t)one.value.at, one.value.at + one.value.len, false);
		if (html_attribute(token, one.name) == NULL)
			token->attributes[token->count++] = one;
	}
}

static void enter_raw(struct html_tokens *tokens, struct slice name)
{
	for (unsigned i = 0; i < RAW_ELEMENTS; i++)
		if (slice_same(name, raws[i].name))
			tokens->raw = i + 1;
}

static bool take_rest(struct html_tokens *tokens, struct html_token *token)
{
	return tell_written(tokens, token, HTML_COMMENT, tokens->end);
}

static bool take_start(struct html_tokens *tokens, struct html_token *token)
{
	char *name = tokens->at + 1, *end = tokens->end, *behind = skip_word(name, end, '>'), *at = skip_spaces(behind, end);
	struct html_attribute attribute;

	while (at && at < end && *at != '>') {
		at = take_attribute(at, end, &attribute);
		if (at)
			keep_attribute(tokens, token, &attribute);
	}
	if (at == NULL || at == end) {
		token->count = 0;
		return take_rest(tokens, token);
	}
	put_attributes_right(token);
	(void)tell(tokens, token, HTML_OPENS, lower(name, behind), at + 1);
	enter_raw(tokens, token->text);
	return true;
}

/* The ">" behind which an end mark is over: quotes behind a blank or "=" are passed over. */
static char *find_mark_end(char *at, const char *end)
{
	char quote = '\0', before = ' ';

	for (; at < end; before = *at++) {
		if (quote == '\0' && *at == '>')
			return at;
		if (*at == quote)
			quote = '\0';
		else if (quote == '\0' && (*at == '"' || *at == '\'') && (before == ' ' || before == '='))
			quote = *at;
	}
	return NULL;
}

static bool take_end(struct html_tokens *tokens, struct html_token *token)
{
	char *name = tokens->at + 2, *end = tokens->end, *behind = skip_word(name, end, '>');
	char *stop = find_mark_end(behind, end);

	if (stop == NULL)
		return take_rest(tokens, token);
	if (behind == name)
		return tell_written(tokens, token, HTML_COMMENT, stop + 1);
	return tell(tokens, token, HTML_CLOSES, lower(name, behind), stop + 1);
}

/* ---- what is no element ---- */

static char *find(char *from, const char *end, char byte)
{
	return from < end ? memchr(from, byte, (size_t)(end - from)) : NULL;
}

/* "--", blanks, ">"; the first two may be those of "<!--" itself no more. */
static char *find_comment_end(char *at, const char *end)
{
	while ((at = find(at, end, '-')) != NULL) {
		char *behind = at + 1 < end && at[1] == '-' ? skip_spaces(at + 2, end) : NULL;

		if (behind && behind < end && *behind == '>')
			return behind;
		if (behind && behind > at + 2)
			at = behind;                     /* the blanks are not looked at again */
		else
			at++;
	}
	return NULL;
}

static bool take_until(struct html_tokens *tokens, struct html_token *token, enum html_kind kind, char *last)
{
	return last ? tell_written(tokens, token, kind, last + 1) : take_rest(tokens, token);
}

static bool take_comment(struct html_tokens *tokens, struct html_token *token)
{
	char *from = tokens->at + 4, *last = tokens->hasty ? NULL : find_comment_end(from, tokens->end);

	if (last == NULL) {
		tokens->hasty = true;
		last = find(tokens->at + 2, tokens->end, '>');
	}
	return take_until(tokens, token, HTML_COMMENT, last);
}

/* A quote counts where a word begins. */
static char *find_unquoted(char *at, const char *end)
{
	while (at && (at = skip_spaces(at, end)) < end && *at != '>') {
		if (*at != '"' && *at != '\'') {
			at = skip_word(at, end, '>');
			continue;
		}
		at = find(at + 1, end, *at);
		if (at)
			at++;
	}
	return at && at < end ? at : NULL;
}

static bool take_declaration(struct html_tokens *tokens, struct html_token *token)
{
	static const struct slice doctype = LIT("<!doctype");
	struct slice rest = { tokens->at, (size_t)(tokens->end - tokens->at) };
	struct slice behind = slice_drop(rest, doctype.len);

	if (slice_begins(rest, SLICE("<!--")))
		return take_comment(tokens, token);
	if (slice_begins_nocase(rest, doctype) && behind.len && (html_is_space(behind.at[0]) || behind.at[0] == '>'))
		return take_until(tokens, token, HTML_DECLARATION, find_unquoted(tokens->at + doctype.len, tokens->end));
	return take_until(tokens, token, HTML_COMMENT, find(tokens->at, tokens->end, '>'));
}

/* ---- marked sections ---- */

static char *find_section_end(char *at, const char *end)
{
	char *found = memmem(at, (size_t)(end - at), "]]>", 3);

	return found ? found : at + (end - at);
}

static bool take_section_text(struct html_tokens *tokens, struct html_token *token, char *from, bool names)
{
	char *stop = find_section_end(from, tokens->end);
	struct slice text = { from, (size_t)(stop - from) };

	if (names)
		text = decoded(from, stop, true);
	return tell(tokens, token, HTML_TEXT, text, stop == tokens->end ? stop : stop + 3);
}

enum section { SECTION_INCLUDE, SECTION_CDATA, SECTION_RCDATA, SECTION_IGNORE, SECTION_UNKNOWN };
static const struct { struct slice name; enum section is; } sections[] = {
	{ LIT("CDATA"), SECTION_CDATA }, { LIT("RCDATA"), SECTION_RCDATA }, { LIT("IGNORE"), SECTION_IGNORE },
	{ LIT("INCLUDE"), SECTION_INCLUDE }, { LIT("TEMP"), SECTION_INCLUDE },
};

/* "<![WORD[": what it is, and what stands behind; NULL: it is none. */
static char *section_of(char *at, const char *end, enum section *ret_section)
{
	char *from = skip_spaces(at + 3, end), *to = from;
	struct slice name;

	while (to < end && (byte_is_letter(*to) || byte_is_digit(*to)))
		to++;
	name = (struct slice){ from, (size_t)(to - from) };
	to = skip_spaces(to, end);
	if (name.len == 0 || to == end || *to != '[')
		return NULL;
	*ret_section = SECTION_UNKNOWN;
	for (size_t i = 0; i < COUNT_OF(sections); i++)
		if (slice_same_nocase(name, sections[i].name))
			*ret_section = sections[i].is;
	return to + 1;
}

static bool take_section(struct html_tokens *tokens, struct html_token *token)
{
	enum section section = SECTION_UNKNOWN;
	char *from = section_of(tokens->at, tokens->end, &section);

	if (from == NULL)
		return take_declaration(tokens, token);
	switch (section) {
	case SECTION_CDATA:
		return take_section_text(tokens, token, from, false);
	case SECTION_RCDATA:
		return take_section_text(tokens, token, from, true);
	case SECTION_IGNORE:
		(void)take_section_text(tokens, token, from, false);
		token->text = SLICE("");
		return true;
	case SECTION_INCLUDE:
		tokens->included++;
		break;
	case SECTION_UNKNOWN:
		break;
	}
	return tell(tokens, token, HTML_TEXT, SLICE(""), from);
}

/* ---- texts ---- */

/* The mark that ends an element whose contents are no marks; NULL: it does not come. */
static char *find_raw_end(const struct html_tokens *tokens, char *at, struct slice name, char **ret_behind)
{
	while ((at = find(at, tokens->end, '<')) != NULL) {
		struct slice rest = { at, (size_t)(tokens->end - at) };

		at++;
		if (rest.len <= name.len + 2 || rest.at[1] != '/' || !slice_begins_nocase(slice_drop(rest, 2), name))
			continue;
		*ret_behind = skip_spaces(at + 1 + name.len, tokens->end);
		if (*ret_behind < tokens->end && *(*ret_behind)++ == '>')
			return at - 1;
	}
	return NULL;
}

static bool take_next(struct html_tokens *tokens, struct html_token *token);

/* What stands in a script or the like; behind it the element's end. */
static bool take_raw(struct html_tokens *tokens, struct html_token *token)
{
	unsigned number = tokens->raw - 1;
	char *behind = tokens->end, *stop = NULL;

	tokens->raw = 0;
	if (number != RAW_PLAINTEXT && !(tokens->unclosed & 1u << number))
		stop = find_raw_end(tokens, tokens->at, raws[number].name, &behind);
	if (stop == NULL) {
		tokens->unclosed |= 1u << number;
		if (!raws[number].whole) {
			tokens->late = raws[number].name;
			return take_next(tokens, token);
		}
		stop = tokens->end;
		if (number == RAW_SCRIPT || number == RAW_STYLE)
			tokens->pending = raws[number].name;
	} else {
		tokens->pending = raws[number].name;
	}
	token->text = (struct slice){ tokens->at, (size_t)(stop - tokens->at) };
	if (raws[number].decoded)
		token->text = decoded(tokens->at, stop, true);
	return tell(tokens, token, HTML_TEXT, token->text, behind);
}

static bool take_text(struct html_tokens *tokens, struct html_token *token)
{
	char *from = tokens->at, *stop = find(from + 1, tokens->end, '<'), *behind;

	stop = stop ? stop : tokens->end;
	behind = stop;
	if (tokens->included) {
		char *section_end = find_section_end(from, stop);

		if (section_end < stop) {
			tokens->included--;
			stop = section_end;
			behind = section_end + 3;
		}
	}
	return tell(tokens, token, HTML_TEXT, decoded(from, stop, true), behind);
}

/* ---- all of it ---- */

static bool take_pending(struct html_tokens *tokens, struct html_token *token, struct slice *pending)
{
	struct slice name = *pending;

	*pending = SLICE("");
	return tell(tokens, token, HTML_CLOSES, name, tokens->at);
}

static bool take_mark(struct html_tokens *tokens, struct html_token *token)
{
	char next = tokens->end - tokens->at > 1 ? tokens->at[1] : '\0', *last;

	if (tokens->end - tokens->at < 3 && (next == '\0' || next == '/' || next == '!' || next == '?' || is_name_first(next)))
		return take_rest(tokens, token);
	if (tokens->late.len && (is_name_first(next) || next == '/'))
		return take_pending(tokens, token, &tokens->late);
	if (is_name_first(next))
		return take_start(tokens, token);
	if (next == '/')
		return take_end(tokens, token);
	if (next == '!')
		return tokens->at[2] == '[' ? take_section(tokens, token) : take_declaration(tokens, token);
	if (next != '?')
		return take_text(tokens, token);
	last = find(tokens->at, tokens->end, '>');
	if (last == NULL)
		return take_rest(tokens, token);
	return tell(tokens, token, HTML_TEXT, SLICE(""), last + 1);
}

static bool take_next(struct html_tokens *tokens, struct html_token *token)
{
	if (tokens->at == tokens->end)
		return false;
	return *tokens->at == '<' ? take_mark(tokens, token) : take_text(tokens, token);
}

bool html_tokens_next(struct html_tokens *tokens, struct html_token *ret_token)
{
	ret_token->count = 0;
	if (tokens->pending.len)
		return take_pending(tokens, ret_token, &tokens->pending);
	if (tokens->at == tokens->end)
		return tokens->late.len && take_pending(tokens, ret_token, &tokens->late);
	return tokens->raw ? take_raw(tokens, ret_token) : take_next(tokens, ret_token);
}
