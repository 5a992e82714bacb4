/* SPDX-License-Identifier: Apache-2.0 */
/* The strongest are kept in a short list, by insertion. */
#include "mail/spam/explanation.h"

#include <math.h>

static void keep_strongest(struct reason list[REASONS_MOST], size_t *count, const struct reason *reason)
{
	size_t place = *count;

	while (place && fabsf(list[place - 1].moved) < fabsf(reason->moved))
		place--;
	if (place == REASONS_MOST)
		return;
	if (*count < REASONS_MOST)
		(*count)++;
	memmove(&list[place + 1], &list[place], (*count - place - 1) * sizeof(list[0]));
	list[place] = *reason;
}

static void weigh(const struct model *model, const struct feature_list *list, enum feature_kind kind, float scale,
                  struct explanation *to)
{
	for (uint32_t i = 0; i < list->count; i++) {
		const struct reason reason = { kind, list->texts ? list->texts[i] : SLICE(""),
			                       scale * model_weight_of(model, list->hashes[i]), list->hashes[i] };

		to->kinds[kind] += reason.moved;
		if (reason.moved > 0)
			keep_strongest(to->spam, &to->spam_count, &reason);
		else if (reason.moved < 0)
			keep_strongest(to->ham, &to->ham_count, &reason);
	}
}

void explain(const struct model *model, const struct features *features, struct explanation *ret_explanation)
{
	float scales[FEATURE_KIND_COUNT];

	*ret_explanation = (struct explanation){ .opinion = model_judge(model, features) };
	model_scales(features, scales);
	for (size_t kind = 0; kind < FEATURE_KIND_COUNT; kind++)
		weigh(model, &features->kinds[kind], (enum feature_kind)kind, scales[kind], ret_explanation);
}

static enum result write_reasons(const struct reason *list, size_t count, struct buffer *to)
{
	for (size_t i = 0; i < count; i++)
		TRY(buffer_format(to, "  %+.3f  %s: %.*s\n", (double)list[i].moved, feature_kinds[list[i].kind].text,
		                  SHOW(list[i].text)));
	return OK;
}

enum result explanation_write(const struct explanation *explanation, struct buffer *to)
{
	const struct opinion *opinion = &explanation->opinion;

	TRY(buffer_format(to, "spam with probability %.6f (header %+.3f, contents %+.3f)\n", opinion->probability,
	                  opinion->views[VIEW_HEADERS], opinion->views[VIEW_CONTENTS]));
	TRY(write_reasons(explanation->spam, explanation->spam_count, to));
	TRY(write_reasons(explanation->ham, explanation->ham_count, to));
	for (size_t kind = 0; kind < FEATURE_KIND_COUNT; kind++)
		TRY(buffer_format(to, "  all of %s: %+.3f\n", feature_kinds[kind].text, (double)explanation->kinds[kind]));
	return OK;
}
