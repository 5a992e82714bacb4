/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fd.h — descriptors that close themselves.
 *
 * Knows:   -1 is no descriptor, and closing it is nothing.
 * Owns:    with `closing int fd = …`, the descriptor until the end of the block; fd_keep() hands it out.
 * Fails:   never; an error of close() on a descriptor that was only read from means nothing.
 *          Durable files are closed by durable.h, which looks.
 */
#ifndef BASE_FD_H
#define BASE_FD_H

#include <unistd.h>

static inline void fd_close(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

static inline int fd_keep(int *fd)
{
	int kept = *fd;

	*fd = -1;
	return kept;
}

#define closing __attribute__((cleanup(fd_close)))

#endif
