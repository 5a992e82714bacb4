/* SPDX-License-Identifier: Apache-2.0 */
/* PCRE2's memory comes from the arena. Its own tables for bytes are made for the C locale; two of them, which fold the
 * case of letters, are changed for the letters of Latin 1. */
#include "mail/rules/patterns.h"

#include "mail/rules/evals.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

enum { TABLES_SIZE = 1088, TABLE_LOWER = 0, TABLE_FLIP = 256, JIT_STACK_FIRST = 64 << 10, JIT_STACK_MOST = 1 << 20,
       FOUND_PAIRS = 2 };

struct patterns {
	pcre2_code **codes;                      /* of each rule, and behind those what was added; NULL: none */
	size_t count, room;
	struct arena *arena;
	bool jit;
	pcre2_compile_context *compiling;
	pcre2_match_context *matching;
	pcre2_match_data *found;
	pcre2_jit_stack *stack;
};

static void *take(size_t size, void *arena)
{
	return arena_take(arena, size);
}

static void leave(void *memory, void *arena)
{
	(void)memory;
	(void)arena;
}

/* ---- to compile ---- */

static void fold_latin(unsigned char *tables)
{
	for (unsigned capital = 0xc0; capital <= 0xde; capital++) {
		unsigned small = capital + 0x20;

		if (capital == 0xd7)                     /* the signs of times and over: no letters */
			continue;
		tables[TABLE_LOWER + capital] = (unsigned char)small;
		tables[TABLE_FLIP + capital] = (unsigned char)small;
		tables[TABLE_FLIP + small] = (unsigned char)capital;
	}
}

static enum result make_tables(struct patterns *patterns, pcre2_general_context *general, struct arena *arena)
{
	const unsigned char *standard = pcre2_maketables(general);
	unsigned char *tables = arena_take(arena, TABLES_SIZE);

	if (standard == NULL || tables == NULL)
		return LATER;
	memcpy(tables, standard, TABLES_SIZE);
	fold_latin(tables);
	return pcre2_set_character_tables(patterns->compiling, tables) == 0 ? OK : BROKEN;
}

static const struct { char letter; uint32_t option; } options[] = {
	{ 'i', PCRE2_CASELESS }, { 'm', PCRE2_MULTILINE }, { 's', PCRE2_DOTALL }, { 'x', PCRE2_EXTENDED },
	{ 'n', PCRE2_NO_AUTO_CAPTURE },
};

static uint32_t options_of(struct slice flags)
{
	uint32_t set = PCRE2_NEVER_UTF | PCRE2_NEVER_BACKSLASH_C;

	for (size_t i = 0; i < COUNT_OF(options); i++)
		if (slice_has(flags, options[i].letter))
			set |= options[i].option;
	return set;
}

/* "%{NAME}" stands for what another rule captured: such a pattern is not known before the message. */
static bool wants_tag(struct slice pattern)
{
	for (size_t i = 0; i + 1 < pattern.len; i++)
		if (pattern.at[i] == '%' && pattern.at[i + 1] == '{' && (i == 0 || pattern.at[i - 1] != '\\'))
			return true;
	return false;
}

static void say_error(struct ruleset *set, const struct pattern_text *text, int error, size_t place)
{
	unsigned char message[120] = "";

	(void)pcre2_get_error_message(error, message, sizeof(message));
	ruleset_complain(set, text->place, "%.*s: at byte %zu of its expression: %s", SHOW(text->name), place + 1, (const char *)message);
}

static enum result compile(const struct patterns *patterns, struct ruleset *set, const struct pattern_text *text, pcre2_code **ret_code)
{
	pcre2_code *code;
	size_t place;
	int error;

	if (wants_tag(text->pattern)) {
		ruleset_complain(set, text->place, "%.*s: captured tags (%%{NAME}) are not there yet: it never hits", SHOW(text->name));
		return OK;
	}
	code = pcre2_compile((PCRE2_SPTR)text->pattern.at, text->pattern.len, options_of(text->flags), &error, &place,
	                     patterns->compiling);
	if (code == NULL && error == PCRE2_ERROR_NOMEMORY)
		return LATER;
	if (code == NULL)
		say_error(set, text, error, place);
	else if (patterns->jit)
		(void)pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);       /* where it cannot, PCRE2 interprets */
	*ret_code = code;
	return OK;
}

static enum result compile_rule(struct patterns *patterns, struct ruleset *set, uint32_t number)
{
	const struct rule *rule = &set->rules[number];
	struct slice pattern = rule->is.form == FORM_REGEX ? rule->is.pattern : eval_pattern(&rule->is);
	const struct pattern_text text = { rule->name, pattern, rule->is.flags, rule->is.place };

	return rule->is.form == FORM_REGEX || pattern.len ? compile(patterns, set, &text, &patterns->codes[number]) : OK;
}

static enum result make_room(struct patterns *patterns)
{
	size_t room = patterns->room + patterns->room / 2 + 8;
	pcre2_code **codes;

	if (patterns->count < patterns->room)
		return OK;
	codes = arena_array(patterns->arena, pcre2_code *, room);
	if (codes == NULL)
		return LATER;
	memcpy(codes, patterns->codes, patterns->count * sizeof(pcre2_code *));
	patterns->codes = codes;
	patterns->room = room;
	return OK;
}

enum result patterns_add(struct patterns *patterns, struct ruleset *set, const struct pattern_text *text, uint32_t *ret_number)
{
	pcre2_code *code = NULL;

	TRY(make_room(patterns));
	TRY(compile(patterns, set, text, &code));
	patterns->codes[patterns->count] = code;
	*ret_number = (uint32_t)patterns->count++;
	return OK;
}

static enum result make_contexts(struct patterns *patterns, pcre2_general_context *general)
{
	bool jit = patterns->jit;

	patterns->compiling = pcre2_compile_context_create(general);
	patterns->matching = pcre2_match_context_create(general);
	patterns->found = pcre2_match_data_create(FOUND_PAIRS, general);
	patterns->stack = jit ? pcre2_jit_stack_create(JIT_STACK_FIRST, JIT_STACK_MOST, general) : NULL;
	if (patterns->compiling == NULL || patterns->matching == NULL || patterns->found == NULL || (jit && patterns->stack == NULL))
		return LATER;
	(void)pcre2_set_match_limit(patterns->matching, MATCH_STEPS);
	(void)pcre2_set_depth_limit(patterns->matching, MATCH_DEPTH);
	(void)pcre2_set_heap_limit(patterns->matching, MATCH_HEAP_KIB);
	pcre2_jit_stack_assign(patterns->matching, NULL, patterns->stack);
	return OK;
}

static enum result build(struct patterns *patterns, struct ruleset *set, struct arena *arena)
{
	pcre2_general_context *general = pcre2_general_context_create(take, leave, arena);

	patterns->codes = arena_array(arena, pcre2_code *, set->count + 1);
	patterns->count = set->count;
	patterns->room = set->count + 1;
	if (general == NULL || patterns->codes == NULL)
		return LATER;
	TRY(make_contexts(patterns, general));
	TRY(make_tables(patterns, general, arena));
	for (uint32_t i = 0; i < set->count; i++)
		TRY(compile_rule(patterns, set, i));
	return OK;
}

enum result patterns_build(struct ruleset *set, bool jit, struct arena *arena, struct patterns **ret_patterns)
{
	struct patterns *patterns = arena_new(arena, struct patterns);
	enum result result;

	if (patterns == NULL)
		return LATER;
	patterns->arena = arena;
	patterns->jit = jit;
	result = build(patterns, set, arena);
	if (result == OK)
		*ret_patterns = patterns;
	else
		patterns_finish(patterns);
	return result;
}

void patterns_finish(struct patterns *patterns)
{
	if (patterns == NULL)
		return;
	for (size_t i = 0; patterns->codes && i < patterns->count; i++)
		pcre2_code_free(patterns->codes[i]);
	pcre2_jit_stack_free(patterns->stack);
}

/* ---- to match ---- */

bool pattern_is_there(const struct patterns *patterns, uint32_t rule)
{
	return patterns->codes[rule] != NULL;
}

int pattern_first(struct patterns *patterns, uint32_t number, struct slice text, struct slice *ret_within)
{
	const size_t *place = pcre2_get_ovector_pointer(patterns->found);
	int end;

	if (text.at == NULL)
		text = SLICE("");
	end = pcre2_match(patterns->codes[number], (PCRE2_SPTR)text.at, text.len, 0, 0, patterns->found, patterns->matching);
	if (end < 0)
		return end == PCRE2_ERROR_NOMATCH ? 0 : PATTERN_LIMIT;
	*ret_within = SLICE("");
	if (end != 1 && place[2] != PCRE2_UNSET && place[3] >= place[2])        /* 1: nothing but the whole has a place */
		*ret_within = (struct slice){ text.at + place[2], place[3] - place[2] };
	return 1;
}

/* As Perl's //g: behind an empty match it is tried at the same place not to be empty, and then one byte on. */
int pattern_count(struct patterns *patterns, uint32_t rule, struct slice text, unsigned most)
{
	unsigned count = 0;
	uint32_t how = 0;
	size_t at = 0;

	if (text.at == NULL)
		text = SLICE("");
	while (count < most && at <= text.len) {
		int end = pcre2_match(patterns->codes[rule], (PCRE2_SPTR)text.at, text.len, at, how, patterns->found, patterns->matching);
		const size_t *place = pcre2_get_ovector_pointer(patterns->found);

		if (end >= 0) {
			count++;
			how = place[1] <= at || place[0] >= place[1] ? PCRE2_NOTEMPTY_ATSTART | PCRE2_ANCHORED : 0;
			at = place[1] > at ? place[1] : at;
		} else if (end != PCRE2_ERROR_NOMATCH) {
			return PATTERN_LIMIT;
		} else if (how == 0) {
			break;
		} else {
			at++;
			how = 0;
		}
	}
	return (int)count;
}
