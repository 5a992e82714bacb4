/* SPDX-License-Identifier: Apache-2.0 */
/* How a header is made, whatever it says: names, their spelling and order, shapes of values, networks and domains on the
 * way, who is named where. Which fields are looked at in which way is a table. */
#include "mail/spam/maker.h"

enum { EDGE = 80, HOSTS_MOST = 32, LABELS_MOST = 3, LITERAL = 6, RECEIVED_MOST = 20 };

static const struct slice no_text = { "", 0 };

static void tell(struct maker *maker, struct slice label, struct slice text)
{
	maker_tell(maker, FEATURE_header_form, label, text);
}

/* Case matters: "Message-Id" and "Message-ID" are two programs. */
static void tell_exact(struct maker *maker, struct slice label, struct slice text)
{
	maker_add(maker, FEATURE_header_form, hash_bytes(hash_byte(hash_lower(HASH_SEED, label), '='), text), label, text);
}

static void tell_number(struct maker *maker, struct slice label, uint64_t number)
{
	maker_tell_number(maker, FEATURE_header_form, label, number);
}

/* ---- networks and domains ---- */

static bool is_host_byte(char byte)
{
	return byte_is_letter(byte) || byte_is_digit(byte) || byte == '.' || byte == '-';
}

static bool is_address(struct slice host)
{
	size_t dots = 0;

	for (size_t i = 0; i < host.len; i++) {
		if (!byte_is_digit(host.at[i]) && host.at[i] != '.')
			return false;
		dots += host.at[i] == '.';
	}
	return dots == 3;
}

/* "192.0.2.1": itself, "192.0.2" and "192.0". */
static void tell_networks(struct maker *maker, struct slice label, struct slice address)
{
	for (unsigned i = 0; i < 3 && address.len; i++) {
		tell(maker, label, address);
		while (address.len && address.at[address.len - 1] != '.')
			address.len--;
		if (address.len)
			address.len--;
	}
}

static void tell_domain(struct maker *maker, struct slice label, struct slice domain)
{
	for (unsigned labels = 1; labels <= LABELS_MOST; labels++)
		tell(maker, label, domain_end(domain, labels));
}

static void tell_host(struct maker *maker, struct slice label, struct slice host)
{
	while (host.len && host.at[host.len - 1] == '.')
		host.len--;
	while (host.len && *host.at == '.')
		host = slice_drop(host, 1);
	if (!slice_has(host, '.'))
		return;
	if (is_address(host))
		tell_networks(maker, label, host);
	else
		tell_domain(maker, label, host);
}

static void hosts_of(struct maker *maker, struct slice label, struct slice value)
{
	unsigned told = 0;

	for (size_t i = 0; i < value.len && told < HOSTS_MOST; i++) {
		size_t from = i;

		while (i < value.len && is_host_byte(value.at[i]))
			i++;
		if (i > from + 3) {
			tell_host(maker, label, (struct slice){ value.at + from, i - from });
			told++;
		}
	}
}

/* ---- ways to look at a field ---- */

static void see_shape(struct maker *maker, struct slice label, struct slice value)
{
	char room[SHAPE_MOST];

	tell_exact(maker, label, shape_of(value, room));
}

static void see_way(struct maker *maker, struct slice label, struct slice value)
{
	see_shape(maker, label, value);
	hosts_of(maker, label, value);
}

static struct slice address_in(struct slice value)
{
	const char *at = memrchr(value.at, '@', value.len);
	size_t from, until;

	if (at == NULL)
		return no_text;
	from = until = (size_t)(at - value.at);
	while (from && (is_host_byte(value.at[from - 1]) || value.at[from - 1] == '_' || value.at[from - 1] == '+'))
		from--;
	for (until++; until < value.len && is_host_byte(value.at[until]); until++)
		;
	return (struct slice){ value.at + from, until - from };
}

static struct slice domain_of(struct slice address)
{
	struct slice rest = address;

	(void)slice_cut(&rest, '@');
	return rest;
}

static void see_address(struct maker *maker, struct slice label, struct slice value)
{
	struct slice address = address_in(value);
	char room[SHAPE_MOST];

	see_shape(maker, label, value);
	if (address.len == 0)
		return;
	tell(maker, label, address);
	tell_domain(maker, label, domain_of(address));
	address.len -= domain_of(address).len;
	tell_exact(maker, label, shape_of(address, room));
}

static void see_whole(struct maker *maker, struct slice label, struct slice value)
{
	tell(maker, label, value.len > SHAPE_MOST ? (struct slice){ value.at, SHAPE_MOST } : value);
	see_shape(maker, label, value);
}

static void see_subject(struct maker *maker, struct slice label, struct slice value)
{
	size_t upper = 0, letters = 0, high = 0;

	for (size_t i = 0; i < value.len; i++) {
		letters += byte_is_letter(value.at[i]);
		upper += byte_lower(value.at[i]) != value.at[i];
		high += (unsigned char)value.at[i] >= 0x80;
	}
	see_shape(maker, label, value);
	tell_number(maker, SLICE("subject length"), small_size(value.len));
	tell_number(maker, SLICE("subject capitals in eight"), letters ? upper * 8 / letters : 9);
	tell_number(maker, SLICE("subject bytes above 127"), high != 0);
	if (slice_begins(value, SLICE("=?"))) {
		struct slice rest = slice_drop(value, 2);

		tell(maker, SLICE("subject charset"), slice_cut(&rest, '?'));
		tell(maker, SLICE("subject encoding"), slice_cut(&rest, '?'));
	}
}

static void see_date(struct maker *maker, struct slice label, struct slice value)
{
	struct slice text = field_trim(value);
	int64_t seconds;
	unsigned faults = 0;

	see_shape(maker, label, text);
	tell_number(maker, SLICE("date faults"), date_read(value, &seconds, &faults) == OK ? faults : 99);
	for (size_t i = text.len; i-- > 0;)
		if (text.at[i] == '+' || text.at[i] == '-') {
			tell(maker, SLICE("time zone"), (struct slice){ text.at + i, text.len - i });
			return;
		}
}

/* "----=_NextPart_000_0012": its first bytes as they are, then its shape. */
static void see_type(struct maker *maker, struct slice label, struct slice value)
{
	struct slice rest = value, head = slice_cut(&rest, ';');
	const char *found = memmem(value.at, value.len, "oundary=", 8);
	char room[SHAPE_MOST];

	tell(maker, label, field_trim(head));
	see_shape(maker, label, value);
	if (found == NULL)
		return;
	rest = slice_drop(value, (size_t)(found + 8 - value.at));
	if (rest.len && *rest.at == '"')
		rest = slice_drop(rest, 1);
	rest.len = rest.len > 60 ? 60 : rest.len;
	tell_exact(maker, SLICE("boundary"), shape_of(rest, room));
	tell_exact(maker, SLICE("boundary"), slice_take(&rest, LITERAL));
}

static const struct {
	struct slice name;
	void (*see)(struct maker *, struct slice label, struct slice value);
} fields[] = {
	{ LIT("received"), see_way }, { LIT("message-id"), see_address }, { LIT("from"), see_address },
	{ LIT("to"), see_address }, { LIT("cc"), see_address }, { LIT("reply-to"), see_address },
	{ LIT("return-path"), see_address }, { LIT("date"), see_date }, { LIT("subject"), see_subject },
	{ LIT("content-type"), see_type }, { LIT("x-mailer"), see_whole }, { LIT("user-agent"), see_whole },
	{ LIT("mime-version"), see_whole }, { LIT("content-transfer-encoding"), see_whole },
	{ LIT("x-priority"), see_whole }, { LIT("x-mimeole"), see_whole }, { LIT("importance"), see_whole },
	{ LIT("in-reply-to"), see_shape }, { LIT("references"), see_shape }, { LIT("organization"), see_whole },
};

static void see_field(struct maker *maker, const struct header *header)
{
	for (size_t i = 0; i < COUNT_OF(fields); i++)
		if (is_word(header->name, fields[i].name)) {
			fields[i].see(maker, fields[i].name, field_trim(header->value));
			return;
		}
}

/* ---- names and their order ---- */

static void see_names(struct maker *maker, const struct headers *headers)
{
	struct slice before = SLICE("the beginning");

	for (size_t i = 0; i < headers->count; i++) {
		const struct header *header = &headers->list[i];
		uint32_t hash = hash_byte(hash_lower(HASH_SEED, before), '>');

		if ((i >= EDGE && i + EDGE < headers->count) || field_is_mark(header->name))
			continue;
		tell_exact(maker, SLICE("field"), header->name);
		maker_add(maker, FEATURE_header_form, hash_lower(hash, header->name), before, header->name);
		if (header->marks)
			tell_number(maker, SLICE("odd field"), header->marks);
		before = header->name;
	}
	tell_exact(maker, SLICE("last field"), before);
}

static struct slice domain_named(const struct headers *headers, struct slice name)
{
	const struct header *header = headers_find(headers, name);

	return header ? domain_end(domain_of(address_in(header->value)), 2) : no_text;
}

/* Who agrees with From about the domain. */
static void see_agreement(struct maker *maker, const struct headers *headers)
{
	static const struct slice others[] = { LIT("return-path"), LIT("reply-to"), LIT("message-id"), LIT("to") };
	struct slice from = domain_named(headers, SLICE("from"));

	for (size_t i = 0; i < COUNT_OF(others); i++) {
		struct slice other = domain_named(headers, others[i]);

		if (other.len == 0)
			tell(maker, SLICE("no domain in"), others[i]);
		else
			tell(maker, slice_same_nocase(from, other) ? SLICE("From agrees with") : SLICE("From differs from"), others[i]);
	}
}

static void see_counts(struct maker *maker, const struct headers *headers)
{
	const struct header *to = headers_find(headers, SLICE("to"));
	unsigned received = 0, recipients = 0;

	while (received < RECEIVED_MOST && headers_nth(headers, SLICE("received"), received))
		received++;
	for (size_t i = 0; to && i < to->value.len; i++)
		recipients += to->value.at[i] == '@';
	tell_number(maker, SLICE("received"), received);
	tell_number(maker, SLICE("recipients in To"), small_size(recipients));
	tell_number(maker, SLICE("fields"), headers->count / 4);
	if (headers->broken)
		tell(maker, SLICE("a line that is no field"), no_text);
}

void header_form(struct maker *maker, const struct headers *headers, const struct sample *sample)
{
	for (size_t i = 0; i < sample->count; i++)
		see_field(maker, sample->fields[i]);
	see_names(maker, headers);
	see_agreement(maker, headers);
	see_counts(maker, headers);
}
