/* SPDX-License-Identifier: Apache-2.0 */
/* A page's address is made plain in steps; nearly all are so from the beginning, which is looked at first. */
#include "mail/rules/reading.h"
#include "mail/rules/uri_canonical.h"
#include "mail/rules/uri_decode.h"

/* "http:" and at most two slashes. */
size_t uri_scheme_length(struct slice uri)
{
	size_t length = slice_begins_nocase(uri, SLICE("https:")) ? 6 : slice_begins_nocase(uri, SLICE("http:")) ? 5 : 0;
	size_t slashes = 0;

	while (length && slashes < 2 && length + slashes < uri.len && uri.at[length + slashes] == '/')
		slashes++;
	return length + slashes;
}

static bool has_scheme(struct slice uri)
{
	size_t at = 0;

	while (at < uri.len && (rules_is_word(uri.at[at]) || uri.at[at] == '-'))
		at++;
	return at > 0 && at < uri.len && uri.at[at] == ':';
}

size_t uri_put(char *room, size_t length, struct slice text)
{
	if (text.len)
		memcpy(room + length, text.at, text.len);
	return length + text.len;
}

/* Backslashes are slashes, and "http:" has two of them. */
static size_t put_with_slashes(struct slice uri, char *room)
{
	size_t scheme = uri_scheme_length(uri), length = 0;

	if (scheme) {
		length = uri_put(room, 0, (struct slice){ uri.at, uri_find(uri, ":") + 1 });
		length = uri_put(room, length, SLICE("//"));
	}
	return uri_put(room, length, slice_drop(uri, scheme));
}

/* "http://host?" has a slash behind its host. */
static size_t mend_path(char *text, size_t length)
{
	struct slice uri = { text, length };
	size_t scheme = uri_scheme_length(uri), end;

	if (scheme < 7 || text[scheme - 1] != '/' || text[scheme - 2] != '/')
		return length;
	end = scheme + uri_find(slice_drop(uri, scheme), "/?#");
	if (end == scheme || end == length || text[end] == '/')
		return length;
	memmove(text + end + 1, text + end, length - end);
	text[end] = '/';
	return length + 1;
}

enum { MORE = 16 };              /* bytes that slashes and a scheme may add */

static bool has_pair(struct slice text, char first, char second)
{
	for (size_t i = 0; i + 1 < text.len; i++)
		if (text.at[i] == first && text.at[i + 1] == second)
			return true;
	return false;
}

/* Nearly all are. */
static bool is_plain(struct slice uri)
{
	size_t scheme = uri_scheme_length(uri), end = scheme + uri_find(slice_drop(uri, scheme), "/?#");

	if (scheme < 7 || uri.at[scheme - 1] != '/' || uri.at[scheme - 2] != '/' || (end < uri.len && uri.at[end] != '/'))
		return false;
	return !slice_has(uri, '\\') && !has_pair(uri, '&', '#') && !uri_has_escape(uri);
}

/* In `room`, which has three bytes for each of `text`. */
static enum result write_plain(const struct canonical *canonical, struct slice text, char *room, struct slice *ret_plain)
{
	size_t start = 0;

	text = (struct slice){ room, put_with_slashes(text, room) };
	if (uri_has_escape(text))
		TRY(uri_decode(canonical->reading->arena, text, &text));
	if (!has_scheme(text)) {
		struct slice scheme = slice_begins(text, SLICE("ftp.")) ? SLICE("ftp://") : SLICE("http://");

		start = scheme.len;
		memmove(room + start, text.at, text.len);
		(void)uri_put(room, 0, scheme);
	} else {
		memmove(room, text.at, text.len);
	}
	*ret_plain = (struct slice){ room, uri_entities(room, mend_path(room, start + text.len)) };
	return OK;
}

/* `ret_plain` is empty where there has been too much. */
enum result uri_make_plain(struct canonical *canonical, struct slice uri, struct slice *ret_plain)
{
	char *slashed, *room;

	*ret_plain = is_plain(uri) ? uri : SLICE("");
	if (ret_plain->len)
		return OK;
	TRY(uri_take(canonical, uri.len, &slashed));
	TRY(uri_take(canonical, uri.len * 3 + MORE, &room));
	if (slashed == NULL || room == NULL)
		return OK;
	for (size_t i = 0; i < uri.len; i++)
		slashed[i] = uri.at[i] == '\\' ? '/' : uri.at[i];
	return write_plain(canonical, (struct slice){ slashed, uri.len }, room, ret_plain);
}
