/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Members stand in one list that is walked from front to end, and grows at its end: there is no recursion. A table
 * that answers later calls back, and the walk goes on where it was.
 */
#include "access/expansion.h"

#include "access/access.h"
#include "mail/smtp/smtp.h"

#include <string.h>

enum { MEMBERS_PER_FINAL = 4, EXPANSION_MEMORY = 8 << 20 };

static enum result later(struct expansion *expansion, const char *why)
{
	expansion->why = why;
	return LATER;
}

static bool is_insider(const struct expansion *expansion)
{
	return expansion->client & (ACCESS_TRUSTED | ACCESS_LOCAL | ACCESS_AUTHENTICATED);
}

static struct slice domain_of(struct slice address)
{
	size_t at = address.len;

	while (at > 0 && address.at[at - 1] != '@')
		at--;
	return slice_drop(address, at);
}

static struct slice local_of(struct slice address)
{
	struct slice domain = domain_of(address);

	return (struct slice){ address.at, address.len - domain.len - (address.len > domain.len) };
}

/* ---- members ---- */

static struct member *find_member(const struct expansion *expansion, struct slice address)
{
	for (struct member *member = expansion->first; member; member = member->next)
		if (slice_same_nocase(member->address, address))
			return member;
	return NULL;
}

static bool is_ancestor(const struct member *member, const struct member *of)
{
	for (; of; of = of->parent)
		if (of == member)
			return true;
	return false;
}

static enum result add_member(struct expansion *expansion, struct member *parent, struct slice address)
{
	struct member *member = arena_new(&expansion->memory, struct member);

	if (member == NULL || ++expansion->members > expansion->limit * MEMBERS_PER_FINAL + 1)
		return later(expansion, "more members than the limit");
	member->address = address;
	member->zone = zones_find(expansion->zones, domain_of(address));
	member->parent = parent;
	member->depth = parent ? parent->depth + 1 : 0;
	if (member->depth > DEPTH_MOST)
		return later(expansion, "aliases of aliases, too deep");
	if (expansion->last)
		expansion->last->next = member;
	else
		expansion->first = member;
	expansion->last = member;
	return OK;
}

/* ---- values ---- */

static enum result join(struct expansion *expansion, struct slice local, struct slice detail, struct slice domain,
                        struct slice *ret_address)
{
	struct slice at = detail.len ? detail : SLICE("");
	size_t len = local.len + at.len + 1 + domain.len;
	char *text = len <= ACCESS_ADDRESS ? arena_take(&expansion->memory, len) : NULL;

	if (text == NULL)
		return later(expansion, "an address that is too long, or too many");
	memcpy(text, local.at, local.len);
	if (at.len)
		memcpy(text + local.len, at.at, at.len);
	text[local.len + at.len] = '@';
	memcpy(text + local.len + at.len + 1, domain.at, domain.len);
	*ret_address = (struct slice){ text, len };
	return OK;
}

/* A detail goes along where the table knew the user without it; RFC 5233 has one, so not where there is one. */
static enum result read_value(struct expansion *expansion, enum use_kind kind, struct slice value,
                              struct slice *ret_address)
{
	const struct member *now = expansion->now;
	bool goes_along = kind != USE_ALIASES && expansion->keys.without_detail[expansion->lookup.found];
	struct slice local = local_of(value), domain = domain_of(value), detail = { 0 };

	if (!text_value_is_good(value))
		return later(expansion, "a value that is no address");
	if (value.at[0] == '@')
		return join(expansion, local_of(now->address), detail, domain, ret_address);
	if (!slice_has(value, '@')) {
		local = value;
		domain = now->zone->name;
	}
	for (size_t i = 0; goes_along && i < now->zone->separators.len; i++)
		goes_along = !slice_has(local, now->zone->separators.at[i]);
	if (goes_along)
		detail = expansion->keys.detail;
	return join(expansion, local, detail, domain, ret_address);
}

static enum result take_value(struct expansion *expansion, struct slice address)
{
	struct member *now = expansion->now, *same;

	if (slice_same_nocase(address, now->address)) {
		now->final = true;             /* "anna  anna, archive": she keeps a copy */
		return OK;
	}
	same = find_member(expansion, address);
	if (same == NULL)
		return add_member(expansion, now, address);
	if (is_ancestor(same, now))
		expansion->circle = true;
	return OK;
}

static enum result map(struct expansion *expansion, struct slice values)
{
	struct member *now = expansion->now;
	struct slice address;

	TRY(read_value(expansion, USE_CANONICAL, text_value_cut(&values), &address));
	if (text_value_cut(&values).len)
		return later(expansion, "a canonical form is one address");
	now->address = address;
	now->zone = zones_find(expansion->zones, domain_of(address));
	now->step = 0;
	now->mapped = true;
	return OK;
}

static enum result expand(struct expansion *expansion, enum use_kind kind, struct slice values)
{
	struct slice value = text_value_cut(&values), address;

	expansion->now->expanded = true;
	for (; value.len; value = text_value_cut(&values)) {
		TRY(read_value(expansion, kind, value, &address));
		TRY(take_value(expansion, address));
	}
	return OK;
}

/* ---- the walk ---- */

/* What an insider finds there is not there for a stranger, and the search goes on as if it were not. */
static bool is_hidden(const struct expansion *expansion, const struct table *table)
{
	return table_is_inside(table) && !is_insider(expansion) && !expansion->exempt;
}

static enum result heard_of_member(struct expansion *expansion, enum result end)
{
	struct member *now = expansion->now;
	const struct use *use = &now->zone->uses[now->step];
	struct slice values = expansion->lookup.values;

	if (end == LATER)
		return later(expansion, "a table could not be asked");
	if (end == OK && is_hidden(expansion, use->table)) {
		now->hidden = true;
		end = REFUSED;
	}
	if (end != OK || text_value_cut(&values).len == 0) {
		now->step++;
		return OK;
	}
	values = expansion->lookup.values;
	return use->kind == USE_CANONICAL ? map(expansion, values) : expand(expansion, use->kind, values);
}

static enum result ask(struct expansion *expansion, struct table *table)
{
	expansion->asked = table;
	return table_ask(table, &expansion->lookup);
}

static enum result walk_member(struct expansion *expansion)
{
	struct member *now = expansion->now;

	while (now->zone && !now->expanded && now->step < now->zone->use_count) {
		const struct use *use = &now->zone->uses[now->step];
		enum result end;

		if (use->kind == USE_CANONICAL && (now->mapped || now->depth)) {
			now->step++;
			continue;
		}
		if (keys_make(&expansion->keys, now->address, now->zone->separators) != OK)
			return later(expansion, "an address that is none");
		end = ask(expansion, use->table);
		if (end == AGAIN)
			return AGAIN;
		TRY(heard_of_member(expansion, end));
	}
	now->final = now->final || !now->expanded;
	return OK;
}

/* ---- is it there? ---- */

static enum result heard_of_check(struct expansion *expansion, enum result end)
{
	const struct use *check = &expansion->checked->zone->checks[expansion->check++];

	if (end == OK && check->table && is_hidden(expansion, check->table)) {
		expansion->checked->hidden = true;
		end = REFUSED;
	}
	if (end == LATER)
		expansion->unsure = true;
	return end == OK ? OK : REFUSED;
}

static enum result ask_check(struct expansion *expansion, const struct use *check)
{
	const struct slice *targets;
	size_t count;

	if (check->kind != USE_CALLOUT)
		return ask(expansion, check->table);
	targets = zones_targets(expansion->zones, expansion->checked->zone, expansion->checked->address, &count);
	expansion->callout.address = expansion->checked->address;
	return callouts_ask(expansion->callouts, targets, count, &expansion->callout);
}

static enum result walk_checks(struct expansion *expansion)
{
	const struct zone *zone = expansion->checked->zone;

	if (keys_make(&expansion->keys, expansion->checked->address, zone->separators) != OK)
		return later(expansion, "an address that is none");
	while (expansion->check < zone->check_count) {
		enum result end = ask_check(expansion, &zone->checks[expansion->check]);

		if (end == AGAIN)
			return AGAIN;
		if (heard_of_check(expansion, end) == OK)
			return OK;
	}
	return expansion->unsure ? later(expansion, "a table or next hop could not be asked") : REFUSED;
}

/* ---- the end ---- */

static size_t count_final(const struct expansion *expansion, struct member **ret_only)
{
	size_t count = 0;

	*ret_only = NULL;
	for (struct member *member = expansion->first; member; member = member->next) {
		count += member_counts(member);
		if (member_counts(member) || (member->final && *ret_only == NULL))
			*ret_only = member;
	}
	return count;
}

/* A hidden address is looked for as any other, and then it is not there. */
static enum result verdict(struct expansion *expansion, enum result end)
{
	if (end == AGAIN || end == LATER || !expansion->checked->hidden)
		return end;
	expansion->not_for_you = true;
	return REFUSED;
}

static enum result conclude(struct expansion *expansion)
{
	struct member *only;
	size_t count = count_final(expansion, &only);

	if (count > expansion->limit)
		return later(expansion, "more members than the limit");
	if (only == NULL)
		return later(expansion, "aliases that run in a circle");
	if (count > 1)
		return OK;
	expansion->checked = only;
	if (only->zone == NULL || only->zone->check_count == 0 || expansion->exempt)
		return verdict(expansion, OK);
	return verdict(expansion, walk_checks(expansion));
}

static enum result walk(struct expansion *expansion)
{
	for (; expansion->now; expansion->now = expansion->now->next)
		TRY(walk_member(expansion));
	return conclude(expansion);
}

static void go_on(struct expansion *expansion, enum result end)
{
	if (expansion->checked) {
		end = heard_of_check(expansion, end);
		end = verdict(expansion, end == OK ? OK : walk_checks(expansion));
	} else {
		end = heard_of_member(expansion, end);
		end = end == OK ? walk(expansion) : end;
	}
	if (end != AGAIN)
		expansion->done(expansion, end);
}

static void table_answered(struct lookup *lookup, enum result end)
{
	struct expansion *expansion = (struct expansion *)((char *)lookup - offsetof(struct expansion, lookup));

	expansion->asked = NULL;
	go_on(expansion, end);
}

static void hop_answered(struct callout *callout, enum result end)
{
	go_on((struct expansion *)((char *)callout - offsetof(struct expansion, callout)), end);
}

/* RFC 5321 4.5.1, RFC 2142: these are there, whatever a table says. */
static bool is_always_there(struct slice address)
{
	struct slice local = local_of(address);

	return slice_same_nocase(local, SLICE("postmaster")) || slice_same_nocase(local, SLICE("abuse"));
}

enum result expansion_begin(struct expansion *expansion, struct slice recipient)
{
	struct slice kept;

	arena_init(&expansion->memory, EXPANSION_MEMORY);
	expansion->lookup = (struct lookup){ .keys = &expansion->keys, .answered = table_answered };
	expansion->callout = (struct callout){ .answered = hop_answered };
	expansion->exempt = is_always_there(recipient);
	if (arena_keep(&expansion->memory, recipient, &kept) != OK)
		return later(expansion, "no memory");
	TRY(add_member(expansion, NULL, kept));
	expansion->now = expansion->first;
	return walk(expansion);
}

void expansion_finish(struct expansion *expansion)
{
	table_forget(expansion->asked, &expansion->lookup);
	callouts_forget(expansion->callouts, &expansion->callout);
	arena_finish(&expansion->memory);
}
