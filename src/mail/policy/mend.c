/* SPDX-License-Identifier: Apache-2.0 */
/* What goes on top is written into one text in the order of the deeds; what goes elsewhere stands behind it. */
#include "mail/policy/mend.h"

#include "mail/policy/policy.h"

#include <string.h>

enum { TOP_MOST = 256 << 10, PACKED_MOST = 1 << 20 };

struct mending {
	struct slice bytes;
	struct headers headers;
	struct arena *arena;
	struct buffer top;
	struct edit subject;                     /* `put` empty: none */
};

static enum result put_on_top(struct mending *mending, struct slice name, struct slice text)
{
	TRY(buffer_add(&mending->top, name));
	TRY(buffer_add(&mending->top, text));
	return buffer_add(&mending->top, SLICE("\r\n"));
}

static enum result mend_subject(struct mending *mending, const struct deed *deed)
{
	const struct header *subject = headers_find(&mending->headers, SLICE("Subject"));

	if (subject == NULL)
		return put_on_top(mending, SLICE("Subject: "), deed->text);
	mending->subject = (struct edit){ .at = (uint64_t)(subject->value.at - mending->bytes.at), .put = deed->text };
	return OK;
}

static enum result mend_header(struct mending *mending, const struct deed *deed)
{
	return put_on_top(mending, SLICE(""), deed->text);
}

static enum result (*const menders[DEED_COUNT])(struct mending *, const struct deed *) = {
	[DEED_SUBJECT] = mend_subject, [DEED_HEADER] = mend_header,
};

static enum result write_edits(struct mending *mending, struct edits *ret_edits)
{
	struct edit *list = arena_array(mending->arena, struct edit, 2);
	size_t count = 0;

	if (list == NULL)
		return LATER;
	if (buffer_length(&mending->top))
		TRY(arena_keep(mending->arena, buffer_slice(&mending->top), &list[count++].put));
	if (mending->subject.put.len)
		list[count++] = mending->subject;
	*ret_edits = (struct edits){ list, count };
	return OK;
}

static enum result mend_all(struct mending *mending, const struct deeds *deeds, struct edits *ret_edits)
{
	enum result result = headers_read(mending->bytes, &message_limits_standard, false, mending->arena,
	                                &mending->headers);

	if (result != OK)
		mending->headers = (struct headers){ 0 };
	for (uint32_t i = 0; i < deeds->count; i++)
		TRY(menders[deeds->list[i].kind](mending, &deeds->list[i]));
	return write_edits(mending, ret_edits);
}

enum result mend_edits(struct slice bytes, const struct deeds *deeds, struct arena *arena, struct edits *ret_edits)
{
	struct mending mending = { .bytes = bytes, .arena = arena };
	enum result result;

	buffer_init(&mending.top, TOP_MOST);
	result = mend_all(&mending, deeds, ret_edits);
	buffer_finish(&mending.top);
	return result;
}

static enum result mend_packed(struct slice bytes, const struct deeds *deeds, struct arena *arena, struct slice *ret_packed)
{
	struct edits edits;
	struct buffer packed;
	enum result result;

	TRY(mend_edits(bytes, deeds, arena, &edits));
	buffer_init(&packed, PACKED_MOST);
	result = edits_pack(&edits, &packed);
	if (result == OK)
		result = arena_keep(arena, buffer_slice(&packed), ret_packed);
	buffer_finish(&packed);
	return result;
}

bool policy_wants_mending(const struct judgement *judgement)
{
	for (uint32_t i = 0; i < judgement->fate_count; i++)
		if (judgement->fates[i].deeds && judgement->fates[i].edits == NO_EDITS)
			return true;
	return false;
}

enum result policy_mend(struct slice bytes, struct arena *arena, struct judgement *judgement)
{
	if (!policy_wants_mending(judgement))
		return OK;
	judgement->edits = arena_array(arena, struct slice, judgement->deeds_count);
	if (judgement->edits == NULL)
		return LATER;
	for (uint32_t i = 0; i < judgement->deeds_count; i++)
		TRY(mend_packed(bytes, &judgement->deeds[i], arena, &judgement->edits[i]));
	judgement->edits_count = judgement->deeds_count;
	for (uint32_t i = 0; i < judgement->fate_count; i++)
		if (judgement->fates[i].deeds)
			judgement->fates[i].edits = judgement->fates[i].deeds - 1;
	return OK;
}
