/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses come as header rules see them: one a line. Where one is asked for, it is the first. */
#include "mail/rules/evals_inside.h"

#include "mail/rules/reading.h"

static enum result first_address(const struct eval_call *call, struct slice name, struct slice *ret_address)
{
	struct slice value;
	bool there;

	TRY(eval_header(call, name, HEADER_ADDR, &value, &there));
	*ret_address = there ? slice_cut(&value, '\n') : SLICE("");
	return OK;
}

static size_t behind_last(struct slice text, char byte, size_t before)
{
	while (before > 0 && text.at[before - 1] != byte)
		before--;
	return before;
}

/* The last two labels of what stands behind the last "@". */
static struct slice short_domain(struct slice address)
{
	size_t sign = behind_last(address, '@', address.len), last, second;
	struct slice domain = sign ? slice_drop(address, sign) : SLICE("");

	last = behind_last(domain, '.', domain.len);
	if (last == 0 || last == domain.len)
		return domain;
	second = behind_last(domain, '.', last - 1);
	return second > 1 && second < last - 1 ? slice_drop(domain, second) : domain;
}

/* It says that they differ, whatever its name says. */
enum result check_equal_from_domains(struct eval_call *call)
{
	struct slice from, sender;

	TRY(first_address(call, SLICE("From"), &from));
	TRY(first_address(call, SLICE("EnvelopeFrom"), &sender));
	from = short_domain(from);
	sender = short_domain(sender);
	call->hit = from.len && sender.len && !slice_same_nocase(from, sender);
	return OK;
}

/* ---- mailboxes that cost nothing ---- */

static enum result try_address(struct eval_call *call, struct slice address)
{
	char *room = arena_take(call->view->reader->arena, address.len + 1);
	size_t length = 0;

	if (room == NULL)
		return LATER;
	for (size_t i = 0; i < address.len; i++)
		if (address.at[i] != '.' || length == 0 || room[length - 1] != '.')
			room[length++] = byte_lower(address.at[i]);
	address = (struct slice){ room, length };
	if (!freemail_is(call->freemail, address))
		return OK;
	if (pattern_is_there(call->patterns, call->rule))
		eval_match(call, address);
	else
		call->hit = true;
	return OK;
}

static enum result try_header(struct eval_call *call, struct slice name, unsigned modifiers, bool *ret_there)
{
	struct slice value;

	TRY(eval_header(call, name, modifiers, &value, ret_there));
	while (*ret_there && value.len && !call->hit)
		TRY(try_address(call, slice_cut(&value, '\n')));
	return OK;
}

enum result check_freemail_header(struct eval_call *call)
{
	struct slice name = call->arguments[0];
	bool there;

	return try_header(call, slice_cut(&name, ':'), HEADER_ADDR, &there);
}

/* A message that was sent once more is the last sender's. */
enum result check_freemail_from(struct eval_call *call)
{
	static const struct slice names[] = {
		LIT("From"), LIT("Envelope-Sender"), LIT("Resent-Sender"), LIT("X-Envelope-From"), LIT("EnvelopeFrom"),
	};
	bool resent, there;

	TRY(try_header(call, SLICE("Resent-From"), HEADER_FIRST | HEADER_ADDR, &resent));
	for (size_t i = 0; i < COUNT_OF(names) && !resent; i++)
		TRY(try_header(call, names[i], HEADER_ADDR, &there));
	return OK;
}
