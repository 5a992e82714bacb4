/* SPDX-License-Identifier: Apache-2.0 */
/* The ways a message may go, with everybody well but for a row's one trouble. */
#include "queue/queue_scene.h"

#include <fcntl.h>
#include <sys/stat.h>

static void accept_and_deliver(void)
{
	resume();
	deposit(1, 0, 2, true);
	judge_all(FATE_DELIVER, 2);
	EXPECT(hear(scene.front, QUEUE_KEPT) && scene.frame.exchange == 1);
	EXPECT(files("messages") == 1);
	EXPECT(lent_count(2));
	end_one(0, RELAY_DELIVERED);
	end_one(1, RELAY_DELIVERED);
	say_whose(RELAY_ENDED);
	EXPECT(empties("messages"));
	EXPECT(ledger("\"delivered\": 2, \"queued\": 0"));
}

static void reject_all(void)
{
	deposit(1, 0, 2, true);
	judge_all(FATE_REJECT, 2);
	EXPECT(hear(scene.front, QUEUE_REFUSED) && slice_same(scene.frame.payload, SLICE("550 5.7.1 no")));
	EXPECT(files("messages") == 0 && files("quarantine") == 0);
}

static void defer_all(void)
{
	deposit(1, 0, 1, true);
	judge_all(FATE_DEFER, 1);
	EXPECT(hear(scene.front, QUEUE_LATER) && slice_same(scene.frame.payload, SLICE("451 4.7.1 wait")));
	EXPECT(files("messages") == 0);
}

static void discard_all(void)
{
	deposit(1, 0, 2, true);
	judge_all(FATE_DISCARD, 2);
	EXPECT(hear(scene.front, QUEUE_KEPT) && files("messages") == 0);
	EXPECT(ledger("\"discarded\": 2"));
	kill_it();
	start();
	EXPECT(ledger("\"discarded\": 2"));
}

static void inspect_is_silent(void)
{
	resume();
	deposit(1, 0, 1, true);
	EXPECT(hear(scene.inspect, QUEUE_INSPECT));
	EXPECT(hear(scene.front, QUEUE_KEPT));
	EXPECT(silent(scene.relay));
	judge_all(FATE_DELIVER, 1);
	EXPECT(lent_count(1));
	EXPECT(files("judged") == 1);
}

static void inspect_comes_back(void)
{
	deposit(1, 0, 1, true);
	EXPECT(hear(scene.inspect, QUEUE_INSPECT));
	fd_close(&scene.inspect);
	scene.inspect = give_wire("inspect");
	judge_all(FATE_DELIVER, 1);
	EXPECT(hear(scene.front, QUEUE_KEPT));
}

static void relay_comes_back(void)
{
	resume();
	deposit(1, 0, 1, true);
	judge_all(FATE_DELIVER, 1);
	EXPECT(hear(scene.front, QUEUE_KEPT) && lent_count(1));
	fd_close(&scene.relay);
	scene.relay = give_wire("relay");
	end_one(0, RELAY_DELIVERED);
	end_one(0, RELAY_DELIVERED);
	resume();
	EXPECT(silent(scene.relay));
	EXPECT(empties("messages"));
}

static void mixed_fates(void)
{
	static const enum outcome outcomes[] = { FATE_DELIVER, FATE_REJECT, FATE_HOLD };

	resume();
	deposit(1, 0, 3, true);
	judge(outcomes, 3);
	EXPECT(hear(scene.front, QUEUE_KEPT));
	EXPECT(files("quarantine") == 1 && lent_count(1));
	end_one(0, RELAY_DELIVERED);
	say_whose(RELAY_ENDED);
	EXPECT(ledger("\"delivered\": 1, \"queued\": 0, \"held\": 1, \"quarantined\": 1"));
	kill_it();
	start();
	resume();
	EXPECT(ledger("\"delivered\": 1, \"queued\": 0, \"held\": 1, \"quarantined\": 1"));
	EXPECT(COMMAND("queue", "release", scene.id) == 0 && lent_count(1));
	EXPECT(COMMAND("quarantine", "list", "--json") == 0 && strstr(said, "\"kind\": \"late\"") != NULL);
	EXPECT(strstr(said, "b@example.org") && !strstr(said, "a@example.org"));
	EXPECT(COMMAND("quarantine", "release", scene.id) == 0 && lent_count(1));
}

static void quarantine_and_delete(void)
{
	deposit(1, 0, 1, true);
	judge_all(FATE_QUARANTINE, 1);
	EXPECT(hear(scene.front, QUEUE_KEPT) && files("messages") == 0 && files("quarantine") == 1);
	EXPECT(COMMAND("quarantine", "show", scene.id) == 0 && strstr(said, "a@example.org") != NULL);
	EXPECT(COMMAND("quarantine", "delete", scene.id) == 0);
	EXPECT(COMMAND("quarantine", "show", scene.id) == 1);
	EXPECT(ledger("\"quarantined\": 0, \"bounced\": 0, \"discarded\": 0, \"deleted\": 1"));
}

static void strangers_get_no_notice(void)
{
	resume();
	deposit(1, 0, 1, true);
	judge_all(FATE_DELIVER, 1);
	EXPECT(hear(scene.front, QUEUE_KEPT) && lent_count(1));
	end_one(0, RELAY_FAILED);
	say_whose(RELAY_ENDED);
	EXPECT(ledger("\"quarantined\": 1") && empties("messages"));
	EXPECT(COMMAND("quarantine", "list") == 0 && strstr(said, "undeliverable") != NULL);
	EXPECT(silent(scene.inspect));
}

static void friends_get_a_notice(void)
{
	int fd;

	resume();
	deposit(1, ENVELOPE_TRUSTED, 1, true);
	judge_all(FATE_DELIVER, 1);
	EXPECT(hear(scene.front, QUEUE_KEPT) && lent_count(1));
	end_one(0, RELAY_FAILED);
	say_whose(RELAY_ENDED);
	EXPECT(hear(scene.inspect, QUEUE_COMPOSE));
	fd = message_memfd(true);
	EXPECT(frame_send(scene.inspect, INSPECT_COMPOSED, scene.frame.exchange, SLICE(""), fd) == OK);
	fd_close(&fd);
	EXPECT(lent_count(1));
	EXPECT(ledger("\"queued\": 1, \"held\": 0, \"quarantined\": 0, \"bounced\": 1"));
	EXPECT(strstr(said, "\"own\": 1"));
}

static void unscannable_by_our_word(void)
{
	resume();
	deposit(1, 0, 1, true);
	for (unsigned i = 0; i < 5; i++) {
		EXPECT(hear(scene.inspect, QUEUE_INSPECT) && scene.frame.payload.at[0] == (char)i);
		EXPECT(frame_send(scene.inspect, INSPECT_FAILED, scene.frame.exchange, SLICE("no"), -1) == OK);
		(void)COMMAND("queue", "flush");
		(void)usleep(50000);
		(void)COMMAND("queue", "flush");
	}
	EXPECT(ledger("\"queued\": 0, \"held\": 0, \"quarantined\": 1"));
	EXPECT(COMMAND("quarantine", "list") == 0 && strstr(said, "unscannable") != NULL);
}

static void unsealed_is_no_message(void)
{
	deposit(1, 0, 1, false);
	EXPECT(!hear(scene.front, QUEUE_KEPT));
	scene.front = (fd_close(&scene.front), give_wire("front"));
	deposit(2, 0, 1, true);
	judge_all(FATE_DELIVER, 1);
	EXPECT(hear(scene.front, QUEUE_KEPT));
}

static void held_and_deleted(void)
{
	deposit(1, 0, 1, true);
	judge_all(FATE_DELIVER, 1);
	EXPECT(hear(scene.front, QUEUE_KEPT));
	EXPECT(COMMAND("queue", "hold", scene.id) == 0);
	resume();
	EXPECT(silent(scene.relay));
	EXPECT(COMMAND("queue", "list", "--json") == 0 && strstr(said, "\"state\": \"held\"") != NULL);
	EXPECT(COMMAND("queue", "show", scene.id) == 0 && strstr(said, "a@example.org") != NULL);
	EXPECT(COMMAND("queue", "delete", scene.id) == 0);
	EXPECT(empties("messages") && ledger("\"deleted\": 1"));
	EXPECT(COMMAND("queue", "delete", scene.id) == 1);
	EXPECT(COMMAND("queue", "dance") == 2);
}

static void cancelled(void)
{
	resume();
	deposit(1, 0, 1, true);
	EXPECT(hear(scene.inspect, QUEUE_INSPECT));
	EXPECT(frame_send(scene.front, FRONT_CANCEL, 1, SLICE(""), -1) == OK);
	deposit(2, 0, 1, true);
	judge_all(FATE_DELIVER, 1);
	EXPECT(hear(scene.front, QUEUE_KEPT) && scene.frame.exchange == 2 && files("messages") == 1);
}

/* Quarantined for one, discarded for the other: both are in the ledger. */
static void apart_and_discarded(void)
{
	static const enum outcome outcomes[] = { FATE_QUARANTINE, FATE_DISCARD };

	deposit(1, 0, 2, true);
	judge(outcomes, 2);
	EXPECT(hear(scene.front, QUEUE_KEPT));
	EXPECT(ledger("\"quarantined\": 1, \"bounced\": 0, \"discarded\": 1"));
	EXPECT(empties("messages") && files("quarantine") == 1);
	EXPECT(ledger("\"quarantined\": 1, \"bounced\": 0, \"discarded\": 1, \"deleted\": 0, \"accepted\": 2"));
}

/* Another file has its name in the quarantine. */
static void name_is_taken(void)
{
	char path[PATH + 64], day[16];
	time_t now = time(NULL);
	struct tm parts;
	int fd;

	resume();
	deposit(1, 0, 1, true);
	EXPECT(hear(scene.inspect, QUEUE_INSPECT) && hear(scene.front, QUEUE_KEPT));
	(void)strftime(day, sizeof(day), "%Y-%m-%d", gmtime_r(&now, &parts));
	(void)snprintf(path, sizeof(path), "%s/quarantine/%s", scene.spool, day);
	EXPECT(mkdir(path, 0700) == 0);
	(void)snprintf(path, sizeof(path), "%s/quarantine/%s/%s", scene.spool, day, scene.id);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	EXPECT(fd >= 0);
	fd_close(&fd);
	judge_all(FATE_QUARANTINE, 1);
	EXPECT(ledger("\"queued\": 0, \"held\": 0, \"quarantined\": 1") && empties("messages"));
}

static const struct scene_row rows[] = {
	{ "accepted, delivered, and gone",                            accept_and_deliver },
	{ "rejected for all: refused, and nothing stored",            reject_all },
	{ "deferred for all: later, and nothing stored",              defer_all },
	{ "discarded for all: kept in the ledger alone",              discard_all },
	{ "inspect is silent: kept, judged later, then delivered",    inspect_is_silent },
	{ "inspect is replaced: asked again",                         inspect_comes_back },
	{ "the relay brings a result over a new wire",                relay_comes_back },
	{ "a fate for each: delivered, late, held",                   mixed_fates },
	{ "quarantined, shown, deleted",                              quarantine_and_delete },
	{ "a stranger's failure goes to quarantine, without a notice", strangers_get_no_notice },
	{ "a friend's failure brings a notice",                       friends_get_a_notice },
	{ "five failures of inspect make it unscannable",             unscannable_by_our_word },
	{ "a memfd without seals drops the front",                    unsealed_is_no_message },
	{ "held, listed, deleted",                                    held_and_deleted },
	{ "cancelled before it was judged: forgotten",                cancelled },
	{ "quarantined and discarded: both counted",                  apart_and_discarded },
	{ "a name that is taken in the quarantine is not asked for again", name_is_taken },
};

int main(int count, char **words)
{
	return scene_main(count, words, rows, COUNT_OF(rows));
}
