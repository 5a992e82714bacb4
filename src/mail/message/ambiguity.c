/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of ambiguity.h, laid out as tables. */
#include "mail/message/ambiguity.h"

enum where { WHERE_TOP, WHERE_TREE, WHERE_LEAF };

#define AMBIGUITY_ROW(name, where, text) [AMBIGUITY_##name] = { text, WHERE_##where },
static const struct { const char *text; enum where where; } rows[] = { AMBIGUITIES(AMBIGUITY_ROW) };

const char *ambiguity_text(enum ambiguity ambiguity)
{
	return ambiguity < AMBIGUITY_COUNT ? rows[ambiguity].text : "";
}

uint64_t ambiguity_tree(void)
{
	uint64_t set = 0;

	for (unsigned i = 0; i < AMBIGUITY_COUNT; i++)
		set |= rows[i].where == WHERE_TREE ? 1ULL << i : 0;
	return set;
}
