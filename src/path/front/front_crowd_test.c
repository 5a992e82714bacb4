/* SPDX-License-Identifier: Apache-2.0 */
/* Places and room for messages are few: who stands still gives way, who works or waits for us stays. And shares: of a
 * minute, of the room. */
#include "front/front_scene.h"

enum { PLACES = 8, WAIT_MS = 1300 };

static const char crowded[] = "hostname = \"mx.example.org\" trusted = {\"192.0.2.0/24\"}\n"
                              "listen \"smtp\" { address = \"127.0.0.1:1\" }\ndomain \"example.org\" {}\n"
                              "front { connections = 8 crowd_patience = 1s }\n";
static const char hurried[] = "hostname = \"mx.example.org\" trusted = {\"192.0.2.0/24\"}\n"
                              "listen \"smtp\" { address = \"127.0.0.1:1\" }\ndomain \"example.org\" {}\n"
                              "front { connections_per_minute = 4 messages_per_minute = 2 recipients_per_minute = 3 }\n";

static void pause_ms(int ms)
{
	(void)poll(NULL, 0, ms);
}

/* How far each has got before it stands still. The last one waits for a verdict. */
static const char *const begun[] = {
	"", "EHLO x\r\n", "EHLO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<u@exam", "EHL",
};

/* All that was said to it, to its end. */
static bool ended_with(int fd, const char *wanted)
{
	char heard[4096];
	size_t len = 0;
	ssize_t got;

	while (len < sizeof(heard) && (got = recv(fd, heard + len, sizeof(heard) - len, 0)) > 0)
		len += (size_t)got;
	return contains((struct slice){ heard, len }, wanted);
}

static bool is_open(int fd)
{
	char byte;

	return recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

/* Whoever says NOOP for ever stands still. */
static void check_idle_talk(void)
{
	struct scene scene = { .about = "a crowd that talks and does nothing" };
	int idle[PLACES], newcomer;

	begin(&scene, crowded);
	for (size_t i = 0; i < PLACES; i++) {
		idle[i] = dial(&scene);
		hear(idle[i], "220", scene.about);
		ask(idle[i], "EHLO x\r\n", "250", scene.about);
	}
	pause_ms(WAIT_MS);
	for (size_t i = 0; i < PLACES; i++)
		ask(idle[i], i % 2 ? "NOOP\r\n" : "RSET\r\n", "250", scene.about);
	newcomer = dial(&scene);
	hear(newcomer, "220", "a newcomer gets in");
	fd_close(&newcomer);
	for (size_t i = 0; i < PLACES; i++)
		fd_close(&idle[i]);
	end(&scene);
}

static void check_crowd(void)
{
	struct scene scene = { .about = "a crowd" };
	int still[COUNT_OF(begun)], waiting, busy, fresh[2], newcomers[COUNT_OF(begun)];
	struct taken taken;

	begin(&scene, crowded);
	for (size_t i = 0; i < COUNT_OF(begun); i++) {
		still[i] = dial(&scene);
		hear(still[i], "220", begun[i]);
		say(still[i], slice_of(begun[i]));
	}
	waiting = dial(&scene);
	begin_message(waiting, "a message");
	say(waiting, SLICE("Subject: x\r\n\r\nx\r\n.\r\n"));
	take_deposit(&scene, &taken);
	busy = dial(&scene);
	hear(busy, "220", "one that works");
	pause_ms(WAIT_MS);
	ask(busy, "EHLO busy.example\r\n", "250", "it does something");
	for (size_t i = 0; i < COUNT_OF(fresh); i++) {
		fresh[i] = dial(&scene);
		hear(fresh[i], "220", "there is room");
	}
	CHECK(is_open(busy), "who works stays");
	/* One for one: where places are so few, none is kept free. */
	for (size_t i = 0; i < COUNT_OF(newcomers); i++) {
		newcomers[i] = dial(&scene);
		hear(newcomers[i], "220", "a newcomer gets in");
	}
	for (size_t i = 0; i < COUNT_OF(begun); i++)
		CHECK(ended_with(still[i], "421 4.4.2 too slow, and others wait"), begun[i]);
	ask(busy, "NOOP\r\n", "250", "who works still stays");
	answer(&scene, &taken, QUEUE_KEPT, SLICE(""));
	hear(waiting, "250 2.0.0 accepted", "who waited for us stays");
	fd_close(&waiting);
	fd_close(&busy);
	for (size_t i = 0; i < COUNT_OF(begun); i++)
		fd_close(&still[i]);
	for (size_t i = 0; i < COUNT_OF(fresh); i++)
		fd_close(&fresh[i]);
	for (size_t i = 0; i < COUNT_OF(newcomers); i++)
		fd_close(&newcomers[i]);
	end(&scene);
}

static void check_nobody_to_go(void)
{
	struct scene scene = { .about = "a full house of people who work" };
	int inside[PLACES], newcomer;

	begin(&scene, crowded);
	for (size_t i = 0; i < PLACES; i++) {
		inside[i] = dial(&scene);
		hear(inside[i], "220", scene.about);
	}
	newcomer = dial(&scene);
	hear(newcomer, "421 4.3.2 too many connections", "nobody has stood still for long enough");
	fd_close(&newcomer);
	for (size_t i = 0; i < PLACES; i++) {
		CHECK(is_open(inside[i]), "nobody had to go");
		fd_close(&inside[i]);
	}
	end(&scene);
}

static void check_minute(void)
{
	struct scene scene = { .about = "shares of a minute" };
	int fd;

	begin(&scene, hurried);
	fd = dial(&scene);
	hear(fd, "220", scene.about);
	ask(fd, "EHLO x\r\n", "250", scene.about);
	ask(fd, "MAIL FROM:<a@b.example>\r\n", "250", "the first message");
	ask(fd, "RCPT TO:<u@example.org>\r\n", "250", "the first recipient");
	ask(fd, "RCPT TO:<elsewhere@c.example>\r\n", "550", "one that is refused is not counted");
	ask(fd, "RCPT TO:<v@example.org>\r\n", "250", "the second");
	ask(fd, "RCPT TO:<w@example.org>\r\n", "250", "the third");
	ask(fd, "RCPT TO:<x@example.org>\r\n", "450 4.7.1 too many recipients in this minute", "and no more");
	ask(fd, "RSET\r\nMAIL FROM:<a@b.example>\r\n", "250 2.0.0", "the second message");
	hear(fd, "250 2.1.0", "the second message");
	ask(fd, "RSET\r\nMAIL FROM:<a@b.example>\r\n", "250 2.0.0", "the third message");
	hear(fd, "450 4.7.1 too many messages in this minute", "and no more");
	for (int i = 0; i < 3; i++) {
		int other = dial(&scene);

		hear(other, "220", "four connections");
		fd_close(&other);
	}
	fd_close(&fd);
	fd = dial(&scene);
	hear(fd, "421 4.7.0 too many connections", "and no more");
	fd_close(&fd);
	end(&scene);
}

/* ---- room for messages ---- */

enum { BODY = 60000, HOARDERS = 17, TURNS = 30, OTHER_NETWORK = 2 };

#define PATIENT_ROOM "hostname = \"mx.example.org\" trusted = {\"192.0.2.0/24\"}\nlisten \"smtp\" { address = \"127.0.0.1:1\" }\n" \
             "domain \"example.org\" {}\nfront { message_limit = 64K bytes_in_flight = 1M "
#define ROOM PATIENT_ROOM "crowd_patience = 1s "

/* Each number is a network of its own. */
static int dial_from(const struct scene *scene, unsigned network, unsigned host)
{
	struct sockaddr_in from = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000000u | network << 8 | host) };
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	                          .sin_port = htons((uint16_t)scene->port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	CHECK(bind(fd, (struct sockaddr *)&from, sizeof(from)) == 0 && connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0,
	      scene->about);
	be_patient(fd);
	return fd;
}

/* The front reads a piece of each client in a turn, and a reply is a turn. */
static void let_it_read(const struct scene *scene)
{
	int fd = dial(scene);

	hear(fd, "220", scene->about);
	for (int i = 0; i < TURNS; i++)
		ask(fd, "NOOP\r\n", "250", scene->about);
	fd_close(&fd);
}

/* A message without its end. */
static int bring_much(const struct scene *scene, unsigned network, unsigned host)
{
	static char lines[BODY];
	int fd = dial_from(scene, network, host);

	for (size_t i = 0; i < sizeof(lines); i++)
		lines[i] = "x\r\n"[i % 100 < 98 ? 0 : i % 100 - 97];
	begin_message(fd, scene->about);
	say(fd, (struct slice){ lines, sizeof(lines) });
	let_it_read(scene);
	return fd;
}

static void expect_deposit(struct scene *scene, int fd, const char *address)
{
	struct taken taken;

	take_deposit(scene, &taken);
	CHECK(slice_same(taken.envelope.client_address, slice_of(address)), address);
	answer(scene, &taken, QUEUE_KEPT, SLICE(""));
	hear(fd, "250 2.0.0 accepted", address);
	fd_close(&fd);
}

/* What one network may not have is there for others; its own wait for the one of them that goes on. */
static void check_share_of_room(void)
{
	struct scene scene = { .about = "a share of the room" };
	int inside[5], waiting, other;

	begin(&scene, ROOM "bytes_in_flight_share = 25 }\n");
	for (unsigned i = 0; i < COUNT_OF(inside); i++)
		inside[i] = bring_much(&scene, 1, i + 1);
	waiting = bring_much(&scene, 1, 9);
	say(waiting, SLICE(".\r\n"));
	let_it_read(&scene);
	other = bring_much(&scene, OTHER_NETWORK, 1);
	say(other, SLICE(".\r\n"));
	expect_deposit(&scene, other, "127.0.2.1");
	say(inside[4], SLICE(".\r\n"));
	expect_deposit(&scene, inside[4], "127.0.1.5");
	expect_deposit(&scene, waiting, "127.0.1.9");
	for (unsigned i = 0; i < 4; i++) {
		char address[16];

		(void)snprintf(address, sizeof(address), "127.0.1.%u", i + 1);
		say(inside[i], SLICE(".\r\n"));
		expect_deposit(&scene, inside[i], address);
	}
	end(&scene);
}

/* Whoever is not read hangs up behind bytes that nobody looks at: its room comes back all the same. */
static void check_gone_away(void)
{
	static char more[BODY / 2];               /* so few that the end behind them arrives */
	struct scene scene = { .about = "gone, and not read" };
	int inside[5], waiting;

	memset(more, 'x', sizeof(more));
	begin(&scene, PATIENT_ROOM "bytes_in_flight_share = 25 }\n");
	for (unsigned i = 0; i < COUNT_OF(inside); i++)
		inside[i] = bring_much(&scene, 1, i + 1);
	waiting = bring_much(&scene, 1, 9);
	say(waiting, SLICE(".\r\n"));
	for (unsigned i = 0; i < 2; i++)
		say(inside[i], (struct slice){ more, sizeof(more) });
	let_it_read(&scene);
	for (unsigned i = 0; i < 2; i++)
		fd_close(&inside[i]);
	expect_deposit(&scene, waiting, "127.0.1.9");
	for (unsigned i = 2; i < COUNT_OF(inside); i++) {
		CHECK(is_open(inside[i]), "who is there stays");
		fd_close(&inside[i]);
	}
	end(&scene);
}

/* From as many networks as it takes: who fills the room and then brings nothing gives way. */
static void check_hoard(void)
{
	struct scene scene = { .about = "a hoard" };
	int hoard[HOARDERS], good;
	unsigned gone = 0;

	begin(&scene, ROOM "bytes_in_flight_share = 100 }\n");
	for (unsigned i = 0; i < HOARDERS; i++)
		hoard[i] = bring_much(&scene, 10 + i, 1);
	good = bring_much(&scene, OTHER_NETWORK, 1);
	say(good, SLICE(".\r\n"));
	expect_deposit(&scene, good, "127.0.2.1");
	for (unsigned i = 0; i < HOARDERS; i++) {
		if (!is_open(hoard[i])) {
			CHECK(ended_with(hoard[i], "421 4.4.2 too slow, and others wait"), "it is told why");
			gone++;
		}
		fd_close(&hoard[i]);
	}
	CHECK(gone > 0 && gone < HOARDERS / 2, "no more than needed");
	end(&scene);
}

int main(void)
{
	check_share_of_room();
	check_gone_away();
	check_hoard();
	check_crowd();
	check_idle_talk();
	check_nobody_to_go();
	check_minute();
	return TEST_END();
}
