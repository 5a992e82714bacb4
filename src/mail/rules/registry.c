/* SPDX-License-Identifier: Apache-2.0 */
/* One table holds the names of all three lists: how many dots a name has says which of them it is from. */
#include "mail/rules/registry.h"

#include "base/idn.h"
#include "mail/rules/name_table.h"
#include "mail/rules/reading.h"

struct registry { struct name_table names; };

static const struct { struct slice directive; size_t dots; } lists[] = {
	{ LIT("util_rb_tld"), 0 }, { LIT("util_rb_2tld"), 1 }, { LIT("util_rb_3tld"), 2 },
};

static size_t dots_in(struct slice name)
{
	size_t dots = 0;

	for (size_t i = 0; i < name.len; i++)
		dots += name.at[i] == '.';
	return dots;
}

/* ---- to build it ---- */

static const struct rules_line *next_line(const struct ruleset *set, size_t *at, size_t *ret_list)
{
	while (*at < set->line_count) {
		const struct rules_line *line = &set->lines[(*at)++];

		for (size_t i = 0; i < COUNT_OF(lists); i++)
			if (slice_same(line->directive->name, lists[i].directive)) {
				*ret_list = i;
				return line;
			}
		*ret_list = COUNT_OF(lists);
		if (slice_same(line->directive->name, SLICE("clear_util_rb")))
			return line;
	}
	return NULL;
}

static size_t count_words(const struct ruleset *set)
{
	const struct rules_line *line;
	size_t count = 0, at = 0, list;

	while ((line = next_line(set, &at, &list)) != NULL)
		for (struct slice rest = line->value; rest.len; (void)rules_cut_word(&rest))
			count++;
	return count;
}

static bool is_good(struct slice name, size_t dots)
{
	return name.len <= REGISTRY_NAME_MOST && dots_in(name) == dots && name.at[0] != '.' && name.at[name.len - 1] != '.';
}

static enum result add_line(struct registry *registry, struct ruleset *set, const struct rules_line *line, size_t dots)
{
	struct slice rest = line->value;

	while (rest.len) {
		struct idn room;
		struct slice word = rules_cut_word(&rest), name = idn_ascii(word, &room);

		if (!is_good(name, dots))
			ruleset_complain(set, line->place, "%.*s: is no such domain", SHOW(word));
		else
			TRY(name_table_add(&registry->names, name, set->arena));
	}
	return OK;
}

enum result registry_build(struct ruleset *set, struct arena *arena, const struct registry **ret_registry)
{
	struct registry *registry = arena_new(arena, struct registry);
	size_t words = count_words(set), at = 0, list;
	const struct rules_line *line;

	if (registry == NULL)
		return LATER;
	TRY(name_table_build(words, arena, &registry->names));
	while ((line = next_line(set, &at, &list)) != NULL) {
		if (list < COUNT_OF(lists))
			TRY(add_line(registry, set, line, lists[list].dots));
		else
			name_table_clear(&registry->names);
	}
	*ret_registry = registry;
	return OK;
}

/* ---- to ask it ---- */

bool registry_is_top(const struct registry *registry, struct slice label)
{
	return label.len <= REGISTRY_LABEL_MOST && !slice_has(label, '.') && name_table_has(&registry->names, label);
}

static size_t last_dot(struct slice name, size_t before)
{
	while (before > 0 && name.at[before - 1] != '.')
		before--;
	return before;
}

bool registry_is_known(const struct registry *registry, struct slice name)
{
	size_t top = last_dot(name, name.len);

	for (size_t i = 0; i < name.len; i++)
		if (rules_is_space(name.at[i]))
			return false;
	return top > 0 && registry_is_top(registry, slice_drop(name, top));
}

/* An underline may stand in all labels but the last two. */
static bool is_label(struct slice label, bool last_two)
{
	if (label.len == 0 || label.len > REGISTRY_LABEL_MOST || label.at[0] == '-' || label.at[label.len - 1] == '-')
		return false;
	for (size_t i = 0; i < label.len; i++)
		if (!rules_is_word(label.at[i]) && label.at[i] != '-')
			return false;
	return !last_two || !slice_has(label, '_');
}

bool registry_is_host(struct slice name)
{
	size_t labels;

	while (name.len && name.at[name.len - 1] == '.')
		name.len--;
	if (name.len > REGISTRY_NAME_MOST)
		return false;
	labels = dots_in(name) + 1;
	if (labels < 2)
		return false;
	for (struct slice rest = name; labels > 0; labels--)
		if (!is_label(slice_cut(&rest, '.'), labels <= 2))
			return false;
	return true;
}

static bool is_state(struct slice label)
{
	static const struct slice states = LIT("ak al ar az ca co ct dc de fl ga gu hi ia id il in ks ky la ma md me mi mn mo ms mt nc nd ne nh nj nm "
	                             "nv ny oh ok or pa pr ri sc sd tn tx ut va vi vt wa wi wv wy ");

	for (struct slice rest = states; label.len == 2 && rest.len > 1; rest = slice_drop(rest, 3))
		if (slice_begins(rest, label))
			return true;
	return false;
}

/* "k12.ca.us" and "city.ci.ca.us" and their like (RFC 1480); `dots`: 2 or 3. */
static bool is_american(struct slice name, size_t dots)
{
	struct slice first = slice_cut(&name, '.'), second = slice_cut(&name, '.'), state = second;

	if (dots == 3)
		state = slice_cut(&name, '.');
	if (!slice_same(name, SLICE("us")) || !is_state(state))
		return false;
	return dots == 2 || (slice_same(first, SLICE("pvt")) && slice_same(second, SLICE("k12"))) || slice_same(first, SLICE("ci")) ||
	       slice_same(first, SLICE("co"));
}

static bool is_delegating(const struct registry *registry, struct slice name, size_t dots)
{
	if (dots == 2 && slice_ends_nocase(name, SLICE(".us")))
		return is_american(name, dots);
	return dots == 3 ? is_american(name, dots) : dots && dots < 3 && name_table_has(&registry->names, name);
}

struct slice registry_domain(const struct registry *registry, struct slice host)
{
	struct slice domain = host, rest = host;

	for (size_t dots = dots_in(host); dots > 0; dots--) {
		if (dots <= 3 && is_delegating(registry, rest, dots))
			return domain;
		domain = rest;
		(void)slice_cut(&rest, '.');
	}
	return domain;
}
