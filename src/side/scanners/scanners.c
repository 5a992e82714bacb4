/* SPDX-License-Identifier: Apache-2.0 */
/* The scanners' process: settings to scanners, wires to the room, warnings to the supervisor. */
#include "scanners/scanners.h"
#include "base/process.h"
#include "scanners/room.h"

#include <unistd.h>

struct scanners { struct process *process; struct room room; };

static void warn(void *owner, struct slice scanner, struct slice text)
{
	struct scanners *scanners = owner;
	char name[96];

	(void)snprintf(name, sizeof(name), "scanner-%.*s", SHOW(scanner));
	process_warn(scanners->process, name, text);
}

static enum result prepare(void *self, struct process *process)
{
	struct scanners *scanners = self;

	scanners->process = process;
	room_init(&scanners->room, &process->loop, &process->counters);
	scanners->room.warn = warn;
	scanners->room.owner = scanners;
	return room_settle(&scanners->room, &process->settings);
}

static enum result begin(void *self)
{
	struct scanners *scanners = self;

	room_look(&scanners->room);
	return OK;
}

static enum result given(void *self, enum given what, struct slice name, uint32_t instance, int fd)
{
	struct scanners *scanners = self;

	if (what == GIVEN_WIRE && slice_same(name, SLICE("inspect")))
		return room_wire(&scanners->room, instance, fd);
	(void)close(fd);
	return OK;
}

static enum result reload(void *self)
{
	struct scanners *scanners = self;

	if (room_settle(&scanners->room, &scanners->process->settings) != OK)
		return REFUSED;
	room_look(&scanners->room);
	return OK;
}

static void stop(void *self)
{
	struct scanners *scanners = self;
	struct process *process = scanners->process;

	room_finish(&scanners->room);
	process_leave(process);
}

static const struct process_role role = {
	.name = "scanners",
	.jail = &scanners_jail,
	.prepare = prepare,
	.begin = begin,
	.given = given,
	.reload = reload,
	.stop = stop,
};

int main(void)
{
	static struct scanners scanners;

	return process_main(&role, &scanners);
}
