/* SPDX-License-Identifier: Apache-2.0 */
/* Opened without waiting, then looked at. */
#include "supervisor/named_file.h"

#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

enum { PATH_SIZE = 4096 };

int named_file_open(struct slice path)
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
