/* SPDX-License-Identifier: Apache-2.0 */
/* Where a scanner may listen, and what is no such place. */
#include "scanners/target.h"
#include "base/test.h"

static const struct { const char *written; int family, port; } rows[] = {
	{ "127.0.0.1:3310", AF_INET, 3310 }, { "[::1]:3310", AF_INET6, 3310 }, { "", 0, 0 }, { ":3310", 0, 0 },
	{ "127.0.0.1", 0, 0 }, { "127.0.0.1:", 0, 0 }, { "127.0.0.1:0", 0, 0 }, { "127.0.0.1:65536", 0, 0 },
	{ "clamd:3310", 0, 0 }, { "::1:3310", 0, 0 }, { "[::1:3310", 0, 0 }, { "[]:3310", 0, 0 },
	{ "[127.0.0.1]:3310", 0, 0 },
	{ "0123456789012345678901234567890123456789012345678901:3310", 0, 0 },
};

int main(void)
{
	char path[200];
	struct target target;

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		enum result result = target_from_address(slice_of(rows[i].written), &target);

		CHECK(rows[i].port ? result == OK && target.at.any.sa_family == rows[i].family &&
					 ntohs(target.at.four.sin_port) == rows[i].port
				   : result == REFUSED,
		      rows[i].written);
	}
	CHECK(target_from_path(SLICE("/run/clamav/clamd.ctl"), &target) == OK && target.at.any.sa_family == AF_UNIX,
	      "a path of a UNIX socket");
	memset(path, 'x', sizeof(path));
	CHECK(target_from_path((struct slice){ path, 107 }, &target) == OK, "the longest path");
	CHECK(target_from_path((struct slice){ path, 108 }, &target) == REFUSED, "a path that is too long");
	CHECK(target_from_path(SLICE(""), &target) == REFUSED, "no path");
	return TEST_END();
}
