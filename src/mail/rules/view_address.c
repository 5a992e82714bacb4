/* SPDX-License-Identifier: Apache-2.0 */
/* One entry after the other is taken off the front: a name with an address in angle brackets, a bare address, or a name
 * alone; a comment may follow, and a comma, a semicolon or the end must. Where nothing fits, reading stops, and what is
 * left is looked through for addresses in angle brackets. */
#include "mail/rules/view_address.h"

#include "mail/rules/reading.h"

struct entry { struct slice phrase, address, comment; };

static size_t blanks(struct slice text)
{
	size_t length = 0;

	while (length < text.len && rules_is_space(text.at[length]))
		length++;
	return length;
}

/* The length of a quoted string at the front; 0: there is none, or it does not end. */
static size_t quoted(struct slice text)
{
	if (text.len == 0 || text.at[0] != '"')
		return 0;
	for (size_t i = 1; i < text.len; i++) {
		if (text.at[i] == '\\')
			i++;
		else if (text.at[i] == '"')
			return i + 1;
	}
	return 0;
}

/* The length of a comment at the front. */
static size_t comment(struct slice text)
{
	if (text.len == 0 || text.at[0] != '(')
		return 0;
	for (size_t i = 1; i < text.len; i++)
		if (text.at[i] == ')')
			return i + 1;
	return 0;
}

static size_t phrase(struct slice text)
{
	size_t length = 0, part;

	while (length < text.len) {
		if (text.at[length] == '"') {
			part = quoted(slice_drop(text, length));
			if (part == 0)
				return length;
			length += part;
		} else if (strchr(",;<", text.at[length]) && text.at[length]) {
			return length;
		} else {
			length++;
		}
	}
	return length;
}

/* ---- addresses ---- */

static bool is_special(char c)
{
	return rules_is_space(c) || (c && strchr("\"(),:;<>[\\]", c));
}

static size_t plain(struct slice text, bool ats)
{
	size_t length = 0;

	while (length < text.len && !is_special(text.at[length]) && (ats || text.at[length] != '@'))
		length++;
	return length;
}

/* "[192.0.2.1]" */
static size_t literal(struct slice text)
{
	size_t length = 1;

	if (text.len == 0 || text.at[0] != '[')
		return 0;
	while (length < text.len && (byte_is_digit(text.at[length]) || text.at[length] == '.'))
		length++;
	return length < text.len && text.at[length] == ']' && length > 1 ? length + 1 : 0;
}

/* The length of an address at the front; `ret_kept`: without what stands behind a second "@". */
static size_t bare(struct slice text, size_t *ret_kept)
{
	size_t local = quoted(text), domain;

	if (local == 0)
		local = plain(text, false);
	if (local == 0 || local >= text.len || text.at[local] != '@')
		return 0;
	domain = literal(slice_drop(text, local + 1));
	*ret_kept = local + 1 + domain;
	if (domain)
		return *ret_kept;
	domain = plain(slice_drop(text, local + 1), true);
	*ret_kept = local + 1 + plain(slice_drop(text, local + 1), false);
	return *ret_kept > local + 1 ? local + 1 + domain : 0;
}

static struct slice address_of(struct slice text)
{
	struct slice whole = rules_trim(text);
	size_t kept = 0;

	if (bare(whole, &kept) != whole.len || slice_begins(whole, SLICE("\"\"@")))
		return SLICE("");
	return (struct slice){ whole.at, kept };
}

/* ---- one entry ---- */

/* Behind an entry: a comment, and then a comma, a semicolon or the end. False: the entry is none. */
static bool ends(struct slice rest, struct entry *entry, struct slice *ret_rest)
{
	size_t length;

	entry->comment = SLICE("");
	rest = slice_drop(rest, blanks(rest));
	length = comment(rest);
	if (length) {
		entry->comment = (struct slice){ rest.at + 1, length - 2 };
		rest = slice_drop(rest, length);
		rest = slice_drop(rest, blanks(rest));
	}
	if (rest.len && rest.at[0] != ',' && rest.at[0] != ';')
		return false;
	*ret_rest = slice_drop(rest, 1);
	return true;
}

/* Angle brackets at the front: the length up to the first ">" behind `from` that may close them; 0: none. Blanks may stand
 * before an "@", at the end, and in brackets that hold nothing else. */
static size_t angle(struct slice text, size_t from)
{
	size_t at = 1, only = text.len ? 1 + blanks(slice_drop(text, 1)) : 0;

	if (text.len < 2 || text.at[0] != '<')
		return 0;
	if (only < text.len && text.at[only] == '>')
		return from ? 0 : only + 1;
	while (at < text.len && text.at[at] != '>' && text.at[at] != '@')
		at++;
	for (; at < text.len && !rules_is_space(text.at[at]); at++)
		if (text.at[at] == '>' && at >= from && !rules_is_space(text.at[at - 1]))
			return at + 1;
	at += blanks(slice_drop(text, at));
	return at < text.len && text.at[at] == '>' && at >= from ? at + 1 : 0;
}

static struct slice behind_angles(struct slice rest)
{
	size_t length;

	while ((length = angle(slice_drop(rest, blanks(rest)), 0)) != 0)
		rest = slice_drop(rest, blanks(rest) + length);
	return rest;
}

static bool take_angle(struct slice rest, struct entry *entry, struct slice *ret_rest)
{
	size_t length = phrase(rest), inside = 0;

	entry->phrase = (struct slice){ rest.at, length };
	rest = slice_drop(rest, length);
	while ((inside = angle(rest, inside)) != 0) {
		entry->address = address_of((struct slice){ rest.at + 1, inside - 2 });
		if (ends(behind_angles(slice_drop(rest, inside)), entry, ret_rest))
			return true;
	}
	return false;
}

static bool take_bare(struct slice rest, struct entry *entry, struct slice *ret_rest)
{
	size_t kept = 0, length = bare(rest, &kept);

	entry->address = (struct slice){ rest.at, kept };
	entry->phrase = SLICE("");
	return length && ends(slice_drop(rest, length), entry, ret_rest);
}

static bool take_phrase(struct slice rest, struct entry *entry, struct slice *ret_rest)
{
	entry->phrase = (struct slice){ rest.at, phrase(rest) };
	entry->address = SLICE("");
	return entry->phrase.len && ends(slice_drop(rest, entry->phrase.len), entry, ret_rest);
}

/* Quotes and escapes go, and comments outside of them. Where one does not end, none behind it of the same kind does. */
static enum result unquote(struct slice text, struct arena *arena, struct slice *ret_text)
{
	char *out = arena_take(arena, text.len + 1);
	bool quotes = true, comments = true;
	size_t length = 0, part;

	if (out == NULL)
		return LATER;
	while (text.len) {
		part = quotes ? quoted(text) : 0;
		quotes = quotes && (part || text.at[0] != '"');
		for (size_t i = 1; i + 1 < part; i++) {
			i += text.at[i] == '\\' && i + 2 < part;
			out[length++] = text.at[i];
		}
		if (part == 0 && comments) {
			part = comment(text);
			comments = part || text.at[0] != '(';
		}
		if (part == 0) {
			out[length++] = text.at[0];
			part = 1;
		}
		text = slice_drop(text, part);
	}
	*ret_text = (struct slice){ out, length };
	return OK;
}

/* ---- all of them ---- */

static enum result keep(struct view_addresses *found, const struct entry *entry, struct arena *arena)
{
	struct view_address kept = { .address = entry->address };
	size_t ignored = 0;

	TRY(unquote(entry->phrase, arena, &kept.name));
	if (kept.address.len == 0 && kept.name.len && bare(kept.name, &ignored) == kept.name.len && slice_has(kept.name, '.')) {
		kept.address = kept.name;
		kept.name = SLICE("");
	}
	if (slice_same(kept.name, kept.address))
		kept.name = SLICE("");
	if (kept.name.len == 0)
		kept.name = entry->comment;
	if (kept.name.len || kept.address.len)
		found->list[found->count++] = kept;
	return OK;
}

/* "Group: a@b, c@d;" → "a@b, c@d" */
static struct slice without_group(struct slice text)
{
	size_t colon = 0;

	for (size_t i = 0; i < text.len && (!strchr("\"()<>", text.at[i]) || text.at[i] == '\0'); i++)
		if (text.at[i] == ':' && i)
			colon = i + 1;
	if (colon == 0)
		return text;
	text = slice_drop(text, colon);
	return slice_cut(&text, ';');
}

static enum result keep_leftover(struct slice rest, struct view_addresses *found, struct arena *arena)
{
	while (rest.len) {
		struct entry entry = { .phrase = SLICE("") };
		size_t inside = angle(rest, 0);

		if (inside)
			entry.address = address_of((struct slice){ rest.at + 1, inside - 2 });
		if (entry.address.len)
			TRY(keep(found, &entry, arena));
		rest = slice_drop(rest, entry.address.len ? inside : 1);
	}
	return OK;
}

/* There are no more entries than commas, semicolons and "<". */
static size_t count_most(struct slice text)
{
	size_t count = 2;

	for (size_t i = 0; i < text.len; i++)
		count += text.at[i] == ',' || text.at[i] == ';' || text.at[i] == '<';
	return count;
}

enum result view_addresses_read(struct slice value, struct arena *arena, struct view_addresses *ret_addresses)
{
	struct slice rest = without_group(rules_trim(value));
	struct view_addresses found = { .list = arena_array(arena, struct view_address, count_most(value)) };

	if (found.list == NULL)
		return LATER;
	while (rest.len) {
		struct entry entry = { .comment = SLICE("") };

		rest = slice_drop(rest, blanks(rest));
		if (rest.len && (rest.at[0] == ',' || rest.at[0] == ';')) {
			rest = slice_drop(rest, 1);
			continue;
		}
		if (!take_angle(rest, &entry, &rest) && !take_bare(rest, &entry, &rest) && !take_phrase(rest, &entry, &rest))
			break;
		TRY(keep(&found, &entry, arena));
	}
	TRY(keep_leftover(rest, &found, arena));
	*ret_addresses = found;
	return OK;
}
