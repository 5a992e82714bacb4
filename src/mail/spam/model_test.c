/* SPDX-License-Identifier: Apache-2.0 */
/* A small model is taught with features of our own; files are damaged byte by byte. */
#include "mail/spam/spam.h"

#include "base/pool.h"
#include "base/test.h"

#include <math.h>

enum { BITS = 12, FEW = 8 };

/* Features 1 to FEW of two kinds, each shifted so that they lie apart in the table. */
struct made { uint32_t header[FEW], word[FEW]; struct features features; };

static void make(struct made *made, uint32_t header, uint32_t word)
{
	*made = (struct made){ 0 };
	for (uint32_t i = 0; i < FEW; i++) {
		made->header[i] = (header * FEW + i + 1) << 20;
		made->word[i] = (word * FEW + i + 1 + 1024) << 20;
	}
	made->features.kinds[FEATURE_header_word] = (struct feature_list){ made->header, NULL, FEW };
	made->features.kinds[FEATURE_word] = (struct feature_list){ made->word, NULL, FEW };
}

static struct model *new_model(void)
{
	void *room = pool_resize(NULL, model_size(BITS));

	if (room == NULL)
		abort();
	return model_begin(room, BITS);
}

static void end_model(struct model *model)
{
	(void)!pool_resize(model, 0);
}

static void learn(struct model *model, uint32_t header, uint32_t word, enum label label)
{
	struct lesson lesson;
	struct made made;

	make(&made, header, word);
	model_learn(model, &made.features, label, 1, &lesson);
}

static struct opinion judge(const struct model *model, uint32_t header, uint32_t word)
{
	struct made made;

	make(&made, header, word);
	return model_judge(model, &made.features);
}

static void learns(void)
{
	struct model *model = new_model();
	struct features nothing = { 0 };

	CHECK(fabs(judge(model, 1, 1).probability - 0.5) < 1e-9, "who learned nothing does not know");
	learn(model, 1, 1, LABEL_SPAM);
	learn(model, 2, 2, LABEL_HAM);
	CHECK(judge(model, 1, 1).probability > 0.6, "one lesson is felt");
	CHECK(judge(model, 2, 2).probability < 0.4, "of ham too");
	for (unsigned i = 0; i < 20; i++) {
		learn(model, 1, 1, LABEL_SPAM);
		learn(model, 2, 2, LABEL_HAM);
	}
	CHECK(judge(model, 1, 1).probability > 0.98, "many make it sure");
	CHECK(judge(model, 2, 2).probability < 0.05, "of ham too");
	CHECK(judge(model, 1, 2).probability > 0.5, "good words alone acquit nobody");
	CHECK(fabs(model_judge(model, &nothing).probability - 0.5) < 1e-9, "what has no features is not known");
	CHECK(model->learned[LABEL_SPAM] == 21 && model->learned[LABEL_HAM] == 21, "lessons are counted");
	end_model(model);
}

static void forgets(void)
{
	struct model *model = new_model(), *before = new_model();
	struct lesson lesson;
	struct made made;
	float worst = 0;

	for (unsigned i = 0; i < 5; i++) {
		learn(model, 1, 3, LABEL_SPAM);
		learn(model, 2, 4, LABEL_HAM);
	}
	memcpy(before, model, model_size(BITS));
	make(&made, 2, 3);
	model_learn(model, &made.features, LABEL_HAM, 0.5F, &lesson);
	CHECK(memcmp(before->table, model->table, model_size(BITS) - sizeof(*model)) != 0, "the lesson is felt");
	model_forget(model, &made.features, LABEL_HAM, &lesson);
	for (size_t i = 0; i < (size_t)1 << BITS; i++)
		worst = fmaxf(worst, fabsf(before->table[i].weight - model->table[i].weight));
	CHECK(worst < 1e-4F, "what was forgotten at once leaves nothing");
	CHECK(model->learned[LABEL_HAM] == before->learned[LABEL_HAM], "nor a count");
	end_model(model);
	end_model(before);
}

/* A weight that never moved has no resistance but the least: what is taken from it must be no more than a first step. */
static void forgets_little_of_what_was_not_learned(void)
{
	struct model *model = new_model();
	struct lesson lesson;
	struct made made;
	float most = 0;

	make(&made, 1, 1);
	model_learn(model, &made.features, LABEL_SPAM, 1, &lesson);
	for (size_t i = 0; i < (size_t)1 << BITS; i++)
		most = fmaxf(most, fabsf(model->table[i].weight));
	make(&made, 5, 5);
	model_forget(model, &made.features, LABEL_SPAM, &lesson);
	for (size_t i = 0; i < (size_t)1 << BITS; i++)
		CHECK(fabsf(model->table[i].weight) <= most + 1e-4F, "no more is taken back than was learned");
	end_model(model);
}

/* A lesson that contradicts hundreds of others moves less than the first would. */
static void doubts_odd_labels(void)
{
	struct model *model = new_model();
	struct lesson lesson;
	struct made made;

	for (unsigned i = 0; i < 200; i++) {
		learn(model, 1, 1, LABEL_SPAM);
		learn(model, 2, 2, LABEL_HAM);
	}
	make(&made, 2, 2);
	model_learn(model, &made.features, LABEL_SPAM, 1, &lesson);
	CHECK(lesson.error[VIEW_HEADERS] > 0.9F && lesson.scale[VIEW_HEADERS] < 0.5F, "it is doubted");
	CHECK(judge(model, 2, 2).probability < 0.5, "and does not turn the model");
	end_model(model);
}

static void ages(void)
{
	struct model *model = new_model();
	double before;

	learn(model, 1, 1, LABEL_SPAM);
	before = judge(model, 1, 1).score;
	model_age(model, 0.5F);
	CHECK(fabs(judge(model, 1, 1).score - before / 2) < 1e-6, "what is old weighs less");
	end_model(model);
}

static void rises_strictly(void)
{
	double last = 0;

	for (int i = -2400; i <= 2400; i++) {
		double now = model_probability(i / 100.0);

		CHECK(now > last && now < 1, "a higher score is a higher probability");
		last = now;
	}
}

/* ---- files ---- */

static bool opens(struct slice bytes)
{
	const struct model *model;
	const char *why = NULL;

	return model_open(bytes, &model, &why) == OK;
}

static void set_version(struct model *model) { model->version++; }
static void set_order(struct model *model)   { model->order = 0x04030201; }
static void set_bits(struct model *model)    { model->bits++; }
static void set_many(struct model *model)    { model->bits = 64; }
static void set_magic(struct model *model)   { model->magic[0] ^= 1; }
static void set_weight(struct model *model)  { model->table[7].weight += 1; }
static void set_nan(struct model *model)     { model->table[7].weight = NAN; model_seal(model); }
static void set_steps(struct model *model)   { model->table[7].steps = -1; model_seal(model); }
static void set_huge(struct model *model)    { model->table[7].weight = 1e9F; model_seal(model); }

static const struct { const char *about; void (*damage)(struct model *); } damages[] = {
	{ "of another version", set_version }, { "of another order of bytes", set_order }, { "of another length", set_bits },
	{ "of a length that no table has", set_many }, { "no model", set_magic }, { "a changed weight", set_weight },
	{ "a weight that is no number", set_nan }, { "a negative sum of squares", set_steps }, { "a huge weight", set_huge },
};

static void refuses_damage(void)
{
	struct model *model = new_model();
	struct slice bytes = { (const char *)model, model_size(BITS) };

	learn(model, 1, 1, LABEL_SPAM);
	CHECK(!opens(bytes), "one that was not sealed is refused");
	model_seal(model);
	CHECK(opens(bytes), "a whole one opens");
	CHECK(!opens((struct slice){ bytes.at, bytes.len - 1 }), "a cut one is refused");
	CHECK(!opens((struct slice){ bytes.at, 20 }), "a head alone is refused");
	CHECK(!opens((struct slice){ bytes.at, 0 }), "nothing is refused");
	for (size_t i = 0; i < COUNT_OF(damages); i++) {
		struct model *copy = new_model();

		memcpy(copy, model, model_size(BITS));
		damages[i].damage(copy);
		CHECK(!opens((struct slice){ (const char *)copy, model_size(BITS) }), damages[i].about);
		end_model(copy);
	}
	end_model(model);
}

static void refuses_each_changed_byte(void)
{
	struct model *model = new_model();
	struct slice bytes = { (const char *)model, model_size(BITS) };

	learn(model, 1, 1, LABEL_SPAM);
	model_seal(model);
	for (size_t i = 0; i < bytes.len; i += i < 128 ? 1 : 997) {
		((char *)model)[i] ^= 4;
		CHECK(!opens(bytes), "a changed byte is seen");
		((char *)model)[i] ^= 4;
	}
	CHECK(opens(bytes), "put right, it opens again");
	end_model(model);
}

/* ---- explanation ---- */

static void explains(void)
{
	struct slice names[FEW] = { LIT("one"), LIT("two") };
	struct model *model = new_model();
	struct explanation explanation;
	struct buffer text;
	struct made made;

	learn(model, 1, 1, LABEL_SPAM);
	learn(model, 2, 2, LABEL_HAM);
	make(&made, 2, 1);
	made.features.kinds[FEATURE_word].texts = names;
	explain(model, &made.features, &explanation);
	CHECK(explanation.spam_count == FEW && explanation.ham_count == FEW, "each feature has its sign");
	CHECK(slice_same(explanation.spam[0].text, SLICE("one")) && explanation.spam[0].kind == FEATURE_word, "and its name");
	CHECK(explanation.kinds[FEATURE_word] > 0 && explanation.kinds[FEATURE_header_word] < 0, "kinds have sums");
	buffer_init(&text, 65536);
	CHECK(explanation_write(&explanation, &text) == OK && buffer_length(&text) > 100, "it can be written");
	CHECK(memmem(buffer_slice(&text).at, buffer_length(&text), "a word of the text: one", 23) != NULL, "in words");
	buffer_finish(&text);
	end_model(model);
}

int main(void)
{
	learns();
	forgets();
	forgets_little_of_what_was_not_learned();
	doubts_odd_labels();
	ages();
	rises_strictly();
	refuses_damage();
	refuses_each_changed_byte();
	explains();
	return TEST_END();
}
