/* SPDX-License-Identifier: Apache-2.0 */
/* Where the rule set names a header for it, that one counts alone; else the last relay that is told of, and then headers
 * that mail programs leave, unless a Received field above them says that the message went further. */
#include "mail/rules/view.h"

#include "mail/rules/view_address.h"

static bool is_named(const struct view_field *field, struct slice name)
{
	return !field->hidden && slice_same_nocase(field->name, name);
}

/* The first address of the first field of that name. */
static enum result first_address(const struct rules_view *view, struct slice name, struct slice *ret_address, bool *ret_there)
{
	struct view_addresses found = { 0 };

	*ret_there = false;
	for (size_t i = 0; i < view->fields.count; i++)
		if (is_named(&view->fields.list[i], name)) {
			TRY(view_addresses_read(view->fields.list[i].raw, view->reader->arena, &found));
			break;
		}
	for (size_t i = 0; i < found.count && !*ret_there; i++)
		if (found.list[i].address.len) {
			*ret_address = found.list[i].address;
			*ret_there = true;
		}
	return OK;
}

/* "a@b", or nothing at all: the sender of notices. */
static bool is_sender(struct slice text)
{
	return text.len == 0 || (slice_has(text, '@') && text.at[0] != '@');
}

static bool relay_tells(const struct relays *relays, struct slice *ret_sender)
{
	const struct relay *relay;

	if (relays->count == 0)
		return false;
	relay = &relays->list[relays->count > relays->trusted ? relays->trusted : relays->trusted - 1];
	if (!relay->has_envfrom || !is_sender(relay->envfrom))
		return false;
	*ret_sender = relay->envfrom;
	return true;
}

static bool contains(struct slice text, struct slice word)
{
	for (; text.len >= word.len; text = slice_drop(text, 1))
		if (slice_begins(text, word))
			return true;
	return false;
}

/* A list's own sender, taken by a program that fetched the message for one of its own. */
static enum result is_fetched_from_list(const struct rules_view *view, bool *ret_fetched)
{
	struct slice sender;
	bool there;

	*ret_fetched = false;
	TRY(first_address(view, SLICE("X-Sender"), &sender, &there));
	for (size_t i = 0; there && i < view->fields.count; i++)
		if (is_named(&view->fields.list[i], SLICE("Received")) && contains(view->fields.list[i].decoded, SLICE("(fetchmail")))
			*ret_fetched = slice_has(sender, '@');
	return OK;
}

static bool is_below_received(const struct rules_view *view, struct slice name)
{
	bool received = false;

	for (size_t i = 0; i < view->fields.count; i++) {
		if (received && is_named(&view->fields.list[i], name))
			return true;
		received = received || is_named(&view->fields.list[i], SLICE("Received"));
	}
	return false;
}

enum result view_sender(const struct rules_view *view, struct slice *ret_sender, bool *ret_there)
{
	static const struct { struct slice name; bool last; } headers[] = {
		{ LIT("X-Envelope-From"), true }, { LIT("Envelope-Sender"), false }, { LIT("Return-Path"), false },
	};
	struct slice sender = SLICE("");
	bool there = false, fetched;

	*ret_there = false;
	if (view->trust && view->trust->sender_header.len) {
		TRY(first_address(view, view->trust->sender_header, &sender, &there));
		*ret_there = there && is_sender(sender);
		*ret_sender = sender;
		return OK;
	}
	if (relay_tells(&view->relays, ret_sender)) {
		*ret_there = true;
		return OK;
	}
	TRY(is_fetched_from_list(view, &fetched));
	for (size_t i = 0; i < COUNT_OF(headers) && !fetched; i++) {
		TRY(first_address(view, headers[i].name, &sender, &there));
		if (!there)
			continue;
		if (!is_below_received(view, headers[i].name)) {
			*ret_sender = sender;
			*ret_there = true;
			return OK;
		}
		if (headers[i].last)
			return OK;
	}
	return OK;
}
