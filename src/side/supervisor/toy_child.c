/* SPDX-License-Identifier: Apache-2.0 */
/* Stands in for every process in the supervisor's test: it is whoever its file's name says, and does nothing but
 * to warn when settings are loaded in which toys are postmasters. */
#include "base/process.h"

#include "base/fd.h"

#include <string.h>

static const struct jail toy_jail = { .open_files = 256, .calls = JAIL_CALLS(JAIL_DAEMON) };

struct toy { struct process *process; int kept[64]; size_t count; bool warned; };

static enum result toy_prepare(void *self, struct process *process)
{
	((struct toy *)self)->process = process;
	return OK;
}

static enum result toy_begin(void *self)
{
	struct toy *toy = self;

	counter_add(&toy->process->counters, 0, 1);
	return OK;
}

static enum result toy_given(void *self, enum given what, struct slice name, uint32_t instance, int fd)
{
	struct toy *toy = self;
	struct log_line line;

	log_begin(&line, &toy->process->log, LOG_LEVEL_INFO, SLICE(""), "given");
	log_count(&line, "what", what);
	log_text(&line, "name", name);
	log_count(&line, "instance", instance);
	log_end(&line);
	if (toy->count == COUNT_OF(toy->kept))
		fd_close(&fd);
	else
		toy->kept[toy->count++] = fd;
	return OK;
}

static enum result toy_reload(void *self)
{
	struct toy *toy = self;
	struct buffer postmaster;
	bool warn;

	buffer_init(&postmaster, 256);
	TRY(settings_show(&toy->process->settings, "", "postmaster", &postmaster));
	warn = slice_same(buffer_slice(&postmaster), SLICE("toys"));
	if (slice_same(buffer_slice(&postmaster), SLICE("quarrel")) && strcmp(toy->process->role->name, "relay") == 0)
		process_wire_lost(toy->process, "queue", 0);
	buffer_finish(&postmaster);
	if (warn != toy->warned)
		process_warn(toy->process, "toy", warn ? SLICE("was reloaded") : SLICE(""));
	toy->warned = warn;
	return OK;
}

static void toy_stop(void *self)
{
	struct toy *toy = self;

	for (size_t i = 0; i < toy->count; i++)
		fd_close(&toy->kept[i]);
	process_leave(toy->process);
}

int main(int count, char **words)
{
	struct toy toy = { 0 };
	const char *slash = count ? strrchr(words[0], '/') : NULL;
	const struct process_role role = {
		.name = slash ? slash + 1 : "toy", .jail = &toy_jail, .prepare = toy_prepare, .begin = toy_begin,
		.given = toy_given, .reload = toy_reload, .stop = toy_stop,
	};

	return process_main(&role, &toy);
}
