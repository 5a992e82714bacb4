/* SPDX-License-Identifier: Apache-2.0 */
/* Databases on their threads: SQLite with a file, PostgreSQL without a server; lines, forgetting, and time. */
#include "access/scene.h"

#include <sqlite3.h>

enum { MANY = 40 };

struct asker { struct lookup lookup; struct keys keys; struct scene *scene; enum result end; char values[64]; bool called; };

static unsigned waiting;

static void take(struct asker *asker, enum result end)
{
	asker->end = end;
	asker->values[0] = '\0';
	if (end == OK)
		(void)snprintf(asker->values, sizeof(asker->values), "%.*s", SHOW(asker->lookup.values));
}

static void answered(struct lookup *lookup, enum result end)
{
	struct asker *asker = (struct asker *)lookup;

	CHECK(!asker->called, "answered once");
	asker->called = true;
	take(asker, end);
	if (--waiting == 0)
		loop_stop(&asker->scene->loop);
}

static void ask(struct scene *scene, struct asker *asker, const char *table, const char *address)
{
	*asker = (struct asker){ .scene = scene, .lookup = { .answered = answered } };
	CHECK(keys_make(&asker->keys, slice_of(address), SLICE("+")) == OK, "an address");
	asker->lookup.keys = &asker->keys;
	take(asker, table_ask(tables_named(&scene->tables, slice_of(table)), &asker->lookup));
	waiting += asker->end == AGAIN;
}

static const struct row { const char *about, *table, *address; enum result end; const char *values; unsigned found; } rows[] = {
	{ "a row", "sent", "anna@example.org", OK, "anna@mbox\n", 0 },
	{ "several rows", "sent", "info@example.org", OK, "anna\nberta\n", 1 },
	{ "none", "sent", "zoe@example.org", REFUSED, "", 0 },
	{ "a row without a value", "sent", "empty@example.org", OK, "\n", 1 },
	{ "the nearest key counts", "sent", "anna+x@example.org", OK, "anna@mbox\n", 1 },
	{ "a quote is a sign like others", "sent", "x'--@example.org", REFUSED, "", 0 },
	{ "a query that is wrong", "wrong", "anna@example.org", LATER, "", 0 },
	{ "a query without a parameter", "none", "anna@example.org", LATER, "", 0 },
	{ "a query that would change something", "writes", "anna@example.org", LATER, "", 0 },
	{ "a file that is not there", "gone", "anna@example.org", LATER, "", 0 },
	{ "a query without end", "endless", "anna@example.org", LATER, "", 0 },
	{ "values without end", "flood", "anna@example.org", LATER, "", 0 },
	{ "PostgreSQL that nobody answers for", "dead", "anna@example.org", LATER, "", 0 },
	{ "PostgreSQL by name, which we do not look up", "named", "anna@example.org", LATER, "", 0 },
	{ "PostgreSQL without a user, whom we do not look up", "userless", "anna@example.org", LATER, "", 0 },
	{ "no connection at all", "nonsense", "anna@example.org", LATER, "", 0 },
	{ "no such table", "nothing", "anna@example.org", LATER, "", 0 },
};

static const char settings[] =
	"table \"sent\" { type = sqlite file = base connections = 1 query = \"SELECT v FROM t WHERE k = ?1 ORDER BY v\" }\n"
	"table \"wrong\" { type = sqlite file = base query = \"SELEKT ?1\" }\n"
	"table \"none\" { type = sqlite file = base query = \"SELECT v FROM t\" }\n"
	"table \"writes\" { type = sqlite file = base query = \"DELETE FROM t WHERE k <> ?1\" }\n"
	"table \"gone\" { type = sqlite file = gone query = \"SELECT v FROM t WHERE k = ?1\" }\n"
	"table \"endless\" { type = sqlite file = base timeout = 1s query = \"WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL"
	" SELECT x + 1 FROM c) SELECT x FROM c WHERE x = ?1\" }\n"
	"table \"flood\" { type = sqlite file = base timeout = 30s query = \"WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL"
	" SELECT x + 1 FROM c) SELECT x FROM c WHERE x <> ?1\" }\n"
	"table \"dead\" { type = pgsql connection = \"host=127.0.0.1 port=1 user=x\" query = \"SELECT $1\" }\n"
	"table \"named\" { type = pgsql connection = \"host=localhost user=x\" query = \"SELECT $1\" }\n"
	"table \"userless\" { type = pgsql connection = \"host=127.0.0.1\" query = \"SELECT $1\" }\n"
	"table \"nonsense\" { type = pgsql connection = \"what is this\" query = \"SELECT $1\" }\n";

static void make_base(struct scene *scene)
{
	sqlite3 *handle;
	char path[96];

	scene_file(scene, "base", "");
	scene_path(scene, "base", path);
	CHECK(sqlite3_open(path, &handle) == SQLITE_OK, "a database");
	CHECK(sqlite3_exec(handle,
	                   "CREATE TABLE t(k TEXT, v TEXT);"
	                   "INSERT INTO t VALUES ('anna@example.org', 'anna@mbox'), ('info', 'anna'), ('info', 'berta'),"
	                   " ('empty', NULL)",
	                   NULL, NULL, NULL) == SQLITE_OK, "a table");
	CHECK(sqlite3_close(handle) == SQLITE_OK, "closed");
}

/* One connection, many who ask: each is answered, but those who were forgotten. */
static void check_line(struct scene *scene)
{
	struct asker askers[MANY];
	struct table *table = tables_named(&scene->tables, SLICE("sent"));

	for (size_t i = 0; i < MANY; i++)
		ask(scene, &askers[i], "sent", i % 2 ? "info@example.org" : "zoe@example.org");
	for (size_t i = 0; i < MANY; i += 5, waiting--)
		table_forget(table, &askers[i].lookup);
	table_forget(table, &askers[MANY - 1].lookup);
	waiting--;
	scene_turn(scene);
	for (size_t i = 0; i < MANY; i++) {
		bool forgotten = i % 5 == 0 || i == MANY - 1;

		CHECK(askers[i].called == !forgotten, "who waits is answered, who was forgotten is not");
		CHECK(forgotten || askers[i].end == (i % 2 ? OK : REFUSED), "each with its own answer");
	}
}

int main(void)
{
	struct scene scene;

	scene_begin(&scene);
	make_base(&scene);
	scene_settle(&scene, settings);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct asker asker;

		ask(&scene, &asker, rows[i].table, rows[i].address);
		if (waiting)
			scene_turn(&scene);
		CHECK(asker.end == rows[i].end, rows[i].about);
		CHECK(strcmp(asker.values, rows[i].values) == 0, rows[i].about);
		CHECK(asker.end != OK || asker.lookup.found == rows[i].found, rows[i].about);
	}
	check_line(&scene);
	tables_reload(&scene.tables);
	check_line(&scene);
	scene_end(&scene);
	return TEST_END();
}
