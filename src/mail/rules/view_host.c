/* SPDX-License-Identifier: Apache-2.0 */
/* Behind an "@" a name counts first; then the first word, or piece of one, that could be a host's name. */
#include "mail/rules/view_host.h"

#include "base/network.h"
#include "mail/rules/reading.h"
#include "mail/rules/shape_address.h"

enum { HOST_MOST = 1 + 251 + 1 + REGISTRY_LABEL_MOST };

static bool is_joined(char c)
{
	return c == '.' || c == '_' || c == '-';
}

/* ---- addresses ---- */

static bool is_edge(struct slice text, size_t at)
{
	bool before = at > 0 && rules_is_word(text.at[at - 1]), after = at < text.len && rules_is_word(text.at[at]);

	return before != after;
}

static bool find_ip(struct slice text, struct slice *ret_ip)
{
	for (size_t at = 0; at < text.len; at++) {
		size_t length = shape_address(text, at), end = at + length;

		if (length == 0 || !is_edge(text, at) || !is_edge(text, end))
			continue;
		if ((at && text.at[at - 1] == '.') || (end < text.len && text.at[end] == '.'))
			continue;
		*ret_ip = (struct slice){ text.at + at, length };
		return true;
	}
	return false;
}

/* Not with "IPv6:" before it, which SpamAssassin does not take off here. */
static enum result reverse(struct slice ip, struct arena *arena, struct slice *ret_text, bool *ret_there)
{
	char text[NETWORK_REVERSED];
	struct in6_addr address;

	*ret_there = network_address(ip, &address) == OK;
	if (!*ret_there)
		return OK;
	network_reversed(&address, text);
	return arena_keep(arena, slice_of(text), ret_text);
}

/* ---- names ---- */

static struct slice last_label(struct slice name)
{
	size_t at = name.len;

	while (at && name.at[at - 1] != '.')
		at--;
	return at ? slice_drop(name, at) : SLICE("");
}

/* The longest name that begins at `at` and ends with a top-level domain; 0: none. */
static size_t name_at(struct slice text, size_t at, const struct registry *registry)
{
	size_t end = at;

	if (at && is_joined(text.at[at - 1]))
		return 0;
	while (end < text.len && end - at < HOST_MOST && !rules_is_space(text.at[end]))
		end++;
	for (; end > at + 2; end--) {
		struct slice name = { text.at + at, end - at }, label;

		if (end < text.len && (byte_is_letter(text.at[end]) || byte_is_digit(text.at[end]) || is_joined(text.at[end])))
			continue;
		label = last_label(name);
		if (label.len && label.len + 1 < name.len && registry_is_top(registry, label))
			return name.len;
	}
	return 0;
}

static bool name_behind_at(struct slice text, const struct registry *registry, struct slice *ret_name)
{
	for (size_t at = text.len; at > 0; at--) {
		size_t length = text.at[at - 1] == '@' ? name_at(text, at, registry) : 0;

		if (length == 0)
			continue;
		*ret_name = (struct slice){ text.at + at, length };
		return registry_is_host(*ret_name);
	}
	return false;
}

static bool find_name(struct slice text, const struct registry *registry, struct slice *ret_name)
{
	if (registry == NULL)
		return false;
	if (name_behind_at(text, registry, ret_name))
		return true;
	for (size_t at = 0; at < text.len;) {
		size_t length = name_at(text, at, registry);

		*ret_name = (struct slice){ text.at + at, length };
		if (length && registry_is_host(*ret_name))
			return true;
		at += length ? length : 1;
	}
	return false;
}

/* Behind the last "@" of an address, whatever it is. */
static bool host_of_address(struct slice address, struct slice *ret_host)
{
	for (size_t at = address.len; at > 0; at--) {
		struct slice rest = slice_drop(address, at);

		if (address.at[at - 1] != '@' || rest.len == 0 || rules_is_space(rest.at[0]))
			continue;
		*ret_host = rules_cut_word(&rest);
		return true;
	}
	return false;
}

static enum result domain_of(struct slice host, const struct registry *registry, struct arena *arena, struct slice *ret_domain)
{
	char *lower = arena_take(arena, host.len + 1);

	if (lower == NULL)
		return LATER;
	for (size_t i = 0; i < host.len; i++)
		lower[i] = byte_lower(host.at[i]);
	*ret_domain = (struct slice){ lower, host.len };
	if (registry)
		*ret_domain = registry_domain(registry, *ret_domain);
	return OK;
}

enum result view_host(struct slice text, unsigned modifiers, const struct registry *registry, struct arena *arena,
                      struct slice *ret_host, bool *ret_there)
{
	struct slice found;

	if (modifiers & (HEADER_HOST | HEADER_DOMAIN))
		*ret_there = modifiers & HEADER_ADDR ? host_of_address(text, &found) : find_name(text, registry, &found);
	else
		*ret_there = find_ip(text, &found);
	if (!*ret_there)
		return OK;
	if (modifiers & HEADER_DOMAIN)
		return domain_of(found, registry, arena, ret_host);
	if (modifiers & HEADER_REVIP && !(modifiers & HEADER_HOST))
		return reverse(found, arena, ret_host, ret_there);
	*ret_host = found;
	return OK;
}
