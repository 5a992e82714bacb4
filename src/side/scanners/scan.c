/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each scanner has a line: a question waits there until one of its connections is free. The scan's
 * own deadline ends whatever still waits or is still being asked.
 */
#include "scanners/scan.h"
#include "base/fd.h"
#include "base/pack.h"
#include "scanners/fleet.h"
#include "scanners/scanners.h"

#include <sys/stat.h>

static const enum scanners_count counted[] = {
	[SCAN_CLEAN] = SCANNERS_COUNT_clean, [SCAN_FOUND] = SCANNERS_COUNT_found, [SCAN_FAILED] = SCANNERS_COUNT_failed,
};

static void leave_line(struct ask *ask)
{
	struct ask **place = &ask->scanner->first, *before = NULL;

	while (*place && *place != ask) {
		before = *place;
		place = &before->next;
	}
	if (*place == NULL)
		return;
	*place = ask->next;
	if (ask->scanner->last == ask)
		ask->scanner->last = before;
}

static void serve(struct scanner *scanner);

static void take_back(struct ask *ask)
{
	if (ask->answered)
		return;
	if (!ask->asked) {
		leave_line(ask);
		return;
	}
	clamd_drop(&ask->clamd);
	ask->scanner->busy--;
}

static void end_scan(struct scan *scan)
{
	struct room *room = scan->room;
	struct fleet *fleet = scan->fleet;

	for (size_t i = 0; i < fleet->count; i++)
		take_back(&scan->asks[i]);
	timer_end(&scan->deadline);
	fd_close(&scan->message);
	if (scan->previous)
		scan->previous->next = scan->next;
	else
		room->scans = scan->next;
	if (scan->next)
		scan->next->previous = scan->previous;
	pool_give(&room->scan_pool, scan);
	fleet->scans--;
	counter_set(room->counters, SCANNERS_COUNT_waiting, room->scan_pool.used);
	for (size_t i = 0; i < fleet->count; i++)
		serve(&fleet->scanners[i]);
}

static enum result pack_answer(const struct scan *scan, struct buffer *to)
{
	TRY(pack_u8(to, (uint8_t)scan->fleet->count));
	for (size_t i = 0; i < scan->fleet->count; i++) {
		TRY(pack_slice(to, scan->fleet->scanners[i].name));
		TRY(pack_u8(to, (uint8_t)scan->asks[i].end));
		TRY(pack_slice(to, slice_of(scan->asks[i].text)));
	}
	return OK;
}

/* An asker that reads so little that nothing fits any more has a deadline of its own. */
static void send_answer(struct scan *scan)
{
	struct buffer answer;

	buffer_init(&answer, INSPECT_SCANNERS_LONGEST);
	if (pack_answer(scan, &answer) == OK)
		(void)!channel_send(&scan->wire->channel, SCANNERS_SCANNED, scan->exchange, buffer_slice(&answer), -1);
	buffer_finish(&answer);
	end_scan(scan);
}

static void note(struct ask *ask, enum scan_end end, const char *text)
{
	ask->answered = true;
	ask->end = end;
	reply_reason(ask->text, "", slice_of(text));
	counter_add(ask->scan->room->counters, counted[end], 1);
	ask->scan->left--;
}

static void heard(struct clamd *clamd, enum scan_end end, const char *text)
{
	struct ask *ask = (struct ask *)(void *)((char *)clamd - offsetof(struct ask, clamd));
	struct scanner *scanner = ask->scanner;
	struct scan *scan = ask->scan;

	scanner->busy--;
	note(ask, end, text);
	/* Reaching a limit is a word on this message, not on the scanner. */
	if (end == SCAN_FAILED && !slice_begins(slice_of(text), SLICE(REPLY_LIMIT)))
		scanner_is_down(scanner, text);
	else
		scanner_is_well(scanner);
	if (scan->left == 0)
		send_answer(scan);
	else
		serve(scanner);
}

static void serve(struct scanner *scanner)
{
	while (scanner->first && scanner->busy < scanner->connections) {
		struct ask *ask = scanner->first;

		leave_line(ask);
		ask->next = NULL;
		ask->asked = true;
		scanner->busy++;
		clamd_ask(&ask->clamd, scanner->fleet->room->loop, &scanner->target, ask->scan->message,
			  ask->scan->size, scanner->timeout_ms, heard);
	}
}

static void time_is_over(void *own_scan)
{
	struct scan *scan = own_scan;

	for (size_t i = 0; i < scan->fleet->count; i++) {
		struct ask *ask = &scan->asks[i];

		if (ask->answered)
			continue;
		take_back(ask);
		note(ask, SCAN_FAILED, ask->asked ? "no answer in time" : "no connection was free in time");
		if (ask->asked)
			scanner_is_down(ask->scanner, ask->text);
	}
	send_answer(scan);
}

static void line_up(struct scan *scan, size_t which)
{
	struct scanner *scanner = &scan->fleet->scanners[which];
	struct ask *ask = &scan->asks[which];

	ask->scan = scan;
	ask->scanner = scanner;
	if (scan->message < 0) {
		note(ask, SCAN_FAILED, "no message came with the question");
		return;
	}
	if (scan->size > scanner->largest) {
		note(ask, SCAN_FAILED, "larger than the scanner reads");
		return;
	}
	if (scanner->last)
		scanner->last->next = ask;
	else
		scanner->first = ask;
	scanner->last = ask;
}

static bool measure(struct scan *scan)
{
	struct stat found;

	if (scan->message < 0 || fstat(scan->message, &found) != 0 || !S_ISREG(found.st_mode))
		return false;
	scan->size = (uint64_t)found.st_size;
	return true;
}

static struct scan *make_scan(struct wire *wire, uint64_t exchange, uint64_t ms, int message)
{
	struct room *room = wire->room;
	struct scan *scan = pool_take(&room->scan_pool);

	if (scan == NULL)
		return NULL;
	*scan = (struct scan){ .room = room,
			       .fleet = room->fleet,
			       .wire = wire,
			       .next = room->scans,
			       .exchange = exchange,
			       .ms = ms,
			       .message = message,
			       .left = room->fleet->count };
	if (!measure(scan))
		fd_close(&scan->message);
	if (scan->next)
		scan->next->previous = scan;
	room->scans = scan;
	scan->fleet->scans++;
	timer_init(&scan->deadline, room->loop, time_is_over, scan);
	counter_set(room->counters, SCANNERS_COUNT_waiting, room->scan_pool.used);
	return scan;
}

/* More at a time than we hold: each scanner "failed", for none was asked. */
static void refuse(struct wire *wire, uint64_t exchange)
{
	static const struct slice why = LIT("too many messages are being scanned");
	const struct fleet *fleet = wire->room->fleet;
	struct buffer answer;
	enum result packed;

	buffer_init(&answer, INSPECT_SCANNERS_LONGEST);
	packed = pack_u8(&answer, (uint8_t)fleet->count);
	for (size_t i = 0; packed == OK && i < fleet->count; i++) {
		packed = pack_slice(&answer, fleet->scanners[i].name);
		packed = packed == OK ? pack_u8(&answer, SCAN_FAILED) : packed;
		packed = packed == OK ? pack_slice(&answer, why) : packed;
	}
	if (packed == OK)
		(void)!channel_send(&wire->channel, SCANNERS_SCANNED, exchange, buffer_slice(&answer), -1);
	buffer_finish(&answer);
	counter_add(wire->room->counters, SCANNERS_COUNT_failed, fleet->count);
}

void scan_begin(struct wire *wire, uint64_t exchange, uint64_t ms, int message)
{
	struct scan *scan = make_scan(wire, exchange, ms, message);
	struct fleet *fleet = wire->room->fleet;

	counter_add(wire->room->counters, SCANNERS_COUNT_scans, 1);
	if (scan == NULL) {
		fd_close(&message);
		refuse(wire, exchange);
		return;
	}
	for (size_t i = 0; i < fleet->count; i++)
		line_up(scan, i);
	if (scan->left == 0 || timer_start(&scan->deadline, ms) != OK) {
		time_is_over(scan);
		return;
	}
	for (size_t i = 0; i < fleet->count; i++)
		serve(&fleet->scanners[i]);
}

void scan_forget(struct wire *wire, uint64_t exchange)
{
	for (struct scan *scan = wire->room->scans; scan; scan = scan->next)
		if (scan->wire == wire && scan->exchange == exchange) {
			end_scan(scan);
			return;
		}
}

/* From the start each time: ending one lets others be asked, and those may end as well. */
void scan_forget_all(struct wire *wire)
{
	struct scan *scan = wire->room->scans;

	while (scan) {
		if (scan->wire != wire) {
			scan = scan->next;
			continue;
		}
		end_scan(scan);
		scan = wire->room->scans;
	}
}
