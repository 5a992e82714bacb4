/* SPDX-License-Identifier: Apache-2.0 */
/* Both addresses are cut into their five pieces, the pieces chosen, and put together again. A piece that is not there has
 * no place (`at` is NULL), one that is empty has. */
#include "mail/html/links.h"

#include "mail/html/html.h"
#include "mail/html/tokens.h"

#include <string.h>

struct uri { struct slice scheme, authority, path, query, fragment; };

/* How many bytes the blank has that begins, or ends, there; that of Latin 1 has two in UTF-8. */
static size_t blank_at(struct slice link, size_t at)
{
	if (html_is_space(link.at[at]))
		return 1;
	return at + 1 < link.len && link.at[at] == '\xc2' && link.at[at + 1] == '\xa0' ? 2 : 0;
}

static size_t blank_before(struct slice link, size_t at)
{
	if (html_is_space(link.at[at - 1]))
		return 1;
	return at > 1 && link.at[at - 1] == '\xa0' && link.at[at - 2] == '\xc2' ? 2 : 0;
}

struct slice html_link_trim(struct slice link, bool *ret_cut)
{
	size_t from = 0, to = link.len, blank = 1;

	while (from < to && (blank = blank_at(link, from)) != 0)
		from += blank;
	while (to > from && (blank = blank_before(link, to)) != 0)
		to -= blank;
	if (from >= to)
		return SLICE("");
	link = (struct slice){ link.at + from, to - from };
	if (link.len > HTML_LINK_MOST) {
		link.len = HTML_LINK_MOST;
		*ret_cut = true;
	}
	return link;
}

static size_t run_until(struct slice text, const char *stops)
{
	size_t length = 0;

	while (length < text.len && (text.at[length] == '\0' || strchr(stops, text.at[length]) == NULL))
		length++;
	return length;
}

static void parse(struct slice text, struct uri *ret_uri)
{
	struct uri uri = { 0 };
	size_t length = run_until(text, ":/?#");

	if (length && length < text.len && text.at[length] == ':') {
		uri.scheme = slice_take(&text, length);
		text = slice_drop(text, 1);
	}
	if (slice_begins(text, SLICE("//"))) {
		(void)slice_take(&text, 2);
		uri.authority = (struct slice){ text.at ? text.at : "", run_until(text, "/?#") };
		text = slice_drop(text, uri.authority.len);
	}
	uri.path = (struct slice){ text.at, run_until(text, "?#") };
	text = slice_drop(text, uri.path.len);
	if (text.len && text.at[0] == '?') {
		text = slice_drop(text, 1);
		uri.query = (struct slice){ text.at ? text.at : "", run_until(text, "#") };
		text = slice_drop(text, uri.query.len);
	}
	if (text.len)
		uri.fragment = (struct slice){ text.at + 1, text.len - 1 };
	*ret_uri = uri;
}

static void put(char *out, size_t *length, struct slice bytes)
{
	if (bytes.at && bytes.len)
		memcpy(out + *length, bytes.at, bytes.len);
	*length += bytes.len;
}

/* Is the next segment of a path "/." or "/.."? */
static bool is_dots(struct slice path, size_t dots)
{
	return path.len > dots && slice_begins(path, (struct slice){ "/..", dots + 1 }) &&
	       (path.len == dots + 1 || path.at[dots + 1] == '/');
}

/* Without "." and "..". What is dropped leaves its "/". */
static size_t remove_dots(struct slice path, char *out)
{
	size_t length = 0;

	if (slice_begins(path, SLICE("../")))
		path = slice_drop(path, 2);
	else if (slice_begins(path, SLICE("./")))
		path = slice_drop(path, 1);
	while (path.len) {
		size_t dots = is_dots(path, 1) ? 1 : is_dots(path, 2) ? 2 : 0;
		size_t segment = 1 + run_until(slice_drop(path, 1), "/");

		if (dots == 0) {
			put(out, &length, slice_take(&path, segment));
			continue;
		}
		if (dots == 2) {
			while (length && out[length - 1] != '/')
				length--;
			length -= length > 0;
		}
		path = path.len == dots + 1 ? SLICE("/") : slice_drop(path, dots + 1);
		if (path.len == 1) {
			out[length++] = '/';
			break;
		}
	}
	return length;
}

/* `path` behind the last "/" of the base's. */
static struct slice merged(const struct uri *base, struct slice path, char *room)
{
	struct slice before = base->path;
	size_t length = 0;

	if (base->authority.at && before.len == 0)
		before = SLICE("/");
	while (before.len && before.at[before.len - 1] != '/')
		before.len--;
	put(room, &length, before);
	put(room, &length, path);
	return (struct slice){ room, length };
}

/* Without a path of its own, a link has the base's, whole, and its query where it has none itself. */
static void take_all(struct uri *link, const struct uri *base)
{
	link->scheme = base->scheme;
	link->authority = base->authority;
	link->path = base->path;
	link->query = link->query.at ? link->query : base->query;
}

static void choose(struct uri *link, const struct uri *base, char *room, char *path_room)
{
	bool same = link->scheme.at && base->scheme.at && slice_same(link->scheme, base->scheme);
	struct slice scheme = same || link->scheme.at == NULL ? base->scheme : link->scheme, path = link->path;
	bool relative = (same || link->scheme.at == NULL) && link->authority.at == NULL;

	if (relative && path.len == 0) {
		take_all(link, base);
		return;
	}
	if (relative) {
		link->authority = base->authority;
		path = path.at[0] == '/' ? path : merged(base, path, room);
	}
	link->scheme = scheme;
	link->path = (struct slice){ path_room, remove_dots(path, path_room) };
}

/* What an address without a scheme begins with, by its host: "www2." and "ftp." speak for themselves. */
static struct slice guessed_scheme(struct slice host)
{
	static const struct { struct slice start, scheme; } guesses[] = { { LIT("www"), LIT("http:") }, { LIT("ftp"), LIT("ftp:") } };

	for (size_t i = 0; i < COUNT_OF(guesses); i++) {
		struct slice rest = slice_drop(host, guesses[i].start.len);

		while (rest.len && byte_is_digit(rest.at[0]))
			rest = slice_drop(rest, 1);
		if (slice_begins_nocase(host, guesses[i].start) && rest.len && rest.at[0] == '.')
			return guesses[i].scheme;
	}
	return SLICE("");
}

static size_t compose(const struct uri *uri, char *out)
{
	size_t length = 0;

	put(out, &length, uri->scheme);
	if (uri->scheme.len)
		put(out, &length, SLICE(":"));
	else if (uri->authority.at)
		put(out, &length, guessed_scheme(uri->authority));
	if (uri->authority.at)
		put(out, &length, SLICE("//"));
	put(out, &length, uri->authority);
	put(out, &length, uri->path);
	if (uri->query.at)
		put(out, &length, SLICE("?"));
	put(out, &length, uri->query);
	if (uri->fragment.at)
		put(out, &length, SLICE("#"));
	put(out, &length, uri->fragment);
	return length;
}

enum { SEPARATORS = 16 };

enum result html_link_resolve(struct slice base, struct slice link, struct arena *arena, struct slice *ret_uri)
{
	struct uri from = { 0 }, to = { 0 };
	size_t most = base.len + link.len + SEPARATORS;
	char *room = arena_take(arena, 3 * most);

	if (room == NULL)
		return LATER;
	parse(base, &from);
	parse(link, &to);
	choose(&to, &from, room, room + most);
	*ret_uri = (struct slice){ room + 2 * most, compose(&to, room + 2 * most) };
	return OK;
}

static const struct slice schemes[] = { LIT("http:"), LIT("https:"), LIT("ftp:") };

/* "name.html" at the end is a file, of which the folder is the base: two to four bytes behind the only dot. */
static struct slice without_file(struct slice link)
{
	size_t from = link.len, name = 0, dots = 0, dot = 0;

	while (from && link.at[from - 1] != '/')
		from--;
	name = link.len - from;
	for (size_t i = from; i < link.len; i++)
		if (link.at[i] == '.') {
			dots++;
			dot = i;
		}
	if (dots == 0 || name < 4 || dot == from || link.len - dot - 1 < 2 || link.len - dot - 1 > 4)
		return link;
	if (dots > 1) {                                  /* what stands before the dot before stays */
		while (dot > from && link.at[dot - 1] != '.')
			dot--;
		return (struct slice){ link.at, dot };
	}
	return (struct slice){ link.at, from };
}

static bool has_folder(struct slice link)
{
	struct slice behind = link;

	(void)slice_cut(&behind, ':');
	for (int i = 0; i < 2 && behind.len && behind.at[0] == '/'; i++)
		behind = slice_drop(behind, 1);
	return behind.len && behind.at[0] != '/' && slice_has(behind, '/');
}

enum result html_link_base(struct slice link, struct arena *arena, struct slice *ret_base)
{
	char *room;

	*ret_base = SLICE("");
	for (size_t i = 0; i < COUNT_OF(schemes); i++) {
		if (!slice_begins_nocase(link, schemes[i]))
			continue;
		if (has_folder(link))
			link = without_file(link);
		room = arena_take(arena, link.len + 1);
		if (room == NULL)
			return LATER;
		memcpy(room, link.at, link.len);
		room[link.len] = '/';
		*ret_base = (struct slice){ room, link.len + (link.at[link.len - 1] != '/') };
		return OK;
	}
	return OK;
}
