/* SPDX-License-Identifier: Apache-2.0 */
/* Each field's words by its name, decoded; what lists and filters added counts as a kind of its own. */
#include "mail/spam/maker.h"

enum { FIELDS_MOST = 200, VALUE_MOST = 4096, NAME_MOST = 64 };

/* Fields that start so were written by lists, filters and mailboxes. */
static const struct slice marks[] = {
	LIT("list-"), LIT("x-spam"), LIT("x-virus"), LIT("x-mailman"), LIT("x-beenthere"), LIT("x-mailing-list"), LIT("x-list"),
	LIT("x-original-to"), LIT("x-loop"), LIT("x-ml-"), LIT("x-egroups"), LIT("x-yahoo"), LIT("x-google"), LIT("x-gm-"),
	LIT("x-ms-"), LIT("x-microsoft"), LIT("x-forefront"), LIT("x-eop"), LIT("x-incoming"), LIT("x-pyzor"), LIT("x-bogosity"),
	LIT("x-spf"), LIT("x-status"), LIT("x-keywords"), LIT("x-uid"), LIT("x-scanned"), LIT("x-amavis"), LIT("x-barracuda"),
	LIT("x-proofpoint"), LIT("x-mimedefang"), LIT("dkim-"), LIT("domainkey"), LIT("arc-"), LIT("authentication-results"),
	LIT("received-spf"), LIT("delivered-to"), LIT("precedence"), LIT("errors-to"), LIT("sender"), LIT("mailing-list"),
	LIT("old-return-path"), LIT("old-received"), LIT("resent-"), LIT("archived-at"), LIT("status"), LIT("lines"), LIT("xref"),
};

bool field_is_mark(struct slice name)
{
	for (size_t i = 0; i < COUNT_OF(marks); i++)
		if (name.len && lower(*name.at) == *marks[i].at && slice_begins_nocase(name, marks[i]))
			return true;
	return false;
}

/* As people are shown it. Where nothing was encoded, folding is a blank to whoever looks for words. */
static struct slice shown(struct maker *maker, struct slice value)
{
	unsigned faults = 0;
	struct slice text;

	if (value.len > VALUE_MOST)
		value.len = VALUE_MOST;
	if (memmem(value.at, value.len, "=?", 2) == NULL)
		return value;
	if (header_text(maker->reader, value, &text, &faults) != OK) {
		maker->full = true;
		return value;
	}
	return text;
}

static void field_words(struct maker *maker, const struct header *header)
{
	bool mark = field_is_mark(header->name);
	char name[NAME_MOST];
	struct words words = { .maker = maker, .reach = mark ? 0 : 2, .pair = FEATURE_header_pair,
		               .word = mark ? FEATURE_header_mark : FEATURE_header_word };

	words.label = (struct slice){ name, header->name.len < NAME_MOST ? header->name.len : NAME_MOST };
	for (size_t i = 0; i < words.label.len; i++)
		name[i] = byte_lower(header->name.at[i]);
	words.tricks = slice_same(words.label, SLICE("subject"));
	words_of(&words, shown(maker, header->value));
}

/* Of the raw fields in a row, marks left out. */
static void field_grams(struct maker *maker, const struct headers *headers)
{
	char room[FEATURE_GRAM_HEADER];
	size_t length = 0;

	for (size_t i = 0; i < headers->count && length < sizeof(room); i++) {
		const struct header *header = &headers->list[i];
		const struct slice pieces[] = { header->name, SLICE(":"), header->value };

		if (field_is_mark(header->name))
			continue;
		for (size_t k = 0; k < COUNT_OF(pieces); k++) {
			size_t most = sizeof(room) - length;
			size_t take = pieces[k].len < most ? pieces[k].len : most;

			memcpy(room + length, pieces[k].at, take);
			length += take;
		}
	}
	grams_of(maker, FEATURE_header_gram, (struct slice){ room, length });
}

void header_view(struct maker *maker, const struct headers *headers)
{
	for (size_t i = 0; i < headers->count && i < FIELDS_MOST; i++)
		field_words(maker, &headers->list[i]);
	field_grams(maker, headers);
}
