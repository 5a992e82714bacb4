/* SPDX-License-Identifier: Apache-2.0 */
/* The sender stands behind a word for it; how somebody was authenticated, in one of the rows' shapes. */
#include "mail/rules/received_parts.h"

#include "base/buffer.h"
#include "base/network.h"
#include "mail/rules/reading.h"
#include "mail/rules/shape_address.h"

enum { AUTH_MOST = 4 * 8192 };

/* ---- what stands anywhere in a line ---- */

/* The word up to its last letter, digit or "_". */
static bool word_behind(struct slice rest, struct slice *ret_word)
{
	struct slice word = slice_cut(&rest, ' ');

	while (word.len && !rules_is_word(word.at[word.len - 1]))
		word.len--;
	if (word.len == 0)
		return false;
	*ret_word = word;
	return true;
}

bool received_find_sender(struct slice line, struct slice *ret_sender)
{
	static const struct { struct slice mark; const char *next; } marks[] = {
		{ LIT("return-path:"), " " }, { LIT("return-path"), " " }, { LIT("envelope-sender"), " =" }, { LIT("envelope-from"), " =" },
	};

	for (size_t at = 0; at < line.len; at++)
		for (size_t i = 0; i < COUNT_OF(marks); i++) {
			struct slice rest = slice_drop(line, at);

			if (!slice_begins_nocase(rest, marks[i].mark))
				continue;
			rest = slice_drop(rest, marks[i].mark.len);
			if (rest.len && slice_has(slice_of(marks[i].next), rest.at[0]) && word_behind(slice_drop(rest, 1), ret_sender))
				return true;
		}
	return false;
}

static struct slice auth_field(const struct shape_found *found, char letter)
{
	return found->field[letter == 'a' ? FIELD_AUTH : FIELD_BY];
}

/* "{a}" and "{b}" in a method are what was found. */
static enum result tell_auth(const char *method, const struct shape_found *found, struct arena *arena, struct slice *ret_auth)
{
	struct buffer out;
	enum result result = OK;

	buffer_init(&out, AUTH_MOST);
	for (const char *at = method; *at && result == OK; at++)
		if (*at == '{') {
			result = buffer_add(&out, auth_field(found, at[1]));
			at += 2;
		} else {
			result = buffer_add_byte(&out, *at);
		}
	if (buffer_length(&out))
		result = arena_keep(arena, buffer_slice(&out), ret_auth);
	buffer_finish(&out);
	return result;
}

enum result received_find_auth(struct shape_line *line, struct arena *arena, struct slice *ret_auth)
{
	for (size_t i = 0; i < received_auth.count; i++) {
		const struct received_auth *row = &received_auth.list[i];
		struct shape_found found = { 0 };

		if (shape_match(row->needs, line, &found) && shape_match(row->shape, line, &found))
			return tell_auth(row->method, &found, arena, ret_auth);
	}
	return OK;
}

/* ---- fields as they are told ---- */

enum result received_clean(struct slice text, struct arena *arena, struct slice *ret_text)
{
	static const struct slice odd = { " \t\r\n\v\f\0#[]()<>|", 15 };
	char *out = arena_take(arena, text.len + 1);

	if (out == NULL)
		return LATER;
	for (size_t i = 0; i < text.len; i++)
		out[i] = slice_has(odd, text.at[i]) ? '!' : text.at[i];
	*ret_text = (struct slice){ out, text.len };
	return OK;
}

struct slice received_sender(struct slice sender)
{
	while (sender.len && (sender.at[0] == '<' || sender.at[0] == ' '))
		sender = slice_drop(sender, 1);
	while (sender.len && (sender.at[sender.len - 1] == '>' || sender.at[sender.len - 1] == ' '))
		sender.len--;
	return sender;
}

struct slice received_name(struct slice name)
{
	while (name.len && name.at[name.len - 1] == '.')
		name.len--;
	return slice_same_nocase(name, SLICE("unknown")) || slice_begins(name, SLICE("[")) ? SLICE("") : name;
}

static bool is_zeros(struct slice text)
{
	for (size_t i = 0; text.at && i < text.len; i++)
		if (text.at[i] != '0' && text.at[i] != ':')
			return false;
	return true;
}

struct slice received_ip(struct slice ip)
{
	struct slice tail, head;

	if (slice_begins_nocase(ip, SLICE("IPv6:")))
		ip = slice_drop(ip, 5);
	if (slice_begins(ip, SLICE("[")))
		ip = slice_drop(ip, 1);
	if (ip.len && ip.at[ip.len - 1] == ']')
		ip.len--;
	if (slice_has(ip, '%'))
		ip = slice_cut(&ip, '%');
	for (tail = head = ip; slice_has(tail, ':');)
		(void)slice_cut(&tail, ':');
	if (!shape_is_ipv4(tail) || tail.len == ip.len)
		return ip;
	head.len = ip.len - tail.len;
	if (head.len < 7 || !slice_ends_nocase(head, SLICE("ffff:")) || !is_zeros((struct slice){ head.at, head.len - 5 }))
		return ip;
	return tail;
}

static const struct slice private_networks[] = {
	LIT("10.0.0.0/8"), LIT("127.0.0.0/8"), LIT("169.254.0.0/16"), LIT("172.16.0.0/12"), LIT("192.168.0.0/16"),
	LIT("100.64.0.0/10"), LIT("fe80::/10"), LIT("::1/128"),
};

bool received_is_private(struct slice ip)
{
	struct in6_addr address;
	struct network network;

	if (shape_address_read(ip, &address) != OK)
		return false;
	for (size_t i = 0; i < COUNT_OF(private_networks); i++)
		if (network_parse(private_networks[i], &network) == OK && network_has(&network, &address))
			return true;
	return false;
}
