/* SPDX-License-Identifier: Apache-2.0 */
/* The field is cut into mailboxes as the grammar has it. Each is then read once by the grammar and, for what others may
 * find, once more by its angle brackets alone, as it stands and with its words decoded. */
#include "mail/message/addresses.h"

#include "mail/message/address_text.h"
#include "mail/message/fields.h"
#include "mail/message/header_text.h"

#include <string.h>

enum { ROOM_FIRST = 8 };

struct finding {
	const struct message_reader *reader;
	struct addresses *found;
	size_t room;                             /* of the list */
	size_t first;                            /* of this mailbox, in the list */
	struct slice name;                       /* of this mailbox */
};

static enum result grow(struct finding *finding)
{
	size_t room = finding->room ? finding->room * 2 : ROOM_FIRST;
	struct mail_address *list = arena_array(finding->reader->arena, struct mail_address, room);

	if (list == NULL)
		return LATER;
	if (finding->found->count)
		memcpy(list, finding->found->list, finding->found->count * sizeof(*list));
	finding->found->list = list;
	finding->room = room;
	return OK;
}

static bool is_there(const struct finding *finding, struct slice address)
{
	for (size_t i = finding->first; i < finding->found->count; i++)
		if (slice_same(finding->found->list[i].address, address))
			return true;
	return false;
}

/* The first of a mailbox is its address; a second one is what another reader finds. */
static enum result add(struct finding *finding, struct slice text)
{
	struct addresses *found = finding->found;
	struct slice address;

	TRY(address_plain(finding->reader->arena, text, &address, &found->faults));
	if (address.len == 0 || is_there(finding, address))
		return OK;
	if (found->count == finding->reader->limits->addresses) {
		found->faults |= ADDRESS_MORE;
		return OK;
	}
	if (found->count == finding->room)
		TRY(grow(finding));
	if (found->count > finding->first)
		found->faults |= ADDRESS_DIFFERS;
	found->list[found->count] = (struct mail_address){ address, finding->name, found->count > finding->first };
	found->count++;
	return OK;
}

/* ---- by angle brackets alone ---- */

static enum result add_angles(struct finding *finding, struct slice text)
{
	size_t open = SIZE_MAX;

	for (size_t i = 0; i < text.len; i++) {
		if (text.at[i] == '<') {
			open = i + 1;
		} else if (text.at[i] == '>' && open != SIZE_MAX) {
			TRY(add(finding, (struct slice){ text.at + open, i - open }));
			open = SIZE_MAX;
		}
	}
	return OK;
}

/* ---- by the grammar ---- */

/* Words with an "@" that stand by themselves. With angle brackets they are part of a name, and "Sales @ Example" is one:
 * there only what has a dot behind the "@" is taken for an address. */
static enum result add_words(struct finding *finding, struct slice bare, bool in_name)
{
	struct slice rest = bare, word;
	size_t words = 0, addresses = 0;

	while ((word = address_word(&rest)).len) {
		size_t at = address_at(word);

		words++;
		if (at == 0 || at == SIZE_MAX || (in_name && !slice_has(slice_drop(word, at), '.')))
			continue;
		addresses++;
		TRY(add(finding, word));
	}
	if (addresses > 0 && (in_name || words > 1))
		finding->found->faults |= ADDRESS_BROKEN;
	return OK;
}

static enum result read_name(struct finding *finding, const struct mailbox *mailbox)
{
	unsigned faults = 0;
	struct slice name = mailbox->angles || mailbox->comment.len == 0 ? mailbox->phrase : mailbox->comment;

	if (mailbox->angles == 0 && mailbox->comment.len == 0)
		name = SLICE("");
	TRY(header_text(finding->reader, name, &name, &faults));
	finding->name = field_trim(name);
	return OK;
}

/* Who decodes first finds what the words hide. */
static enum result add_decoded(struct finding *finding, const struct mailbox *mailbox)
{
	size_t before = finding->found->count;
	unsigned faults = 0;
	struct slice text;

	TRY(header_text(finding->reader, mailbox->text, &text, &faults));
	if (!(faults & TEXT_ENCODED))
		return OK;
	TRY(add_angles(finding, text));
	if (mailbox->angles == 0)
		TRY(add_words(finding, text, false));
	if (finding->found->count > before)
		finding->found->faults |= ADDRESS_DIFFERS;
	return OK;
}

static enum result read_mailbox(struct finding *finding, const struct mailbox *mailbox)
{
	struct slice joined;

	finding->first = finding->found->count;
	TRY(read_name(finding, mailbox));
	if (mailbox->angles) {
		TRY(add(finding, mailbox->angle));
	} else {
		TRY(address_join(finding->reader->arena, mailbox->bare, &joined));
		TRY(add_words(finding, joined, false));
	}
	TRY(add_words(finding, mailbox->bare, mailbox->angles > 0));
	TRY(add_angles(finding, mailbox->text));
	return add_decoded(finding, mailbox);
}

/* Bytes that are no UTF-8 are Latin here as everywhere, but words stay encoded. */
static enum result as_utf8(const struct message_reader *reader, struct slice value, struct slice *ret_text)
{
	unsigned faults = 0;

	TRY(header_unfold(reader->arena, value, &value));
	return charset_to_utf8(NULL, utf8_is_valid(value) ? SLICE("utf-8") : SLICE("iso-8859-1"), value, reader->arena, ret_text,
	                       &faults);
}

enum result addresses_read(const struct message_reader *reader, struct slice value, struct addresses *ret_addresses)
{
	struct addresses found = { 0 };
	struct finding finding = { .reader = reader, .found = &found };
	struct address_text text = { 0 };

	TRY(as_utf8(reader, value, &text.rest));
	TRY(address_text_init(&text, reader->arena));
	while (text.rest.len && !(found.faults & ADDRESS_MORE)) {
		struct mailbox mailbox = { 0 };

		address_mailbox(&text, &mailbox);
		TRY(read_mailbox(&finding, &mailbox));
	}
	found.faults |= text.faults;
	*ret_addresses = found;
	return OK;
}

bool addresses_are_several(const struct addresses *addresses)
{
	for (size_t i = 1; i < addresses->count; i++)
		if (!slice_same(addresses->list[i].address, addresses->list[0].address))
			return true;
	return false;
}
