/* SPDX-License-Identifier: Apache-2.0 */
/* Copies an address stretch by stretch, and notes what others would copy otherwise. */
#include "mail/message/address_text.h"

#include "mail/message/fields.h"

#include <string.h>

enum { DIFFERENT = ADDRESS_BROKEN | ADDRESS_DIFFERS };

struct copying {
	char *out;
	size_t length, at, ats;                  /* at: of the last "@"; ats: how many */
	bool blank;                              /* one was left out */
	unsigned faults;
};

/* What needs no quotes (RFC 5322, 3.2.3; RFC 6532, 3.2), dots included. */
static bool is_atom(struct slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if (!byte_is_letter(text.at[i]) && !byte_is_digit(text.at[i]) && (unsigned char)text.at[i] < 0x80 &&
		    (text.at[i] == '\0' || !strchr(".!#$%&'*+-/=?^_`{|}~", text.at[i])))
			return false;
	return text.len > 0;
}

static bool joins(char c)
{
	return c == '.' || c == '@';
}

static void put(struct copying *copying, struct slice text)
{
	if (copying->blank && copying->length && !joins(text.at[0]) && !joins(copying->out[copying->length - 1]))
		copying->faults |= ADDRESS_BROKEN;
	copying->blank = false;
	memcpy(copying->out + copying->length, text.at, text.len);
	copying->length += text.len;
}

static void put_quoted(struct copying *copying, struct slice quoted)
{
	struct slice inner = { quoted.at + 1, quoted.len - 2 };

	put(copying, is_atom(inner) ? inner : quoted);
}

static void put_byte(struct copying *copying, struct slice byte)
{
	unsigned char c = (unsigned char)byte.at[0];

	if (field_is_space(byte.at[0])) {
		copying->blank = true;
		return;
	}
	if (c < ' ' || c == 0x7f || strchr("<>()\"", c))
		copying->faults |= ADDRESS_BROKEN;
	if (c != '\0' && strchr("<>()\"", c))
		return;
	if (c == '@' && copying->ats++ > 0)
		copying->faults |= DIFFERENT;
	if (c == '@')
		copying->at = copying->length;
	put(copying, byte);
}

/* "@a,@b:" before an address (RFC 5322, 4.4) is to be passed over, and not everybody does. */
static struct slice behind_route(struct slice text, unsigned *faults)
{
	struct slice rest = text;

	text = field_trim(text);
	if (!slice_begins(text, SLICE("@")))
		return rest;
	(void)slice_cut(&text, ':');
	*faults |= DIFFERENT;
	return text;
}

static void copy_all(struct copying *copying, struct slice text)
{
	unsigned unclosed = 0;

	for (size_t at = 0; at < text.len;) {
		size_t end = text.at[at] == '<' ? at + 1 : address_stretch(text, at, &unclosed);
		struct slice stretch = { text.at + at, end ? end - at : 1 };

		if (text.at[at] == ',' || text.at[at] == ';') {
			copying->faults |= DIFFERENT;
			return;
		}
		if (text.at[at] == '(' && stretch.len > 1)
			copying->faults |= ADDRESS_DIFFERS;
		else if (text.at[at] == '"' && stretch.len > 1)
			put_quoted(copying, stretch);
		else if (stretch.len > 1)
			put(copying, stretch);
		else
			put_byte(copying, stretch);
		at += stretch.len;
	}
}

enum result address_plain(struct arena *arena, struct slice text, struct slice *ret_address, unsigned *faults)
{
	struct copying copying = { 0 };

	*ret_address = SLICE("");
	text = behind_route(text, &copying.faults);
	if (text.len == 0)
		return OK;
	copying.out = arena_take(arena, text.len);
	if (copying.out == NULL)
		return LATER;
	copy_all(&copying, text);
	if (copying.ats == 0 || copying.out[0] == '@' || copying.at + 1 == copying.length)
		return OK;
	for (size_t i = copying.at; i < copying.length; i++)
		copying.out[i] = byte_lower(copying.out[i]);
	*faults |= copying.faults | (copying.length > ADDRESS_MOST ? DIFFERENT : 0U);
	*ret_address = (struct slice){ copying.out, copying.length };
	return OK;
}
