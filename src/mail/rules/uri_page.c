/* SPDX-License-Identifier: Apache-2.0 */
/* The pieces of an address are taken off one by one, and what is left each time is a form; then come the redirectors. */
#include "mail/rules/uri_canonical.h"

#include "base/idn.h"
#include "mail/rules/reading.h"

/* ---- pages: the host ---- */

static bool cut_pieces(struct slice uri, struct uri_pieces *ret_pieces)
{
	struct uri_pieces pieces = { 0 };
	size_t scheme = uri_scheme_length(uri), at, host;

	if (scheme < 7 || !slice_same((struct slice){ uri.at + scheme - 2, 2 }, SLICE("//")))
		return false;
	pieces.scheme = slice_take(&uri, scheme);
	at = uri_find(uri, "@/?#");
	if (at < uri.len && uri.at[at] == '@' && uri_find(slice_drop(uri, at + 1), "/?#:") > 0)
		pieces.user = slice_take(&uri, at + 1);
	host = uri_find(uri, "/?#:");
	pieces.host = slice_take(&uri, host);
	pieces.rest = uri;
	*ret_pieces = pieces;
	return host > 0;
}

bool uri_is_http(const struct uri_pieces *pieces)
{
	return slice_same(pieces->scheme, SLICE("http://"));
}

struct slice uri_port(struct slice rest)
{
	size_t length = 0;

	if (rest.len == 0 || rest.at[0] != ':')
		return SLICE("");
	rest = slice_drop(rest, 1);
	while (length < rest.len && byte_is_digit(rest.at[length]))
		length++;
	rest.len = length;
	return rest;
}

/* What stands behind the host, without the port that a scheme has anyway. */
static struct slice without_port(const struct uri_pieces *pieces)
{
	struct slice usual = uri_is_http(pieces) ? SLICE(":80") : SLICE(":443"), rest = slice_drop(pieces->rest, usual.len);

	if (!slice_begins(pieces->rest, usual) || (rest.len && rules_is_word(rest.at[0])))
		return pieces->rest;
	return rest;
}

static enum result add_ascii_host(struct canonical *canonical, struct uri_pieces *pieces, struct slice rest)
{
	struct idn room;
	struct slice host = idn_ascii(pieces->host, &room);

	if (slice_same_nocase(host, pieces->host))
		return OK;
	TRY(arena_keep(canonical->reading->arena, host, &pieces->host));
	TRY(uri_add_pieces(canonical, pieces, pieces->host, pieces->rest));
	return uri_port(pieces->rest).len && rest.len ? uri_add_pieces(canonical, pieces, pieces->host, rest) : OK;
}

static enum result add_without_controls(struct canonical *canonical, struct uri_pieces *pieces)
{
	char *room;
	size_t length = 0;

	TRY(uri_take(canonical, pieces->host.len, &room));
	if (room == NULL)
		return OK;
	for (size_t i = 0; i < pieces->host.len; i++)
		if ((unsigned char)pieces->host.at[i] > ' ')
			room[length++] = pieces->host.at[i];
	if (length == pieces->host.len)
		return OK;
	pieces->host = (struct slice){ room, length };
	return uri_add_pieces(canonical, pieces, pieces->host, pieces->rest);
}

static bool is_alphanumeric(char c)
{
	return byte_is_letter(c) || byte_is_digit(c);
}

static enum result add_trimmed_host(struct canonical *canonical, struct uri_pieces *pieces)
{
	size_t at = uri_find(pieces->host, "@"), length;

	if (at > 0 && at < pieces->host.len) {
		pieces->host = slice_drop(pieces->host, at + 1);
		TRY(uri_add_pieces(canonical, pieces, pieces->host, pieces->rest));
	}
	for (length = pieces->host.len; length > 0 && !is_alphanumeric(pieces->host.at[length - 1]);)
		length--;
	if (length == pieces->host.len)
		return OK;
	pieces->host.len = length;
	return uri_add_pieces(canonical, pieces, pieces->host, pieces->rest);
}

/* ---- pages: where they lead ---- */

/* As one stretch of bytes, which they are where nothing was taken out. */
static enum result whole_of(struct canonical *canonical, const struct uri_pieces *pieces, struct slice *ret_whole)
{
	const struct slice list[] = { pieces->scheme, pieces->host, pieces->rest };
	size_t size = pieces->scheme.len + pieces->host.len + pieces->rest.len, length = 0;
	char *room;

	*ret_whole = (struct slice){ pieces->scheme.at, size };
	if (pieces->scheme.at + pieces->scheme.len == pieces->host.at &&
	    (pieces->rest.len == 0 || pieces->host.at + pieces->host.len == pieces->rest.at))
		return OK;
	TRY(uri_take(canonical, size, &room));
	for (size_t i = 0; room && i < COUNT_OF(list); i++)
		length = uri_put(room, length, list[i]);
	*ret_whole = (struct slice){ room, length };
	return OK;
}

static enum result try_redirectors(struct canonical *canonical, const struct uri_pieces *pieces, struct slice *ret_target)
{
	const struct uri_ways *ways = canonical->reading->ways;
	struct slice whole;

	*ret_target = SLICE("");
	if (ways->redirector_count == 0)
		return OK;
	TRY(whole_of(canonical, pieces, &whole));
	for (size_t i = 0; whole.len && i < ways->redirector_count; i++) {
		struct slice target = SLICE("");
		int found = pattern_first(ways->patterns, ways->redirectors[i], whole, &target);

		canonical->reading->over = canonical->reading->over || found == PATTERN_LIMIT;
		if (found == 1 && slice_has(target, '.')) {
			*ret_target = target;
			return OK;
		}
	}
	return OK;
}

/* The first "http:" behind the host, and what follows it. */
static struct slice inner_address(struct slice rest)
{
	for (; rest.len; rest = slice_drop(rest, 1)) {
		size_t length = slice_begins_nocase(rest, SLICE("https:")) ? 6 : slice_begins_nocase(rest, SLICE("http:")) ? 5 : 0;

		if (length && uri_find(rest, "&#") > length)
			return (struct slice){ rest.at, uri_find(rest, "&#") };
		rest = slice_drop(rest, uri_find(slice_drop(rest, 1), "hH"));
	}
	return SLICE("");
}

static enum result lead_on_from(struct canonical *canonical, const struct uri_pieces *pieces)
{
	struct slice target;

	TRY(try_redirectors(canonical, pieces, &target));
	if (target.len == 0)
		target = inner_address(pieces->rest);
	if (slice_has(target, '.'))
		uri_lead_on(canonical, target);
	return OK;
}

/* ---- all together ---- */

enum result uri_read_page(struct canonical *canonical, struct slice uri)
{
	struct uri_pieces pieces;
	struct slice first_host, rest;

	if (!cut_pieces(uri, &pieces))
		return OK;
	rest = uri_port(pieces.rest).len ? without_port(&pieces) : pieces.rest;
	if (rest.len < pieces.rest.len)
		TRY(uri_add_pieces(canonical, &pieces, pieces.host, rest));
	TRY(add_ascii_host(canonical, &pieces, rest));
	first_host = pieces.host;
	TRY(add_without_controls(canonical, &pieces));
	TRY(lead_on_from(canonical, &pieces));
	TRY(add_trimmed_host(canonical, &pieces));
	return uri_add_machine(canonical, &pieces, first_host);
}
