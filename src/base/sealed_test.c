/* SPDX-License-Identifier: Apache-2.0 */
/* What is sealed cannot be changed by any way there is, and what is not sealed as a whole is refused. */
#include "base/sealed.h"

#include "base/fd.h"
#include "base/test.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

static void check_made(void)
{
	closing int fd = -1;
	uint64_t size = 0;
	char bytes[8];

	CHECK(sealed_of("test", SLICE("bytes"), &fd) == OK && sealed_is(fd), "made and sealed");
	CHECK(sealed_size(fd, &size) == OK && size == 5, "of its size");
	CHECK(pread(fd, bytes, sizeof(bytes), 0) == 5 && memcmp(bytes, "bytes", 5) == 0, "with its bytes");
	CHECK(pwrite(fd, "x", 1, 0) < 0 && errno == EPERM, "no byte changes");
	CHECK(ftruncate(fd, 1) < 0 && errno == EPERM, "it becomes no shorter");
	CHECK(ftruncate(fd, 9) < 0 && errno == EPERM, "and no longer");
	CHECK(mmap(NULL, 5, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED, "nor by a mapping");
	CHECK(fcntl(fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE) < 0 && errno == EPERM, "and that stays so");
}

static void check_pieces(void)
{
	closing int fd = sealed_begin("test");
	uint64_t size;

	CHECK(fd >= 0 && sealed_write(fd, SLICE("one ")) == OK && sealed_write(fd, SLICE("")) == OK &&
	      sealed_write(fd, SLICE("two")) == OK, "written in pieces");
	CHECK(!sealed_is(fd) && sealed_size(fd, &size) == REFUSED, "it is not sealed before its end");
	CHECK(sealed_end(fd) == OK && sealed_size(fd, &size) == OK && size == 7, "then it is");
	CHECK(sealed_end(fd) == LATER && sealed_write(fd, SLICE("x")) == LATER, "once");
}

static void check_others(void)
{
	static const struct { int seals; const char *about; } rows[] = {
		{ 0, "no seal" },
		{ F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL, "bytes can be changed" },
		{ F_SEAL_SHRINK | F_SEAL_WRITE | F_SEAL_SEAL, "it can grow" },
		{ F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL, "it can be cut" },
	};
	closing int file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	uint64_t size;

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		closing int fd = sealed_begin("test");

		CHECK(fd >= 0 && fcntl(fd, F_ADD_SEALS, rows[i].seals) == 0, rows[i].about);
		CHECK(!sealed_is(fd) && sealed_size(fd, &size) == REFUSED, rows[i].about);
	}
	CHECK(!sealed_is(-1) && sealed_size(-1, &size) == REFUSED, "no descriptor at all");
	CHECK(file >= 0 && !sealed_is(file) && sealed_size(file, &size) == REFUSED, "a file has no seals");
}

int main(void)
{
	check_made();
	check_pieces();
	check_others();
	return TEST_END();
}
