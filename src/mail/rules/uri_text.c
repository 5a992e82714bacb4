/* SPDX-License-Identifier: Apache-2.0 */
/* A text is gone through once. Where a word begins, three things are tried: an address with its scheme (or "www."), a
 * mailbox, a host's name that ends with a top-level domain. How far bytes of a class reach is kept, so that no stretch
 * is measured twice. */
#include "mail/rules/uris_reading.h"

#include "mail/rules/reading.h"

enum class {
	ENDS = 1,                        /* an address */
	ENDS_MAIL = 2,
	ENDS_LOCAL = 4,                  /* what stands before an "@" */
	BEFORE = 8,                      /* an address may begin behind it */
	BEFORE_NAME = 16,                /* a bare name may */
	NO_NAME = 32,                    /* cannot be in a host's name */
};

enum { REST_MOST = 2048, MAIL_MOST = 251, NAME_MOST = 252, PORT_MOST = 5, SHIFT = 0x1b };

struct run { size_t from, end; };

struct scan {
	const unsigned char *classes;
	const struct registry *registry;
	struct slice text;
	struct run runs[NO_NAME + 1];            /* by class */
};

enum way { NOTHING, BY_SCHEME, BY_MAIL, BY_NAME };
struct hit { enum way way; size_t from, end, name_end; };

/* ---- bytes ---- */

static void mark(unsigned char *classes, struct slice bytes, unsigned class)
{
	for (size_t i = 0; i < bytes.len; i++)
		classes[(unsigned char)bytes.at[i]] |= (unsigned char)class;
}

void uri_text_begin(struct uris_reading *reading)
{
	static const struct slice blanks = LIT("\t\n\v\f\r \x1b\xa0");
	unsigned char *classes = reading->classes;

	mark(classes, blanks, ENDS | ENDS_MAIL | ENDS_LOCAL | BEFORE | BEFORE_NAME);
	mark(classes, SLICE("><\"`}]{[|"), ENDS | ENDS_MAIL | ENDS_LOCAL);
	mark(classes, SLICE(",('"), ENDS_MAIL | ENDS_LOCAL);
	mark(classes, SLICE("@"), ENDS_LOCAL);
	mark(classes, SLICE("><\"'`,{[(|"), BEFORE);
	mark(classes, SLICE("!\"#$&'()*+,/:;<=>?@[\\]^`{|}~"), BEFORE_NAME);
	for (unsigned byte = 0; byte < URI_BYTES; byte++) {
		char c = (char)byte;

		if (byte >= 0x80)
			classes[byte] |= ENDS_MAIL | ENDS_LOCAL;
		if (!rules_is_word(c) && c != '.' && c != '-')
			classes[byte] |= NO_NAME;
	}
}

static bool is_of(const struct scan *scan, size_t at, unsigned class)
{
	return scan->classes[(unsigned char)scan->text.at[at]] & class;
}

/* Where the first byte of that class stands, from `from` on. */
static size_t run_end(struct scan *scan, enum class class, size_t from)
{
	struct run *run = &scan->runs[class];
	size_t at = from;

	if (from >= run->from && from <= run->end)
		return run->end;
	while (at < scan->text.len && at != run->from && !is_of(scan, at, class))
		at++;
	*run = (struct run){ from, at == run->from ? run->end : at };
	return run->end;
}

/* ---- one place ---- */

static bool may_begin(const struct scan *scan, size_t at)
{
	struct slice text = scan->text;
	bool word = rules_is_word(text.at[at]), before = at && rules_is_word(text.at[at - 1]);

	if (word != before || (at && is_of(scan, at - 1, BEFORE)))
		return true;
	return at >= 3 && text.at[at - 3] == SHIFT && text.at[at - 2] == '(' && text.at[at - 1] != '\n';
}

/* "http://", "www2.": how long; 0: none. */
static size_t scheme_length(struct slice text)
{
	static const struct slice schemes[] = { LIT("http://"), LIT("https://"), LIT("ftp://"), LIT("ftp.") };
	size_t length = 3;

	for (size_t i = 0; i < COUNT_OF(schemes); i++)
		if (slice_begins_nocase(text, schemes[i]))
			return schemes[i].len;
	if (!slice_begins_nocase(text, SLICE("www")))
		return 0;
	while (length < text.len && length < 5 && byte_is_digit(text.at[length]))
		length++;
	return length < text.len && text.at[length] == '.' ? length + 1 : 0;
}

static bool is_within(size_t length, size_t most)
{
	return length > 0 && length <= most;
}

static size_t try_scheme(struct scan *scan, size_t at)
{
	size_t length = scheme_length(slice_drop(scan->text, at)), from = at + length, end;

	if (length == 0)
		return 0;
	end = run_end(scan, ENDS, from);
	return is_within(end - from, REST_MOST) ? end : 0;
}

static size_t try_mail(struct scan *scan, size_t at)
{
	static const struct slice mailto = LIT("mailto:");
	size_t end;

	if (slice_begins_nocase(slice_drop(scan->text, at), mailto)) {
		end = run_end(scan, ENDS_MAIL, at + mailto.len);
		if (is_within(end - at - mailto.len, REST_MOST))
			return end;
	}
	at = is_within(run_end(scan, ENDS_LOCAL, at) - at, MAIL_MOST) ? run_end(scan, ENDS_LOCAL, at) : scan->text.len;
	if (at == scan->text.len || scan->text.at[at] != '@')
		return 0;
	end = run_end(scan, ENDS_MAIL, at + 1);
	return is_within(end - at - 1, MAIL_MOST) ? end : 0;
}

/* A port and a path behind a bare name: where they end; 0: there is something else. */
static size_t behind_name(struct scan *scan, size_t at)
{
	struct slice text = scan->text;
	size_t digits = 0;

	if (at < text.len && text.at[at] == ':') {
		while (at + 1 + digits < text.len && digits <= PORT_MOST && byte_is_digit(text.at[at + 1 + digits]))
			digits++;
		if (!is_within(digits, PORT_MOST))
			return 0;
		at += 1 + digits;
	}
	if (at + 1 < text.len && text.at[at] == '/' && is_within(run_end(scan, ENDS, at + 1) - at - 1, REST_MOST))
		return run_end(scan, ENDS, at + 1);
	return at == text.len || is_of(scan, at, ENDS) ? at : 0;
}

/* All bytes of a name are taken together, so the last label alone can be the top-level domain. */
static size_t try_name(struct scan *scan, size_t at, size_t *ret_name_end)
{
	struct slice text = scan->text;
	size_t end, top, last;

	if ((at && !is_of(scan, at - 1, BEFORE_NAME)) || !rules_is_word(text.at[at]) || text.at[at] == '_')
		return 0;
	last = end = run_end(scan, NO_NAME, at);
	if (text.at[end - 1] == '.')
		end--;
	for (top = end; top > at && text.at[top - 1] != '.' && end - top <= REGISTRY_LABEL_MOST;)
		top--;
	if (top == at || text.at[top - 1] != '.' || !is_within(top - 1 - at, NAME_MOST) ||
	    !registry_is_top(scan->registry, (struct slice){ text.at + top, end - top }))
		return 0;
	*ret_name_end = end;
	return behind_name(scan, last);
}

static bool next_hit(struct scan *scan, size_t *at, struct hit *ret_hit)
{
	for (size_t from = *at; from < scan->text.len; from++) {
		struct hit hit = { NOTHING, from, 0, 0 };

		if (!may_begin(scan, from))
			continue;
		if ((hit.end = try_scheme(scan, from)) != 0)
			hit.way = BY_SCHEME;
		else if ((hit.end = try_mail(scan, from)) != 0)
			hit.way = BY_MAIL;
		else if ((hit.end = try_name(scan, from, &hit.name_end)) != 0)
			hit.way = BY_NAME;
		if (hit.way == NOTHING)
			continue;
		*at = hit.end;
		*ret_hit = hit;
		return true;
	}
	return false;
}

/* ---- what was found ---- */

/* The last closing bracket before which none was opened ends it, and marks of a sentence do not belong to it. */
static struct slice without_marks(struct slice uri)
{
	size_t end = uri.len;

	for (size_t i = 0; i < uri.len && uri.at[i] != '('; i++)
		if (uri.at[i] == ')')
			end = i;
	uri.len = end;
	while (uri.len && slice_has(SLICE("-~!@#^&*()_+=:;'?,."), uri.at[uri.len - 1]))
		uri.len--;
	return uri;
}

/* A word, a colon, at most two slashes, and nothing. */
static bool is_bare_scheme(struct slice uri)
{
	size_t slashes = 0;

	while (slashes < 2 && uri.len && uri.at[uri.len - 1] == '/') {
		uri.len--;
		slashes++;
	}
	if (uri.len < 2 || uri.at[uri.len - 1] != ':')
		return false;
	for (size_t i = 0; i + 1 < uri.len; i++)
		if (!rules_is_word(uri.at[i]))
			return false;
	return true;
}

static bool is_wanted(const struct hit *hit, struct slice text, struct slice uri)
{
	if (hit->way == BY_MAIL && !slice_has(uri, '@'))
		return false;
	if (hit->way == BY_NAME && !registry_is_host((struct slice){ text.at + hit->from, hit->name_end - hit->from }))
		return false;
	return !slice_begins_nocase(uri, SLICE("cid:")) && !slice_begins_nocase(uri, SLICE("mid:")) && !is_bare_scheme(uri) && uri.len;
}

static size_t find(struct slice text, char byte)
{
	const char *found = text.len ? memchr(text.at, byte, text.len) : NULL;

	return found ? (size_t)(found - text.at) : text.len;
}

/* "email:", ":" and the like before an address are none of it. */
static struct slice without_words(struct slice uri)
{
	static const struct slice words[] = { LIT("skype"), LIT("mail"), LIT("-mail"), LIT("email"), LIT("e-mail"), LIT("") };

	for (size_t i = 0; i < COUNT_OF(words); i++) {
		struct slice rest = slice_drop(uri, words[i].len);

		if (!slice_begins_nocase(uri, words[i]) || rest.len == 0 || rest.at[0] != ':')
			continue;
		while (rest.len && rest.at[0] == ':')
			rest = slice_drop(rest, 1);
		return rest;
	}
	return uri;
}

/* Something stands between the first of one byte and some later one of another. */
static bool has_between(struct slice text, char first, char later)
{
	struct slice rest = slice_drop(text, find(text, first) + 1);

	return rest.len > 1 && slice_has(slice_drop(rest, 1), later);
}

static bool has_entity(struct slice uri)
{
	for (; uri.len; uri = slice_drop(uri, 1))
		if (slice_begins(uri, SLICE("&nbsp;")))
			return true;
	return false;
}

/* What goes before an address that has no scheme. REFUSED: it is none. */
static enum result guess(struct slice *uri, struct slice *ret_scheme, unsigned *types)
{
	size_t www = slice_begins_nocase(*uri, SLICE("www")) ? scheme_length(*uri) : 0;

	*types |= URI_SCHEMELESS;
	*ret_scheme = SLICE("http://");
	if (slice_begins_nocase(*uri, SLICE("ftp."))) {
		*ret_scheme = SLICE("ftp://");
	} else if (www || has_between(*uri, '/', '@')) {
		return OK;
	} else if (slice_has(*uri, '@')) {
		if (!has_between(*uri, '@', '.') || has_entity(*uri))
			return REFUSED;
		*uri = without_words(*uri);
		*ret_scheme = SLICE("mailto:");
	} else {
		*types |= URI_UNLINKED;
		return slice_has(*uri, '.') ? OK : REFUSED;
	}
	return OK;
}

static bool has_scheme(struct slice uri)
{
	return slice_begins_nocase(uri, SLICE("http:")) || slice_begins_nocase(uri, SLICE("https:")) ||
	       slice_begins_nocase(uri, SLICE("ftp:")) || slice_begins_nocase(uri, SLICE("mailto:"));
}

/* A mailbox wants a domain that can be. */
static bool is_mailbox(const struct uris_reading *reading, struct slice uri)
{
	struct slice host = slice_drop(uri, find(uri, '@') + 1);
	size_t length = 0;

	if (!slice_has(uri, '@'))
		return false;
	while (length < host.len && !slice_has(SLICE("?&>"), host.at[length]))
		length++;
	host.len = length;
	while (slice_ends_nocase(host, SLICE("%20")))
		host.len -= 3;
	return registry_is_known(reading->ways->registry, host);
}

static enum result join(struct arena *arena, struct slice start, struct slice rest, struct slice *ret_joined)
{
	char *room = arena_take(arena, start.len + rest.len + 1);

	if (room == NULL)
		return LATER;
	memcpy(room, start.at, start.len);
	if (rest.len)
		memcpy(room + start.len, rest.at, rest.len);
	*ret_joined = (struct slice){ room, start.len + rest.len };
	return OK;
}

static enum result add(struct uris_reading *reading, struct slice uri)
{
	struct uri_found found = { .raw = uri, .types = URI_PARSED, .wants_host = true };

	if (!has_scheme(uri)) {
		struct slice scheme;

		if (guess(&uri, &scheme, &found.types) != OK)
			return OK;
		TRY(join(reading->arena, scheme, uri, &found.raw));
	}
	if (slice_begins_nocase(found.raw, SLICE("mailto:"))) {
		if (uri_has_escape(found.raw))
			TRY(uri_decode(reading->arena, found.raw, &found.raw));
		if (!is_mailbox(reading, found.raw))
			return OK;
	}
	return uris_add(reading, &found);
}

enum result uri_text_read(struct uris_reading *reading, struct slice text)
{
	struct scan scan = { .classes = reading->classes, .registry = reading->ways->registry, .text = text };
	struct hit hit;
	size_t at = 0;

	for (size_t i = 0; i < COUNT_OF(scan.runs); i++)
		scan.runs[i].from = SIZE_MAX;
	while (next_hit(&scan, &at, &hit)) {
		struct slice uri = without_marks((struct slice){ text.at + hit.from, hit.end - hit.from });

		if (is_wanted(&hit, text, uri))
			TRY(add(reading, uri));
	}
	return OK;
}
