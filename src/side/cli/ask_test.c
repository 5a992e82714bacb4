/* SPDX-License-Identifier: Apache-2.0 */
/* Sockets that nobody serves: whoever asks there must come back. */
#include "cli/ask.h"

#include "base/fd.h"
#include "base/test.h"
#include "cli/places.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>

enum { CALLERS = 3 };

static char folder[] = "/tmp/ask-XXXXXX";

static int listen_at(const char *name)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	closing int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	(void)snprintf(at.sun_path, sizeof(at.sun_path), "%s/%s", folder, name);
	CHECK(bind(fd, (const struct sockaddr *)&at, sizeof(at)) == 0 && listen(fd, 0) == 0, "somebody listens");
	return fd_keep(&fd);
}

static void remove_at(const char *name)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	CHECK(unlink(path) == 0, "the socket is removed");
}

static void check_full_queue(void)
{
	closing int listening = listen_at("full");
	int fds[CALLERS], error = 0;

	CHECK(listening >= 0, "a door");
	for (size_t i = 0; i < CALLERS; i++) {
		fds[i] = ask_connect(slice_of(folder), "full", SOCK_SEQPACKET, 1);
		if (fds[i] < 0)
			error = errno;
	}
	CHECK(fds[CALLERS - 1] < 0 && error == EAGAIN, "who is one too many for the queue before the door is not kept for ever");
	for (size_t i = 0; i < CALLERS; i++)
		fd_close(&fds[i]);
	remove_at("full");
}

static void check_silence(void)
{
	closing int listening = listen_at("silent"), fd = ask_connect(slice_of(folder), "silent", SOCK_SEQPACKET, 1);
	char byte;

	CHECK(listening >= 0 && fd >= 0, "there is room before the door");
	CHECK(recv(fd, &byte, 1, 0) < 0 && errno == EAGAIN, "who does not answer is not waited for, for ever");
	remove_at("silent");
}

static void check_nobody(void)
{
	CHECK(ask_connect(slice_of(folder), "nobody", SOCK_SEQPACKET, 1) < 0 && errno == ENOENT, "and where nobody is, nobody is waited for");
}

int main(void)
{
	if (mkdtemp(folder) == NULL)
		return 1;
	check_full_queue();
	check_silence();
	check_nobody();
	CHECK(rmdir(folder) == 0, "the folder is removed");
	return TEST_END();
}
