/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For a test (--wrap=clock_gettime): the wall's clock is apart from the real one by what a file says, which is mapped
 * before the jail closes. It is named after the parent, the test.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

int __real_clock_gettime(clockid_t which, struct timespec *ret_now);
int __wrap_clock_gettime(clockid_t which, struct timespec *ret_now);

static const volatile int64_t *shift_seconds(void)
{
	static const volatile int64_t *mapped;
	char path[64];
	void *found;
	int fd;

	if (mapped)
		return mapped;
	(void)snprintf(path, sizeof(path), "/tmp/queue-clock-%d", (int)getppid());
	fd = open(path, O_RDONLY | O_CLOEXEC);
	found = mmap(NULL, sizeof(int64_t), PROT_READ, MAP_SHARED, fd, 0);
	(void)close(fd);
	if (found == MAP_FAILED)
		_exit(3);
	mapped = found;
	return mapped;
}

int __wrap_clock_gettime(clockid_t which, struct timespec *ret_now)
{
	int64_t shift = *shift_seconds();
	int result = __real_clock_gettime(which, ret_now);

	if (which == CLOCK_REALTIME)
		ret_now->tv_sec += shift;
	return result;
}
