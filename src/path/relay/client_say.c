/* SPDX-License-Identifier: Apache-2.0 */
/* What we say: each command is written whole, with the parameters that the server has offered to understand. */
#include "relay/client_parts.h"

enum { ADDRESS_LONGEST = 512, VALUE_LONGEST = 200 };

__attribute__((format(printf, 2, 3))) static void add(struct client *client, const char *format, ...)
{
	va_list list;
	enum result result;

	if (client->stage == AT_END)
		return;
	va_start(list, format);
	result = buffer_format_list(&client->out, format, list);
	va_end(list);
	if (result != OK)
		client_end(client, SLICE("451 4.3.0 our commands do not fit, trying later"));
}

/* The command is whole. */
static void close_line(struct client *client)
{
	add(client, "\r\n");
	client->asked++;
}

void client_say_plain(struct client *client, const char *command)
{
	add(client, "%s", command);
	close_line(client);
}

/* xtext of RFC 3461 4: what is no plain ASCII, and + and =, is written as +XX. */
static void add_xtext(struct client *client, struct slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		unsigned char byte = (unsigned char)text.at[i];

		if (byte > ' ' && byte <= '~' && byte != '+' && byte != '=')
			add(client, "%c", byte);
		else
			add(client, "+%02X", byte);
	}
}

/* --- hello ------------------------------------------------------------------------------------ */

void client_say_hello(struct client *client, enum client_stage stage)
{
	client->stage = stage;
	client->features = client->attributes = 0;
	client->size_limit = 0;
	add(client, "%s %.*s", client->lmtp ? "LHLO" : stage == AT_HELO ? "HELO" : "EHLO", SHOW(client->name));
	close_line(client);
}

/* --- who brought it ------------------------------------------------------------------------------ */

static struct slice name_of(const struct client_origin *origin) { return origin->name; }
static struct slice address_of(const struct client_origin *origin) { return origin->address; }
static struct slice helo_of(const struct client_origin *origin) { return origin->helo; }

/* Postfix knows two values here; an extended conversation is one, whatever else it was. */
static struct slice protocol_of(const struct client_origin *origin)
{
	return slice_begins_nocase(origin->protocol, SLICE("SMTP")) ? SLICE("SMTP") : SLICE("ESMTP");
}

static const struct attribute {
	struct slice name;
	struct slice (*value)(const struct client_origin *origin);
} attributes[] = {
	{ LIT("NAME"), name_of }, { LIT("ADDR"), address_of }, { LIT("HELO"), helo_of }, { LIT("PROTO"), protocol_of },
};

static void note_attributes(struct client *client, struct slice names)
{
	while (names.len > 0) {
		struct slice name = slice_cut(&names, ' ');

		for (unsigned i = 0; i < COUNT_OF(attributes); i++)
			if (slice_same_nocase(name, attributes[i].name))
				client->attributes |= 1u << i;
	}
}

static void add_attribute(struct client *client, const struct attribute *attribute)
{
	struct slice value = attribute->value(&client->letter->origin);

	add(client, " %.*s=", SHOW(attribute->name));
	if (value.len == 0 || value.len > VALUE_LONGEST) {
		add(client, "[UNAVAILABLE]");
		return;
	}
	if (attribute->value == address_of && slice_has(value, ':') && !slice_begins_nocase(value, SLICE("IPV6:")))
		add(client, "IPV6:");
	add_xtext(client, value);
}

void client_say_origin(struct client *client, enum client_stage stage)
{
	client->stage = stage;
	add(client, "%s", stage == AT_XFORWARD ? "XFORWARD" : "XCLIENT");
	for (unsigned i = 0; i < COUNT_OF(attributes); i++)
		if (client->attributes & 1u << i)
			add_attribute(client, &attributes[i]);
	close_line(client);
}

/* --- MAIL, RCPT, DATA ------------------------------------------------------------------------------- */

static void add_return(struct client *client)
{
	const struct client_letter *letter = client->letter;

	if (letter->ret_full || letter->ret_headers)
		add(client, " RET=%s", letter->ret_full ? "FULL" : "HDRS");
	if (letter->envelope_id.len > 0) {
		add(client, " ENVID=");
		add_xtext(client, letter->envelope_id);
	}
}

static void say_mail(struct client *client)
{
	const struct client_letter *letter = client->letter;

	client->to_send = AT_RCPT;
	add(client, "MAIL FROM:<%.*s>", SHOW(letter->sender));
	if (client->features & CLIENT_SIZE)
		add(client, " SIZE=%llu", (unsigned long long)letter->size);
	if (letter->eight_bit && (client->features & CLIENT_EIGHT_BIT))
		add(client, " BODY=8BITMIME");
	if (letter->utf8)
		add(client, " SMTPUTF8");
	if (client->features & CLIENT_DSN)
		add_return(client);
	close_line(client);
}

static const struct { uint8_t bit; const char *name; } wishes[] = {
	{ NOTIFY_NEVER, "NEVER" }, { NOTIFY_SUCCESS, "SUCCESS" }, { NOTIFY_FAILURE, "FAILURE" }, { NOTIFY_DELAY, "DELAY" },
};

static void add_wishes(struct client *client, const struct client_recipient *recipient)
{
	const char *before = " NOTIFY=";

	for (size_t i = 0; i < COUNT_OF(wishes); i++) {
		if (!(recipient->notify & wishes[i].bit))
			continue;
		add(client, "%s%s", before, wishes[i].name);
		before = ",";
	}
	if (recipient->original.len > 0) {
		struct slice rest = recipient->original, type = slice_cut(&rest, ';');

		add(client, " ORCPT=%.*s;", SHOW(type));
		add_xtext(client, rest);
	}
}

static void say_rcpt(struct client *client)
{
	struct client_recipient *recipient = &client->letter->recipients[client->send_at];

	recipient->state = ASKED;
	client->send_at = client_next_in_state(client->letter, client->send_at, TO_ASK);
	if (client->send_at == client->letter->count)
		client->to_send = client->features & CLIENT_CHUNKING ? AT_CONTENT : AT_DATA;
	add(client, "RCPT TO:<%.*s>", SHOW(recipient->address));
	if (client->features & CLIENT_DSN)
		add_wishes(client, recipient);
	close_line(client);
}

static void say_data(struct client *client)
{
	client->to_send = AT_CONTENT;
	client_say_plain(client, "DATA");
}

static void say_next(struct client *client)
{
	if (client->to_send == AT_MAIL)
		say_mail(client);
	else if (client->to_send == AT_RCPT)
		say_rcpt(client);
	else if (client->to_send == AT_DATA)
		say_data(client);
}

void client_say_more(struct client *client)
{
	do {
		say_next(client);
	} while ((client->features & CLIENT_PIPELINING) && client->to_send != AT_CONTENT && client->stage != AT_END);
}

/* --- what can't be said ------------------------------------------------------------------------------ */

static bool has_eighth_bit(struct slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char)text.at[i] > 127)
			return true;
	return false;
}

/* May stand between < and > in a command: whatever it says, it stays one command. */
static bool can_be_said(struct slice address)
{
	for (size_t i = 0; i < address.len; i++)
		if ((unsigned char)address.at[i] < ' ' || address.at[i] == 127)
			return false;
	return address.len <= ADDRESS_LONGEST;
}

static struct slice no_conversion(struct client *client, struct slice why)
{
	int length = snprintf(client->refusal, sizeof(client->refusal),
	                      "554 5.6.3 the next hop takes no 8-bit mail, and this is not converted: %.*s",
	                      SHOW(why.len ? why : SLICE("nobody tried")));

	return (struct slice){ client->refusal, (size_t)length };
}

struct slice client_why_not(struct client *client, const struct client_letter *letter)
{
	if ((letter->utf8 || has_eighth_bit(letter->sender)) && !(letter->utf8 && (client->features & CLIENT_UTF8)))
		return SLICE("550 5.6.7 the next hop takes no UTF-8 in addresses and headers");
	if (letter->eight_bit && !(client->features & CLIENT_EIGHT_BIT))
		return no_conversion(client, letter->why_not);
	if ((client->features & CLIENT_SIZE) && client->size_limit > 0 && letter->size > client->size_limit)
		return SLICE("552 5.3.4 the message is larger than the next hop takes");
	if (!can_be_said(letter->sender))
		return SLICE("553 5.1.7 the sender's address cannot be sent on");
	return (struct slice){ 0 };
}

/* "type;address" with a type of letters and digits, as RFC 3461 4.2 has it; anything else is not passed on. */
static bool is_original(struct slice original)
{
	struct slice rest = original, type = slice_cut(&rest, ';');

	for (size_t i = 0; i < type.len; i++)
		if (!byte_is_letter(type.at[i]) && !byte_is_digit(type.at[i]) && type.at[i] != '-')
			return false;
	return type.len > 0 && rest.len > 0 && original.len <= ADDRESS_LONGEST;
}

void client_refuse_unspeakable(struct client *client)
{
	struct client_letter *letter = client->letter;

	for (size_t i = 0; i < letter->count; i++) {
		struct slice address = letter->recipients[i].address;

		letter->recipients[i].state = TO_ASK;
		if (!is_original(letter->recipients[i].original))
			letter->recipients[i].original = (struct slice){ 0 };
		if (!can_be_said(address) || address.len == 0)
			client_settle(client, i, RELAY_FAILED, SLICE("553 5.1.3 the address cannot be sent on"));
		else if (has_eighth_bit(address) && !letter->utf8)
			client_settle(client, i, RELAY_FAILED, SLICE("550 5.6.7 the next hop takes no UTF-8 in addresses"));
	}
}

/* --- what is offered ------------------------------------------------------------------------------------ */

static const struct feature { struct slice name; enum client_feature bit; } features[] = {
	{ LIT("PIPELINING"), CLIENT_PIPELINING },
	{ LIT("SIZE"),       CLIENT_SIZE },
	{ LIT("8BITMIME"),   CLIENT_EIGHT_BIT },
	{ LIT("SMTPUTF8"),   CLIENT_UTF8 },
	{ LIT("DSN"),        CLIENT_DSN },
	{ LIT("CHUNKING"),   CLIENT_CHUNKING },
	{ LIT("XFORWARD"),   CLIENT_XFORWARD },
	{ LIT("XCLIENT"),    CLIENT_XCLIENT },
	{ LIT("STARTTLS"),   CLIENT_STARTTLS },
};

static enum client_feature feature_of(struct slice word)
{
	for (size_t i = 0; i < COUNT_OF(features); i++)
		if (slice_same_nocase(word, features[i].name))
			return features[i].bit;
	return (enum client_feature)0;
}

void client_note_feature(struct client *client, struct slice line)
{
	struct slice rest = slice_drop(line, 4), word = slice_cut(&rest, ' ');
	enum client_feature feature = feature_of(word);
	uint64_t limit = 0;

	client->features |= (unsigned)feature;
	if (feature == CLIENT_SIZE && slice_number(slice_trim(rest), UINT64_MAX, &limit) == OK)
		client->size_limit = limit;
	if ((feature == CLIENT_XFORWARD && client->tells == TELLS_BY_XFORWARD) ||
	    (feature == CLIENT_XCLIENT && client->tells == TELLS_BY_XCLIENT))
		note_attributes(client, rest);
}
