/* SPDX-License-Identifier: Apache-2.0 */
/* The message is walked once. Only where that found a construction that makes another tree, it is walked again as other
 * readers would, and what they find that is not there yet is put behind it. */
#include "mail/message/walk.h"

#include "mail/message/addresses.h"

#include <stdio.h>
#include <string.h>

static enum result walk_as(struct walk *walk, enum part_reading reading, struct slice bytes, enum part_digests digests)
{
	walk->reading = reading;
	walk->bytes = bytes;
	walk->at = walk->depth = walk->closed_count = 0;
	walk->current = walk->base = walk->last = walk->first = walk->closing = NULL;
	TRY(walk_message(walk));
	return bodies_read(walk, walk->first, digests);
}

/* ---- what other readers find ---- */

enum { PART_STEPS = 16 };                        /* two parts are compared */

static bool same_names(const struct readings *a, const struct readings *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (!slice_same(a->list[i], b->list[i]))
			return false;
	return true;
}

static bool same_part(const struct part *a, const struct part *b)
{
	return a->body.len == b->body.len && a->encoding == b->encoding && a->stops == b->stops &&
	       a->within_at == b->within_at && a->within_length == b->within_length && slice_same(a->type, b->type) &&
	       (a->body.at == b->body.at || slice_same(a->body, b->body)) && same_names(&a->names, &b->names);
}

static bool is_there(struct walk *walk, const struct part *part)
{
	for (const struct part *other = walk->view->first; other; other = other->next) {
		walk_spend(walk, PART_STEPS + (other->body.len == part->body.len && other->body.at != part->body.at ? part->body.len / 8 : 0));
		if (same_part(other, part))
			return true;
	}
	return false;
}

/* When it was too much work, the others are new: twice is better than never. */
static void add_new(struct walk *walk, struct part **last, struct part *list)
{
	for (struct part *part = list, *next; part; part = next) {
		next = part->next;
		part->next = NULL;
		if (walk_may_go_on(walk) == OK && is_there(walk, part)) {
			walk->view->count--;
			continue;
		}
		(*last)->next = part;
		*last = part;
	}
}

static enum result read_other(struct walk *walk, struct slice bytes, enum part_digests digests)
{
	struct part *last = walk->last;

	for (unsigned reading = READING_LAST; reading < READING_COUNT; reading++) {
		enum result result = walk_as(walk, (enum part_reading)reading, bytes, digests);

		add_new(walk, &last, walk->first);
		TRY(result);
	}
	return walk_may_go_on(walk);
}

/* ---- fields that a message has once ---- */

static const struct { struct slice name; uint64_t ambiguity; } once[] = {
	{ LIT("From"), AMBIGUITY_BIT(two_from) },
	{ LIT("Sender"), AMBIGUITY_BIT(two_sender) },
	{ LIT("Subject"), AMBIGUITY_BIT(two_subject) },
};

static void look_for_doubles(struct walk *walk, struct part *part)
{
	for (size_t row = 0; row < COUNT_OF(once); row++) {
		const struct header *first = headers_find(&part->headers, once[row].name), *other;

		for (size_t i = 1; first && (other = headers_nth(&part->headers, once[row].name, i)) != NULL; i++)
			if (!slice_same(first->value, other->value))
				walk_note(walk, part, once[row].ambiguity);
	}
}

/* `one`: more than one author, and readers show the first, the last or none. */
static const struct { struct slice name; bool one; } of_addresses[] = {
	{ LIT("From"), true }, { LIT("Sender"), true }, { LIT("Reply-To"), false }, { LIT("To"), false }, { LIT("Cc"), false },
};

static enum result look_at_field(struct walk *walk, struct part *part, struct slice value, bool one)
{
	struct addresses found;

	if (addresses_read(walk->reader, value, &found) != OK)
		return walk_limit(walk, "memory");
	if (found.faults & ADDRESS_DIFFERS || (one && addresses_are_several(&found)))
		walk_note(walk, part, AMBIGUITY_BIT(addresses));
	if (found.faults & ADDRESS_MORE)
		walk_note(walk, part, AMBIGUITY_BIT(addresses_many));
	return OK;
}

static enum result look_at_addresses(struct walk *walk, struct part *part)
{
	for (size_t i = 0; i < part->headers.count; i++) {
		const struct header *header = &part->headers.list[i];

		for (size_t row = 0; row < COUNT_OF(of_addresses); row++)
			if (slice_same_nocase(header->name, of_addresses[row].name))
				TRY(look_at_field(walk, part, header->value, of_addresses[row].one));
	}
	return OK;
}

static enum result read_all(struct walk *walk, struct slice bytes, enum part_digests digests)
{
	enum result result;

	walk->open = arena_array(walk->reader->arena, struct open_part, walk->reader->limits->depth + 2);
	if (walk->open == NULL)
		return walk_limit(walk, "memory");
	result = walk_as(walk, READING_FIRST, bytes, digests);
	walk->view->first = walk->first;
	TRY(result);
	look_for_doubles(walk, walk->first);
	TRY(look_at_addresses(walk, walk->first));
	return walk->view->ambiguities & ambiguity_tree() ? read_other(walk, bytes, digests) : OK;
}

enum result message_read(struct slice bytes, const struct message_reader *reader, enum part_digests digests,
                         struct message_view *ret_view)
{
	struct message_view view = { .steps_most = STEPS_LEAST + (uint64_t)STEPS_A_BYTE * bytes.len };
	struct walk walk = { .reader = reader, .view = &view };
	enum result result = read_all(&walk, bytes.at ? bytes : SLICE(""), digests);

	for (const struct part *part = view.first; part; part = part->next)
		if (view.deepest == NULL || part->depth > view.deepest->depth)
			view.deepest = part;
	*ret_view = view;
	return result;
}

/* ---- paths ---- */

struct slice part_path(const struct part *part, char *room, size_t size)
{
	static const char *const before[READING_COUNT] = { "", "last/", "lenient/" };
	const struct part *line[DEPTH_MOST + 2];
	size_t count = 0, length;

	line[count++] = part;
	for (const struct part *up = part->parent; up && count < COUNT_OF(line); up = up->parent)
		line[count++] = up;
	length = (size_t)snprintf(room, size, "%s", before[part->reading]);
	while (count-- > 0 && length < size)
		length += (size_t)snprintf(room + length, size - length, "%u%s", line[count]->number, count ? "." : "");
	if (part->recoded && length < size)
		length += (size_t)snprintf(room + length, size - length, "~%s%s", encoding_name(part->encoding),
		                           part->stops ? "-first" : "");
	return (struct slice){ room, length < size ? length : size - 1 };
}
