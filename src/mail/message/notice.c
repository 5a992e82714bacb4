/* SPDX-License-Identifier: Apache-2.0 */
/* Its packed form: fields in a fixed order, then a count and the recipients. */
#include "mail/message/notice.h"

#include "base/pack.h"

enum { NOTICE_VERSION = 2, RECIPIENT_LEAST = 17, RECIPIENTS_MOST = 10000, TEXT_MOST = 4096,
       IS_EXPIRED = 1, IS_RELAYED = 2 };

static enum result pack_recipient(struct buffer *to, const struct notice_recipient *recipient)
{
	TRY(pack_slice(to, recipient->address));
	TRY(pack_slice(to, recipient->original));
	TRY(pack_slice(to, recipient->route));
	TRY(pack_slice(to, recipient->reply));
	return pack_u8(to, (uint8_t)((recipient->expired ? IS_EXPIRED : 0) | (recipient->relayed ? IS_RELAYED : 0)));
}

static enum result pack_numbers(struct buffer *to, const struct notice *notice)
{
	TRY(pack_u64(to, (uint64_t)notice->arrived));
	TRY(pack_u64(to, (uint64_t)notice->now));
	TRY(pack_u64(to, (uint64_t)notice->until));
	TRY(pack_u32(to, (uint32_t)notice->utc_offset));
	TRY(pack_u8(to, notice->full));
	TRY(pack_u64(to, notice->offset));
	return pack_u64(to, notice->length);
}

static enum result pack_body(const struct notice *notice, struct buffer *to)
{
	const struct slice texts[] = { notice->hostname, notice->postmaster, notice->id,
		                       notice->envelope_id, notice->sender, notice->new_id, notice->template,
		                       notice->from, notice->rule, notice->reason, notice->done,
		                       notice->profile };

	TRY(pack_u8(to, NOTICE_VERSION));
	TRY(pack_u8(to, (uint8_t)notice->kind));
	for (size_t i = 0; i < COUNT_OF(texts); i++)
		TRY(pack_slice(to, texts[i]));
	TRY(pack_numbers(to, notice));
	TRY(pack_u32(to, notice->recipient_count));
	for (uint32_t i = 0; i < notice->recipient_count; i++)
		TRY(pack_recipient(to, &notice->recipients[i]));
	return OK;
}

enum result notice_pack(const struct notice *notice, struct buffer *to)
{
	size_t before = buffer_length(to);
	enum result result = pack_body(notice, to);

	if (result != OK)
		buffer_cut(to, before);
	return result;
}

static void read_numbers(struct unpack *from, struct notice *notice)
{
	notice->arrived = (int64_t)unpack_u64(from);
	notice->now = (int64_t)unpack_u64(from);
	notice->until = (int64_t)unpack_u64(from);
	notice->utc_offset = (int32_t)unpack_u32(from);
	notice->full = unpack_u8(from) != 0;
	notice->offset = unpack_u64(from);
	notice->length = unpack_u64(from);
}

static void read_recipient(struct unpack *from, struct notice_recipient *recipient)
{
	uint8_t flags;

	recipient->address = unpack_slice(from, TEXT_MOST);
	recipient->original = unpack_slice(from, TEXT_MOST);
	recipient->route = unpack_slice(from, TEXT_MOST);
	recipient->reply = unpack_slice(from, TEXT_MOST);
	flags = unpack_u8(from);
	recipient->expired = flags & IS_EXPIRED;
	recipient->relayed = flags & IS_RELAYED;
}

static enum result read_recipients(struct unpack *from, struct arena *arena, struct notice *notice)
{
	uint32_t count = unpack_u32(from);

	if (from->bad || count > RECIPIENTS_MOST || count > from->rest.len / RECIPIENT_LEAST)
		return REFUSED;
	notice->recipients = arena_array(arena, struct notice_recipient, count);
	if (notice->recipients == NULL)
		return LATER;
	for (uint32_t i = 0; i < count; i++)
		read_recipient(from, &notice->recipients[i]);
	notice->recipient_count = count;
	return OK;
}

enum result notice_unpack(struct slice packed, struct arena *arena, struct notice *ret_notice)
{
	struct unpack from = unpack_from(packed);
	struct notice notice = { 0 };
	struct slice *const texts[] = { &notice.hostname, &notice.postmaster, &notice.id,
		                        &notice.envelope_id, &notice.sender, &notice.new_id, &notice.template,
		                        &notice.from, &notice.rule, &notice.reason, &notice.done,
		                        &notice.profile };
	uint8_t version = unpack_u8(&from), kind = unpack_u8(&from);

	if (version != NOTICE_VERSION || kind < NOTICE_FAILURE || kind > NOTICE_OF_RULE)
		return REFUSED;
	notice.kind = (enum notice_kind)kind;
	for (size_t i = 0; i < COUNT_OF(texts); i++)
		*texts[i] = unpack_slice(&from, TEXT_MOST);
	read_numbers(&from, &notice);
	TRY(read_recipients(&from, arena, &notice));
	TRY(unpack_end(&from));
	*ret_notice = notice;
	return OK;
}
