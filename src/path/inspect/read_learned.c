/* SPDX-License-Identifier: Apache-2.0 */
/* The texts of all features would cost more than all the rest: once it is known which moved the message most, they are read again
 * with the texts of these alone, and only where somebody will want to know. */
#include "inspect/read_learned.h"

#include <inttypes.h>
#include <stdio.h>

enum { LINE = 192, THOUSANDTHS = 1000 };

static const double calls_spam = 0.5;

__attribute__((format(printf, 4, 5)))
static enum result tell(struct learned_facts *facts, struct arena *arena, struct slice name, const char *format, ...)
{
	char line[LINE];
	struct slice kept;
	va_list list;

	va_start(list, format);
	(void)vsnprintf(line, sizeof(line), format, list);
	va_end(list);
	if (facts->count == LEARNED_FACTS)
		return LATER;
	TRY(arena_keep(arena, slice_of(line), &kept));
	facts->list[facts->count++] = (struct fact){ name, kept };
	return OK;
}

static void tell_reasons(struct learned_facts *facts, struct arena *arena, const struct reason *list, size_t count, size_t most)
{
	for (size_t i = 0; i < count && i < most; i++)
		(void)!tell(facts, arena, SLICE("spam.reason"), "%+.2f %s: %.*s", (double)list[i].moved,
		            feature_kinds[list[i].kind].text, SHOW(list[i].text));
}

static size_t take_hashes(const struct reason *list, size_t count, size_t most, uint32_t *to)
{
	size_t taken = 0;

	for (; taken < count && taken < most; taken++)
		to[taken] = list[taken].hash;
	return taken;
}

static void give_reasons(const struct message_view *view, const struct message_reader *reader, const struct model *model,
                         const struct features *features, struct learned_facts *facts)
{
	uint32_t wanted[LEARNED_FOR_SPAM + LEARNED_FOR_HAM];
	struct explanation explanation;
	struct features described;
	size_t count;

	explain(model, features, &explanation);
	count = take_hashes(explanation.spam, explanation.spam_count, LEARNED_FOR_SPAM, wanted);
	count += take_hashes(explanation.ham, explanation.ham_count, LEARNED_FOR_HAM, wanted + count);
	if (features_describe(view, reader, wanted, count, &described) != OK)
		return;
	explain(model, &described, &explanation);
	tell_reasons(facts, reader->arena, explanation.spam, explanation.spam_count, LEARNED_FOR_SPAM);
	tell_reasons(facts, reader->arena, explanation.ham, explanation.ham_count, LEARNED_FOR_HAM);
}

/* Cut, not rounded: what is said to be 0.999 is no less. */
enum result read_learned(const struct message_view *view, const struct message_reader *reader, const struct model *model,
                         struct learned_facts *ret_facts)
{
	struct features features;
	double probability;

	ret_facts->count = 0;
	TRY(tell(ret_facts, reader->arena, SLICE("spam.model"), "%016" PRIx64 "/%" PRIu64, model->identity, model->generation));
	TRY(features_read(view, reader, false, &features));
	probability = model_judge(model, &features).probability;
	TRY(tell(ret_facts, reader->arena, SLICE("spam.probability"), "0.%03d", (int)(probability * THOUSANDTHS)));
	if (probability >= calls_spam)
		give_reasons(view, reader, model, &features, ret_facts);
	return OK;
}
