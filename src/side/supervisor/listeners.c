/* SPDX-License-Identifier: Apache-2.0 */
/* The settings become a list of wanted sockets; what is in both lists stays, the rest is bound or closed. */
#include "supervisor/listeners.h"

#include "base/fd.h"
#include "wire/control.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>

enum { BACKLOG = 1024, STEP = 20 };              /* connections; ms */

/* ---- UNIX sockets ---- */

static const struct local { const char *socket, *name; int type; enum given what; } locals[] = {
	{ CONTROL_SUBMIT,     CONTROL_SUBMIT, SOCK_STREAM,    GIVEN_LISTENER },
	{ CONTROL_QUEUE,      "queue",        SOCK_SEQPACKET, GIVEN_CONTROL },
	{ CONTROL_KEEPER,     "keeper",       SOCK_SEQPACKET, GIVEN_CONTROL },
	{ CONTROL_SUPERVISOR, "supervisor",   SOCK_SEQPACKET, GIVEN_CONTROL },
};

/* We hold the lock of this folder, so a socket that lies here is a dead supervisor's. */
static bool clear(int run, const char *name)
{
	struct stat about;

	if (fstatat(run, name, &about, AT_SYMLINK_NOFOLLOW) != 0)
		return errno == ENOENT;
	errno = EEXIST;
	return S_ISSOCK(about.st_mode) && unlinkat(run, name, 0) == 0;
}

static int bind_local(int run, const struct local *local)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	closing int fd = socket(AF_UNIX, local->type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	/* A UNIX address holds 107 bytes, and a folder's name may be longer: by way of a descriptor. */
	(void)snprintf(at.sun_path, sizeof(at.sun_path), "/proc/self/fd/%d/%s", run, local->socket);
	if (fd < 0 || !clear(run, local->socket) || bind(fd, (const struct sockaddr *)&at, sizeof(at)) != 0 ||
	    fchmodat(run, local->socket, 0666, 0) != 0 || listen(fd, BACKLOG) != 0)
		return -1;
	return fd_keep(&fd);
}

enum result listeners_open_local(struct listeners *listeners, int run, struct buffer *complaint)
{
	for (size_t i = 0; i < COUNT_OF(locals); i++) {
		struct listener *listener = &listeners->list[listeners->count];

		*listener = (struct listener){ .what = locals[i].what, .fd = bind_local(run, &locals[i]) };
		(void)snprintf(listener->name, sizeof(listener->name), "%s", locals[i].name);
		if (listener->fd < 0) {
			TRY(buffer_format(complaint, "the socket %s: %s\n", locals[i].socket, strerrordesc_np(errno)));
			return REFUSED;
		}
		listeners->count++;
	}
	return OK;
}

void listeners_remove_local(int run)
{
	for (size_t i = 0; run >= 0 && i < COUNT_OF(locals); i++)
		(void)unlinkat(run, locals[i].socket, 0);
}

/* ---- TCP ---- */

static bool set(int fd, int level, int option)
{
	const int on = 1;

	return setsockopt(fd, level, option, &on, sizeof(on)) == 0;
}

static int bind_once(const struct listener *wanted)
{
	struct sockaddr_in6 ipv6 = { .sin6_family = AF_INET6,
				     .sin6_port = htons(wanted->port),
				     .sin6_addr = wanted->address };
	struct sockaddr_in ipv4 = { .sin_family = AF_INET, .sin_port = htons(wanted->port) };
	const struct sockaddr *at = wanted->ipv6 ? (const struct sockaddr *)&ipv6 : (const struct sockaddr *)&ipv4;
	closing int fd = socket(at->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	memcpy(&ipv4.sin_addr, &wanted->address.s6_addr[12], sizeof(ipv4.sin_addr));
	/* What is accepted inherits TCP_NODELAY: a reply never waits for an acknowledgement. */
	if (fd < 0 || !set(fd, SOL_SOCKET, SO_REUSEADDR) || !set(fd, IPPROTO_TCP, TCP_NODELAY) ||
	    (wanted->ipv6 && !set(fd, IPPROTO_IPV6, IPV6_V6ONLY)) ||
	    bind(fd, at, wanted->ipv6 ? sizeof(ipv6) : sizeof(ipv4)) != 0 || listen(fd, BACKLOG) != 0)
		return -1;
	return fd_keep(&fd);
}

static enum result bind_patiently(struct listener *wanted, unsigned patience, struct buffer *complaint)
{
	const struct timespec step = { .tv_nsec = STEP * 1000000L };
	char text[INET6_ADDRSTRLEN] = "";

	for (unsigned waited = 0;; waited += STEP) {
		wanted->fd = bind_once(wanted);
		if (wanted->fd >= 0)
			return OK;
		if (errno != EADDRINUSE || waited >= patience)
			break;
		(void)nanosleep(&step, NULL);
	}
	(void)inet_ntop(wanted->ipv6 ? AF_INET6 : AF_INET,
			wanted->ipv6 ? wanted->address.s6_addr : &wanted->address.s6_addr[12], text, sizeof(text));
	TRY(buffer_format(complaint, "listen \"%s\": %s port %u: %s\n", wanted->name, text, wanted->port,
			  strerrordesc_np(errno)));
	return REFUSED;
}

static enum result want_section(struct listeners *wanted, struct settings *settings, struct slice title)
{
	struct listen_settings section;

	TRY(settings_fill(settings, &listen_settings_section, title, &section));
	for (size_t i = 0; i < section.address.count; i++) {
		struct listener *listener = &wanted->list[wanted->count];

		if (wanted->count == LISTENERS_MOST - COUNT_OF(locals))
			return LATER;
		*listener = (struct listener){ .what = GIVEN_LISTENER, .fd = -1 };
		(void)snprintf(listener->name, sizeof(listener->name), "%.*s", SHOW(title));
		TRY(listen_parse(section.address.items[i], &listener->address, &listener->port, &listener->ipv6));
		wanted->count++;
	}
	return OK;
}

static bool is_local(const struct listener *listener)
{
	return listener->port == 0;
}

/* `name`: NULL if any will do. */
static struct listener *same_in(struct listeners *listeners, const struct listener *one, const char *name)
{
	for (size_t i = 0; i < listeners->count; i++) {
		struct listener *other = &listeners->list[i];

		if (other->port == one->port && other->ipv6 == one->ipv6 &&
		    (name == NULL || strcmp(other->name, name) == 0) &&
		    memcmp(&other->address, &one->address, sizeof(one->address)) == 0)
			return other;
	}
	return NULL;
}

/* A section that has another name now keeps its socket: the address is in use, by us. */
static enum result bind_one(struct listeners *have, struct listener *wanted, unsigned patience,
			    struct buffer *complaint)
{
	const struct listener *before = same_in(have, wanted, NULL);

	if (before == NULL)
		return bind_patiently(wanted, patience, complaint);
	wanted->fd = fcntl(before->fd, F_DUPFD_CLOEXEC, 0);
	return wanted->fd < 0 ? LATER : OK;
}

static enum result bind_new(struct listeners *have, struct listeners *wanted, unsigned patience,
			    struct buffer *complaint)
{
	for (size_t i = 0; i < wanted->count; i++)
		if (same_in(have, &wanted->list[i], wanted->list[i].name) == NULL)
			TRY(bind_one(have, &wanted->list[i], patience, complaint));
	return OK;
}

static bool drop_old(struct listeners *have, struct listeners *wanted)
{
	size_t kept = 0;

	for (size_t i = 0; i < have->count; i++) {
		if (is_local(&have->list[i]) || same_in(wanted, &have->list[i], have->list[i].name))
			have->list[kept++] = have->list[i];
		else
			fd_close(&have->list[i].fd);
	}
	if (kept == have->count)
		return false;
	have->count = kept;
	return true;
}

enum result listeners_follow(struct listeners *listeners, struct settings *settings, unsigned patience,
                             struct buffer *complaint, size_t *ret_added, bool *ret_removed)
{
	struct listeners wanted = { 0 };
	enum result result = OK;

	for (size_t i = 0; result == OK && i < settings_title_count(settings, "listen"); i++)
		result = want_section(&wanted, settings, settings_title(settings, "listen", i));
	if (result == LATER)
		TRY(buffer_format(complaint, "more than %u addresses to listen on\n",
				  LISTENERS_MOST - (unsigned)COUNT_OF(locals)));
	if (result == OK)
		result = bind_new(listeners, &wanted, patience, complaint);
	if (result != OK) {
		listeners_close(&wanted);
		return result;
	}
	*ret_removed = drop_old(listeners, &wanted);
	*ret_added = listeners->count;
	for (size_t i = 0; i < wanted.count; i++)
		if (wanted.list[i].fd >= 0)
			listeners->list[listeners->count++] = wanted.list[i];
	return OK;
}

const struct listener *listeners_named(const struct listeners *listeners, const char *name)
{
	for (size_t i = 0; i < listeners->count; i++)
		if (listeners->list[i].what == GIVEN_CONTROL && strcmp(listeners->list[i].name, name) == 0)
			return &listeners->list[i];
	return NULL;
}

void listeners_close(struct listeners *listeners)
{
	for (size_t i = 0; i < listeners->count; i++)
		fd_close(&listeners->list[i].fd);
	listeners->count = 0;
}
