/* SPDX-License-Identifier: Apache-2.0 */
/*
 * settings_reader.h — what the files that read postern.conf share, and nobody else needs.
 *
 * Knows:   one reading: the tree of sections, the files it came to, the complaints so far.
 * Ignores: libConfuse, which is settings_file.c's affair.
 * Owns:    nothing; all of it lies in the reader's two arenas.
 * Fails:   by a complaint, or by `full`: the memory for one reading is used up.
 */
#ifndef BASE_SETTINGS_READER_H
#define BASE_SETTINGS_READER_H

#include "base/settings.h"

enum { READER_SHOWN = 80, READER_COMPLAINT = 1024, SETTINGS_OUTER_LONGEST = 256 };       /* bytes of a value shown; of a complaint */

enum shape { PLAIN, SECTION, TITLED };           /* `x = …`, `x { … }`, `x "title" { … }` */

/* A section, the top of the file, or a name that nobody knows. */
struct node {
	struct reader *reader;
	struct node *parent, *children, *next;
	const char *name;
	const struct settings_section *section;  /* NULL: unknown */
	enum shape shape;
};

/* What an option of libConfuse stands for. */
struct use { struct node *node; const struct setting *row; };

struct source {
	struct source *next;
	const char *name;
	struct slice folder;
	char *text;
	size_t len;
	unsigned order;
	bool bad, open;
};

struct complaint {
	struct complaint *next;
	unsigned order;
	uint32_t line;
	struct slice text;
};

struct reader {
	struct settings *settings;
	bool lenient, learned, full;
	struct arena memory, tables;             /* of the whole reading; of one attempt */
	struct node top;
	char outer[SETTINGS_OUTER_LONGEST];      /* title of the section around the one that is read */
	struct source *sources, *current;
	unsigned source_count, depth, unknown;
	struct complaint *complaints;
	size_t complaint_count;
};

/* settings_complaints.c: once each, in the order of files and lines. */
void reader_complain(struct reader *reader, int line, const char *format, ...) __attribute__((format(printf, 3, 4)));
must_use enum result reader_write_complaints(const struct reader *reader, const char *file, struct buffer *to);
/* A value as a complaint shows it: cut, without control bytes. */
const char *reader_shown(struct slice value, char text[READER_SHOWN + 4]);

/* settings_unknown.c: a name that nobody knows is complained of, and becomes a node. */
struct node *reader_add_child(struct node *node, const char *name);
void reader_complain_unknown(struct node *node, const char *name, int line);
void reader_learn(struct node *node, const char *name, int line);
/* libConfuse expected another shape: of an unknown name that is news (true), of ours a mistake. */
bool reader_reshape(struct node *node, const char *name, enum shape was, enum shape is);

/* settings_values.c: what stands behind a name, judged and kept. `title`: of the section around it. */
void reader_judge(struct reader *reader, const struct node *node, const struct setting *row, struct slice value,
		  int line);
struct slice reader_resolved(struct reader *reader, const struct setting *row, struct slice value);
/* `fresh`: this is the first after `=`; else it is added to a list. */
void reader_store(const struct use *use, struct slice title, int line, bool fresh, struct slice item);
void reader_open_section(const struct node *node, struct slice title, int line);

/* settings_sources.c: the file of that name, read and washed at its first use; NULL: no memory. */
struct source *reader_source(struct reader *reader, struct slice name);

#endif
