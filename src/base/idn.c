/* SPDX-License-Identifier: Apache-2.0 */
/* What libidn2 makes of a name is looked at as if a stranger had sent it so. */
#include "base/idn.h"

#include <idn2.h>

enum { LABEL_MOST = 63 };

static bool has_eighth_bit(struct slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char)text.at[i] > 127)
			return true;
	return false;
}

/* A backslash means something to libunbound. */
static bool is_plain(struct slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.at[i] <= ' ' || text.at[i] > '~' || text.at[i] == '\\')
			return false;
	return true;
}

/* What UTS 46 maps to ASCII signs, such as a wide @, is no part of a name. */
static bool is_host(struct slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if (!byte_is_letter(text.at[i]) && !byte_is_digit(text.at[i]) && text.at[i] != '-' && text.at[i] != '_' &&
		    text.at[i] != '.')
			return false;
	return true;
}

static enum result keep(struct slice text, struct idn *ret_name)
{
	struct slice rest = text;

	if (text.len == 0 || text.len > IDN_NAME || text.at[text.len - 1] == '.' || !is_plain(text))
		return REFUSED;
	while (rest.len) {
		struct slice label = slice_cut(&rest, '.');

		if (label.len == 0 || label.len > LABEL_MOST)
			return REFUSED;
	}
	memcpy(ret_name->text, text.at, text.len);
	ret_name->text[text.len] = '\0';
	ret_name->length = text.len;
	return OK;
}

static enum result convert(struct slice written, struct idn *ret_name)
{
	char text[IDN_NAME + 1];
	char *made = NULL;
	enum result result;
	int error;

	if (written.len > IDN_NAME || slice_has(written, '\0'))
		return REFUSED;
	memcpy(text, written.at, written.len);
	text[written.len] = '\0';
	error = idn2_to_ascii_8z(text, &made, IDN2_NONTRANSITIONAL | IDN2_NFC_INPUT);
	if (error != IDN2_OK)
		return error == IDN2_MALLOC ? LATER : REFUSED;
	result = is_host(slice_of(made)) ? keep(slice_of(made), ret_name) : REFUSED;
	idn2_free(made);
	return result;
}

enum result idn_read(struct slice written, struct idn *ret_name)
{
	return has_eighth_bit(written) ? convert(written, ret_name) : keep(written, ret_name);
}

struct slice idn_ascii(struct slice written, struct idn *room)
{
	if (!has_eighth_bit(written) || idn_read(written, room) != OK)
		return written;
	return (struct slice){ room->text, room->length };
}

bool idn_same_labels(struct slice written, struct slice ascii)
{
	while (written.len || ascii.len) {
		struct slice label = slice_cut(&written, '.'), made = slice_cut(&ascii, '.');

		if (label.len == 0 || (!slice_begins_nocase(made, SLICE("xn--")) && !slice_same_nocase(label, made)))
			return false;
	}
	return true;
}
