/* SPDX-License-Identifier: Apache-2.0 */
/* A name is made of the envelope and the zone each time it is wanted: so asking, judging and judging anew cannot differ. */
#include "mail/policy/dnsbls.h"

#include "base/idn.h"
#include "base/network.h"

#include <string.h>

/* A reversed IPv6 address, and a dot, must have room before a zone. */
enum { LABEL_MOST = 63, ZONE_MOST = IDN_NAME - NETWORK_REVERSED, TITLE_MOST = 64, RANGES_MOST = 256 };

/* ---- the section ---- */

#define ROW(...) SETTINGS_ROW(dnsbl_settings, __VA_ARGS__)
static const struct setting rows[] = { DNSBL_SETTINGS(ROW) };

static bool is_label(struct slice label)
{
	if (label.len == 0 || label.len > LABEL_MOST || label.at[0] == '-' || label.at[label.len - 1] == '-')
		return false;
	for (size_t i = 0; i < label.len; i++)
		if (!byte_is_letter(label.at[i]) && !byte_is_digit(label.at[i]) && label.at[i] != '-' && label.at[i] != '_')
			return false;
	return true;
}

/* What has two labels or more, and none of signs that could mean something else. */
static bool is_domain(struct slice text)
{
	struct slice rest = text;

	if (!slice_has(text, '.') || text.at[text.len - 1] == '.')
		return false;
	while (rest.len)
		if (!is_label(slice_cut(&rest, '.')))
			return false;
	return true;
}

static bool read_octet(struct slice text, uint8_t *ret_least, uint8_t *ret_most)
{
	struct slice rest = text, first = slice_cut(&rest, '-');
	uint64_t least, most;

	if (slice_number(first, UINT8_MAX, &least) != OK)
		return false;
	most = least;
	if (first.len < text.len && slice_number(rest, UINT8_MAX, &most) != OK)
		return false;
	*ret_least = (uint8_t)least;
	*ret_most = (uint8_t)most;
	return least <= most;
}

/* "127.0.0.4", "127.0.0.2-11", "127.0.1-2.0-255". */
static bool read_range(struct slice text, struct dnsbl_range *ret_range)
{
	struct slice rest = text;

	for (size_t i = 0; i < DNSBL_OCTETS; i++)
		if (!read_octet(slice_cut(&rest, '.'), &ret_range->least[i], &ret_range->most[i]))
			return false;
	return rest.len == 0 && text.at[text.len - 1] != '.' && ret_range->least[0] == 127 && ret_range->most[0] == 127;
}

static enum result check_title(struct slice title, struct buffer *complaint)
{
	bool good = title.len && title.len <= TITLE_MOST;

	for (size_t i = 0; i < title.len; i++)
		good = good && title.at[i] > ' ' && title.at[i] <= '~' && title.at[i] != '"' && title.at[i] != '\'';
	if (good)
		return OK;
	(void)!buffer_format(complaint, "a title is 1 to %d characters, without spaces and quotes", TITLE_MOST);
	return REFUSED;
}

static enum result check(const char *name, struct slice value, struct buffer *complaint)
{
	struct dnsbl_range range;

	if (name[0] == '\0')
		return check_title(value, complaint);
	if (slice_same(slice_of(name), SLICE("zone")) && (value.len > ZONE_MOST || !is_domain(value))) {
		(void)!buffer_format(complaint, "a zone is a name of the DNS, of at most %d characters and without a dot at its end, "
		                     "as in zen.example.org", ZONE_MOST);
		return REFUSED;
	}
	if (slice_same(slice_of(name), SLICE("answers")) && (value.len == 0 || !read_range(value, &range))) {
		(void)!buffer_add(complaint, SLICE("an answer is an address in 127.0.0.0/8, each number of which may be a range, "
		                                   "as in 127.0.0.2-11"));
		return REFUSED;
	}
	return OK;
}

const struct settings_section dnsbl_settings_section = {
	.name = "dnsbl",
	.titled = true,
	.rows = rows,
	.row_count = COUNT_OF(rows),
	.size = sizeof(struct dnsbl_settings),
	.about = "a list in the DNS of addresses or domains, for rules that ask listed(\"NAME\"); others are not asked",
	.check = check,
};

/* ---- compiling ---- */

static enum result keep_ranges(const struct list *answers, struct arena *arena, struct dnsbl *dnsbl, struct buffer *complaint)
{
	struct dnsbl_range *ranges = arena_array(arena, struct dnsbl_range, answers->count);

	if (ranges == NULL)
		return LATER;
	if (answers->count > RANGES_MOST) {
		(void)!buffer_format(complaint, "more than %d answers", RANGES_MOST);
		return REFUSED;
	}
	for (size_t i = 0; i < answers->count; i++)
		if (!read_range(answers->items[i], &ranges[i])) {
			(void)!buffer_format(complaint, "\"%.*s\" is no answer", SHOW(answers->items[i]));
			return REFUSED;
		}
	dnsbl->ranges = ranges;
	dnsbl->range_count = answers->count;
	return OK;
}

static enum result compile_one(struct settings *settings, struct slice title, struct arena *arena, struct dnsbl *dnsbl,
                               struct buffer *complaint)
{
	struct dnsbl_settings filled;

	TRY(settings_fill(settings, &dnsbl_settings_section, title, &filled));
	if (filled.zone.is.len == 0) {
		(void)!buffer_add(complaint, SLICE("no `zone`"));
		return REFUSED;
	}
	dnsbl->of = (enum dnsbl_of)filled.of.is;
	dnsbl->silent = (enum dnsbl_silent)filled.unanswered.is;
	TRY(arena_keep(arena, title, &dnsbl->title));
	TRY(arena_keep(arena, filled.zone.is, &dnsbl->zone));
	return keep_ranges(&filled.answers, arena, dnsbl, complaint);
}

enum result dnsbls_compile(struct settings *settings, struct arena *arena, struct dnsbls *ret_dnsbls, struct buffer *complaint)
{
	size_t count = settings_title_count(settings, "dnsbl");
	struct dnsbl *list;

	if (count > DNSBLS_MOST) {
		(void)!buffer_format(complaint, "more than %d lists in the DNS", DNSBLS_MOST);
		return REFUSED;
	}
	list = arena_array(arena, struct dnsbl, count);
	if (list == NULL)
		return LATER;
	for (size_t i = 0; i < count; i++) {
		struct slice title = settings_title(settings, "dnsbl", i);
		enum result result = compile_one(settings, title, arena, &list[i], complaint);

		if (result == REFUSED)
			(void)!buffer_format(complaint, " (in dnsbl \"%.*s\")", SHOW(title));
		TRY(result);
	}
	*ret_dnsbls = (struct dnsbls){ list, count };
	return OK;
}

struct dnsbl *dnsbls_find(const struct dnsbls *dnsbls, struct slice title)
{
	for (size_t i = 0; i < dnsbls->count; i++)
		if (slice_same(dnsbls->list[i].title, title))
			return &dnsbls->list[i];
	return NULL;
}

/* ---- the question ---- */

/* Others mean another machine to everybody who says them (RFC 6890): no list can know them. */
static bool is_public(const struct in6_addr *address)
{
	static const struct slice others[] = {
		LIT("0.0.0.0/8"), LIT("10.0.0.0/8"), LIT("100.64.0.0/10"), LIT("127.0.0.0/8"), LIT("169.254.0.0/16"),
		LIT("172.16.0.0/12"), LIT("192.168.0.0/16"), LIT("224.0.0.0/3"), LIT("::/96"), LIT("fc00::/7"), LIT("fe80::/10"),
		LIT("ff00::/8"),
	};
	struct network network;

	for (size_t i = 0; i < COUNT_OF(others); i++)
		if (network_parse(others[i], &network) != OK || network_has(&network, address))
			return false;
	return true;
}

static bool fits(struct slice before, const struct dnsbl *dnsbl)
{
	return before.len + 1 + dnsbl->zone.len < POLICY_LOOKUP;
}

/* Who owns a listed domain makes names below it as long as he likes: what is too long is asked for by its end. */
static struct slice fitting(struct slice name, const struct dnsbl *dnsbl)
{
	while (!fits(name, dnsbl) && slice_has(name, '.'))
		(void)slice_cut(&name, '.');
	return name;
}

/* `before` and the zone, in lower case. */
static bool join(struct slice before, const struct dnsbl *dnsbl, char ret_name[POLICY_LOOKUP])
{
	size_t used = 0;

	if (!fits(before, dnsbl))
		return false;
	for (size_t i = 0; i < before.len; i++)
		ret_name[used++] = byte_lower(before.at[i]);
	ret_name[used++] = '.';
	for (size_t i = 0; i < dnsbl->zone.len; i++)
		ret_name[used++] = byte_lower(dnsbl->zone.at[i]);
	ret_name[used] = '\0';
	return true;
}

static bool name_of_client(const struct dnsbl *dnsbl, const struct envelope *envelope, char ret_name[POLICY_LOOKUP])
{
	char reversed[NETWORK_REVERSED];
	struct in6_addr address;

	if (network_address(envelope->client_address, &address) != OK || !is_public(&address))
		return false;
	network_reversed(&address, reversed);
	return join(slice_of(reversed), dnsbl, ret_name);
}

/* A domain as a stranger said it; an address, of all digits and dots, is none. */
static bool name_of_domain(const struct dnsbl *dnsbl, struct slice domain, char ret_name[POLICY_LOOKUP])
{
	struct in6_addr address;
	struct idn ascii;
	struct slice name;

	if (domain.len && domain.at[domain.len - 1] == '.')
		domain.len--;
	if (network_address(domain, &address) == OK || idn_read(domain, &ascii) != OK)
		return false;
	name = (struct slice){ ascii.text, ascii.length };
	return is_domain(name) && is_domain(name = fitting(name, dnsbl)) && join(name, dnsbl, ret_name);
}

static struct slice behind_last(struct slice text, char sign)
{
	size_t from = text.len;

	while (from > 0 && text.at[from - 1] != sign)
		from--;
	return from ? slice_drop(text, from) : (struct slice){ 0 };
}

bool dnsbl_name(const struct dnsbl *dnsbl, const struct envelope *envelope, char ret_name[POLICY_LOOKUP])
{
	switch (dnsbl->of) {
	case DNSBL_CLIENT:
		return name_of_client(dnsbl, envelope, ret_name);
	case DNSBL_SENDER:
		return name_of_domain(dnsbl, behind_last(envelope->sender, '@'), ret_name);
	case DNSBL_HELO:
		return name_of_domain(dnsbl, envelope->helo, ret_name);
	}
	return false;
}

/* ---- the answer ---- */

static bool read_address(struct slice text, uint8_t ret_octets[DNSBL_OCTETS])
{
	struct in6_addr address;
	bool ipv6;

	if (network_plain(text, &address, &ipv6) != OK || ipv6)
		return false;
	memcpy(ret_octets, &address.s6_addr[16 - DNSBL_OCTETS], DNSBL_OCTETS);
	return true;
}

static bool is_answer(struct slice address)
{
	uint8_t octets[DNSBL_OCTETS];

	return read_address(address, octets) && octets[0] == 127 && !(octets[1] == 255 && octets[2] == 255);
}

bool policy_lookup_answers(struct slice text)
{
	bool answers = text.len == 0;

	while (text.len)
		answers |= is_answer(slice_cut(&text, ' '));
	return answers;
}

enum dnsbl_end dnsbl_answer(const struct dnsbl *dnsbl, const struct envelope *envelope, const struct evidence *evidence,
                            struct slice *ret_text)
{
	char name[POLICY_LOOKUP];

	if (!dnsbl_name(dnsbl, envelope, name))
		return DNSBL_NOT_ASKED;
	for (size_t i = 0; evidence && i < evidence->count; i++) {
		const struct answer *answer = &evidence->answers[i];

		if (answer->kind != ASK_DNS || !slice_same(answer->who, slice_of(name)))
			continue;
		if (answer->end != ANSWER_SAID || !policy_lookup_answers(answer->text))
			return DNSBL_SILENT;
		*ret_text = answer->text;
		return DNSBL_ANSWERED;
	}
	return DNSBL_SILENT;
}

static bool counts(const struct dnsbl *dnsbl, struct slice address)
{
	uint8_t octets[DNSBL_OCTETS];

	if (!is_answer(address) || !read_address(address, octets))
		return false;
	for (size_t i = 0; i < dnsbl->range_count; i++) {
		const struct dnsbl_range *range = &dnsbl->ranges[i];
		size_t within = 0;

		for (size_t k = 0; k < DNSBL_OCTETS; k++)
			within += octets[k] >= range->least[k] && octets[k] <= range->most[k];
		if (within == DNSBL_OCTETS)
			return true;
	}
	return dnsbl->range_count == 0;
}

bool dnsbl_next(const struct dnsbl *dnsbl, struct slice *text, struct slice *ret_address)
{
	while (text->len) {
		struct slice address = slice_cut(text, ' ');

		if (!counts(dnsbl, address))
			continue;
		*ret_address = address;
		return true;
	}
	return false;
}
