/* SPDX-License-Identifier: Apache-2.0 */
/* A broken line from the score to the log-odds that were measured for it (docs/classifier.md). The guards of model.c hold
 * the good end of the score back, so what stands there means more than it says. */
#include "mail/spam/model.h"

#include <math.h>

static const struct { double score, odds; } knots[] = {
	{ -3.3, -9.0 }, { -3.1, -8.0 }, { -3.02, -5.5 }, { -2.9, -4.3 }, { -2.0, -3.2 }, { 0.0, 0.0 }, { 4.0, 4.0 }, { 8.0, 7.0 },
	{ 16.0, 13.0 },
};

double model_probability(double score)
{
	size_t i = 1;
	double slope;

	while (i + 1 < COUNT_OF(knots) && score > knots[i].score)
		i++;
	slope = (knots[i].odds - knots[i - 1].odds) / (knots[i].score - knots[i - 1].score);
	return 1 / (1 + exp(-(knots[i].odds + slope * (score - knots[i].score))));
}
