/* SPDX-License-Identifier: Apache-2.0 */
/* What time and new settings bring: the quarantine ages, room comes and goes. Long waits are short ones here. */
#include "queue/queue_scene.h"

#include <sys/stat.h>

static void quarantine_one(uint64_t exchange)
{
	deposit(exchange, 0, 2, true);
	judge_all(FATE_QUARANTINE, 2);
	EXPECT(hear(scene.front, QUEUE_KEPT));
}

/* As if today had been that day. */
static void was_on(const char *day)
{
	char today[16], from[PATH + 64], to[PATH + 64];
	time_t now = time(NULL);
	struct tm parts;

	(void)strftime(today, sizeof(today), "%Y-%m-%d", gmtime_r(&now, &parts));
	(void)snprintf(from, sizeof(from), "%s/quarantine/%s", scene.spool, today);
	(void)snprintf(to, sizeof(to), "%s/quarantine/%s", scene.spool, day);
	EXPECT(rename(from, to) == 0);
}

static void day_before(char day[16], unsigned days)
{
	time_t then = time(NULL) - (time_t)days * 86400;
	struct tm parts;

	(void)strftime(day, 16, "%Y-%m-%d", gmtime_r(&then, &parts));
}

static void set_life(uint32_t place, uint32_t days)
{
	scene.times[place].list[TIME_quarantine_life] = (struct said_time){ days > 0, days * 86400, SLICE("p") };
}

/* Ten days old: what a profile gives five days goes, what it gives forty, or leaves to the file, stays; and a file that is
 * several people's stays as long as it is anybody's. */
static void lives_differ(void)
{
	char day[16], gone[MESSAGE_ID_SIZE + 1];

	set_life(0, 5);
	set_life(1, 5);
	quarantine_one(1);
	memcpy(gone, scene.id, sizeof(gone));
	day_before(day, 10);
	was_on(day);
	EXPECT(ledger("\"quarantined\": 0, \"bounced\": 0, \"discarded\": 0, \"deleted\": 2"));
	set_life(1, 40);
	quarantine_one(2);
	day_before(day, 31);
	was_on(day);
	EXPECT(COMMAND("quarantine", "list") == 0 && strstr(said, scene.id) != NULL && strstr(said, gone) == NULL);
	set_life(0, 0);
	set_life(1, 0);
	quarantine_one(3);
	day_before(day, 10);
	was_on(day);
	quarantine_one(4);
	day_before(day, 40);
	was_on(day);
	EXPECT(ledger("\"quarantined\": 4, \"bounced\": 0, \"discarded\": 0, \"deleted\": 4"));
}

static void old_ones_are_deleted(void)
{
	char folder[PATH + 64];

	quarantine_one(1);
	was_on("2001-02-03");
	quarantine_one(2);
	EXPECT(ledger("\"quarantined\": 2, \"bounced\": 0, \"discarded\": 0, \"deleted\": 2"));
	EXPECT(COMMAND("quarantine", "list") == 0 && strstr(said, scene.id) != NULL && strstr(said, "2001") == NULL);
	(void)snprintf(folder, sizeof(folder), "%s/quarantine/2001-02-03", scene.spool);
	for (unsigned i = 0; i < 200 && access(folder, F_OK) == 0; i++)
		(void)usleep(10000);
	EXPECT(access(folder, F_OK) != 0);
	kill_it();
	start();
	EXPECT(ledger("\"quarantined\": 2, \"bounced\": 0, \"discarded\": 0, \"deleted\": 2"));
}

/* Strangers' files and folders in the quarantine are nobody's mail: not listed, not counted, not removed. */
static void strangers_stay(void)
{
	char path[PATH + 64];
	FILE *file;

	EXPECT(ledger("\"queued\": 0"));
	(void)snprintf(path, sizeof(path), "%s/quarantine/2001-02-03", scene.spool);
	EXPECT(mkdir(path, 0700) == 0);
	(void)snprintf(path, sizeof(path), "%s/quarantine/2001-02-03/0123456789ABCDEF", scene.spool);
	file = fopen(path, "we");
	EXPECT(file != NULL);
	if (file) {
		EXPECT(fputs("no message", file) >= 0);
		EXPECT(fclose(file) == 0);
	}
	(void)snprintf(path, sizeof(path), "%s/quarantine/some folder", scene.spool);
	EXPECT(mkdir(path, 0700) == 0);
	(void)usleep(600000);
	EXPECT(ledger("\"quarantined\": 0") && strstr(said, "\"deleted\": 0") != NULL);
	EXPECT(COMMAND("quarantine", "list") == 0 && said[0] == '\0');
	EXPECT(COMMAND("quarantine", "delete", "0123456789ABCDEF") == 1);
	EXPECT(COMMAND("quarantine", "release", "0123456789ABCDEF") == 1);
	EXPECT(files("quarantine") == 2);
}

static bool room_is_said(char room)
{
	while (hear(scene.front, QUEUE_ROOM))
		if (scene.frame.payload.len == 1 && scene.frame.payload.at[0] == room)
			return true;
	return false;
}

static void reserve(const char *size)
{
	FILE *conf = fopen(scene.conf, "we");

	EXPECT(conf != NULL);
	(void)fprintf(conf, "spool = \"%s\"\nqueue { reserve = %s  reserve_inodes = 0 }\n", scene.spool, size);
	EXPECT(fclose(conf) == 0);
	reload();
}

/* The reserve is looked at every two seconds; a front hears of a change, and so does who comes with mail. */
static void room_comes_and_goes(void)
{
	EXPECT(room_is_said(1));
	reserve("1048576G");
	EXPECT(room_is_said(0));
	deposit(1, 0, 1, true);
	EXPECT(hear(scene.front, QUEUE_LATER) && slice_begins(scene.frame.payload, SLICE("452 ")));
	reserve("0");
	EXPECT(room_is_said(1));
	deposit(2, 0, 1, true);
	judge_all(FATE_DELIVER, 1);
	EXPECT(hear(scene.front, QUEUE_KEPT));
}

/* Nobody moves a spool under a queue that works in it. */
static void spool_is_not_moved(void)
{
	char old[PATH], other[PATH];

	memcpy(old, scene.spool, sizeof(old));
	(void)snprintf(other, sizeof(other), "%s/elsewhere", scene.folder);
	memcpy(scene.spool, other, sizeof(other));
	rewrite_conf("");
	reload();
	EXPECT(access(other, F_OK) != 0);
	memcpy(scene.spool, old, sizeof(old));
	deposit(1, 0, 1, true);
	judge_all(FATE_DELIVER, 1);
	EXPECT(hear(scene.front, QUEUE_KEPT) && files("messages") == 1);
}

static const struct scene_row rows[] = {
	{ "profiles say how long the quarantine keeps",                 lives_differ },
	{ "what is too old for the quarantine is deleted, and counted", old_ones_are_deleted },
	{ "strangers' files in the quarantine stay where they are",     strangers_stay },
	{ "room in the spool comes and goes",                           room_comes_and_goes },
	{ "a spool is not moved by a reload",                           spool_is_not_moved },
};

int main(int count, char **words)
{
	return scene_main(count, words, rows, COUNT_OF(rows));
}
