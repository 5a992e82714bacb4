/* SPDX-License-Identifier: Apache-2.0 */
/* The resolver's process: settings to the library, wires to the questions. */
#include "resolver/resolver.h"
#include "base/process.h"
#include "resolver/library.h"
#include "resolver/questions.h"

#include <unistd.h>

enum { COMPLAINT = 1024 };

struct resolver { struct process *process; struct ub_ctx *library; struct questions questions; };

static enum result prepare(void *self, struct process *process)
{
	struct resolver *resolver = self;
	struct resolver_settings settings;
	struct buffer complaint;
	enum result result;

	resolver->process = process;
	TRY(settings_fill(&process->settings, &resolver_settings_section, SLICE(""), &settings));
	buffer_init(&complaint, COMPLAINT);
	result = library_open(&resolver->library, &process->loop, &settings, &complaint);
	if (result != OK)
		log_say(&process->log, LOG_LEVEL_ERROR, SLICE(""), "not-ready", "reason", buffer_slice(&complaint));
	buffer_finish(&complaint);
	questions_init(&resolver->questions, &process->loop, &process->counters, resolver->library,
	               settings.timeout.n * 1000);
	return result;
}

static enum result given(void *self, enum given what, struct slice name, uint32_t instance, int fd)
{
	struct resolver *resolver = self;

	if (what == GIVEN_WIRE)
		return questions_wire(&resolver->questions, name, instance, fd);
	(void)close(fd);
	return OK;
}

/* The library reads its settings once, before the jail: only the time-out can change in it. The rest is
 * taken up when the gateway is started again. */
static enum result reload(void *self)
{
	struct resolver *resolver = self;
	struct resolver_settings settings;

	TRY(settings_fill(&resolver->process->settings, &resolver_settings_section, SLICE(""), &settings));
	resolver->questions.timeout_ms = settings.timeout.n * 1000;
	return OK;
}

static void stop(void *self)
{
	struct resolver *resolver = self;

	questions_finish(&resolver->questions);
	process_leave(resolver->process);
}

static const struct process_role role = {
	.name = "resolver", .jail = &resolver_jail, .prepare = prepare, .given = given, .reload = reload, .stop = stop,
};

int main(void)
{
	static struct resolver resolver;

	return process_main(&role, &resolver);
}
