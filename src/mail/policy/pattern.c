/* SPDX-License-Identifier: Apache-2.0 */
/* Globs are walked with one place to go back to; expressions are PCRE2's, whose memory comes from our arenas and
 * whose steps are counted by callouts: its own limit begins anew at each place of the text. */
#include "mail/policy/pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

/* PCRE2 doubles its frames, and what it gives back is not taken back before the match's end. */
enum { WORK_MEMORY = 4 * PATTERN_HEAP * 1024 };

struct pattern {
	struct slice glob;                       /* used when `code` is NULL */
	pcre2_code *code;
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

enum result pattern_glob(struct slice text, struct arena *arena, const struct pattern **ret_pattern)
{
	struct pattern *pattern = arena_new(arena, struct pattern);

	if (pattern == NULL)
		return LATER;
	TRY(arena_keep(arena, text, &pattern->glob));
	*ret_pattern = pattern;
	return OK;
}

static const struct { char letter; uint32_t option; } flag_rows[] = {
	{ 'i', PCRE2_CASELESS }, { 'm', PCRE2_MULTILINE }, { 's', PCRE2_DOTALL }, { 'x', PCRE2_EXTENDED },
};

static enum result read_flags(struct slice flags, uint32_t *ret_options, struct buffer *complaint)
{
	uint32_t options = 0;

	for (size_t i = 0; i < flags.len; i++) {
		size_t row = 0;

		while (row < COUNT_OF(flag_rows) && flag_rows[row].letter != flags.at[i])
			row++;
		if (row == COUNT_OF(flag_rows)) {
			(void)!buffer_format(complaint, "no flag \"%c\" behind an expression; there are i, m, s, x",
			                     flags.at[i]);
			return REFUSED;
		}
		options |= flag_rows[row].option;
	}
	*ret_options = options;
	return OK;
}

static enum result say_error(int error, size_t place, struct buffer *complaint)
{
	unsigned char text[120] = "";

	(void)pcre2_get_error_message(error, text, sizeof(text));
	(void)!buffer_format(complaint, "at character %zu of the expression: %s", place + 1, (const char *)text);
	return REFUSED;
}

enum result pattern_regex(struct slice text, struct slice flags, struct arena *arena,
                          const struct pattern **ret_pattern, struct buffer *complaint)
{
	pcre2_general_context *general = pcre2_general_context_create(take, leave, arena);
	pcre2_compile_context *context = general ? pcre2_compile_context_create(general) : NULL;
	struct pattern *pattern = arena_new(arena, struct pattern);
	uint32_t options;
	size_t place;
	int error;

	if (context == NULL || pattern == NULL)
		return LATER;
	TRY(read_flags(flags, &options, complaint));
	if (text.len > PATTERN_BYTES)
		return say_error(PCRE2_ERROR_PATTERN_TOO_LARGE, 0, complaint);
	options |= PCRE2_NEVER_BACKSLASH_C | PCRE2_AUTO_CALLOUT;
	pattern->code = pcre2_compile((PCRE2_SPTR)text.at, text.len, options, &error, &place, context);
	if (pattern->code == NULL)
		return error == PCRE2_ERROR_NOMEMORY ? LATER : say_error(error, place, complaint);
	*ret_pattern = pattern;
	return OK;
}

static bool same_byte(char in_glob, char in_text)
{
	return in_glob == '?' || byte_lower(in_glob) == byte_lower(in_text);
}

/* After the last star that was passed, everything before it is settled: only that one is gone back to. */
static bool glob_matches(struct slice glob, struct slice text)
{
	size_t g = 0, t = 0, star = SIZE_MAX, star_text = 0;

	while (t < text.len) {
		if (g < glob.len && glob.at[g] == '*') {
			star = g++;
			star_text = t;
		} else if (g < glob.len && same_byte(glob.at[g], text.at[t])) {
			g++;
			t++;
		} else if (star != SIZE_MAX) {
			g = star + 1;
			t = ++star_text;
		} else {
			return false;
		}
	}
	while (g < glob.len && glob.at[g] == '*')
		g++;
	return g == glob.len;
}

void pattern_work_begin(struct pattern_work *work)
{
	arena_init(&work->memory, WORK_MEMORY);
	work->steps = PATTERN_STEPS;
}

void pattern_work_finish(struct pattern_work *work)
{
	arena_finish(&work->memory);
}

struct counting { uint64_t *left; size_t last; };

/* Before each item: what was passed over since the one before counts too. */
static int count_step(pcre2_callout_block *block, void *data)
{
	struct counting *counting = data;
	size_t at = block->current_position, steps = at > counting->last ? 1 + at - counting->last : 1;

	counting->last = at;
	if (steps > *counting->left) {
		*counting->left = 0;
		return PCRE2_ERROR_CALLOUT;
	}
	*counting->left -= steps;
	return 0;
}

static enum pattern_end regex_matches(const pcre2_code *code, struct slice text, struct pattern_work *work)
{
	struct counting counting = { .left = &work->steps };
	pcre2_general_context *general = pcre2_general_context_create(take, leave, &work->memory);
	pcre2_match_context *context = general ? pcre2_match_context_create(general) : NULL;
	pcre2_match_data *data = general ? pcre2_match_data_create(1, general) : NULL;
	int end;

	if (context == NULL || data == NULL)
		return PATTERN_LIMIT;
	(void)pcre2_set_callout(context, count_step, &counting);
	(void)pcre2_set_match_limit(context, PATTERN_MATCHES);
	(void)pcre2_set_depth_limit(context, PATTERN_MATCHES);
	(void)pcre2_set_heap_limit(context, PATTERN_HEAP);
	end = pcre2_match(code, (PCRE2_SPTR)text.at, text.len, 0, 0, data, context);
	if (end >= 0)
		return PATTERN_YES;
	return end == PCRE2_ERROR_NOMATCH ? PATTERN_NO : PATTERN_LIMIT;
}

enum pattern_end pattern_match(const struct pattern *pattern, struct slice text, struct pattern_work *work)
{
	enum pattern_end end;

	if (text.at == NULL)
		text = SLICE("");
	if (pattern->code == NULL)
		return glob_matches(pattern->glob, text) ? PATTERN_YES : PATTERN_NO;
	end = regex_matches(pattern->code, text, work);
	arena_reset(&work->memory);
	return end;
}
