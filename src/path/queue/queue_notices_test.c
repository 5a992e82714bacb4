/* SPDX-License-Identifier: Apache-2.0 */
/* Who is told of delivery and of delay, when, and that nobody is told twice, over restarts too. */
#include "mail/message/message.h"
#include "queue/queue_scene.h"

static bool composes(uint8_t kind)
{
	if (!hear(scene.inspect, QUEUE_COMPOSE))
		return false;
	/* Behind the number of the attempt: version, kind. */
	return scene.frame.payload.len > 2 && scene.frame.payload.at[1] == (char)kind;
}

static void compose(void)
{
	int fd = message_memfd(true);

	EXPECT(frame_send(scene.inspect, INSPECT_COMPOSED, scene.frame.exchange, SLICE(""), fd) == OK);
	fd_close(&fd);
}

static void keep(uint32_t flags, uint32_t recipients)
{
	resume();
	deposit(1, flags, recipients, true);
	judge_all(FATE_DELIVER, recipients);
	EXPECT(hear(scene.front, QUEUE_KEPT) && lent_count(recipients));
}

static void success_is_told_where_it_was_asked_for(void)
{
	scene.notify = NOTIFY_SUCCESS;
	keep(ENVELOPE_TRUSTED, 2);
	end_one(0, RELAY_DELIVERED);
	end_one(1, RELAY_RELAYED);
	EXPECT(silent(scene.inspect));          /* one notice for both, once the loan has ended */
	say_whose(RELAY_ENDED);
	EXPECT(composes(NOTICE_SUCCESS));
	compose();
	EXPECT(lent_count(1));
	EXPECT(ledger("\"delivered\": 2") && strstr(said, "\"own\": 1"));
	EXPECT(silent(scene.inspect));
}

static void nobody_is_told_of_success_otherwise(void)
{
	keep(ENVELOPE_TRUSTED, 1);
	end_one(0, RELAY_RELAYED);
	say_whose(RELAY_ENDED);
	EXPECT(ledger("\"delivered\": 1") && empties("messages") && silent(scene.inspect));
}

static void the_next_hop_tells_of_success(void)
{
	scene.notify = NOTIFY_SUCCESS;
	keep(ENVELOPE_TRUSTED, 1);
	end_one(0, RELAY_PASSED_ON);
	say_whose(RELAY_ENDED);
	EXPECT(ledger("\"delivered\": 1") && empties("messages") && silent(scene.inspect));
}

/* Nobody knows whether its sender is real. */
static void strangers_are_not_told(void)
{
	scene.notify = NOTIFY_SUCCESS;
	keep(0, 1);
	end_one(0, RELAY_DELIVERED);
	say_whose(RELAY_ENDED);
	EXPECT(empties("messages") && ledger("\"delivered\": 1") && silent(scene.inspect));
}

static void it_is_not_delivered_again(void)
{
	scene.notify = NOTIFY_SUCCESS;
	keep(ENVELOPE_TRUSTED, 1);
	end_one(0, RELAY_DELIVERED);
	say_whose(RELAY_ENDED);
	EXPECT(composes(NOTICE_SUCCESS));
	kill_it();
	start();
	resume();
	EXPECT(composes(NOTICE_SUCCESS) && silent(scene.relay));
	compose();
	EXPECT(lent_count(1) && ledger("\"delivered\": 1"));
}

/* A notice of success that cannot be made is no reason to keep the message. */
static void inspect_cannot_compose(void)
{
	scene.notify = NOTIFY_SUCCESS;
	keep(ENVELOPE_TRUSTED, 1);
	end_one(0, RELAY_DELIVERED);
	say_whose(RELAY_ENDED);
	for (unsigned i = 0; i < 5 && composes(NOTICE_SUCCESS); i++) {
		EXPECT(frame_send(scene.inspect, INSPECT_FAILED, scene.frame.exchange, SLICE("no"), -1) == OK);
		(void)COMMAND("queue", "flush");
		(void)usleep(50000);
		(void)COMMAND("queue", "flush");
	}
	EXPECT(empties("messages") && ledger("\"quarantined\": 0"));
}

static void late(void)
{
	kill_it();
	rewrite_conf("delay_notice = 1s");
	start();
}

static void put_off_when_late(void)
{
	(void)usleep(2100000);
	end_one(0, RELAY_DEFERRED);
	say_whose(RELAY_ENDED);
}

static void delay_is_told_once(void)
{
	late();
	keep(ENVELOPE_TRUSTED, 1);
	put_off_when_late();
	EXPECT(composes(NOTICE_DELAY));
	compose();
	EXPECT(lent_count(1));                  /* the notice */
	EXPECT(ledger("\"queued\": 2") && silent(scene.inspect));
}

static uint32_t told_until(int64_t *ret_until)
{
	struct notice notice = { 0 };
	struct arena arena;

	arena_init(&arena, 1 << 20);
	EXPECT(composes(NOTICE_DELAY) && notice_unpack(scene.frame.payload, &arena, &notice) == OK);
	*ret_until = notice.until - notice.arrived;
	arena_finish(&arena);
	return notice.recipient_count;
}

/* Until when it is tried stands once in a notice, so those of another lifetime have one of their own. */
static void delays_are_told_by_lifetime(void)
{
	int64_t until;

	late();
	scene.times[0].list[TIME_lifetime] = scene.times[2].list[TIME_lifetime] = (struct said_time){ true, 172800, SLICE("p") };
	keep(ENVELOPE_TRUSTED, 3);
	(void)usleep(2100000);
	for (uint32_t i = 0; i < 3; i++)
		end_one(i, RELAY_DEFERRED);
	say_whose(RELAY_ENDED);
	EXPECT(told_until(&until) == 2 && until == 172800);
	compose();
	EXPECT(lent_count(1));                  /* the notice */
	EXPECT(told_until(&until) == 1 && until == 432000);
	compose();
	EXPECT(lent_count(1));
	EXPECT(ledger("\"queued\": 5") && silent(scene.inspect));
}

static void delay_is_not_told(uint8_t notify, uint32_t flags)
{
	late();
	scene.notify = notify;
	keep(flags, 1);
	put_off_when_late();
	EXPECT(ledger("\"queued\": 1") && silent(scene.inspect));
}

static void delay_was_not_asked_for(void)
{
	delay_is_not_told(NOTIFY_FAILURE, ENVELOPE_TRUSTED);
}

static void never_means_never(void)
{
	delay_is_not_told(NOTIFY_NEVER, ENVELOPE_TRUSTED);
}

static void strangers_are_not_told_of_delay(void)
{
	delay_is_not_told(0, 0);
}

/* A profile may allow a stranger to be told of one recipient; of the others he is not. */
static void a_profile_decides_who_is_told(void)
{
	scene.notices[1] = FATE_NOTICES_ALL;
	scene.notices[2] = FATE_NOTICES_OWN;
	keep(0, 3);
	for (uint32_t i = 0; i < 3; i++)
		end_one(i, RELAY_FAILED);
	say_whose(RELAY_ENDED);
	EXPECT(composes(NOTICE_FAILURE));
	compose();
	EXPECT(lent_count(1));                  /* the notice, to the sender */
	EXPECT(ledger("\"quarantined\": 2") && strstr(said, "\"bounced\": 1") && strstr(said, "\"own\": 1"));
	EXPECT(silent(scene.inspect));
}

/* Of trusted senders it takes nothing away. */
static void a_profile_forbids_nothing_to_our_own(void)
{
	scene.notices[0] = FATE_NOTICES_OWN;
	keep(ENVELOPE_TRUSTED, 2);
	end_one(0, RELAY_FAILED);
	end_one(1, RELAY_FAILED);
	say_whose(RELAY_ENDED);
	EXPECT(composes(NOTICE_FAILURE));
	compose();
	EXPECT(lent_count(1) && ledger("\"bounced\": 2") && silent(scene.inspect));
}

static const struct scene_row rows[] = {
	{ "success is told where it was asked for, once for all", success_is_told_where_it_was_asked_for },
	{ "nobody is told of success otherwise", nobody_is_told_of_success_otherwise },
	{ "a next hop that does DSN tells of success itself", the_next_hop_tells_of_success },
	{ "strangers are not told of success", strangers_are_not_told },
	{ "what arrived is not delivered again after a crash", it_is_not_delivered_again },
	{ "a notice of success that cannot be made is let go", inspect_cannot_compose },
	{ "delay is told once", delay_is_told_once },
	{ "delay is told by lifetime", delays_are_told_by_lifetime },
	{ "delay is not told where only failure was asked for", delay_was_not_asked_for },
	{ "NEVER means never", never_means_never },
	{ "strangers are not told of delay", strangers_are_not_told_of_delay },
	{ "a profile decides who is told of which recipient", a_profile_decides_who_is_told },
	{ "and forbids nothing to our own senders", a_profile_forbids_nothing_to_our_own },
};

int main(int count, char **words)
{
	return scene_main(count, words, rows, COUNT_OF(rows));
}
