/* SPDX-License-Identifier: Apache-2.0 */
/* All values of `filename` and `name` first, then the fields that stand for them where there are none; then each once more
 * as somebody reads it who leaves out more than he should, or decodes it once more. */
#include "mail/message/walk.h"

#include "mail/message/header_text.h"
#include "mail/message/names.h"

#include <string.h>

enum { NAME_STEPS = 8 };                                 /* a name is looked through for each way to read it once more */

/* A name without one is the same name to whoever adds what the type says. */
static bool same_extension(const struct readings *names)
{
	struct slice first = SLICE("");

	for (size_t i = 0; i < names->count; i++) {
		struct slice extension = name_extension(names->list[i]);

		if (first.len && extension.len && !slice_same_nocase(first, extension))
			return false;
		first = extension.len ? extension : first;
	}
	return true;
}

/* "%u002e": a character to those who unescape as browsers did; "%252e": one to those who unescape twice; "%c0%ae":
 * one to those who read UTF-8 without care. */
static bool has_odd_percent(struct slice name)
{
	for (; name.len > 4; name = slice_drop(name, 1)) {
		size_t length = slice_begins(name, SLICE("%u")) ? 2 : slice_begins(name, SLICE("%25")) ? 3 : 0;

		if (slice_begins_nocase(name, SLICE("%c0%")) || slice_begins_nocase(name, SLICE("%c1%")))
			return true;
		if (length && (byte_is_digit(name.at[length]) || byte_is_letter(name.at[length])) &&
		    (byte_is_digit(name.at[length + 1]) || byte_is_letter(name.at[length + 1])))
			return true;
	}
	return false;
}

static void note_names(struct walk *walk, struct part *part, unsigned faults)
{
	if (part->names.more || !same_extension(&part->names))
		walk_note(walk, part, AMBIGUITY_BIT(names));
	if (faults & PARAMETER_TWICE)
		walk_note(walk, part, AMBIGUITY_BIT(parameter_twice));
	if (faults & (PARAMETER_COMMENT | PARAMETER_JUNK | PARAMETER_QUOTES))
		walk_note(walk, part, AMBIGUITY_BIT(name_parameters));
	if (faults & (PARAMETER_GAP | PARAMETER_ORDER))
		walk_note(walk, part, AMBIGUITY_BIT(name_sections));
	if (faults & PARAMETER_CHARSET)
		walk_note(walk, part, AMBIGUITY_BIT(name_charset));
	for (size_t i = 0; i < part->names.count; i++) {
		part->traits |= name_traits(part->names.list[i]);
		if (slice_has(part->names.list[i], '"') || slice_has(part->names.list[i], ';'))
			walk_note(walk, part, AMBIGUITY_BIT(name_parameters));
		if (memmem(part->names.list[i].at, part->names.list[i].len, "=?", 2) || has_odd_percent(part->names.list[i]))
			walk_note(walk, part, AMBIGUITY_BIT(name_charset));
	}
}

/* Quotes, backslashes, semicolons, control characters. */
static bool may_be_left_out(char c)
{
	return (unsigned char)c < ' ' || c == 0x7f || c == '"' || c == '\\' || c == ';';
}

/* Without what a reader may leave out. */
static enum result add_letters(struct walk *walk, struct slice name, struct readings *names)
{
	size_t length = 0;
	char *copy;

	while (length < name.len && !may_be_left_out(name.at[length]))
		length++;
	if (length == name.len)
		return OK;
	copy = arena_take(walk->reader->arena, name.len);
	if (copy == NULL)
		return walk_limit(walk, "memory");
	length = 0;
	for (size_t i = 0; i < name.len; i++)
		if (!may_be_left_out(name.at[i]))
			copy[length++] = name.at[i];
	readings_add(names, (struct slice){ copy, length });
	return OK;
}

/* As it looks, where something looks like a dot. */
static enum result add_dots(struct walk *walk, struct slice name, struct readings *names)
{
	char *copy;

	if (!(name_traits(name) & NAME_DOT))
		return OK;
	copy = arena_take(walk->reader->arena, name.len);
	if (copy == NULL)
		return walk_limit(walk, "memory");
	readings_add(names, (struct slice){ copy, name_with_dots(name, copy) });
	return OK;
}

/* Without quotes of the other kind, and decoded once more than the grammar has it; and what comes of that, again. */
static enum result add_others(struct walk *walk, struct readings *names)
{
	for (size_t i = 0; i < names->count; i++) {
		struct slice name = names->list[i];

		walk_spend(walk, NAME_STEPS * name.len);
		TRY(walk_may_go_on(walk));
		if (name.len > 2 && name.at[0] == '\'' && name.at[name.len - 1] == '\'')
			readings_add(names, (struct slice){ name.at + 1, name.len - 2 });
		if (parameters_again(walk->reader, name, names) != OK)
			return walk_limit(walk, "memory");
		TRY(add_letters(walk, name, names));
		TRY(add_dots(walk, name, names));
	}
	return OK;
}

/* "name" and "=" behind it, with at most stars, digits, quotes, blanks and the end of an encoded word between. */
static size_t names_written(struct slice raw)
{
	size_t count = 0;

	for (const char *at; raw.len && (at = memchr(raw.at, '=', raw.len)) != NULL;) {
		struct slice before = { raw.at, (size_t)(at - raw.at) };

		while (before.len && (field_is_space(before.at[before.len - 1]) || byte_is_digit(before.at[before.len - 1]) ||
		                      strchr("*\"'?+", before.at[before.len - 1])))
			before.len--;
		count += slice_ends_nocase(before, SLICE("name"));
		raw = slice_drop(raw, (size_t)(at - raw.at) + 1);
	}
	return count;
}

static bool is_name(struct slice name)
{
	return slice_same_nocase(name, SLICE("name")) || slice_same_nocase(name, SLICE("filename"));
}

/* Names within other values, of parameters that are nearly called so, or in what is no parameter, are names to whoever reads neither quotes nor comments. */
static bool hides_names(const struct part_fields *fields)
{
	size_t written = 0, found = 0;

	for (size_t i = 0; i < fields->count; i++) {
		written += names_written(fields->raw[i]);
		for (size_t at = 0; at < fields->list[i].count; at++)
			found += is_name(fields->list[i].list[at].name);
	}
	return written > found;
}

/* "file.exe": a stem, a dot, and at most five letters and digits. */
static bool is_like_file(struct slice text)
{
	struct slice extension = name_extension(text);

	if (extension.len == 0 || extension.len > 5 || text.len <= extension.len + 1 || text.len > 255 || !byte_is_letter(extension.at[0]))
		return false;
	for (size_t i = 0; i < extension.len; i++)
		if (!byte_is_letter(extension.at[i]) && !byte_is_digit(extension.at[i]))
			return false;
	return true;
}

struct lesser { struct slice field; char from; const char *until; };

/* What stands behind `from` in the last place and before the first of `until`, which ends a path before it has segments. */
static struct slice lesser_name(const struct lesser *lesser, struct slice text)
{
	struct slice name = { text.at, 0 };
	const char *from;

	while (name.len < text.len && !(text.at[name.len] && strchr(lesser->until, text.at[name.len])))
		name.len++;
	from = lesser->from && name.len ? memrchr(name.at, lesser->from, name.len) : NULL;
	name = from ? slice_drop(name, (size_t)(from + 1 - name.at)) : name;
	if (name.len && name.at[name.len - 1] == '>')
		name.len--;
	return name;
}

/* Fields that a reader saves a part by which has no name. What is shown in its place needs none. Where a path names no
 * file, its query may. */
static enum result add_lesser(struct walk *walk, struct part *part)
{
	static const struct lesser lesser[] = {
		{ LIT("Content-Description"), 0, "" }, { LIT("Content-Location"), '/', "?#" },
		{ LIT("Content-Location"), '/', "" }, { LIT("Content-ID"), '<', "@" },
	};

	for (size_t i = 0; i < COUNT_OF(lesser) && part->names.count == 0; i++) {
		const struct header *header = headers_find(&part->headers, lesser[i].field);
		struct slice text, name;
		unsigned faults = 0;

		if (header == NULL || header->value.len > 1024)
			continue;
		if (header_text(walk->reader, header->value, &text, &faults) != OK)
			return walk_limit(walk, "memory");
		name = lesser_name(&lesser[i], text);
		if (is_like_file(name))
			readings_add(&part->names, name);
	}
	return OK;
}

/* In its place, in the text. */
static bool is_shown(const struct part *part, const struct part_fields *dispositions)
{
	bool is_text = slice_begins(part->type, SLICE("text/")) || slice_begins(part->type, SLICE("image/"));
	bool attached = dispositions->count && slice_begins_nocase(dispositions->list[0].head, SLICE("attachment"));

	return part_is_multipart(part) || (is_text && !attached);
}

enum result names_again(struct walk *walk, struct part *part, unsigned faults)
{
	TRY(add_others(walk, &part->names));
	note_names(walk, part, faults);
	return OK;
}

enum result names_read(struct walk *walk, struct part *part, const struct part_fields *types,
                       const struct part_fields *dispositions)
{
	static const struct slice wanted[] = { LIT("filename"), LIT("name") };
	const struct part_fields *const sources[] = { dispositions, types };
	unsigned faults = 0;

	for (size_t source = 0; source < COUNT_OF(sources); source++)
		for (size_t i = 0; i < sources[source]->count; i++) {
			faults |= sources[source]->list[i].faults & (PARAMETER_JUNK | PARAMETER_QUOTES);
			for (size_t name = 0; name < COUNT_OF(wanted); name++)
				TRY(walk_readings(walk, &sources[source]->list[i], wanted[name], &part->names, &faults));
		}
	if (hides_names(types) || hides_names(dispositions))
		walk_note(walk, part, AMBIGUITY_BIT(name_parameters));
	if (!is_shown(part, dispositions))
		TRY(add_lesser(walk, part));
	return names_again(walk, part, faults);
}
