/* SPDX-License-Identifier: Apache-2.0 */
/* The first line sets the code and the text; later lines must agree on the one and add to the other. */
#include "mail/smtp/reply.h"

void reply_init(struct reply *reply)
{
	reply->code = reply->lines = 0;
	reply->length = 0;
}

static enum result read_code(struct slice line, unsigned *ret_code)
{
	uint64_t code;

	if (line.len < 3 || slice_number((struct slice){ line.at, 3 }, 599, &code) != OK || code < 200)
		return REFUSED;
	if (line.len > 3 && line.at[3] != ' ' && line.at[3] != '-')
		return REFUSED;
	*ret_code = (unsigned)code;
	return OK;
}

static void add_text(struct reply *reply, struct slice text)
{
	if (reply->length && text.len && reply->length < REPLY_TEXT)
		reply->text[reply->length++] = ' ';
	for (size_t i = 0; i < text.len && reply->length < REPLY_TEXT; i++)
		reply->text[reply->length++] = text.at[i] >= ' ' && text.at[i] <= '~' ? text.at[i] : '?';
}

enum result reply_line(struct reply *reply, struct slice line)
{
	bool more = line.len > 3 && line.at[3] == '-';
	unsigned code;

	TRY(read_code(line, &code));
	if (reply->lines == REPLY_LINES || (reply->lines && reply->code != code))
		return REFUSED;
	if (reply->lines == 0)
		add_text(reply, (struct slice){ line.at, 3 });
	reply->code = code;
	reply->lines++;
	add_text(reply, slice_drop(line, 4));
	return more ? AGAIN : OK;
}

struct slice reply_slice(const struct reply *reply)
{
	return (struct slice){ reply->text, reply->length };
}
