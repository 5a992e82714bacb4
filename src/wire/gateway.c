/* SPDX-License-Identifier: Apache-2.0 */
/* Three sections of rows, and the small grammars in their values; addresses are read by inet_pton(). */
#include "wire/gateway.h"

#include <string.h>

enum { NAME_LONGEST = 253, TEXT_LONGEST = 320, PATH_LONGEST = 4095 };

/* ---- names, targets and listeners ---- */

static bool is_label(struct slice label)
{
	if (label.len == 0 || label.len > 63 || label.at[0] == '-' || label.at[label.len - 1] == '-')
		return false;
	for (size_t i = 0; i < label.len; i++)
		if (!byte_is_letter(label.at[i]) && !byte_is_digit(label.at[i]) && label.at[i] != '-' &&
		    label.at[i] != '_')
			return false;
	return true;
}

static bool is_host_name(struct slice name)
{
	if (name.len == 0 || name.len > NAME_LONGEST || name.at[name.len - 1] == '.')
		return false;
	while (name.len)
		if (!is_label(slice_cut(&name, '.')))
			return false;
	return true;
}

static enum result port_of(struct slice text, uint16_t *ret_port)
{
	uint64_t port;

	TRY(slice_number(text, UINT16_MAX, &port));
	if (port == 0)
		return REFUSED;
	*ret_port = (uint16_t)port;
	return OK;
}

/* host, host:port, [address], [address]:port */
static enum result cut_port(struct slice text, struct slice *ret_host, bool *ret_bracketed, struct slice *ret_port)
{
	struct slice rest = text, host = slice_cut(&rest, text.len && text.at[0] == '[' ? ']' : ':');

	*ret_bracketed = text.len && text.at[0] == '[';
	if (!*ret_bracketed) {
		*ret_host = host;
		*ret_port = rest;
		return host.len < text.len && rest.len == 0 ? REFUSED : OK;     /* nothing behind the colon */
	}
	if (host.len == text.len)
		return REFUSED;
	*ret_host = slice_drop(host, 1);
	*ret_port = slice_drop(rest, 1);
	return rest.len == 0 || (rest.at[0] == ':' && rest.len > 1) ? OK : REFUSED;
}

static enum result parse_host(struct slice text, struct target *target)
{
	struct in6_addr address;
	struct slice port;
	bool bracketed, ipv6;

	TRY(cut_port(text, &target->host, &bracketed, &port));
	if (bracketed && (network_plain(target->host, &address, &ipv6) != OK || !ipv6))
		return REFUSED;
	if (!bracketed && !is_host_name(target->host))
		return REFUSED;
	return port.len ? port_of(port, &target->port) : OK;
}

static enum result parse_path(struct slice text, struct target *target)
{
	if (text.len < 2 || text.at[0] != '/' || text.len > PATH_LONGEST || slice_has(text, '\0'))
		return REFUSED;
	target->path = text;
	return OK;
}

enum result target_parse(struct slice text, struct target *ret_target)
{
	static const struct scheme {
		struct slice name;
		enum target_kind kind;
		uint16_t port;
		bool host, path;
	} schemes[] = {
		{ LIT("smtp://"), TARGET_SMTP, 25, true, false },
		{ LIT("lmtp://"), TARGET_LMTP, 24, true, true },
		{ LIT("maildir:"), TARGET_MAILDIR, 0, false, true },
	};

	for (size_t i = 0; i < COUNT_OF(schemes); i++) {
		const struct scheme *scheme = &schemes[i];
		struct target target = { .kind = scheme->kind, .port = scheme->port, .text = text };
		struct slice rest = slice_drop(text, scheme->name.len);
		bool path = rest.len && rest.at[0] == '/';

		if (!slice_begins_nocase(text, scheme->name))
			continue;
		if (path ? !scheme->path : !scheme->host)
			return REFUSED;
		if (path)
			TRY(parse_path(rest, &target));
		else
			TRY(parse_host(rest, &target));
		*ret_target = target;
		return OK;
	}
	return REFUSED;
}

enum result listen_parse(struct slice text, struct in6_addr *ret_address, uint16_t *ret_port, bool *ret_ipv6)
{
	struct slice host, port;
	struct in6_addr address;
	uint16_t number;
	bool bracketed, ipv6;

	TRY(cut_port(text, &host, &bracketed, &port));
	TRY(network_plain(host, &address, &ipv6));
	TRY(port_of(port, &number));
	if (bracketed != ipv6)
		return REFUSED;
	*ret_address = address;
	*ret_port = number;
	*ret_ipv6 = ipv6;
	return OK;
}

/* ---- the sections ---- */

static enum result meant(struct buffer *complaint, struct slice text)
{
	TRY(buffer_add(complaint, text));
	return REFUSED;
}

static enum result check_hostname(struct slice value, struct buffer *complaint)
{
	return value.len == 0 || is_host_name(value)
		   ? OK
		   : meant(complaint, SLICE("not a host name, such as mx1.example.org"));
}

static enum result check_network(struct slice value, struct buffer *complaint)
{
	struct network network;

	if (network_parse(value, &network) == OK)
		return OK;
	return meant(
	    complaint,
	    SLICE("not a network, such as 10.20.0.0/16, 2001:db8::/32 or 192.0.2.1 (no bits behind the length)"));
}

/* Only what could break a header or a command; the grammar of addresses is mail/smtp's. */
static enum result check_mailbox(struct slice value, struct buffer *complaint)
{
	bool good = value.len && value.len < TEXT_LONGEST && value.at[0] != '@' && value.at[value.len - 1] != '@';

	for (size_t i = 0; good && i < value.len; i++)
		good = value.at[i] > ' ' && value.at[i] < 0x7f && strchr("<>,;:\\\"()[]", value.at[i]) == NULL;
	return good ? OK : meant(complaint, SLICE("not an address, such as postmaster or anna@example.org"));
}

static enum result check_listen_address(struct slice value, struct buffer *complaint)
{
	struct in6_addr address;
	uint16_t port;
	bool ipv6;

	if (listen_parse(value, &address, &port, &ipv6) == OK)
		return OK;
	return meant(complaint, SLICE("not an address with port, such as 0.0.0.0:25 or [::]:25"));
}

static enum result check_listen_title(struct slice value, struct buffer *complaint)
{
	if (slice_same(value, SLICE("submit")))
		return meant(complaint, SLICE("this is the name of the local socket; another one is meant"));
	return is_label(value) ? OK : meant(complaint, SLICE("letters, digits, - and _ are meant"));
}

/* In UTF-8 it is the supervisor's to judge, who hands on its A-labels. */
static enum result check_domain_title(struct slice value, struct buffer *complaint)
{
	for (size_t i = 0; i < value.len; i++)
		if ((unsigned char)value.at[i] > 127)
			return OK;
	return is_host_name(value) ? OK : meant(complaint, SLICE("not a domain, such as example.org"));
}

static enum result check_target(struct slice value, struct buffer *complaint)
{
	struct target target;

	if (target_parse(value, &target) == OK)
		return OK;
	return meant(
	    complaint,
	    SLICE("not a target; smtp://host:port, lmtp://host:port, lmtp:///socket or maildir:/folder is meant"));
}

/* What follows the last star that was met is tried at each place. */
bool route_matches(struct slice pattern, struct slice address)
{
	size_t at = 0, star = SIZE_MAX, from = 0, i = 0;

	while (i < address.len) {
		if (at < pattern.len && pattern.at[at] == '*') {
			star = at++;
			from = i;
		} else if (at < pattern.len && byte_lower(pattern.at[at]) == byte_lower(address.at[i])) {
			at++;
			i++;
		} else if (star != SIZE_MAX) {
			at = star + 1;
			i = ++from;
		} else {
			return false;
		}
	}
	while (at < pattern.len && pattern.at[at] == '*')
		at++;
	return at == pattern.len;
}

static enum result check_route_title(struct slice value, struct buffer *complaint)
{
	struct slice rest = value, local = slice_cut(&rest, '@');

	if (local.len > 0 && rest.len > 0 && !slice_has(rest, '@') && !slice_has(rest, '*'))
		return OK;
	return meant(complaint, SLICE("an address is meant, with * for any characters before the @: a*@example.org"));
}

bool gateway_table_name(struct slice text)
{
	return is_label(text) && !slice_same(text, SLICE("callout"));
}

static enum result check_table_name(struct slice value, struct buffer *complaint)
{
	return is_label(value) ? OK : meant(complaint, SLICE("the name of a section `table` is meant"));
}

static enum result check_subaddress(struct slice value, struct buffer *complaint)
{
	bool good = value.len <= 8;

	for (size_t i = 0; good && i < value.len; i++)
		good = value.at[i] > ' ' && strchr("+-_=.#~!$&'*/?^`{|}", value.at[i]) != NULL;
	return good ? OK : meant(complaint, SLICE("signs between user and detail are meant, such as + or +-"));
}

bool domain_asks(const struct domain_settings *domain)
{
	return domain->recipients.count || domain->canonical.count || domain->virtual.count || domain->aliases.count;
}

struct check { const char *name; enum result (*good)(struct slice value, struct buffer *complaint); };

static enum result check_by(const struct check *checks, size_t count, const char *name, struct slice value,
			    struct buffer *complaint)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(checks[i].name, name) == 0)
			return checks[i].good(value, complaint);
	return OK;
}

static enum result check_gateway(const char *name, struct slice value, struct buffer *complaint)
{
	static const struct check checks[] = {
		{ "hostname", check_hostname }, { "trusted", check_network }, { "postmaster", check_mailbox },
	};

	return check_by(checks, COUNT_OF(checks), name, value, complaint);
}

static enum result check_listen(const char *name, struct slice value, struct buffer *complaint)
{
	static const struct check checks[] = {
		{ "", check_listen_title }, { "address", check_listen_address }, { "trusted", check_network },
		{ "proxy_from", check_network }, { "xclient_from", check_network }, { "xforward_from", check_network },
	};

	return check_by(checks, COUNT_OF(checks), name, value, complaint);
}

static enum result check_certificate_title(struct slice value, struct buffer *complaint)
{
	return is_host_name(value) ? OK : meant(complaint, SLICE("not a host name, such as mx1.example.org"));
}

static enum result check_certificate(const char *name, struct slice value, struct buffer *complaint)
{
	static const struct check checks[] = { { "", check_certificate_title } };

	return check_by(checks, COUNT_OF(checks), name, value, complaint);
}

static enum result check_domain(const char *name, struct slice value, struct buffer *complaint)
{
	static const struct check checks[] = {
		{ "", check_domain_title },          { "deliver", check_target },
		{ "recipients", check_table_name },  { "canonical", check_table_name },
		{ "virtual", check_table_name },     { "aliases", check_table_name },
		{ "subaddress", check_subaddress },
	};

	return check_by(checks, COUNT_OF(checks), name, value, complaint);
}

static enum result check_route(const char *name, struct slice value, struct buffer *complaint)
{
	static const struct check checks[] = { { "", check_route_title }, { "deliver", check_target } };

	return check_by(checks, COUNT_OF(checks), name, value, complaint);
}

#define ROW(...) SETTINGS_ROW(gateway_settings, __VA_ARGS__)
static const struct setting gateway_rows[] = { GATEWAY_SETTINGS(ROW) };
#undef ROW
#define ROW(...) SETTINGS_ROW(listen_settings, __VA_ARGS__)
static const struct setting listen_rows[] = { LISTEN_SETTINGS(ROW) };
#undef ROW
#define ROW(...) SETTINGS_ROW(certificate_settings, __VA_ARGS__)
static const struct setting certificate_rows[] = { CERTIFICATE_SETTINGS(ROW) };
#undef ROW
#define ROW(...) SETTINGS_ROW(domain_settings, __VA_ARGS__)
static const struct setting domain_rows[] = { DOMAIN_SETTINGS(ROW) };
#undef ROW
#define ROW(...) SETTINGS_ROW(route_settings, __VA_ARGS__)
static const struct setting route_rows[] = { ROUTE_SETTINGS(ROW) };
#undef ROW

const struct settings_section gateway_settings_section = {
	.name = "", .rows = gateway_rows, .row_count = COUNT_OF(gateway_rows), .size = sizeof(struct gateway_settings),
	.about = "what the whole gateway shares", .check = check_gateway,
};
const struct settings_section listen_settings_section = {
	.name = "listen", .titled = true, .rows = listen_rows, .row_count = COUNT_OF(listen_rows),
	.size = sizeof(struct listen_settings), .about = "where clients may connect", .check = check_listen,
};
const struct settings_section certificate_settings_section = {
	.name = "certificate", .titled = true, .rows = certificate_rows, .row_count = COUNT_OF(certificate_rows),
	.size = sizeof(struct certificate_settings),
	.about = "a certificate for TLS; the first is shown to whoever asks for no name of another",
	.check = check_certificate,
};
const struct settings_section domain_settings_section = {
	.name = "domain", .titled = true, .rows = domain_rows, .row_count = COUNT_OF(domain_rows),
	.size = sizeof(struct domain_settings), .about = "a domain whose mail we take", .check = check_domain,
};
const struct settings_section route_settings_section = {
	.name = "route", .titled = true, .rows = route_rows, .row_count = COUNT_OF(route_rows),
	.size = sizeof(struct route_settings), .about = "addresses of a domain whose mail goes elsewhere than the domain's",
	.check = check_route,
};
