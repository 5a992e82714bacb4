/* SPDX-License-Identifier: Apache-2.0 */
/*
 * database.h — one connection to a database, on a thread of its own while it is asked.
 *
 * Knows:   how each kind is opened, asked with a bound parameter, and closed.
 * Ignores: who asks, and the line before it (tables.c).
 * Owns:    the connection, from the first question to database_close().
 * Fails:   LATER: closed, so that the next question opens it anew; `why` says in a sentence what it was.
 *          No call lasts longer than `timeout_ms`, by much.
 */
#ifndef ACCESS_DATABASE_H
#define ACCESS_DATABASE_H

#include "base/buffer.h"

enum { DATABASE_WHY = 200 };

struct database {
	const struct database_kind *kind;
	const char *place, *query;             /* a file, or what libpq calls conninfo */
	uint64_t timeout_ms;
	void *handle;                          /* sqlite3 *, PGconn *; NULL: closed */
	void *statement;
	char why[DATABASE_WHY];
};

struct database_kind {
	/* Adds the values, a row a line; OK: there were rows, perhaps empty ones. REFUSED: none. */
	enum result (*find)(struct database *database, struct slice key, struct buffer *values);
	void (*close)(struct database *database);
};

extern const struct database_kind database_sqlite, database_pgsql;

/* Before the jail: what the libraries want to know of the machine is made known. LATER: it is not to be used,
 * and `why` says what is wrong with `place`. */
must_use enum result database_prepare(struct database *database);

#endif
