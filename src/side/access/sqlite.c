/* SPDX-License-Identifier: Apache-2.0 */
/* Opened read-only; the statement is prepared once, and run with the key bound to its parameter. */
#include "access/database.h"

#include "base/clock.h"

#include <sqlite3.h>
#include <stdio.h>

enum { STEPS_BETWEEN_LOOKS = 1000 };

static void close_it(struct database *database)
{
	(void)sqlite3_finalize(database->statement);
	(void)sqlite3_close_v2(database->handle);
	database->handle = database->statement = NULL;
}

static enum result fail(struct database *database)
{
	(void)snprintf(database->why, sizeof(database->why), "%s",
	               database->handle ? sqlite3_errmsg(database->handle) : "no memory");
	close_it(database);
	return LATER;
}

static enum result open_it(struct database *database)
{
	sqlite3 *handle = NULL;
	sqlite3_stmt *statement = NULL;
	int end;

	if (database->handle)
		return OK;
	end = sqlite3_open_v2(database->place, &handle, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL);
	database->handle = handle;
	if (end != SQLITE_OK || sqlite3_busy_timeout(handle, (int)database->timeout_ms) != SQLITE_OK ||
	    sqlite3_prepare_v2(handle, database->query, -1, &statement, NULL) != SQLITE_OK || statement == NULL)
		return fail(database);
	database->statement = statement;
	return OK;
}

static int time_is_over(void *until)
{
	return clock_ticks() > *(const uint64_t *)until;
}

static enum result take_row(sqlite3_stmt *statement, struct buffer *values)
{
	const unsigned char *text = sqlite3_column_text(statement, 0);
	int bytes = sqlite3_column_bytes(statement, 0);

	if (text && bytes > 0)
		TRY(buffer_add(values, (struct slice){ (const char *)text, (size_t)bytes }));
	return buffer_add_byte(values, '\n');
}

static enum result run(struct database *database, struct slice key, struct buffer *values)
{
	sqlite3_stmt *statement = database->statement;
	enum result end = REFUSED;
	int step = SQLITE_ROW;

	if (sqlite3_bind_parameter_count(statement) != 1 ||
	    sqlite3_bind_text(statement, 1, key.at, (int)key.len, SQLITE_STATIC) != SQLITE_OK) {
		(void)snprintf(database->why, sizeof(database->why), "the query needs one parameter, ?1");
		return LATER;
	}
	while (end != LATER && (step = sqlite3_step(statement)) == SQLITE_ROW)
		end = take_row(statement, values);
	if (step == SQLITE_DONE)
		return end;
	(void)snprintf(database->why, sizeof(database->why), "%s",
	               end == LATER ? "more values than there is room for" : sqlite3_errmsg(database->handle));
	return LATER;
}

static enum result find(struct database *database, struct slice key, struct buffer *values)
{
	uint64_t until = clock_ticks() + database->timeout_ms;
	enum result end;

	TRY(open_it(database));
	sqlite3_progress_handler(database->handle, STEPS_BETWEEN_LOOKS, time_is_over, &until);
	end = run(database, key, values);
	(void)sqlite3_reset(database->statement);
	sqlite3_progress_handler(database->handle, 0, NULL, NULL);
	if (end == LATER)
		close_it(database);
	return end;
}

const struct database_kind database_sqlite = { find, close_it };
