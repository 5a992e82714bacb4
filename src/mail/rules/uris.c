/* SPDX-License-Identifier: Apache-2.0 */
/* All that is found is put in one list and sorted, so that the same address, found twice, is one. Then each gets its
 * forms, and all forms are sorted once more. */
#include "mail/rules/uris.h"

#include "mail/rules/reading.h"
#include "mail/rules/uri_decode.h"
#include "mail/rules/uris_reading.h"

#include "base/idn.h"

#include <stdlib.h>

/* ---- what the rule files say ---- */

static enum result add_redirector(struct ruleset *set, const struct rules_line *line, struct uri_ways *ways)
{
	struct pattern_text text = { .name = SLICE("redirector_pattern"), .place = line->place };
	const char *fault = "";
	uint32_t number;

	if (regex_cut(line->value, &text.pattern, &text.flags, &fault) != OK) {
		ruleset_complain(set, line->place, "redirector_pattern: %s", fault);
		return OK;
	}
	TRY(patterns_add(ways->patterns, set, &text, &number));
	if (pattern_is_there(ways->patterns, number))
		ways->redirectors[ways->redirector_count++] = number;
	return OK;
}

enum result uri_ways_build(struct ruleset *set, struct patterns *patterns, struct arena *arena, struct uri_ways *ret_ways)
{
	struct uri_ways ways = { .patterns = patterns };
	size_t count = 0;

	TRY(registry_build(set, arena, &ways.registry));
	for (size_t i = 0; i < set->line_count; i++)
		count += slice_same(set->lines[i].directive->name, SLICE("redirector_pattern"));
	ways.redirectors = arena_array(arena, uint32_t, count + 1);
	if (ways.redirectors == NULL)
		return LATER;
	for (size_t i = 0; i < set->line_count; i++)
		if (slice_same(set->lines[i].directive->name, SLICE("redirector_pattern")))
			TRY(add_redirector(set, &set->lines[i], &ways));
	*ret_ways = ways;
	return OK;
}

/* ---- the host of an address ---- */

static size_t find(struct slice text, char byte)
{
	const char *found = text.len ? memchr(text.at, byte, text.len) : NULL;

	return found ? (size_t)(found - text.at) : text.len;
}

static struct slice last_behind(struct slice text, char byte)
{
	size_t at = text.len;

	while (at > 0 && text.at[at - 1] != byte)
		at--;
	return slice_drop(text, at);
}

static struct slice host_of_mailbox(struct slice uri)
{
	size_t sign;

	uri.len = find(uri, '?');
	sign = find(uri, '@');
	if (sign == uri.len || slice_has(slice_drop(uri, sign + 1), '@'))
		return SLICE("");
	return slice_drop(uri, sign + 1);
}

static struct slice host_of_page(struct slice uri)
{
	size_t at = 0, length = 0;

	while (at < uri.len && byte_is_letter(uri.at[at]))
		at++;
	if (at > 0 && at < uri.len && uri.at[at] == ':') {
		uri = slice_drop(uri, at + 1);
		for (at = 0; at < 2 && uri.len && uri.at[0] == '/'; at++)
			uri = slice_drop(uri, 1);
	}
	while (length < uri.len && !slice_has(SLICE("/?#"), uri.at[length]))
		length++;
	uri.len = length;
	return slice_has(uri, '@') ? last_behind(uri, '@') : uri;
}

/* Without ":80". */
static struct slice without_port(struct slice host)
{
	size_t digits = 0;

	while (digits < host.len && byte_is_digit(host.at[host.len - 1 - digits]))
		digits++;
	if (digits < host.len && host.at[host.len - 1 - digits] == ':')
		host.len -= digits + 1;
	return host;
}

/* A printable sign that is written with a percent sign: another form of it has none. */
static bool has_printable_escape(struct slice host)
{
	for (size_t i = 0; i + 2 < host.len; i++) {
		int high = hex_digit(host.at[i + 1]), low = hex_digit(host.at[i + 2]);

		if (host.at[i] == '%' && high >= 2 && high <= 7 && low >= 0 && high * 16 + low > 0x20 && high * 16 + low < 0x7f)
			return true;
	}
	return false;
}

/* Four numbers to 255, without needless zeros. */
static bool is_machine(struct slice host)
{
	size_t count = 0;

	while (count < 4 && host.len) {
		struct slice octet = slice_cut(&host, '.');
		uint64_t number;

		if (slice_number(octet, 255, &number) != OK || (octet.len > 1 && octet.at[0] == '0'))
			return false;
		count++;
		if (count == 4)
			return host.len == 0;
	}
	return false;
}

static bool has_no_host(struct slice uri)
{
	return slice_begins_nocase(uri, SLICE("javascript:")) || slice_begins_nocase(uri, SLICE("cid:")) || slice_begins_nocase(uri, SLICE("file:"));
}

static enum result lower(struct arena *arena, struct slice text, struct slice *ret_lower)
{
	char *room = arena_take(arena, text.len + 1);

	if (room == NULL)
		return LATER;
	for (size_t i = 0; i < text.len; i++)
		room[i] = byte_lower(text.at[i]);
	*ret_lower = (struct slice){ room, text.len };
	return OK;
}

enum result uri_host(const struct uris_reading *reading, struct uri_form *form)
{
	struct slice uri = form->text, host = SLICE("");
	struct idn room;

	if (slice_begins_nocase(uri, SLICE("mailto:")))
		host = host_of_mailbox(slice_drop(uri, 7));
	else if (!has_no_host(uri))
		host = without_port(host_of_page(uri));
	if (host.len == 0 || has_printable_escape(host))
		return OK;
	host = idn_ascii(host, &room);
	if (!is_machine(host) && (!registry_is_host(host) || !registry_is_known(reading->ways->registry, host)))
		return OK;
	TRY(lower(reading->arena, host, &form->host));
	form->domain = is_machine(form->host) ? form->host : registry_domain(reading->ways->registry, form->host);
	return OK;
}

/* ---- what is found ---- */

enum result uris_add(struct uris_reading *reading, const struct uri_found *found)
{
	if (reading->found_count == reading->found_room) {
		size_t room = reading->found_room ? reading->found_room * 2 : 32;
		struct uri_found *list = arena_array(reading->arena, struct uri_found, room);

		if (list == NULL)
			return LATER;
		if (reading->found_count)
			memcpy(list, reading->found, reading->found_count * sizeof(*list));
		reading->found = list;
		reading->found_room = room;
	}
	reading->found[reading->found_count++] = *found;
	return OK;
}

/* An address is there under its whole name, and, where it holds a text, as it was written too. */
static enum result add_page(struct uris_reading *reading, const struct html_page *page)
{
	for (size_t i = 0; i < page->link_count; i++)
		TRY(uris_add(reading, &(struct uri_found){ .raw = page->links[i].uri, .element = page->links[i].element }));
	for (size_t i = 0; i < page->anchor_count; i++)
		TRY(uris_add(reading, &(struct uri_found){ .raw = page->anchors[i].href, .text = page->anchors[i].text, .has_text = true }));
	return OK;
}

/* `ret_all`: no page had more links than are kept. */
static enum result find_all(struct uris_reading *reading, const struct rules_view *view, bool *ret_all)
{
	bool pages_over = false;

	uri_text_begin(reading);
	for (size_t i = 0; i < view->body.count; i++)
		TRY(uri_text_read(reading, view->body.list[i]));
	for (size_t i = 0; i < view->page_count; i++) {
		TRY(add_page(reading, &view->pages[i].html));
		reading->cut = reading->cut || view->pages[i].html.link_cut;
		pages_over = pages_over || view->pages[i].html.link_count == HTML_LINKS_MOST ||
		             view->pages[i].html.anchor_count == HTML_LINKS_MOST;
	}
	*ret_all = !pages_over;
	return OK;
}

static int by_raw(const void *a, const void *b)
{
	const struct uri_found *left = a, *right = b;

	return slice_order(left->raw, right->raw);
}

/* ---- all together ---- */

static bool has_host(const struct uri_forms *forms)
{
	for (size_t i = 0; i < forms->count; i++)
		if (forms->list[i].host.len)
			return true;
	return false;
}

/* What stands in a text must have a host that there can be: else the text says nothing of it. False: nothing else does. */
static bool is_certain(struct uri_found *found, size_t count, const struct uri_forms *forms)
{
	bool certain = has_host(forms);

	for (size_t i = 0; i < count && !has_host(forms); i++) {
		certain = certain || !found[i].wants_host;
		found[i].types = found[i].wants_host ? 0 : found[i].types;
	}
	return certain;
}

static enum result add_group(struct uris_reading *reading, size_t from, size_t to, struct uris *uris)
{
	struct uri uri = { .found = &reading->found[from], .found_count = to - from };

	TRY(uri_canonical(reading, uri.found->raw, &uri.forms));
	for (size_t i = 0; i < uri.forms.count; i++)
		TRY(uri_host(reading, &uri.forms.list[i]));
	if (!is_certain(&reading->found[from], uri.found_count, &uri.forms))
		return OK;
	uris->list[uris->count++] = uri;
	uris->text_count += uri.forms.count;
	return OK;
}

static enum result group(struct uris_reading *reading, struct uris *uris)
{
	size_t to;

	uris->list = arena_array(reading->arena, struct uri, reading->found_count + 1);
	if (uris->list == NULL)
		return LATER;
	for (size_t from = 0; from < reading->found_count; from = to) {
		for (to = from + 1; to < reading->found_count && slice_same(reading->found[from].raw, reading->found[to].raw);)
			to++;
		TRY(add_group(reading, from, to, uris));
	}
	return OK;
}

static int by_text(const void *a, const void *b)
{
	const struct slice *left = a, *right = b;

	return slice_order(*left, *right);
}

static enum result list_texts(struct uris_reading *reading, struct uris *uris)
{
	struct slice *texts = arena_array(reading->arena, struct slice, uris->text_count + 1);
	size_t count = 0, kept = 0;

	if (texts == NULL)
		return LATER;
	for (size_t i = 0; i < uris->count; i++)
		for (size_t k = 0; k < uris->list[i].forms.count; k++)
			texts[count++] = uris->list[i].forms.list[k].text;
	qsort(texts, count, sizeof(*texts), by_text);
	for (size_t i = 0; i < count; i++)
		if (kept == 0 || !slice_same(texts[kept - 1], texts[i]))
			texts[kept++] = texts[i];
	uris->texts = texts;
	uris->text_count = kept;
	return OK;
}

enum result uris_read(const struct uri_ways *ways, const struct rules_view *view, struct arena *arena, struct uris *ret_uris)
{
	struct uris_reading reading = { .ways = ways, .arena = arena, .left = URI_FORMS_BYTES };
	struct uris uris = { 0 };
	bool all;

	TRY(find_all(&reading, view, &all));
	if (reading.found_count)
		qsort(reading.found, reading.found_count, sizeof(*reading.found), by_raw);
	TRY(group(&reading, &uris));
	TRY(list_texts(&reading, &uris));
	uris.over = reading.over || !all;
	uris.cut = reading.cut;
	*ret_uris = uris;
	return OK;
}
