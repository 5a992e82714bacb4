/* SPDX-License-Identifier: Apache-2.0 */
/* Each field's words by its name, decoded; what lists and filters added counts as a kind of its own. */
#include "mail/spam/maker.h"

enum { VALUE_MOST = 4096, VALUE_EDGE = 1024, NAME_MOST = 64 };

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

	if (value.len == 0 || memmem(value.at, value.len, "=?", 2) == NULL)
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
	if (header->value.len <= VALUE_MOST) {
		words_of(&words, shown(maker, header->value));
		return;
	}
	maker_tell(maker, FEATURE_trick, SLICE("cut"), SLICE("field"));
	words_of(&words, shown(maker, (struct slice){ header->value.at, VALUE_MOST - VALUE_EDGE }));
	words_of(&words, shown(maker, slice_drop(header->value, header->value.len - VALUE_EDGE)));
}

/* The fields that were not written by lists and filters, raw, in the order of their worth. */
static void field_grams(struct maker *maker, const struct sample *sample)
{
	char room[FEATURE_GRAM_HEADER];
	size_t length = 0;

	for (size_t i = 0; i < sample->count && length < sizeof(room); i++) {
		const struct header *header = sample->fields[i];
		const struct slice pieces[] = { header->name, SLICE(":"), header->value };

		if (field_is_mark(header->name))
			continue;
		for (size_t k = 0; k < COUNT_OF(pieces); k++) {
			size_t left = sizeof(room) - length, take = pieces[k].len < left ? pieces[k].len : left;

			memcpy(room + length, pieces[k].at, take);
			length += take;
		}
	}
	grams_of(maker, FEATURE_header_gram, (struct slice){ room, length });
}

void header_view(struct maker *maker, const struct sample *sample)
{
	for (size_t i = 0; i < sample->count; i++)
		field_words(maker, sample->fields[i]);
	if (sample->cut)
		maker_tell(maker, FEATURE_trick, SLICE("cut"), SLICE("header"));
	field_grams(maker, sample);
}
