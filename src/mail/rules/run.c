/* SPDX-License-Identifier: Apache-2.0 */
/* Rules stand in one list by priority; behind the last of each priority the meta rules that have become ready are asked.
 * Each kind has a row: the function that counts its matches in the view. */
#include "mail/rules/run.h"

#include "mail/rules/evals.h"
#include "mail/rules/view_memo.h"

enum { MIME_HITS_MOST = 1000 };

struct run {
	const struct engine *engine;
	const struct rules_view *view;
	struct uris uris;
	struct mime_facts mime;
	struct date_facts dates;
	struct way_facts way;
	struct metas_run metas;
	size_t limits;
};

/* ---- counting ---- */

static unsigned most_hits(const struct rule *rule)
{
	if (!(rule->tflags & TFLAG_MULTIPLE))
		return 1;
	return rule->maxhits ? rule->maxhits : UINT32_MAX >> 1;
}

static uint32_t number_of(const struct run *run, const struct rule *rule)
{
	return (uint32_t)(rule - run->engine->set->rules);
}

static unsigned count_in(struct run *run, const struct rule *rule, struct slice text, unsigned most)
{
	int count = pattern_count(run->engine->patterns, number_of(run, rule), text, most);

	if (count != PATTERN_LIMIT)
		return (unsigned)count;
	run->limits++;
	return 0;
}

static unsigned count_pieces(struct run *run, const struct rule *rule, const struct view_pieces *pieces)
{
	unsigned count = 0, most = most_hits(rule);
	size_t first = rule->is.kind == RULE_BODY && rule->tflags & TFLAG_NOSUBJECT ? 1 : 0;

	for (size_t i = first; i < pieces->count && count < most; i++)
		count += count_in(run, rule, pieces->list[i], most - count);
	return count;
}

static enum result count_body(struct run *run, const struct rule *rule, double *ret_count)
{
	*ret_count = count_pieces(run, rule, &run->view->body);
	return OK;
}

static enum result count_rawbody(struct run *run, const struct rule *rule, double *ret_count)
{
	*ret_count = count_pieces(run, rule, &run->view->rawbody);
	return OK;
}

static enum result count_uri(struct run *run, const struct rule *rule, double *ret_count)
{
	unsigned count = 0, most = most_hits(rule);

	for (size_t i = 0; i < run->uris.text_count && count < most; i++)
		count += count_in(run, rule, run->uris.texts[i], most - count);
	*ret_count = count;
	return OK;
}

static enum result count_uri_detail(struct run *run, const struct rule *rule, double *ret_count)
{
	const struct uri_detail *detail = uri_detail_find(&run->engine->uri_details, number_of(run, rule));
	int holds = detail ? uri_detail_holds(detail, run->engine->patterns, &run->uris) : 0;

	run->limits += holds == PATTERN_LIMIT;
	*ret_count = holds == 1;
	return OK;
}

static enum result count_full(struct run *run, const struct rule *rule, double *ret_count)
{
	*ret_count = count_in(run, rule, run->view->full, most_hits(rule));
	return OK;
}

static enum result count_header(struct run *run, const struct rule *rule, double *ret_count)
{
	struct slice value;
	unsigned count;
	bool there;

	TRY(view_header(run->view, &rule->is, &value, &there));
	if (rule->is.form == FORM_EXISTS) {
		*ret_count = there;
		return OK;
	}
	count = count_in(run, rule, value, rule->is.negated ? 1 : most_hits(rule));
	*ret_count = rule->is.negated ? count == 0 : count;
	return OK;
}

static bool is_in_range(const struct rule *rule, size_t number)
{
	return rule->range_from == 0 || (number >= rule->range_from && number <= rule->range_to);
}

/* The first part that matches ends it. A rule that must not match always hits, as in SpamAssassin 4.0.1. */
static enum result count_parts(struct run *run, const struct rule *rule, double *ret_count)
{
	unsigned most = rule->tflags & TFLAG_MULTIPLE ? (rule->maxhits ? rule->maxhits : MIME_HITS_MOST) : 1, count = 0;
	struct slice value;
	bool there;

	for (size_t i = 0; i < run->view->part_count && count == 0; i++) {
		if (!is_in_range(rule, i + 1))
			continue;
		TRY(view_part_header(run->view, &run->view->parts[i], &rule->is, &value, &there));
		count = count_in(run, rule, value, most);
	}
	*ret_count = rule->is.negated ? 1 : count;
	return OK;
}

static enum result count_eval(struct run *run, const struct rule *rule, double *ret_count)
{
	struct eval_call call = { .view = run->view, .patterns = run->engine->patterns, .freemail = run->engine->freemail,
	                          .mime = &run->mime, .dates = &run->dates, .way = &run->way, .uris = &run->uris,
	                          .rule = number_of(run, rule) };

	TRY(eval_run(&rule->is, &call));
	run->limits += call.limit;
	*ret_count = call.hit;
	return OK;
}

static enum result (*const counters[RULE_KINDS])(struct run *, const struct rule *, double *) = {
	[RULE_HEADER] = count_header, [RULE_BODY] = count_body, [RULE_RAWBODY] = count_rawbody, [RULE_FULL] = count_full,
	[RULE_MIMEHEADER] = count_parts, [RULE_URI] = count_uri, [RULE_URI_DETAIL] = count_uri_detail,
};

static enum result count(struct run *run, const struct rule *rule, double *ret_count)
{
	return rule->is.form == FORM_EVAL ? count_eval(run, rule, ret_count) : counters[rule->is.kind](run, rule, ret_count);
}

/* ---- the engine ---- */

static bool is_scored(const struct engine *engine, const struct rule *rule)
{
	return rule->score[engine->score_set] != 0;
}

static bool has_counter(const struct engine *engine, const struct rule *rule)
{
	uint32_t number = (uint32_t)(rule - engine->set->rules);

	if (rule->is.form == FORM_EVAL)
		return eval_is_there(&rule->is) && (eval_pattern(&rule->is).len == 0 || pattern_is_there(engine->patterns, number));
	if (rule->is.kind == RULE_URI_DETAIL)
		return uri_detail_find(&engine->uri_details, number) != NULL;
	if (counters[rule->is.kind] == NULL || !view_knows(&rule->is))
		return false;
	return rule->is.form == FORM_EXISTS || pattern_is_there(engine->patterns, number);
}

bool engine_runs(const struct engine *engine, const struct rule *rule)
{
	return is_scored(engine, rule) && (rule->is.kind == RULE_META || has_counter(engine, rule));
}

struct place_in_order { int priority; uint32_t rule; };

static int by_priority(const void *a, const void *b)
{
	const struct place_in_order *left = a, *right = b;

	if (left->priority != right->priority)
		return left->priority < right->priority ? -1 : 1;
	return left->rule < right->rule ? -1 : left->rule > right->rule;
}

static enum result put_in_order(struct engine *engine, struct arena *arena)
{
	const struct ruleset *set = engine->set;
	struct place_in_order *places = arena_array(arena, struct place_in_order, set->count + 1);

	engine->order = arena_array(arena, uint32_t, set->count + 1);
	if (places == NULL || engine->order == NULL)
		return LATER;
	for (uint32_t i = 0; i < set->count; i++)
		if (set->rules[i].is.kind != RULE_META && is_scored(engine, &set->rules[i]) && has_counter(engine, &set->rules[i]))
			places[engine->order_count++] = (struct place_in_order){ set->rules[i].priority, i };
	qsort(places, engine->order_count, sizeof(*places), by_priority);
	for (size_t i = 0; i < engine->order_count; i++)
		engine->order[i] = places[i].rule;
	return OK;
}

enum result engine_build(struct engine *engine, struct ruleset *set, unsigned score_set, bool jit, struct arena *arena)
{
	enum result result;

	*engine = (struct engine){ .set = set, .score_set = score_set };
	TRY(trust_build(set, arena, &engine->trust));
	TRY(freemail_build(set, arena, &engine->freemail));
	TRY(patterns_build(set, jit, arena, &engine->patterns));
	result = uri_ways_build(set, engine->patterns, arena, &engine->uri_ways);
	if (result == OK)
		result = uri_details_build(set, engine->patterns, arena, &engine->uri_details);
	if (result == OK)
		result = metas_build(&engine->metas, set, score_set, arena);
	if (result == OK)
		result = put_in_order(engine, arena);
	if (result != OK)
		engine_finish(engine);
	return result;
}

void engine_finish(struct engine *engine)
{
	patterns_finish(engine->patterns);
	engine->patterns = NULL;
}

/* ---- a message ---- */

static enum result try_rule(struct run *run, uint32_t number)
{
	const struct rule *rule = &run->engine->set->rules[number];
	double hits = 0;

	TRY(count(run, rule, &hits));
	metas_known(&run->metas, number, hits);
	return OK;
}

static double worth_of(const struct engine *engine, const struct rule_hit *hit)
{
	double score = hit->rule->score[engine->score_set];

	if (rule_is_sub(hit->rule))
		return 0;
	return hit->rule->tflags & TFLAG_MULTIPLE && hit->rule->is.kind != RULE_META ? score * hit->count : score;
}

static enum result collect(const struct run *run, struct arena *arena, struct rule_hits *ret_hits)
{
	const struct ruleset *set = run->engine->set;
	struct rule_hits hits = { .list = arena_array(arena, struct rule_hit, set->count + 1), .limits = run->limits };

	if (hits.list == NULL)
		return LATER;
	for (size_t i = 0; i < set->count; i++) {
		struct rule_hit hit = { &set->rules[i], run->metas.counts[i] };

		if (hit.count == 0 || !is_scored(run->engine, hit.rule))
			continue;
		hits.list[hits.count++] = hit;
		hits.score += worth_of(run->engine, &hit);
	}
	*ret_hits = hits;
	return OK;
}

enum result engine_run(const struct engine *engine, const struct rules_view *view, struct arena *arena, struct rule_hits *ret_hits)
{
	struct rules_view seen = *view;
	struct run run = { .engine = engine, .view = &seen, .way = { .steps = WAY_STEPS } };

	seen.trust = &engine->trust;
	seen.registry = engine->uri_ways.registry;
	TRY(relays_read(view, &engine->trust, &seen.relays));
	seen.memo = arena_new(arena, struct view_memo);
	if (seen.memo == NULL)
		return LATER;
	run.limits = seen.relays.limits + seen.part_cut;
	TRY(uris_read(&engine->uri_ways, view, arena, &run.uris));
	run.limits += run.uris.over;
	TRY(metas_begin(&run.metas, &engine->metas, arena));
	for (size_t i = 0; i < engine->order_count; i++) {
		uint32_t number = engine->order[i];

		if (i && engine->set->rules[number].priority != engine->set->rules[engine->order[i - 1]].priority)
			metas_settle(&run.metas);
		TRY(try_rule(&run, number));
	}
	metas_finish(&run.metas);
	return collect(&run, arena, ret_hits);
}
