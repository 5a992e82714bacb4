/* SPDX-License-Identifier: Apache-2.0 */
/* A front, an inspect, a relay or an operator that breaks the rules loses its wire; no message is lost with it. */
#include "queue/queue_scene.h"

#include "base/pack.h"
#include "wire/control.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>

/* The other end has hung up, whatever it said before. */
static bool hung_up(int fd)
{
	char byte;

	for (;;) {
		ssize_t got = recv(fd, &byte, 1, MSG_TRUNC);

		if (got <= 0)
			return got == 0 || (got < 0 && errno == ECONNRESET);
	}
}

/* ---- the front ---- */

static void send_plain(uint8_t kind, struct slice payload, int fd)
{
	EXPECT(frame_send(scene.front, kind, 1, payload, fd) == OK);
	fd_close(&fd);
}

static void unknown_word(void)       { send_plain(99, SLICE(""), -1); }
static void cancel_with_more(void)   { send_plain(FRONT_CANCEL, SLICE("x"), -1); }
static void cancel_with_file(void)   { send_plain(FRONT_CANCEL, SLICE(""), message_memfd(true)); }
static void no_bytes(void)           { send_plain(FRONT_DEPOSIT, SLICE("x"), -1); }
static void no_envelope(void)        { send_plain(FRONT_DEPOSIT, SLICE("garbage"), message_memfd(true)); }
static void no_recipients(void)      { deposit(1, 0, 0, true); }
static void says_it_is_ours(void)    { deposit(1, ENVELOPE_NOTICE, 1, true); }
static void says_it_is_free(void)    { deposit(1, ENVELOPE_RELEASED, 1, true); }
static void folder_for_bytes(void)   { deposit_memfd(1, 0, 1, open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC)); }

static void same_number_twice(void)
{
	deposit(1, 0, 1, true);
	deposit(1, 0, 1, true);
}

static void (*const bad_fronts[])(void) = {
	unknown_word, cancel_with_more, cancel_with_file, no_bytes, no_envelope, no_recipients, says_it_is_ours, says_it_is_free,
	folder_for_bytes, same_number_twice };

static void front_breaks_rules(void)
{
	for (size_t i = 0; i < COUNT_OF(bad_fronts); i++) {
		bad_fronts[i]();
		EXPECT(hung_up(scene.front));
		fd_close(&scene.front);
		scene.front = give_wire("front");
	}
	EXPECT(files("messages") == 0);
	deposit(2, 0, 1, true);
	EXPECT(hear(scene.inspect, QUEUE_INSPECT));             /* of the number that came twice; it was forgotten */
	judge_all(FATE_DELIVER, 1);
	EXPECT(hear(scene.front, QUEUE_KEPT) && scene.frame.exchange == 2 && files("messages") == 1);
}

/* What was asked about is forgotten; the next front is heard, and inspect is told. */
static void front_leaves(void)
{
	deposit(1, 0, 1, true);
	EXPECT(hear(scene.inspect, QUEUE_INSPECT));
	fd_close(&scene.front);
	EXPECT(frame_receive(scene.inspect, &scene.bytes, &scene.frame) == OK && scene.frame.kind == QUEUE_FORGET);
	scene.front = give_wire("front");
	deposit(2, 0, 1, true);
	judge_all(FATE_DELIVER, 1);
	EXPECT(hear(scene.front, QUEUE_KEPT) && files("messages") == 1);
}

/* A second wire for the same front takes the place of the first, which still stood. */
static void front_is_replaced(void)
{
	int old = scene.front;

	deposit(1, 0, 1, true);
	EXPECT(hear(scene.inspect, QUEUE_INSPECT));
	scene.front = give_wire("front");
	EXPECT(hung_up(old));
	fd_close(&old);
	deposit(2, 0, 1, true);
	judge_all(FATE_DELIVER, 1);
	EXPECT(hear(scene.front, QUEUE_KEPT) && scene.frame.exchange == 2 && files("messages") == 1);
}

/* Many at once, and the front is gone while they are stored: each of them lies there whole or not at all. */
static void front_leaves_while_stored(void)
{
	enum { MANY = 20 };

	for (uint64_t i = 1; i <= MANY; i++)
		deposit(i, 0, 1, true);
	for (unsigned i = 0; i < MANY; i++)
		judge_all(FATE_DELIVER, 1);
	fd_close(&scene.front);
	scene.front = give_wire("front");
	deposit(100, 0, 1, true);
	judge_all(FATE_DELIVER, 1);
	EXPECT(hear(scene.front, QUEUE_KEPT) && scene.frame.exchange == 100);
	resume();
	for (unsigned i = files("messages"); i > 0; i--)
		EXPECT(lent_count(1));
	EXPECT(files("corrupt") == 0);
}

/* ---- inspect ---- */

static void ask_again(void)
{
	fd_close(&scene.inspect);
	scene.inspect = give_wire("inspect");
	EXPECT(hear(scene.inspect, QUEUE_INSPECT));
}

static void say(uint8_t kind, uint64_t exchange, struct slice payload)
{
	EXPECT(frame_send(scene.inspect, kind, exchange, payload, -1) == OK);
}

static void inspect_breaks_rules(void)
{
	resume();
	deposit(1, 0, 1, true);
	EXPECT(hear(scene.inspect, QUEUE_INSPECT));
	say(INSPECT_JUDGED, scene.frame.exchange + 1000, SLICE("of what was never asked"));
	EXPECT(hung_up(scene.inspect));
	ask_again();
	say(INSPECT_COMPOSED, scene.frame.exchange, SLICE("nobody wanted a notice"));
	EXPECT(hung_up(scene.inspect));
	ask_again();
	say(77, scene.frame.exchange, SLICE(""));
	EXPECT(hung_up(scene.inspect));
	fd_close(&scene.inspect);
	scene.inspect = give_wire("inspect");
	judge_all(FATE_DELIVER, 1);
	EXPECT(hear(scene.front, QUEUE_KEPT) && lent_count(1));
}

/* A judgement that cannot be read, or is of another message, is none: kept, and judged again before it is lent. */
static void judgement_is_none(void)
{
	resume();
	deposit(1, 0, 2, true);
	EXPECT(hear(scene.inspect, QUEUE_INSPECT));
	say(INSPECT_JUDGED, scene.frame.exchange, SLICE("garbage"));
	EXPECT(hear(scene.front, QUEUE_KEPT) && silent(scene.relay));
	judge_all(FATE_DELIVER, 1);                              /* one fate, and two recipients */
	EXPECT(silent(scene.relay) && files("judged") == 0);
	for (unsigned i = 0; i < 100 && COMMAND("queue", "flush") == 0 && silent(scene.inspect); i++)
		continue;
	EXPECT(scene.frame.kind == QUEUE_INSPECT);
	fd_close(&scene.inspect);
	scene.inspect = give_wire("inspect");
	judge_all(FATE_DELIVER, 2);
	EXPECT(lent_count(2));
}

/* Whoever reads it ends. Five times as a deposit, once more as what was kept: then it is unscannable, not clean. */
static void inspect_ends_over_it(void)
{
	resume();
	deposit(1, 0, 1, true);
	EXPECT(hear(scene.inspect, QUEUE_INSPECT));
	for (unsigned i = 0; i < 5; i++)
		ask_again();
	EXPECT(scene.frame.payload.len && scene.frame.payload.at[0] == 5 && hear(scene.front, QUEUE_KEPT));
	fd_close(&scene.inspect);
	scene.inspect = give_wire("inspect");
	EXPECT(ledger("\"queued\": 0, \"held\": 0, \"quarantined\": 1") && silent(scene.relay));
	EXPECT(COMMAND("quarantine", "list") == 0 && strstr(said, "unscannable") != NULL);
}

/* Judged late, by a rule that would have refused it: nobody is refused after a 250. */
static void refused_too_late(void)
{
	resume();
	deposit(1, 0, 1, true);
	EXPECT(hear(scene.inspect, QUEUE_INSPECT) && hear(scene.front, QUEUE_KEPT));
	judge_all(FATE_REJECT, 1);
	EXPECT(ledger("\"queued\": 0, \"held\": 0, \"quarantined\": 1") && silent(scene.relay));
	EXPECT(COMMAND("quarantine", "list") == 0 && strstr(said, "late") != NULL);
}

/* ---- the relay ---- */

static void relay_says(uint8_t kind, struct slice payload, int fd)
{
	EXPECT(frame_send(scene.relay, kind, 7, payload, fd) == OK);
	fd_close(&fd);
}

static void relay_unknown(void)      { relay_says(88, SLICE(""), -1); }
static void relay_with_file(void)    { relay_says(RELAY_RESUMED, SLICE(""), message_memfd(true)); }
static void relay_cut_result(void)   { relay_says(RELAY_RESULT, SLICE("\1"), -1); }
static void relay_cut_end(void)      { relay_says(RELAY_ENDED, SLICE("\1\2"), -1); }
static void relay_new_outcome(void)  { send_result(1, 0, (enum relay_outcome)200); }

static void relay_holds_late(void)
{
	resume();
	say_whose(RELAY_HOLDING);
}

static void (*const bad_relays[])(void) = {
	relay_unknown, relay_with_file, relay_cut_result, relay_cut_end, relay_new_outcome, relay_holds_late };

static void relay_breaks_rules(void)
{
	deposit(1, 0, 1, true);
	judge_all(FATE_DELIVER, 1);
	EXPECT(hear(scene.front, QUEUE_KEPT));
	serial = 0;
	for (size_t i = 0; i < COUNT_OF(bad_relays); i++) {
		bad_relays[i]();
		EXPECT(hung_up(scene.relay));
		fd_close(&scene.relay);
		scene.relay = give_wire("relay");
	}
	resume();
	EXPECT(lent_count(1));
	end_one(5, RELAY_DELIVERED);                             /* there is no sixth recipient: noted, and nothing else */
	end_one(0, RELAY_DELIVERED);
	say_whose(RELAY_ENDED);
	EXPECT(ledger("\"delivered\": 1, \"queued\": 0"));
	end_one(0, RELAY_FAILED);                                /* of a message that is gone */
	EXPECT(ledger("\"delivered\": 1, \"queued\": 0, \"held\": 0, \"quarantined\": 0, \"bounced\": 0"));
}

/* The next hop was busy: lent again soon, and that counts as no attempt. */
static void next_hop_is_busy(void)
{
	resume();
	deposit(1, 0, 2, true);
	judge_all(FATE_DELIVER, 2);
	EXPECT(hear(scene.front, QUEUE_KEPT) && lent_count(2));
	end_one(0, RELAY_BUSY);
	end_one(1, RELAY_DELIVERED);
	say_whose(RELAY_ENDED);
	EXPECT(COMMAND("queue", "show", "--json", scene.id) == 0 && strstr(said, "\"attempts\": 0") != NULL);
	EXPECT(lent_count(1));
	end_one(0, RELAY_DELIVERED);
	say_whose(RELAY_ENDED);
	EXPECT(ledger("\"delivered\": 2, \"queued\": 0"));
}

/* ---- operators ---- */

static int call(void)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	(void)snprintf(at.sun_path, sizeof(at.sun_path), "%s/queue.control", scene.folder);
	EXPECT(connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0);
	be_patient(fd, PATIENCE_S * 1000);
	return fd;
}

static const struct { const char *about; uint8_t kind; struct slice payload; bool file; } bad_calls[] = {
	{ "no command",              9,               LIT("\4\0\0\0list"), false },
	{ "no words",                CONTROL_COMMAND, LIT(""),             false },
	{ "a word without its end",  CONTROL_COMMAND, LIT("\xff\0\0\0li"), false },
	{ "a descriptor",            CONTROL_COMMAND, LIT("\4\0\0\0list"), true },
};

static const char *const no_commands[][5] = {
	{ "queue" }, { "queue", "dance" }, { "queue", "list", "--louder" }, { "queue", "show" }, { "queue", "show", "short" },
	{ "queue", "list", "--to" }, { "queue", "show", "0123456789ABCDEF", "another" } };

static void operator_breaks_rules(void)
{
	struct buffer many;
	int fd;

	for (size_t i = 0; i < COUNT_OF(bad_calls); i++) {
		int file = bad_calls[i].file ? message_memfd(true) : -1;

		fd = call();
		EXPECT(frame_send(fd, bad_calls[i].kind, 1, bad_calls[i].payload, file) == OK && hung_up(fd));
		fd_close(&file);
		fd_close(&fd);
	}
	buffer_init(&many, 65536);
	for (unsigned i = 0; i <= CONTROL_WORDS; i++)
		EXPECT(pack_slice(&many, SLICE("w")) == OK);
	fd = call();
	EXPECT(frame_send(fd, CONTROL_COMMAND, 1, buffer_slice(&many), -1) == OK && hung_up(fd));
	fd_close(&fd);
	buffer_finish(&many);
	for (size_t i = 0; i < COUNT_OF(no_commands); i++)
		EXPECT(command(no_commands[i]) == 2);
	fd = call();                                             /* one says nothing, and goes */
	fd_close(&fd);
	EXPECT(COMMAND("queue", "show", "0123456789ABCDEF") == 1 && ledger("\"queued\": 0"));
}

/* They hang up before they have read a word of it; the one who reads gets all of it. */
static void operators_hang_up(void)
{
	const char *const words[] = { "queue", "list", "--json", NULL }, *const apart[] = { "quarantine", "list", NULL };

	deposit(1, 0, 1, true);
	judge_all(FATE_QUARANTINE, 1);
	EXPECT(hear(scene.front, QUEUE_KEPT));
	for (unsigned i = 0; i < 100; i++) {
		int fd = command_begin(i % 2 ? words : apart);

		fd_close(&fd);
	}
	for (unsigned i = 0; i < 200 && COMMAND("quarantine", "list") != 0; i++)
		(void)usleep(10000);                             /* while all places are taken */
	EXPECT(strstr(said, scene.id) != NULL);
}

static const struct scene_row rows[] = {
	{ "a front that breaks the rules",                            front_breaks_rules },
	{ "a front leaves: what it had begun is forgotten",           front_leaves },
	{ "a front is replaced while its wire stands",                front_is_replaced },
	{ "a front leaves while its messages are stored",             front_leaves_while_stored },
	{ "an inspect that breaks the rules is asked again",          inspect_breaks_rules },
	{ "a judgement that fits nothing is none",                    judgement_is_none },
	{ "every inspect ends over it: unscannable",                  inspect_ends_over_it },
	{ "refused after it was accepted: set apart",                 refused_too_late },
	{ "a relay that breaks the rules",                            relay_breaks_rules },
	{ "a busy next hop is no attempt",                            next_hop_is_busy },
	{ "words at the control socket that are none",                operator_breaks_rules },
	{ "operators who do not wait for an answer",                  operators_hang_up },
};

int main(int count, char **words)
{
	return scene_main(count, words, rows, COUNT_OF(rows));
}
