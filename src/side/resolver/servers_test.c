/* SPDX-License-Identifier: Apache-2.0 */
/* How name servers may be written, and how not. */
#include "resolver/servers.h"
#include "base/test.h"

#include <string.h>

static const struct { const char *written, *server; } servers[] = {
	{ "127.0.0.1", "127.0.0.1@53" }, { "127.0.0.1@5353", "127.0.0.1@5353" }, { "::1", "::1@53" },
	{ "fe80::1@54", "fe80::1@54" }, { "", NULL }, { "dns.example", NULL }, { "127.0.0.1@", NULL },
	{ "127.0.0.1@0", NULL }, { "127.0.0.1@65536", NULL }, { "127.0.0.1@5x", NULL }, { "127.0.0.1:53", NULL },
	{ "1.2.3", NULL }, { "127.0.0.1@53@54", NULL },
};

static const struct { const char *written, *zone, *server; } stubs[] = {
	{ "test@127.0.0.1:5353", "test", "127.0.0.1@5353" }, { "a.test@127.0.0.1", "a.test", "127.0.0.1@53" },
	{ "test@127.0.0.1@5353", "test", "127.0.0.1@5353" }, { "test@[::1]:5353", "test", "::1@5353" },
	{ "test@::1", "test", "::1@53" }, { "test@[::1]", "test", "::1@53" }, { "test", NULL, NULL },
	{ "@127.0.0.1", NULL, NULL }, { "test@", NULL, NULL }, { "test@127.0.0.1:0", NULL, NULL },
	{ "a test@127.0.0.1", NULL, NULL }, { "test@[::1", NULL, NULL }, { "test@[::1]53", NULL, NULL },
	{ "test@[::1]:", NULL, NULL }, { "test@host:53", NULL, NULL },
};

int main(void)
{
	char zone[ZONE_TEXT], server[SERVER_TEXT];

	for (size_t i = 0; i < COUNT_OF(servers); i++) {
		enum result result = server_text(slice_of(servers[i].written), server);

		CHECK(servers[i].server ? result == OK && strcmp(server, servers[i].server) == 0 : result == REFUSED,
		      servers[i].written);
	}
	for (size_t i = 0; i < COUNT_OF(stubs); i++) {
		enum result result = stub_text(slice_of(stubs[i].written), zone, server);

		CHECK(stubs[i].zone
			  ? result == OK && strcmp(zone, stubs[i].zone) == 0 && strcmp(server, stubs[i].server) == 0
			  : result == REFUSED,
		      stubs[i].written);
	}
	return TEST_END();
}
