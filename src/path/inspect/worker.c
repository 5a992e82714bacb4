/* SPDX-License-Identifier: Apache-2.0 */
/* A table of questions. A message that is not sealed is refused: whoever could still change it could make the
 * mapping end under our feet. */
#include "inspect/worker.h"

#include "inspect/read.h"
#include "inspect/worker_wire.h"

#include "base/channel.h"
#include "base/fd.h"
#include "base/pack.h"
#include "base/sealed.h"
#include "mail/message/message.h"
#include "mail/spam/spam.h"

#include <errno.h>
#include <malloc.h>
#include <sys/mman.h>
#include <sys/time.h>

enum { WORK_MEMORY = 64 << 20, COPIED_MOST = 256 << 10, HEAP_KEPT = 4 << 20 };

struct worker {
	const struct worker_task *task;
	int wire;
	struct arena arena;
	struct buffer payload, findings, answer;
	uint64_t exchange;
	int fd;                                  /* that came with the question */
	struct slice mapped;                     /* its message, if it was large */
};

static enum result send_answer(struct worker *worker, enum worker_answers kind, struct buffer *bytes)
{
	return frame_send(worker->wire, (uint8_t)kind, worker->exchange, buffer_slice(bytes), -1);
}

/* ---- judge ---- */

/* A judgement's question: packed findings and evidence. */
struct matter {
	struct envelope envelope;
	bool replay, asks;                       /* from before; others are asked before it is judged */
	struct slice findings, evidence;
	const struct slice *bytes;               /* NULL: the message is not at hand, and mending comes later, or never */
};

static enum result judge(struct worker *worker, const struct matter *matter)
{
	struct judgement judgement = { 0 };
	struct findings findings;
	struct evidence evidence;
	unsigned scanners = matter->replay ? 0 : worker->task->means.scanners;

	TRY(findings_unpack(matter->findings, &worker->arena, &findings));
	TRY(evidence_unpack(matter->evidence, &worker->arena, &evidence));
	TRY(policy_judge(worker->task->means.policy, scanners, &matter->envelope, &findings, &evidence, &worker->arena,
	                 &judgement));
	if (matter->bytes)
		TRY(policy_mend(worker->task->means.policy, worker->task->means.limits, *matter->bytes, &worker->arena, &judgement));
	judgement.findings = matter->findings;
	judgement.evidence = matter->evidence;
	TRY(judgement_pack(&judgement, &worker->answer));
	return send_answer(worker, WORKER_JUDGED, &worker->answer);
}

/* What nobody looked for then cannot be said to be missing now. */
static enum result check_kept(struct worker *worker, struct slice packed, bool *ret_kept)
{
	const struct policy *policy = worker->task->means.policy;
	struct slice fact, argument;
	struct findings findings;
	size_t place = 0;

	TRY(findings_unpack(packed, &worker->arena, &findings));
	*ret_kept = policy == NULL || !policy_next_untold(policy, &findings, &place, &fact, &argument);
	return OK;
}

static enum result obey_judge(struct worker *worker, struct slice payload)
{
	struct unpack from = unpack_from(payload);
	struct slice envelope = unpack_slice(&from, WORKER_QUESTION_LONGEST);
	struct matter matter = { .replay = unpack_u8(&from) };
	bool kept = true;

	matter.findings = unpack_slice(&from, EVIDENCE_BYTES);
	matter.evidence = unpack_slice(&from, EVIDENCE_BYTES);
	TRY(unpack_end(&from));
	TRY(envelope_unpack(envelope, &worker->arena, &matter.envelope));
	if (matter.replay)
		TRY(check_kept(worker, matter.findings, &kept));
	return kept ? judge(worker, &matter) : send_answer(worker, WORKER_CANNOT, &worker->answer);
}

/* ---- read ---- */

static enum result copy_message(struct worker *worker, size_t size, struct slice *ret_bytes)
{
	char *room = arena_take(&worker->arena, size);

	if (room == NULL)
		return LATER;
	for (size_t done = 0; done < size;) {
		ssize_t came = pread(worker->fd, room + done, size - done, (off_t)done);

		if (came <= 0)
			return REFUSED;
		done += (size_t)came;
	}
	*ret_bytes = (struct slice){ room, size };
	return OK;
}

static enum result map_message(struct worker *worker, size_t size, struct slice *ret_bytes)
{
	void *bytes = mmap(NULL, size, PROT_READ, MAP_PRIVATE, worker->fd, 0);

	if (bytes == MAP_FAILED)
		return LATER;
	worker->mapped = *ret_bytes = (struct slice){ bytes, size };
	return OK;
}

/* Until forget(). A small one is copied: that costs less than making and ending a mapping. */
static enum result take_message(struct worker *worker, struct slice *ret_bytes)
{
	uint64_t size;

	TRY(sealed_size(worker->fd, &size));
	*ret_bytes = SLICE("");
	if (size == 0)
		return OK;
	return size <= COPIED_MOST ? copy_message(worker, size, ret_bytes) : map_message(worker, size, ret_bytes);
}

/* What could not be read, packed or mapped for want of room is unscannable, and that is an answer. */
static enum result pack_findings(struct worker *worker, const struct envelope *envelope, struct slice bytes)
{
	struct findings findings;
	enum result result = read_message(bytes, envelope, &worker->task->means, &worker->arena, &findings);

	if (result == OK)
		result = findings_pack(&findings, &worker->findings);
	if (result == LATER)
		result = findings_unscannable(SLICE("a ceiling was hit: memory"), &worker->findings);
	return result;
}

static enum result answer_read(struct worker *worker, struct matter *matter, const struct slice *bytes)
{
	if (matter->asks)
		return send_answer(worker, WORKER_FINDINGS, &worker->findings);
	matter->findings = buffer_slice(&worker->findings);
	matter->bytes = matter->replay ? NULL : bytes;
	return judge(worker, matter);
}

static enum result obey_read(struct worker *worker, struct slice payload)
{
	struct unpack from = unpack_from(payload);
	struct slice packed = unpack_slice(&from, WORKER_QUESTION_LONGEST), bytes = { 0 };
	struct matter matter = { .replay = unpack_u8(&from) };
	enum result result;
	bool mapped;

	matter.asks = unpack_u8(&from);
	matter.evidence = unpack_slice(&from, EVIDENCE_BYTES);
	TRY(unpack_end(&from));
	TRY(envelope_unpack(packed, &worker->arena, &matter.envelope));
	result = take_message(worker, &bytes);
	mapped = result == OK;
	if (result == LATER)
		result = findings_unscannable(SLICE("larger than a worker's memory"), &worker->findings);
	else if (mapped)
		result = pack_findings(worker, &matter.envelope, bytes);
	if (result == OK)
		result = answer_read(worker, &matter, mapped ? &bytes : NULL);
	return result;
}

/* ---- mend ---- */

static enum result answer_edits(struct worker *worker, const struct judgement *judgement)
{
	TRY(pack_u32(&worker->answer, judgement->edits_count));
	for (uint32_t i = 0; i < judgement->edits_count; i++) {
		TRY(pack_slice(&worker->answer, judgement->edits[i]));
		TRY(pack_u8(&worker->answer, judgement->broken[i]));
	}
	return send_answer(worker, WORKER_MENDED, &worker->answer);
}

static enum result obey_mend(struct worker *worker, struct slice payload)
{
	struct unpack from = unpack_from(payload);
	struct slice packed = unpack_slice(&from, WORKER_QUESTION_LONGEST), bytes = { 0 };
	struct judgement judgement;
	enum result result;

	TRY(unpack_end(&from));
	TRY(judgement_unpack(packed, &worker->arena, &judgement));
	TRY(take_message(worker, &bytes));
	result = policy_mend(worker->task->means.policy, worker->task->means.limits, bytes, &worker->arena, &judgement);
	TRY(result);
	return answer_edits(worker, &judgement);
}

/* ---- extract ---- */

/* Of a message that hit a ceiling there is no telling what was not read: it teaches nothing. REFUSED, and why. */
static enum result extract(struct worker *worker, struct slice bytes, const char **ret_limit)
{
	const struct read_means *means = &worker->task->means;
	const struct message_reader reader = { means->limits, means->charsets, &worker->arena };
	struct message_view view = { 0 };
	struct features features;

	if (message_read(bytes, &reader, DIGESTS_NONE, &view) != OK || view.limit) {
		*ret_limit = view.limit ? view.limit : "memory";
		return REFUSED;
	}
	TRY(features_read(&view, &reader, false, &features));
	return features_pack(&features, &worker->answer);
}

static enum result obey_extract(struct worker *worker, struct slice payload)
{
	const char *limit = "memory";
	struct slice bytes = { 0 };
	enum result result;

	if (payload.len)
		return REFUSED;
	result = take_message(worker, &bytes);
	if (result == REFUSED)
		return REFUSED;
	if (result == OK)
		result = extract(worker, bytes, &limit);
	if (result == OK)
		return send_answer(worker, WORKER_FEATURES, &worker->answer);
	buffer_clear(&worker->answer);
	TRY(buffer_format(&worker->answer, "a ceiling was hit: %s", limit));
	return send_answer(worker, WORKER_CANNOT, &worker->answer);
}

/* ---- compose ---- */

static enum result read_original(struct worker *worker, const struct notice *notice, struct slice *ret_bytes)
{
	size_t wanted = notice->length < NOTICE_LIMIT ? (size_t)notice->length : NOTICE_LIMIT, got = 0;
	char *bytes = arena_take(&worker->arena, wanted);

	if (bytes == NULL || notice->offset > INT64_MAX - NOTICE_LIMIT)
		return LATER;
	while (worker->fd >= 0 && got < wanted) {
		ssize_t step = pread(worker->fd, bytes + got, wanted - got, (off_t)(notice->offset + got));

		if (step < 0 && errno == EINTR)
			continue;
		if (step <= 0)
			break;
		got += (size_t)step;
	}
	*ret_bytes = (struct slice){ bytes, got };
	return OK;
}

/* A template that is no more was taken out of the settings meanwhile. */
static enum result compose_of_rule(struct worker *worker, const struct notice *notice, struct slice original)
{
	const struct read_means *means = &worker->task->means;
	const struct message_reader reader = { means->limits, means->charsets, &worker->arena };
	const struct template *template = policy_template(means->policy, notice->profile, notice->template);

	return template ? notice_by_template(notice, template, &reader, original, &worker->answer) : REFUSED;
}

static enum result compose(struct worker *worker, struct slice payload)
{
	struct notice notice;
	struct slice original;

	TRY(notice_unpack(payload, &worker->arena, &notice));
	TRY(read_original(worker, &notice, &original));
	if (notice.kind == NOTICE_OF_RULE)
		return compose_of_rule(worker, &notice, original);
	return notice_compose(&notice, original, &worker->answer);
}

static enum result obey_compose(struct worker *worker, struct slice payload)
{
	enum result result = compose(worker, payload);

	if (result == OK)
		return send_answer(worker, WORKER_COMPOSED, &worker->answer);
	buffer_clear(&worker->answer);
	TRY(buffer_add(&worker->answer, result == LATER ? SLICE("too large") : SLICE("not a request")));
	return send_answer(worker, WORKER_CANNOT, &worker->answer);
}

/* ---- the loop ---- */

static const struct {
	bool brings_fd;
	enum result (*obey)(struct worker *, struct slice payload);
} questions[] = {
	[WORKER_READ] = { true, obey_read },
	[WORKER_JUDGE] = { false, obey_judge },
	[WORKER_COMPOSE] = { true, obey_compose },
	[WORKER_MEND] = { true, obey_mend },
	[WORKER_EXTRACT] = { true, obey_extract },
};

static void set_limits(uint64_t wall, uint64_t cpu)
{
	const struct itimerval real = { .it_value = { .tv_sec = (time_t)wall } };
	const struct itimerval busy = { .it_value = { .tv_sec = (time_t)cpu } };

	(void)setitimer(ITIMER_REAL, &real, NULL);
	(void)setitimer(ITIMER_PROF, &busy, NULL);
}

static enum result obey(struct worker *worker, struct frame *frame)
{
	enum result result = REFUSED;

	worker->exchange = frame->exchange;
	worker->fd = frame->fd;
	set_limits(worker->task->wall_seconds, worker->task->cpu_seconds);
	if (frame->kind < COUNT_OF(questions) && questions[frame->kind].obey &&
	    questions[frame->kind].brings_fd == (frame->fd >= 0))
		result = questions[frame->kind].obey(worker, frame->payload);
	set_limits(0, 0);
	fd_close(&worker->fd);
	return result;
}

/* Nothing of one message is left for the next. */
static void forget(struct worker *worker)
{
	if (worker->mapped.len)
		(void)munmap((void *)(uintptr_t)worker->mapped.at, worker->mapped.len);
	worker->mapped = (struct slice){ 0 };
	arena_reset(&worker->arena);
	buffer_finish(&worker->findings);
	buffer_finish(&worker->answer);
}

void worker_run(int wire, const struct worker_task *task)
{
	struct worker worker = { .task = task, .wire = wire, .fd = -1 };
	struct frame frame;

	/* What one message took is not given back to the kernel only to be asked for again with the next. */
	(void)mallopt(M_TRIM_THRESHOLD, HEAP_KEPT);
	(void)mallopt(M_MMAP_THRESHOLD, HEAP_KEPT / 4);
	arena_init(&worker.arena, WORK_MEMORY);
	buffer_init(&worker.payload, WORKER_QUESTION_LONGEST);
	buffer_init(&worker.findings, EVIDENCE_BYTES);
	buffer_init(&worker.answer, WORKER_ANSWER_LONGEST);
	while (frame_receive(wire, &worker.payload, &frame) == OK && obey(&worker, &frame) == OK) {
		forget(&worker);
		buffer_finish(&worker.payload);
	}
	forget(&worker);
	buffer_finish(&worker.payload);
	arena_finish(&worker.arena);
}
