/* SPDX-License-Identifier: Apache-2.0 */
/* Whole domains stand in one table, those with "*" and "?" in a list that is gone through, welcome ones in another table. */
#include "mail/rules/freemail.h"

#include "mail/rules/name_table.h"
#include "mail/rules/reading.h"
#include "mail/rules/uri_decode.h"

struct freemail {
	struct name_table domains, welcome;
	struct slice *shapes;                    /* with "*" and "?" */
	size_t shape_count;
};

/* ---- to build it ---- */

static bool is_of(const struct rules_line *line, const char *start)
{
	return slice_begins(line->directive->name, slice_of(start));
}

static size_t count_words(const struct ruleset *set)
{
	size_t count = 0;

	for (size_t i = 0; i < set->line_count; i++)
		if (is_of(&set->lines[i], "freemail_domains") || is_of(&set->lines[i], "freemail_welcomelist"))
			for (struct slice rest = set->lines[i].value; rest.len; (void)rules_cut_word(&rest))
				count++;
	return count;
}

static bool is_domain(struct slice word)
{
	for (size_t i = 0; i < word.len; i++)
		if (!byte_is_letter(word.at[i]) && !byte_is_digit(word.at[i]) && !slice_has(SLICE(".*?-"), word.at[i]))
			return false;
	return true;
}

/* A dot or an "@" stands between two letters. */
static bool is_welcome(struct slice word)
{
	for (size_t i = 1; i + 1 < word.len; i++)
		if ((word.at[i] == '.' || word.at[i] == '@') && rules_is_word(word.at[i - 1]) && rules_is_word(word.at[i + 1]))
			return true;
	return false;
}

static enum result add_domain(struct freemail *freemail, struct ruleset *set, const struct rules_line *line, struct slice word)
{
	if (!is_domain(word))
		ruleset_complain(set, line->place, "%.*s: is no domain", SHOW(word));
	else if (slice_has(word, '*') || slice_has(word, '?'))
		return arena_keep(set->arena, word, &freemail->shapes[freemail->shape_count++]);
	else
		return name_table_add(&freemail->domains, word, set->arena);
	return OK;
}

static enum result add_welcome(struct freemail *freemail, struct ruleset *set, const struct rules_line *line, struct slice word)
{
	if (is_welcome(word))
		return name_table_add(&freemail->welcome, word, set->arena);
	ruleset_complain(set, line->place, "%.*s: is neither an address nor a domain", SHOW(word));
	return OK;
}

static enum result add_line(struct freemail *freemail, struct ruleset *set, const struct rules_line *line)
{
	struct slice rest = line->value;

	while (rest.len && is_of(line, "freemail_domains"))
		TRY(add_domain(freemail, set, line, rules_cut_word(&rest)));
	while (rest.len && is_of(line, "freemail_welcomelist"))
		TRY(add_welcome(freemail, set, line, rules_cut_word(&rest)));
	return OK;
}

enum result freemail_build(struct ruleset *set, struct arena *arena, const struct freemail **ret_freemail)
{
	struct freemail *freemail = arena_new(arena, struct freemail);
	size_t words = count_words(set);

	if (freemail == NULL)
		return LATER;
	freemail->shapes = arena_array(arena, struct slice, words + 1);
	if (freemail->shapes == NULL)
		return LATER;
	TRY(name_table_build(words, arena, &freemail->domains));
	TRY(name_table_build(words, arena, &freemail->welcome));
	for (size_t i = 0; i < set->line_count; i++)
		TRY(add_line(freemail, set, &set->lines[i]));
	*ret_freemail = freemail;
	return OK;
}

/* ---- to ask it ---- */

/* "*" takes no dot, so that what stands between two dots can be tried by itself, from the last "*" on. */
static bool has_shape(struct slice name, struct slice shape)
{
	size_t at = 0, in = 0, star = shape.len, tried = 0;

	while (at < name.len) {
		if (in < shape.len && shape.at[in] == '*') {
			star = in++;
			tried = at;
		} else if (in < shape.len && (shape.at[in] == '?' || byte_lower(shape.at[in]) == byte_lower(name.at[at]))) {
			in++;
			at++;
		} else if (star < shape.len && name.at[tried] != '.') {
			in = star + 1;
			at = ++tried;
		} else {
			return false;
		}
	}
	while (in < shape.len && shape.at[in] == '*')
		in++;
	return in == shape.len;
}

static size_t hex_run(struct slice text)
{
	size_t length = 0;

	while (length < text.len && hex_digit(text.at[length]) >= 0)
		length++;
	return length;
}

/* Groups of hexadecimal digits, each as long as it should be, with that byte between them, and nothing behind. */
static bool is_hex_groups(struct slice text, char between, const size_t *lengths, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (hex_run(text) != lengths[i])
			return false;
		text = slice_drop(text, lengths[i]);
		if (i + 1 < count && (text.len == 0 || text.at[0] != between))
			return false;
		text = i + 1 < count ? slice_drop(text, 1) : text;
	}
	return text.len == 0;
}

static bool is_identifier(struct slice local)
{
	static const size_t pair[] = { 8, 8 }, uuid[] = { 8, 4, 4, 4, 12 }, request[] = { 16 };

	if (slice_begins_nocase(local, SLICE("request-")) && is_hex_groups(slice_drop(local, 8), '-', request, COUNT_OF(request)))
		return true;
	return is_hex_groups(local, '.', pair, COUNT_OF(pair)) || is_hex_groups(local, '-', uuid, COUNT_OF(uuid));
}

/* "a=b=c": an address that was rewritten. */
static bool is_rewritten(struct slice local)
{
	size_t signs = 0, last = 0;

	for (size_t i = 1; i + 1 < local.len; i++)
		if (local.at[i] == '=' && (signs == 0 || i > last + 1)) {
			signs++;
			last = i;
		}
	return signs >= 2;
}

static bool is_office(struct slice local)
{
	static const struct slice names[] = {
		LIT("abuse"), LIT("support"), LIT("sales"), LIT("info"), LIT("helpdesk"), LIT("contact"), LIT("kontakt"),
		LIT("postmaster"), LIT("hostmaster"), LIT("domainmaster"), LIT("bounce-"), LIT("bounced-"),
	};

	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (slice_same_nocase(local, names[i]))
			return true;
	return slice_begins_nocase(local, SLICE("undisclosed")) || is_identifier(local) || is_rewritten(local);
}

static size_t last_sign(struct slice address)
{
	size_t at = address.len;

	while (at > 0 && address.at[at - 1] != '@')
		at--;
	return at;
}

bool freemail_is(const struct freemail *freemail, struct slice address)
{
	size_t sign = last_sign(address);
	struct slice domain = slice_drop(address, sign), local = { address.at, sign ? sign - 1 : 0 };

	if (domain.len == 0 || name_table_has(&freemail->welcome, address) || name_table_has(&freemail->welcome, domain) ||
	    (sign && is_office(local)))
		return false;
	if (name_table_has(&freemail->domains, domain))
		return true;
	for (size_t i = 0; sign && i < freemail->shape_count; i++)
		if (has_shape(domain, freemail->shapes[i]))
			return true;
	return false;
}
