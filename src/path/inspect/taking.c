/* SPDX-License-Identifier: Apache-2.0 */
/* Which answer ends which working stage is a table, and so is what a worker's end means there. */
#include "inspect/sources.h"

#include "inspect/inspect.h"
#include "inspect/worker_wire.h"

#include "base/fd.h"
#include "base/pack.h"
#include "base/sealed.h"
#include "mail/message/message.h"
#include "mail/policy/policy.h"
#include "mail/spam/spam.h"
#include "wire/queue-inspect.h"

#include <errno.h>
#include <fcntl.h>

enum { DEATHS_MOST = 2 };

/* ---- what a worker answered ---- */

static enum result as_findings(struct slice payload, struct arena *arena)
{
	struct findings findings;

	return findings_unpack(payload, arena, &findings);
}

/* Numbers, of which none can do harm; but there must not be more of them than there may be. */
static enum result as_features(struct slice payload, struct arena *arena)
{
	struct features features;

	return features_unpack(payload, arena, &features);
}

/* Who reads it next must not stumble over it: it is the one that wrote it who lies. */
static enum result reads(struct slice payload, enum result (*as)(struct slice payload, struct arena *arena))
{
	enum result result;
	struct arena arena;

	arena_init(&arena, CHECK_MEMORY);
	result = as(payload, &arena);
	arena_finish(&arena);
	return result;
}

/* From a worker of before the new settings: there is nothing by which it could be believed now. */
static enum result take_old(struct request *request)
{
	request->stage = TO_READ;
	return OK;
}

static enum result take_findings(struct request *request, struct slice payload)
{
	TRY(reads(payload, as_findings));
	if (request->wants == 0)
		return REFUSED;                      /* it had nobody to wait for */
	if (plan_is_old(request))
		return take_old(request);
	buffer_clear(&request->findings);
	TRY(buffer_add(&request->findings, payload));
	(void)sources_begin(request);
	return OK;
}

static void count_verdict(struct dispatcher *dispatcher, enum verdict verdict)
{
	static const enum inspect_count which[VERDICT_COUNT] = {
		[VERDICT_CLEAN] = INSPECT_COUNT_clean, [VERDICT_SPAM] = INSPECT_COUNT_clean,
		[VERDICT_BLOCKED] = INSPECT_COUNT_clean, [VERDICT_VIRUS] = INSPECT_COUNT_viruses,
		[VERDICT_UNSCANNABLE] = INSPECT_COUNT_unscannable,
	};

	dispatcher_count(dispatcher, INSPECT_COUNT_messages_judged);
	dispatcher_count(dispatcher, which[verdict]);
}

/* A worker may be taken over by the message it read: it cannot call clean what a scanner did not, nor judge
 * before whoever is to be asked was, nor have rules and profiles do what the settings do not say. */
static enum result check_judgement(const struct request *request, struct slice payload, enum verdict *ret_verdict,
                                   bool *ret_unmended, bool *ret_goes)
{
	const struct policy *policy = request->dispatcher->limits.policy;
	struct judgement judgement;
	enum result result;
	struct arena arena;

	arena_init(&arena, CHECK_MEMORY);
	result = judgement_unpack(payload, &arena, &judgement);
	if (result == OK && policy && !policy_could_say(policy, &judgement))
		result = REFUSED;
	if (result == OK && (judgement.fate_count != request->recipients ||
	                     (request->tainted && judgement.verdict == VERDICT_CLEAN)))
		result = REFUSED;
	if (result == OK) {
		*ret_verdict = judgement.verdict;
		*ret_unmended = policy_wants_mending(&judgement);
		*ret_goes = policy_goes_unmended(&judgement);
	}
	arena_finish(&arena);
	return result;
}

static enum result take_judgement(struct request *request, struct slice payload)
{
	enum verdict verdict;
	bool unmended, goes;

	if (request->stage == READING && request->wants)
		return REFUSED;
	if (plan_is_old(request))
		return take_old(request);
	TRY(check_judgement(request, payload, &verdict, &unmended, &goes));
	if (unmended && !request->unmendable) {
		buffer_clear(&request->judgement);
		TRY(buffer_add(&request->judgement, payload));
		request->stage = TO_MEND;
		return OK;
	}
	if (goes && !request->replays) {         /* the queue asks again, and in the end sets it apart */
		request_fail(request, SLICE("no worker could mend it"));
		return OK;
	}
	count_verdict(request->dispatcher, verdict);
	request_answer(request, INSPECT_JUDGED, payload, -1);
	return OK;
}

/* A mender saw the message, so nothing is taken from it but the edits that were asked for. */
static enum result read_edits(struct slice payload, struct arena *arena, struct judgement *judgement)
{
	struct unpack from = unpack_from(payload);
	struct edits edits;

	judgement->edits_count = unpack_u32(&from);
	if (judgement->edits_count != judgement->deeds_count)
		return REFUSED;
	judgement->edits = arena_array(arena, struct slice, judgement->edits_count);
	judgement->broken = arena_take(arena, judgement->edits_count);
	if (judgement->edits == NULL || judgement->broken == NULL)
		return LATER;
	for (uint32_t i = 0; i < judgement->edits_count; i++) {
		judgement->edits[i] = unpack_slice(&from, WORKER_ANSWER_LONGEST);
		judgement->broken[i] = unpack_u8(&from) & SEAL_ALL;
		TRY(edits_unpack(judgement->edits[i], arena, &edits));
	}
	for (uint32_t i = 0; i < judgement->fate_count; i++)
		if (judgement->fates[i].deeds)
			judgement->fates[i].edits = judgement->fates[i].deeds - 1;
	return unpack_end(&from);
}

static enum result take_mended(struct request *request, struct slice payload)
{
	struct judgement judgement = { 0 };
	struct buffer whole;
	enum result result;
	struct arena arena;

	arena_init(&arena, CHECK_MEMORY);
	buffer_init(&whole, WORKER_ANSWER_LONGEST);
	result = judgement_unpack(buffer_slice(&request->judgement), &arena, &judgement);
	if (result == OK)
		result = read_edits(payload, &arena, &judgement);
	if (result == OK)
		result = judgement_pack(&judgement, &whole);
	if (result == OK) {
		count_verdict(request->dispatcher, judgement.verdict);
		request_answer(request, INSPECT_JUDGED, buffer_slice(&whole), -1);
	}
	buffer_finish(&whole);
	arena_finish(&arena);
	return result;
}

static enum result take_notice(struct request *request, struct slice payload)
{
	closing int fd = -1;

	if (payload.len == 0 || payload.len > NOTICE_LIMIT)
		return REFUSED;
	if (sealed_of("notice", payload, &fd) != OK) {
		request_fail(request, SLICE("no memory for the notice"));
		return OK;
	}
	dispatcher_count(request->dispatcher, INSPECT_COUNT_notices_composed);
	request_answer(request, INSPECT_COMPOSED, SLICE(""), fd);
	return OK;
}

static enum result take_features(struct request *request, struct slice payload)
{
	TRY(reads(payload, as_features));
	request_answer(request, INSPECT_FEATURES, payload, -1);
	return OK;
}

static enum result take_unlearnable(struct request *request, struct slice payload)
{
	(void)payload;
	request_fail(request, SLICE("the message could not be read"));
	return OK;
}

static enum result take_cannot(struct request *request, struct slice payload)
{
	(void)payload;
	request_fail(request, SLICE("the notice could not be composed"));
	return OK;
}

static enum result take_not_kept(struct request *request, struct slice payload)
{
	if (!request->replays || payload.len)
		return REFUSED;
	request_fail(request, SLICE("a rule asks for what was not looked for then"));
	return OK;
}

static const struct {
	enum stage stage;
	enum worker_answers kind;
	enum result (*take)(struct request *, struct slice payload);
} takes[] = {
	{ READING, WORKER_FINDINGS, take_findings },
	{ READING, WORKER_JUDGED, take_judgement },
	{ JUDGING, WORKER_JUDGED, take_judgement },
	{ JUDGING, WORKER_CANNOT, take_not_kept },
	{ MENDING, WORKER_MENDED, take_mended },
	{ COMPOSING, WORKER_COMPOSED, take_notice },
	{ COMPOSING, WORKER_CANNOT, take_cannot },
	{ EXTRACTING, WORKER_FEATURES, take_features },
	{ EXTRACTING, WORKER_CANNOT, take_unlearnable },
};

enum result taking_answer(void *owner, void *job, struct frame *frame)
{
	struct request *request = job;

	(void)owner;
	for (size_t i = 0; i < COUNT_OF(takes); i++) {
		if (takes[i].stage != request->stage || (uint8_t)takes[i].kind != frame->kind || frame->fd >= 0)
			continue;
		if (!request->forgotten)
			return takes[i].take(request, frame->payload);
		request_drop(request);
		return OK;
	}
	return REFUSED;
}

/* ---- a worker that ended over it ---- */

/* Whoever is asked about it need not wait until somebody could read it. */
static void ask_unread(struct request *request, struct slice reason)
{
	if (request_judge_unread(request, reason) && request->wants)
		(void)sources_begin(request);
}

static bool took_too_long(const struct request *request, uint64_t took_ms)
{
	const struct dispatcher_limits *limits = &request->dispatcher->limits;

	return took_ms >= (limits->cpu_ms < limits->inspect_ms ? limits->cpu_ms : limits->inspect_ms);
}

static void died_reading(struct request *request, uint64_t took_ms)
{
	request->stage = TO_READ;
	if (took_too_long(request, took_ms))
		ask_unread(request, SLICE("inspecting it took too long"));
	else if (++request->deaths >= DEATHS_MOST)
		ask_unread(request, SLICE("its worker died twice"));
}

static void died_judging(struct request *request, uint64_t took_ms)
{
	(void)took_ms;
	request->stage = TO_JUDGE;
	if (++request->judge_deaths >= DEATHS_MOST)
		request_fail(request, SLICE("no worker could judge it"));
}

/* What cannot be mended as policy wants is judged again as what could not be read: policy may keep it. */
static void died_mending(struct request *request, uint64_t took_ms)
{
	(void)took_ms;
	request->stage = TO_MEND;
	if (++request->deaths < DEATHS_MOST)
		return;
	request->unmendable = true;
	(void)request_judge_unread(request, SLICE("no worker could mend it"));
}

static void died_composing(struct request *request, uint64_t took_ms)
{
	(void)took_ms;
	request->stage = TO_COMPOSE;
	if (++request->deaths >= DEATHS_MOST)
		request_fail(request, SLICE("no worker could compose the notice"));
}

static void died_extracting(struct request *request, uint64_t took_ms)
{
	request->stage = TO_EXTRACT;
	if (took_too_long(request, took_ms))
		request_fail(request, SLICE("reading it took too long"));
	else if (++request->deaths >= DEATHS_MOST)
		request_fail(request, SLICE("no worker could read it"));
}

void taking_death(void *owner, void *job, uint64_t took_ms)
{
	static void (*const over[])(struct request *, uint64_t) = {
		[READING] = died_reading, [JUDGING] = died_judging, [MENDING] = died_mending,
		[COMPOSING] = died_composing,
		[EXTRACTING] = died_extracting };
	struct dispatcher *dispatcher = owner;
	struct request *request = job;

	dispatcher_count(dispatcher, INSPECT_COUNT_workers_died);
	request_say(request, "worker-died", SLICE("it ended, lied or was silent over this message"));
	if (request->forgotten)
		request_drop(request);
	else if (request->stage < COUNT_OF(over) && over[request->stage])
		over[request->stage](request, took_ms);
	dispatcher_hand_out(dispatcher);
}
