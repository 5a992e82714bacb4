/* SPDX-License-Identifier: Apache-2.0 */
/* Replace tags: `<A>` in a pattern stands for the text of a replace_tag. In each of a few rounds the pattern is cut at
 * its tags; texts of <pre X>, <post X> and <inter X> are put before, behind and between the tags, and then every known
 * tag gives way to its text. */
#include "mail/rules/reading.h"

#include "base/buffer.h"

enum { ROUNDS_MOST = 6, EXPANDED_MOST = 1 << 20 };
enum tag_kind { TAG_TEXT, TAG_PRE, TAG_POST, TAG_INTER, TAG_KINDS };

struct tag { enum tag_kind kind; struct slice name, text; };
struct tags { struct tag *list; size_t count; };

static const struct { struct slice directive, word; } kinds[TAG_KINDS] = {
	[TAG_TEXT] = { LIT("replace_tag"), { 0 } },
	[TAG_PRE] = { LIT("replace_pre"), LIT("<pre ") },
	[TAG_POST] = { LIT("replace_post"), LIT("<post ") },
	[TAG_INTER] = { LIT("replace_inter"), LIT("<inter ") },
};

static enum result gather(struct rules_reader *reader, struct tags *tags)
{
	const struct ruleset *set = reader->set;

	tags->list = arena_array(&reader->scratch, struct tag, set->line_count + 1);
	if (tags->list == NULL)
		return LATER;
	for (size_t i = set->line_count; i-- > 0;)       /* the last of a name is found first */
		for (unsigned kind = 0; kind < TAG_KINDS; kind++)
			if (slice_same(set->lines[i].directive->name, kinds[kind].directive)) {
				struct slice text = set->lines[i].value, name = rules_cut_word(&text);

				tags->list[tags->count++] = (struct tag){ (enum tag_kind)kind, name, text };
			}
	return OK;
}

static const struct tag *find(const struct tags *tags, enum tag_kind kind, struct slice name)
{
	for (size_t i = 0; i < tags->count; i++)
		if (tags->list[i].kind == kind && slice_same(tags->list[i].name, name))
			return &tags->list[i];
	return NULL;
}

/* The length of the tag at the front, from `<` to `>`; 0: there is none. */
static size_t tag_length(struct slice text)
{
	if (text.len == 0 || text.at[0] != '<')
		return 0;
	for (size_t i = 1; i < text.len && text.at[i] != '<'; i++)
		if (text.at[i] == '>')
			return i == 1 ? 0 : i + 1;
	return 0;
}

static bool holds_tag(struct slice text)
{
	for (; text.len; text = slice_drop(text, 1))
		if (tag_length(text))
			return true;
	return false;
}

/* ---- one round ---- */

struct rounds {
	const struct tags *tags;
	struct buffer in, out;
	const struct tag *around[TAG_KINDS];     /* pre, post, inter of this round */
	bool again;
};

/* Takes the first <pre X> out of the pattern. */
static void take_around(struct rounds *rounds, enum tag_kind kind)
{
	struct slice word = kinds[kind].word;

	rounds->around[kind] = NULL;
	for (struct slice rest = buffer_slice(&rounds->in); rest.len; rest = slice_drop(rest, 1)) {
		size_t length = slice_begins(rest, word) ? tag_length(rest) : 0;

		if (length == 0)
			continue;
		rounds->around[kind] = find(rounds->tags, kind, rules_trim((struct slice){ rest.at + word.len, length - word.len - 1 }));
		memmove(rounds->in.bytes + (rest.at - rounds->in.bytes), rest.at + length, rest.len - length);
		buffer_cut(&rounds->in, buffer_length(&rounds->in) - length);
		return;
	}
}

/* `text` with its known tags replaced. */
static enum result put(struct rounds *rounds, struct slice text)
{
	while (text.len) {
		size_t length = tag_length(text);
		const struct tag *tag = length ? find(rounds->tags, TAG_TEXT, (struct slice){ text.at + 1, length - 2 }) : NULL;

		if (tag) {
			TRY(buffer_add(&rounds->out, tag->text));
			rounds->again |= holds_tag(tag->text);
			text = slice_drop(text, length);
		} else {
			TRY(buffer_add(&rounds->out, slice_take(&text, 1)));
		}
	}
	return OK;
}

static enum result put_around(struct rounds *rounds, enum tag_kind kind)
{
	return rounds->around[kind] ? put(rounds, rounds->around[kind]->text) : OK;
}

static enum result round_once(struct rounds *rounds)
{
	struct slice rest;
	bool after_tag = false;

	for (enum tag_kind kind = TAG_PRE; kind < TAG_KINDS; kind++)
		take_around(rounds, kind);
	rounds->again = false;
	for (rest = buffer_slice(&rounds->in); rest.len;) {
		size_t length = tag_length(rest);

		if (length == 0) {
			TRY(buffer_add(&rounds->out, slice_take(&rest, 1)));
			after_tag = false;
			continue;
		}
		if (after_tag)
			TRY(put_around(rounds, TAG_INTER));
		TRY(put_around(rounds, TAG_PRE));
		TRY(put(rounds, slice_take(&rest, length)));
		TRY(put_around(rounds, TAG_POST));
		after_tag = true;
	}
	return OK;
}

static enum result expand(struct rounds *rounds)
{
	struct buffer swap;

	for (unsigned i = 0; i < ROUNDS_MOST; i++) {
		TRY(round_once(rounds));
		swap = rounds->in;
		rounds->in = rounds->out;
		rounds->out = swap;
		buffer_clear(&rounds->out);
		if (!rounds->again)
			return OK;
	}
	return OK;
}

static bool has_tags(const struct rule *rule)
{
	return rule->replaces && rule->is.form == FORM_REGEX && rule->is.kind != RULE_MIMEHEADER;
}

static enum result expand_rule(struct rules_reader *reader, const struct tags *tags, struct rule *rule)
{
	struct rounds rounds = { .tags = tags };
	enum result result;

	buffer_init(&rounds.in, EXPANDED_MOST);
	buffer_init(&rounds.out, EXPANDED_MOST);
	result = buffer_add(&rounds.in, rule->is.pattern);
	if (result == OK)
		result = expand(&rounds);
	if (result != OK)
		ruleset_complain(reader->set, rule->is.place, "%.*s: its replace tags make more than %d bytes", SHOW(rule->name),
		                 EXPANDED_MOST);
	result = result == OK ? arena_keep(reader->set->arena, buffer_slice(&rounds.in), &rule->is.pattern) : OK;
	buffer_finish(&rounds.in);
	buffer_finish(&rounds.out);
	return result;
}

enum result replace_apply(struct rules_reader *reader)
{
	struct ruleset *set = reader->set;
	struct tags tags = { 0 };

	TRY(gather(reader, &tags));
	for (size_t i = 0; i < set->count; i++)
		if (has_tags(&set->rules[i]))
			TRY(expand_rule(reader, &tags, &set->rules[i]));
	return OK;
}
