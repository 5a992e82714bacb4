/* SPDX-License-Identifier: Apache-2.0 */
/* The header fields that become facts are a table; parts are told of in a list of their own. */
#include "inspect/read.h"

#include "inspect/read_learned.h"
#include "inspect/read_parts.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { WORDS_MOST = 200, TEXTS_MOST = 256 << 10, WANTED_MOST = 256, ADDRESSES_TOLD = 64, COVERED_TOLD = 64, COVERED_SEEN = 512,
       FACTS_FIRST = 64,
       FACTS_ROOM = 32 + AMBIGUITY_COUNT + POLICY_HEADERS_MOST + 2 * WANTED_MOST + 2 * ADDRESSES_TOLD + COVERED_TOLD + LEARNED_FACTS };

struct telling {
	struct arena *arena;
	struct fact *facts;
	struct fact_place *places;               /* one for each */
	size_t count, room;
	bool full;                               /* there was no memory for more */
	struct slice bytes;                      /* the message … */
	const struct header *field;              /* … and its field that is told of now, or NULL */
	size_t texts, values;                    /* bytes and number of what was told of fields */
	bool cut;
};

/* From the first byte of its name to the last of its value. */
static struct fact_place place_of(const struct telling *telling)
{
	const struct header *field = telling->field;
	size_t at, end;

	if (field == NULL || field->name.at < telling->bytes.at || field->value.at < field->name.at)
		return (struct fact_place){ 0, 0 };
	at = (size_t)(field->name.at - telling->bytes.at);
	end = (size_t)(field->value.at - telling->bytes.at) + field->value.len;
	if (end > telling->bytes.len || end > UINT32_MAX)
		return (struct fact_place){ 0, 0 };
	return (struct fact_place){ (uint32_t)at, (uint32_t)(end - at) };
}

/* For `more` facts, at most FACTS_FIRST. */
static bool has_room(struct telling *telling, size_t more)
{
	size_t room = telling->room ? 2 * telling->room : FACTS_FIRST;
	struct fact *facts;
	struct fact_place *places;

	if (telling->count + more <= telling->room)
		return true;
	facts = arena_array(telling->arena, struct fact, room);
	places = arena_array(telling->arena, struct fact_place, room);
	telling->full = telling->full || facts == NULL || places == NULL;
	if (telling->full)
		return false;
	for (size_t i = 0; i < telling->count; i++) {
		facts[i] = telling->facts[i];
		places[i] = telling->places[i];
	}
	telling->facts = facts;
	telling->places = places;
	telling->room = room;
	return true;
}

static void tell(struct telling *telling, struct slice name, struct slice value)
{
	if (telling->count == FACTS_ROOM || !has_room(telling, 1))
		return;
	telling->places[telling->count] = place_of(telling);
	telling->facts[telling->count++] = (struct fact){ name, value };
}

/* What no rule sees could be what a rule looks for. */
static void tell_cut(struct telling *telling, struct slice name)
{
	for (size_t i = 0; i < telling->count; i++)
		if (slice_same(telling->facts[i].name, SLICE("cut")) && slice_same(telling->facts[i].value, name))
			return;
	tell(telling, SLICE("cut"), name);
	if (!telling->cut)
		tell(telling, SLICE("unscannable"), SLICE("a ceiling was hit: header texts"));
	telling->cut = true;
}

/* Whole: a rule that saw only the beginning would be evaded by whatever is put before. */
static void tell_text(struct telling *telling, struct slice name, struct slice text)
{
	size_t room = TEXTS_MOST - telling->texts;

	if (text.len > room) {
		tell_cut(telling, name);
		text.len = room;
	}
	telling->texts += text.len;
	tell(telling, name, text);
}

__attribute__((format(printf, 3, 4)))
static enum result tell_format(struct telling *telling, struct slice name, const char *format, ...)
{
	char text[WORDS_MOST + 1];
	struct slice kept;
	va_list list;

	va_start(list, format);
	(void)vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	TRY(arena_keep(telling->arena, slice_of(text), &kept));
	tell(telling, name, kept);
	return OK;
}

static enum result fact_of_header(struct arena *arena, struct slice name, struct slice *ret_fact)
{
	static const struct slice prefix = LIT("header:");
	char *text = arena_take(arena, prefix.len + name.len);

	if (text == NULL)
		return LATER;
	memcpy(text, prefix.at, prefix.len);
	if (name.len)
		memcpy(text + prefix.len, name.at, name.len);
	*ret_fact = (struct slice){ text, prefix.len + name.len };
	return OK;
}

/* Each field of that name, decoded, as people are shown them: a reader takes the first of doubled ones, or the last. Too
 * many, and nobody may say that the rule was answered. */
static enum result tell_fields(struct telling *telling, const struct message_reader *reader, const struct headers *headers,
                               struct slice name, struct slice fact)
{
	const struct header *header;

	for (size_t nth = 0; (header = headers_nth(headers, name, nth)) != NULL; nth++) {
		unsigned faults = 0;
		struct slice text;

		if (telling->values++ >= WANTED_MOST) {
			tell_cut(telling, fact);
			return OK;
		}
		TRY(header_text(reader, header->value, &text, &faults));
		telling->field = header;
		tell_text(telling, fact, text);
		telling->field = NULL;
	}
	return OK;
}

static const struct { struct slice field, fact; } told[] = {
	{ LIT("Subject"), LIT("subject") },
	{ LIT("From"), LIT("from") },
	{ LIT("Message-ID"), LIT("message-id") },
	{ LIT("Date"), LIT("date") },
};

static enum result tell_headers(struct telling *telling, const struct message_reader *reader, const struct headers *headers)
{
	for (size_t i = 0; i < COUNT_OF(told); i++)
		TRY(tell_fields(telling, reader, headers, told[i].field, told[i].fact));
	return OK;
}

static bool is_told(const struct telling *telling, size_t first, struct slice address)
{
	for (size_t i = first; i < telling->count; i++)
		if (slice_same(telling->facts[i].value, address))
			return true;
	return false;
}

/* All that a reader could find, of every From field. */
static enum result tell_from(struct telling *telling, const struct message_reader *reader, const struct headers *headers)
{
	const struct header *header;
	size_t first = telling->count;

	for (size_t nth = 0; (header = headers_nth(headers, SLICE("From"), nth)) != NULL; nth++) {
		struct addresses found;

		TRY(addresses_read(reader, header->value, &found));
		for (size_t i = 0; i < found.count; i++) {
			if (is_told(telling, first, found.list[i].address))
				continue;
			if (telling->count - first >= ADDRESSES_TOLD) {
				tell_cut(telling, SLICE("from.address"));
				return OK;
			}
			telling->field = header;
			tell_text(telling, SLICE("from.address"), found.list[i].address);
			telling->field = NULL;
		}
		if (found.faults & ADDRESS_MORE) {       /* the same one again and again fills the list, too */
			tell_cut(telling, SLICE("from.address"));
			return OK;
		}
	}
	return OK;
}

static const struct { unsigned seals; struct slice name; } sealed[] = {
	{ SEAL_DKIM, LIT("dkim") }, { SEAL_SMIME, LIT("smime") }, { SEAL_PGP, LIT("pgp") },
};

static enum result lower_case(struct arena *arena, struct slice text, struct slice *ret_lower)
{
	char *lower = arena_take(arena, text.len);

	if (lower == NULL)
		return LATER;
	for (size_t i = 0; i < text.len; i++)
		lower[i] = byte_lower(text.at[i]);
	*ret_lower = (struct slice){ lower, text.len };
	return OK;
}

static enum result tell_date(struct telling *telling, const struct headers *headers)
{
	const struct header *header = headers_find(headers, SLICE("Date"));
	unsigned faults = 0;
	int64_t seconds;

	if (header == NULL || date_read(header->value, &seconds, &faults) != OK || seconds < 0)
		return OK;
	telling->field = header;
	TRY(tell_format(telling, SLICE("date.epoch"), "%" PRId64, seconds));
	telling->field = NULL;
	return OK;
}

/* Which headers policy asks for: without it nobody could say later that one was looked for, and was not there. */
static enum result tell_wanted(struct telling *telling, const struct message_reader *reader, const struct headers *headers,
                               const struct policy *policy)
{
	size_t place = 0, first = telling->count;
	struct slice name, fact;

	while (policy && policy_next_header(policy, &place, &name))
		tell(telling, SLICE(FACT_ASKED), name);
	for (size_t i = first, last = telling->count; i < last; i++) {
		TRY(fact_of_header(telling->arena, telling->facts[i].value, &fact));
		TRY(tell_fields(telling, reader, headers, telling->facts[i].value, fact));
	}
	return OK;
}

/* What a change could break, and by which fields; each name once, in lower case. */
static enum result tell_seals(struct telling *telling, const struct message_view *view)
{
	unsigned seals = seals_of(view);
	size_t place = 0, first;
	struct slice name;

	for (size_t i = 0; i < COUNT_OF(sealed); i++)
		if (seals & sealed[i].seals)
			tell(telling, SLICE("signed"), sealed[i].name);
	first = telling->count;
	for (size_t seen = 0; seals_next_field(&view->first->headers, &place, &name); seen++) {
		struct slice lower;

		if (seen == COVERED_SEEN || telling->count - first == COVERED_TOLD) {
			tell(telling, SLICE("cut"), SLICE("signed.field"));
			return OK;
		}
		TRY(lower_case(telling->arena, name, &lower));
		if (lower.len && !is_told(telling, first, lower))
			tell(telling, SLICE("signed.field"), lower);
	}
	return OK;
}

static void tell_encrypted(struct telling *telling, const struct message_view *view)
{
	unsigned encrypted = seals_encrypted(view);

	for (size_t i = 0; i < COUNT_OF(sealed); i++)
		if (encrypted & sealed[i].seals)
			tell(telling, SLICE("encrypted"), sealed[i].name);
}

static enum result tell_tree(struct telling *telling, const struct message_view *view)
{
	for (unsigned bit = 0; bit < AMBIGUITY_COUNT; bit++)
		if (view->ambiguities >> bit & 1)
			tell(telling, SLICE("ambiguous"), slice_of(ambiguity_text((enum ambiguity)bit)));
	TRY(tell_format(telling, SLICE("parts"), "%zu", view->count));
	return tell_format(telling, SLICE("depth"), "%u", view->deepest ? view->deepest->depth : 0);
}

/* Last, and with room for what is to be told taken before: features that find none leave everything else as it is. But a message
 * that takes the memory for them must not pass as one of which nothing is known. Of one that hit a ceiling before there is no
 * telling what was not read. */
static enum result tell_learned(struct telling *telling, const struct message_view *view, const struct message_reader *reader,
                                const struct model *model)
{
	struct learned_facts learned;

	if (model == NULL || view->limit)
		return OK;
	if (!has_room(telling, LEARNED_FACTS))
		return LATER;
	if (read_learned(view, reader, model, &learned) != OK)
		tell(telling, SLICE("unscannable"), SLICE("a ceiling was hit: memory"));
	for (size_t i = 0; i < learned.count; i++)
		tell(telling, learned.list[i].name, learned.list[i].value);
	return OK;
}

static enum result tell_all(struct telling *telling, struct slice bytes, const struct message_reader *reader,
                            const struct read_means *means, struct findings *findings)
{
	struct message_view view = { 0 };
	enum result result = message_read(bytes, reader, DIGESTS_OF_FILES, &view);

	TRY(tell_format(telling, SLICE("size"), "%zu", bytes.len));
	if (result != OK)
		TRY(tell_format(telling, SLICE("unscannable"), "a ceiling was hit: %s", view.limit ? view.limit : "memory"));
	if (view.first) {
		TRY(tell_format(telling, SLICE("header-count"), "%zu", view.first->headers.count));
		TRY(tell_headers(telling, reader, &view.first->headers));
		TRY(tell_from(telling, reader, &view.first->headers));
		TRY(tell_date(telling, &view.first->headers));
		TRY(tell_seals(telling, &view));
		TRY(tell_wanted(telling, reader, &view.first->headers, means->policy));
	}
	tell_encrypted(telling, &view);
	TRY(tell_tree(telling, &view));
	TRY(read_parts(&view, telling->arena, findings));
	return result == OK ? tell_learned(telling, &view, reader, means->model) : OK;
}

static enum result ask(unsigned scanners, struct arena *arena, struct findings *findings)
{
	if (scanners == 0)
		return OK;
	findings->questions = arena_new(arena, struct inquiry);
	if (findings->questions == NULL)
		return LATER;
	*findings->questions = (struct inquiry){ .kind = ASK_SCANNERS };
	findings->question_count = 1;
	return OK;
}

enum result read_message(struct slice bytes, const struct envelope *envelope, const struct read_means *means,
                         struct arena *arena, struct findings *ret_findings)
{
	const struct message_reader reader = { means->limits, means->charsets, arena };
	struct telling telling = { .arena = arena, .bytes = bytes };
	struct findings findings = { .reader = READER_NOW };

	TRY(ask(means->scanners, arena, &findings));
	TRY(tell_format(&telling, SLICE("recipients"), "%u", envelope->recipient_count));
	if (envelope->flags & ENVELOPE_NORMALISED)
		tell(&telling, SLICE("normalised"), SLICE("true"));
	TRY(tell_all(&telling, bytes, &reader, means, &findings));
	if (telling.full)
		return LATER;
	findings.facts = telling.facts;
	findings.fact_count = telling.count;
	findings.places = telling.places;
	*ret_findings = findings;
	return OK;
}
