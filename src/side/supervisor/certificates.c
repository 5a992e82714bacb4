/* SPDX-License-Identifier: Apache-2.0 */
/* Only regular files, opened without waiting: a pipe in the place of a key must not stop the supervisor. */
#include "supervisor/certificates.h"

#include "base/fd.h"
#include "supervisor/supervisor.h"
#include "wire/gateway.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

enum { PATH_SIZE = 4096 };

static enum result fill(struct settings *settings, size_t place, struct slice *ret_title,
                        struct certificate_settings *ret_section)
{
	*ret_title = settings_title(settings, "certificate", place);
	return settings_fill(settings, &certificate_settings_section, *ret_title, ret_section);
}

/* -1, with errno. */
static int open_file(struct slice path)
{
	char text[PATH_SIZE];
	struct stat about;
	closing int fd = -1;

	errno = ENAMETOOLONG;
	if (path.len >= sizeof(text))
		return -1;
	memcpy(text, path.at, path.len);
	text[path.len] = '\0';
	fd = open(text, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 || fstat(fd, &about) != 0)
		return -1;
	errno = EINVAL;
	return S_ISREG(about.st_mode) ? fd_keep(&fd) : -1;
}

static enum result check_file(struct slice title, struct slice path, struct buffer *complaints)
{
	closing int fd = open_file(path);

	if (fd >= 0)
		return OK;
	TRY(buffer_format(complaints, "certificate \"%.*s\": %.*s: %s\n", SHOW(title), SHOW(path),
	                  strerrordesc_np(errno)));
	return REFUSED;
}

enum result certificates_check(struct settings *settings, struct buffer *complaints)
{
	enum result result = OK;

	for (size_t i = 0; i < settings_title_count(settings, "certificate"); i++) {
		struct certificate_settings section;
		struct slice title;

		TRY(fill(settings, i, &title, &section));
		if (check_file(title, section.chain.is, complaints) != OK || check_file(title, section.key.is, complaints) != OK)
			result = REFUSED;
	}
	return result;
}

static void give(struct child *child, struct slice title, struct slice path)
{
	closing int fd = open_file(path);

	if (fd < 0)
		child_say(child, LOG_LEVEL_ERROR, "certificate-unreadable", "file", path);
	else
		child_must_hear(child, process_hand_gift(child_control_fd(child), GIVEN_FILE, title, 0, fd), "took no file");
}

void certificates_give(struct child *child, struct settings *settings)
{
	const char *which = child->row->certificates;

	for (size_t i = 0; which && i < settings_title_count(settings, "certificate"); i++) {
		struct certificate_settings section;
		struct slice title;

		if (fill(settings, i, &title, &section) == OK)
			give(child, title, strcmp(which, "key") == 0 ? section.key.is : section.chain.is);
	}
}
