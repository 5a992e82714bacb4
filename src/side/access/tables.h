/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tables.h — the tables of the configuration, each asked by its name, whatever it lies in.
 *
 * Knows:   texts, which are read again at a reload and answer at once; databases, which are asked on
 *          threads, a few questions at a time, and make the others wait in a line.
 * Ignores: what is looked for, and why.
 * Owns:    the texts, the connections to databases, and the threads. A lookup is its asker's, and stays
 *          until it is answered or forgotten.
 * Fails:   LATER: a text that could not be read, a database that does not answer, or not in time, or not
 *          with values. A warning "table-NAME" stands as long as that is so.
 */
#ifndef ACCESS_TABLES_H
#define ACCESS_TABLES_H

#include "access/keys.h"
#include "access/text_table.h"
#include "base/buffer.h"
#include "base/counters.h"
#include "base/crew.h"
#include "base/settings.h"

enum { TABLES_MOST = 60, TABLE_SEATS = 8, TABLE_NAME = 64, TABLE_VALUES = 1 << 20, TABLE_WAITING = 4096 };

struct lookup {
	const struct keys *keys;
	unsigned found;                        /* place in keys->list */
	struct slice values;                   /* as text_value_cut() takes them; until the loop turns */
	/* After AGAIN: OK, REFUSED (it is not there), or LATER. */
	void (*answered)(struct lookup *lookup, enum result end);
	struct lookup *next;
	struct seat *seat;                     /* whose thread looks for it; NULL: none */
};

struct tables {
	struct process *process;               /* hears of warnings; NULL in tests: nobody */
	struct settings *settings;
	struct counters *counters;
	struct crew crew;
	struct table *first;
	struct arena memory;
	unsigned threads;
};

/* Before the jail: folders are opened and permitted. Nothing is read yet. */
must_use enum result tables_init(struct tables *tables, struct process *process, struct loop *loop,
                                 struct settings *settings, struct counters *counters);
must_use enum result tables_begin(struct tables *tables);  /* in the jail: texts are read, threads made */
void tables_reload(struct tables *tables);                 /* texts are read again, databases opened again */
void tables_finish(struct tables *tables);

struct table *tables_named(const struct tables *tables, struct slice name);      /* NULL: there is none */
bool table_is_inside(const struct table *table);

/* OK, REFUSED and LATER at once, or AGAIN. A NULL table is LATER. */
must_use enum result table_ask(struct table *table, struct lookup *lookup);
void table_forget(struct table *table, struct lookup *lookup);     /* safe when nothing is asked */

#endif
