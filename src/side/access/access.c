/* SPDX-License-Identifier: Apache-2.0 */
/* The process: settings to tables and zones, wires to questions and names. */
#include "access/access.h"
#include "access/questions.h"
#include "access/reach.h"
#include "base/process.h"
#include "wire/gateway.h"

#include <unistd.h>

struct access {
	struct process *process;
	struct tables tables;
	struct arena memory;                   /* paths of authorities, as long as the process */
	struct tls_library *tls_library;
	struct reaches reaches;
	struct callouts callouts;
	struct questions questions;
};

static enum result settle(struct access *access)
{
	struct settings *settings = &access->process->settings;
	struct gateway_settings gateway;
	struct access_settings own;
	struct zones *zones;

	TRY(settings_fill(settings, &access_settings_section, SLICE(""), &own));
	TRY(settings_fill(settings, &gateway_settings_section, SLICE(""), &gateway));
	TRY(zones_create(&zones, settings, &access->tables));
	reaches_name(&access->reaches, gateway.hostname.is);
	callouts_settle(&access->callouts, &own);
	questions_settle(&access->questions, zones, (size_t)own.expansion.n);
	return OK;
}

/* All that TLS reads is read before the jail. */
static enum result prepare_reaches(struct access *access, struct process *process)
{
	struct reaches *reaches = &access->reaches;

	reaches->loop = &process->loop;
	resolve_init(&reaches->resolve, &process->loop);
	reaches->resolve.process = process;
	arena_init(&access->memory, 1 << 20);
	TRY(tls_library_open(&access->tls_library));
	TRY(tls_client_create(access->tls_library, &reaches->tls));
	return authorities_read(&reaches->authorities, access->tls_library, &process->settings, &access->memory,
	                        &process->log);
}

static enum result prepare(void *self, struct process *process)
{
	struct access *access = self;
	struct access_settings own;

	access->process = process;
	TRY(settings_fill(&process->settings, &access_settings_section, SLICE(""), &own));
	TRY(tables_init(&access->tables, process, &process->loop, &process->settings, &process->counters));
	TRY(prepare_reaches(access, process));
	TRY(callouts_init(&access->callouts, &process->loop, &process->counters, &access->reaches, &process->settings, &own));
	questions_init(&access->questions, &process->loop, &process->counters, &process->log, &access->callouts);
	access->questions.process = process;
	return settle(access);
}

/* Texts are read here, with the rights that a reload will have too. */
static enum result begin(void *self)
{
	struct access *access = self;

	return tables_begin(&access->tables);
}

static enum result given(void *self, enum given what, struct slice name, uint32_t instance, int fd)
{
	struct access *access = self;

	if (what == GIVEN_WIRE && slice_same(name, SLICE("front")))
		return questions_wire(&access->questions, instance, fd);
	if (what == GIVEN_WIRE && slice_same(name, SLICE("resolver")))
		return resolve_wire(&access->reaches.resolve, fd);
	(void)close(fd);
	return OK;
}

/* Sections `table` that changed are the supervisor's to see: it starts another process of us. */
static enum result reload(void *self)
{
	struct access *access = self;

	tables_reload(&access->tables);
	return settle(access);
}

static void stop(void *self)
{
	struct access *access = self;
	struct process *process = access->process;

	questions_finish(&access->questions);
	callouts_finish(&access->callouts);
	resolve_finish(&access->reaches.resolve);
	tables_finish(&access->tables);
	process_leave(process);
}

static const struct process_role role = {
	.name = "access", .jail = &access_jail, .prepare = prepare, .begin = begin, .given = given, .reload = reload,
	.stop = stop,
};

int main(void)
{
	static struct access access;

	return process_main(&role, &access);
}
