/* SPDX-License-Identifier: Apache-2.0 */
/* The dispatcher over real wires, with workers and scanners that misbehave by a script. Each row: what each worker
 * does, in the order in which they are made, what the scanners do, and what the queue must hear. */
#include "inspect/dispatcher.h"

#include "inspect/inspect.h"
#include "inspect/worker.h"
#include "inspect/worker_wire.h"

#include "base/fd.h"
#include "base/pack.h"
#include "base/test.h"
#include "mail/spam/spam.h"
#include "wire/inspect-keeper.h"
#include "wire/inspect-scanners.h"
#include "wire/queue-inspect.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>

enum acts { GOOD, DIES, LIES_KIND, LIES_EXCHANGE, LIES_BYTES, LIES_CLEAN, LIES_LATER, SLEEPS, JUDGE_DIES, JUDGE_MARKS, NOT_THERE, IS_SLOW };
enum { WORKERS_SCRIPTED = 8, PAYLOAD = 4 << 20, TEST_LIMIT = 20000 };

enum scanners_act { NO_SCANNERS, SAY_CLEAN, SAY_FOUND, SAY_FAILED, SAY_TOO_FEW, SAY_RUBBISH, SAY_NOTHING, GO_AWAY,
                    COME_BACK };

static const struct row {
	const char *about;
	unsigned scanners;
	enum scanners_act scanners_do;
	enum acts acts[WORKERS_SCRIPTED];              /* then GOOD */
	uint8_t answer;
	enum verdict verdict;
	const char *reason;
} rows[] = {
	{ "no scanner: judged at once", 0, NO_SCANNERS, { GOOD }, INSPECT_JUDGED, VERDICT_CLEAN, "" },
	{ "a scanner says clean", 1, SAY_CLEAN, { GOOD }, INSPECT_JUDGED, VERDICT_CLEAN, "" },
	{ "a scanner found something", 1, SAY_FOUND, { GOOD }, INSPECT_JUDGED, VERDICT_VIRUS, "clamav: Eicar-Test?" },
	{ "a scanner failed", 1, SAY_FAILED, { GOOD }, INSPECT_JUDGED, VERDICT_UNSCANNABLE, "clamav: no" },
	{ "one scanner of two answers", 2, SAY_CLEAN, { GOOD }, INSPECT_JUDGED, VERDICT_UNSCANNABLE,
	  "scanners: not every scanner answered" },
	{ "the scanners answer with nothing", 1, SAY_TOO_FEW, { GOOD }, INSPECT_JUDGED, VERDICT_UNSCANNABLE,
	  "scanners: not every scanner answered" },
	{ "the scanners talk rubbish", 1, SAY_RUBBISH, { GOOD }, INSPECT_JUDGED, VERDICT_UNSCANNABLE,
	  "scanners: no answer in time" },
	{ "the scanners are silent", 1, SAY_NOTHING, { GOOD }, INSPECT_JUDGED, VERDICT_UNSCANNABLE,
	  "scanners: no answer in time" },
	{ "the scanners are gone", 1, GO_AWAY, { GOOD }, INSPECT_JUDGED, VERDICT_UNSCANNABLE, "scanners: no answer in time" },
	{ "the scanners come back and are asked again", 1, COME_BACK, { GOOD }, INSPECT_JUDGED, VERDICT_CLEAN, "" },
	{ "there never were scanners", 1, NO_SCANNERS, { GOOD }, INSPECT_JUDGED, VERDICT_UNSCANNABLE,
	  "scanners: no answer in time" },
	{ "a worker dies once", 0, NO_SCANNERS, { DIES }, INSPECT_JUDGED, VERDICT_CLEAN, "" },
	{ "a worker dies twice", 0, NO_SCANNERS, { DIES, DIES }, INSPECT_JUDGED, VERDICT_UNSCANNABLE,
	  "message: its worker died twice" },
	{ "a worker dies again and again", 0, NO_SCANNERS, { DIES, DIES, JUDGE_DIES }, INSPECT_FAILED, VERDICT_CLEAN, "" },
	{ "what shall be marked is", 0, NO_SCANNERS, { DIES, DIES, GOOD, JUDGE_MARKS }, INSPECT_JUDGED, VERDICT_SPAM, "" },
	{ "what nobody could mark does not go as it came", 0, NO_SCANNERS, { DIES, DIES, DIES, JUDGE_MARKS }, INSPECT_FAILED,
	  VERDICT_CLEAN, "" },
	{ "a worker answers with another kind", 0, NO_SCANNERS, { LIES_KIND, LIES_KIND }, INSPECT_JUDGED,
	  VERDICT_UNSCANNABLE, "message: its worker died twice" },
	{ "a worker answers something nobody asked", 0, NO_SCANNERS, { LIES_EXCHANGE }, INSPECT_JUDGED, VERDICT_CLEAN, "" },
	{ "a worker's judgement is none", 0, NO_SCANNERS, { LIES_BYTES }, INSPECT_JUDGED, VERDICT_CLEAN, "" },
	{ "a worker judges before the scanners were asked", 1, SAY_FOUND, { LIES_CLEAN }, INSPECT_JUDGED, VERDICT_VIRUS,
	  "clamav: Eicar-Test?" },
	{ "who has read the message is not asked to judge it", 1, SAY_FOUND, { LIES_LATER }, INSPECT_JUDGED, VERDICT_VIRUS,
	  "clamav: Eicar-Test?" },
	{ "a worker takes too long", 0, NO_SCANNERS, { SLEEPS }, INSPECT_JUDGED, VERDICT_UNSCANNABLE,
	  "message: inspecting it took too long" },
};

/* Not a judgement is asked, but what the classifier sees. */
static const struct row feature_rows[] = {
	{ "what the classifier sees of a message", 0, NO_SCANNERS, { GOOD }, INSPECT_FEATURES, VERDICT_CLEAN, "" },
	{ "a judgement is no answer to that", 0, NO_SCANNERS, { LIES_LATER }, INSPECT_FEATURES, VERDICT_CLEAN, "" },
	{ "nobody can read it", 0, NO_SCANNERS, { DIES, DIES }, INSPECT_FAILED, VERDICT_CLEAN, "" },
	{ "what took too long once is not tried again", 0, NO_SCANNERS, { SLEEPS }, INSPECT_FAILED, VERDICT_CLEAN, "" },
};

/* A list in the DNS is asked beside the scanners; the message is from 192.0.2.99, and a rule refuses who is listed. */
enum resolver_act { NO_RESOLVER, SAY_LISTED, SAY_UNLISTED, SAY_CODE, SAY_LONG, SAY_SERVFAIL, SAY_NOISE, SAY_OTHERS, DIES_OVER_IT };

static const struct list_row {
	const char *about;
	enum resolver_act resolver_does;
	unsigned scanners;
	enum scanners_act scanners_do;
	enum outcome outcome;
	enum answer_end end;
	const char *text;
	enum acts acts[WORKERS_SCRIPTED];
} list_rows[] = {
	{ "who is listed is refused", SAY_LISTED, 0, NO_SCANNERS, FATE_REJECT, ANSWER_SAID, "127.0.0.2 127.0.0.10", { GOOD } },
	{ "who is listed is refused though nobody could read it", SAY_LISTED, 0, NO_SCANNERS, FATE_REJECT, ANSWER_SAID, "127.0.0.2 127.0.0.10",
	  { DIES, DIES } },
	{ "or it took too long", SAY_LISTED, 0, NO_SCANNERS, FATE_REJECT, ANSWER_SAID, "127.0.0.2 127.0.0.10", { SLEEPS } },
	{ "what nobody could read is kept when its client is not listed", SAY_UNLISTED, 0, NO_SCANNERS, FATE_QUARANTINE, ANSWER_SAID, "",
	  { DIES, DIES } },
	{ "and when a scanner calls it clean", SAY_UNLISTED, 1, SAY_CLEAN, FATE_QUARANTINE, ANSWER_SAID, "", { DIES, DIES } },
	{ "who is not is not", SAY_UNLISTED, 0, NO_SCANNERS, FATE_DELIVER, ANSWER_SAID, "", { GOOD } },
	{ "the scanners are asked too, and the list answers", SAY_LISTED, 1, SAY_FOUND, FATE_REJECT, ANSWER_SAID, "127.0.0.2 127.0.0.10", { GOOD } },
	{ "silent scanners do not unsay the list", SAY_LISTED, 1, SAY_NOTHING, FATE_REJECT, ANSWER_SAID, "127.0.0.2 127.0.0.10", { GOOD } },
	{ "nor do answers that came with others at all", SAY_UNLISTED, 1, SAY_FOUND, FATE_QUARANTINE, ANSWER_SAID, "", { GOOD } },
	{ "a list's error code is kept, and is no hit", SAY_CODE, 0, NO_SCANNERS, FATE_DELIVER, ANSWER_SAID, "127.255.255.254", { GOOD } },
	{ "an answer that is no address has failed", SAY_LONG, 0, NO_SCANNERS, FATE_DELIVER, ANSWER_FAILED, "no answer of the DNS", { GOOD } },
	{ "SERVFAIL has failed", SAY_SERVFAIL, 0, NO_SCANNERS, FATE_DELIVER, ANSWER_FAILED, "no answer of the DNS", { GOOD } },
	{ "noise ends the wire, and has failed", SAY_NOISE, 0, NO_SCANNERS, FATE_DELIVER, ANSWER_FAILED, "no answer of the DNS", { GOOD } },
	{ "answers to other questions are none, and silence has failed when time is over", SAY_OTHERS, 0, NO_SCANNERS, FATE_DELIVER,
	  ANSWER_FAILED, "no answer in time", { GOOD } },
	{ "a resolver that dies over it has failed", DIES_OVER_IT, 0, NO_SCANNERS, FATE_DELIVER, ANSWER_FAILED, "no answer of the DNS", { GOOD } },
	{ "there never was a resolver", NO_RESOLVER, 0, NO_SCANNERS, FATE_DELIVER, ANSWER_FAILED, "no answer of the DNS", { GOOD } },
	{ "a dead resolver does not keep the scanners from being heard", NO_RESOLVER, 1, SAY_FOUND, FATE_QUARANTINE, ANSWER_FAILED, "no answer of the DNS", { GOOD } },
};

/* The keeper is asked whether the lists in the DNS are or not; a rule refuses whom nobody knows. */
enum keeper_act { NO_KEEPER, STRANGERS, SAY_NEVER, SAY_KNOWN, KEEPS_SILENT, SAY_LATE, SAY_OF_BEFORE };

static const struct sender_row {
	const char *about;
	enum keeper_act keeper_does;
	enum outcome outcome;
	enum answer_end end;
	const char *text;
} sender_rows[] = {
	{ "a stranger is refused", SAY_NEVER, FATE_REJECT, ANSWER_SAID, "never" },
	{ "who is known is not", SAY_KNOWN, FATE_DELIVER, ANSWER_SAID, "delivered 3 quarantined 0 rejected 0 first 90 last 5" },
	{ "where all are strangers nobody is asked", STRANGERS, FATE_REJECT, ANSWER_SAID, "never" },
	{ "without a keeper nobody is either", NO_KEEPER, FATE_DEFER, ANSWER_FAILED, "the keeper is away" },
	{ "one that is silent is not waited for as long as inspecting may take", KEEPS_SILENT, FATE_DEFER, ANSWER_FAILED, "no answer in time" },
	{ "what it says when nobody waits for it any more is passed over", SAY_LATE, FATE_DEFER, ANSWER_FAILED, "no answer in time" },
	{ "and is no answer about the next message", SAY_OF_BEFORE, FATE_REJECT, ANSWER_SAID, "never" },
};

/* New settings come, with a rule that refuses who is listed; nothing was asked before. */
static const struct reload_row {
	const char *about;
	unsigned scanners;
	enum acts acts[WORKERS_SCRIPTED];
} reload_rows[] = {
	{ "nobody has read it yet", 0, { NOT_THERE } },
	{ "somebody has judged it by the settings of before", 0, { IS_SLOW } },
	{ "others are asked about it", 1, { GOOD } },
	{ "nobody could read it, and others are asked", 1, { DIES, DIES } },
};

struct bench {
	const struct row *row;
	enum resolver_act resolver_does;
	enum keeper_act keeper_does;
	struct loop loop;
	struct log log;
	struct counters counters;
	struct dispatcher dispatcher;
	struct channel queue, scanners, resolver, keeper;
	struct timer limit, back;
	struct worker_task task;
	const struct dispatcher_limits *reloads;       /* with those, when `back` is due */
	int reloaded[2];                               /* a pipe: its other end is closed then */
	uint64_t first_asked;
	unsigned made, asked, states;
	uint8_t answer;
	enum verdict verdict;
	char reason[300];
	enum outcome outcome;
	enum answer_end end;
	char text[300];
};

/* ---- workers ---- */

static enum result lie(enum acts act, int wire, const struct worker_task *task)
{
	struct fate fates[2] = { { .edits = NO_EDITS }, { .edits = NO_EDITS } };
	struct judgement clean = { .fates = fates, .fate_count = 2 };
	struct buffer payload;
	struct frame frame;

	(void)task;
	buffer_init(&payload, WORKER_QUESTION_LONGEST);
	TRY(frame_receive(wire, &payload, &frame));
	fd_close(&frame.fd);
	buffer_clear(&payload);
	TRY(judgement_pack(&clean, &payload));
	if (act == LIES_BYTES)
		buffer_cut(&payload, 5);
	return frame_send(wire, act == LIES_KIND ? WORKER_COMPOSED : WORKER_JUDGED,
	                  frame.exchange + (act == LIES_EXCHANGE), buffer_slice(&payload), -1);
}

static enum result answer_falsely(int wire, bool marks, struct buffer *payload, struct buffer *lie)
{
	struct fate fates[2] = { { .edits = NO_EDITS, .deeds = marks }, { .edits = NO_EDITS, .deeds = marks } };
	struct deed mark = { .kind = DEED_HEADER, .text = SLICE("X-A: 1") };
	struct deeds deeds = { &mark, 1 };
	const struct judgement harmless = { .verdict = VERDICT_SPAM, .fates = fates, .fate_count = 2, .deeds = &deeds,
		                            .deeds_count = marks };
	const struct findings nothing = { 0 };
	struct frame frame;

	buffer_clear(lie);
	TRY(frame_receive(wire, payload, &frame));
	fd_close(&frame.fd);
	TRY(frame.kind == WORKER_READ ? findings_pack(&nothing, lie) : judgement_pack(&harmless, lie));
	return frame_send(wire, frame.kind == WORKER_READ ? WORKER_FINDINGS : WORKER_JUDGED, frame.exchange,
	                  buffer_slice(lie), -1);
}

/* Taken over by what it read, it waits for its chance to let it pass; or it judges by rules of its own. */
static void lie_later(int wire, bool marks)
{
	struct buffer payload, lie;

	buffer_init(&payload, WORKER_QUESTION_LONGEST);
	buffer_init(&lie, WORKER_ANSWER_LONGEST);
	while (answer_falsely(wire, marks, &payload, &lie) == OK)
		;
}

static void receive_and_end(int wire, unsigned seconds)
{
	struct buffer payload;
	struct frame frame;

	buffer_init(&payload, WORKER_QUESTION_LONGEST);
	(void)!frame_receive(wire, &payload, &frame);
	(void)sleep(seconds);
}

static _Noreturn void act_as_worker(const struct bench *bench, enum acts act, int wire)
{
	if (act == GOOD || act == IS_SLOW || act == NOT_THERE)
		worker_run(wire, &bench->task);
	else if (act == LIES_LATER || act == JUDGE_MARKS)
		lie_later(wire, act == JUDGE_MARKS);
	else if (act == DIES || act == SLEEPS)
		receive_and_end(wire, act == SLEEPS ? 10 : 0);
	else if (lie(act, wire, &bench->task) == OK)
		(void)sleep(10);
	_exit(0);
}

static void wait_for_reload(const struct bench *bench)
{
	char none;

	(void)close(bench->reloaded[1]);
	(void)!read(bench->reloaded[0], &none, 1);
}

static enum acts judge_acts(const struct row *row)
{
	for (size_t i = 0; i < WORKERS_SCRIPTED; i++)
		if (row->acts[i] == JUDGE_DIES || row->acts[i] == JUDGE_MARKS)
			return row->acts[i] == JUDGE_DIES ? DIES : JUDGE_MARKS;
	return GOOD;
}

static enum result make_worker(void *maker, bool judges, int *ret_wire)
{
	struct bench *bench = maker;
	unsigned place = judges ? WORKERS_SCRIPTED : bench->made++;
	enum acts act = place < WORKERS_SCRIPTED ? bench->row->acts[place] : GOOD;
	int ends[2];

	if (judges)
		act = judge_acts(bench->row);
	if (act == NOT_THERE && bench->reloads) {
		bench->made--;
		return LATER;
	}
	TRY(channel_pair(ends));
	if (fork() == 0) {
		if (act == IS_SLOW)
			wait_for_reload(bench);
		(void)close_range(3, (unsigned)ends[1] - 1, 0);
		(void)close_range((unsigned)ends[1] + 1, ~0U, 0);
		act_as_worker(bench, act, ends[1]);
	}
	fd_close(&ends[1]);
	*ret_wire = ends[0];
	return OK;
}

/* ---- scanners ---- */

static const struct said {
	uint8_t count, end;
	const char *text;
} said[] = {
	[SAY_CLEAN] = { 1, SCAN_CLEAN, "" }, [SAY_FOUND] = { 1, SCAN_FOUND, "Eicar-Test\n" },
	[SAY_FAILED] = { 1, SCAN_FAILED, "no" }, [SAY_TOO_FEW] = { 0, SCAN_CLEAN, "" },
	[SAY_RUBBISH] = { 9, SCAN_CLEAN, "" }, [COME_BACK] = { 1, SCAN_CLEAN, "" },
};

static enum result say_scanned(struct bench *bench, const struct frame *frame, const struct said *what)
{
	struct buffer payload;
	enum result result;

	buffer_init(&payload, 4096);
	result = pack_u8(&payload, what->count);
	if (result == OK && what->count)
		result = pack_slice(&payload, SLICE("clamav"));
	if (result == OK && what->count)
		result = pack_u8(&payload, what->end);
	if (result == OK && what->count)
		result = pack_slice(&payload, slice_of(what->text));
	if (result == OK)
		result = channel_send(&bench->scanners, SCANNERS_SCANNED, frame->exchange, buffer_slice(&payload), -1);
	buffer_finish(&payload);
	return result;
}

static enum result scanners_frame(void *owner, struct frame *frame)
{
	struct bench *bench = owner;
	enum scanners_act act = bench->row->scanners_do;

	if (frame->kind == INSPECT_FORGET)               /* nobody waits any more */
		return OK;
	CHECK(frame->kind == INSPECT_SCAN && frame->fd >= 0, "the scanners get a descriptor");
	bench->asked++;
	if (act == SAY_NOTHING)
		return OK;
	if (act == GO_AWAY || (act == COME_BACK && bench->asked == 1))
		return REFUSED;
	return say_scanned(bench, frame, &said[act]);
}

static const struct channel_handler scanners_handler = { scanners_frame, NULL };

static void connect_scanners(void *owner)
{
	struct bench *bench = owner;
	int ends[2];

	channel_close(&bench->scanners);
	CHECK(channel_pair(ends) == OK, "a wire to the scanners");
	CHECK(channel_open(&bench->scanners, &bench->loop, ends[0], PAYLOAD, &scanners_handler, bench) == OK, "opened");
	CHECK(dispatcher_scanners(&bench->dispatcher, ends[1]) == OK, "on both ends");
}

/* ---- the resolver ---- */

static const struct resolved {
	uint8_t end;
	struct slice records[2];
} resolved[] = {
	[SAY_LISTED] = { DNS_FOUND, { LIT("\177\0\0\012"), LIT("\177\0\0\2") } },
	[SAY_UNLISTED] = { DNS_NO_NAME, { { 0 } } },
	[SAY_CODE] = { DNS_FOUND, { LIT("\177\377\377\376") } },
	[SAY_LONG] = { DNS_FOUND, { LIT("\177\0\0\2\2") } },
	[SAY_SERVFAIL] = { DNS_FAILED, { { 0 } } },
	[SAY_NOISE] = { 99, { { 0 } } },
	[SAY_OTHERS] = { DNS_FOUND, { LIT("\177\0\0\2") } },
};

static enum result say_resolved(struct bench *bench, uint64_t exchange)
{
	const struct resolved *what = &resolved[bench->resolver_does];
	uint32_t count = 0;
	struct buffer payload;
	enum result result;

	while (count < COUNT_OF(what->records) && what->records[count].len)
		count++;
	buffer_init(&payload, 4096);
	result = pack_u8(&payload, what->end);
	if (result == OK)
		result = pack_u8(&payload, 0);
	if (result == OK)
		result = pack_u32(&payload, 300);
	if (result == OK)
		result = pack_u32(&payload, count);
	for (uint32_t i = 0; i < count && result == OK; i++)
		result = pack_slice(&payload, what->records[i]);
	if (result == OK)
		result = channel_send(&bench->resolver, DNS_ANSWER, exchange + (bench->resolver_does == SAY_OTHERS ? 7 : 0),
		                      buffer_slice(&payload), -1);
	buffer_finish(&payload);
	return result;
}

static enum result resolver_frame(void *owner, struct frame *frame)
{
	struct unpack from = unpack_from(frame->payload);
	struct bench *bench = owner;

	if (frame->kind == DNS_FORGET)
		return OK;
	CHECK(unpack_u32(&from) == DNS_A && slice_same(unpack_slice(&from, DNS_NAME), SLICE("99.2.0.192.zen.example")),
	      "the resolver is asked for the reversed address");
	return bench->resolver_does == DIES_OVER_IT ? REFUSED : say_resolved(bench, frame->exchange);
}

static const struct channel_handler resolver_handler = { resolver_frame, NULL };

static void connect_resolver(struct bench *bench)
{
	int ends[2];

	CHECK(channel_pair(ends) == OK, "a wire to the resolver");
	CHECK(channel_open(&bench->resolver, &bench->loop, ends[0], PAYLOAD, &resolver_handler, bench) == OK, "opened");
	CHECK(dispatcher_resolver(&bench->dispatcher, ends[1]) == OK, "on both ends");
}

/* ---- the keeper ---- */

static enum result say_told(struct bench *bench, uint64_t exchange, uint8_t count)
{
	bool known = bench->keeper_does != SAY_NEVER;
	struct buffer payload;
	enum result result;

	buffer_init(&payload, 4096);
	result = pack_u8(&payload, count);
	for (size_t i = 0; i < count && result == OK; i++) {
		result = pack_u8(&payload, known ? KNOWN_YES : KNOWN_NEVER);
		if (result == OK)
			result = pack_u64(&payload, known ? 90 : 0);
		if (result == OK)
			result = pack_u64(&payload, known ? 5 : 0);
		for (size_t outcome = 0; outcome < KNOWN_OUTCOMES && result == OK; outcome++)
			result = pack_u32(&payload, known && outcome == KNOWN_DELIVERED ? 3 : 0);
	}
	if (result == OK)
		result = channel_send(&bench->keeper, KEEPER_TOLD, exchange, buffer_slice(&payload), -1);
	buffer_finish(&payload);
	return result;
}

static void say_late(void *owner)
{
	struct bench *bench = owner;

	CHECK(say_told(bench, bench->first_asked, 2) == OK, "it answers late");
}

static enum result keeper_frame(void *owner, struct frame *frame)
{
	struct unpack from = unpack_from(frame->payload);
	struct bench *bench = owner;
	bool is_first = bench->first_asked == 0;

	CHECK(frame->kind == INSPECT_ASK_KNOWN, "the keeper is asked");
	if (is_first)
		bench->first_asked = frame->exchange;
	if (bench->keeper_does == KEEPS_SILENT || (bench->keeper_does == SAY_OF_BEFORE && is_first))
		return OK;
	if (bench->keeper_does == SAY_LATE)
		return timer_start(&bench->back, 600);
	if (bench->keeper_does == SAY_OF_BEFORE)
		say_late(owner);
	bench->keeper_does = bench->keeper_does == SAY_OF_BEFORE ? SAY_NEVER : bench->keeper_does;
	return say_told(owner, frame->exchange, unpack_u8(&from));
}

static const struct channel_handler keeper_handler = { keeper_frame, NULL };

static void connect_keeper(struct bench *bench)
{
	int ends[2];

	CHECK(channel_pair(ends) == OK, "a wire to the keeper");
	CHECK(channel_open(&bench->keeper, &bench->loop, ends[0], PAYLOAD, &keeper_handler, bench) == OK, "opened");
	CHECK(dispatcher_keeper(&bench->dispatcher, ends[1]) == OK, "on both ends");
}

/* ---- the queue ---- */

/* What was kept of the list's answer, or of the keeper's. */
static void take_answer(struct bench *bench, const struct judgement *judgement, struct arena *arena)
{
	struct evidence evidence = { 0 };

	bench->outcome = judgement->fates[0].outcome;
	if (evidence_unpack(judgement->evidence, arena, &evidence) != OK)
		return;
	for (size_t i = 0; i < evidence.count; i++)
		if (evidence.answers[i].kind == ASK_DNS || evidence.answers[i].kind == ASK_STATE) {
			bench->states += evidence.answers[i].kind == ASK_STATE;
			bench->end = evidence.answers[i].end;
			(void)snprintf(bench->text, sizeof(bench->text), "%.*s", SHOW(evidence.answers[i].text));
		}
}

static enum result queue_frame(void *owner, struct frame *frame)
{
	struct bench *bench = owner;
	struct judgement judgement;
	struct features features;
	struct arena arena;

	arena_init(&arena, PAYLOAD);
	bench->answer = frame->kind;
	if (frame->kind == INSPECT_FEATURES)
		CHECK(features_unpack(frame->payload, &arena, &features) == OK && features.kinds[FEATURE_word].count == 1,
		      "they are those of the message");
	CHECK(frame->exchange == 77, "the answer has the question's number");
	if (frame->kind == INSPECT_JUDGED && judgement_unpack(frame->payload, &arena, &judgement) == OK) {
		bench->verdict = judgement.verdict;
		take_answer(bench, &judgement, &arena);
		(void)snprintf(bench->reason, sizeof(bench->reason), "%.*s", SHOW(judgement.reason));
	}
	arena_finish(&arena);
	loop_stop(&bench->loop);
	return OK;
}

static const struct channel_handler queue_handler = { queue_frame, NULL };

static void out_of_time(void *owner)
{
	loop_stop(&((struct bench *)owner)->loop);
}

static int message(void)
{
	static const struct slice text = LIT("Subject: a\r\n\r\nhello\r\n");
	int fd = memfd_create("message", MFD_ALLOW_SEALING | MFD_CLOEXEC);

	CHECK(write(fd, text.at, text.len) == (ssize_t)text.len, "the message is written");
	CHECK(fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) == 0, "and sealed");
	return fd;
}

static void ask_features(struct bench *bench)
{
	closing int fd = message();

	CHECK(channel_send(&bench->queue, QUEUE_FEATURES, 77, SLICE(""), fd) == OK, "features are asked");
}

static void ask(struct bench *bench)
{
	struct envelope_recipient recipients[2] = { { .address = SLICE("a@b") }, { .address = SLICE("c@d") } };
	struct envelope envelope = { .id = SLICE("0123456789ABCDEF"), .sender = SLICE("x@y"), .client_address = SLICE("192.0.2.99"),
		                     .recipients = recipients, .recipient_count = 2 };
	struct buffer packed, payload;
	closing int fd = message();

	buffer_init(&packed, PAYLOAD);
	buffer_init(&payload, PAYLOAD);
	CHECK(envelope_pack(&envelope, &packed) == OK && pack_u8(&payload, 1) == OK &&
	      pack_slice(&payload, buffer_slice(&packed)) == OK, "an envelope");
	CHECK(channel_send(&bench->queue, QUEUE_INSPECT, 77, buffer_slice(&payload), fd) == OK, "is asked about");
	buffer_finish(&packed);
	buffer_finish(&payload);
}

/* ---- a row ---- */

static void open_bench(struct bench *bench, const struct dispatcher_limits *limits)
{
	int ends[2];

	log_init(&bench->log, "inspect", -1, LOG_LEVEL_INFO);
	CHECK(loop_init(&bench->loop) == OK, "a loop");
	timer_init(&bench->limit, &bench->loop, out_of_time, bench);
	timer_init(&bench->back, &bench->loop, connect_scanners, bench);
	CHECK(timer_start(&bench->limit, TEST_LIMIT) == OK, "a limit");
	dispatcher_init(&bench->dispatcher, &bench->loop, &bench->log, &bench->counters, make_worker, bench);
	CHECK(dispatcher_start(&bench->dispatcher, limits) == OK, "a dispatcher");
	CHECK(channel_pair(ends) == OK, "a wire to the queue");
	CHECK(channel_open(&bench->queue, &bench->loop, ends[0], PAYLOAD, &queue_handler, bench) == OK, "opened");
	CHECK(dispatcher_queue(&bench->dispatcher, ends[1]) == OK, "on both ends");
}

static void close_bench(struct bench *bench)
{
	channel_close(&bench->queue);
	channel_close(&bench->scanners);
	channel_close(&bench->resolver);
	channel_close(&bench->keeper);
	dispatcher_finish(&bench->dispatcher);
	timer_end(&bench->limit);
	timer_end(&bench->back);
	loop_finish(&bench->loop);
}

static void check_row(const struct row *row, const struct policy *policy, void (*asks)(struct bench *))
{
	const struct dispatcher_limits limits = { .scanners = row->scanners, .in_flight = 4, .inspect_ms = 1000,
		                                  .cpu_ms = 1000, .workers = { 1, 100, 1200 } };
	struct bench bench = { .row = row, .task = { { &message_limits_standard, NULL, policy, row->scanners, NULL }, 5, 5 } };

	open_bench(&bench, &limits);
	if (row->scanners_do != NO_SCANNERS)
		connect_scanners(&bench);
	if (row->scanners_do == COME_BACK)
		CHECK(timer_start(&bench.back, 500) == OK, "they come back");
	asks(&bench);
	CHECK(loop_run(&bench.loop) == OK, row->about);
	CHECK(bench.answer == row->answer, row->about);
	CHECK(bench.verdict == row->verdict, row->about);
	CHECK(slice_same(slice_of(bench.reason), slice_of(row->reason)), row->about);
	if (!slice_same(slice_of(bench.reason), slice_of(row->reason)))
		printf("  it says: %s\n", bench.reason);
	CHECK(bench.dispatcher.in_flight == 0, "nothing is left under way");
	close_bench(&bench);
}

static void check_list_row(const struct list_row *row, const struct policy *policy)
{
	struct row plain = { .about = row->about, .scanners = row->scanners, .scanners_do = row->scanners_do };
	const struct dispatcher_limits limits = { .scanners = row->scanners, .policy = policy, .in_flight = 4, .inspect_ms = 1000,
		                                  .cpu_ms = 1000, .workers = { 1, 100, 1200 } };
	struct bench bench = { .row = &plain, .resolver_does = row->resolver_does,
		               .task = { { &message_limits_standard, NULL, policy, row->scanners, NULL }, 5, 5 } };

	memcpy(plain.acts, row->acts, sizeof(plain.acts));
	open_bench(&bench, &limits);
	if (row->scanners_do != NO_SCANNERS)
		connect_scanners(&bench);
	if (row->resolver_does != NO_RESOLVER)
		connect_resolver(&bench);
	ask(&bench);
	CHECK(loop_run(&bench.loop) == OK && bench.answer == INSPECT_JUDGED, row->about);
	CHECK(bench.outcome == row->outcome, row->about);
	CHECK(bench.end == row->end && slice_same(slice_of(bench.text), slice_of(row->text)), row->about);
	if (!slice_same(slice_of(bench.text), slice_of(row->text)))
		printf("  it says: %s\n", bench.text);
	CHECK(bench.dispatcher.in_flight == 0 && bench.dispatcher.lookups.used == 0, "nothing is left under way");
	close_bench(&bench);
}

static void check_sender_row(const struct sender_row *row, const struct policy *policy)
{
	static const struct row plain = { .about = "the keeper" };
	const struct dispatcher_limits limits = { .policy = policy, .unlisted = true, .strangers = row->keeper_does == STRANGERS, .in_flight = 4,
		                                  .scanners = row->keeper_does == SAY_LATE, .inspect_ms = row->keeper_does == SAY_LATE ? 1000 : 60000,
		                                  .cpu_ms = 1000, .brief_ms = 300, .workers = { 1, 100, 1200 } };
	struct bench bench = { .row = &plain, .keeper_does = row->keeper_does,
		               .task = { { &message_limits_standard, NULL, policy, 0, NULL }, 5, 5 } };

	open_bench(&bench, &limits);
	timer_end(&bench.back);
	timer_init(&bench.back, &bench.loop, say_late, &bench);
	if (row->keeper_does > STRANGERS)
		connect_keeper(&bench);
	ask(&bench);
	CHECK(loop_run(&bench.loop) == OK && bench.answer == INSPECT_JUDGED, row->about);
	if (row->keeper_does == SAY_OF_BEFORE) {
		CHECK(bench.outcome == FATE_DEFER, "the first is put off");
		bench.answer = 0;
		bench.states = 0;
		ask(&bench);
		CHECK(loop_run(&bench.loop) == OK && bench.answer == INSPECT_JUDGED, row->about);
	}
	CHECK(bench.outcome == row->outcome && bench.end == row->end && bench.states == 2, row->about);
	CHECK(slice_same(slice_of(bench.text), slice_of(row->text)), row->about);
	CHECK(bench.dispatcher.in_flight == 0, "nothing is left under way");
	close_bench(&bench);
}

static void reload(void *owner)
{
	struct bench *bench = owner;

	CHECK(bench->dispatcher.in_flight == 1, "it is under way when new settings come");
	bench->task.means.scanners = 0;
	CHECK(dispatcher_start(&bench->dispatcher, bench->reloads) == OK, "they stand");
	bench->reloads = NULL;
	fd_close(&bench->reloaded[1]);
}

static void check_reload_row(const struct reload_row *row, const struct policy *policy)
{
	struct row plain = { .about = row->about };
	const struct dispatcher_limits before = { .scanners = row->scanners, .in_flight = 4, .inspect_ms = 60000, .cpu_ms = 60000,
		                                  .workers = { 1, 100, 60000 } };
	const struct dispatcher_limits after = { .policy = policy, .in_flight = 4, .inspect_ms = 60000, .cpu_ms = 60000,
		                                 .workers = { 1, 100, 60000 } };
	struct bench bench = { .row = &plain, .resolver_does = SAY_LISTED, .reloads = &after,
		               .task = { { &message_limits_standard, NULL, policy, row->scanners, NULL }, 60, 60 } };

	memcpy(plain.acts, row->acts, sizeof(plain.acts));
	CHECK(pipe(bench.reloaded) == 0, "a pipe");
	open_bench(&bench, &before);
	timer_end(&bench.back);
	timer_init(&bench.back, &bench.loop, reload, &bench);
	connect_resolver(&bench);
	ask(&bench);
	CHECK(timer_start(&bench.back, 200) == OK && loop_run(&bench.loop) == OK && bench.answer == INSPECT_JUDGED, row->about);
	CHECK(bench.outcome == FATE_REJECT && bench.end == ANSWER_SAID, row->about);
	CHECK(bench.dispatcher.in_flight == 0 && bench.dispatcher.lookups.used == 0, "nothing is left under way");
	close_bench(&bench);
	fd_close(&bench.reloaded[0]);
	fd_close(&bench.reloaded[1]);
}

static const char senders_file[] = "policy \"stranger\" { when = \"sender.seen = 0\" do = {\"reject\"} }\n"
	"policy \"bad\" { when = \"virus or unscannable\" do = {\"quarantine\"} }\n";
static const char lists_file[] = "dnsbl \"zen\" { zone = \"zen.example\" }\n"
	"policy \"listed\" { when = \"listed('zen')\" do = {\"reject\"} }\n"
	"policy \"bad\" { when = \"virus or unscannable\" do = {\"quarantine\"} }\n";

static void check_lists(const struct policy *policy)
{
	for (size_t i = 0; i < COUNT_OF(list_rows); i++)
		check_list_row(&list_rows[i], policy);
	for (size_t i = 0; i < COUNT_OF(reload_rows); i++)
		check_reload_row(&reload_rows[i], policy);
}

static void check_senders(const struct policy *policy)
{
	for (size_t i = 0; i < COUNT_OF(sender_rows); i++)
		check_sender_row(&sender_rows[i], policy);
}

static void with_policy(struct slice text, void (*checks)(const struct policy *))
{
	static const struct settings_section *const schema[] = { &policy_settings_section, &dnsbl_settings_section, NULL };
	char name[] = "/tmp/dispatcher-test-XXXXXX";
	const struct policy *policy = NULL;
	closing int fd = mkstemp(name);
	struct settings settings;
	struct buffer complaint;
	struct arena arena;

	arena_init(&arena, 1 << 20);
	buffer_init(&complaint, 1024);
	settings_init(&settings);
	CHECK(fd >= 0 && write(fd, text.at, text.len) == (ssize_t)text.len &&
	      settings_read_file(&settings, name, false, schema, &complaint) == OK &&
	      policy_compile(&settings, &arena, &policy, &complaint) == OK, "a policy that asks");
	(void)unlink(name);
	if (policy)
		checks(policy);
	settings_finish(&settings);
	buffer_finish(&complaint);
	arena_finish(&arena);
}

/* It marks what no rule wants marked. */
static void lying_judge(const struct policy *policy)
{
	static const struct row row = { .about = "a judge that says what policy does not", .acts = { DIES, DIES, JUDGE_MARKS } };
	const struct dispatcher_limits limits = { .policy = policy, .in_flight = 4, .inspect_ms = 1000, .cpu_ms = 1000,
		                                  .workers = { 1, 100, 1200 } };
	struct bench bench = { .row = &row, .task = { { &message_limits_standard, NULL, policy, 0, NULL }, 5, 5 } };

	open_bench(&bench, &limits);
	ask(&bench);
	CHECK(loop_run(&bench.loop) == OK && bench.answer == INSPECT_FAILED, row.about);
	close_bench(&bench);
}

static void forgotten(const struct policy *policy)
{
	static const struct row row = { .about = "a forgotten question is not answered", .acts = { SLEEPS } };
	const struct dispatcher_limits limits = { .in_flight = 4, .inspect_ms = 1000, .cpu_ms = 1000,
		                                  .workers = { 1, 100, 1200 } };
	struct bench bench = { .row = &row, .task = { { &message_limits_standard, NULL, policy, 0, NULL }, 5, 5 } };

	open_bench(&bench, &limits);
	ask(&bench);
	CHECK(channel_send(&bench.queue, QUEUE_FORGET, 77, SLICE(""), -1) == OK, "forget it");
	CHECK(timer_start(&bench.limit, 1800) == OK, "a limit");
	CHECK(loop_run(&bench.loop) == OK && bench.answer == 0, row.about);
	CHECK(bench.dispatcher.in_flight == 0, "and nothing is left under way");
	close_bench(&bench);
}

int main(void)
{
	const struct policy *policy = NULL;
	struct settings settings;
	struct buffer complaint;
	struct arena arena;

	(void)signal(SIGCHLD, SIG_IGN);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)setvbuf(stdout, NULL, _IONBF, 0);
	arena_init(&arena, 1 << 20);
	buffer_init(&complaint, 1024);
	settings_init(&settings);
	CHECK(policy_compile(&settings, &arena, &policy, &complaint) == OK, "the standard policy");
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		check_row(&rows[i], policy, ask);
	for (size_t i = 0; i < COUNT_OF(feature_rows); i++)
		check_row(&feature_rows[i], policy, ask_features);
	with_policy(slice_of(lists_file), check_lists);
	with_policy(slice_of(senders_file), check_senders);
	forgotten(policy);
	lying_judge(policy);
	settings_finish(&settings);
	buffer_finish(&complaint);
	arena_finish(&arena);
	return TEST_END();
}
