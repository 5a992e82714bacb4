/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scene.h — rules, a message made of pieces, and what hits: for tests (inside mail/rules only).
 *
 * Knows:   how a set is built and run, and how hits are told: "A=1 B=2".
 * Ignores: what is tested.
 * Owns:    the memory of one run.
 * Fails:   a check that fails.
 */
#ifndef RULES_SCENE_H
#define RULES_SCENE_H

#include "mail/rules/run.h"

#include "base/buffer.h"
#include "base/test.h"
#include "mail/rules/reader.h"

#include <stdio.h>

enum { SCENE_LIMIT = 64 << 20, SCENE_BIG = 4 << 20 };

/* The message: `begin`, so many times `piece`, `end`. */
struct scene { const char *rules, *begin, *piece; size_t times; const char *end; };

static inline enum result scene_build(struct slice rules, struct ruleset *set, struct engine *engine, struct arena *arena)
{
	const struct rules_options options = { .local = true, .stock = true };
	struct rules_reader reader;

	TRY(ruleset_begin(set, arena));
	TRY(rules_begin(&reader, set, &options));
	TRY(rules_file(&reader, SLICE("test.cf"), rules));
	TRY(rules_end(&reader));
	return engine_build(engine, set, 0, false, arena);
}

static inline enum result scene_run(const struct engine *engine, struct slice message, struct arena *arena, struct rule_hits *ret_hits)
{
	const struct message_reader reader = { &message_limits_standard, NULL, arena };
	struct rules_view view;

	TRY(view_build(message, &reader, &view));
	return engine_run(engine, &view, arena, ret_hits);
}

static inline enum result scene_write(const struct scene *scene, struct buffer *message)
{
	TRY(buffer_add(message, slice_of(scene->begin)));
	for (size_t i = 0; i < scene->times; i++)
		TRY(buffer_add(message, slice_of(scene->piece)));
	return buffer_add(message, slice_of(scene->end));
}

static inline enum result scene_tell(const struct rule_hits *hits, struct buffer *text)
{
	for (size_t i = 0; i < hits->count; i++)
		TRY(buffer_format(text, "%s%.*s=%g", i ? " " : "", SHOW(hits->list[i].rule->name), hits->list[i].count));
	return OK;
}

static inline void scene_check(const char *about, const struct scene *scene, const char *hits, size_t limits)
{
	struct ruleset set;
	struct engine engine = { 0 };
	struct rule_hits found = { 0 };
	struct buffer message, shown;
	struct arena arena;
	bool good;

	arena_init(&arena, SCENE_LIMIT);
	buffer_init(&message, SCENE_BIG);
	buffer_init(&shown, SCENE_BIG);
	good = scene_write(scene, &message) == OK && scene_build(slice_of(scene->rules), &set, &engine, &arena) == OK &&
	       scene_run(&engine, buffer_slice(&message), &arena, &found) == OK && scene_tell(&found, &shown) == OK;
	CHECK(good && slice_same(buffer_slice(&shown), slice_of(hits)) && found.limits == limits, about);
	if (!slice_same(buffer_slice(&shown), slice_of(hits)) || found.limits != limits)
		printf("    it is \"%.*s\", %zu\n", SHOW(buffer_slice(&shown)), found.limits);
	engine_finish(&engine);
	buffer_finish(&shown);
	buffer_finish(&message);
	arena_finish(&arena);
}

#endif
