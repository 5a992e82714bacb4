/* SPDX-License-Identifier: Apache-2.0 */
/* AdaGrad: each weight has a step of its own, smaller the more it has moved. Each kind of feature has the same length,
 * and each view learns from its own mistakes. */
#include "mail/spam/model.h"

#include "base/checksum.h"

#include <math.h>

enum { VERSION = 2, ORDER = 0x01020304, EXPERIENCED = 20, LONGEST_STEPS = 1000000 };

static const char magic[8] = { 'P', 'S', 'T', 'N', 'S', 'P', 'A', 'M' };

static const float rate = 0.6F, resistance = 0.02F, margin = 0.1F;
static const float length_least = 20.0F;                 /* added to the number of features of a kind */
static const float doubtful = 2.0F, doubtful_least = 0.15F;  /* log-odds against a label at which it is half believed */
static const float weight_most = 64.0F;
static const double score_most = 12.0, score_least = -1.5, beyond_least = 0.02;

size_t model_size(unsigned bits)
{
	return sizeof(struct model) + (sizeof(struct model_weight) << bits);
}

struct model *model_begin(void *room, unsigned bits)
{
	struct model *model = room;

	memset(room, 0, model_size(bits));
	memcpy(model->magic, magic, sizeof(magic));
	model->version = VERSION;
	model->order = ORDER;
	model->bits = bits;
	return model;
}

/* ---- what may be believed of a file ---- */

static uint32_t checksum_of(const struct model *model)
{
	struct model head = *model;
	uint32_t sum;

	head.checksum = 0;
	sum = checksum(0, (struct slice){ (const char *)&head, sizeof(head) });
	return checksum(sum, (struct slice){ (const char *)model->table, model_size(model->bits) - sizeof(head) });
}

static bool weights_are_sound(const struct model *model)
{
	for (size_t i = 0; i < (size_t)1 << model->bits; i++) {
		const struct model_weight *one = &model->table[i];

		if (!(one->weight >= -weight_most && one->weight <= weight_most) || !(one->steps >= 0) ||
		    !(one->steps <= (float)LONGEST_STEPS))
			return false;
	}
	return true;
}

static const char *complaint(struct slice bytes)
{
	const struct model *model = (const void *)bytes.at;

	if (bytes.len < sizeof(*model) || (uintptr_t)bytes.at % _Alignof(struct model))
		return "it is too short";
	if (memcmp(model->magic, magic, sizeof(magic)) != 0)
		return "it is no model";
	if (model->order != ORDER)
		return "it was written by a machine with another order of bytes";
	if (model->version != VERSION)
		return "it is of another version";
	if (model->bits < MODEL_BITS_LEAST || model->bits > MODEL_BITS_MOST || bytes.len != model_size(model->bits))
		return "its length is not what it says";
	if (model->checksum != checksum_of(model))
		return "it is damaged";
	return weights_are_sound(model) ? NULL : "it holds weights that no learning makes";
}

enum result model_open(struct slice bytes, const struct model **ret_model, const char **ret_why)
{
	const char *why = complaint(bytes);

	if (why) {
		*ret_why = why;
		return REFUSED;
	}
	*ret_model = (const void *)bytes.at;
	return OK;
}

void model_seal(struct model *model)
{
	model->generation++;
	model->checksum = checksum_of(model);
}

/* ---- judging ---- */

static size_t place_of(const struct model *model, uint32_t hash)
{
	return hash >> (32 - model->bits);
}

float model_weight_of(const struct model *model, uint32_t hash)
{
	return model->table[place_of(model, hash)].weight;
}

/* A kind with many features must not drown one with few: each gets a length by its number, then each view has length 1. */
void model_scales(const struct features *features, float ret_scales[FEATURE_KIND_COUNT])
{
	float length[VIEW_COUNT] = { 0 };

	for (size_t kind = 0; kind < FEATURE_KIND_COUNT; kind++) {
		float count = (float)features->kinds[kind].count;

		ret_scales[kind] = 1 / sqrtf(count + length_least);
		length[feature_kinds[kind].view] += count * ret_scales[kind] * ret_scales[kind];
	}
	for (size_t kind = 0; kind < FEATURE_KIND_COUNT; kind++) {
		float whole = length[feature_kinds[kind].view];

		ret_scales[kind] = whole > 0 ? ret_scales[kind] / sqrtf(whole) : 0;
	}
}

static double logistic(double score)
{
	return 1 / (1 + exp(-score));
}

/* Good words can be bought: one view alone acquits nobody. Below its end the order is kept. */
static double held(double score)
{
	if (score > score_most)
		return score_most;
	return score < score_least ? score_least + beyond_least * (score - score_least) : score;
}

static void score_views(const struct model *model, const struct features *features,
                        const float scales[FEATURE_KIND_COUNT], double ret_views[VIEW_COUNT])
{
	for (size_t view = 0; view < VIEW_COUNT; view++)
		ret_views[view] = 0;
	for (size_t kind = 0; kind < FEATURE_KIND_COUNT; kind++) {
		const struct feature_list *list = &features->kinds[kind];
		float sum = 0;

		for (uint32_t i = 0; i < list->count; i++)
			sum += model->table[place_of(model, list->hashes[i])].weight;
		ret_views[feature_kinds[kind].view] += (double)(sum * scales[kind]);
	}
}

struct opinion model_judge(const struct model *model, const struct features *features)
{
	struct opinion opinion = { 0 };
	float scales[FEATURE_KIND_COUNT];

	model_scales(features, scales);
	score_views(model, features, scales, opinion.views);
	for (size_t view = 0; view < VIEW_COUNT; view++)
		opinion.score += held(opinion.views[view]);
	opinion.probability = model_probability(opinion.score);
	return opinion;
}

/* ---- learning ---- */

static float within(float value, float least, float most)
{
	return value < least ? least : value > most ? most : value;
}

static void move(struct model *model, const struct feature_list *list, float pull, float scale)
{
	float square = pull * pull;

	for (uint32_t i = 0; i < list->count; i++) {
		struct model_weight *one = &model->table[place_of(model, list->hashes[i])];

		one->steps = within(one->steps + square, 0, (float)LONGEST_STEPS);
		one->weight = within(one->weight + scale * rate * pull / (sqrtf(one->steps) + resistance), -weight_most,
		                     weight_most);
	}
}

/* A weight that has moved less than that did not move by it, but for ageing: a small step must not undo a large one. */
static void move_back(struct model *model, const struct feature_list *list, float pull, float scale)
{
	float square = pull * pull;

	for (uint32_t i = list->count; i-- > 0;) {
		struct model_weight *one = &model->table[place_of(model, list->hashes[i])];

		one->weight = within(one->weight - scale * rate * pull / (sqrtf(fmaxf(one->steps, square)) + resistance),
		                     -weight_most, weight_most);
		one->steps = within(one->steps - square, 0, (float)LONGEST_STEPS);
	}
}

/* How far a label is believed that both views deny: whoever learns a hard message has one view that is not so sure. */
static float belief(const double views[VIEW_COUNT], enum label label)
{
	double denial = HUGE_VAL;

	for (size_t view = 0; view < VIEW_COUNT; view++)
		denial = fmin(denial, label == LABEL_SPAM ? -views[view] : views[view]);
	denial = fmax(denial, 0) / (double)doubtful;
	return fmaxf(doubtful_least, (float)(1 / (1 + denial * denial)));
}

void model_learn(struct model *model, const struct features *features, enum label label, float trust,
                 struct lesson *ret_lesson)
{
	bool experienced = model->learned[LABEL_HAM] + model->learned[LABEL_SPAM] >= EXPERIENCED;
	struct lesson lesson = { 0 };
	float scales[FEATURE_KIND_COUNT];
	double views[VIEW_COUNT];

	model_scales(features, scales);
	score_views(model, features, scales, views);
	if (experienced)
		trust *= belief(views, label);
	for (size_t view = 0; view < VIEW_COUNT; view++) {
		float error = (float)((label == LABEL_SPAM) - logistic(views[view]));

		if (fabsf(error) < margin)
			continue;
		lesson.error[view] = error;
		lesson.scale[view] = trust;
	}
	for (size_t kind = 0; kind < FEATURE_KIND_COUNT; kind++) {
		enum feature_view view = feature_kinds[kind].view;

		if (lesson.scale[view] > 0)
			move(model, &features->kinds[kind], lesson.error[view] * scales[kind], lesson.scale[view]);
	}
	model->learned[label]++;
	*ret_lesson = lesson;
}

void model_forget(struct model *model, const struct features *features, enum label label, const struct lesson *lesson)
{
	float scales[FEATURE_KIND_COUNT];

	model_scales(features, scales);
	for (size_t kind = 0; kind < FEATURE_KIND_COUNT; kind++) {
		enum feature_view view = feature_kinds[kind].view;

		if (lesson->scale[view] > 0)
			move_back(model, &features->kinds[kind], lesson->error[view] * scales[kind], lesson->scale[view]);
	}
	model_uncount(model, label);
}

void model_uncount(struct model *model, enum label label)
{
	if (model->learned[label])
		model->learned[label]--;
}

void model_age(struct model *model, float keep)
{
	for (size_t i = 0; i < (size_t)1 << model->bits; i++) {
		model->table[i].weight *= keep;
		model->table[i].steps *= keep;
	}
}
