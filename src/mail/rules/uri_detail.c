/* SPDX-License-Identifier: Apache-2.0 */
/* Each key is a row: its name, and the function that goes through what an address has of it. A key asked twice is asked
 * as it was the last time. */
#include "mail/rules/uri_detail.h"

#include "mail/rules/reading.h"

/* ---- what is asked ---- */

struct ask { struct patterns *patterns; const struct uri_question *question; bool yes, limit; };

static void ask(struct ask *ask, struct slice text)
{
	struct slice within;
	int found;

	if (ask->yes)
		return;
	found = pattern_first(ask->patterns, ask->question->pattern, text, &within);
	ask->limit = ask->limit || found == PATTERN_LIMIT;
	ask->yes = found != PATTERN_LIMIT && (found == 1) != ask->question->negated;
}

static void ask_raw(struct ask *of, const struct uri *uri)
{
	ask(of, uri->found->raw);
}

/* A text of a page's address that no element has is taken for one found in text. */
static void ask_type(struct ask *of, const struct uri *uri)
{
	static const struct { enum uri_type type; struct slice name; } names[] = {
		{ URI_PARSED, LIT("parsed") }, { URI_SCHEMELESS, LIT("schemeless") }, { URI_UNLINKED, LIT("unlinked") },
	};
	unsigned types = 0;
	bool element = false;

	for (size_t i = 0; i < uri->found_count; i++) {
		types |= uri->found[i].types;
		element = element || uri->found[i].element.len;
		if (uri->found[i].element.len)
			ask(of, uri->found[i].element);
	}
	types |= element ? 0 : URI_PARSED;
	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (types & names[i].type)
			ask(of, names[i].name);
}

static void ask_cleaned(struct ask *of, const struct uri *uri)
{
	for (size_t i = 0; i < uri->forms.count; i++)
		ask(of, uri->forms.list[i].text);
}

static void ask_text(struct ask *of, const struct uri *uri)
{
	for (size_t i = 0; i < uri->found_count; i++)
		if (uri->found[i].has_text)
			ask(of, uri->found[i].text);
}

static void ask_domain(struct ask *of, const struct uri *uri)
{
	for (size_t i = 0; i < uri->forms.count; i++)
		if (uri->forms.list[i].domain.len)
			ask(of, uri->forms.list[i].domain);
}

static void ask_host(struct ask *of, const struct uri *uri)
{
	for (size_t i = 0; i < uri->forms.count; i++)
		if (uri->forms.list[i].host.len)
			ask(of, uri->forms.list[i].host);
}

static const struct { struct slice name; void (*ask)(struct ask *, const struct uri *); } keys[URI_KEYS] = {
	[URI_RAW] = { LIT("raw"), ask_raw },          [URI_TYPE] = { LIT("type"), ask_type },
	[URI_CLEANED] = { LIT("cleaned"), ask_cleaned }, [URI_TEXT] = { LIT("text"), ask_text },
	[URI_DOMAIN] = { LIT("domain"), ask_domain }, [URI_HOST] = { LIT("host"), ask_host },
};

static bool holds_of(const struct uri_detail *detail, struct patterns *patterns, const struct uri *uri, bool *limit)
{
	for (enum uri_key key = 0; key < URI_KEYS; key++) {
		struct ask of = { .patterns = patterns, .question = &detail->questions[key] };

		if (!of.question->asked)
			continue;
		keys[key].ask(&of, uri);
		*limit = *limit || of.limit;
		if (!of.yes)
			return false;
	}
	return true;
}

int uri_detail_holds(const struct uri_detail *detail, struct patterns *patterns, const struct uris *uris)
{
	bool limit = false;

	for (size_t i = 0; i < uris->count; i++)
		if (holds_of(detail, patterns, &uris->list[i], &limit))
			return 1;
	return limit ? PATTERN_LIMIT : 0;
}

/* ---- to read a definition ---- */

static size_t skip_blanks(struct slice text, size_t at)
{
	while (at < text.len && rules_is_space(text.at[at]))
		at++;
	return at;
}

/* `/…/flags` or `m{…}` with one sign on either side: its length, where a blank or nothing follows; 0: none. */
static size_t expression_length(struct slice text)
{
	size_t open = text.len && text.at[0] == 'm' ? 1 : 0, at;

	if (open >= text.len || rules_is_word(text.at[open]) || (open == 0 && text.at[0] != '/'))
		return 0;
	for (at = open + 1; at < text.len; at++) {
		size_t end = at + 1;

		if (text.at[at] != text.at[open])
			continue;
		while (end < text.len && slice_has(SLICE("imsx"), text.at[end]))
			end++;
		if (end == text.len || rules_is_space(text.at[end]))
			return end;
	}
	return 0;
}

/* "KEY =~ /expression/" off the front; what is none of that is passed over, as SpamAssassin does. */
static bool cut_question(struct slice *rest, struct slice *ret_key, bool *ret_negated, struct slice *ret_expression)
{
	while (rest->len) {
		struct slice key = { rest->at, 0 };
		size_t at, length;

		while (key.len < rest->len && rules_is_word(key.at[key.len]))
			key.len++;
		at = skip_blanks(*rest, key.len);
		if (key.len && at + 2 <= rest->len && (rest->at[at] == '=' || rest->at[at] == '!') && rest->at[at + 1] == '~') {
			size_t from = skip_blanks(*rest, at + 2);

			*ret_negated = rest->at[at] == '!';
			length = expression_length(slice_drop(*rest, from));
			if (length) {
				*ret_expression = (struct slice){ rest->at + from, length };
				*ret_key = key;
				*rest = slice_drop(*rest, from + length);
				return true;
			}
		}
		*rest = slice_drop(*rest, key.len ? key.len : 1);
	}
	return false;
}

static enum result add_question(struct ruleset *set, struct patterns *patterns, const struct rule *rule, struct uri_question *question,
                                struct slice expression)
{
	struct pattern_text text = { .name = rule->name, .place = rule->is.place };
	const char *fault = "";

	question->asked = false;
	if (regex_cut(expression, &text.pattern, &text.flags, &fault) != OK) {
		ruleset_complain(set, rule->is.place, "%.*s: %s", SHOW(rule->name), fault);
		return OK;
	}
	TRY(patterns_add(patterns, set, &text, &question->pattern));
	question->asked = pattern_is_there(patterns, question->pattern);
	return OK;
}

static struct uri_question *question_named(struct uri_detail *detail, struct slice name)
{
	for (size_t i = 0; i < URI_KEYS; i++)
		if (slice_same(keys[i].name, name))
			return &detail->questions[i];
	return NULL;
}

static enum result read_detail(struct ruleset *set, struct patterns *patterns, struct uri_detail *detail)
{
	const struct rule *rule = &set->rules[detail->rule];
	struct slice rest = rule->is.text, key, expression;
	size_t count = 0;
	bool negated, good = true;

	while (cut_question(&rest, &key, &negated, &expression)) {
		struct uri_question *question = question_named(detail, key);

		if (question) {
			TRY(add_question(set, patterns, rule, question, expression));
			question->negated = negated;
		}
		good = good && question && question->asked;
		count++;
	}
	detail->there = good && count;
	if (!detail->there)
		ruleset_complain(set, rule->is.place, "%.*s: KEY =~ /expression/ was expected, of raw, type, cleaned, text, domain and host",
		                 SHOW(rule->name));
	return OK;
}

enum result uri_details_build(struct ruleset *set, struct patterns *patterns, struct arena *arena, struct uri_details *ret_details)
{
	struct uri_details details = { 0 };
	size_t count = 0;

	for (size_t i = 0; i < set->count; i++)
		count += set->rules[i].is.kind == RULE_URI_DETAIL;
	details.list = arena_array(arena, struct uri_detail, count + 1);
	if (details.list == NULL)
		return LATER;
	for (uint32_t i = 0; i < set->count; i++) {
		if (set->rules[i].is.kind != RULE_URI_DETAIL)
			continue;
		details.list[details.count].rule = i;
		TRY(read_detail(set, patterns, &details.list[details.count++]));
	}
	*ret_details = details;
	return OK;
}

const struct uri_detail *uri_detail_find(const struct uri_details *details, uint32_t rule)
{
	size_t from = 0, to = details->count;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (details->list[middle].rule == rule)
			return details->list[middle].there ? &details->list[middle] : NULL;
		if (details->list[middle].rule < rule)
			from = middle + 1;
		else
			to = middle;
	}
	return NULL;
}
