/* SPDX-License-Identifier: Apache-2.0 */
/* counters_test.c — one page, two mappings. */
#include "base/counters.h"

#include "base/test.h"

#include <sys/mman.h>
#include <unistd.h>

static void test_sharing(int fd)
{
	struct counters writer = { 0 }, reader = { 0 };

	CHECK(counters_map(&writer, fd, true) == OK && counters_map(&reader, fd, false) == OK,
	      "a page is mapped twice");
	CHECK(counter_read(&reader, 0) == 0, "a new page is zero");
	counter_add(&writer, 0, 2);
	counter_add(&writer, 0, 3);
	counter_set(&writer, COUNTERS_MOST - 1, 7);
	CHECK(counter_read(&reader, 0) == 5, "the reader sees what was added");
	CHECK(counter_read(&reader, COUNTERS_MOST - 1) == 7, "the last counter is in the page");
	counter_add(&writer, COUNTERS_MOST, 1);
	CHECK(counter_read(&reader, COUNTERS_MOST) == 0, "a counter behind the last is nothing");
	counters_finish(&writer);
	CHECK(counter_read(&reader, 0) == 5, "the numbers outlive the writer");
	counters_finish(&reader);
}

static void test_nothing_there(void)
{
	struct counters none = { 0 };

	counter_add(&none, 0, 1);
	counter_set(&none, 1, 1);
	CHECK(counter_read(&none, 0) == 0, "without a page nothing is counted");
	counters_finish(&none);
	CHECK(counters_map(&none, -1, true) == BROKEN, "no descriptor is no page");
}

static void test_seals(int fd)
{
	struct counters counters = { 0 };
	int bare = memfd_create("bare", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	CHECK(ftruncate(fd, 0) != 0, "a page cannot shrink under its readers");
	CHECK(ftruncate(fd, 1 << 20) != 0, "a page cannot grow");
	CHECK(bare >= 0 && ftruncate(bare, 4096) == 0 && counters_map(&counters, bare, true) == BROKEN,
	      "a page that could shrink is not mapped");
	(void)close(bare);
}

int main(void)
{
	int fd = -1;

	CHECK(counters_create(&fd) == OK, "a page is made");
	test_sharing(fd);
	test_nothing_there();
	test_seals(fd);
	(void)close(fd);
	return TEST_END();
}
