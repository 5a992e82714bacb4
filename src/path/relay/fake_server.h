/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fake_server.h — for tests: a small SMTP or LMTP server on a thread, which does what a recipient's name says.
 *
 * Knows:   refuse, later (at RCPT); reject, tempfail (after the dot); vanish (closes after the dot); slow (answers
 *          after half a second); anybody else is welcome. In LMTP full@ gets a 452 of its own after the dot. Three are
 *          silent for seconds: hush at RCPT, deaf does not read the content, mum after the dot.
 * Ignores: everything else, and so is no model of a server.
 * Owns:    its listener and, after the dot, the last content that came; look at that only after a reply was heard.
 */
#ifndef RELAY_FAKE_SERVER_H
#define RELAY_FAKE_SERVER_H

#include <netinet/in.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { FAKE_CONTENT = 1 << 20, FAKE_PEOPLE = 16, FAKE_SILENCE = 5000000 };

struct fake_server {
	bool lmtp, plain;                     /* plain: offers nothing */
	int listener;
	unsigned port, connections, messages;
	char content[FAKE_CONTENT];           /* as it came, with dots and the end */
	size_t length;
	char people[FAKE_PEOPLE][64];
	unsigned count;
	FILE *from;
	int to;
};

static inline void fake_say(struct fake_server *server, const char *text)
{
	(void)!write(server->to, text, strlen(text));
}

static inline bool fake_has(const struct fake_server *server, const char *who)
{
	for (unsigned i = 0; i < server->count; i++)
		if (strncmp(server->people[i], who, strlen(who)) == 0)
			return true;
	return false;
}

static inline void fake_rcpt(struct fake_server *server, const char *line)
{
	const char *who = strchr(line, '<');

	if (who == NULL || server->count == FAKE_PEOPLE)
		fake_say(server, "452 4.5.3 too many\r\n");
	else if (strncmp(who, "<refuse", 7) == 0)
		fake_say(server, "550 5.1.1 nobody of that name\r\n");
	else if (strncmp(who, "<later", 6) == 0)
		fake_say(server, "450 4.2.1 come back\r\n");
	else {
		if (strncmp(who, "<hush", 5) == 0)
			(void)usleep(FAKE_SILENCE);
		(void)snprintf(server->people[server->count++], sizeof(server->people[0]), "%s", who + 1);
		fake_say(server, "250 2.1.5 ok\r\n");
	}
}

static inline void fake_answer(struct fake_server *server)
{
	server->messages++;
	if (fake_has(server, "slow"))
		(void)usleep(500000);
	if (fake_has(server, "mum"))
		(void)usleep(FAKE_SILENCE);
	for (unsigned i = 0; i < (server->lmtp ? server->count : 1); i++) {
		const char *reply = "250 2.0.0 kept\r\n";

		if (fake_has(server, "reject"))
			reply = "554 5.7.1 not this\r\n";
		else if (fake_has(server, "tempfail"))
			reply = "451 4.3.0 not now\r\n";
		else if (server->lmtp && strncmp(server->people[i], "full", 4) == 0)
			reply = "452 4.2.2 full\r\n";
		fake_say(server, reply);
	}
}

/* False: the client is gone, or is to be left. */
static inline bool fake_content(struct fake_server *server)
{
	char line[4096];

	fake_say(server, server->count ? "354 go ahead\r\n" : "503 5.5.1 nobody\r\n");
	server->length = 0;
	if (fake_has(server, "deaf")) {
		(void)usleep(FAKE_SILENCE);
		return false;
	}
	while (server->count && fgets(line, sizeof(line), server->from)) {
		size_t size = strlen(line);

		if (server->length + size < FAKE_CONTENT) {
			memcpy(server->content + server->length, line, size);
			server->length += size;
		}
		if (strcmp(line, ".\r\n") != 0)
			continue;
		if (fake_has(server, "vanish"))
			return false;
		fake_answer(server);
		return true;
	}
	return server->count == 0;
}

static inline bool fake_command(struct fake_server *server, const char *line)
{
	if (strncmp(line, "EHLO", 4) == 0 || strncmp(line, "LHLO", 4) == 0)
		fake_say(server,
		         server->plain ? "250 fake\r\n" : "250-fake\r\n250-PIPELINING\r\n250-SIZE 500000\r\n250 8BITMIME\r\n");
	else if (strncmp(line, "MAIL", 4) == 0)
		server->count = 0, fake_say(server, "250 2.1.0 ok\r\n");
	else if (strncmp(line, "RCPT", 4) == 0)
		fake_rcpt(server, line);
	else if (strncmp(line, "DATA", 4) == 0)
		return fake_content(server);
	else if (strncmp(line, "RSET", 4) == 0)
		fake_say(server, "250 2.0.0 ok\r\n");
	else
		return fake_say(server, "221 2.0.0 bye\r\n"), false;
	return true;
}

static inline void *fake_serve(void *own)
{
	struct fake_server *server = own;

	for (;;) {
		int fd = accept(server->listener, NULL, NULL);
		char line[4096];

		if (fd < 0)
			return NULL;
		server->connections++;
		server->to = fd;
		server->from = fdopen(fd, "r");
		fake_say(server, "220-fake\r\n220 server\r\n");
		while (fgets(line, sizeof(line), server->from) && fake_command(server, line))
			;
		(void)fclose(server->from);
	}
}

static inline bool fake_run(struct fake_server *server)
{
	pthread_t thread;

	return listen(server->listener, 16) == 0 && pthread_create(&thread, NULL, fake_serve, server) == 0 &&
	       pthread_detach(thread) == 0;
}

static inline bool fake_start_at(struct fake_server *server, const char *path)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };

	(void)snprintf(at.sun_path, sizeof(at.sun_path), "%s", path);
	server->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	return bind(server->listener, (struct sockaddr *)&at, sizeof(at)) == 0 && fake_run(server);
}

/* A port where nobody ever says a word. */
static inline bool fake_listen(struct fake_server *server)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(at);

	server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(server->listener, (struct sockaddr *)&at, sizeof(at)) != 0 ||
	    getsockname(server->listener, (struct sockaddr *)&at, &size) != 0)
		return false;
	server->port = ntohs(at.sin_port);
	return listen(server->listener, 16) == 0;
}

static inline bool fake_start(struct fake_server *server)
{
	return fake_listen(server) && fake_run(server);
}

#endif
