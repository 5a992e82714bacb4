/* SPDX-License-Identifier: Apache-2.0 */
/* One row an action; what may stand behind it is checked by the row's kind of text. */
#include "mail/policy/action.h"

#include "base/settings.h"
#include "mail/smtp/smtp.h"

#include <string.h>

enum { TEXT_MOST = 400 };

#define FINAL(is)  .final = true, .outcome = (is)
#define REPLY(a, b) .takes = "TEXT", .code = (a), .standard = (b)

const struct action_row action_rows[] = {
	{ "deliver", "", FINAL(FATE_DELIVER), .about = "it goes on its way" },
	{ "reject", FINAL(FATE_REJECT), REPLY("550 5.7.1 ", "this message was refused"),
	  .about = "refused with 550 while the client waits; quarantined when that is too late" },
	{ "defer", FINAL(FATE_DEFER), REPLY("451 4.7.1 ", "try again later"),
	  .about = "put off with 451 while the client waits; judged again later when that is too late" },
	{ "discard", "", FINAL(FATE_DISCARD), .about = "answered 250 and dropped" },
	{ "quarantine", "", FINAL(FATE_QUARANTINE), .about = "kept aside until an operator releases or deletes it" },
	{ "hold", "", FINAL(FATE_HOLD), .about = "stays in the queue until an operator acts" },
	{ "bounce", FINAL(FATE_BOUNCE), REPLY("550 5.7.1 ", "this message was refused"),
	  .about = "taken, and returned by a failure notice where one is allowed" },
	{ "subject", "TEXT", .deed = DEED_SUBJECT, .about = "the text is put before the subject; breaks DKIM signatures that cover it" },
	{ "header", "NAME: VALUE", .deed = DEED_HEADER, .about = "a header is added on top; breaks DKIM signatures that cover its name" },
	{ "as attachment", "", .deed = DEED_ATTACHMENT, .about = "it goes as an attachment of a new message; breaks DKIM signatures" },
	{ "banner", "NAME", .deed = DEED_BANNER, .about = "that banner's text is added as a part; breaks DKIM signatures" },
	{ "forward", "ADDRESS", .deed = DEED_FORWARD, .about = "a copy goes there too, with what rules change" },
	{ "archive", "PATH", .deed = DEED_ARCHIVE, .about = "a copy, as it came, goes into a Maildir below that folder" },
	{ "notify", "WHOM", .deed = DEED_NOTIFY, .about = "a notice goes to recipient, sender or an ADDRESS" },
};
const size_t action_row_count = COUNT_OF(action_rows);

static enum result unknown(struct slice name, struct buffer *complaint)
{
	const char *names[COUNT_OF(action_rows)], *nearest;

	for (size_t i = 0; i < action_row_count; i++)
		names[i] = action_rows[i].name;
	nearest = settings_nearest(name, names, action_row_count);
	(void)!buffer_format(complaint, "no action is called \"%.*s\"; ", SHOW(name));
	if (nearest)
		(void)!buffer_format(complaint, "did you mean \"%s\"?", nearest);
	else
		(void)!buffer_add(complaint, SLICE("`postern help actions` lists them"));
	return REFUSED;
}

static bool is_line(struct slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.at[i] < ' ' || text.at[i] > '~')
			return false;
	return text.len <= TEXT_MOST;
}

/* RFC 5322: a name of printable ASCII without colon, then a colon. */
static bool is_header(struct slice text)
{
	struct slice rest = text, name = slice_cut(&rest, ':');

	if (name.len == 0 || name.len == text.len)
		return false;
	for (size_t i = 0; i < name.len; i++)
		if (name.at[i] == ' ')
			return false;
	return slice_trim(rest).len > 0;
}

static struct slice unquoted(struct slice text)
{
	bool quoted = text.len >= 2 && (text.at[0] == '\'' || text.at[0] == '"') && text.at[text.len - 1] == text.at[0];

	return quoted ? (struct slice){ text.at + 1, text.len - 2 } : text;
}

static enum result refuse(struct buffer *complaint, const char *what, const struct action_row *row)
{
	(void)!buffer_format(complaint, "%s \"%s\"", what, row->name);
	return REFUSED;
}

static bool is_address(struct slice text)
{
	struct address address;

	return address_bare(text, false, &address) == OK && address.domain.len > 0;
}

static bool is_whom(struct slice text)
{
	return slice_same(text, SLICE("recipient")) || slice_same(text, SLICE("sender")) || is_address(text);
}

/* Absolute, and not around a corner. */
static bool is_folder(struct slice text)
{
	struct slice rest = text;

	if (!slice_begins(text, SLICE("/")) || text.len < 2)
		return false;
	while (rest.len)
		if (slice_same(slice_cut(&rest, '/'), SLICE("..")))
			return false;
	return true;
}

static const struct {
	bool (*is_one)(struct slice text);       /* NULL: any text but none */
	const char *wanted;
} kinds[DEED_COUNT] = {
	[DEED_SUBJECT] = { NULL, "a text" },
	[DEED_HEADER] = { is_header, "a whole header such as 'X-Spam-Flag: YES'" },
	[DEED_BANNER] = { NULL, "the title of a section banner" },
	[DEED_FORWARD] = { is_address, "an address such as abuse@example.org" },
	[DEED_ARCHIVE] = { is_folder, "the absolute path of a folder" },
	[DEED_NOTIFY] = { is_whom, "\"recipient\", \"sender\" or an address" },
};

static enum result check_text(const struct action_row *row, struct slice text, struct buffer *complaint)
{
	if (text.len && row->takes[0] == '\0')
		return refuse(complaint, "nothing may stand behind", row);
	if (!is_line(text)) {
		(void)!buffer_format(complaint, "the text of an action is printable ASCII, at most %d characters",
		                     TEXT_MOST);
		return REFUSED;
	}
	if (row->takes[0] == '\0' || row->final)
		return OK;
	if (text.len && (kinds[row->deed].is_one == NULL || kinds[row->deed].is_one(text)))
		return OK;
	(void)!buffer_format(complaint, "%s was expected behind \"%s\"", kinds[row->deed].wanted, row->name);
	return REFUSED;
}

static enum result compose(const struct action_row *row, struct slice text, struct arena *arena, struct slice *ret_text)
{
	struct slice code = slice_of(row->code), words = text.len ? text : slice_of(row->standard);
	char *whole = arena_take(arena, code.len + words.len);

	if (whole == NULL)
		return LATER;
	if (code.len)
		memcpy(whole, code.at, code.len);
	if (words.len)
		memcpy(whole + code.len, words.at, words.len);
	*ret_text = (struct slice){ whole, code.len + words.len };
	return OK;
}

/* Names may have several words, as in "as attachment": the longest row that fits. */
static const struct action_row *find_row(struct slice text)
{
	const struct action_row *found = NULL;

	for (size_t i = 0; i < action_row_count; i++) {
		struct slice name = slice_of(action_rows[i].name);

		if (slice_begins(text, name) && (text.len == name.len || text.at[name.len] == ' ') &&
		    (found == NULL || strlen(found->name) < name.len))
			found = &action_rows[i];
	}
	return found;
}

enum result action_compile(struct slice text, struct arena *arena, struct action *ret_action, struct buffer *complaint)
{
	struct slice whole = slice_trim(text), rest = whole;
	struct action action = { .row = find_row(whole) };

	if (action.row == NULL)
		return unknown(slice_cut(&rest, ' '), complaint);
	rest = unquoted(slice_trim(slice_drop(whole, strlen(action.row->name))));
	TRY(check_text(action.row, rest, complaint));
	TRY(compose(action.row, rest, arena, &action.text));
	*ret_action = action;
	return OK;
}

bool action_same_thing(const struct action *one, const struct action *other)
{
	struct slice a = one->text, b = other->text;

	if (one->row->final || other->row->final || one->row->deed != other->row->deed)
		return one->row->final && other->row->final;
	if (one->row->deed == DEED_SUBJECT || one->row->deed == DEED_ATTACHMENT)
		return true;
	if (one->row->deed == DEED_HEADER)
		return slice_same_nocase(slice_cut(&a, ':'), slice_cut(&b, ':'));
	return slice_same(a, b);
}
