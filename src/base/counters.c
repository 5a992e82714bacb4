/* SPDX-License-Identifier: Apache-2.0 */
/* The page is sealed against shrinking before anybody gets it, so no mapping of it can ever fault. */
#include "base/counters.h"

#include "base/fd.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

enum { PAGE_BYTES = 4096 };
_Static_assert(COUNTERS_MOST * sizeof(uint64_t) <= PAGE_BYTES, "all counters lie in one page");

enum result counters_create(int *ret_fd)
{
	closing int fd = memfd_create("counters", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0 || ftruncate(fd, PAGE_BYTES) != 0 ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0)
		return BROKEN;
	*ret_fd = fd_keep(&fd);
	return OK;
}

enum result counters_map(struct counters *counters, int fd, bool writable)
{
	int seals = fcntl(fd, F_GET_SEALS);
	struct stat about;
	void *page;

	if (seals < 0 || !(seals & F_SEAL_SHRINK) || fstat(fd, &about) != 0 || about.st_size < PAGE_BYTES)
		return BROKEN;
	page = mmap(NULL, PAGE_BYTES, writable ? PROT_READ | PROT_WRITE : PROT_READ, MAP_SHARED, fd, 0);
	if (page == MAP_FAILED)
		return BROKEN;
	*counters = (struct counters){ .page = page };
	return OK;
}

void counters_finish(struct counters *counters)
{
	if (counters->page)
		(void)munmap(counters->page, PAGE_BYTES);
	*counters = (struct counters){ 0 };
}

static uint64_t *place_of(const struct counters *counters, unsigned which)
{
	return counters->page && which < COUNTERS_MOST ? counters->page + which : NULL;
}

void counter_add(struct counters *counters, unsigned which, uint64_t how_many)
{
	uint64_t *place = place_of(counters, which);

	if (place)
		(void)__atomic_fetch_add(place, how_many, __ATOMIC_RELAXED);
}

void counter_set(struct counters *counters, unsigned which, uint64_t level)
{
	uint64_t *place = place_of(counters, which);

	if (place)
		__atomic_store_n(place, level, __ATOMIC_RELAXED);
}

uint64_t counter_read(const struct counters *counters, unsigned which)
{
	const uint64_t *place = place_of(counters, which);

	return place ? __atomic_load_n(place, __ATOMIC_RELAXED) : 0;
}
