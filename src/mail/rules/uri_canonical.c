/* SPDX-License-Identifier: Apache-2.0 */
/* An address is the first of a queue; what it leads on to is put behind it, up to a limit. Each of them is a mailbox or a
 * page; every step that changes it gives a form. */
#include "mail/rules/uri_canonical.h"

#include "mail/rules/reading.h"

size_t uri_find(struct slice text, const char *stops)
{
	size_t at = 0;

	while (at < text.len && (text.at[at] == '\0' || strchr(stops, text.at[at]) == NULL))
		at++;
	return at;
}

/* ---- forms ---- */

/* False: there has been too much. */
static bool charge(struct uris_reading *reading, size_t size)
{
	if (size > reading->left) {
		reading->over = true;
		reading->left = 0;
		return false;
	}
	reading->left -= size;
	return true;
}

/* What is only pointed at costs as much as a copy: each rule goes through it. */
enum result uri_add_form(struct canonical *canonical, struct slice text)
{
	struct uri_forms *forms = canonical->forms;

	if (!charge(canonical->reading, text.len))
		return OK;
	if (forms->count == forms->room) {
		size_t room = forms->room ? forms->room * 4 : 4;
		struct uri_form *list = arena_array(canonical->reading->arena, struct uri_form, room);

		if (list == NULL)
			return LATER;
		if (forms->count)
			memcpy(list, forms->list, forms->count * sizeof(*list));
		forms->list = list;
		forms->room = room;
	}
	if (text.len > URI_LENGTH) {
		text.len = URI_LENGTH;
		canonical->reading->cut = true;
	}
	forms->list[forms->count++] = (struct uri_form){ .text = text };
	return OK;
}

/* Room for a form. NULL with OK: there has been too much. */
enum result uri_take(struct canonical *canonical, size_t size, char **ret_room)
{
	struct uris_reading *reading = canonical->reading;

	*ret_room = NULL;
	if (!charge(reading, size))
		return OK;
	*ret_room = arena_take(reading->arena, size + 1);
	return *ret_room ? OK : LATER;
}

enum result uri_add_joined(struct canonical *canonical, const struct slice *list, size_t count)
{
	size_t size = 0, at = 0;
	char *room;

	for (size_t i = 0; i < count; i++)
		size += list[i].len;
	TRY(uri_take(canonical, size, &room));
	if (room == NULL)
		return OK;
	for (size_t i = 0; i < count; i++) {
		if (list[i].len)
			memcpy(room + at, list[i].at, list[i].len);
		at += list[i].len;
	}
	return uri_add_form(canonical, (struct slice){ room, size });
}

enum result uri_add_pieces(struct canonical *canonical, const struct uri_pieces *pieces, struct slice host, struct slice rest)
{
	const struct slice list[] = { pieces->scheme, host, rest };

	return uri_add_joined(canonical, list, COUNT_OF(list));
}

void uri_lead_on(struct canonical *canonical, struct slice uri)
{
	if (canonical->queue.count == URI_LEVELS)
		canonical->reading->over = true;
	else
		canonical->queue.list[canonical->queue.count++] = uri;
}

/* ---- mailboxes ---- */

static enum result add_mailbox(struct canonical *canonical, struct slice address)
{
	const struct slice list[] = { SLICE("mailto:"), address };

	return uri_add_joined(canonical, list, COUNT_OF(list));
}

/* Up to the first of `stops` behind the "@", where it is `wanted` and something stands on either side. */
static enum result add_before(struct canonical *canonical, struct slice uri, const char *stops, char wanted)
{
	size_t at = uri_find(uri, "@"), length = uri_find(slice_drop(uri, at + 1), stops);

	if (at == 0 || at >= uri.len || length == 0 || at + 1 + length >= uri.len || uri.at[at + 1 + length] != wanted)
		return OK;
	return uri_add_form(canonical, (struct slice){ uri.at, at + 1 + length });
}

static enum result add_without_blanks(struct canonical *canonical, struct slice uri)
{
	struct slice rest = uri;
	size_t at, length;

	if (slice_begins(rest, SLICE("mailto:")))
		rest = slice_drop(rest, 7);
	while (slice_begins(rest, SLICE("%20")) && rest.len > 3 && rest.at[3] != '@')
		rest = slice_drop(rest, 3);
	at = uri_find(rest, "@");
	length = uri_find(slice_drop(rest, at + 1), "?&%");
	if (at == 0 || at >= rest.len || length == 0)
		return OK;
	return add_mailbox(canonical, (struct slice){ rest.at, at + 1 + length });
}

/* The last "<address>" that begins before any "?" and "&". */
static enum result add_bracketed(struct canonical *canonical, struct slice uri)
{
	size_t close = uri.len, sign = uri.len, before = uri_find(uri, "?&");

	for (size_t at = uri.len; at-- > 0;) {
		if (uri.at[at] == '>')
			close = at;
		else if (uri.at[at] == '@')
			sign = at;
		else if (at < before && uri.at[at] == '<' && sign > at + 1 && sign + 1 < close && close < uri.len)
			return add_mailbox(canonical, (struct slice){ uri.at + at + 1, close - at - 1 });
	}
	return OK;
}

static bool is_mailbox(struct slice uri)
{
	size_t at = uri_find(uri, ":@");

	return slice_begins_nocase(uri, SLICE("mailto:")) || (at < uri.len && uri.at[at] == '@');
}

static bool has_blank_escape(struct slice uri)
{
	for (; uri.len; uri = slice_drop(uri, 1))
		if (slice_begins(uri, SLICE("%20")))
			return true;
	return false;
}

static enum result read_mailbox(struct canonical *canonical, struct slice uri)
{
	TRY(add_before(canonical, uri, "?", '?'));
	TRY(add_before(canonical, uri, "?&", '&'));
	if (has_blank_escape(uri))
		TRY(add_without_blanks(canonical, uri));
	return add_bracketed(canonical, uri);
}

/* ---- all together ---- */

/* Line ends are none of it, nor blanks around it. */
static enum result clean(struct canonical *canonical, struct slice *uri)
{
	size_t length = 0;
	char *room;

	*uri = rules_trim(*uri);
	if (uri_find(*uri, "\r\n") == uri->len)
		return OK;
	room = arena_take(canonical->reading->arena, uri->len + 1);
	if (room == NULL)
		return LATER;
	for (size_t i = 0; i < uri->len; i++)
		if (uri->at[i] != '\n' && uri->at[i] != '\r')
			room[length++] = uri->at[i];
	*uri = (struct slice){ room, length };
	return OK;
}

static bool is_fragment(struct slice uri)
{
	if (uri.len <= 1)
		return true;
	return slice_has(SLICE("#?&"), uri.at[0]) || (uri.at[0] == '/' && uri.at[1] != '/');
}

static enum result read_one(struct canonical *canonical, struct slice uri)
{
	struct slice plain;

	TRY(clean(canonical, &uri));
	TRY(uri_add_form(canonical, uri));
	if (is_fragment(uri))
		return OK;
	if (is_mailbox(uri))
		return read_mailbox(canonical, uri);
	TRY(uri_make_plain(canonical, uri, &plain));
	if (plain.len == 0)
		return OK;
	if (!slice_same(plain, uri))
		TRY(uri_add_form(canonical, plain));
	return uri_read_page(canonical, plain);
}

enum result uri_canonical(struct uris_reading *reading, struct slice raw, struct uri_forms *forms)
{
	struct canonical canonical = { .reading = reading, .forms = forms };

	uri_lead_on(&canonical, raw);
	for (size_t i = 0; i < canonical.queue.count && !reading->over; i++)
		TRY(read_one(&canonical, canonical.queue.list[i]));
	return OK;
}
