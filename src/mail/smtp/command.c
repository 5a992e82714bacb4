/* SPDX-License-Identifier: Apache-2.0 */
/* A parameter is a row: its word, what must have been offered, and the function that reads its value. */
#include "mail/smtp/command.h"

#include "mail/smtp/envelope.h"

enum { HELO_MOST = 255, ENVID_MOST = 100, ORCPT_MOST = 500, SIZE_DIGITS = 20 };

static const char bad_syntax[] = "501 5.5.4 bad syntax in a parameter";
static const char twice[] = "501 5.5.4 a parameter was given twice";
static const char not_offered[] = "555 5.5.4 a parameter that was not offered";
static const char no_room[] = "452 4.3.1 too little room, try later";
static const char bad_sender[] = "501 5.1.7 bad sender address";
static const char bad_recipient[] = "501 5.1.3 bad recipient address";
static const char need_utf8[] = "553 5.6.7 an address with UTF-8 needs SMTPUTF8";

/* What the readers of values work on; only one of the two commands is there. */
struct reading {
	struct mail_command *mail;
	struct rcpt_command *rcpt;
	struct arena *arena;
	const char *complaint;
};

static enum result complain(struct reading *reading, const char *reply)
{
	reading->complaint = reply;
	return REFUSED;
}

/* ---- xtext: +HH for what is not a printable ASCII byte. No control byte comes out of it. ---- */

static int hex_value(char c)
{
	if (byte_is_digit(c))
		return c - '0';
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;      /* RFC 3461 4: large letters only */
}

static enum result xtext_byte(struct slice *rest, char *ret_byte)
{
	char c = slice_take(rest, 1).at[0];
	int high, low;

	if (c == '+') {
		struct slice pair = slice_take(rest, 2);

		if (pair.len < 2)
			return REFUSED;
		high = hex_value(pair.at[0]);
		low = hex_value(pair.at[1]);
		if (high < 0 || low < 0)
			return REFUSED;
		c = (char)(high << 4 | low);
		if (c < ' ' || c > '~')
			return REFUSED;
	} else if (c <= ' ' || c > '~' || c == '=') {
		return REFUSED;
	}
	*ret_byte = c;
	return OK;
}

static enum result read_xtext(struct reading *reading, struct slice prefix, struct slice text, struct slice *ret_text)
{
	char *plain = arena_take(reading->arena, prefix.len + text.len + 1);
	size_t len = 0;

	if (plain == NULL) {
		reading->complaint = no_room;
		return LATER;
	}
	for (; len < prefix.len; len++)
		plain[len] = prefix.at[len];
	while (text.len)
		if (xtext_byte(&text, &plain[len++]) != OK)
			return complain(reading, bad_syntax);
	*ret_text = (struct slice){ plain, len };
	return OK;
}

/* ---- the values ---- */

static enum result read_size(struct reading *reading, struct slice value)
{
	if (value.len == 0 || value.len > SIZE_DIGITS)
		return complain(reading, bad_syntax);
	for (size_t i = 0; i < value.len; i++)
		if (!byte_is_digit(value.at[i]))
			return complain(reading, bad_syntax);
	/* Too large for us is too large for anybody: the session compares it with its limit. */
	if (slice_number(value, UINT64_MAX, &reading->mail->size) != OK)
		reading->mail->size = UINT64_MAX;
	return OK;
}

static enum result read_body(struct reading *reading, struct slice value)
{
	reading->mail->eight_bit = slice_same_nocase(value, SLICE("8BITMIME"));
	if (!reading->mail->eight_bit && !slice_same_nocase(value, SLICE("7BIT")))
		return complain(reading, bad_syntax);
	return OK;
}

static enum result read_utf8(struct reading *reading, struct slice value)
{
	if (value.at)
		return complain(reading, bad_syntax);
	reading->mail->utf8 = true;
	return OK;
}

static enum result read_ret(struct reading *reading, struct slice value)
{
	reading->mail->ret_full = slice_same_nocase(value, SLICE("FULL"));
	reading->mail->ret_headers = slice_same_nocase(value, SLICE("HDRS"));
	if (!reading->mail->ret_full && !reading->mail->ret_headers)
		return complain(reading, bad_syntax);
	return OK;
}

static enum result read_envid(struct reading *reading, struct slice value)
{
	if (value.len == 0 || value.len > ENVID_MOST)
		return complain(reading, bad_syntax);
	return read_xtext(reading, SLICE(""), value, &reading->mail->envelope_id);
}

static const struct notify_word {
	struct slice word;
	uint8_t bit;
} notify_words[] = {
	{ LIT("NEVER"), NOTIFY_NEVER },
	{ LIT("SUCCESS"), NOTIFY_SUCCESS },
	{ LIT("FAILURE"), NOTIFY_FAILURE },
	{ LIT("DELAY"), NOTIFY_DELAY },
};

static uint8_t notify_bit(struct slice word)
{
	for (size_t i = 0; i < COUNT_OF(notify_words); i++)
		if (slice_same_nocase(notify_words[i].word, word))
			return notify_words[i].bit;
	return 0;
}

static enum result read_notify(struct reading *reading, struct slice value)
{
	uint8_t bits = 0;
	bool more = true;

	while (more) {
		uint8_t bit;

		more = slice_has(value, ',');
		bit = notify_bit(slice_cut(&value, ','));
		if (bit == 0 || bits & bit)
			return complain(reading, bad_syntax);
		bits |= bit;
	}
	if (bits & NOTIFY_NEVER && bits != NOTIFY_NEVER)
		return complain(reading, bad_syntax);
	reading->rcpt->notify = bits;
	return OK;
}

static enum result read_orcpt(struct reading *reading, struct slice value)
{
	struct slice whole = value, type = slice_cut(&value, ';');

	if (type.len == 0 || value.len == 0 || whole.len > ORCPT_MOST)
		return complain(reading, bad_syntax);
	for (size_t i = 0; i < type.len; i++)
		if (!byte_is_letter(type.at[i]) && !byte_is_digit(type.at[i]) && type.at[i] != '-')
			return complain(reading, bad_syntax);
	return read_xtext(reading, (struct slice){ whole.at, type.len + 1 }, value, &reading->rcpt->original);
}

/* ---- the parameters ---- */

struct parameter {
	struct slice word;
	unsigned offer;
	enum result (*read)(struct reading *, struct slice value);       /* value.at NULL: there was no `=` */
};

static const struct parameter mail_parameters[] = {
	{ LIT("SIZE"), COMMAND_SIZE, read_size },     { LIT("BODY"), COMMAND_BODY, read_body },
	{ LIT("SMTPUTF8"), COMMAND_UTF8, read_utf8 }, { LIT("RET"), COMMAND_DSN, read_ret },
	{ LIT("ENVID"), COMMAND_DSN, read_envid },
};

static const struct parameter rcpt_parameters[] = {
	{ LIT("NOTIFY"), COMMAND_DSN, read_notify },
	{ LIT("ORCPT"), COMMAND_DSN, read_orcpt },
};

static enum result read_parameter(struct reading *reading, const struct parameter *rows, size_t count,
                                  unsigned offered, unsigned *seen, struct slice text)
{
	struct slice value = text, word = slice_cut(&value, '=');

	for (size_t i = 0; i < count; i++) {
		if (!(rows[i].offer & offered) || !slice_same_nocase(rows[i].word, word))
			continue;
		if (*seen & 1u << i)
			return complain(reading, twice);
		*seen |= 1u << i;
		if (word.len < text.len && value.at == NULL)
			value.at = "";
		return rows[i].read(reading, value);
	}
	return complain(reading, not_offered);
}

static enum result read_parameters(struct reading *reading, const struct parameter *rows, size_t count,
                                   unsigned offered, struct slice text)
{
	unsigned seen = 0;

	if (text.len && text.at[0] != ' ')
		return complain(reading, bad_syntax);
	while (text.len) {
		struct slice one = slice_cut(&text, ' ');

		if (one.len)
			TRY(read_parameter(reading, rows, count, offered, &seen, one));
	}
	return OK;
}

/* "FROM:" or "TO:", a path, and the parameters behind it. A space before the path is forgiven. */
static enum result cut_path(struct slice *argument, struct slice word, bool utf8, struct address *ret_address)
{
	if (!slice_begins_nocase(*argument, word))
		return REFUSED;
	*argument = slice_drop(*argument, word.len);
	while (argument->len && argument->at[0] == ' ')
		*argument = slice_drop(*argument, 1);
	return address_path(argument, utf8, ret_address);
}

enum result command_mail(struct slice argument, unsigned offered, struct arena *arena,
                         struct mail_command *ret_mail, const char **ret_reply)
{
	struct mail_command mail = { 0 };
	struct reading reading = { .mail = &mail, .arena = arena, .complaint = bad_sender };
	enum result result;

	*ret_reply = bad_sender;
	TRY(cut_path(&argument, SLICE("FROM:"), offered & COMMAND_UTF8, &mail.sender));
	result = read_parameters(&reading, mail_parameters, COUNT_OF(mail_parameters), offered, argument);
	if (result != OK) {
		*ret_reply = reading.complaint;
		return result;
	}
	if (mail.sender.utf8 && !mail.utf8) {
		*ret_reply = need_utf8;
		return REFUSED;
	}
	*ret_mail = mail;
	return OK;
}

enum result command_rcpt(struct slice argument, unsigned offered, bool utf8, struct arena *arena,
                         struct rcpt_command *ret_rcpt, const char **ret_reply)
{
	struct rcpt_command rcpt = { 0 };
	struct reading reading = { .rcpt = &rcpt, .arena = arena, .complaint = bad_recipient };
	enum result result;

	*ret_reply = bad_recipient;
	TRY(cut_path(&argument, SLICE("TO:"), offered & COMMAND_UTF8, &rcpt.recipient));
	if (rcpt.recipient.whole.len == 0)
		return REFUSED;
	if (rcpt.recipient.utf8 && !utf8) {
		*ret_reply = need_utf8;
		return REFUSED;
	}
	result = read_parameters(&reading, rcpt_parameters, COUNT_OF(rcpt_parameters), offered, argument);
	if (result != OK) {
		*ret_reply = reading.complaint;
		return result;
	}
	*ret_rcpt = rcpt;
	return OK;
}

enum result command_bdat(struct slice argument, struct bdat_command *ret_bdat, const char **ret_reply)
{
	struct slice rest = slice_trim(argument), size = slice_cut(&rest, ' ');
	struct bdat_command bdat = { 0 };

	rest = slice_trim(rest);
	*ret_reply = "501 5.5.4 a length in digits is needed, and LAST or nothing";
	if (size.len == 0 || size.len > SIZE_DIGITS || slice_number(size, UINT64_MAX, &bdat.size) != OK)
		return REFUSED;
	bdat.last = slice_same_nocase(rest, SLICE("LAST"));
	if (bdat.last || rest.len == 0)
		*ret_reply = NULL;
	*ret_bdat = bdat;
	return OK;
}

enum result command_helo(struct slice argument)
{
	if (argument.len == 0 || argument.len > HELO_MOST)
		return REFUSED;
	for (size_t i = 0; i < argument.len; i++)
		if (argument.at[i] <= ' ' || argument.at[i] > '~')
			return REFUSED;
	return OK;
}
