/* SPDX-License-Identifier: Apache-2.0 */
/* What the keeper is told, and that nobody waits for it: not when it is silent, away, or breaks the rules. */
#include "queue/queue_scene.h"

#include "base/pack.h"
#include "wire/queue-keeper.h"

#include <sys/stat.h>

static int keeper = -1;

static void call_keeper(void)
{
	fd_close(&keeper);
	keeper = give_wire("keeper");
}

/* Deposited, judged and answered, whatever the keeper does. */
static void pass_one(uint64_t exchange, enum outcome outcome)
{
	deposit(exchange, 0, 1, true);
	judge_all(outcome, 1);
	EXPECT(hear(scene.front, outcome == FATE_REJECT ? QUEUE_REFUSED : QUEUE_KEPT) && scene.frame.exchange == exchange);
}

static void expect_note(const struct known_note *note, enum outcome outcome)
{
	static const struct { enum outcome fate; enum known_outcome counts; } rows[] = {
		{ FATE_DELIVER, KNOWN_DELIVERED }, { FATE_REJECT, KNOWN_REJECTED }, { FATE_QUARANTINE, KNOWN_QUARANTINED },
		{ FATE_HOLD, KNOWN_QUARANTINED },
	};

	if (outcome == FATE_DEFER) {
		EXPECT(note->names.count == 0);
		return;
	}
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		EXPECT(rows[i].fate != outcome || rows[i].counts == note->outcome);
	EXPECT(note->names.count == 2 && slice_same(note->source, SLICE("192.0.2.0/24")));
	EXPECT(note->names.list[0].kind == KNOWN_SENDER && slice_same(note->names.list[0].who, SLICE("s@example.net 192.0.2.0/24")));
	EXPECT(note->names.list[1].kind == KNOWN_SENDER_DOMAIN && slice_same(note->names.list[1].who, SLICE("example.net")));
}

/* `counts`: the best of what became of it, by the note; FATE_DEFER: nothing is counted. */
static void expect_told(uint64_t exchange, bool late, const enum outcome *outcomes, uint32_t count, enum outcome counts)
{
	struct unpack from, inner;
	struct known_note note;
	struct judgement judgement;
	struct arena arena;
	struct slice bytes;

	EXPECT(hear(keeper, QUEUE_RECORD) && scene.frame.exchange == exchange);
	from = unpack_from(scene.frame.payload);
	EXPECT(unpack_u8(&from) == RECORDED_JUDGED && unpack_u64(&from) > 1700000000);
	EXPECT(slice_same(unpack_slice(&from, 64), (struct slice){ scene.id, MESSAGE_ID_SIZE }));
	bytes = unpack_slice(&from, RECORDED_MOST);
	EXPECT(!from.bad && known_note_unpack(from.rest, &note) == OK);
	expect_note(&note, counts);
	inner = unpack_from(bytes);
	EXPECT(unpack_u8(&inner) == late && unpack_slice(&inner, RECORDED_MOST).len > 0);
	arena_init(&arena, 1 << 20);
	EXPECT(judgement_unpack(unpack_slice(&inner, RECORDED_MOST), &arena, &judgement) == OK && unpack_end(&inner) == OK);
	EXPECT(judgement.fate_count == count);
	for (uint32_t i = 0; i < count && i < judgement.fate_count; i++)
		EXPECT(judgement.fates[i].outcome == outcomes[i] && judgement.fates[i].edits == NO_EDITS);
	arena_finish(&arena);
}

static void expect_record(uint64_t exchange, bool late, enum outcome outcome)
{
	expect_told(exchange, late, &outcome, 1, outcome);
}

static void expect_missed(uint64_t exchange, uint64_t count)
{
	struct unpack from;

	EXPECT(hear(keeper, QUEUE_MISSED) && scene.frame.exchange == exchange);
	from = unpack_from(scene.frame.payload);
	EXPECT(unpack_u64(&from) == count && unpack_u64(&from) > 1700000000 && unpack_end(&from) == OK);
}

static void confirm(uint64_t exchange)
{
	EXPECT(frame_send(keeper, KEEPER_WRITTEN, exchange, SLICE(""), -1) == OK);
}

/* An answer to a command comes behind what was said on another wire before it. */
static void settle(void)
{
	EXPECT(COMMAND("queue", "list") == 0);
}

static void told_at_once(void)
{
	call_keeper();
	pass_one(1, FATE_DELIVER);
	expect_record(1, false, FATE_DELIVER);
	pass_one(2, FATE_REJECT);
	expect_record(2, false, FATE_REJECT);
	pass_one(3, FATE_QUARANTINE);
	expect_record(3, false, FATE_QUARANTINE);
}

static void judged_again(void)
{
	static const enum outcome first[] = { FATE_DELIVER, FATE_DEFER }, then[] = { FATE_DELIVER, FATE_DELIVER };

	call_keeper();
	deposit(1, 0, 2, true);
	judge(first, 2);
	EXPECT(hear(scene.front, QUEUE_KEPT));
	expect_told(1, false, first, 2, FATE_DELIVER);
	EXPECT(COMMAND("queue", "flush") == 0);
	judge(then, 2);
	expect_told(2, true, then, 2, FATE_DEFER);
}

static void judged_late(void)
{
	call_keeper();
	deposit(1, 0, 1, true);
	EXPECT(hear(scene.inspect, QUEUE_INSPECT) && hear(scene.front, QUEUE_KEPT));
	judge_all(FATE_DEFER, 1);
	expect_record(1, true, FATE_DEFER);
	EXPECT(COMMAND("queue", "flush") == 0);
	judge_all(FATE_DELIVER, 1);
	expect_record(2, true, FATE_DELIVER);
}

/* Another file has its name in the quarantine. */
static void not_stored(void)
{
	static const enum outcome outcome = FATE_QUARANTINE;
	char path[PATH + 64], day[16];
	time_t now = time(NULL);
	struct tm parts;

	call_keeper();
	deposit(1, 0, 1, true);
	settle();
	(void)strftime(day, sizeof(day), "%Y-%m-%d", gmtime_r(&now, &parts));
	(void)snprintf(path, sizeof(path), "%s/quarantine/%s", scene.spool, day);
	EXPECT(mkdir(path, 0700) == 0);
	(void)snprintf(path, sizeof(path), "%s/quarantine/%s/%s", scene.spool, day, scene.id);
	EXPECT(mkdir(path, 0700) == 0);
	judge_all(outcome, 1);
	EXPECT(hear(scene.front, QUEUE_LATER));
	expect_told(1, false, &outcome, 1, FATE_DEFER);
}

static void away(void)
{
	for (uint64_t i = 1; i <= 3; i++)
		pass_one(i, FATE_DELIVER);
	call_keeper();
	expect_missed(1, 3);
	pass_one(4, FATE_DELIVER);
	expect_record(2, false, FATE_DELIVER);
	EXPECT(silent(keeper));
}

/* Of five, two are known to be written when the wire ends. */
static void not_confirmed(void)
{
	call_keeper();
	for (uint64_t i = 1; i <= 5; i++) {
		pass_one(i, FATE_DELIVER);
		expect_record(i, false, FATE_DELIVER);
	}
	confirm(2);
	settle();
	call_keeper();
	expect_missed(1, 3);
	call_keeper();                       /* nor was that confirmed: it is said again */
	expect_missed(1, 3);
	confirm(1);
	settle();
	call_keeper();
	EXPECT(silent(keeper));
}

static void never_reads(void)
{
	call_keeper();
	for (uint64_t i = 1; i <= 400; i++)
		pass_one(i, FATE_REJECT);
	EXPECT(hear(keeper, QUEUE_RECORD) && scene.frame.exchange == 1);
}

static void lies_kind(void)     { EXPECT(frame_send(keeper, 9, 1, SLICE(""), -1) == OK); }
static void lies_number(void)   { confirm(7); }
static void lies_payload(void)  { EXPECT(frame_send(keeper, KEEPER_WRITTEN, 0, SLICE("x"), -1) == OK); }
static void lies_file(void)     { EXPECT(frame_send(keeper, KEEPER_WRITTEN, 0, SLICE(""), STDERR_FILENO) == OK); }

static void breaks_rules(void)
{
	static void (*const lies[])(void) = { lies_kind, lies_number, lies_payload, lies_file };

	for (size_t i = 0; i < COUNT_OF(lies); i++) {
		call_keeper();
		lies[i]();
		while (frame_receive(keeper, &scene.bytes, &scene.frame) == OK)
			;                        /* what was told before the lie was heard */
		pass_one(i + 1, FATE_REJECT);
	}
	call_keeper();
	expect_missed(1, COUNT_OF(lies));
}

static const struct scene_row rows[] = {
	{ "each judgement is told, of what is refused too", told_at_once },
	{ "who was counted for one recipient is not counted again for another", judged_again },
	{ "what is judged late is counted when something becomes of it", judged_late },
	{ "what could not be stored will come again: it is told, and not counted", not_stored },
	{ "mail goes on without a keeper, and the next one hears how many it lacks", away },
	{ "what was not confirmed is missed, until it is known to be written down", not_confirmed },
	{ "a keeper that reads nothing holds no mail", never_reads },
	{ "a keeper that breaks the rules loses its wire, and no mail is held", breaks_rules },
};

int main(int count, char **words)
{
	return scene_main(count, words, rows, COUNT_OF(rows));
}
