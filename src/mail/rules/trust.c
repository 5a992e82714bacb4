/* SPDX-License-Identifier: Apache-2.0 */
/* Short forms of IPv4 are written out ("10." is 10.0.0.0/8), and bits behind the length of a network do not count. */
#include "mail/rules/relays.h"

#include "mail/rules/reading.h"
#include "mail/rules/shape_address.h"

#include <stdio.h>

enum { OCTETS = 4, NETWORK_TEXT = 64, MAPPED_BITS = 96, ALL_BITS = 128 };

static const struct slice loops[] = { LIT("127.0.0.0/8"), LIT("::1") };

/* ---- one network ---- */

static void mask(struct network *network)
{
	for (unsigned bit = network->bits; bit < ALL_BITS; bit++)
		network->address.s6_addr[bit / 8] &= (unsigned char)~(0x80u >> bit % 8);
}

/* "1.2" with 16 bits, "1.2.3.4" with 32. */
static enum result read_ipv4(struct slice text, struct in6_addr *ret_address, unsigned *ret_bits)
{
	uint64_t octets[OCTETS] = { 0 };
	char out[NETWORK_TEXT];
	unsigned count = 0;

	while (text.len && count < OCTETS)
		TRY(slice_number(slice_cut(&text, '.'), 255, &octets[count++]));
	if (text.len || count == 0)
		return REFUSED;
	(void)snprintf(out, sizeof(out), "%u.%u.%u.%u", (unsigned)octets[0], (unsigned)octets[1], (unsigned)octets[2], (unsigned)octets[3]);
	*ret_bits = 8 * count;
	return network_address(slice_of(out), ret_address);
}

static bool looks_like_ipv4(struct slice text)
{
	size_t digits = 0;

	while (digits < text.len && byte_is_digit(text.at[digits]))
		digits++;
	return digits && (digits == text.len || text.at[digits] == '.');
}

/* "24", or "255.255.255.0". */
static enum result read_length(struct slice text, bool ipv4, unsigned *ret_bits)
{
	struct in6_addr quads;
	unsigned bits = MAPPED_BITS;
	uint64_t number;

	if (!slice_has(text, '.')) {
		TRY(slice_number(text, ipv4 ? ALL_BITS - MAPPED_BITS : ALL_BITS, &number));
		*ret_bits = (unsigned)number;
		return OK;
	}
	if (!ipv4 || network_address(text, &quads) != OK)
		return REFUSED;
	while (bits < ALL_BITS && quads.s6_addr[bits / 8] & 0x80u >> bits % 8)
		bits++;
	*ret_bits = bits - MAPPED_BITS;
	for (; bits < ALL_BITS; bits++)
		if (quads.s6_addr[bits / 8] & 0x80u >> bits % 8)
			return REFUSED;
	return OK;
}

static enum result read_network(struct slice text, struct trust_network *ret_network)
{
	struct trust_network read = { .excluded = slice_begins(text, SLICE("!")) };
	struct slice length = slice_drop(text, read.excluded), address = slice_cut(&length, '/');
	bool ipv4, whole = length.at == NULL;
	unsigned bits = ALL_BITS;

	if (address.len > 1 && address.at[0] == '[' && address.at[address.len - 1] == ']')
		address = (struct slice){ address.at + 1, address.len - 2 };
	address = slice_cut(&address, '%');
	ipv4 = looks_like_ipv4(address);
	TRY(ipv4 ? read_ipv4(address, &read.network.address, &bits) : network_address(address, &read.network.address));
	if (!whole)
		TRY(read_length(length, ipv4, &bits));
	read.network.bits = ipv4 ? MAPPED_BITS + bits : bits;
	mask(&read.network);
	*ret_network = read;
	return OK;
}

bool trust_has(const struct trust_networks *networks, struct slice ip)
{
	struct in6_addr address;

	if (shape_address_read(ip, &address) != OK)
		return false;
	for (size_t i = 0; i < networks->count; i++)
		if (network_has(&networks->list[i].network, &address))
			return !networks->list[i].excluded;
	return false;
}

/* ---- the lines of a set ---- */

struct building { struct ruleset *set; struct arena *arena; struct trust *trust; const struct rules_line *line; };

static enum result add_network(struct building *building, struct trust_networks *networks, struct slice text)
{
	struct trust_network read;

	if (read_network(text, &read) != OK) {
		ruleset_complain(building->set, building->line->place, "\"%.*s\" is no network", SHOW(text));
		return OK;
	}
	read.place = building->line->place;
	if (networks->count == networks->room) {
		size_t room = networks->room ? 2 * networks->room : 16;
		struct trust_network *list = arena_array(building->arena, struct trust_network, room);

		if (list == NULL)
			return LATER;
		if (networks->count)
			memcpy(list, networks->list, networks->count * sizeof(*list));
		networks->list = list;
		networks->room = room;
	}
	networks->list[networks->count++] = read;
	return OK;
}

static enum result add_networks(struct building *building, struct trust_networks *networks)
{
	struct slice rest = building->line->value;

	while (rest.len)
		TRY(add_network(building, networks, rules_cut_word(&rest)));
	networks->configured = true;
	return OK;
}

/* The machine itself is always trusted. */
static enum result clear(struct building *building, struct trust_networks *networks)
{
	*networks = (struct trust_networks){ 0 };
	for (size_t i = 0; i < COUNT_OF(loops) && networks != &building->trust->msa; i++)
		TRY(add_network(building, networks, loops[i]));
	return OK;
}

static enum result add_trusted(struct building *building)
{
	return add_networks(building, &building->trust->trusted);
}

static enum result add_internal(struct building *building)
{
	return add_networks(building, &building->trust->internal);
}

static enum result add_msa(struct building *building)
{
	return add_networks(building, &building->trust->msa);
}

static enum result clear_trusted(struct building *building)
{
	return clear(building, &building->trust->trusted);
}

static enum result clear_internal(struct building *building)
{
	return clear(building, &building->trust->internal);
}

static enum result clear_msa(struct building *building)
{
	return clear(building, &building->trust->msa);
}

static bool has_header(const struct trust *trust, struct slice name)
{
	for (size_t i = 0; i < trust->header_count; i++)
		if (slice_same_nocase(trust->headers[i], name))
			return true;
	return false;
}

static enum result add_header(struct building *building, struct slice name)
{
	struct trust *trust = building->trust;
	struct slice *list = arena_array(building->arena, struct slice, trust->header_count + 1);

	if (list == NULL)
		return LATER;
	if (trust->header_count)
		memcpy(list, trust->headers, trust->header_count * sizeof(*list));
	list[trust->header_count++] = name;
	trust->headers = list;
	return OK;
}

/* Each once. */
static enum result add_headers(struct building *building)
{
	struct slice rest = building->line->value;

	while (rest.len) {
		struct slice name = rules_cut_word(&rest);

		if (!has_header(building->trust, name))
			TRY(add_header(building, name));
	}
	return OK;
}

static enum result clear_headers(struct building *building)
{
	building->trust->header_count = 0;
	return OK;
}

static enum result set_sender_header(struct building *building)
{
	building->trust->sender_header = rules_trim(building->line->value);
	return OK;
}

static const struct { struct slice name; enum result (*obey)(struct building *); } directives[] = {
	{ LIT("trusted_networks"), add_trusted },
	{ LIT("internal_networks"), add_internal },
	{ LIT("msa_networks"), add_msa },
	{ LIT("clear_trusted_networks"), clear_trusted },
	{ LIT("clear_internal_networks"), clear_internal },
	{ LIT("clear_msa_networks"), clear_msa },
	{ LIT("originating_ip_headers"), add_headers },
	{ LIT("clear_originating_ip_headers"), clear_headers },
	{ LIT("envelope_sender_header"), set_sender_header },
};

/* Is the network in the others, wholly? */
static bool is_within(const struct trust_network *network, const struct trust_networks *others)
{
	for (size_t i = 0; i < others->count; i++)
		if (others->list[i].network.bits <= network->network.bits && network_has(&others->list[i].network, &network->network.address))
			return !others->list[i].excluded;
	return false;
}

/* What is inside, or takes passwords, must be trusted: what is not is left out. */
static void drop_strangers(struct ruleset *set, struct trust_networks *networks, const struct trust_networks *trusted)
{
	size_t kept = 0;

	for (size_t i = 0; i < networks->count; i++) {
		const struct trust_network *network = &networks->list[i];

		if (network->excluded || is_within(network, trusted))
			networks->list[kept++] = *network;
		else
			ruleset_complain(set, network->place, "a network that is not among those trusted: it is left out");
	}
	networks->count = kept;
}

static void settle(struct ruleset *set, struct trust *trust)
{
	if (trust->trusted.configured && trust->internal.configured)
		drop_strangers(set, &trust->internal, &trust->trusted);
	else if (trust->trusted.configured)
		trust->internal = trust->trusted;
	else
		trust->trusted = trust->internal;
	if (trust->trusted.configured)
		drop_strangers(set, &trust->msa, &trust->trusted);
}

enum result trust_build(struct ruleset *set, struct arena *arena, struct trust *ret_trust)
{
	struct trust trust = { 0 };
	struct building building = { set, arena, &trust, &(struct rules_line){ 0 } };

	TRY(clear(&building, &trust.trusted));
	TRY(clear(&building, &trust.internal));
	for (size_t i = 0; i < set->line_count; i++) {
		building.line = &set->lines[i];
		for (size_t k = 0; k < COUNT_OF(directives); k++)
			if (slice_same(set->lines[i].directive->name, directives[k].name))
				TRY(directives[k].obey(&building));
	}
	settle(set, &trust);
	*ret_trust = trust;
	return OK;
}
