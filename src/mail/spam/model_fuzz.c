/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a model: what opens can be judged by, learned and written again, and opens once more. The smallest model is
 * made of the bytes too, with a head and a checksum that are right, so that weights are reached. */
#include "mail/spam/spam.h"

#include "base/pool.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { BITS = MODEL_BITS_LEAST, FEW = 64 };

static void use(struct model *model)
{
	uint32_t hashes[FEW];
	struct features features = { 0 };
	const struct model *again;
	struct lesson lesson;
	const char *why;

	for (uint32_t i = 0; i < FEW; i++)
		hashes[i] = i * 0x9e3779b9u;
	features.kinds[FEATURE_word] = (struct feature_list){ hashes, NULL, FEW };
	if (!(model_judge(model, &features).probability >= 0))
		abort();
	model_learn(model, &features, LABEL_SPAM, 1, &lesson);
	model_forget(model, &features, LABEL_SPAM, &lesson);
	model_seal(model);
	if (model_open((struct slice){ (const char *)model, model_size(model->bits) }, &again, &why) != OK)
		abort();
}

static void try_bytes(void *room, size_t size)
{
	const struct model *model;
	const char *why = NULL;

	if (model_open((struct slice){ room, size }, &model, &why) == OK)
		use(room);
	else if (why == NULL)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t whole = model_size(BITS);
	char *room = pool_resize(NULL, size > whole ? size : whole);
	struct model *model;

	if (room == NULL)
		return 0;
	memcpy(room, data, size);
	try_bytes(room, size);
	model = model_begin(room, BITS);
	memcpy(model->table, data, size < whole - sizeof(*model) ? size : whole - sizeof(*model));
	model_seal(model);
	try_bytes(room, whole);
	(void)!pool_resize(room, 0);
	return 0;
}
