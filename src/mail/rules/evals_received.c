/* SPDX-License-Identifier: Apache-2.0 */
/* What a provider's own mail must have is a list of shapes: mail that claims to be the provider's, and has none of them, is
 * forged. Fields are looked at all together, with one blank between their words. */
#include "mail/rules/evals_way.h"

#include "mail/rules/reading.h"
#include "mail/rules/shape_address.h"
#include "mail/rules/shapes.h"

enum { TOKEN_LEAST = 59 };               /* of Google's own fields */

/* All functions of a message have the same steps. */
static bool find_shape(struct eval_call *call, struct slice text, const char *shape, struct shape_found *ret_found)
{
	struct shape_line line = { text, call->way->steps };
	bool matches = shape_match(shape, &line, ret_found);

	call->way->steps = line.steps;
	call->limit = call->limit || line.steps == 0;
	return matches;
}

static bool has_shape(struct eval_call *call, struct slice text, const char *shape)
{
	struct shape_found found = { 0 };

	return find_shape(call, text, shape, &found);
}

static bool has_one(struct eval_call *call, struct slice text, const char *const shapes[])
{
	for (; *shapes; shapes++)
		if (has_shape(call, text, *shapes))
			return true;
	return false;
}

static bool line_has(struct eval_call *call, struct slice text, const char *shape)
{
	while (text.len)
		if (has_shape(call, slice_cut(&text, '\n'), shape))
			return true;
	return false;
}

static enum result all_of(struct eval_call *call, struct slice name, struct slice *ret_text)
{
	bool there;

	return eval_header(call, name, 0, ret_text, &there);
}

/* All fields of the name, blanks in a row being one. */
static enum result on_one_line(struct eval_call *call, struct slice name, struct slice *ret_text)
{
	struct slice text;
	char *out;
	size_t length = 0;

	TRY(all_of(call, name, &text));
	out = arena_take(call->view->reader->arena, text.len + 1);
	if (out == NULL)
		return LATER;
	for (size_t i = 0; i < text.len; i++)
		if (!rules_is_space(text.at[i]))
			out[length++] = text.at[i];
		else if (length == 0 || out[length - 1] != ' ')
			out[length++] = ' ';
	*ret_text = (struct slice){ out, length };
	return OK;
}

static enum result received_of(struct eval_call *call, struct slice *ret_text)
{
	if (!call->way->known)
		TRY(on_one_line(call, SLICE("Received"), &call->way->received));
	call->way->known = true;
	*ret_text = call->way->received;
	return OK;
}

static enum result first_address(struct eval_call *call, struct slice name, struct slice *ret_address)
{
	struct slice text;
	bool there;

	TRY(eval_header(call, name, HEADER_ADDR, &text, &there));
	*ret_address = slice_cut(&text, '\n');
	return OK;
}

/* The address ends with the domain, at the edge of a word. */
static bool is_from(struct slice address, struct slice domain)
{
	if (!slice_ends_nocase(address, domain))
		return false;
	return address.len == domain.len || !rules_is_word(address.at[address.len - domain.len - 1]);
}

static enum result has_address(struct eval_call *call, struct slice name, bool *ret_has)
{
	struct slice text;

	TRY(all_of(call, name, &text));
	*ret_has = shape_find_address(text).len > 0;
	return OK;
}

/* ---- lists that take Received fields away ---- */

static enum result is_gated(struct eval_call *call, bool *ret_gated)
{
	static const char *const qmail[] = { "qmail %# invoked from network); %# %w %#", "qmail %# invoked by %t); %# %w %#", NULL };
	struct slice list, to, text;

	TRY(all_of(call, SLICE("Mailing-List"), &list));
	TRY(all_of(call, SLICE("Delivered-To"), &to));
	TRY(received_of(call, &text));
	*ret_gated = text.len == 0 || has_shape(call, text, "from groups.msn.com (%w.msn.com ") ||
	             (line_has(call, list, "^contact %w@%w; run by ezmlm%$") && line_has(call, to, "^mailing list %w@%w") && has_one(call, text, qmail));
	return OK;
}

enum result eval_gated(struct eval_call *call)
{
	return is_gated(call, &call->hit);
}

/* ---- AOL, Hotmail, Eudoramail ---- */

enum result eval_fake_aol_relay(struct eval_call *call)
{
	static const char *const own[] = { "/AOL-%#.%#.%#)", "ESMTP id RELAY", "ESMTP id MAILRELAY", "ESMTP id MAILIN", NULL };
	struct slice text;

	TRY(received_of(call, &text));
	call->hit = has_shape(call, text, "! rly-%A%A%1%1.") && !has_one(call, text, own);
	return OK;
}

/* "<…@server>" */
static bool is_id_of(struct slice id, struct slice server)
{
	struct slice word = slice_cut(&id, ' ');

	for (size_t at = 2; slice_begins(word, SLICE("<")) && at < word.len; at++)
		if (word.at[at] == '@' && slice_begins(slice_drop(word, at + 1), server) &&
		    slice_begins(slice_drop(word, at + 1 + server.len), SLICE(">")))
			return true;
	return false;
}

/* "<list-…@groups.msn.com>" */
static bool is_id_of_list(struct eval_call *call, struct slice id, struct slice list)
{
	if (!slice_begins(id, SLICE("<")) || !slice_begins(slice_drop(id, 1), list))
		return false;
	return has_shape(call, slice_drop(id, 1 + list.len), "^-%w@groups.msn.com>");
}

static bool is_bounce_of(struct slice sender, struct slice list)
{
	static const struct slice tail = LIT("-bounce@groups.msn.com");

	for (; sender.len >= list.len + tail.len; sender = slice_drop(sender, 1))
		if (slice_begins(sender, list) && slice_begins(slice_drop(sender, list.len), tail))
			return true;
	return false;
}

/* "x" of the field "To: <x@groups.msn.com>", and what such a list's own mail has. */
static enum result is_msn_group(struct eval_call *call, struct slice received, bool *ret_is)
{
	struct slice to, id, sender;
	struct shape_found list = { 0 }, server = { 0 };

	*ret_is = false;
	TRY(all_of(call, SLICE("To"), &to));
	if (!find_shape(call, to, "!<{d%w}@groups.msn.com>", &list) ||
	    !find_shape(call, received, "from mail pickup service by {bp%1%1.groups.msn.com}%B", &server))
		return OK;
	TRY(all_of(call, SLICE("Message-Id"), &id));
	TRY(first_address(call, SLICE("EnvelopeFrom"), &sender));
	if (slice_same(list.field[FIELD_IDENT], SLICE("notifications")))
		*ret_is = is_id_of(id, server.field[FIELD_BY]);
	else
		*ret_is = is_id_of_list(call, id, list.field[FIELD_IDENT]) && is_bounce_of(sender, list.field[FIELD_IDENT]);
	return OK;
}

static enum result is_own_hotmail(struct eval_call *call, struct slice text, bool *ret_own)
{
	static const char *const with_ip[] = {
		"from %(%W.%)hotmail.com (%w.hotmail%(.msn%).com ", "from %(%W.%)hotmail.com (%w.hotmail%(.msn%).com)",
		"from %W.hotmail.com ([%o] ", "from %W.hotmail.com ([%o])", "from %W.hotmail.com ([%o]:",
		"from %w by %w.hotmail%(.msn%).com with HTTP;", "from [66.218.%w] by %w.yahoo.com", NULL,
	};
	static const char *const with_origin[] = {
		"from %W.outbound.protection.outlook.com (%w.outbound.protection.outlook.com ",
		"from %W.outbound.protection.outlook.com (%w.outbound.protection.outlook.com)",
		"from %W.eurprd%#.prod.outlook.com (%o)", "from %W.namprd%#.prod.outlook.com (%o)", NULL,
	};
	static const char *const origins[] = { "hotmail.com", "msonline-outlook", NULL };
	struct slice origin;
	bool gated, group, ip;

	TRY(is_msn_group(call, text, &group));
	TRY(is_gated(call, &gated));
	TRY(has_address(call, SLICE("X-Originating-Ip"), &ip));
	TRY(all_of(call, SLICE("X-OriginatorOrg"), &origin));
	*ret_own = group || gated || has_shape(call, text, "from mail pickup service by hotmail.com with Microsoft SMTPSVC;") ||
	           (ip && has_one(call, text, with_ip)) || (has_one(call, origin, origins) && has_one(call, text, with_origin));
	return OK;
}

/* Whoever says to be Hotmail in a Received field, and whoever does so in From alone, are two things. */
static enum result try_hotmail(struct eval_call *call, bool received)
{
	static const char *const claims[] = { "from %Whotmail.com%B", "HELO %Whotmail.com%B", "helo=%Whotmail.com%B", NULL };
	struct slice text, from;
	bool own, claimed;

	TRY(received_of(call, &text));
	TRY(is_own_hotmail(call, text, &own));
	TRY(first_address(call, SLICE("From"), &from));
	claimed = has_one(call, text, claims);
	call->hit = !own && (received ? claimed : !claimed && is_from(from, SLICE("hotmail.com")));
	return OK;
}

enum result eval_forged_hotmail(struct eval_call *call)
{
	return try_hotmail(call, true);
}

enum result eval_no_hotmail(struct eval_call *call)
{
	return try_hotmail(call, false);
}

enum result eval_forged_eudoramail(struct eval_call *call)
{
	struct slice text, from;
	bool gated, ip;

	TRY(first_address(call, SLICE("From"), &from));
	TRY(received_of(call, &text));
	TRY(has_address(call, SLICE("X-Sender-Ip"), &ip));
	TRY(is_gated(call, &gated));
	call->hit = is_from(from, SLICE("eudoramail.com")) && !gated && !(ip && has_shape(call, text, "by %Wwhowhere.com;"));
	return OK;
}

/* ---- Yahoo, Juno, Gmail ---- */

static enum result yahoo_text(struct eval_call *call, struct slice *ret_text)
{
	struct slice from, to, other;

	TRY(received_of(call, ret_text));
	TRY(all_of(call, SLICE("Resent-From"), &from));
	TRY(all_of(call, SLICE("Resent-To"), &to));
	TRY(on_one_line(call, SLICE("X-Received"), &other));
	if (from.len && to.len && other.len)
		*ret_text = other;
	return OK;
}

/* In small letters. */
static bool is_of_yahoo(struct slice name)
{
	static const struct slice end = LIT(".yahoo.com");

	return name.len > end.len && slice_same(slice_drop(name, name.len - end.len), end);
}

/* One that is trusted, or the first that is not. */
static bool is_from_yahoo(const struct relays *relays)
{
	for (size_t i = 0; i < relays->count && i <= relays->trusted; i++)
		if (is_of_yahoo(relays->list[i].rdns))
			return true;
	return false;
}

enum result eval_forged_yahoo(struct eval_call *call)
{
	static const char *const own[] = {
		"by web%w.mail%W.yahoo.com via HTTP", "by sonic%w.consmr.mail%W.yahoo.com with HTTP", "by smtp%w.yahoo.com with SMTP",
		"from [%o] by %w.groups.yahoo.com with NNFMP", "from [%o] by %w.scd.yahoo.com with NNFMP", "from [%o] by %w.dcn.yahoo.com with NNFMP",
		"by %z.%z.yahoo.com (%#.%#.%#/%#.%#.%#)%( with ESMTP%) id %z", NULL,
	};
	struct slice from, text;
	bool gated, reply;

	TRY(first_address(call, SLICE("From"), &from));
	if (!is_from(from, SLICE("yahoo.com")))
		return OK;
	TRY(yahoo_text(call, &text));
	TRY(is_gated(call, &gated));
	reply = slice_ends_nocase(from, SLICE("@reply.yahoo.com")) && has_shape(call, text, "%Bmailer%#.bulk.scd.yahoo.com%B");
	call->hit = !gated && !reply && !is_from_yahoo(&call->view->relays) && !has_one(call, text, own);
	return OK;
}

enum result eval_forged_juno(struct eval_call *call)
{
	static const char *const own[] = {
		"from%?%Bjuno.com%?[%o]%?by", "from%?%Bjuno.com%?(%o)%?by", "from%?%Buntd.com%?[%o]%?by", "from%?%Buntd.com%?(%o)%?by",
		" cookie.juno.com ", " cookie.untd.com ", NULL,
	};
	struct slice from, text, origin, mailer;
	bool gated, has = false;

	TRY(first_address(call, SLICE("From"), &from));
	if (!is_from(from, SLICE("juno.com")))
		return OK;
	TRY(is_gated(call, &gated));
	TRY(all_of(call, SLICE("X-Originating-IP"), &origin));
	TRY(all_of(call, SLICE("X-Mailer"), &mailer));
	TRY(all_of(call, SLICE("Received"), &text));
	for (struct slice rest = text; rest.len;)
		has = has_one(call, slice_cut(&rest, '\n'), own) || has;
	call->hit = !gated && (origin.len == 0 || !has || !has_shape(call, mailer, "Juno "));
	return OK;
}

enum result eval_forged_gmail(struct eval_call *call)
{
	static const char *const forwarded[] = { "by 10.%w with SMTP id %w", "by 2002:a%1%1:%z:%w with SMTP id %w", NULL };
	struct slice from, state, source, text, other;

	TRY(first_address(call, SLICE("From"), &from));
	if (!is_from(from, SLICE("gmail.com")))
		return OK;
	TRY(all_of(call, SLICE("X-Gm-Message-State"), &state));
	TRY(all_of(call, SLICE("X-Google-Smtp-Source"), &source));
	TRY(on_one_line(call, SLICE("X-Received"), &other));
	TRY(received_of(call, &text));
	call->hit = !has_one(call, other, forwarded) && !has_shape(call, text, "by smtp.googlemail.com with ESMTPSA id %w") &&
	            !(state.len > TOKEN_LEAST && source.len > TOKEN_LEAST);
	return OK;
}

/* ---- the sender ---- */

enum result eval_matching_sender(struct eval_call *call)
{
	struct slice sender, from;

	TRY(first_address(call, SLICE("EnvelopeFrom"), &sender));
	TRY(first_address(call, SLICE("From"), &from));
	call->hit = slice_same_nocase(sender, from);
	return OK;
}
