/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a rule file: every rule is found by its name, lies in a file that is known, and the meta rules come to an
 * end with a value for every name that is no meta rule. */
#include "mail/rules/metas.h"

#include "mail/rules/arithmetic.h"
#include "mail/rules/reader.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct again { struct slice text; unsigned count; };

static enum result answer_include(void *owner, struct slice from, struct slice path, struct slice *ret_name, struct slice *ret_text)
{
	struct again *again = owner;

	(void)from;
	if (path.len == 0 || again->count == 20)
		return REFUSED;
	again->count++;
	*ret_name = path;
	*ret_text = again->text;
	return OK;
}

static void check_rule(const struct ruleset *set, const struct rule *rule)
{
	if (ruleset_find(set, rule->name) != rule || rule->is.place.file >= set->file_count)
		abort();
	if ((rule->is.kind == RULE_META) != (rule->is.meta != NULL))
		abort();
	if (rule->is.form == FORM_REGEX && rule->is.pattern.at == NULL)
		abort();
}

static void check_metas(const struct ruleset *set, struct arena *arena, uint8_t seed)
{
	struct metas metas;
	struct metas_run run;

	if (metas_build(&metas, set, seed & 3, arena) != OK || metas_begin(&run, &metas, arena) != OK)
		return;
	for (uint32_t i = 0; i < set->count; i++)
		if (set->rules[i].is.kind != RULE_META && (i + seed) % 3)
			metas_known(&run, i, (double)((i + seed) % 3 - 1));
	metas_settle(&run);
	metas_finish(&run);
	for (uint32_t i = 0; i < set->count; i++)
		if (set->rules[i].is.kind != RULE_META && !run.known[i])
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct again again = { .text = { (const char *)data, size } };
	const struct rules_options options = { .stock = size & 1, .include = answer_include, .owner = &again };
	struct rules_reader reader;
	struct ruleset set;
	struct arena arena;
	enum result result;

	arena_init(&arena, 64 << 20);
	if (ruleset_begin(&set, &arena) != OK || rules_begin(&reader, &set, &options) != OK)
		abort();
	result = rules_file(&reader, SLICE("fuzz.cf"), again.text);
	if (rules_end(&reader) == OK && result == OK) {
		for (size_t i = 0; i < set.count; i++)
			check_rule(&set, &set.rules[i]);
		check_metas(&set, &arena, size ? data[0] : 0);
	}
	arena_finish(&arena);
	return 0;
}
