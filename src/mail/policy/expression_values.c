/* SPDX-License-Identifier: Apache-2.0 */
/* The rest of the text is cut from its front; a place is what has been cut. */
#include "mail/policy/expression_reading.h"

#include "base/settings.h"
#include "mail/policy/number.h"

enum { SET_MOST = 10000 };

/* ---- words and complaints ---- */

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

bool reading_word_byte(char c)
{
	return byte_is_letter(c) || byte_is_digit(c) || c == '_' || c == '.';
}

/* What stands without quotes: numbers, addresses, words. */
static bool is_bare_byte(char c)
{
	return reading_word_byte(c) || c == '-' || c == '+' || c == ':' || c == '/' || c == '@';
}

void reading_skip_space(struct reading *reading)
{
	while (reading->rest.len && is_space(reading->rest.at[0]))
		reading->rest = slice_drop(reading->rest, 1);
}

struct slice reading_peek(struct reading *reading, bool (*belongs)(char))
{
	size_t length = 0;

	reading_skip_space(reading);
	while (length < reading->rest.len && belongs(reading->rest.at[length]))
		length++;
	return (struct slice){ reading->rest.at, length };
}

bool reading_accept_word(struct reading *reading, struct slice word)
{
	if (!slice_same(reading_peek(reading, reading_word_byte), word))
		return false;
	reading->rest = slice_drop(reading->rest, word.len);
	return true;
}

bool reading_accept(struct reading *reading, struct slice sign)
{
	reading_skip_space(reading);
	if (!slice_begins(reading->rest, sign))
		return false;
	reading->rest = slice_drop(reading->rest, sign.len);
	return true;
}

void reading_place(struct reading *reading)
{
	(void)!buffer_format(reading->complaint, "at character %zu: ", reading->whole.len - reading->rest.len + 1);
}

/* A complaint that does not fit is cut; the refusal stands. */
enum result reading_wrong(struct reading *reading, const char *what)
{
	reading_place(reading);
	(void)!buffer_add(reading->complaint, slice_of(what));
	return REFUSED;
}

enum result reading_wrong_fact(struct reading *reading, struct slice word)
{
	const char *nearest = fact_nearest(word);

	reading_place(reading);
	(void)!buffer_format(reading->complaint, "no fact is called \"%.*s\"; ", SHOW(word));
	if (nearest)
		(void)!buffer_format(reading->complaint, "did you mean \"%s\"?", nearest);
	else
		(void)!buffer_add(reading->complaint, SLICE("`postern help facts` lists them"));
	return REFUSED;
}

/* ---- values ---- */

/* 'a b' or "a b": up to the next of the same quote; there is no way to write that quote inside. */
enum result reading_quoted(struct reading *reading, struct slice *ret_text)
{
	char quote = reading->rest.at[0];
	struct slice after = slice_drop(reading->rest, 1);

	if (!slice_has(after, quote))
		return reading_wrong(reading, "this quote is not closed");
	*ret_text = slice_cut(&after, quote);
	reading->rest = after;
	return OK;
}

bool reading_at_quote(struct reading *reading)
{
	reading_skip_space(reading);
	return reading->rest.len && (reading->rest.at[0] == '\'' || reading->rest.at[0] == '"');
}

enum result reading_value(struct reading *reading, struct slice *ret_text)
{
	struct slice word;

	if (reading_at_quote(reading))
		return reading_quoted(reading, ret_text);
	word = reading_peek(reading, is_bare_byte);
	if (word.len == 0)
		return reading_wrong(reading, reading->rest.len ? "a value was expected" : "it ends too early");
	reading->rest = slice_drop(reading->rest, word.len);
	*ret_text = word;
	return OK;
}

static enum result wrong_value(struct reading *reading, const struct fact_row *fact, struct slice text)
{
	reading->rest.len = reading->whole.len - (size_t)(text.at - reading->whole.at);
	reading->rest.at = text.at;
	reading_place(reading);
	if (fact->type == FACT_WORD)
		(void)!buffer_format(reading->complaint, "%s is one of: %s", fact->name, fact->words);
	else
		(void)!buffer_format(reading->complaint, "%s is %s, and \"%.*s\" is none", fact->name,
		                     fact->type == FACT_NUMBER ? "a number" : "an address or a network", SHOW(text));
	return REFUSED;
}

/* `text` lies in the expression. */
enum result reading_operand(struct reading *reading, const struct fact_row *fact, struct slice text,
                                struct operand *operand)
{
	bool good = true;

	if (fact->type == FACT_NUMBER)
		good = number_read(text, &operand->number) == OK;
	else if (fact->type == FACT_ADDRESS)
		good = network_parse(text, &operand->network) == OK;
	else if (fact->type == FACT_WORD)
		good = fact_word_known(fact, text);
	if (!good)
		return wrong_value(reading, fact, text);
	return arena_keep(reading->arena, text, &operand->text);
}

enum result reading_pattern(struct reading *reading, struct operand *operand)
{
	struct slice text, flags, after;

	if (!reading_accept(reading, SLICE("/"))) {
		TRY(reading_value(reading, &text));
		TRY(arena_keep(reading->arena, text, &operand->text));
		return pattern_glob(text, reading->arena, &operand->pattern);
	}
	/* A slash inside is written \/, which means the same to PCRE2. */
	after = reading->rest;
	while (after.len && after.at[0] != '/')
		after = slice_drop(after, after.at[0] == '\\' ? 2 : 1);
	if (after.len == 0)
		return reading_wrong(reading, "this expression has no slash at its end");
	text = (struct slice){ reading->rest.at, (size_t)(after.at - reading->rest.at) };
	reading->rest = slice_drop(after, 1);
	flags = (struct slice){ reading->rest.at, 0 };
	while (flags.len < reading->rest.len && byte_is_letter(reading->rest.at[flags.len]))
		flags.len++;
	TRY(arena_keep(reading->arena, (struct slice){ text.at, text.len + 1 + flags.len }, &operand->text));
	TRY(pattern_regex(text, flags, reading->arena, &operand->pattern, reading->complaint));
	reading->rest = slice_drop(reading->rest, flags.len);
	return OK;
}

/* ---- sets ---- */

static bool is_glob(struct slice text)
{
	return slice_has(text, '*') || slice_has(text, '?');
}

static enum result make_entry(struct reading *reading, const struct fact_row *fact, struct slice text,
                              struct operand *operand)
{
	if (fact->type == FACT_TEXT && is_glob(text)) {
		TRY(arena_keep(reading->arena, text, &operand->text));
		return pattern_glob(text, reading->arena, &operand->pattern);
	}
	return reading_operand(reading, fact, text, operand);
}

static enum result wrong_entry(struct reading *reading, const struct fact_row *fact, const struct named_list *list,
                               struct slice entry)
{
	reading_place(reading);
	(void)!buffer_format(reading->complaint, "list \"%.*s\" has \"%.*s\", which cannot be compared with %s",
	                     SHOW(list->name), SHOW(entry), fact->name);
	return REFUSED;
}

static enum result fill_from_list(struct reading *reading, const struct named_list *list, struct test *test)
{
	struct operand *operands = arena_array(reading->arena, struct operand, list->count);
	struct reading inside = *reading;
	struct buffer unheard = { 0 };

	if (operands == NULL)
		return LATER;
	for (size_t i = 0; i < list->count; i++) {
		enum result result;

		/* A complaint about an entry has no place in this text. */
		inside.whole = inside.rest = list->entries[i];
		inside.complaint = &unheard;
		result = make_entry(&inside, test->fact, list->entries[i], &operands[i]);
		if (result == REFUSED)
			return wrong_entry(reading, test->fact, list, list->entries[i]);
		TRY(result);
	}
	test->operands = operands;
	test->operand_count = list->count;
	return OK;
}

static enum result wrong_name(struct reading *reading, const char *section, struct slice name, const char *nearest)
{
	reading_place(reading);
	(void)!buffer_format(reading->complaint, "there is no %s \"%.*s\"", section, SHOW(name));
	if (nearest)
		(void)!buffer_format(reading->complaint, "; did you mean \"%s\"?", nearest);
	return REFUSED;
}

static enum result wrong_list(struct reading *reading, struct slice name)
{
	const char *nearest = NULL;

	for (size_t i = 0; i < reading->lists->count && nearest == NULL; i++) {
		const char *known;

		TRY(arena_text(reading->arena, reading->lists->lists[i].name, &known));
		nearest = settings_nearest(name, &known, 1);
	}
	return wrong_name(reading, "list", name, nearest);
}

enum result reading_wrong_dnsbl(struct reading *reading, struct slice name)
{
	const struct dnsbls *dnsbls = reading->lists->dnsbls;
	const char *nearest = NULL;

	for (size_t i = 0; dnsbls && i < dnsbls->count && nearest == NULL; i++) {
		const char *known;

		TRY(arena_text(reading->arena, dnsbls->list[i].title, &known));
		nearest = settings_nearest(name, &known, 1);
	}
	return wrong_name(reading, "dnsbl", name, nearest);
}

static enum result read_list(struct reading *reading, struct test *test)
{
	const struct named_list *list;
	struct slice name;

	if (!reading_accept(reading, SLICE("(")) || !reading_at_quote(reading))
		return reading_wrong(reading, "list(\"NAME\") was expected");
	TRY(reading_quoted(reading, &name));
	if (!reading_accept(reading, SLICE(")")))
		return reading_wrong(reading, "\")\" was expected");
	if (reading->lists == NULL)
		return OK;
	list = lists_find(reading->lists, name);
	return list ? fill_from_list(reading, list, test) : wrong_list(reading, name);
}

/* Twice over the values: to count, then to keep. */
enum result reading_set(struct reading *reading, struct test *test)
{
	struct slice begin, value;
	size_t count = 0;
	struct operand *operands;

	if (reading_accept_word(reading, SLICE("list")))
		return read_list(reading, test);
	if (!reading_accept(reading, SLICE("(")))
		return reading_wrong(reading, "list(\"NAME\") or values in brackets were expected");
	begin = reading->rest;
	do {
		TRY(reading_value(reading, &value));
	} while (++count < SET_MOST && reading_accept(reading, SLICE(",")));
	if (!reading_accept(reading, SLICE(")")))
		return reading_wrong(reading, "\",\" or \")\" was expected");
	operands = arena_array(reading->arena, struct operand, count);
	if (operands == NULL)
		return LATER;
	reading->rest = begin;
	for (size_t i = 0; i < count; i++) {
		TRY(reading_value(reading, &value));
		TRY(make_entry(reading, test->fact, value, &operands[i]));
		(void)!reading_accept(reading, i + 1 < count ? SLICE(",") : SLICE(")"));
	}
	test->operands = operands;
	test->operand_count = count;
	return OK;
}
