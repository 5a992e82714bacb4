/* SPDX-License-Identifier: Apache-2.0 */
/* Sockets follow the settings: a row is a file, and what is bound, kept and closed because of it. */
#include "supervisor/listeners.h"

#include "base/fd.h"
#include "base/test.h"
#include "wire/control.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

static uint16_t ports[3];

static uint16_t port_of(int fd)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t size = sizeof(at);

	return getsockname(fd, (struct sockaddr *)&at, &size) == 0 ? ntohs(at.sin_port) : 0;
}

static void find_ports(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fds[COUNT_OF(ports)];

	for (size_t i = 0; i < COUNT_OF(ports); i++) {
		fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		CHECK(bind(fds[i], (struct sockaddr *)&at, sizeof(at)) == 0, "a free port");
		ports[i] = port_of(fds[i]);
	}
	for (size_t i = 0; i < COUNT_OF(ports); i++)
		fd_close(&fds[i]);
}

/* ---- UNIX sockets ---- */

static void check_modes(int run)
{
	static const char *const names[] = { CONTROL_SUBMIT, CONTROL_QUEUE, CONTROL_KEEPER, CONTROL_SUPERVISOR };
	struct stat about;

	for (size_t i = 0; i < COUNT_OF(names); i++)
		CHECK(fstatat(run, names[i], &about, AT_SYMLINK_NOFOLLOW) == 0 && S_ISSOCK(about.st_mode) &&
			  (about.st_mode & 0777) == 0666,
		      "anybody may connect; who may ask is judged by whom it is asked of");
}

static void check_local(int run, struct listeners *listeners)
{
	struct listeners again = { 0 }, refused = { 0 };
	struct buffer complaint;
	int file;

	buffer_init(&complaint, 4096);
	CHECK(listeners_open_local(listeners, run, &complaint) == OK && listeners->count == 4, "four sockets");
	check_modes(run);
	CHECK(listeners_named(listeners, "queue") && listeners_named(listeners, "keeper") && listeners_named(listeners, "supervisor"),
	      "three are for control");
	CHECK(listeners_named(listeners, CONTROL_SUBMIT) == NULL, "one is not");
	CHECK(listeners_open_local(&again, run, &complaint) == OK, "sockets that a dead one left are replaced");
	listeners_close(&again);
	CHECK(again.count == 0, "and closed");
	listeners_remove_local(run);
	CHECK(faccessat(run, CONTROL_SUBMIT, F_OK, 0) != 0 && errno == ENOENT, "an orderly end removes them");
	file = openat(run, CONTROL_SUBMIT, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	CHECK(listeners_open_local(&refused, run, &complaint) == REFUSED, "what is no socket is not ours to remove");
	CHECK(slice_begins(buffer_slice(&complaint), SLICE("the socket " CONTROL_SUBMIT)), "and is named");
	CHECK(faccessat(run, CONTROL_SUBMIT, F_OK, 0) == 0 && unlinkat(run, CONTROL_SUBMIT, 0) == 0, "and lies there");
	fd_close(&file);
	listeners_close(&refused);
	buffer_finish(&complaint);
}

/* ---- TCP ---- */

static const struct row {
	const char *about, *text;          /* @1 … @3: three free ports */
	enum result result;
	size_t count, added;
	bool removed;
	unsigned bound;                    /* ports, as bits */
} rows[] = {
	{ "no section, no listener", "\n", OK, 4, 4, false, 0 },
	{ "two addresses of one section", "listen \"a\" { address = {\"127.0.0.1:@1\", \"127.0.0.1:@2\"} }\n", OK,
	  6, 4, false, 3 },
	{ "the same again changes nothing", "listen \"a\" { address = {\"127.0.0.1:@1\", \"127.0.0.1:@2\"} }\n", OK,
	  6, 6, false, 3 },
	{ "one is closed, one is new",
	  "listen \"a\" { address = \"127.0.0.1:@2\" }\nlisten \"b\" { address = \"127.0.0.1:@3\" }\n", OK, 6, 5,
	  true, 6 },
	{ "an address that is not ours changes nothing", "listen \"c\" { address = \"192.0.2.1:@1\" }\n", REFUSED, 6,
	  0, false, 6 },
	{ "a section with another name keeps its socket, and is new to the fronts",
	  "listen \"a\" { address = \"127.0.0.1:@2\" }\nlisten \"z\" { address = \"127.0.0.1:@3\" }\n", OK, 6, 5,
	  true, 6 },
	{ "all are closed", "\n", OK, 4, 4, true, 0 },
};

static bool connects(uint16_t port)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_port = htons(port),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	closing int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0;
}

static enum result read_text(const char *text, struct settings *settings, struct buffer *complaints)
{
	static const struct settings_section *const schema[] = { &listen_settings_section, NULL };
	char name[] = "/tmp/listeners-test-XXXXXX";
	enum result result = REFUSED;
	int fd = mkstemp(name);

	if (fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text))
		result = settings_read_file(settings, name, false, schema, complaints);
	fd_close(&fd);
	(void)unlink(name);
	return result;
}

static enum result follow(struct listeners *listeners, const char *text, size_t *ret_added, bool *ret_removed)
{
	struct settings settings;
	struct buffer complaints;
	enum result result;

	settings_init(&settings);
	buffer_init(&complaints, 65536);
	result = read_text(text, &settings, &complaints);
	CHECK(result == OK, "the file can be read");
	if (result == OK)
		result = listeners_follow(listeners, &settings, 0, &complaints, ret_added, ret_removed);
	CHECK((result == OK) == (buffer_length(&complaints) == 0), "what failed is said");
	buffer_finish(&complaints);
	settings_finish(&settings);
	return result;
}

static void fill_in(const char *from, char *text, size_t size)
{
	size_t used = 0;

	for (; *from && used + 8 < size; from++) {
		if (*from == '@' && from[1])
			used += (size_t)snprintf(text + used, size - used, "%u", ports[*++from - '1']);
		else
			text[used++] = *from;
	}
	text[used] = '\0';
}

static void check_row(struct listeners *listeners, const struct row *row)
{
	bool removed = false;
	size_t added = 0;
	char text[512];

	fill_in(row->text, text, sizeof(text));
	CHECK(follow(listeners, text, &added, &removed) == row->result, row->about);
	CHECK(listeners->count == row->count && added == row->added && removed == row->removed, row->about);
	for (size_t i = 0; i < COUNT_OF(ports); i++)
		CHECK(connects(ports[i]) == ((row->bound >> i & 1) != 0), row->about);
}

static void check_too_many(struct listeners *listeners)
{
	bool removed = false;
	size_t added = 0, used;
	char text[4096];

	used = (size_t)snprintf(text, sizeof(text), "listen \"a\" { address = {");
	for (unsigned i = 0; i < LISTENERS_MOST; i++)
		used +=
		    (size_t)snprintf(text + used, sizeof(text) - used, "%s\"127.0.0.1:%u\"", i ? ", " : "", 20000 + i);
	(void)snprintf(text + used, sizeof(text) - used, "} }\n");
	CHECK(follow(listeners, text, &added, &removed) == LATER && listeners->count == 4,
	      "more than there is place for");
}

/* Somebody else has it: that is said, and in time it is had. */
static void check_patience(struct listeners *listeners)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_port = htons(ports[0]),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
	bool removed = false;
	size_t added = 0;
	char text[64];

	(void)snprintf(text, sizeof(text), "listen \"a\" { address = \"127.0.0.1:%u\" }\n", ports[0]);
	CHECK(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
		  bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0 && listen(fd, 1) == 0,
	      "a port is taken");
	CHECK(follow(listeners, text, &added, &removed) == REFUSED && listeners->count == 4, "it is not shared");
	fd_close(&fd);
	CHECK(follow(listeners, text, &added, &removed) == OK && listeners->count == 5, "and had when it is free");
}

int main(void)
{
	char folder[] = "/tmp/listeners-test-XXXXXX";
	struct listeners listeners = { 0 };
	int run = mkdtemp(folder) ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

	find_ports();
	check_local(run, &listeners);
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		check_row(&listeners, &rows[i]);
	check_too_many(&listeners);
	check_patience(&listeners);
	listeners_close(&listeners);
	listeners_remove_local(run);
	fd_close(&run);
	CHECK(rmdir(folder) == 0, "nothing is left behind");
	return TEST_END();
}
