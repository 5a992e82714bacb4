/* SPDX-License-Identifier: Apache-2.0 */
/* Trust is given from above: from the machine that asks, to whoever handed it the message, as long as that is one of ours.
 * It never comes back, so that those inside and those trusted stand at the front of one list. */
#include "mail/rules/relays.h"

#include "base/buffer.h"
#include "mail/rules/shape_address.h"
#include "mail/rules/view.h"

struct walk {
	const struct trust *trust;
	struct arena *arena;
	struct relays *relays;
	size_t room, told;               /* bytes of text so far */
	bool trusted, internal, msa;     /* still; `msa`: all that follow are as the one before */
	bool has_sender;                 /* a line that was ignored told the sender of the next */
	struct slice sender;
};

/* ---- trust ---- */

static bool knows_networks(const struct trust *trust)
{
	return trust->trusted.configured || trust->internal.configured;
}

static void judge_by_networks(struct walk *walk, struct relay *relay)
{
	if (!relay->auth.len && !trust_has(&walk->trust->trusted, relay->ip)) {
		walk->trusted = walk->internal = false;
		return;
	}
	if (walk->internal && !relay->auth.len && !trust_has(&walk->trust->internal, relay->ip))
		walk->internal = false;
	walk->msa = relay->msa = trust_has(&walk->trust->msa, relay->ip);
}

static void judge(struct walk *walk, struct relay *relay)
{
	if (!walk->trusted || walk->msa)
		return;
	if (knows_networks(walk->trust))
		judge_by_networks(walk, relay);
	else if (!relay->private && !relay->auth.len)
		walk->trusted = walk->internal = false;
}

/* ---- one line ---- */

static void pass_field(struct walk *walk)
{
	walk->relays->trusted_fields += walk->trusted;
	walk->relays->internal_fields += walk->internal;
}

/* The message was fetched: what came before is the way to the mailbox that it was fetched to. */
static void begin_again(struct walk *walk)
{
	if (walk->relays->count == walk->relays->trusted)
		walk->relays->count = walk->relays->trusted = walk->relays->internal = 0;
}

static size_t length_of(const struct relay *relay)
{
	return relay->ip.len + relay->rdns.len + relay->helo.len + relay->by.len + relay->ident.len + relay->envfrom.len + relay->id.len +
	       relay->auth.len;
}

static enum result add_relay(struct walk *walk, struct relay *relay)
{
	struct relays *relays = walk->relays;

	walk->told += length_of(relay);
	if (relays->count == walk->room || walk->told > RELAYS_TEXT_MOST) {
		relays->limits++;
		return OK;
	}
	if (walk->has_sender && walk->sender.len) {
		relay->envfrom = walk->sender;
		relay->has_envfrom = true;
	}
	judge(walk, relay);
	relay->internal = walk->internal;
	relays->list[relays->count++] = *relay;
	relays->trusted += walk->trusted;
	relays->internal += walk->internal;
	pass_field(walk);
	return OK;
}

static enum result add_line(struct walk *walk, struct slice line)
{
	enum received_is is;
	struct relay relay;

	TRY(received_read(line, walk->arena, &is, &relay));
	if (is == RECEIVED_RELAY)
		TRY(add_relay(walk, &relay));
	else
		pass_field(walk);
	if (is == RECEIVED_FETCHED)
		begin_again(walk);
	walk->relays->limits += is == RECEIVED_LIMIT;
	walk->relays->unread += is == RECEIVED_UNREAD || is == RECEIVED_LIMIT;
	walk->has_sender = is == RECEIVED_IGNORED && relay.has_envfrom;
	walk->sender = relay.envfrom;
	return OK;
}

/* A header that tells one more address, behind all Received fields: the last of its name. */
static enum result add_header(struct walk *walk, const struct view_fields *fields, struct slice name)
{
	char line[128];
	struct slice ip = { 0 };
	struct buffer text;
	enum result result;

	for (size_t i = 0; i < fields->count; i++)
		if (!fields->list[i].hidden && slice_same_nocase(fields->list[i].name, name))
			ip = shape_find_address(fields->list[i].decoded);
	if (ip.len == 0 || ip.len > sizeof(line) / 2)
		return OK;
	buffer_init(&text, sizeof(line));
	result = buffer_format(&text, "from X-Originating-IP: %.*s", SHOW(ip));
	if (result == OK)
		result = add_line(walk, buffer_slice(&text));
	buffer_finish(&text);
	return result;
}

static bool is_received(const struct view_field *field)
{
	return slice_same_nocase(field->name, SLICE("Received"));
}

static size_t count_fields(const struct view_fields *fields)
{
	size_t count = 0;

	for (size_t i = 0; i < fields->count; i++)
		count += is_received(&fields->list[i]);
	return count;
}

enum result relays_read(const struct rules_view *view, const struct trust *trust, struct relays *ret_relays)
{
	const struct view_fields *fields = &view->fields;
	struct relays relays = { 0 };
	struct walk walk = { .trust = trust, .arena = view->reader->arena, .relays = &relays, .trusted = true, .internal = true };
	size_t lines = count_fields(fields), read = 0;

	walk.room = lines < RELAYS_MOST ? lines + trust->header_count : RELAYS_MOST;
	relays.list = arena_array(walk.arena, struct relay, walk.room + 1);
	if (relays.list == NULL)
		return LATER;
	for (size_t i = 0; i < fields->count && read < RELAYS_MOST; i++)
		if (is_received(&fields->list[i])) {
			TRY(add_line(&walk, fields->list[i].decoded));
			read++;
		}
	for (size_t i = 0; i < trust->header_count; i++)
		TRY(add_header(&walk, fields, trust->headers[i]));
	relays.limits += lines > read;
	*ret_relays = relays;
	return OK;
}

/* ---- what rules see ---- */

static enum result add_text(struct buffer *text, const struct relay *relay)
{
	const struct { const char *name; struct slice value; } first[] = {
		{ "ip", relay->ip }, { "rdns", relay->rdns }, { "helo", relay->helo }, { "by", relay->by }, { "ident", relay->ident },
		{ "envfrom", relay->envfrom },
	};

	TRY(buffer_add(text, SLICE("[")));
	for (size_t i = 0; i < COUNT_OF(first); i++) {
		TRY(buffer_format(text, " %s=", first[i].name));
		TRY(buffer_add(text, first[i].value));
	}
	TRY(buffer_format(text, " intl=%d id=", relay->internal));
	TRY(buffer_add(text, relay->id));
	TRY(buffer_add(text, SLICE(" auth=")));
	TRY(buffer_add(text, relay->auth));
	return buffer_format(text, " msa=%d ]", relay->msa);
}

static enum result add_texts(struct buffer *text, const struct relays *relays, size_t first, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (i)
			TRY(buffer_add(text, SLICE(" ")));
		TRY(add_text(text, &relays->list[first + i]));
	}
	return OK;
}

enum result relays_text(const struct relays *relays, size_t first, size_t count, struct arena *arena, struct slice *ret_text)
{
	struct buffer text;
	enum result result;

	buffer_init(&text, 2 * (size_t)RELAYS_TEXT_MOST);
	result = add_texts(&text, relays, first, count);
	if (result == OK)
		result = arena_keep(arena, buffer_slice(&text), ret_text);
	buffer_finish(&text);
	return result;
}
