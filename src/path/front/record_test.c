/* SPDX-License-Identifier: Apache-2.0 */
/* What is told of a session in which much is put off. */
#include "front/front_bench.h"

#include <unistd.h>

enum { LOG = 1 << 20, PUT_OFF = 25, TOLD = 20 };

static const struct slice domains[] = { LIT("example.org") };
static const struct session_rules rules = {
	.hostname = LIT("mx.example.org"), .greeting = LIT("ESMTP"), .postmaster = LIT("postmaster"), .domains = domains,
	.domain_count = 1, .message_limit = 100000, .recipients = 1, .null_sender_recipients = 1, .errors = 20, .hops = 50,
	.room = ROOM_FREE,
};

static unsigned count_of(int log, const char *part)
{
	static char text[LOG];
	ssize_t size = pread(log, text, sizeof(text) - 1, 0);
	unsigned count = 0;

	text[size > 0 ? size : 0] = '\0';
	for (const char *at = text; (at = strstr(at, part)) != NULL; at++)
		count++;
	return count;
}

/* One message for one recipient, and as many more as are put off. */
static void send_one(struct bench *bench)
{
	bench_say(bench, SLICE("MAIL FROM:<a@b>\r\nRCPT TO:<u@example.org>\r\n"));
	for (unsigned i = 0; i < PUT_OFF; i++)
		bench_say(bench, SLICE("RCPT TO:<u@example.org>\r\n"));
	bench_say(bench, SLICE("BDAT 3 LAST\r\nx\r\n"));
}

int main(void)
{
	static struct bench bench;
	int log = memfd_create("log", MFD_CLOEXEC);

	bench_init(&bench, &rules);
	log_init(&bench.process.log, "front", log, LOG_LEVEL_INFO);
	bench_begin(&bench, 0);
	bench_say(&bench, SLICE("EHLO x\r\n"));
	send_one(&bench);
	CHECK(count_of(log, " accepted ") == 1, "a message");
	CHECK(count_of(log, " refused ") == TOLD, "some of the lines that were put off");
	CHECK(count_of(log, "lines=5") == 1, "and how many there were more");
	send_one(&bench);
	CHECK(count_of(log, " accepted ") == 2, "another one");
	CHECK(count_of(log, " refused ") == 2 * TOLD, "begins anew");
	CHECK(count_of(log, "lines=5") == 2, "with its own number");
	bench_say(&bench, SLICE("QUIT\r\n"));
	CHECK(count_of(log, " refused-more ") == 2, "of which nothing is left for the end");
	bench_finish(&bench);
	fd_close(&log);
	return TEST_END();
}
