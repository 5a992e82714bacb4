/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model.h — what was learned, as one stretch of bytes: a head and a table of weights, in memory as in a file.
 *
 * Knows:   two logistic models that learn online, one a view, their log-odds added; the guards against bought words and
 *          wrong labels; what may be believed of a file that claims to be a model.
 * Ignores: where the bytes lie, who may write them, and when a message was learned before: its keeper does.
 * Owns:    nothing: the bytes are the caller's. Whoever judges needs to read them only, and may do so while another
 *          learns: a weight that is half written is one slightly wrong weight.
 * Fails:   REFUSED: no model, a damaged one, or one of another version or byte order.
 *
 * Scores are natural logarithms of odds: above 0 is spam.
 */
#ifndef SPAM_MODEL_H
#define SPAM_MODEL_H

#include "mail/spam/feature_set.h"

/* Of places in the table. With fewer than a feature has, several of one message may have one weight, as in tests only. */
enum { MODEL_BITS_LEAST = 10, MODEL_BITS_USUAL = FEATURE_BITS, MODEL_BITS_MOST = 22 };

enum label { LABEL_HAM, LABEL_SPAM, LABEL_COUNT };

/* steps: of all that the weight has moved, the sum of squares: what has moved far moves less. */
struct model_weight { float weight, steps; };

struct model {
	char magic[8];
	uint32_t version, order;                 /* order: 0x01020304, as the machine that wrote it has it */
	uint32_t bits, checksum;                 /* checksum: of everything else, by model_seal() */
	uint64_t generation;                     /* counted by model_seal() */
	uint64_t learned[LABEL_COUNT];
	uint64_t identity;                       /* its keeper's; 0: nobody's */
	uint64_t spare;                          /* 0 */
	struct model_weight table[];
};
_Static_assert(sizeof(struct model) == 64 && sizeof(struct model_weight) == 8, "it is the format of a file");

/* Bytes that a model of that many bits takes. */
size_t model_size(unsigned bits);
/* An empty model in `room`, which has model_size(bits) bytes and is aligned as for a uint64_t. */
struct model *model_begin(void *room, unsigned bits);
/* These bytes as a model, where they lie, after every check. `ret_why` says what is wrong with them. */
must_use enum result model_open(struct slice bytes, const struct model **ret_model, const char **ret_why);
/* Ready to be written: counts the generation and makes the checksum. */
void model_seal(struct model *model);

struct opinion {
	double views[VIEW_COUNT];                /* log-odds of each, as it learned them */
	double score;                            /* their sum, each held between its ends */
	double probability;                      /* that it is spam */
};

/* What one lesson did, for model_forget(). */
struct lesson { float error[VIEW_COUNT], scale[VIEW_COUNT]; };

struct opinion model_judge(const struct model *model, const struct features *features);
/* `trust`, above 0 and at most 1: how far whoever said so is believed. */
void model_learn(struct model *model, const struct features *features, enum label label, float trust,
                 struct lesson *ret_lesson);
/* Takes a lesson back: all of it when nothing was learned since, nearly so otherwise. The features are to be those that were
 * learned: of others it would be another lesson. */
void model_forget(struct model *model, const struct features *features, enum label label, const struct lesson *lesson);
/* Takes back that it was learned, where what it did cannot be. */
void model_uncount(struct model *model, enum label label);
/* What is old weighs less: every weight, and its resistance, times `keep`, which is at most 1. */
void model_age(struct model *model, float keep);

/* How much one feature of a kind moves its view, per unit of its weight. */
void model_scales(const struct features *features, float ret_scales[FEATURE_KIND_COUNT]);
float model_weight_of(const struct model *model, uint32_t hash);

/* From a score to a probability: rises strictly. */
double model_probability(double score);

#endif
