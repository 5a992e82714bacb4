/* SPDX-License-Identifier: Apache-2.0 */
/* Every field of a name is read, because the names in all of them count (naming.c); of types and encodings the reader's choice, the
 * first or the last, makes the tree. */
#include "mail/message/walk.h"

#include <string.h>

enum { VALUE_STEPS = 32 };              /* a value is read for each name that it may have */

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

/* All of that name whose values differ. */
static enum result read_fields(struct walk *walk, struct part *part, struct slice name, enum ambiguity twice,
                               struct part_fields *fields)
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

static const struct parameters *chosen(const struct walk *walk, const struct part_fields *fields)
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

static enum result read_type(struct walk *walk, struct part *part, const struct part_fields *types)
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

bool part_is_text(const struct part *part)
{
	return slice_begins(part->type, SLICE("text/")) || slice_ends_nocase(part->type, SLICE("xml"));
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

enum result walk_readings(struct walk *walk, const struct parameters *parameters, struct slice name,
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

static enum result read_boundary(struct walk *walk, struct part *part, const struct part_fields *types)
{
	struct readings readings = { 0 };
	unsigned faults = 0;
	struct slice boundary = SLICE("");

	TRY(walk_readings(walk, chosen(walk, types), SLICE("boundary"), &readings, &faults));
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

/* What a parameter's name may have behind it: blanks, comments, a section's number, a star. */
static struct slice without_behind(struct slice name)
{
	while (name.len) {
		char last = name.at[name.len - 1];
		const char *open = last == ')' ? memrchr(name.at, '(', name.len) : NULL;

		if (open)
			name.len = (size_t)(open - name.at);
		else if (field_is_space(last) || byte_is_digit(last) || last == '*')
			name.len--;
		else
			break;
	}
	return name;
}

/* A set that only somebody finds who reads neither quotes nor comments. */
static bool hides_set(const struct parameters *parameters, struct slice raw)
{
	size_t written = 0, found = 0;

	for (size_t i = 0; i < parameters->count; i++)
		found += slice_same_nocase(parameters->list[i].name, SLICE("charset"));
	for (const char *at; raw.len && (at = memchr(raw.at, '=', raw.len)) != NULL;) {
		struct slice before = { raw.at, (size_t)(at - raw.at) };

		raw = slice_drop(raw, before.len + 1);
		written += slice_ends_nocase(without_behind(before), SLICE("charset"));
	}
	return written > found;
}

static enum result read_charset(struct walk *walk, struct part *part, const struct part_fields *types)
{
	struct readings readings = { 0 };
	unsigned faults = 0;

	TRY(walk_readings(walk, chosen(walk, types), SLICE("charset"), &readings, &faults));
	if (readings.count)
		part->charset = readings.list[0];
	if (readings.count > 1 && faults & PARAMETER_TWICE)
		walk_note(walk, part, AMBIGUITY_BIT(parameter_twice));
	if (!part_is_text(part))
		return OK;
	if (faults & (PARAMETER_GAP | PARAMETER_ORDER | PARAMETER_JUNK | PARAMETER_QUOTES | PARAMETER_CHARSET))
		walk_note(walk, part, AMBIGUITY_BIT(parameters));
	for (size_t i = 0; i < readings.count; i++)
		if (charset_hides(readings.list[i]))
			walk_note(walk, part, AMBIGUITY_BIT(charset));
	for (size_t i = 0; i < readings.count; i++)
		if (slice_has(readings.list[i], '%') || slice_has(readings.list[i], '\''))
			walk_note(walk, part, AMBIGUITY_BIT(parameters));
	for (size_t i = 0; i < types->count; i++)
		if (hides_set(&types->list[i], types->raw[i]))
			walk_note(walk, part, AMBIGUITY_BIT(parameters));
	return OK;
}

/* ---- the encoding ---- */

static enum result read_encoding(struct walk *walk, struct part *part)
{
	struct part_fields fields = { 0 };
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

enum result content_read(struct walk *walk, struct part *part)
{
	struct part_fields types = { 0 }, dispositions = { 0 };

	TRY(read_fields(walk, part, SLICE("Content-Type"), AMBIGUITY_two_types, &types));
	TRY(read_fields(walk, part, SLICE("Content-Disposition"), AMBIGUITY_two_dispositions, &dispositions));
	TRY(read_type(walk, part, &types));
	TRY(read_encoding(walk, part));
	TRY(names_read(walk, part, &types, &dispositions));
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
