/* SPDX-License-Identifier: Apache-2.0 */
/* A link is cut at the first colon, slash and question mark; nothing of it is ever asked for. */
#include "mail/spam/maker.h"

enum { LINK_MOST = 512, LINKS_MOST = 200, PATH_WORDS = 16, PATH_WORD_MOST = 32, LABELS_MOST = 4 };

struct slice domain_end(struct slice domain, unsigned labels)
{
	size_t from = domain.len;

	while (from && (domain.at[from - 1] != '.' || --labels))
		from--;
	return slice_drop(domain, from);
}

static bool is_number_host(struct slice host)
{
	for (size_t i = 0; i < host.len; i++)
		if (!byte_is_digit(host.at[i]) && host.at[i] != '.')
			return false;
	return host.len != 0;
}

static void tell(struct maker *maker, struct slice label, struct slice text)
{
	maker_tell(maker, FEATURE_link, label, text);
}

/* The host itself, its ends, or the networks that its address lies in. */
static void tell_host(struct maker *maker, struct slice host)
{
	if (!is_number_host(host)) {
		for (unsigned labels = 1; labels <= LABELS_MOST; labels++)
			tell(maker, SLICE("host"), domain_end(host, labels));
		return;
	}
	tell(maker, SLICE("a host that is a number"), SLICE(""));
	while (host.len) {
		tell(maker, SLICE("network"), host);
		while (host.len && host.at[host.len - 1] != '.')
			host.len--;
		host.len -= host.len != 0;
	}
}

static bool is_path_byte(char byte)
{
	return byte_is_letter(byte) || byte_is_digit(byte) || (unsigned char)byte >= 0x80;
}

static void tell_path(struct maker *maker, struct slice path)
{
	char room[SHAPE_MOST];
	unsigned told = 0;

	tell(maker, SLICE("path like"), shape_of(path, room));
	for (size_t i = 0; i < path.len && told < PATH_WORDS; i++) {
		size_t from = i;

		while (i < path.len && is_path_byte(path.at[i]))
			i++;
		if (i > from + 1 && i - from <= PATH_WORD_MOST) {
			tell(maker, SLICE("path"), (struct slice){ path.at + from, i - from });
			told++;
		}
	}
}

static size_t count(struct slice text, char byte)
{
	size_t found = 0;

	for (size_t i = 0; i < text.len; i++)
		found += text.at[i] == byte;
	return found;
}

static void tell_authority(struct maker *maker, struct slice authority)
{
	const char *at = authority.len ? memrchr(authority.at, '@', authority.len) : NULL;
	struct slice host = authority;

	if (at) {
		tell(maker, SLICE("a user before the host"), SLICE(""));
		host = slice_drop(authority, (size_t)(at + 1 - authority.at));
	}
	authority = host;
	host = slice_cut(&authority, ':');
	if (authority.len)
		tell(maker, SLICE("port"), authority);
	if (count(host, '%'))
		tell(maker, SLICE("a host with %"), SLICE(""));
	tell_host(maker, host);
}

void link_of(struct maker *maker, struct slice uri)
{
	struct slice rest = uri.len > LINK_MOST ? (struct slice){ uri.at, LINK_MOST } : uri, scheme, authority;
	size_t length = 0;

	if (!slice_begins_nocase(rest, SLICE("www."))) {
		if (!slice_has(rest, ':'))
			return;
		scheme = slice_cut(&rest, ':');
		tell(maker, SLICE("scheme"), scheme);
		while (rest.len && *rest.at == '/')
			rest = slice_drop(rest, 1);
	}
	while (length < rest.len && rest.at[length] != '/' && rest.at[length] != '?' && rest.at[length] != '#')
		length++;
	authority = slice_take(&rest, length);
	tell_authority(maker, authority);
	maker_tell_number(maker, FEATURE_link, SLICE("length"), small_size(uri.len));
	maker_tell_number(maker, FEATURE_link, SLICE("percent signs"), small_size(count(rest, '%')));
	if (rest.len > 1)
		tell_path(maker, rest);
}

/* ---- in a text ---- */

static bool ends_link(char byte)
{
	return (unsigned char)byte <= ' ' || byte == '<' || byte == '>' || byte == '"' || byte == ')' || byte == ']';
}

static size_t link_length(struct slice text)
{
	size_t length = 0;

	while (length < text.len && length < LINK_MOST && !ends_link(text.at[length]))
		length++;
	while (length && (text.at[length - 1] == '.' || text.at[length - 1] == ',' || text.at[length - 1] == ';'))
		length--;
	return length;
}

/* From the scheme's first letter, where "://" stands at `colon`. */
static size_t scheme_start(struct slice text, size_t colon)
{
	size_t from = colon;

	while (from && colon - from < 8 && byte_is_letter(text.at[from - 1]))
		from--;
	return from;
}

static bool links_begin(struct slice text, size_t at, size_t *ret_from)
{
	if (slice_begins(slice_drop(text, at), SLICE("://"))) {
		*ret_from = scheme_start(text, at);
		return *ret_from < at;
	}
	*ret_from = at;
	return (at == 0 || !is_path_byte(text.at[at - 1])) && slice_begins_nocase(slice_drop(text, at), SLICE("www."));
}

void links_in(struct maker *maker, struct slice text)
{
	unsigned told = 0;
	size_t from;

	for (size_t i = 0; i + 4 < text.len; i++) {
		if (told == LINKS_MOST) {
			maker->refused |= 1u << FEATURE_link;
			return;
		}
		if ((text.at[i] != ':' && (text.at[i] | 0x20) != 'w') || !links_begin(text, i, &from))
			continue;
		link_of(maker, (struct slice){ text.at + from, link_length(slice_drop(text, from)) });
		i = from + link_length(slice_drop(text, from));
		told++;
	}
}
