/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reader.h — reads rule files, one after the other, into a rule set.
 *
 * Knows:   lines, comments, languages, conditions, includes, and what each directive does to the set.
 * Ignores: where files are: the caller brings them in their order, and answers an `include` with a text.
 * Owns:    a scratch arena; rules_end() gives it back, and nothing is left that points into the files' texts.
 * Fails:   LATER: out of memory. A bad line is a complaint in the set, and reading goes on.
 */
#ifndef RULES_READER_H
#define RULES_READER_H

#include "mail/rules/ruleset.h"

enum { CONDITIONS_MOST = 64, INCLUDES_MOST = 16, PLUGINS_MOST = 96, COMPAT_MOST = 16, RULES_LINE_MOST = 1 << 20 };

struct rules_options {
	struct slice language;                   /* "en_US"; of an operator's LANG; empty: that */
	bool local;                              /* nothing is asked of the network */
	bool stock;                              /* the plugins that Debian's .pre files load are loaded */
	/* Answers an `include`: `from` is the file with that line, `path` what it says. `ret_name` is how the file is
	 * called from then on; `ret_text` must stay until rules_end(). REFUSED: it cannot be read. NULL: none can. */
	enum result (*include)(void *owner, struct slice from, struct slice path, struct slice *ret_name, struct slice *ret_text);
	void *owner;
};

struct rules_source { struct slice rest; struct rules_place place; bool stopped; };

struct rules_reader {
	struct ruleset *set;
	struct rules_options options;
	struct arena scratch;                    /* forgotten after each line */
	struct rules_source sources[INCLUDES_MOST];      /* the last is being read */
	size_t source_count;
	bool skipped[CONDITIONS_MOST];           /* what stood when each `if` was met */
	size_t condition_count, too_deep;        /* too_deep: of those beyond, which all are left out */
	bool skipping, skipped_above;
	bool loaded[PLUGINS_MOST];
	struct slice compat[COMPAT_MOST];
	size_t compat_count;
};

must_use enum result rules_begin(struct rules_reader *reader, struct ruleset *set, const struct rules_options *options);
must_use enum result rules_file(struct rules_reader *reader, struct slice name, struct slice text);
/* When all files are read: default scores, replace tags, priorities. Call it after a LATER too. */
must_use enum result rules_end(struct rules_reader *reader);

#endif
