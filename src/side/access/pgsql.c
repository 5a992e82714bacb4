/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libpq without its blocking calls: each step is begun, and waited for with poll() until the time is over. The key
 * goes as a parameter beside the query, never in its text.
 */
#include "access/database.h"

#include "base/clock.h"

#include <libpq-fe.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

static void close_it(struct database *database)
{
	PQfinish(database->handle);
	database->handle = NULL;
}

/* What libpq says has line ends, and stands in a log line. */
static enum result fail(struct database *database, const char *why)
{
	(void)snprintf(database->why, sizeof(database->why), "%s", why);
	for (char *at = database->why; *at; at++)
		if (*at == '\n')
			*at = ' ';
	close_it(database);
	return LATER;
}

static bool wait_until(struct database *database, short what, uint64_t until)
{
	struct pollfd one = { .fd = PQsocket(database->handle), .events = what };
	uint64_t now = clock_ticks();

	return now < until && poll(&one, 1, (int)(until - now)) > 0;
}

static enum result connect_it(struct database *database, uint64_t until)
{
	const char *const names[] = { "gssencmode", "sslcert", "sslkey", "sslcrl", "passfile", "application_name",
		                      "dbname", NULL };
	const char *const values[] = { "disable", "/nonexistent", "/nonexistent", "/nonexistent", "/nonexistent",
		                       "postern", database->place, NULL };
	PostgresPollingStatusType state = PGRES_POLLING_WRITING;

	if (database->handle && PQstatus(database->handle) == CONNECTION_OK)
		return OK;
	close_it(database);
	database->handle = PQconnectStartParams(names, values, 1);
	if (database->handle == NULL || PQstatus(database->handle) == CONNECTION_BAD)
		return fail(database, PQerrorMessage(database->handle));
	for (; state != PGRES_POLLING_OK; state = PQconnectPoll(database->handle)) {
		if (state == PGRES_POLLING_FAILED)
			return fail(database, PQerrorMessage(database->handle));
		if (!wait_until(database, state == PGRES_POLLING_READING ? POLLIN : POLLOUT, until))
			return fail(database, "no connection in time");
	}
	return PQsetnonblocking(database->handle, 1) == 0 ? OK : fail(database, "no connection");
}

static enum result send_it(struct database *database, struct slice key, uint64_t until)
{
	const char *const values[] = { key.at };
	int left;

	if (PQsendQueryParams(database->handle, database->query, 1, NULL, values, NULL, NULL, 0) != 1)
		return fail(database, PQerrorMessage(database->handle));
	while ((left = PQflush(database->handle)) > 0) {
		if (!wait_until(database, POLLIN | POLLOUT, until))
			return fail(database, "no answer in time");
		if (PQconsumeInput(database->handle) != 1)
			return fail(database, PQerrorMessage(database->handle));
	}
	return left == 0 ? OK : fail(database, PQerrorMessage(database->handle));
}

static enum result await(struct database *database, uint64_t until)
{
	while (PQisBusy(database->handle)) {
		if (!wait_until(database, POLLIN, until))
			return fail(database, "no answer in time");
		if (PQconsumeInput(database->handle) != 1)
			return fail(database, PQerrorMessage(database->handle));
	}
	return OK;
}

static enum result take_rows(const PGresult *rows, struct buffer *values)
{
	int count = PQntuples(rows);

	for (int i = 0; i < count; i++) {
		const char *text = PQnfields(rows) > 0 ? PQgetvalue(rows, i, 0) : "";

		TRY(buffer_add(values, slice_of(text)));
		TRY(buffer_add_byte(values, '\n'));
	}
	return count ? OK : REFUSED;
}

/* The one result, and then the end of results, which must come before the connection is used again. */
static enum result hear(struct database *database, struct buffer *values, uint64_t until)
{
	PGresult *rows;
	enum result end = LATER;

	TRY(await(database, until));
	rows = PQgetResult(database->handle);
	if (PQresultStatus(rows) == PGRES_TUPLES_OK)
		end = take_rows(rows, values);
	if (end == LATER)
		(void)fail(database, PQresultStatus(rows) == PGRES_TUPLES_OK ? "more values than there is room for"
		                                                             : PQresultErrorMessage(rows));
	PQclear(rows);
	if (end == LATER)
		return LATER;
	TRY(await(database, until));
	rows = PQgetResult(database->handle);
	if (rows == NULL)
		return end;
	PQclear(rows);
	return fail(database, "more than one answer to one query");
}

static enum result ask(struct database *database, struct slice key, struct buffer *values, uint64_t until)
{
	buffer_clear(values);
	TRY(connect_it(database, until));
	TRY(send_it(database, key, until));
	return hear(database, values, until);
}

/* A connection that was kept may have ended meanwhile, with its server: a new one is tried before we give up. */
static enum result find(struct database *database, struct slice key, struct buffer *values)
{
	uint64_t until = clock_ticks() + database->timeout_ms;
	bool kept = database->handle != NULL;
	char text[400];
	enum result end;

	if (key.len >= sizeof(text) || memchr(key.at, '\0', key.len))
		return REFUSED;
	memcpy(text, key.at, key.len);
	text[key.len] = '\0';
	end = ask(database, (struct slice){ text, key.len }, values, until);
	if (end == LATER && kept)
		end = ask(database, (struct slice){ text, key.len }, values, until);
	return end;
}

const struct database_kind database_pgsql = { find, close_it };
