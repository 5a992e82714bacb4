/* SPDX-License-Identifier: Apache-2.0 */
/* Copies and notices that rules ask for: before anything else, once for all, and not again over restarts. */
#include "mail/policy/policy.h"
#include "queue/queue_scene.h"

static struct deed copies[] = { { DEED_FORWARD, LIT("watch@example.org"), LIT("r"), LIT("") },
	                        { DEED_ARCHIVE, LIT("/archive"), LIT("r"), LIT("") } };
static struct deed notice[] = { { DEED_NOTIFY, LIT("help@example.org"), LIT("r"), LIT("") } };
static const struct deeds two_copies = { copies, 2 }, one_copy = { copies, 1 }, one_notice = { notice, 1 };
static struct deed answer[] = { { DEED_NOTIFY, LIT("sender"), LIT("r"), LIT("") } };
static const struct deeds to_sender = { answer, 1 };

static void keep(const struct deeds *deeds, enum outcome outcome, uint32_t recipients)
{
	resume();
	deposit(1, 0, recipients, true);
	scene.deeds = deeds;
	judge_all(outcome, recipients);
	EXPECT(hear(scene.front, QUEUE_KEPT));
}

/* So many loans, with so many recipients in all. */
static bool loans(unsigned count, uint32_t recipients)
{
	uint32_t all = 0;

	for (unsigned i = 0; i < count; i++) {
		uint32_t some = 0;

		if (!lent(&some))
			return false;
		all += some;
	}
	return all == recipients && silent(scene.relay);
}

static void start_again(void)
{
	start();
	resume();
}

static void copies_are_made_once(void)
{
	keep(&two_copies, FATE_DELIVER, 2);
	EXPECT(loans(3, 5));                     /* to one address, to both archives, to both recipients */
	EXPECT(files("messages") == 3 && ledger("\"own\": 3"));
	kill_it();
	start_again();
	EXPECT(loans(3, 5) && files("messages") == 3);
	leave_it();                              /* and what a new journal says is enough, too */
	start_again();
	EXPECT(loans(3, 5));
	kill_it();
	start_again();
	EXPECT(loans(3, 5) && files("messages") == 3 && ledger("\"own\": 3"));
}

static void what_is_discarded_leaves_its_copies(void)
{
	keep(&one_copy, FATE_DISCARD, 2);
	EXPECT(loans(1, 1));
	EXPECT(ledger("\"discarded\": 2") && files("messages") == 1);
}

static void what_is_set_apart_leaves_its_copies(void)
{
	keep(&one_copy, FATE_QUARANTINE, 2);
	EXPECT(loans(1, 1));
	EXPECT(files("quarantine") == 1 && files("messages") == 1);
	kill_it();
	start_again();
	EXPECT(loans(1, 1) && files("messages") == 1 && files("quarantine") == 1);
}

static void what_is_refused_has_no_copies(void)
{
	resume();
	deposit(1, 0, 1, true);
	scene.deeds = &two_copies;
	judge_all(FATE_REJECT, 1);
	EXPECT(hear(scene.front, QUEUE_REFUSED) && files("messages") == 0 && silent(scene.relay));
}

static void compose(void)
{
	int fd = message_memfd(true);

	EXPECT(frame_send(scene.inspect, INSPECT_COMPOSED, scene.frame.exchange, SLICE(""), fd) == OK);
	fd_close(&fd);
}

static void a_notice_comes_before_the_message(void)
{
	keep(&one_notice, FATE_DELIVER, 1);
	EXPECT(hear(scene.inspect, QUEUE_COMPOSE) && silent(scene.relay));
	kill_it();                               /* nobody had written down that it was made */
	start_again();
	EXPECT(hear(scene.inspect, QUEUE_COMPOSE) && silent(scene.relay));
	compose();
	EXPECT(loans(2, 2) && silent(scene.inspect));
	kill_it();
	start_again();
	EXPECT(loans(2, 2) && silent(scene.inspect) && files("messages") == 2);
}

/* Whatever profiles say of notices to the sender. */
static void an_operator_is_told_once(void)
{
	scene.notices[1] = FATE_NOTICES_ALL;
	scene.notices[2] = FATE_NOTICES_OWN;
	keep(&one_notice, FATE_DELIVER, 3);
	EXPECT(hear(scene.inspect, QUEUE_COMPOSE));
	compose();
	EXPECT(loans(2, 4) && silent(scene.inspect));
}

static void a_sender_is_told_of_those_of_whom_he_may_be(void)
{
	scene.notices[1] = FATE_NOTICES_ALL;
	scene.notices[2] = FATE_NOTICES_ALL;
	keep(&to_sender, FATE_DELIVER, 3);
	EXPECT(hear(scene.inspect, QUEUE_COMPOSE));
	compose();
	EXPECT(loans(2, 4) && silent(scene.inspect));
}

static void a_late_refusal_has_copies(void)
{
	resume();
	deposit(1, 0, 1, true);
	scene.deeds = &one_copy;
	EXPECT(hear(scene.inspect, QUEUE_INSPECT) && hear(scene.front, QUEUE_KEPT));
	judge_all(FATE_REJECT, 1);
	EXPECT(loans(1, 1) && empties("judged") && files("quarantine") == 1);
}

static void a_front_has_no_archive(void)
{
	scene.target = SLICE("maildir:/archive");
	deposit(1, 0, 1, true);
	while (frame_receive(scene.front, &scene.bytes, &scene.frame) == OK)
		EXPECT(scene.frame.kind == QUEUE_ROOM);
	EXPECT(files("messages") == 0 && silent(scene.inspect));
}

static const struct scene_row rows[] = {
	{ "copies are made once, whatever dies", copies_are_made_once },
	{ "what a rule discards leaves its copies", what_is_discarded_leaves_its_copies },
	{ "what goes to quarantine leaves its copies", what_is_set_apart_leaves_its_copies },
	{ "what is refused was never ours to copy", what_is_refused_has_no_copies },
	{ "a notice comes before the message it is about", a_notice_comes_before_the_message },
	{ "an operator is told once, whatever of the sender", an_operator_is_told_once },
	{ "a sender is told of those of whom he may be", a_sender_is_told_of_those_of_whom_he_may_be },
	{ "a refusal that is too late has copies", a_late_refusal_has_copies },
	{ "a front that names an archive is dropped", a_front_has_no_archive },
};

int main(int count, char **words)
{
	return scene_main(count, words, rows, COUNT_OF(rows));
}
