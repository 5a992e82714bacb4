/* SPDX-License-Identifier: Apache-2.0 */
/* Each deed that is an edit asks for its change; mail/message/changes.h brings them together. */
#include "mail/policy/mend.h"

#include "mail/policy/policy.h"
#include "mail/policy/rule.h"

enum { PACKED_MOST = 1 << 20 };

static enum result mend_subject(struct changes *changes, const struct deed *deed, const struct policy *policy)
{
	(void)policy;
	return changes_put_before(changes, SLICE("Subject"), deed->text);
}

static enum result mend_header(struct changes *changes, const struct deed *deed, const struct policy *policy)
{
	(void)policy;
	return changes_add_field(changes, deed->text);
}

static enum result mend_attachment(struct changes *changes, const struct deed *deed, const struct policy *policy)
{
	return changes_wrap(changes, policy_template(policy, deed->profile, SLICE("attachment"))->text);
}

static const struct banner *banner_of(const struct policy *policy, const struct deed *deed)
{
	const struct profile *profile = deed->profile.len ? profiles_find(&policy->profiles, deed->profile) : NULL;

	return banners_find(profile ? &profile->banners : &policy->banners, deed->text);
}

bool policy_same_banner(const struct policy *one, const struct deed *by_one, const struct policy *other,
                        const struct deed *by_other)
{
	const struct banner *a = banner_of(one, by_one), *b = banner_of(other, by_other);

	if (a == NULL || b == NULL)
		return a == b;
	return slice_same(a->text, b->text) && slice_same(a->html, b->html) && a->place == b->place;
}

/* A banner that is no more was taken out of the settings meanwhile: a message that lacks it must not go out. */
static enum result mend_banner(struct changes *changes, const struct deed *deed, const struct policy *policy)
{
	const struct banner *banner = banner_of(policy, deed);

	return banner ? banner_add(banner, changes) : REFUSED;
}

static enum result (*const menders[DEED_COUNT])(struct changes *, const struct deed *, const struct policy *) = {
	[DEED_SUBJECT] = mend_subject, [DEED_HEADER] = mend_header, [DEED_ATTACHMENT] = mend_attachment, [DEED_BANNER] = mend_banner,
};

enum result mend_edits(struct slice bytes, const struct deeds *deeds, const struct policy *policy,
                       const struct message_limits *limits, struct arena *arena, struct edits *ret_edits, unsigned *ret_broken)
{
	struct changes changes;

	TRY(changes_begin(&changes, bytes, NULL, limits, arena));
	for (uint32_t i = 0; i < deeds->count; i++)
		if (menders[deeds->list[i].kind])
			TRY(menders[deeds->list[i].kind](&changes, &deeds->list[i], policy));
	TRY(changes_finish(&changes, ret_edits));
	*ret_broken = changes_break(&changes);
	return OK;
}

static enum result mend_packed(struct slice bytes, const struct deeds *deeds, const struct policy *policy,
                               const struct message_limits *limits, struct arena *arena, struct slice *ret_packed,
                               uint8_t *ret_broken)
{
	unsigned broken;
	struct edits edits;
	struct buffer packed;
	enum result result;

	TRY(mend_edits(bytes, deeds, policy, limits, arena, &edits, &broken));
	buffer_init(&packed, PACKED_MOST);
	result = edits_pack(&edits, &packed);
	if (result == OK)
		result = arena_keep(arena, buffer_slice(&packed), ret_packed);
	buffer_finish(&packed);
	*ret_broken = (uint8_t)broken;
	return result;
}

static bool has_fact(const struct findings *findings, struct slice name, struct slice value)
{
	for (size_t i = 0; i < findings->fact_count; i++)
		if (slice_same(findings->facts[i].name, name) && slice_same_nocase(findings->facts[i].value, value))
			return true;
	return false;
}

/* The fields that say what the body is move into a part. */
static bool covers_content(const struct findings *findings)
{
	for (size_t i = 0; i < findings->fact_count; i++) {
		const struct fact *fact = &findings->facts[i];
		bool covered = slice_same(fact->name, SLICE("signed.field"));

		if ((covered && (slice_begins_nocase(fact->value, SLICE("content-")) || slice_same_nocase(fact->value, SLICE("mime-version")))) ||
		    (slice_same(fact->name, SLICE("cut")) && slice_same(fact->value, SLICE("signed.field"))))
			return true;
	}
	return false;
}

/* One more field of a covered name is taken for a break: who signed it may have named it once more than it was there. */
unsigned policy_breaks(const struct findings *findings, const struct deed *deed)
{
	struct slice rest = deed->text, field = deed->kind == DEED_SUBJECT ? SLICE("subject") : field_trim(slice_cut(&rest, ':'));

	if (!deed_is_edit(deed->kind) || !has_fact(findings, SLICE("signed"), SLICE("dkim")))
		return 0;
	if (deed->kind == DEED_ATTACHMENT)
		return SEAL_DKIM;
	if (deed->kind == DEED_BANNER)
		return covers_content(findings) ? SEAL_DKIM : SEAL_DKIM_BODY;
	if (has_fact(findings, SLICE("cut"), SLICE("signed.field")))
		return SEAL_DKIM_HEADER;         /* more fields are covered than were told */
	return has_fact(findings, SLICE("signed.field"), field) ? SEAL_DKIM_HEADER : 0;
}

static bool has_edit(const struct deeds *deeds)
{
	for (uint32_t i = 0; i < deeds->count; i++)
		if (deed_is_edit(deeds->list[i].kind))
			return true;
	return false;
}

static bool is_unmended(const struct judgement *judgement, const struct fate *fate)
{
	return fate->deeds && fate->edits == NO_EDITS && has_edit(&judgement->deeds[fate->deeds - 1]);
}

bool policy_wants_mending(const struct judgement *judgement)
{
	for (uint32_t i = 0; i < judgement->fate_count; i++)
		if (is_unmended(judgement, &judgement->fates[i]))
			return true;
	return false;
}

static bool has_forward(const struct deeds *deeds)
{
	for (uint32_t i = 0; i < deeds->count; i++)
		if (deeds->list[i].kind == DEED_FORWARD)
			return true;
	return false;
}

bool policy_goes_unmended(const struct judgement *judgement)
{
	for (uint32_t i = 0; i < judgement->fate_count; i++) {
		const struct fate *fate = &judgement->fates[i];

		if (is_unmended(judgement, fate) && (fate->outcome == FATE_DELIVER || fate->outcome == FATE_HOLD ||
		                                     has_forward(&judgement->deeds[fate->deeds - 1])))
			return true;
	}
	return false;
}

enum result policy_mend(const struct policy *policy, const struct message_limits *limits, struct slice bytes,
                        struct arena *arena, struct judgement *judgement)
{
	if (!policy_wants_mending(judgement))
		return OK;
	judgement->edits = arena_array(arena, struct slice, judgement->deeds_count);
	judgement->broken = arena_take(arena, judgement->deeds_count);
	if (judgement->edits == NULL || judgement->broken == NULL)
		return LATER;
	for (uint32_t i = 0; i < judgement->deeds_count; i++)
		TRY(mend_packed(bytes, &judgement->deeds[i], policy, limits, arena, &judgement->edits[i], &judgement->broken[i]));
	judgement->edits_count = judgement->deeds_count;
	for (uint32_t i = 0; i < judgement->fate_count; i++)
		if (judgement->fates[i].deeds)
			judgement->fates[i].edits = judgement->fates[i].deeds - 1;
	return OK;
}
