/* SPDX-License-Identifier: Apache-2.0 */
/* Whoever writes many fields of their own in front pushes out none that matters: those are taken first, by name. */
#include "mail/spam/maker.h"

enum { EACH_MOST = 8, EDGE = 48, NAMES = 20 };

/* In the order of worth. */
static const struct slice names[NAMES] = {
	LIT("from"), LIT("subject"), LIT("to"), LIT("date"), LIT("message-id"), LIT("content-type"), LIT("received"),
	LIT("reply-to"), LIT("return-path"), LIT("cc"), LIT("x-mailer"), LIT("user-agent"), LIT("mime-version"),
	LIT("content-transfer-encoding"), LIT("x-priority"), LIT("x-mimeole"), LIT("importance"), LIT("in-reply-to"),
	LIT("references"), LIT("organization"),
};
_Static_assert(NAMES * EACH_MOST + 2 * EDGE <= SAMPLE_MOST, "there is room for all");

static size_t number_of(struct slice name)
{
	size_t number = 0;

	while (number < NAMES && !is_word(name, names[number]))
		number++;
	return number;
}

static void take_named(const struct headers *headers, struct sample *sample)
{
	const struct header *found[NAMES][EACH_MOST];
	size_t counts[NAMES] = { 0 };

	for (size_t i = 0; i < headers->count; i++) {
		size_t number = number_of(headers->list[i].name);

		if (number == NAMES)
			continue;
		if (counts[number] == EACH_MOST)
			sample->cut = true;
		else
			found[number][counts[number]++] = &headers->list[i];
	}
	for (size_t number = 0; number < NAMES; number++)
		for (size_t i = 0; i < counts[number]; i++)
			sample->fields[sample->count++] = found[number][i];
}

static void take_others(const struct headers *headers, struct sample *sample)
{
	size_t others = 0, at = 0;

	for (size_t i = 0; i < headers->count; i++)
		others += number_of(headers->list[i].name) == NAMES;
	sample->cut = sample->cut || others > (size_t)2 * EDGE;
	for (size_t i = 0; i < headers->count; i++)
		if (number_of(headers->list[i].name) == NAMES) {
			if (at < EDGE || at + EDGE >= others)
				sample->fields[sample->count++] = &headers->list[i];
			at++;
		}
}

void sample_fields(const struct headers *headers, struct sample *ret_sample)
{
	ret_sample->count = 0;
	ret_sample->cut = false;
	take_named(headers, ret_sample);
	take_others(headers, ret_sample);
}
