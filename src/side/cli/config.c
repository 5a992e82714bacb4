/* SPDX-License-Identifier: Apache-2.0 */
/* The supervisor is started to read the file, and writes what it read, packed, to a pipe. */
#include "cli/config.h"

#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SETTINGS_LIMIT = 16 << 20 };

static enum result read_pipe(int fd, struct buffer *to)
{
	ssize_t got;

	do {
		char *room;

		TRY(buffer_reserve(to, 65536, &room));
		got = read(fd, room, 65536);
		if (got > 0)
			buffer_grew(to, (size_t)got);
	} while (got > 0 || (got < 0 && errno == EINTR));
	return got == 0 ? OK : REFUSED;
}

static void become_supervisor(const struct places *places, int out)
{
	char executable[PLACE_SIZE + 32];

	(void)snprintf(executable, sizeof(executable), "%s/supervisor", places->libexec);
	if (dup2(out, STDOUT_FILENO) >= 0)
		(void)execl(executable, "supervisor", "--settings", "-c", places->config, (char *)NULL);
	complain("%s: %s", executable, strerrordesc_np(errno));
	_exit(127);
}

static enum result supervisor_settings(const struct places *places, struct buffer *packed)
{
	int ends[2], status = 1;
	enum result result;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) != 0)
		return LATER;
	pid = fork();
	if (pid == 0)
		become_supervisor(places, ends[1]);
	fd_close(&ends[1]);
	result = pid > 0 ? read_pipe(ends[0], packed) : LATER;
	fd_close(&ends[0]);
	if (pid > 0 && waitpid(pid, &status, 0) != pid)
		status = 1;
	return result == OK && status == 0 ? OK : REFUSED;
}

/* No file, and none was asked for: the defaults. */
enum result config_load(struct places *places, bool scanners)
{
	struct buffer packed;
	enum result result = OK;

	buffer_init(&packed, SETTINGS_LIMIT);
	if (places->chosen || access(places->config, F_OK) == 0)
		result = supervisor_settings(places, &packed);
	if (result == OK && buffer_length(&packed) > 0)
		result = settings_unpack(&places->settings, buffer_slice(&packed));
	buffer_finish(&packed);
	if (result == OK && !scanners)
		settings_forget(&places->settings, "scanner");
	if (result == OK)
		result = settings_fill(&places->settings, &gateway_settings_section, SLICE(""), &places->gateway);
	return result;
}
