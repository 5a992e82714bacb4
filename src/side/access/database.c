/* SPDX-License-Identifier: Apache-2.0 */
/* In the jail there is no list of users, no home and no resolver for libraries: what would ask them is refused here. */
#include "access/database.h"

#include "wire/gateway.h"

#include <libpq-fe.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

static bool is_reachable(const char *host)
{
	struct in6_addr address;

	return host[0] == '/' || network_address(slice_of(host), &address) == OK;
}

/* libpq would look a name up, or the user that we are, and must not. */
static enum result check_pgsql(struct database *database)
{
	PQconninfoOption *options = PQconninfoParse(database->place, NULL);
	bool host = options != NULL, user = false;

	for (const PQconninfoOption *one = options; one && one->keyword; one++) {
		if (one->val == NULL)
			continue;
		if (slice_same(slice_of(one->keyword), SLICE("host")))
			host = is_reachable(one->val);
		if (slice_same(slice_of(one->keyword), SLICE("user")))
			user = one->val[0] != '\0';
	}
	(void)snprintf(database->why, sizeof(database->why), "%s",
	               options == NULL ? "this is no connection as libpq has it"
	               : !host         ? "host must be an address, or the folder of its socket"
	                               : "user is not said");
	PQconninfoFree(options);
	return host && user ? OK : LATER;
}

enum result database_prepare(struct database *database)
{
	if (database->kind == &database_sqlite)
		return sqlite3_threadsafe() && sqlite3_initialize() == SQLITE_OK ? OK : LATER;
	if (setenv("HOME", "/nonexistent", 1) != 0)
		return LATER;
	return check_pgsql(database);
}
