/* SPDX-License-Identifier: Apache-2.0 */
/* One table; a handful of ways in which a value is reached. */
#include "mail/policy/facts.h"

#include "base/settings.h"
#include "mail/policy/senders.h"

#include <inttypes.h>
#include <stdio.h>

#define NEXT(name)                                                                                                   \
	static bool name(const struct fact_row *row, const struct fact_context *context, struct slice argument,     \
	                 size_t *place, struct slice *ret_value)

/* A single value, told once. */
static bool once(size_t *place, struct slice value, struct slice *ret_value)
{
	if ((*place)++ > 0 || value.len == 0)
		return false;
	*ret_value = value;
	return true;
}

static struct slice text_at(const void *whole, size_t offset)
{
	return *(const struct slice *)(const void *)((const char *)whole + offset);
}

NEXT(of_context)
{
	(void)argument;
	return once(place, text_at(context, row->from), ret_value);
}

NEXT(of_envelope)
{
	(void)argument;
	return once(place, text_at(context->envelope, row->from), ret_value);
}

NEXT(of_flags)
{
	(void)argument;
	return once(place, context->envelope->flags & row->from ? SLICE("yes") : SLICE(""), ret_value);
}

/* The null sender is a value too: the empty one. */
NEXT(of_sender)
{
	(void)row;
	(void)argument;
	*ret_value = context->envelope->sender;
	return (*place)++ == 0;
}

NEXT(of_recipient)
{
	(void)row;
	(void)argument;
	return once(place, context->recipient ? context->recipient->address : SLICE(""), ret_value);
}

NEXT(of_profiles)
{
	(void)row;
	(void)argument;
	if (*place >= context->profile_count)
		return false;
	*ret_value = context->profiles[(*place)++];
	return true;
}

NEXT(of_direction)
{
	const uint32_t ours = ENVELOPE_TRUSTED | ENVELOPE_AUTHENTICATED | ENVELOPE_LOCAL;

	(void)row;
	(void)argument;
	return once(place, context->envelope->flags & ours ? SLICE("outbound") : SLICE("inbound"), ret_value);
}

NEXT(of_findings)
{
	(void)argument;
	while (*place < context->findings->fact_count) {
		const struct fact *fact = &context->findings->facts[(*place)++];

		if (!slice_same(fact->name, slice_of(row->finding)))
			continue;
		*ret_value = fact->value;
		return true;
	}
	return false;
}

/* "header:list-id" is how reading names them. */
NEXT(of_headers)
{
	while (*place < context->findings->fact_count) {
		const struct fact *fact = &context->findings->facts[(*place)++];
		struct slice prefix = slice_of(row->finding);

		if (!slice_begins(fact->name, prefix) ||
		    !slice_same_nocase(slice_drop(fact->name, prefix.len), argument))
			continue;
		*ret_value = fact->value;
		return true;
	}
	return false;
}

/* Of the parts, one after the other: a place counts names within parts. */
enum { NAMES_OF_A_PART = 1 << 16 };

static bool of_lists(size_t list, const struct fact_context *context, size_t *place, struct slice *ret_value)
{
	for (size_t part = *place / NAMES_OF_A_PART; part < context->findings->part_count; part++) {
		const struct found_part *found = &context->findings->parts[part];
		const struct slice *items = list ? found->facts : found->names;
		size_t count = list ? found->fact_count : found->name_count, item = *place % NAMES_OF_A_PART;

		if (item < count && item + 1 < NAMES_OF_A_PART) {
			*place = part * NAMES_OF_A_PART + item + 1;
			*ret_value = items[item];
			return true;
		}
		*place = (part + 1) * NAMES_OF_A_PART;
	}
	return false;
}

NEXT(of_part_names)
{
	(void)row;
	(void)argument;
	return of_lists(0, context, place, ret_value);
}

NEXT(of_part_facts)
{
	(void)row;
	(void)argument;
	return of_lists(1, context, place, ret_value);
}

NEXT(of_part_types)
{
	(void)row;
	(void)argument;
	if (*place >= context->findings->part_count)
		return false;
	*ret_value = context->findings->parts[(*place)++].type;
	return true;
}

/* It lasts until the next one. */
static bool number(const struct fact_context *context, uint64_t value, struct slice *ret_value)
{
	int length = snprintf(context->scratch, FACT_SCRATCH, "%" PRIu64, value);

	*ret_value = (struct slice){ context->scratch, length > 0 ? (size_t)length : 0 };
	return true;
}

NEXT(of_part_sizes)
{
	(void)row;
	(void)argument;
	if (*place >= context->findings->part_count || context->scratch == NULL)
		return false;
	return number(context, context->findings->parts[(*place)++].size, ret_value);
}

/* Of "last/1.2~base64": two numbers, so two levels down. */
NEXT(of_part_depths)
{
	struct slice path;
	uint64_t depth = 0;
	bool digit = false;

	(void)row;
	(void)argument;
	if (*place >= context->findings->part_count || context->scratch == NULL)
		return false;
	path = context->findings->parts[(*place)++].path;
	path = slice_cut(&path, '~');
	for (size_t i = 0; i < path.len; i++) {
		depth += byte_is_digit(path.at[i]) && !digit;
		digit = byte_is_digit(path.at[i]);
	}
	return number(context, depth, ret_value);
}

/* ---- lists in the DNS ---- */

NEXT(of_list)
{
	const struct dnsbl *dnsbl = context->dnsbls ? dnsbls_find(context->dnsbls, argument) : NULL;
	struct slice text = { 0 };

	(void)row;
	if (dnsbl == NULL || dnsbl_answer(dnsbl, context->envelope, context->evidence, &text) != DNSBL_ANSWERED)
		return false;
	for (size_t i = 0; i <= *place; i++)
		if (!dnsbl_next(dnsbl, &text, ret_value))
			return false;
	++*place;
	return true;
}

static unsigned list_doubts(const struct fact_context *context, struct slice argument)
{
	static const unsigned doubts[] = { [DNSBL_SKIP] = DOUBT_SKIP, [DNSBL_UNLISTED] = 0, [DNSBL_DEFER] = DOUBT_DEFER };
	const struct dnsbl *dnsbl = context->dnsbls ? dnsbls_find(context->dnsbls, argument) : NULL;
	struct slice text;

	if (dnsbl == NULL || dnsbl_answer(dnsbl, context->envelope, context->evidence, &text) != DNSBL_SILENT)
		return 0;
	return doubts[dnsbl->silent];
}

static bool is_list(const struct dnsbls *dnsbls, struct slice argument)
{
	return dnsbls && dnsbls_find(dnsbls, argument);
}

NEXT(of_silent_lists)
{
	struct slice text;

	(void)row;
	(void)argument;
	while (context->dnsbls && *place < context->dnsbls->count) {
		const struct dnsbl *dnsbl = &context->dnsbls->list[(*place)++];

		if (!dnsbl->used || dnsbl_answer(dnsbl, context->envelope, context->evidence, &text) != DNSBL_SILENT)
			continue;
		*ret_value = dnsbl->title;
		return true;
	}
	return false;
}

/* ---- what is known of the sender ---- */

enum { SECONDS_A_DAY = 86400 };

/* Nobody is known who never was heard of: 0. `from` says which name. */
static bool of_tally(const struct fact_row *row, const struct fact_context *context, size_t *place, uint64_t unit,
                     struct slice *ret_value)
{
	uint64_t value = 0;

	if ((*place)++ > 0 || context->scratch == NULL ||
	    senders_number(context->envelope, context->evidence, (enum senders_name)row->from, slice_of(row->finding), &value) ==
	            SENDERS_SILENT)
		return false;
	return number(context, value / unit, ret_value);
}

NEXT(of_tallies)
{
	(void)argument;
	return of_tally(row, context, place, 1, ret_value);
}

NEXT(of_days)
{
	(void)argument;
	return of_tally(row, context, place, SECONDS_A_DAY, ret_value);
}

static unsigned name_doubts(const struct fact_context *context, enum senders_name name)
{
	uint64_t unused;

	if (senders_number(context->envelope, context->evidence, name, SLICE("delivered"), &unused) == SENDERS_SILENT)
		return DOUBT_KEEPER;
	return 0;
}

static unsigned sender_doubts(const struct fact_context *context, struct slice argument)
{
	(void)argument;
	return name_doubts(context, SENDERS_ADDRESS);
}

static unsigned domain_doubts(const struct fact_context *context, struct slice argument)
{
	(void)argument;
	return name_doubts(context, SENDERS_DOMAIN);
}

#define ENVELOPE(field) .single = true, .next = of_envelope, .from = offsetof(struct envelope, field)
#define CONTEXT(field)  .single = true, .next = of_context, .from = offsetof(struct fact_context, field)
#define FLAG(flag)      .type = FACT_TRUTH, .single = true, .next = of_flags, .from = (flag)
/* What readers tell, and since when; one that is told anew is told by a reader of its own, see evidence.h. */
#define SINCE(text, reader) .next = of_findings, .finding = (text), .since = (reader)
#define FINDING(text)       SINCE(text, READER_WHOLE)
#define OF_PARTS            .since = READER_PARTS

const struct fact_row fact_rows[] = {
	{ "virus", FACT_TEXT, CONTEXT(virus), .about = "what a scanner found, with the scanner's name" },
	{ "unscannable", FACT_TEXT, CONTEXT(unscannable),
	  .about = "why it could not be inspected: a ceiling was hit, a scanner failed, its worker died" },
	{ "encrypted", FACT_TEXT, FINDING("encrypted"), .about = "by whom a part is encrypted: smime, pgp" },
	{ "cut", FACT_TEXT, FINDING("cut"),
	  .about = "which facts are not told whole: then the message is `unscannable`, but for signed.field" },
	{ "ambiguous", FACT_TEXT, SINCE("ambiguous", READER_PARTS), .about = "constructions that other programs may read differently" },
	{ "trusted", FLAG(ENVELOPE_TRUSTED), .about = "the client stands in `trusted`" },
	{ "authenticated", FLAG(ENVELOPE_AUTHENTICATED), .about = "the client has proven who it is" },
	{ "local", FLAG(ENVELOPE_LOCAL), .about = "submitted on this machine" },
	{ "notice", FLAG(ENVELOPE_NOTICE), .about = "a notice that we composed" },
	{ "smtputf8", FLAG(ENVELOPE_UTF8), .about = "SMTPUTF8 was asked for" },
	{ "normalised", FLAG(ENVELOPE_NORMALISED), .about = "bare CR, bare LF or NUL were put right" },
	{ "direction", FACT_WORD, .single = true, .next = of_direction, .words = "inbound outbound",
	  .about = "outbound: from trusted, authenticated or local clients" },
	{ "sender", FACT_TEXT, .single = true, .next = of_sender, .about = "the envelope's sender; '' is the null sender" },
	{ "sender.seen", FACT_NUMBER, .single = true, .next = of_tallies, .doubts = sender_doubts,
	  .from = SENDERS_ADDRESS, .finding = "delivered",
	  .about = "how many messages of this sender, from this network, were delivered before; 0: none is known of" },
	{ "sender.age", FACT_NUMBER, .single = true, .next = of_days, .doubts = sender_doubts,
	  .from = SENDERS_ADDRESS, .finding = "first",
	  .about = "days since the first of these" },
	{ "sender.domain.seen", FACT_NUMBER, .single = true, .next = of_tallies, .doubts = domain_doubts,
	  .from = SENDERS_DOMAIN, .finding = "delivered",
	  .about = "the same for the sender's domain, from whatever network: anybody can claim it" },
	{ "sender.domain.age", FACT_NUMBER, .single = true, .next = of_days, .doubts = domain_doubts,
	  .from = SENDERS_DOMAIN, .finding = "first",
	  .about = "days since the first of those" },
	{ "recipient", FACT_TEXT, .varies = true, .single = true, .next = of_recipient, .about = "the recipient for whom the rule is tried" },
	{ "profile", FACT_TEXT, .varies = true, .next = of_profiles, .about = "the profiles that hold for the recipient" },
	{ "recipients", FACT_NUMBER, .single = true, FINDING("recipients"), .about = "how many recipients the envelope has" },
	{ "client.ip", FACT_ADDRESS, ENVELOPE(client_address), .about = "the client's address" },
	{ "client.name", FACT_TEXT, ENVELOPE(client_name), .about = "the client's name, where it is known" },
	{ "helo", FACT_TEXT, ENVELOPE(helo), .about = "what the client calls itself" },
	{ "user", FACT_TEXT, ENVELOPE(user), .about = "who the client has proven to be" },
	{ "listener", FACT_TEXT, ENVELOPE(listener), .about = "the title of the `listen` section" },
	{ "protocol", FACT_TEXT, ENVELOPE(protocol), .about = "SMTP, ESMTP, ESMTPS, LMTP and so on" },
	{ "size", FACT_NUMBER, .single = true, SINCE("size", READER_FIRST), .about = "bytes of the message" },
	{ "subject", FACT_TEXT, FINDING("subject"), .about = "each Subject header" },
	{ "from", FACT_TEXT, FINDING("from"), .about = "each From header" },
	{ "from.address", FACT_TEXT, FINDING("from.address"), .about = "each address that a reader could find in the From header" },
	{ "spam.probability", FACT_NUMBER, .single = true, SINCE("spam.probability", READER_LEARNED),
	  .about = "how likely it is spam, 0.000 to 0.999, by what this site has learned; none where that is too little" },
	{ "date.epoch", FACT_NUMBER, .single = true, FINDING("date.epoch"),
	  .about = "the Date header, in seconds since 1970; none where it names no time" },
	{ "signed", FACT_TEXT, FINDING("signed"), .about = "whose signature or encryption a change could break: dkim, smime, pgp" },
	{ "signed.field", FACT_TEXT, FINDING("signed.field"), .about = "each header field that a DKIM signature covers" },
	{ "header", FACT_TEXT, .takes_name = true, .next = of_headers, .finding = "header:", .since = READER_WHOLE,
	  .about = "the values of a header, as header(\"NAME\")" },
	{ "parts", FACT_NUMBER, .single = true, SINCE("parts", READER_PARTS), .about = "how many parts the message has" },
	{ "depth", FACT_NUMBER, .single = true, SINCE("depth", READER_PARTS), .about = "how deep parts stand in parts" },
	{ "attachment.name", FACT_TEXT, .next = of_part_names, OF_PARTS, .about = "every name that a reader could give a part" },
	{ "attachment.type", FACT_TEXT, .next = of_part_types, OF_PARTS, .about = "the types that parts declare, in lower case" },
	{ "attachment.size", FACT_NUMBER, .next = of_part_sizes, OF_PARTS, .about = "the sizes of parts, decoded" },
	{ "attachment.depth", FACT_NUMBER, .next = of_part_depths, OF_PARTS, .about = "how many levels down each part stands" },
	{ "attachment.odd", FACT_TEXT, .next = of_part_facts, OF_PARTS, .about = "what is odd about parts, as in `postern scan --json`" },
	{ "listed", FACT_ADDRESS, .takes_name = true, .next = of_list, .doubts = list_doubts, .named = is_list,
	  .about = "what a `dnsbl` answered that counts, as listed(\"NAME\"), NAME its title: 127.0.0.4; none when it is not listed" },
	{ "unanswered", FACT_TEXT, .next = of_silent_lists,
	  .about = "the title of each `dnsbl` that rules ask, and that did not answer" },
};
const size_t fact_row_count = COUNT_OF(fact_rows);

const struct fact_row *fact_find(struct slice name)
{
	for (size_t i = 0; i < fact_row_count; i++)
		if (slice_same(name, slice_of(fact_rows[i].name)))
			return &fact_rows[i];
	return NULL;
}

const char *fact_nearest(struct slice wrong)
{
	static const char *const words[] = { "and", "or", "not", "in" };
	const char *known[COUNT_OF(fact_rows) + COUNT_OF(words)];

	for (size_t i = 0; i < fact_row_count; i++)
		known[i] = fact_rows[i].name;
	for (size_t i = 0; i < COUNT_OF(words); i++)
		known[fact_row_count + i] = words[i];
	return settings_nearest(wrong, known, COUNT_OF(known));
}

const char *fact_type_name(enum fact_type type)
{
	static const char *const names[] = {
		[FACT_TRUTH] = "yes or no", [FACT_TEXT] = "text",      [FACT_NUMBER] = "number",
		[FACT_WORD] = "word",       [FACT_ADDRESS] = "address",
	};

	return (unsigned)type < COUNT_OF(names) ? names[type] : "unknown";
}

bool fact_word_known(const struct fact_row *row, struct slice word)
{
	struct slice rest = slice_of(row->words);

	while (rest.len)
		if (slice_same(slice_cut(&rest, ' '), word))
			return true;
	return false;
}
