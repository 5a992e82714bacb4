/* SPDX-License-Identifier: Apache-2.0 */
/*
 * engine_fuzz.h — an engine from the text of rules, for the fuzzers of what it is given.
 *
 * Knows: stock rules. Ignores: what they are run on. Owns: nothing; `arena` holds all. Fails: not; it ends the process.
 */
#ifndef RULES_ENGINE_FUZZ_H
#define RULES_ENGINE_FUZZ_H

#include "mail/rules/reader.h"
#include "mail/rules/run.h"

#include <stdlib.h>

static inline void engine_of(struct slice rules, struct ruleset *set, struct engine *engine, struct arena *arena)
{
	const struct rules_options options = { .stock = true };
	struct rules_reader reader;

	if (ruleset_begin(set, arena) != OK || rules_begin(&reader, set, &options) != OK)
		abort();
	if (rules_file(&reader, SLICE("fuzz.cf"), rules) != OK || rules_end(&reader) != OK)
		abort();
	if (engine_build(engine, set, 0, false, arena) != OK)
		abort();
}

#endif
