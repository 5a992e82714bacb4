/* SPDX-License-Identifier: Apache-2.0 */
/* A table of names, each with the function that writes its value. */
#include "mail/message/template.h"

#include "mail/message/changes.h"
#include "mail/message/header_text.h"
#include "mail/message/notice_address.h"

enum { VALUE_MOST = 200, RECIPIENTS_SHOWN = 20, FILLED_MOST = 32768, SUBJECT_MOST = 900, WORD_BYTES = 45 };

struct filling {
	const struct notice *notice;
	struct slice subject;                    /* of the original, decoded */
};

/* ---- values ---- */

/* Whole characters of UTF-8, as many as fit; anything that is none is '?'. */
static size_t character(struct slice text)
{
	unsigned char first = (unsigned char)text.at[0];
	size_t length = first < 0x80 ? 1 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;

	if ((first >= 0x80 && first < 0xc2) || first > 0xf4 || length > text.len)
		return 0;
	for (size_t i = 1; i < length; i++)
		if (((unsigned char)text.at[i] & 0xc0) != 0x80)
			return 0;
	return length;
}

static enum result add_value(struct buffer *to, struct slice text)
{
	size_t start = buffer_length(to);

	while (text.len && buffer_length(to) - start < VALUE_MOST) {
		size_t length = character(text);
		bool bad = length == 0 || (length == 1 && ((unsigned char)text.at[0] < ' ' || text.at[0] == 0x7f));

		TRY(bad ? buffer_add_byte(to, '?') : buffer_add(to, (struct slice){ text.at, length }));
		text = slice_drop(text, length ? length : 1);
	}
	return OK;
}

static enum result add_sender(const struct filling *filling, struct buffer *to)
{
	TRY(buffer_add_byte(to, '<'));
	TRY(add_value(to, filling->notice->from));
	return buffer_add_byte(to, '>');
}

static enum result add_recipients(const struct filling *filling, struct buffer *to)
{
	const struct notice *notice = filling->notice;

	for (uint32_t i = 0; i < notice->recipient_count; i++) {
		if (i == RECIPIENTS_SHOWN)
			return buffer_format(to, ", + %u", notice->recipient_count - i);
		TRY(buffer_add(to, i ? SLICE(", <") : SLICE("<")));
		TRY(add_value(to, notice->recipients[i].address));
		TRY(buffer_add_byte(to, '>'));
	}
	return OK;
}

#define VALUE(name, what)                                                                \
	static enum result add_##name(const struct filling *filling, struct buffer *to) \
	{                                                                               \
		return add_value(to, filling->what);                                    \
	}
VALUE(subject, subject)
VALUE(rule, notice->rule)
VALUE(reason, notice->reason)
VALUE(action, notice->done)
VALUE(id, notice->id)
VALUE(hostname, notice->hostname)

static const struct { struct slice name; enum result (*add)(const struct filling *, struct buffer *to); } values[] = {
	{ LIT("sender"), add_sender }, { LIT("recipients"), add_recipients }, { LIT("subject"), add_subject },
	{ LIT("rule"), add_rule },     { LIT("reason"), add_reason },         { LIT("action"), add_action },
	{ LIT("id"), add_id },         { LIT("hostname"), add_hostname },
};

/* ---- filling in ---- */

/* The text up to the next percent sign, and the name between it and its end; false: there is none. */
static bool next_name(struct slice *rest, struct slice *ret_before, struct slice *ret_name)
{
	bool found = slice_has(*rest, '%');

	*ret_before = slice_cut(rest, '%');
	if (found)
		*ret_name = slice_cut(rest, '%');
	return found;
}

static size_t find_value(struct slice name)
{
	size_t i = 0;

	while (i < COUNT_OF(values) && !slice_same(values[i].name, name))
		i++;
	return i;
}

enum result template_check(struct slice text, struct buffer *complaint)
{
	struct slice rest = text, before, name;

	while (next_name(&rest, &before, &name)) {
		if (name.len == 0 || find_value(name) < COUNT_OF(values))
			continue;
		(void)!buffer_format(complaint, "%%%.*s%% stands for nothing; there are", SHOW(name));
		for (size_t i = 0; i < COUNT_OF(values); i++)
			(void)!buffer_format(complaint, " %%%.*s%%", SHOW(values[i].name));
		(void)!buffer_add(complaint, SLICE(", and %% for a percent sign"));
		return REFUSED;
	}
	return OK;
}

static enum result fill(struct slice text, const struct filling *filling, struct buffer *to)
{
	struct slice rest = text, before, name;
	bool more = true;

	while (more) {
		more = next_name(&rest, &before, &name);
		TRY(buffer_add(to, before));
		if (more && name.len == 0)
			TRY(buffer_add_byte(to, '%'));
		else if (more && find_value(name) < COUNT_OF(values))
			TRY(values[find_value(name)].add(filling, to));
	}
	return OK;
}

/* ---- the notice ---- */

static bool is_ascii(struct slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.at[i] < ' ' || text.at[i] > '~')
			return false;
	return true;
}

/* RFC 2047: words of whole characters. */
static enum result add_words(struct buffer *to, struct slice text)
{
	for (bool first = true; text.len; first = false) {
		size_t length = 0;

		while (length < text.len) {
			size_t step = character(slice_drop(text, length));

			step = step ? step : 1;
			if (length + step > WORD_BYTES)
				break;
			length += step;
		}
		TRY(buffer_add(to, first ? SLICE("=?utf-8?B?") : SLICE("\r\n =?utf-8?B?")));
		TRY(changes_base64(to, slice_take(&text, length)));
		TRY(buffer_add(to, SLICE("?=")));
	}
	return OK;
}

static enum result add_subject_field(struct slice text, const struct filling *filling, struct buffer *to)
{
	struct buffer filled;
	struct slice subject;
	enum result result;

	buffer_init(&filled, FILLED_MOST);
	result = fill(text, filling, &filled);
	subject = buffer_slice(&filled);
	subject = slice_cut(&subject, '\n');
	subject = slice_take(&subject, SUBJECT_MOST);
	if (result == OK)
		result = buffer_add(to, SLICE("Subject: "));
	if (result == OK)
		result = is_ascii(subject) && subject.len < 70 ? buffer_add(to, subject) : add_words(to, subject);
	buffer_finish(&filled);
	TRY(result);
	return buffer_add(to, SLICE("\r\n"));
}

static enum result add_text(struct slice text, const struct filling *filling, struct buffer *to)
{
	struct buffer filled;
	enum result result;

	buffer_init(&filled, FILLED_MOST);
	result = fill(text, filling, &filled);
	if (result == OK)
		result = changes_write_part(to, SLICE("text/plain; charset=utf-8"), buffer_slice(&filled));
	buffer_finish(&filled);
	return result;
}

static enum result read_subject(const struct message_reader *reader, struct slice original, struct slice *ret_subject)
{
	const struct header *header;
	struct headers headers = { 0 };
	unsigned faults = 0;

	*ret_subject = SLICE("");
	if (headers_read(original, reader->limits, false, reader->arena, &headers) != OK)
		return OK;
	header = headers_find(&headers, SLICE("Subject"));
	return header ? header_text(reader, header->value, ret_subject, &faults) : OK;
}

static enum result compose(const struct notice *notice, const struct template *template, const struct filling *filling,
                           struct buffer *to)
{
	struct foreign whom, id, host;

	TRY(notice_add_from(notice, to));
	TRY(buffer_format(to, "To: <%s>\r\n", notice_address(&whom, notice->sender, !notice_is_ascii(notice->sender))));
	TRY(add_subject_field(template->subject, filling, to));
	TRY(notice_add_date(to, "Date", notice->now, notice->utc_offset));
	TRY(buffer_format(to, "Message-ID: <%s@%s>\r\nAuto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n",
	                  notice_plain(&id, notice->new_id), notice_plain(&host, notice->hostname)));
	return add_text(template->text, filling, to);
}

enum result notice_by_template(const struct notice *notice, const struct template *template,
                               const struct message_reader *reader, struct slice original, struct buffer *to)
{
	struct filling filling = { .notice = notice };
	size_t before = buffer_length(to);
	enum result result;

	if (notice->kind != NOTICE_OF_RULE || notice->sender.len == 0 || before)
		return REFUSED;
	TRY(read_subject(reader, original, &filling.subject));
	result = compose(notice, template, &filling, to);
	if (result != OK)
		buffer_cut(to, before);
	return result;
}
