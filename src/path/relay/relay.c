/* SPDX-License-Identifier: Apache-2.0 */
/* The process: folders are opened before the jail, then wires come in, and the parts do the rest. */
#include "relay/relay.h"

#include "base/fd.h"
#include "base/process.h"
#include "relay/connection.h"
#include "relay/destinations.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

enum { STOP_LOOK_MS = 20, STOP_LIMIT_MS = 1500, NAME_SIZE = 256 };

struct relay {
	struct process *process;
	struct office office;
	struct arena memory;                       /* what outlives a reload: our name, the folders' names */
	struct slice socket_folders[ROOTS_MOST];   /* where sockets may be connected to */
	size_t socket_folder_count;
	struct timer stop_timer;
	uint64_t stop_until;
};

/* --- before the jail ------------------------------------------------------------------------ */

static enum result name_ourselves(struct relay *relay)
{
	struct gateway_settings gateway;
	char name[NAME_SIZE] = "";

	TRY(settings_fill(&relay->process->settings, &gateway_settings_section, SLICE(""), &gateway));
	if (gateway.hostname.is.len > 0)
		return arena_keep(&relay->memory, gateway.hostname.is, &relay->office.hostname);
	if (gethostname(name, sizeof(name) - 1) != 0 || name[0] == '\0')
		return BROKEN;
	return arena_keep(&relay->memory, slice_of(name), &relay->office.hostname);
}

/* Started as root, a folder that we make belongs to the user that will write there. */
static enum result make_folder(const struct relay *relay, const char *path)
{
	const struct passwd *user = relay->process->root ? getpwnam(relay_jail.user) : NULL;

	if (mkdir(path, 0700) != 0)
		return errno == EEXIST ? OK : LATER;
	if (user && chown(path, user->pw_uid, user->pw_gid) != 0)
		return LATER;
	return OK;
}

static enum result open_path(struct relay *relay, struct slice path, bool make, int flags, int *ret_fd)
{
	const char *text;

	TRY(arena_text(&relay->memory, path, &text));
	if (make && make_folder(relay, text) != OK)
		log_say(&relay->process->log, LOG_LEVEL_ERROR, SLICE(""), "folder-not-made", "path", path);
	*ret_fd = open(text, flags | O_DIRECTORY | O_CLOEXEC);
	if (*ret_fd < 0)
		log_say(&relay->process->log, LOG_LEVEL_ERROR, SLICE(""), "folder-not-opened", "path", path);
	return *ret_fd < 0 ? BROKEN : OK;
}

static bool has_root(const struct office *office, struct slice path)
{
	for (size_t i = 0; i < office->root_count; i++)
		if (slice_same(office->roots[i].path, path))
			return true;
	return false;
}

static enum result open_root(struct relay *relay, struct slice path)
{
	struct office *office = &relay->office;
	struct root *root = &office->roots[office->root_count];

	if (has_root(office, path))
		return OK;
	if (office->root_count == ROOTS_MOST)
		return BROKEN;
	TRY(arena_keep(&relay->memory, path, &root->path));
	TRY(open_path(relay, path, true, O_RDONLY, &root->fd));
	office->root_count++;
	return process_permit(relay->process, root->fd, JAIL_READ | JAIL_WRITE | JAIL_FOLDERS);
}

static struct slice folder_of(struct slice path)
{
	while (path.len > 1 && path.at[path.len - 1] != '/')
		path.len--;
	return path;
}

static bool has_socket_folder(const struct relay *relay, struct slice folder)
{
	for (size_t i = 0; i < relay->socket_folder_count; i++)
		if (slice_same(relay->socket_folders[i], folder))
			return true;
	return false;
}

static enum result permit_socket(struct relay *relay, struct slice path)
{
	struct slice folder = folder_of(path);
	int fd;

	if (has_socket_folder(relay, folder))
		return OK;
	if (relay->socket_folder_count == COUNT_OF(relay->socket_folders))
		return BROKEN;
	TRY(arena_keep(&relay->memory, folder, &relay->socket_folders[relay->socket_folder_count]));
	TRY(open_path(relay, folder, false, O_PATH, &fd));
	relay->socket_folder_count++;
	return process_permit(relay->process, fd, JAIL_SOCKET);
}

static enum result open_targets(struct relay *relay, const struct route *route)
{
	for (size_t i = 0; i < route->count; i++) {
		const struct target *target = &route->targets[i];

		if (target->kind == TARGET_MAILDIR)
			TRY(open_root(relay, target->path));
		else if (target->host.len == 0)
			TRY(permit_socket(relay, target->path));
	}
	return OK;
}

static enum result read_settings(struct relay *relay, struct relay_settings *settings, struct routes *routes)
{
	TRY(settings_fill(&relay->process->settings, &relay_settings_section, SLICE(""), settings));
	return routes_load(routes, &relay->process->settings, settings->relayhost.is);
}

static enum result open_tls(struct relay *relay)
{
	struct office *office = &relay->office;

	TRY(tls_library_open(&office->tls_library));
	TRY(tls_client_create(office->tls_library, &office->tls));
	return authorities_read(&office->authorities, office->tls_library, office->all, &relay->memory, office->log);
}

static enum result prepare(void *self, struct process *process)
{
	struct relay *relay = self;
	struct office *office = &relay->office;

	relay->process = process;
	arena_init(&relay->memory, 1 << 20);
	office->loop = &process->loop;
	office->log = &process->log;
	office->counters = &process->counters;
	office->all = &process->settings;
	TRY(open_tls(relay));
	TRY(name_ourselves(relay));
	TRY(read_settings(relay, &office->settings, &office->routes));
	for (size_t i = 0; i < office->routes.count; i++)
		TRY(open_targets(relay, &office->routes.list[i].route));
	for (size_t i = 0; i < office->routes.address_count; i++)
		TRY(open_targets(relay, &office->routes.addresses[i].route));
	for (size_t i = 0; i < office->routes.archive_count; i++)
		TRY(open_targets(relay, &office->routes.archives[i]));
	resolve_init(&office->resolve, office->loop);
	office->resolve.process = process;
	jobs_init(&office->jobs, office->loop, office->log, office->counters);
	office->jobs.owner = office;
	office->jobs.arrived = destinations_take;
	office->jobs.noted = destinations_noted;
	office->jobs.resumed = destinations_pump_all;
	destinations_init(office);
	return crew_init(&office->crew, office->loop);
}

/* --- in the jail ------------------------------------------------------------------------------ */

static enum result begin(void *self)
{
	struct relay *relay = self;

	return crew_start(&relay->office.crew, (unsigned)relay->office.settings.threads.n);
}

static enum result given(void *self, enum given what, struct slice name, uint32_t instance, int fd)
{
	struct relay *relay = self;

	(void)instance;
	if (what == GIVEN_WIRE && slice_same(name, SLICE("queue")))
		return jobs_wire(&relay->office.jobs, fd);
	if (what == GIVEN_WIRE && slice_same(name, SLICE("resolver")))
		return resolve_wire(&relay->office.resolve, fd);
	fd_close(&fd);
	return REFUSED;
}

static bool is_open(const struct relay *relay, const struct target *target)
{
	if (target->kind == TARGET_MAILDIR)
		return has_root(&relay->office, target->path);
	return target->host.len > 0 || has_socket_folder(relay, folder_of(target->path));
}

static bool are_open(const struct relay *relay, const struct route *route)
{
	for (size_t i = 0; i < route->count; i++)
		if (!is_open(relay, &route->targets[i]))
			return false;
	return true;
}

/* A folder or socket that was not opened before the jail needs a new process. */
static bool all_open(const struct relay *relay, const struct routes *routes)
{
	for (size_t i = 0; i < routes->count; i++)
		if (!are_open(relay, &routes->list[i].route))
			return false;
	for (size_t i = 0; i < routes->address_count; i++)
		if (!are_open(relay, &routes->addresses[i].route))
			return false;
	for (size_t i = 0; i < routes->archive_count; i++)
		if (!are_open(relay, &routes->archives[i]))
			return false;
	return true;
}

static enum result reload(void *self)
{
	struct relay *relay = self;
	struct office *office = &relay->office;
	struct relay_settings settings;
	struct routes routes;

	TRY(read_settings(relay, &settings, &routes));
	if (!all_open(relay, &routes)) {
		routes_finish(&routes);
		log_say(office->log, LOG_LEVEL_ERROR, SLICE(""), "reload-refused", "why",
		        SLICE("a new folder for mail or sockets needs a restart"));
		return REFUSED;
	}
	TRY(backends_reload(&office->backends, office->all));
	routes_finish(&office->routes);
	office->routes = routes;
	office->settings = settings;
	return OK;
}

static void look_whether_done(void *self)
{
	struct relay *relay = self;
	struct office *office = &relay->office;
	bool waits = destinations_busy(office) || (jobs_unnoted(&office->jobs) > 0 && channel_is_open(&office->jobs.wire));

	if (waits && loop_ticks(office->loop) < relay->stop_until && timer_start(&relay->stop_timer, STOP_LOOK_MS) == OK)
		return;
	process_leave(relay->process);
}

static void stop(void *self)
{
	struct relay *relay = self;

	relay->stop_until = loop_ticks(relay->office.loop) + STOP_LIMIT_MS;
	destinations_stop(&relay->office);
	timer_init(&relay->stop_timer, relay->office.loop, look_whether_done, relay);
	look_whether_done(relay);
}

static const struct process_role role = {
	.name = "relay", .jail = &relay_jail, .prepare = prepare, .begin = begin, .given = given,
	.reload = reload, .stop = stop,
};

int relay_main(void)
{
	static struct relay relay;

	return process_main(&role, &relay);
}
