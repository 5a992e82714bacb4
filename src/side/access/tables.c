/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A table has either its text or its seats. A seat is one connection, with a copy of the keys it looks for: a lookup
 * that is forgotten leaves the seat to finish alone. Who finds no seat free waits in the table's line.
 */
#include "access/tables.h"

#include "access/access.h"
#include "access/database.h"
#include "base/fd.h"
#include "base/process.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

enum { THREADS_MOST = 16, TABLES_MEMORY = 4 << 20, COMPLAINTS = 4096 };

struct seat {
	struct job job;                        /* first: a job is its seat */
	struct table *table;
	struct lookup *lookup;                 /* NULL while busy: it was forgotten */
	struct keys *keys;
	struct database database;
	struct buffer values;
	unsigned found;
	enum result end;
	bool busy, stale, anew;                /* stale: at the next question, open it anew */
};

struct table {
	struct table *next;
	struct tables *tables;
	struct slice name;
	struct table_settings settings;
	bool good, warned;                     /* good: it can be asked */
	int folder;                            /* of the text */
	const char *file;                      /* its name there */
	struct text_table text;
	struct seat *seats;                    /* NULL: it is a text */
	struct lookup *line, *line_end;
	size_t waiting;
};

static void warn(struct table *table, struct slice why)
{
	char name[TABLE_NAME + 8];

	if (why.len == 0 && !table->warned)
		return;
	table->warned = why.len > 0;
	(void)snprintf(name, sizeof(name), "table-%.*s", SHOW(table->name));
	if (table->tables->process)
		process_warn(table->tables->process, name, why);
}

/* ---- texts ---- */

static void read_text(struct table *table)
{
	struct text_table fresh;
	struct buffer complaints;
	closing int fd = openat(table->folder, table->file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct slice first;

	buffer_init(&complaints, COMPLAINTS);
	if (text_table_read(&fresh, fd, table->settings.file.is, false, &complaints) == OK) {
		text_table_finish(&table->text);
		table->text = fresh;
		table->good = true;
		warn(table, SLICE(""));
	} else {
		first = buffer_slice(&complaints);
		warn(table, slice_cut(&first, '\n'));
	}
	buffer_finish(&complaints);
}

static enum result find_in_text(const struct table *table, struct lookup *lookup)
{
	if (!table->good)
		return LATER;
	for (unsigned i = 0; i < lookup->keys->count; i++) {
		lookup->found = i;
		if (text_table_find(&table->text, lookup->keys->list[i], &lookup->values))
			return OK;
	}
	return REFUSED;
}

/* ---- databases ---- */

static void look_for(struct job *job)
{
	struct seat *seat = (struct seat *)job;

	if (seat->anew)
		seat->database.kind->close(&seat->database);
	seat->end = REFUSED;
	for (seat->found = 0; seat->found < seat->keys->count; seat->found++) {
		buffer_clear(&seat->values);
		seat->end = seat->database.kind->find(&seat->database, seat->keys->list[seat->found], &seat->values);
		if (seat->end != REFUSED)
			return;
	}
}

/* Keys point into themselves, so a copy is made of their bytes anew. */
static void copy_keys(struct keys *to, const struct keys *from)
{
	*to = *from;
	for (size_t i = 0; i < from->count; i++) {
		bool whole = from->list[i].at >= from->whole && from->list[i].at < from->whole + ACCESS_ADDRESS;

		to->list[i].at = whole ? to->whole + (from->list[i].at - from->whole)
		                       : to->user + (from->list[i].at - from->user);
	}
	to->domain = to->detail = (struct slice){ 0 };
}

static void sit_down(struct seat *seat, struct lookup *lookup)
{
	lookup->seat = seat;
	seat->lookup = lookup;
	seat->busy = true;
	seat->anew = seat->stale;
	seat->stale = false;
	copy_keys(seat->keys, lookup->keys);
	crew_give(&seat->table->tables->crew, &seat->job);
}

static struct lookup *next_in_line(struct table *table)
{
	struct lookup *first = table->line;

	if (first == NULL)
		return NULL;
	table->line = first->next;
	if (table->line == NULL)
		table->line_end = NULL;
	table->waiting--;
	return first;
}

static void found_it(struct job *job)
{
	struct seat *seat = (struct seat *)job;
	struct lookup *lookup = seat->lookup;
	struct table *table = seat->table;

	if (seat->end == LATER)
		counter_add(table->tables->counters, ACCESS_COUNT_databases_failed, 1);
	warn(table, seat->end == LATER ? slice_of(seat->database.why) : SLICE(""));
	seat->lookup = NULL;
	if (lookup) {
		lookup->seat = NULL;
		lookup->found = seat->found;
		lookup->values = buffer_slice(&seat->values);
		lookup->answered(lookup, seat->end);
	}
	buffer_clear(&seat->values);
	buffer_relax(&seat->values);
	seat->busy = false;
	lookup = next_in_line(table);
	if (lookup)
		sit_down(seat, lookup);
}

static enum result ask_database(struct table *table, struct lookup *lookup)
{
	if (!table->good || table->waiting >= TABLE_WAITING)
		return LATER;
	lookup->next = NULL;
	lookup->seat = NULL;
	for (size_t i = 0; i < table->settings.connections.n; i++) {
		if (table->seats[i].busy)
			continue;
		sit_down(&table->seats[i], lookup);
		return AGAIN;
	}
	if (table->line_end)
		table->line_end->next = lookup;
	else
		table->line = lookup;
	table->line_end = lookup;
	table->waiting++;
	return AGAIN;
}

enum result table_ask(struct table *table, struct lookup *lookup)
{
	if (table == NULL)
		return LATER;
	return table->seats ? ask_database(table, lookup) : find_in_text(table, lookup);
}

void table_forget(struct table *table, struct lookup *lookup)
{
	struct lookup *before = NULL;

	if (table == NULL)
		return;
	if (lookup->seat && lookup->seat->lookup == lookup)
		lookup->seat->lookup = NULL;
	lookup->seat = NULL;
	for (struct lookup *one = table->line; one; before = one, one = one->next) {
		if (one != lookup)
			continue;
		if (before)
			before->next = one->next;
		else
			table->line = one->next;
		if (table->line_end == one)
			table->line_end = before;
		table->waiting--;
		return;
	}
}

/* ---- from settings to tables ---- */

bool table_is_inside(const struct table *table)
{
	return table->settings.inside.on;
}

struct table *tables_named(const struct tables *tables, struct slice name)
{
	for (struct table *table = tables->first; table; table = table->next)
		if (slice_same(table->name, name))
			return table;
	return NULL;
}

/* The text is read by name, in its folder: at a reload another file may stand there. */
static enum result open_folder(struct tables *tables, struct table *table)
{
	struct slice path = table->settings.file.is;
	size_t slash = path.len;
	const char *folder;

	while (slash > 0 && path.at[slash - 1] != '/')
		slash--;
	TRY(arena_text(&tables->memory, (struct slice){ path.at, slash ? slash : 0 }, &folder));
	TRY(arena_text(&tables->memory, slice_drop(path, slash), &table->file));
	table->folder = open(*folder ? folder : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (table->folder < 0 || tables->process == NULL)
		return OK;                     /* it is warned of when it is read */
	return process_permit(tables->process, table->folder, JAIL_READ);
}

static enum result make_seat(struct tables *tables, struct table *table, struct seat *seat, const char *place,
                             const char *query)
{
	*seat = (struct seat){ .job = { look_for, found_it, NULL }, .table = table };
	seat->keys = arena_new(&tables->memory, struct keys);
	buffer_init(&seat->values, TABLE_VALUES);
	seat->database = (struct database){
		.kind = table->settings.type.is == TABLE_IS_SQLITE ? &database_sqlite : &database_pgsql,
		.place = place, .query = query, .timeout_ms = table->settings.timeout.n * 1000,
	};
	return seat->keys ? OK : LATER;
}

static enum result make_seats(struct tables *tables, struct table *table)
{
	bool file = table->settings.type.is == TABLE_IS_SQLITE;
	size_t count = (size_t)table->settings.connections.n;
	const char *place, *query;

	TRY(arena_text(&tables->memory, file ? table->settings.file.is : table->settings.connection.is, &place));
	TRY(arena_text(&tables->memory, table->settings.query.is, &query));
	table->seats = arena_array(&tables->memory, struct seat, count);
	if (table->seats == NULL)
		return LATER;
	for (size_t i = 0; i < count; i++)
		TRY(make_seat(tables, table, &table->seats[i], place, query));
	table->good = database_prepare(&table->seats[0].database) == OK;
	if (!table->good)
		warn(table, slice_of(table->seats[0].database.why));
	tables->threads += (unsigned)count;
	return OK;
}

static enum result make_table(struct tables *tables, struct slice title)
{
	struct table *table = arena_new(&tables->memory, struct table), **end = &tables->first;
	struct table_settings settings;

	TRY(settings_fill(tables->settings, &table_settings_section, title, &settings));
	if (table == NULL)
		return LATER;
	table->tables = tables;
	table->folder = -1;
	table->settings = settings;
	TRY(arena_keep(&tables->memory, title, &table->name));
	TRY(arena_keep(&tables->memory, settings.file.is, &table->settings.file.is));
	while (*end)
		end = &(*end)->next;
	*end = table;
	if (settings.type.is != TABLE_IS_PGSQL)
		TRY(open_folder(tables, table));
	return settings.type.is == TABLE_IS_FILE ? OK : make_seats(tables, table);
}

enum result tables_init(struct tables *tables, struct process *process, struct loop *loop, struct settings *settings,
                        struct counters *counters)
{
	*tables = (struct tables){ .process = process, .settings = settings, .counters = counters };
	arena_init(&tables->memory, TABLES_MEMORY);
	TRY(crew_init(&tables->crew, loop));
	for (size_t i = 0; i < settings_title_count(settings, "table") && i < TABLES_MOST; i++)
		TRY(make_table(tables, settings_title(settings, "table", i)));
	return OK;
}

enum result tables_begin(struct tables *tables)
{
	unsigned threads = tables->threads < THREADS_MOST ? tables->threads : THREADS_MOST;

	tables_reload(tables);
	return threads ? crew_start(&tables->crew, threads) : OK;
}

void tables_reload(struct tables *tables)
{
	for (struct table *table = tables->first; table; table = table->next) {
		if (table->seats == NULL)
			read_text(table);
		for (size_t i = 0; table->seats && i < table->settings.connections.n; i++)
			table->seats[i].stale = true;
	}
}

void tables_finish(struct tables *tables)
{
	crew_finish(&tables->crew);
	for (struct table *table = tables->first; table; table = table->next) {
		for (size_t i = 0; table->seats && i < table->settings.connections.n; i++) {
			table->seats[i].database.kind->close(&table->seats[i].database);
			buffer_finish(&table->seats[i].values);
		}
		text_table_finish(&table->text);
		fd_close(&table->folder);
	}
	arena_finish(&tables->memory);
	tables->first = NULL;
}
