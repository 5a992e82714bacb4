/* SPDX-License-Identifier: Apache-2.0 */
/* A field is a row: its tag, where it lies in the struct, how long it may be, and what bytes it may have. */
#include "mail/smtp/envelope.h"

#include "base/pack.h"

enum { PACKED_VERSION = 1, TAG_RECIPIENT = 32, RECIPIENT_MOST = 320, ORIGINAL_MOST = 600, TRACE_MOST = 16384 };

bool message_id_valid(struct slice id)
{
	if (id.len != MESSAGE_ID_SIZE)
		return false;
	for (size_t i = 0; i < id.len; i++)
		if (!byte_is_digit(id.at[i]) && !(id.at[i] >= 'A' && id.at[i] <= 'Z'))
			return false;
	return true;
}

void message_id_make(int64_t wall_ms, uint64_t random, char id[MESSAGE_ID_SIZE])
{
	static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
	uint64_t time = (uint64_t)wall_ms & ((UINT64_C(1) << 45) - 1);
	uint64_t chance = random & ((UINT64_C(1) << 35) - 1);

	for (int place = 15; place >= 9; place--, chance >>= 5)
		id[place] = digits[chance & 31];
	for (int place = 8; place >= 0; place--, time >>= 5)
		id[place] = digits[time & 31];
}

/* ---- what a field may hold ---- */

static bool is_id(struct slice text)
{
	return message_id_valid(text);
}

static bool is_line(struct slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char)text.at[i] < ' ' || text.at[i] == 127)
			return false;
	return true;
}

/* Whole header lines, each with CR LF, none of them empty: no trace can end the header block. */
static bool is_headers(struct slice text)
{
	while (text.len) {
		struct slice line = slice_cut(&text, '\r');

		if (line.len == 0 || slice_has(line, '\n') || slice_has(line, '\0'))
			return false;
		if (text.len == 0 || text.at[0] != '\n')
			return false;
		text = slice_drop(text, 1);
	}
	return true;
}

static const struct text_field {
	uint8_t tag;
	size_t offset, most;
	bool (*allowed)(struct slice text);
} texts[] = {
	{ 1, offsetof(struct envelope, id), MESSAGE_ID_SIZE, is_id },
	{ 2, offsetof(struct envelope, listener), 64, is_line },
	{ 3, offsetof(struct envelope, protocol), 16, is_line },
	{ 4, offsetof(struct envelope, client_address), 64, is_line },
	{ 5, offsetof(struct envelope, client_name), 255, is_line },
	{ 6, offsetof(struct envelope, helo), 255, is_line },
	{ 7, offsetof(struct envelope, user), 255, is_line },
	{ 8, offsetof(struct envelope, trace), TRACE_MOST, is_headers },
	{ 9, offsetof(struct envelope, sender), RECIPIENT_MOST, is_line },
	{ 10, offsetof(struct envelope, envelope_id), 100, is_line },
	{ 11, offsetof(struct envelope, origin), MESSAGE_ID_SIZE, is_id },
	{ 12, offsetof(struct envelope, tls), 128, is_line },
	{ 13, offsetof(struct envelope, target), 512, is_line },
};

enum { TAG_RECEIVED = 16, TAG_FLAGS = 17, TAG_UID = 18 };

static struct slice *text_at(struct envelope *envelope, const struct text_field *field)
{
	return (struct slice *)(void *)((char *)envelope + field->offset);
}

/* ---- pack ---- */

static enum result pack_texts(const struct envelope *envelope, struct buffer *to)
{
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		const struct slice *text = (const void *)((const char *)envelope + texts[i].offset);

		if (text->len == 0)
			continue;
		TRY(pack_u8(to, texts[i].tag));
		TRY(pack_slice(to, *text));
	}
	return OK;
}

static enum result pack_number_field(struct buffer *to, uint8_t tag, uint64_t number)
{
	TRY(pack_u8(to, tag));
	TRY(pack_u32(to, sizeof(number)));
	return pack_u64(to, number);
}

static enum result pack_recipient(const struct envelope_recipient *recipient, struct buffer *to)
{
	TRY(pack_u8(to, TAG_RECIPIENT));
	TRY(pack_u32(to, (uint32_t)(1 + 4 + recipient->address.len + 4 + recipient->original.len)));
	TRY(pack_u8(to, recipient->notify));
	TRY(pack_slice(to, recipient->address));
	return pack_slice(to, recipient->original);
}

enum result envelope_pack(const struct envelope *envelope, struct buffer *to)
{
	TRY(pack_u8(to, PACKED_VERSION));
	TRY(pack_texts(envelope, to));
	TRY(pack_number_field(to, TAG_RECEIVED, (uint64_t)envelope->received));
	TRY(pack_number_field(to, TAG_FLAGS, envelope->flags));
	TRY(pack_number_field(to, TAG_UID, envelope->uid));
	for (uint32_t i = 0; i < envelope->recipient_count; i++)
		TRY(pack_recipient(&envelope->recipients[i], to));
	return OK;
}

/* ---- unpack: the recipients are counted in a first pass, so that their array is taken once ---- */

struct field {
	uint8_t tag;
	struct slice value;
};

static struct field next_field(struct unpack *from)
{
	struct field field = { .tag = unpack_u8(from) };

	field.value = unpack_slice(from, UINT32_MAX);
	return field;
}

static enum result count_recipients(struct unpack from, uint32_t *ret_count)
{
	uint32_t count = 0;

	while (unpack_more(&from))
		if (next_field(&from).tag == TAG_RECIPIENT)
			count++;
	TRY(unpack_end(&from));
	if (count > ENVELOPE_RECIPIENTS)
		return REFUSED;
	*ret_count = count;
	return OK;
}

static enum result take_number(struct slice value, uint64_t most, uint64_t *ret_number)
{
	struct unpack from = unpack_from(value);
	uint64_t number = unpack_u64(&from);

	TRY(unpack_end(&from));
	if (number > most)
		return REFUSED;
	*ret_number = number;
	return OK;
}

static enum result take_recipient(struct slice value, struct envelope_recipient *ret_recipient)
{
	struct unpack from = unpack_from(value);
	struct envelope_recipient recipient = { .notify = unpack_u8(&from) };

	recipient.address = unpack_slice(&from, RECIPIENT_MOST);
	recipient.original = unpack_slice(&from, ORIGINAL_MOST);
	TRY(unpack_end(&from));
	if (recipient.address.len == 0 || !is_line(recipient.address) || !is_line(recipient.original))
		return REFUSED;
	*ret_recipient = recipient;
	return OK;
}

static enum result take_text(struct envelope *envelope, const struct field *field)
{
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		struct slice *text = text_at(envelope, &texts[i]);

		if (texts[i].tag != field->tag)
			continue;
		if (text->len || field->value.len > texts[i].most || !texts[i].allowed(field->value))
			return REFUSED;
		*text = field->value;
		return OK;
	}
	return OK;        /* from a newer gateway */
}

static enum result take_field(struct envelope *envelope, const struct field *field, uint32_t room)
{
	uint64_t number = 0;

	if (field->tag == TAG_RECIPIENT) {
		if (envelope->recipient_count == room)
			return REFUSED;
		return take_recipient(field->value, &envelope->recipients[envelope->recipient_count++]);
	}
	if (field->tag == TAG_RECEIVED) {
		TRY(take_number(field->value, UINT64_MAX, &number));
		envelope->received = (int64_t)number;
		return OK;
	}
	if (field->tag == TAG_FLAGS || field->tag == TAG_UID) {
		TRY(take_number(field->value, UINT32_MAX, &number));
		*(field->tag == TAG_FLAGS ? &envelope->flags : &envelope->uid) = (uint32_t)number;
		return OK;
	}
	return take_text(envelope, field);
}

enum result envelope_unpack(struct slice packed, struct arena *arena, struct envelope *ret_envelope)
{
	struct unpack from = unpack_from(packed);
	struct envelope envelope = { 0 };
	uint32_t room;

	if (unpack_u8(&from) != PACKED_VERSION)
		return REFUSED;
	TRY(count_recipients(from, &room));
	if (room) {
		envelope.recipients = arena_array(arena, struct envelope_recipient, room);
		if (envelope.recipients == NULL)
			return LATER;
	}
	while (unpack_more(&from)) {
		struct field field = next_field(&from);

		TRY(take_field(&envelope, &field, room));
	}
	if (envelope.id.len == 0)
		return REFUSED;
	*ret_envelope = envelope;
	return OK;
}
