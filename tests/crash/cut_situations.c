/* SPDX-License-Identifier: Apache-2.0 */
/* Letters come in bunches, so that several are being stored and noted at once. */
#include "cut_house.h"

#include "base/durable.h"
#include "base/fd.h"

#include <fcntl.h>
#include <stdio.h>

enum { BUNCH = 8, QUIET_MS = 30, LONG_LETTER = 60000, SETTINGS_VERSIONS = 60 };

static uint32_t some_length(struct house *house)
{
	return house_chance(house, 6) ? 200 + house_chance(house, 6000) : house_chance(house, LONG_LETTER);
}

/* `bunches` times up to eight letters of these plans in turn; of each the first `late` of a bunch are judged late. */
static void letters(struct house *house, const char *const *plans, size_t plan_count, unsigned bunches, unsigned late)
{
	for (unsigned i = 0; i < bunches; i++) {
		uint32_t many = 1 + house_chance(house, BUNCH);

		for (uint32_t k = 0; k < many; k++)
			house_deposit(house, plans[house->count % plan_count], some_length(house), k < late);
		house_until_kept(house);
	}
}

static void rounds(struct house *house, unsigned many)
{
	for (unsigned i = 0; i < many; i++) {
		house_pump(house, QUIET_MS);
		house_flush(house);
	}
	house_pump(house, QUIET_MS);
}

void play_receiving(struct house *house)
{
	static const char *const plans[] = { "w", "ww", "w", "www" };

	house_start(house, false);
	letters(house, plans, COUNT_OF(plans), 14, 0);
}

void play_requeueing(struct house *house)
{
	static const char *const plans[] = { "p", "D", "pd", "Dp", "pp", "d" };

	house_start(house, true);
	letters(house, plans, COUNT_OF(plans), 6, 0);
	rounds(house, 2);
	letters(house, plans, COUNT_OF(plans), 3, 0);
	rounds(house, 3);
}

void play_several(struct house *house)
{
	static const char *const plans[] = { "dpw", "dfq", "hdr", "xdp", "td", "f", "rq", "dd", "xq", "qdpf", "t" };

	house_start(house, true);
	letters(house, plans, COUNT_OF(plans), 5, 2);
	rounds(house, 2);
	letters(house, plans, COUNT_OF(plans), 4, 1);
	rounds(house, 2);
}

/* Judged late and set apart while another recipient waits: nothing but the operator asks for a sync of that record. */
static void late_and_alone(struct house *house, const char *verb)
{
	uint32_t number = house->count;

	house_deposit(house, "qw", some_length(house), true);
	house_until_kept(house);
	rounds(house, 1);
	(void)house_operator(house, number, "quarantine", verb);
	house_pump(house, QUIET_MS);
}

void play_quarantine(struct house *house)
{
	static const char *const plans[] = { "q", "qq", "qw", "rq", "f", "rw" };
	static const char *const verbs[] = { "release", "delete" };

	house_start(house, true);
	letters(house, plans, COUNT_OF(plans), 5, 1);
	rounds(house, 1);
	for (uint32_t i = 0, most = house->count; i < most; i++)
		if (house_chance(house, 3)) {
			house_deposit(house, "q", some_length(house), false);
			(void)house_operator(house, i, "quarantine", verbs[house_chance(house, 2)]);
			house_until_kept(house);
		}
	house_pump(house, QUIET_MS);
	for (unsigned i = 0; i < 6; i++)
		late_and_alone(house, verbs[i % 2]);
}

/* Without a relay, so that everything waits and is within reach. */
void play_operator(struct house *house)
{
	static const char *const plans[] = { "w", "ww", "h", "hw" };
	static const char *const verbs[] = { "hold", "release", "hold", "delete" };

	house_start(house, false);
	letters(house, plans, COUNT_OF(plans), 5, 0);
	for (unsigned i = 0; i < 60; i++) {
		if (house_chance(house, 3) == 0)
			house_deposit(house, "w", some_length(house), false);
		(void)house_operator(house, house_chance(house, house->kept), "queue", verbs[house_chance(house, COUNT_OF(verbs))]);
		house_pump(house, 0);
	}
	house_until_kept(house);
}

static void another_queue(struct house *house)
{
	cut_queue_kill(&house->queue);
	for (uint32_t i = 0; i < house->count; i++)
		house->posts[i].open = 0;
	house_start(house, true);
	house_pump(house, QUIET_MS);
}

/* The journal is written anew when it has grown by 64 KiB, and at each start. */
void play_compaction(struct house *house)
{
	static const char *const plans[] = { "ppp", "Dpp", "d", "hpp", "dppp" };

	house_start(house, true);
	letters(house, plans, COUNT_OF(plans), 5, 0);
	rounds(house, 4);
	another_queue(house);
	letters(house, plans, COUNT_OF(plans), 2, 0);
	rounds(house, 3);
	another_queue(house);
	letters(house, plans, COUNT_OF(plans), 1, 0);
	rounds(house, 1);
}

/* ---- a file that is replaced ---- */

static void replace(const struct durable_folder *folder, uint32_t version, uint32_t length)
{
	struct buffer bytes;
	struct draft draft;
	struct iovec part;

	buffer_init(&bytes, CUT_SAID);
	cut_letter(version, length, &bytes);
	part = (struct iovec){ bytes.bytes + bytes.start, buffer_length(&bytes) };
	NEED(durable_begin(folder, "settings.new", &draft) == OK && durable_write(&draft, &part, 1) == OK);
	NEED(durable_publish(folder, &draft, "settings.new", NULL) == OK);
	NEED(renameat(folder->fd, "settings.new", folder->fd, "settings") == 0 && durable_sync_folder(folder) == OK);
	buffer_finish(&bytes);
}

void play_settings(struct house *house)
{
	char path[CUT_PATH];
	struct durable_folder folder;

	(void)snprintf(path, sizeof(path), "%s/disk/spool", house->queue.folder);
	NEED(durable_folder_open(&folder, AT_FDCWD, path) == OK);
	for (uint32_t version = 1; version <= SETTINGS_VERSIONS; version++) {
		cut_mark(&house->marks, 'S', version, 0, "");
		replace(&folder, version, some_length(house));
		cut_mark(&house->marks, 'V', version, 0, "");
	}
	durable_folder_close(&folder);
}
