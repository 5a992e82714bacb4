/* SPDX-License-Identifier: Apache-2.0 */
/* A definition is read into one of its own, and takes the place of an older one only when it is whole: a bad line
 * leaves the rule as it was. */
#include "mail/rules/reading.h"

enum { CAPTURE_PRIORITY = -10000, MODIFIERS_MOST = 2 };

static const struct { struct slice name; enum rule_kind kind; } kinds[] = {
	{ LIT("header"), RULE_HEADER },         { LIT("body"), RULE_BODY },  { LIT("rawbody"), RULE_RAWBODY },
	{ LIT("uri"), RULE_URI },               { LIT("full"), RULE_FULL },  { LIT("meta"), RULE_META },
	{ LIT("mimeheader"), RULE_MIMEHEADER }, { LIT("uri_detail"), RULE_URI_DETAIL },
	{ LIT("askdns"), RULE_EMPTY },
};

static enum rule_kind kind_of(const struct directive *directive)
{
	for (size_t i = 0; i < COUNT_OF(kinds); i++)
		if (slice_same(kinds[i].name, directive->name))
			return kinds[i].kind;
	return RULE_EMPTY;
}

/* ---- to begin and to end ---- */

/* `ret_rule` is NULL where the line is no good. */
static enum result begin(struct rules_reader *reader, const struct directive *directive, struct slice value,
                         struct rule **ret_rule, struct definition *ret_definition)
{
	struct slice name = rules_cut_word(&value);

	*ret_definition = (struct definition){ .kind = kind_of(directive), .place = rules_here(reader) };
	TRY(rules_named(reader, name, ret_rule));
	if (*ret_rule && value.len == 0) {
		ruleset_complain(reader->set, rules_here(reader), "%.*s: nothing stands behind the name", SHOW(name));
		*ret_rule = NULL;
	}
	return arena_keep(reader->set->arena, value, &ret_definition->text);
}

static enum result fail(struct rules_reader *reader, const struct rule *rule, const char *fault)
{
	ruleset_complain(reader->set, rules_here(reader), "%.*s: %s", SHOW(rule->name), fault);
	return OK;
}

/* "(?<NAME>" with a capital: what it finds is a tag for the rules behind it. */
static bool captures(struct slice pattern)
{
	static const struct slice starts[] = { LIT("(?<"), LIT("(?P<"), LIT("(?'") };

	for (struct slice rest = pattern; rest.len; rest = slice_drop(rest, 1))
		for (size_t i = 0; i < COUNT_OF(starts); i++)
			if (slice_begins(rest, starts[i]) && rest.len > starts[i].len && rest.at[starts[i].len] >= 'A' &&
			    rest.at[starts[i].len] <= 'Z')
				return true;
	return false;
}

static enum result end(struct rule *rule, const struct definition *definition)
{
	rule->is = *definition;
	if (definition->form == FORM_REGEX && captures(definition->pattern)) {
		rule->priority = CAPTURE_PRIORITY;
		rule->has_priority = true;
	}
	return OK;
}

/* ---- evals ---- */

/* "eval:function(arguments)"; false: it is something else. */
static bool begins_eval(struct slice text, struct slice *ret_call, bool *ret_rbl)
{
	static const struct slice eval = LIT("eval:"), rbl = LIT("rbleval:");

	*ret_rbl = slice_begins(text, rbl);
	if (!*ret_rbl && !slice_begins(text, eval))
		return false;
	*ret_call = rules_trim(slice_drop(text, *ret_rbl ? rbl.len : eval.len));
	return true;
}

static enum result read_eval(struct slice call, bool rbl, struct definition *definition)
{
	size_t length = 0;

	while (length < call.len && rules_is_word(call.at[length]))
		length++;
	if (length == 0 || length + 2 > call.len || call.at[length] != '(' || call.at[call.len - 1] != ')')
		return REFUSED;
	definition->function = (struct slice){ call.at, length };
	definition->arguments = (struct slice){ call.at + length + 1, call.len - length - 2 };
	rbl |= definition->kind == RULE_HEADER && (slice_begins(definition->function, SLICE("check_rbl")) ||
	                                           slice_begins(definition->function, SLICE("check_dns")));
	definition->form = rbl ? FORM_RBL : FORM_EVAL;
	return OK;
}

/* ---- headers ---- */

static const struct { struct slice name; enum header_modifier modifier; } modifiers[] = {
	{ LIT("raw"), HEADER_RAW },       { LIT("addr"), HEADER_ADDR }, { LIT("name"), HEADER_NAME },
	{ LIT("host"), HEADER_HOST },     { LIT("domain"), HEADER_DOMAIN }, { LIT("ip"), HEADER_IP },
	{ LIT("revip"), HEADER_REVIP },   { LIT("first"), HEADER_FIRST }, { LIT("last"), HEADER_LAST },
};

static bool is_header_name(struct slice name)
{
	for (size_t i = 0; i < name.len; i++)
		if (!rules_is_word(name.at[i]) && name.at[i] != '.' && name.at[i] != '-')
			return false;
	return name.len > 0;
}

static enum result read_modifier(struct slice word, unsigned *set)
{
	for (size_t i = 0; i < COUNT_OF(modifiers); i++)
		if (slice_same(word, modifiers[i].name)) {
			*set |= modifiers[i].modifier;
			return OK;
		}
	return REFUSED;
}

/* "Subject", "From:addr:first"; a colon may end it. */
static enum result read_header_name(struct slice text, struct definition *definition)
{
	struct slice rest = text;
	unsigned count = 0;

	definition->header = slice_cut(&rest, ':');
	if (!is_header_name(definition->header))
		return REFUSED;
	while (rest.len && count < MODIFIERS_MOST) {
		TRY(read_modifier(slice_cut(&rest, ':'), &definition->modifiers));
		count++;
	}
	return rest.len ? REFUSED : OK;
}

/* "[if-unset: TEXT]" at the end of the line. */
static void cut_unset(struct slice *rest, struct definition *definition)
{
	static const struct slice word = LIT("[if-unset:");
	size_t at = rest->len;

	if (at == 0 || rest->at[at - 1] != ']')
		return;
	while (at-- > 1) {
		struct slice tail = slice_drop(*rest, at);

		if (!rules_is_space(rest->at[at - 1]) || !slice_begins(tail, word) || tail.len < word.len + 3)
			continue;
		definition->unset = (struct slice){ tail.at + word.len, tail.len - word.len - 1 };
		definition->unset = rules_trim(definition->unset);
		definition->has_unset = definition->unset.len > 0;
		*rest = rules_trim((struct slice){ rest->at, at });
		return;
	}
}

static enum result read_match(struct slice text, struct definition *definition, const char **ret_fault)
{
	struct slice rest = text, name = { text.at, 0 };

	while (name.len < text.len && !rules_is_space(text.at[name.len]) && text.at[name.len] != '=' && text.at[name.len] != '!')
		name.len++;
	rest = rules_trim(slice_drop(rest, name.len));
	*ret_fault = "HEADER =~ /expression/ was expected";
	definition->negated = slice_begins(rest, SLICE("!~"));
	if (!definition->negated && !slice_begins(rest, SLICE("=~")))
		return REFUSED;
	rest = rules_trim(slice_drop(rest, 2));
	cut_unset(&rest, definition);
	*ret_fault = "there is no such form of a header";
	TRY(read_header_name(name, definition));
	definition->form = FORM_REGEX;
	return regex_cut(rest, &definition->pattern, &definition->flags, ret_fault);
}

static enum result read_exists(struct slice text, struct definition *definition, const char **ret_fault)
{
	*ret_fault = "exists: wants the name of a header alone";
	if (text.len && text.at[text.len - 1] == ':')
		text.len--;
	definition->form = FORM_EXISTS;
	definition->header = text;
	return is_header_name(text) ? OK : REFUSED;
}

static enum result read_header(struct definition *definition, const char **ret_fault)
{
	static const struct slice exists = LIT("exists:");
	struct slice call;
	bool rbl;

	*ret_fault = "eval:function(arguments) was expected";
	if (begins_eval(definition->text, &call, &rbl))
		return read_eval(call, rbl, definition);
	if (slice_begins(definition->text, exists))
		return read_exists(rules_trim(slice_drop(definition->text, exists.len)), definition, ret_fault);
	return read_match(definition->text, definition, ret_fault);
}

/* A rule whose text `read` understands, or else says why not. */
static enum result define(struct rules_reader *reader, const struct directive *directive, struct slice value,
                          enum result (*read)(struct definition *, const char **))
{
	struct rule *rule;
	struct definition definition;
	const char *fault = NULL;

	TRY(begin(reader, directive, value, &rule, &definition));
	if (rule == NULL)
		return OK;
	return read(&definition, &fault) == OK ? end(rule, &definition) : fail(reader, rule, fault);
}

enum result obey_header(struct rules_reader *reader, const struct directive *directive, struct slice value)
{
	return define(reader, directive, value, read_header);
}

/* No evals, and of the forms only :raw. */
static enum result read_part_header(struct definition *definition, const char **ret_fault)
{
	TRY(read_match(definition->text, definition, ret_fault));
	*ret_fault = "of a part's header there is the form :raw alone";
	return definition->modifiers & ~(unsigned)HEADER_RAW ? REFUSED : OK;
}

enum result obey_mimeheader(struct rules_reader *reader, const struct directive *directive, struct slice value)
{
	return define(reader, directive, value, read_part_header);
}

/* ---- body, rawbody, uri, full ---- */

static enum result read_text(struct definition *definition, const char **ret_fault)
{
	struct slice call;
	bool rbl;

	if (begins_eval(definition->text, &call, &rbl)) {
		*ret_fault = rbl ? "rbleval: is for header rules" : "eval:function(arguments) was expected";
		return rbl || definition->kind == RULE_URI ? REFUSED : read_eval(call, false, definition);
	}
	definition->form = FORM_REGEX;
	return regex_cut(definition->text, &definition->pattern, &definition->flags, ret_fault);
}

enum result obey_text(struct rules_reader *reader, const struct directive *directive, struct slice value)
{
	return define(reader, directive, value, read_text);
}

/* ---- the others ---- */

enum result obey_meta(struct rules_reader *reader, const struct directive *directive, struct slice value)
{
	struct rule *rule;
	struct definition definition;
	const char *fault = NULL;
	enum result result;
	uint32_t number;

	TRY(begin(reader, directive, value, &rule, &definition));
	if (rule == NULL)
		return OK;
	number = (uint32_t)(rule - reader->set->rules);
	definition.form = FORM_META;
	result = meta_read(reader, definition.text, number, false, &definition.meta, &fault);
	rule = &reader->set->rules[number];      /* names in it may have moved the list */
	if (result == REFUSED)
		return fail(reader, rule, fault);
	return result == OK ? end(rule, &definition) : result;
}

enum result obey_empty(struct rules_reader *reader, const struct directive *directive, struct slice value)
{
	struct rule *rule;
	struct definition definition;

	TRY(begin(reader, directive, value, &rule, &definition));
	return rule ? end(rule, &definition) : OK;
}

static enum result join(struct arena *arena, struct slice first, struct slice second, struct slice *ret_text)
{
	char *room = arena_take(arena, first.len + second.len + 1);

	if (room == NULL)
		return LATER;
	memcpy(room, first.at, first.len);
	room[first.len] = ' ';
	memcpy(room + first.len + 1, second.at, second.len);
	*ret_text = (struct slice){ room, first.len + 1 + second.len };
	return OK;
}

/* Pairs of a key, =~ or !~, and an expression: kept as text. Another line of the name adds to them. */
enum result obey_uri_detail(struct rules_reader *reader, const struct directive *directive, struct slice value)
{
	struct rule *rule;
	struct definition definition;

	TRY(begin(reader, directive, value, &rule, &definition));
	if (rule == NULL)
		return OK;
	if (rule->is.kind == RULE_URI_DETAIL)
		TRY(join(reader->set->arena, rule->is.text, definition.text, &definition.text));
	return end(rule, &definition);
}

/* It makes the name exist, where nothing else has. */
enum result obey_reuse(struct rules_reader *reader, const struct directive *directive, struct slice value)
{
	struct rule *rule;

	(void)directive;
	TRY(rules_named(reader, rules_cut_word(&value), &rule));
	if (rule && rule->is.kind == RULE_NAMED)
		rule->is = (struct definition){ .kind = RULE_EMPTY, .place = rules_here(reader) };
	return OK;
}
