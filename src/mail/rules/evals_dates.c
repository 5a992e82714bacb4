/* SPDX-License-Identifier: Apache-2.0 */
/* How far the sender's clock is from the nearest of those that the message passed is reckoned once for each message. */
#include "mail/rules/evals_inside.h"

#include "mail/rules/reading.h"
#include "mail/rules/rule_dates.h"
#include "mail/rules/uri_decode.h"

enum { HOUR = 3600, TOKEN = 8, TOKEN_FUDGE = 250 };

/* ---- the sender's ---- */

/* Of several, the first that can be read. */
static enum result sender_time(const struct eval_call *call, int64_t *ret_time, bool *ret_there)
{
	static const struct slice names[] = { LIT("Resent-Date"), LIT("Date") };
	const struct view_fields *fields = &call->view->fields;

	*ret_there = false;
	for (size_t name = 0; name < COUNT_OF(names); name++)
		for (size_t i = 0; i < fields->count && !*ret_there; i++)
			if (!fields->list[i].hidden && slice_same_nocase(fields->list[i].name, names[name]))
				TRY(rule_date(fields->list[i].decoded, call->view->reader->arena, ret_time, ret_there));
	return OK;
}

/* ---- those of the way ---- */

static size_t digits_at(struct slice text, size_t at)
{
	size_t length = 0;

	while (at + length < text.len && byte_is_digit(text.at[at + length]))
		length++;
	return length;
}

static bool is_at(struct slice text, size_t at, char byte)
{
	return at < text.len && text.at[at] == byte;
}

/* "1 Jan 2020 10:00:00 +0000" from `at` on, the month being any three bytes: where it ends; 0: it is none. */
static size_t date_end(struct slice line, size_t at)
{
	static const char behind[] = { ' ', ':', ':', ' ' };

	if (digits_at(line, at) == 0)
		return 0;
	at += digits_at(line, at);
	if (at + 5 > line.len || line.at[at] != ' ' || line.at[at + 4] != ' ' || rules_is_space(line.at[at + 1]) ||
	    rules_is_space(line.at[at + 2]) || rules_is_space(line.at[at + 3]))
		return 0;
	at += 5;
	for (size_t i = 0; i < sizeof(behind); i++) {
		size_t digits = digits_at(line, at);

		if (digits == 0 || !is_at(line, at + digits, behind[i]))
			return 0;
		at += digits + 1;
	}
	if (at == line.len || rules_is_space(line.at[at]))
		return 0;
	while (at < line.len && !rules_is_space(line.at[at]))
		at++;
	return at;
}

/* Its first date, behind a blank and at most one other byte. */
static struct slice date_in(struct slice line)
{
	for (size_t i = 0; i + 1 < line.len; i++) {
		size_t end = 0;

		if (rules_is_space(line.at[i]) && (end = date_end(line, i + 2)) == 0)
			end = date_end(line, i + 1);
		if (end)
			return (struct slice){ line.at + i, end - i };
	}
	return SLICE("");
}

static bool contains(struct slice text, struct slice word)
{
	for (; text.len >= word.len; text = slice_drop(text, 1))
		if (slice_begins(text, word))
			return true;
	return false;
}

static bool is_own(struct slice line)
{
	return contains(line, SLICE("from localhost ")) || (contains(line, SLICE("from ")) && contains(line, SLICE("127.0.0.1"))) ||
	       (contains(line, SLICE("qmail ")) && contains(line, SLICE(" invoked by uid ")));
}

static bool is_fetched(struct slice line)
{
	return contains(line, SLICE("by localhost with ")) && contains(line, SLICE(" (fetchmail-"));
}

/* A program that fetches mail is none of its way. */
static struct slice without_fetching(struct slice received)
{
	struct slice rest = received, first = slice_cut(&rest, '\n'), after = rest, second = slice_cut(&after, '\n');

	if (is_own(first))
		return is_fetched(second) ? after : received;
	return is_fetched(first) ? rest : received;
}

static int64_t absolute(int64_t number)
{
	return number < 0 ? -number : number;
}

/* The last one counts only where it differs, or is alone. */
static enum result nearest(const struct eval_call *call, struct slice received, int64_t sent, int64_t *ret_difference)
{
	int64_t best = INT64_MAX, last = 0;
	size_t count = 0;

	while (received.len) {
		struct slice date = date_in(slice_cut(&received, '\n'));
		int64_t time;
		bool there;

		TRY(rule_date(date, call->view->reader->arena, &time, &there));
		if (!there)
			continue;
		best = count && absolute(last) < absolute(best) ? last : best;
		last = sent - time;
		count++;
	}
	if (count && (count == 1 || last != 0) && absolute(last) < absolute(best))
		best = last;
	*ret_difference = count ? best : 0;
	return OK;
}

static enum result read_dates(const struct eval_call *call)
{
	struct date_facts *facts = call->dates;
	struct slice received;
	int64_t sent;
	bool dated, there;

	if (facts->known)
		return OK;
	TRY(sender_time(call, &sent, &dated));
	TRY(eval_header(call, SLICE("Received"), 0, &received, &there));
	facts->difference = 0;
	if (dated && there)
		TRY(nearest(call, without_fetching(received), sent, &facts->difference));
	facts->known = true;
	return OK;
}

/* ---- what rules ask ---- */

enum result check_for_shifted_date(struct eval_call *call)
{
	struct slice least = call->arguments[0], most = call->arguments[1];
	double is;

	TRY(read_dates(call));
	is = (double)call->dates->difference;
	call->hit = (slice_same(least, SLICE("undef")) || is >= HOUR * eval_number(least)) &&
	            (slice_same(most, SLICE("undef")) || is < HOUR * eval_number(most));
	return OK;
}

/* "<xxxxTTTTTTTT$xxxxxxxx$xxxxxxxx@": the T are a clock, in steps of some seven minutes. */
static bool cut_token(struct slice id, int64_t *ret_token)
{
	static const struct { size_t at; char byte; } signs[] = { { 0, '<' }, { 13, '$' }, { 22, '$' }, { 31, '@' } };
	int64_t token = 0;

	for (size_t i = 0; i < COUNT_OF(signs); i++)
		if (!is_at(id, signs[i].at, signs[i].byte))
			return false;
	for (size_t i = 1; i < 31; i++) {
		if (i == 13 || i == 22)
			continue;
		if (hex_digit(id.at[i]) < 0 || (id.at[i] >= 'A' && id.at[i] <= 'F'))
			return false;
		if (i >= 5 && i < 5 + TOKEN)
			token = token * 16 + hex_digit(id.at[i]);
	}
	*ret_token = token;
	return true;
}

static enum result is_near(const struct eval_call *call, struct slice name, int64_t token, bool *ret_near)
{
	struct slice value;
	int64_t time = 0;
	bool there, dated;

	TRY(eval_header(call, name, 0, &value, &there));
	TRY(rule_date(value, call->view->reader->arena, &time, &dated));
	time = (int64_t)((double)(dated ? time : 0) * 0.0023283064365387 + 27111902.8329849);
	*ret_near = absolute(token - time) < TOKEN_FUDGE;
	return OK;
}

enum result check_outlook_message_id(struct eval_call *call)
{
	struct slice id;
	int64_t token;
	bool there, near;

	TRY(eval_header(call, SLICE("MESSAGEID"), 0, &id, &there));
	if (!cut_token(id, &token))
		return OK;
	TRY(is_near(call, SLICE("Date"), token, &near));
	if (!near)
		TRY(is_near(call, SLICE("Received"), token, &near));
	call->hit = !near;
	return OK;
}
