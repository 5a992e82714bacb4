/* SPDX-License-Identifier: Apache-2.0 */
/* The header fields that become facts are a table; parts follow in the order of the message. */
#include "inspect/read.h"

#include "mail/message/message.h"

#include <stdarg.h>

enum { VALUE_MOST = 200, PARTS_TOLD = 200, PART_FACTS = 2, FACTS_ROOM = 32 + PARTS_TOLD * PART_FACTS };

struct telling {
	struct arena *arena;
	struct fact *facts;
	size_t count;
};

static void tell(struct telling *telling, struct slice name, struct slice value)
{
	if (telling->count == FACTS_ROOM)
		return;
	if (value.len > VALUE_MOST)
		value.len = VALUE_MOST;
	telling->facts[telling->count++] = (struct fact){ name, value };
}

__attribute__((format(printf, 3, 4)))
static enum result tell_format(struct telling *telling, struct slice name, const char *format, ...)
{
	char text[VALUE_MOST + 1];
	struct slice kept;
	va_list list;

	va_start(list, format);
	(void)vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	TRY(arena_keep(telling->arena, slice_of(text), &kept));
	tell(telling, name, kept);
	return OK;
}

static const struct { struct slice field, fact; } told[] = {
	{ LIT("Subject"), LIT("subject") },
	{ LIT("From"), LIT("from") },
	{ LIT("Message-ID"), LIT("message-id") },
	{ LIT("Date"), LIT("date") },
};

static void tell_headers(struct telling *telling, const struct headers *headers)
{
	for (size_t i = 0; i < COUNT_OF(told); i++) {
		const struct header *header = headers_find(headers, told[i].field);

		if (header)
			tell(telling, told[i].fact, header->value);
	}
}

static enum result tell_parts(struct telling *telling, const struct message_view *view)
{
	unsigned deepest = 0;
	size_t said = 0;

	for (const struct part *part = view->first; part; part = part->next) {
		deepest = part->depth > deepest ? part->depth : deepest;
		if (said++ >= PARTS_TOLD)
			continue;
		TRY(tell_format(telling, SLICE("part"), "%u %.*s %zu", part->depth,
		                part->type.len < 100 ? (int)part->type.len : 100, part->type.at, part->bytes.len));
		if (part->name.len)
			tell(telling, SLICE("part-name"), part->name);
	}
	TRY(tell_format(telling, SLICE("parts"), "%zu", view->count));
	return tell_format(telling, SLICE("depth"), "%u", deepest);
}

static enum result tell_all(struct telling *telling, struct slice bytes)
{
	struct message_view view = { 0 };
	enum result result = message_read(bytes, telling->arena, &view);

	TRY(tell_format(telling, SLICE("size"), "%zu", bytes.len));
	if (result != OK)
		TRY(tell_format(telling, SLICE("unscannable"), "a ceiling was hit: %s", view.limit ? view.limit : "memory"));
	if (view.ambiguous)
		tell(telling, SLICE("ambiguous"), slice_of(view.ambiguity));
	if (view.first) {
		TRY(tell_format(telling, SLICE("header-count"), "%zu", view.first->headers.count));
		tell_headers(telling, &view.first->headers);
	}
	return tell_parts(telling, &view);
}

static enum result ask(unsigned scanners, struct arena *arena, struct findings *findings)
{
	if (scanners == 0)
		return OK;
	findings->questions = arena_new(arena, struct question);
	if (findings->questions == NULL)
		return LATER;
	*findings->questions = (struct question){ .kind = ASK_SCANNERS };
	findings->question_count = 1;
	return OK;
}

enum result read_message(struct slice bytes, const struct envelope *envelope, unsigned scanners, struct arena *arena,
                         struct findings *ret_findings)
{
	struct telling telling = { .arena = arena, .facts = arena_array(arena, struct fact, FACTS_ROOM) };
	struct findings findings = { 0 };

	if (telling.facts == NULL)
		return LATER;
	TRY(ask(scanners, arena, &findings));
	if (envelope->flags & ENVELOPE_NORMALISED)
		tell(&telling, SLICE("normalised"), SLICE("true"));
	TRY(tell_all(&telling, bytes));
	findings.facts = telling.facts;
	findings.fact_count = telling.count;
	*ret_findings = findings;
	return OK;
}
