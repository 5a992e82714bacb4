/* SPDX-License-Identifier: Apache-2.0 */
/* Every field of a name is read, because all of their names count; of types and encodings the reader's choice, the
 * first or the last, makes the tree. */
#include "mail/message/walk.h"

#include "mail/message/header_text.h"
#include "mail/message/names.h"

#include <string.h>

enum { FIELDS_MOST = 4, VALUE_STEPS = 32 };              /* a value is read for each name that it may have */

struct fields { struct parameters list[FIELDS_MOST]; size_t count; struct slice raw[FIELDS_MOST]; };

static enum result read_one(struct walk *walk, struct slice value, struct parameters *ret)
{
	enum result result;

	walk_spend(walk, VALUE_STEPS * value.len);
	TRY(walk_may_go_on(walk));
	result = parameters_read(walk->reader, value, ret);
	if (result == LATER)
		return walk_limit(walk, ret->too_many ? "parameters" : "memory");
	return result;
}

static bool has_any(struct slice text, const char *bytes)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.at[i] && strchr(bytes, text.at[i]))
			return true;
	return false;
}

/* All of that name whose values differ. */
static enum result read_fields(struct walk *walk, struct part *part, struct slice name, enum ambiguity twice,
                               struct fields *fields)
{
	for (size_t i = 0; i < part->headers.count; i++) {
		const struct header *header = &part->headers.list[i];

		if (!slice_same_nocase(header->name, name))
			continue;
		if (fields->count && slice_same(fields->raw[fields->count - 1], header->value))
			continue;
		if (fields->count)
			walk_note(walk, part, 1ULL << twice);
		if (fields->count == FIELDS_MOST)
			fields->count--;
		fields->raw[fields->count] = header->value;
		fields->list[fields->count] = (struct parameters){ 0 };
		TRY(read_one(walk, header->value, &fields->list[fields->count]));
		fields->count++;
	}
	return OK;
}

static const struct parameters *chosen(const struct walk *walk, const struct fields *fields)
{
	static const struct parameters none;

	if (fields->count == 0)
		return &none;
	return &fields->list[walk->reading == READING_LAST ? fields->count - 1 : 0];
}

/* ---- the type ---- */

static bool is_token(struct slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.at[i] <= ' ' || text.at[i] > '~' || strchr("()<>@,;:\\\"/[]?=", text.at[i]))
			return false;
	return text.len > 0;
}

/* "Text / Plain" → "text/plain": lower case, without blanks. */
static enum result tidy_type(struct walk *walk, struct slice head, struct slice *ret_type)
{
	char *lower = arena_take(walk->reader->arena, head.len + 1);
	size_t length = 0;

	if (lower == NULL)
		return walk_limit(walk, "memory");
	for (size_t i = 0; i < head.len; i++)
		if (!field_is_space(head.at[i]) && head.at[i] != '"')
			lower[length++] = byte_lower(head.at[i]);
	*ret_type = (struct slice){ lower, length };
	return OK;
}

static struct slice standard_type(const struct part *part)
{
	bool digest = part->parent && slice_same(part->parent->type, SLICE("multipart/digest"));

	return digest ? SLICE("message/rfc822") : SLICE("text/plain");
}

static enum result read_type(struct walk *walk, struct part *part, const struct fields *types)
{
	const struct parameters *parameters = chosen(walk, types);
	struct slice rest, major;

	TRY(tidy_type(walk, parameters->head, &part->type));
	rest = part->type;
	major = slice_cut(&rest, '/');
	if (part->type.len == 0)
		part->type = standard_type(part);
	else if (!is_token(major) || !is_token(rest))
		walk_note(walk, part, AMBIGUITY_BIT(type));
	if (types->count && parameters->faults)
		walk_note(walk, part, AMBIGUITY_BIT(type));
	return OK;
}

bool part_is_multipart(const struct part *part)
{
	return slice_begins(part->type, SLICE("multipart"));
}

bool part_is_message(const struct part *part)
{
	return slice_same(part->type, SLICE("message/rfc822")) || slice_same(part->type, SLICE("message/global")) ||
	       slice_same(part->type, SLICE("message/news"));
}

/* ---- the boundary and the set ---- */

static enum result readings_of(struct walk *walk, const struct parameters *parameters, struct slice name,
                               struct readings *readings, unsigned *faults)
{
	if (parameters_readings(walk->reader, parameters, name, readings, faults) != OK)
		return walk_limit(walk, "memory");
	return OK;
}

/* As it was written, where somebody put an encoded word there. */
static struct slice undecoded(struct walk *walk, struct part *part, const struct parameters *parameters, struct slice boundary)
{
	for (size_t i = 0; i < parameters->count; i++) {
		const struct parameter *parameter = &parameters->list[i];

		if (!slice_same_nocase(parameter->name, SLICE("boundary")) || parameter->extended || parameter->section >= 0)
			continue;
		if (slice_same(parameter->value, boundary))
			return boundary;
		walk_note(walk, part, AMBIGUITY_BIT(boundary_two));
		return parameter->value;
	}
	return boundary;
}

/* RFC 2046, 5.1.1, and what everybody lets pass besides. */
static bool is_usual(struct slice boundary)
{
	for (size_t i = 0; i < boundary.len; i++)
		if (boundary.at[i] < ' ' || boundary.at[i] > '~' || strchr("\"\\<>;", boundary.at[i]))
			return false;
	return true;
}

static enum result read_boundary(struct walk *walk, struct part *part, const struct fields *types)
{
	struct readings readings = { 0 };
	unsigned faults = 0;
	struct slice boundary = SLICE("");

	TRY(readings_of(walk, chosen(walk, types), SLICE("boundary"), &readings, &faults));
	if (readings.count)
		boundary = readings.list[walk->reading == READING_FIRST ? 0 : readings.count - 1];
	if (walk->reading == READING_FIRST)
		boundary = undecoded(walk, part, chosen(walk, types), boundary);
	if (!is_usual(boundary))
		walk_note(walk, part, AMBIGUITY_BIT(boundary_odd));
	while (boundary.len && field_is_space(boundary.at[boundary.len - 1]))
		boundary.len--;
	part->boundary = boundary;
	if (readings.count > 1)
		walk_note(walk, part, AMBIGUITY_BIT(boundary_two));
	if (faults & PARAMETER_TWICE)
		walk_note(walk, part, AMBIGUITY_BIT(parameter_twice));
	if (faults & ~(unsigned)(PARAMETER_TWICE | PARAMETER_EMPTY) && readings.count)
		walk_note(walk, part, AMBIGUITY_BIT(parameters));
	if (boundary.len > 70)
		walk_note(walk, part, AMBIGUITY_BIT(boundary_long));
	return OK;
}

static enum result read_charset(struct walk *walk, struct part *part, const struct fields *types)
{
	struct readings readings = { 0 };
	unsigned faults = 0;

	TRY(readings_of(walk, chosen(walk, types), SLICE("charset"), &readings, &faults));
	if (readings.count)
		part->charset = readings.list[0];
	if (readings.count > 1 && faults & PARAMETER_TWICE)
		walk_note(walk, part, AMBIGUITY_BIT(parameter_twice));
	for (size_t i = 0; i < readings.count; i++)
		if (slice_begins(part->type, SLICE("text/")) && charset_hides(readings.list[i]))
			walk_note(walk, part, AMBIGUITY_BIT(charset));
	return OK;
}

/* ---- the encoding ---- */

static enum result read_encoding(struct walk *walk, struct part *part)
{
	struct fields fields = { 0 };
	const struct parameters *parameters;

	TRY(read_fields(walk, part, SLICE("Content-Transfer-Encoding"), AMBIGUITY_two_encodings, &fields));
	if (fields.count == 0)
		return OK;
	parameters = chosen(walk, &fields);
	part->encoding = encoding_of(parameters->head);
	if (part->encoding == ENCODING_UNKNOWN && parameters->head.len == 0)
		part->encoding = ENCODING_IDENTITY;
	if (part->encoding == ENCODING_UNKNOWN || parameters->faults || parameters->count ||
	    !slice_same(fields.raw[fields.count - 1], fields.list[fields.count - 1].head))
		walk_note(walk, part, AMBIGUITY_BIT(encoding));
	return OK;
}

/* ---- names ---- */

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

/* "%u002e": a character to those who unescape as browsers did. */
static bool has_wide_percent(struct slice name)
{
	const char *at;

	while (name.len > 5 && (at = memmem(name.at, name.len - 4, "%u", 2)) != NULL) {
		if ((byte_is_digit(at[2]) || byte_is_letter(at[2])) && (byte_is_digit(at[3]) || byte_is_letter(at[3])))
			return true;
		name = slice_drop(name, (size_t)(at - name.at) + 2);
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
		if (slice_begins(part->names.list[i], SLICE("=?")) || has_wide_percent(part->names.list[i]))
			walk_note(walk, part, AMBIGUITY_BIT(name_charset));
	}
}

/* Without what a reader may leave out: quotes, backslashes, semicolons. */
static enum result add_letters(struct walk *walk, struct slice name, struct readings *names)
{
	char *copy = has_any(name, "\"\\;") ? arena_take(walk->reader->arena, name.len) : NULL;
	size_t length = 0;

	if (!has_any(name, "\"\\;"))
		return OK;
	if (copy == NULL)
		return walk_limit(walk, "memory");
	for (size_t i = 0; i < name.len; i++)
		if (name.at[i] == '\0' || !strchr("\"\\;", name.at[i]))
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

/* Without quotes of the other kind, and decoded once more than the grammar has it. */
static enum result add_others(struct walk *walk, struct readings *names)
{
	size_t count = names->count;

	for (size_t i = 0; i < count; i++) {
		struct slice name = names->list[i];

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

/* Names within other values, or in what is no parameter, are names to whoever reads neither quotes nor comments. */
static bool hides_names(const struct fields *fields)
{
	size_t written = 0, found = 0;

	for (size_t i = 0; i < fields->count; i++) {
		written += names_written(fields->raw[i]);
		for (size_t at = 0; at < fields->list[i].count; at++)
			found += slice_ends_nocase(fields->list[i].list[at].name, SLICE("name"));
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

static enum result read_names(struct walk *walk, struct part *part, const struct fields *types,
                              const struct fields *dispositions)
{
	static const struct slice wanted[] = { LIT("filename"), LIT("name") };
	const struct fields *const sources[] = { dispositions, types };
	unsigned faults = 0;

	for (size_t source = 0; source < COUNT_OF(sources); source++)
		for (size_t i = 0; i < sources[source]->count; i++) {
			faults |= sources[source]->list[i].faults & (PARAMETER_JUNK | PARAMETER_QUOTES);
			for (size_t name = 0; name < COUNT_OF(wanted); name++)
				TRY(readings_of(walk, &sources[source]->list[i], wanted[name], &part->names, &faults));
		}
	if (hides_names(types) || hides_names(dispositions))
		walk_note(walk, part, AMBIGUITY_BIT(name_parameters));
	if (!slice_begins(part->type, SLICE("text/")) && !slice_begins(part->type, SLICE("image/")) && !part_is_multipart(part))
		TRY(add_lesser(walk, part));
	TRY(add_others(walk, &part->names));
	note_names(walk, part, faults);
	return OK;
}

enum result content_read(struct walk *walk, struct part *part)
{
	struct fields types = { 0 }, dispositions = { 0 };

	TRY(read_fields(walk, part, SLICE("Content-Type"), AMBIGUITY_two_types, &types));
	TRY(read_fields(walk, part, SLICE("Content-Disposition"), AMBIGUITY_two_dispositions, &dispositions));
	TRY(read_type(walk, part, &types));
	TRY(read_encoding(walk, part));
	TRY(read_names(walk, part, &types, &dispositions));
	part->disposition = chosen(walk, &dispositions)->head;
	if (slice_same(part->type, SLICE("message/partial")) || slice_same(part->type, SLICE("message/external-body")))
		walk_note(walk, part, AMBIGUITY_BIT(partial));
	if (types.count) {
		TRY(read_boundary(walk, part, &types));
		TRY(read_charset(walk, part, &types));
		TRY(sealing_read(walk, part, types.list, types.count));
	}
	return OK;
}
