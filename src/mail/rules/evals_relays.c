/* SPDX-License-Identifier: Apache-2.0 */
/* Names of relays are compared by their domains, which SpamAssassin takes here for their last two or three labels. */
#include "mail/rules/evals_way.h"

#include "mail/rules/reading.h"
#include "mail/rules/received_parts.h"
#include "mail/rules/shape_address.h"

struct strangers { const struct relay *list; size_t count; };

static struct strangers strangers_of(const struct eval_call *call)
{
	const struct relays *relays = &call->view->relays;

	return (struct strangers){ relays->list + relays->trusted, relays->count - relays->trusted };
}

/* ---- how many there are ---- */

enum result eval_all_trusted(struct eval_call *call)
{
	const struct relays *relays = &call->view->relays;

	call->hit = relays->trusted && relays->count == relays->trusted && relays->unread == 0;
	return OK;
}

enum result eval_no_relays(struct eval_call *call)
{
	call->hit = call->view->relays.count == 0 && call->view->relays.unread == 0;
	return OK;
}

enum result eval_relays_unparseable(struct eval_call *call)
{
	call->hit = call->view->relays.unread > 0;
	return OK;
}

/* ---- what they call themselves ---- */

/* The first that is an address decides. */
enum result eval_numeric_helo(struct eval_call *call)
{
	struct strangers strangers = strangers_of(call);

	for (size_t i = 0; i < strangers.count; i++) {
		struct slice helo = strangers.list[i].helo, address;

		address.at = helo.at;
		address.len = shape_address(helo, 0);
		if (!shape_is_ipv4(address) || (address.len < helo.len && helo.at[address.len] != ',' && helo.at[address.len] != ';'))
			continue;
		call->hit = !received_is_private(address);
		return OK;
	}
	return OK;
}

/* SpamAssassin does not ask it any more. */
enum result eval_illegal_ip(struct eval_call *call)
{
	call->hit = false;
	return OK;
}

/* "192.0.2." of "192.0.2.1", or "192.0." where `dots` is 2. */
static struct slice front_of(struct slice ip, unsigned dots)
{
	size_t length = 0;

	while (length < ip.len && dots)
		dots -= ip.at[length++] == '.';
	return (struct slice){ ip.at, length };
}

static bool is_public_ipv4(struct slice text)
{
	return shape_is_ipv4(text) && !received_is_private(text);
}

enum result eval_helo_ip_mismatch(struct eval_call *call)
{
	struct strangers strangers = strangers_of(call);

	for (size_t i = 0; i < strangers.count; i++) {
		const struct relay *relay = &strangers.list[i];

		if (is_public_ipv4(relay->helo) && is_public_ipv4(relay->ip) && !slice_begins(relay->ip, front_of(relay->helo, 3)))
			call->hit = true;
	}
	return OK;
}

static bool is_in_domain(struct slice host, struct slice domain)
{
	if (!slice_ends_nocase(host, domain))
		return false;
	return host.len == domain.len || host.at[host.len - domain.len - 1] == '.';
}

/* Of those with a public address, the one that is farthest decides. */
enum result eval_dotcom_helo(struct eval_call *call)
{
	static const struct slice domains[] = {
		LIT("lycos.com"), LIT("lycos.co.uk"), LIT("hotmail.com"), LIT("localhost.com"), LIT("excite.com"), LIT("caramail.com"),
		LIT("cs.com"), LIT("aol.com"), LIT("msn.com"), LIT("yahoo.com"), LIT("drizzle.com"),
	};
	struct strangers strangers = strangers_of(call);

	for (size_t i = 0; i < strangers.count; i++) {
		if (strangers.list[i].private)
			continue;
		call->hit = false;
		for (size_t k = 0; k < COUNT_OF(domains); k++)
			call->hit = call->hit || (strangers.list[i].no_rdns && is_in_domain(strangers.list[i].helo, domains[k]));
	}
	return OK;
}

/* ---- their names ---- */

enum result eval_sender_no_reverse(struct eval_call *call)
{
	struct strangers strangers = strangers_of(call);
	const struct relay *last = strangers.count ? &strangers.list[strangers.count - 1] : NULL;

	call->hit = last && slice_has(last->rdns, '.') && !last->private;
	return OK;
}

/* The last of the text stands at the edge of a word. */
static bool has_edge(struct slice text, struct slice last)
{
	return last.len && (text.len == last.len || rules_is_word(text.at[text.len - last.len - 1]) != rules_is_word(last.at[0]));
}

/* In these very letters. */
static bool ends_with_word(struct slice text, struct slice word)
{
	return text.len >= word.len && slice_same(slice_drop(text, text.len - word.len), word) && has_edge(text, word);
}

static bool holds_word(struct slice text, struct slice word)
{
	for (size_t end = word.len; end <= text.len; end++) {
		struct slice front = { text.at, end };

		if (slice_ends_nocase(front, word) && has_edge(front, word))
			return true;
	}
	return false;
}

enum result eval_from_domain_in_received(struct eval_call *call)
{
	const struct relays *relays = &call->view->relays;
	bool wanted = slice_same(call->arguments[1], SLICE("true")), there, found = false;
	struct slice from;

	TRY(eval_header(call, SLICE("From"), HEADER_ADDR, &from, &there));
	for (size_t i = 0; i < relays->count; i++)
		found = found || (ends_with_word(relays->list[i].rdns, call->arguments[0]) && ends_with_word(relays->list[i].by, call->arguments[0]));
	call->hit = holds_word(slice_cut(&from, '\n'), call->arguments[0]) && found == wanted;
	return OK;
}

static bool has_letter(struct slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if (byte_is_letter(text.at[i]))
			return true;
	return false;
}

/* The last labels, so many. */
static struct slice last_labels(struct slice host, unsigned labels)
{
	size_t at = host.len;

	while (at && (host.at[at - 1] != '.' || --labels))
		at--;
	return slice_drop(host, at);
}

static bool is_long_label(struct slice label)
{
	return label.len >= 3 || slice_same_nocase(label, SLICE("ie")) || slice_same_nocase(label, SLICE("fr")) ||
	       slice_same_nocase(label, SLICE("de"));
}

static struct slice domain_of(struct slice host)
{
	if (!has_letter(host) || !slice_has(host, '.'))
		return host;
	while (host.len && host.at[host.len - 1] == '.')
		host.len--;
	return last_labels(host, is_long_label(last_labels(host, 1)) ? 2 : 3);
}

/* Words, dots and "-", the last word behind a dot that is not the second character. */
static bool is_domain(struct slice text)
{
	struct slice label = last_labels(text, 1);

	if (text.at == NULL || label.len == 0 || text.len < label.len + 3 || !rules_is_word(text.at[0]))
		return false;
	for (size_t i = 0; i < text.len; i++)
		if (!rules_is_word(text.at[i]) && text.at[i] != '.' && text.at[i] != '-')
			return false;
	return !slice_has(label, '-');
}

static bool is_from_itself(const struct relay *relay, struct slice from)
{
	return (slice_same_nocase(from, SLICE("localhost")) || slice_same_nocase(from, SLICE("localhost.localdomain"))) &&
	       slice_same(relay->ip, SLICE("127.0.0.1"));
}

static bool is_other_name(struct slice by, struct slice before)
{
	if (!is_domain(before) || slice_same_nocase(by, before))
		return false;
	return !slice_same_nocase(by, SLICE("msn.com")) || !slice_same_nocase(before, SLICE("hotmail.com"));
}

/* Whoever wrote a field has another name than the field above it says. */
enum result eval_forged_trail(struct eval_call *call)
{
	struct strangers strangers = strangers_of(call);
	struct slice before = SLICE("");
	unsigned others = 0;

	for (size_t i = 0; i < strangers.count; i++) {
		struct slice by = domain_of(strangers.list[i].by), from = domain_of(strangers.list[i].rdns);
		bool named = is_domain(by);

		others += named && is_other_name(by, before);
		before = named && is_from_itself(&strangers.list[i], from) ? SLICE("") : from;
	}
	call->hit = others > 1;
	return OK;
}

/* Four numbers, which need not be those of an address. */
static bool is_dotted(struct slice text)
{
	unsigned dots = 0;

	for (size_t i = 0; i < text.len; i++) {
		bool dot = text.at[i] == '.';

		if (!dot && !byte_is_digit(text.at[i]))
			return false;
		if (dot && (i == 0 || text.at[i - 1] == '.' || i + 1 == text.len))
			return false;
		dots += dot;
	}
	return dots == 3;
}

static bool is_ip_forged(const struct relay *relay)
{
	if (!is_domain(domain_of(relay->by)) || !is_dotted(relay->helo) || !is_dotted(relay->ip))
		return false;
	return !slice_same(front_of(relay->helo, 2), front_of(relay->ip, 2)) && !received_is_private(relay->helo);
}

enum result eval_forged_ip_helo(struct eval_call *call)
{
	struct strangers strangers = strangers_of(call);

	for (size_t i = 0; i < strangers.count; i++)
		call->hit = call->hit || is_ip_forged(&strangers.list[i]);
	return OK;
}
