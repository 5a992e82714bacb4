/* SPDX-License-Identifier: Apache-2.0 */
/* The clock on the wall jumps by hours and years, both ways: nothing is lost, given up, stuck, or busy. */
#include "queue/queue_scene.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>

static const int64_t HOUR = 3600, YEARS = 10ll * 365 * 86400;

static int64_t *shift;

/* What the queue took of the processor in a second, in ms. */
static long busy_ms(void)
{
	struct timespec before, after;
	clockid_t its;

	EXPECT(clock_getcpuclockid(scene.pid, &its) == 0 && clock_gettime(its, &before) == 0);
	(void)usleep(1000000);
	EXPECT(clock_gettime(its, &after) == 0);
	return (after.tv_sec - before.tv_sec) * 1000 + (after.tv_nsec - before.tv_nsec) / 1000000;
}

static void defer(void)
{
	EXPECT(lent_count(1));
	end_one(0, RELAY_DEFERRED);
	say_whose(RELAY_ENDED);
}

/* Deferred twice, so that its age alone decides. */
static void one_that_waits(void)
{
	kill_it();
	rewrite_conf("retry_least = 1s  retry_most = 2s");
	*shift = 0;
	start();
	resume();
	deposit(1, 0, 1, true);
	judge_all(FATE_DELIVER, 1);
	EXPECT(hear(scene.front, QUEUE_KEPT));
	defer();
	defer();
}

static void deliver(void)
{
	EXPECT(lent_count(1));
	end_one(0, RELAY_DELIVERED);
	say_whose(RELAY_ENDED);
}

static void jump_and_deliver(int64_t by)
{
	one_that_waits();
	*shift += by;
	defer();
	defer();
	EXPECT(busy_ms() < 500);
	EXPECT(ledger("\"queued\": 1, \"held\": 0, \"quarantined\": 0, \"bounced\": 0"));
	*shift = 0;
	deliver();
	deposit(2, 0, 1, true);
	judge_all(FATE_DELIVER, 1);
	EXPECT(hear(scene.front, QUEUE_KEPT));
	deliver();
	EXPECT(ledger("\"delivered\": 2, \"queued\": 0"));
}

static void hour_ahead(void)  { jump_and_deliver(HOUR); }
static void hour_back(void)   { jump_and_deliver(-HOUR); }
static void years_ahead(void) { jump_and_deliver(YEARS); }
static void years_back(void)  { jump_and_deliver(-YEARS); }

/* What lies in quarantine is not old because the clock says so for a moment, nor after a start. */
static void quarantine_stays(void)
{
	*shift = 0;
	deposit(1, 0, 1, true);
	judge_all(FATE_QUARANTINE, 1);
	EXPECT(hear(scene.front, QUEUE_KEPT));
	*shift = YEARS;
	EXPECT(COMMAND("quarantine", "list") == 0 && strstr(said, scene.id) != NULL);
	kill_it();
	start();
	EXPECT(COMMAND("quarantine", "list") == 0 && strstr(said, scene.id) != NULL);
	*shift = 0;
	EXPECT(COMMAND("quarantine", "release", scene.id) == 0);
	resume();
	EXPECT(lent_count(1));
}

static void set_time(uint32_t place, enum time_kind kind, uint32_t seconds)
{
	scene.times[place].list[kind] = (struct said_time){ true, seconds, SLICE("p") };
}

static void of_two(void)
{
	EXPECT(lent_count(2));
	end_one(0, RELAY_DEFERRED);
	end_one(1, RELAY_DEFERRED);
	say_whose(RELAY_ENDED);
}

/* Nine minutes ahead are no jump that is distrusted. */
static void lifetimes_differ(void)
{
	*shift = 0;
	kill_it();
	rewrite_conf("retry_least = 1s  retry_most = 2s");
	start();
	resume();
	set_time(0, TIME_lifetime, 300);
	deposit(1, 0, 2, true);
	judge_all(FATE_DELIVER, 2);
	EXPECT(hear(scene.front, QUEUE_KEPT));
	of_two();
	kill_it();                       /* what a profile says is read from the file again */
	start();
	resume();
	of_two();
	*shift += 540;
	of_two();
	EXPECT(ledger("\"queued\": 1, \"held\": 0, \"quarantined\": 1, \"bounced\": 0"));
	EXPECT(lent_count(1));
	end_one(1, RELAY_DELIVERED);
	say_whose(RELAY_ENDED);
	EXPECT(ledger("\"delivered\": 1"));
}

/* Whoever judged may have been taken over. */
static void beyond_bounds_is_not_said(void)
{
	*shift = 0;
	kill_it();
	rewrite_conf("retry_least = 1s  retry_most = 2s");
	start();
	resume();
	set_time(0, TIME_lifetime, 0);
	set_time(1, TIME_lifetime, UINT32_MAX);
	set_time(1, TIME_retry_least, UINT32_MAX);
	set_time(1, TIME_retry_most, UINT32_MAX);
	deposit(1, 0, 2, true);
	judge_all(FATE_DELIVER, 2);
	EXPECT(hear(scene.front, QUEUE_KEPT));
	of_two();
	of_two();
	*shift += 540;
	of_two();
	EXPECT(ledger("\"queued\": 2, \"held\": 0, \"quarantined\": 0, \"bounced\": 0"));
}

static const struct scene_row rows[] = {
	{ "one message, two lifetimes",                 lifetimes_differ },
	{ "times beyond their bounds are the file's",   beyond_bounds_is_not_said },
	{ "an hour ahead, and back",                    hour_ahead },
	{ "an hour back, and right again",              hour_back },
	{ "ten years ahead: nothing is given up",       years_ahead },
	{ "ten years back: nothing is stuck",           years_back },
	{ "the quarantine outlives ten years' jump",    quarantine_stays },
};

int main(int count, char **words)
{
	char path[64];
	int fd, result;

	(void)snprintf(path, sizeof(path), "/tmp/queue-clock-%d", (int)getpid());
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0 || ftruncate(fd, sizeof(*shift)) != 0)
		return EXIT_FAILURE;
	shift = mmap(NULL, sizeof(*shift), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	fd_close(&fd);
	result = shift == MAP_FAILED ? EXIT_FAILURE : scene_main(count, words, rows, COUNT_OF(rows));
	(void)unlink(path);
	return result;
}
