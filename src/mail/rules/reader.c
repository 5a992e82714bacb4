/* SPDX-License-Identifier: Apache-2.0 */
/* The file that is read last stands on a stack of those that include it. A line is cleaned of its comment, its language
 * and its blanks; its first word finds a row in the table of directives. */
#include "mail/rules/reading.h"

enum { SCRATCH_LIMIT = 64 << 20, KEY_MOST = 64 };

/* ---- words ---- */

bool rules_is_space(char c)
{
	return (c >= '\t' && c <= '\r') || c == ' ';
}

bool rules_is_word(char c)
{
	return byte_is_letter(c) || byte_is_digit(c) || c == '_';
}

struct slice rules_trim(struct slice text)
{
	while (text.len && rules_is_space(text.at[0]))
		text = slice_drop(text, 1);
	while (text.len && rules_is_space(text.at[text.len - 1]))
		text.len--;
	return text;
}

struct slice rules_cut_word(struct slice *rest)
{
	struct slice word = { rest->at, 0 };

	while (word.len < rest->len && !rules_is_space(rest->at[word.len]))
		word.len++;
	*rest = slice_drop(*rest, word.len);
	while (rest->len && rules_is_space(rest->at[0]))
		*rest = slice_drop(*rest, 1);
	return word;
}

bool rules_is_name(struct slice name)
{
	if (name.len == 0 || name.len > RULE_NAME_MOST || byte_is_digit(name.at[0]))
		return false;
	for (size_t i = 0; i < name.len; i++)
		if (!rules_is_word(name.at[i]))
			return false;
	return true;
}

enum result rules_decimal(struct slice text, double *ret_number)
{
	struct slice rest = text, whole = slice_cut(&rest, '.');
	uint64_t front, behind = 0;
	double unit = 1;

	if (rest.len > 9 || slice_number(whole, 1000000, &front) != OK)
		return REFUSED;
	if (whole.len < text.len && slice_number(rest, 999999999, &behind) != OK)
		return REFUSED;
	for (size_t i = 0; i < rest.len; i++)
		unit *= 10;
	*ret_number = ((double)front * unit + (double)behind) / unit;
	return OK;
}

struct rules_place rules_here(const struct rules_reader *reader)
{
	return reader->source_count ? reader->sources[reader->source_count - 1].place : (struct rules_place){ 0 };
}

enum result rules_named(struct rules_reader *reader, struct slice name, struct rule **ret_rule)
{
	uint32_t number;

	*ret_rule = NULL;
	if (!rules_is_name(name)) {
		ruleset_complain(reader->set, rules_here(reader), "\"%.*s\" is no name for a rule: letters, digits and _, at most %d",
		                 SHOW(((struct slice){ name.at, name.len < 120 ? name.len : 120 })), RULE_NAME_MOST);
		return OK;
	}
	TRY(ruleset_named(reader->set, name, &number));
	*ret_rule = &reader->set->rules[number];
	return OK;
}

/* ---- directives without a file of their own ---- */

enum result obey_keep(struct rules_reader *reader, const struct directive *directive, struct slice value)
{
	const struct rules_line line = { directive, value, rules_here(reader) };

	return ruleset_line(reader->set, &line);
}

enum result obey_inert(struct rules_reader *reader, const struct directive *directive, struct slice value)
{
	(void)reader;
	(void)directive;
	(void)value;
	return OK;
}

enum result obey_refused(struct rules_reader *reader, const struct directive *directive, struct slice value)
{
	(void)value;
	ruleset_complain(reader->set, rules_here(reader), "%.*s belongs to a plugin that is not there", SHOW(directive->name));
	return OK;
}

enum result obey_require_version(struct rules_reader *reader, const struct directive *directive, struct slice value)
{
	(void)directive;
	if (slice_same(value, SLICE("4.000001")) || slice_same(value, SLICE("@@VERSION@@")))
		return OK;
	ruleset_complain(reader->set, rules_here(reader), "this file is for version \"%.*s\", not for 4.000001: the rest is left out",
	                 SHOW(value));
	reader->sources[reader->source_count - 1].stopped = true;
	return OK;
}

enum result obey_loadplugin(struct rules_reader *reader, const struct directive *directive, struct slice value)
{
	bool must = slice_same(directive->name, SLICE("loadplugin"));
	enum result result = plugin_load(reader, rules_cut_word(&value));

	if (result == REFUSED && must)
		ruleset_complain(reader->set, rules_here(reader), "there is no such plugin here; its rules stay out");
	return result == REFUSED ? OK : result;
}

enum result obey_enable_compat(struct rules_reader *reader, const struct directive *directive, struct slice value)
{
	(void)directive;
	if (reader->compat_count == COMPAT_MOST || value.len == 0) {
		ruleset_complain(reader->set, rules_here(reader), "one name was expected, and at most %d in all", COMPAT_MOST);
		return OK;
	}
	TRY(arena_keep(reader->set->arena, rules_cut_word(&value), &reader->compat[reader->compat_count]));
	reader->compat_count++;
	return OK;
}

/* ---- files ---- */

static void end_source(struct rules_reader *reader)
{
	if (reader->condition_count)
		ruleset_complain(reader->set, rules_here(reader), "%zu `if` without `endif` at the end of the file",
		                 reader->condition_count);
	reader->condition_count = reader->too_deep = 0;
	reader->skipping = false;
	reader->source_count--;
}

static bool is_read(const struct ruleset *set, struct slice name)
{
	for (size_t i = 0; i < set->file_count; i++)
		if (slice_same(set->files[i], name))
			return true;
	return false;
}

static enum result open_source(struct rules_reader *reader, struct slice name, struct slice text)
{
	struct rules_source source = { .rest = text };

	TRY(ruleset_file(reader->set, name, &source.place.file));
	reader->sources[reader->source_count++] = source;
	return OK;
}

/* It works by ending and resuming the file with that line: conditions do not outlive it. */
enum result obey_include(struct rules_reader *reader, const struct directive *directive, struct slice value)
{
	const struct rules_options *options = &reader->options;
	struct slice from = reader->set->files[rules_here(reader).file], name, text;

	(void)directive;
	reader->condition_count = reader->too_deep = 0;
	reader->skipping = false;
	if (reader->source_count == INCLUDES_MOST) {
		ruleset_complain(reader->set, rules_here(reader), "more than %d files within files", INCLUDES_MOST);
		return OK;
	}
	if (options->include == NULL || options->include(options->owner, from, value, &name, &text) != OK) {
		ruleset_complain(reader->set, rules_here(reader), "\"%.*s\" cannot be read", SHOW(value));
		return OK;
	}
	return is_read(reader->set, name) ? OK : open_source(reader, name, text);
}

/* ---- lines ---- */

/* What stands before the first `#` that is not escaped; `\#` becomes `#`. */
static enum result without_comment(struct rules_reader *reader, struct slice line, struct slice *ret_line)
{
	bool escaped = false;
	char *plain;
	size_t length = 0;

	for (size_t i = 0; i < line.len; i++) {
		if (line.at[i] != '#')
			continue;
		if (i == 0 || line.at[i - 1] != '\\')
			line.len = i;
		else
			escaped = true;
	}
	*ret_line = line;
	if (!escaped)
		return OK;
	plain = arena_take(&reader->scratch, line.len + 1);
	if (plain == NULL)
		return LATER;
	for (size_t i = 0; i < line.len; i++)
		if (line.at[i] != '\\' || i + 1 == line.len || line.at[i + 1] != '#')
			plain[length++] = line.at[i];
	*ret_line = (struct slice){ plain, length };
	return OK;
}

static struct slice key_of(struct slice word, char *room)
{
	size_t length = word.len < KEY_MOST ? word.len : KEY_MOST;

	for (size_t i = 0; i < length; i++)
		room[i] = word.at[i] == '-' ? '_' : byte_lower(word.at[i]);
	return (struct slice){ room, length };
}

static enum result obey_line(struct rules_reader *reader, struct slice line)
{
	char room[KEY_MOST];
	struct slice word = rules_cut_word(&line);
	const struct directive *directive;

	if (slice_same(word, SLICE("lang"))) {
		if (!slice_begins_nocase(reader->options.language, rules_cut_word(&line)))
			return OK;
		word = rules_cut_word(&line);
	}
	directive = directive_find(key_of(word, room));
	if (reader->skipping && (directive == NULL || !directive->always))
		return OK;
	if (directive)
		return directive->obey(reader, directive, line);
	ruleset_complain(reader->set, rules_here(reader), "no line begins with \"%.*s\"",
	                 SHOW(((struct slice){ word.at, word.len < KEY_MOST ? word.len : KEY_MOST })));
	return OK;
}

static enum result next_line(struct rules_reader *reader)
{
	struct rules_source *source = &reader->sources[reader->source_count - 1];
	struct slice line = slice_cut(&source->rest, '\n');

	source->place.line++;
	if (line.len > RULES_LINE_MOST) {
		ruleset_complain(reader->set, source->place, "a line of more than %d bytes", RULES_LINE_MOST);
		return OK;
	}
	TRY(without_comment(reader, line, &line));
	line = rules_trim(line);
	if (line.len == 0 || slice_same(line, SLICE("0")))
		return OK;
	return obey_line(reader, line);
}

enum result rules_file(struct rules_reader *reader, struct slice name, struct slice text)
{
	struct rules_source *source;

	if (is_read(reader->set, name))
		return OK;
	TRY(open_source(reader, name, text));
	while (reader->source_count) {
		source = &reader->sources[reader->source_count - 1];
		if (source->rest.len && !source->stopped)
			TRY(next_line(reader));
		else
			end_source(reader);
		arena_reset(&reader->scratch);
	}
	return OK;
}

enum result rules_begin(struct rules_reader *reader, struct ruleset *set, const struct rules_options *options)
{
	*reader = (struct rules_reader){ .set = set, .options = *options };
	arena_init(&reader->scratch, SCRATCH_LIMIT);
	if (reader->options.language.len == 0)
		reader->options.language = SLICE("en_US");
	if (options->stock)
		plugins_stock(reader);
	return OK;
}

enum result rules_end(struct rules_reader *reader)
{
	enum result result;

	reader->source_count = 0;
	result = replace_apply(reader);
	if (result == OK)
		result = rules_settle(reader);
	arena_finish(&reader->scratch);
	return result;
}
