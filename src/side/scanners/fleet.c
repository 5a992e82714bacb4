/* SPDX-License-Identifier: Apache-2.0 */
/* A scanner that is down is asked whether it lives every few seconds, so that the warning ends by itself. */
#include "scanners/fleet.h"
#include "scanners/scanners.h"

enum { LOOK_AGAIN = 15000, PING_PATIENCE = 5000 };

static void look(void *own_scanner);

static enum result fill_one(struct scanner *scanner, struct fleet *fleet, struct settings *settings, struct slice name)
{
	struct scanner_settings filled;

	TRY(settings_fill(settings, &scanner_settings_section, name, &filled));
	*scanner = (struct scanner){ .fleet = fleet, .timeout_ms = filled.timeout.n * 1000,
		                     .connections = filled.connections.n, .largest = filled.largest.n };
	TRY(arena_keep(&fleet->memory, name, &scanner->name));
	timer_init(&scanner->look_again, fleet->room->loop, look, scanner);
	/* A REFUSED here is a mistake in the settings that was let through: every question then fails. */
	if (filled.address.is.len)
		return target_from_address(filled.address.is, &scanner->target);
	return target_from_path(filled.socket.is, &scanner->target);
}

enum result fleet_fill(struct fleet *fleet, struct settings *settings)
{
	size_t count = settings_title_count(settings, scanner_settings_section.name);

	if (count > SCANNERS_MOST)
		return REFUSED;
	fleet->scanners = arena_array(&fleet->memory, struct scanner, count + 1);
	if (fleet->scanners == NULL)
		return LATER;
	for (; fleet->count < count; fleet->count++)
		TRY(fill_one(&fleet->scanners[fleet->count], fleet, settings,
		             settings_title(settings, scanner_settings_section.name, fleet->count)));
	return OK;
}

static void warn(struct scanner *scanner, struct slice text)
{
	struct room *room = scanner->fleet->room;

	if (room->warn && !scanner->old)
		room->warn(room->owner, scanner->name, text);
}

/* Without a timer the next message asks it, and says whether it is well. */
static void look_later(struct scanner *scanner)
{
	if (!scanner->old && timer_start(&scanner->look_again, LOOK_AGAIN) != OK)
		timer_stop(&scanner->look_again);
}

void scanner_is_well(struct scanner *scanner)
{
	if (!scanner->down)
		return;
	scanner->down = false;
	timer_stop(&scanner->look_again);
	warn(scanner, SLICE(""));
}

void scanner_is_down(struct scanner *scanner, const char *why)
{
	if (scanner->down)
		return;
	scanner->down = true;
	warn(scanner, slice_of(why));
	look_later(scanner);
}

static void looked(struct clamd *ping, enum scan_end end, const char *text)
{
	struct scanner *scanner = (struct scanner *)(void *)((char *)ping - offsetof(struct scanner, ping));

	if (end == SCAN_CLEAN)
		scanner_is_well(scanner);
	else
		scanner_is_down(scanner, text);
	if (scanner->down)
		look_later(scanner);
}

static void look(void *own_scanner)
{
	struct scanner *scanner = own_scanner;

	clamd_drop(&scanner->ping);
	clamd_ask(&scanner->ping, scanner->fleet->room->loop, &scanner->target, -1, 0, PING_PATIENCE, looked);
}

void fleet_look(struct fleet *fleet)
{
	for (size_t i = 0; i < fleet->count; i++)
		look(&fleet->scanners[i]);
}

void fleet_retire(struct fleet *fleet)
{
	fleet->old = true;
	for (size_t i = 0; i < fleet->count; i++) {
		scanner_is_well(&fleet->scanners[i]);
		fleet->scanners[i].old = true;
		timer_end(&fleet->scanners[i].look_again);
		clamd_drop(&fleet->scanners[i].ping);
	}
}

void fleet_finish(struct fleet *fleet)
{
	for (size_t i = 0; i < fleet->count; i++) {
		timer_end(&fleet->scanners[i].look_again);
		clamd_drop(&fleet->scanners[i].ping);
	}
	arena_finish(&fleet->memory);
}
