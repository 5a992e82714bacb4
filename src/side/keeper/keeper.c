/* SPDX-License-Identifier: Apache-2.0 */
/* The keeper's process: the folders are opened before the jail, the map in it; then wires, and an orderly end that writes what waits. */
#include "keeper/keeper.h"

#include "base/fd.h"
#include "base/process.h"
#include "keeper/callers.h"
#include "keeper/learner.h"
#include "keeper/lender.h"
#include "keeper/remember.h"
#include "keeper/scribe.h"
#include "keeper/teller.h"
#include "wire/gateway.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>

enum { PATH_SIZE = 4096, THREADS = 3 };           /* one writes the log, one the map, one the model */

struct keeper {
	struct process *process;
	struct crew crew;
	struct gather gather;
	struct remember remember;
	struct learner learner;
	struct lender lender;
	struct durable_folder known, learned;
	struct scribe scribe;
	struct teller teller;
	struct callers callers;
	struct keeper_settings settings;
	bool begun, stopping;                    /* begun: what was kept is open */
};

struct owner { unsigned user, group; };           /* -1: as it is */

static void written(void *own_keeper, uint64_t mark)
{
	scribe_written(&((struct keeper *)own_keeper)->scribe, mark);
}

static void leave_settled(struct keeper *keeper)
{
	if (keeper->stopping && gather_is_settled(&keeper->gather) && remember_is_settled(&keeper->remember) &&
	    learner_is_settled(&keeper->learner))
		process_leave(keeper->process);
}

static void settled(void *own_keeper)
{
	struct keeper *keeper = own_keeper;

	callers_settled(&keeper->callers);
	leave_settled(keeper);
}

static void remembered(void *own_keeper)
{
	leave_settled(own_keeper);
}

static void learned(void *own_keeper)
{
	struct keeper *keeper = own_keeper;

	callers_learned(&keeper->callers);
	lender_offer(&keeper->lender);
	leave_settled(keeper);
}

static enum result complain(const struct keeper *keeper, struct slice state)
{
	struct log_line line;

	log_begin(&line, &keeper->process->log, LOG_LEVEL_ERROR, SLICE(""), "no-log");
	log_text(&line, "state", state);
	log_text(&line, "error", slice_of(strerrorname_np(errno)));
	log_end(&line);
	return LATER;
}

/* The folders only: the maps are opened in the jail, because LMDB believes what stands in them. */
static enum result open_folder(struct keeper *keeper, struct durable_folder *folder, int state, const char *name, const struct owner *owner)
{
	if (durable_folder_open(folder, state, name) != OK || fchown(folder->fd, owner->user, owner->group) != 0)
		return complain(keeper, slice_of(name));
	return process_permit(keeper->process, folder->fd, JAIL_READ | JAIL_WRITE);
}

static enum result open_log(struct keeper *keeper)
{
	const struct passwd *user = keeper->process->root ? getpwnam(keeper_jail.user) : NULL;
	const struct owner owner = { user ? user->pw_uid : (unsigned)-1, user ? user->pw_gid : (unsigned)-1 };
	struct gateway_settings gateway;
	char path[PATH_SIZE];
	closing int state = -1;

	TRY(settings_fill(&keeper->process->settings, &gateway_settings_section, SLICE(""), &gateway));
	(void)snprintf(path, sizeof(path), "%.*s", SHOW(gateway.state.is));
	state = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (state < 0 || records_open(&keeper->gather.records, state, KEEPER_LOG, owner.user, owner.group) != OK)
		return complain(keeper, gateway.state.is);
	TRY(process_permit(keeper->process, keeper->gather.records.folder.fd, JAIL_READ | JAIL_WRITE));
	TRY(open_folder(keeper, &keeper->known, state, KEEPER_KNOWN, &owner));
	return open_folder(keeper, &keeper->learned, state, KEEPER_LEARNED, &owner);
}

static enum result settle(struct keeper *keeper)
{
	TRY(settings_fill(&keeper->process->settings, &keeper_settings_section, SLICE(""), &keeper->settings));
	gather_settings(&keeper->gather, &keeper->settings);
	remember_settings(&keeper->remember, &keeper->settings);
	learner_settings(&keeper->learner, &keeper->settings);
	keeper->lender.rest_ms = keeper->settings.learned_lent.n * 1000;
	return OK;
}

static enum result prepare(void *self, struct process *process)
{
	struct keeper *keeper = self;

	keeper->process = process;
	gather_init(&keeper->gather, &process->loop, &keeper->crew);
	keeper->gather.process = process;
	keeper->gather.log = &process->log;
	keeper->gather.counters = &process->counters;
	keeper->gather.written = written;
	keeper->gather.settled = settled;
	keeper->gather.owner = keeper;
	remember_init(&keeper->remember, &process->loop, &keeper->crew);
	keeper->remember.process = process;
	keeper->remember.log = &process->log;
	keeper->remember.counters = &process->counters;
	keeper->remember.settled = remembered;
	keeper->remember.owner = keeper;
	learner_init(&keeper->learner, &process->loop, &keeper->crew);
	keeper->learner.process = process;
	keeper->learner.log = &process->log;
	keeper->learner.counters = &process->counters;
	keeper->learner.safer = learned;
	keeper->learner.owner = keeper;
	keeper->scribe = (struct scribe){ .process = process, .loop = &process->loop, .gather = &keeper->gather,
		                          .remember = &keeper->remember };
	keeper->teller = (struct teller){ .process = process, .loop = &process->loop, .remember = &keeper->remember };
	lender_init(&keeper->lender, &process->loop, &keeper->learner, &keeper->teller.wire);
	callers_init(&keeper->callers, &process->loop, &keeper->gather, &keeper->learner);
	TRY(crew_init(&keeper->crew, &process->loop));
	TRY(open_log(keeper));
	return settle(keeper);
}

static enum result begin(void *self)
{
	struct keeper *keeper = self;

	TRY(crew_start(&keeper->crew, THREADS));
	TRY(remember_begin(&keeper->remember, keeper->known.fd, keeper->settings.known_size.n));
	TRY(learner_begin(&keeper->learner, keeper->learned, keeper->settings.learned_size.n));
	keeper->begun = true;
	lender_wire_is_new(&keeper->lender);
	return gather_begin(&keeper->gather);
}

static enum result tell_inspect(struct keeper *keeper, int fd)
{
	TRY(teller_wire(&keeper->teller, fd));
	if (keeper->begun)
		lender_wire_is_new(&keeper->lender);
	return OK;
}

static enum result given(void *self, enum given what, struct slice name, uint32_t instance, int fd)
{
	struct keeper *keeper = self;

	(void)instance;
	if (what == GIVEN_WIRE && slice_same(name, SLICE("queue")))
		return scribe_wire(&keeper->scribe, fd);
	if (what == GIVEN_WIRE && slice_same(name, SLICE("inspect")))
		return tell_inspect(keeper, fd);
	if (what == GIVEN_CONTROL)
		return callers_listen(&keeper->callers, fd);
	fd_close(&fd);
	return OK;
}

/* The thread reads the limits: they change between two blocks. */
static enum result reload(void *self)
{
	struct keeper *keeper = self;

	return settle(keeper);
}

static void stop(void *self)
{
	struct keeper *keeper = self;

	keeper->stopping = true;
	gather_flush(&keeper->gather);
	remember_flush(&keeper->remember);
	learner_flush(&keeper->learner);
	leave_settled(keeper);
}

static const struct process_role role = {
	.name = "keeper", .jail = &keeper_jail, .prepare = prepare, .begin = begin, .given = given, .reload = reload, .stop = stop,
};

int main(void)
{
	static struct keeper keeper;

	return process_main(&role, &keeper);
}
