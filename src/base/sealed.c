/* SPDX-License-Identifier: Apache-2.0 */
/* A seal cannot be taken off; one on the seals themselves only keeps others from adding more, and is not asked for. */
#include "base/sealed.h"

#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SEALS = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE };

int sealed_begin(const char *name)
{
	return memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
}

enum result sealed_write(int fd, struct slice bytes)
{
	while (bytes.len) {
		ssize_t wrote = write(fd, bytes.at, bytes.len);

		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote <= 0)
			return LATER;
		bytes = slice_drop(bytes, (size_t)wrote);
	}
	return OK;
}

enum result sealed_end(int fd)
{
	return fcntl(fd, F_ADD_SEALS, SEALS | F_SEAL_SEAL) == 0 ? OK : LATER;
}

enum result sealed_of(const char *name, struct slice bytes, int *ret_fd)
{
	closing int fd = sealed_begin(name);

	if (fd < 0)
		return LATER;
	TRY(sealed_write(fd, bytes));
	TRY(sealed_end(fd));
	*ret_fd = fd_keep(&fd);
	return OK;
}

bool sealed_is(int fd)
{
	int seals = fd < 0 ? -1 : fcntl(fd, F_GET_SEALS);

	return seals >= 0 && (seals & SEALS) == SEALS;
}

enum result sealed_size(int fd, uint64_t *ret_size)
{
	struct stat about;

	if (!sealed_is(fd) || fstat(fd, &about) != 0 || !S_ISREG(about.st_mode))
		return REFUSED;
	*ret_size = (uint64_t)about.st_size;
	return OK;
}
