/* SPDX-License-Identifier: Apache-2.0 */
/*
 * records.h — a log of records in a folder: blocks, one after the other, in files that follow each other.
 *
 * Knows:   files named NUMBER-SECONDS ("00000007-1795600000"), the newest written to, each with blocks (block.h); how
 *          large they may grow, all of them together, and how old; that a file with a damaged end is never written to;
 *          that there are never more than RECORDS_FILES for long.
 * Ignores: what records say.
 * Owns:    the folder's descriptors and that of the newest file; a reader owns its file.
 * Fails:   LATER with errno: nothing was written that will be read; the next block goes to a new file. A reader says
 *          AGAIN at the end of what is whole, and REFUSED where a file is damaged: what follows there is lost.
 *
 * Every call blocks: they run on crew.h's threads, one at a time for one log, or in a tool.
 */
#ifndef STORE_RECORDS_H
#define STORE_RECORDS_H

#include "base/durable.h"
#include "store/block.h"

enum { RECORDS_NAME = 32, RECORDS_FILES = 4096 };

struct records_limits {
	uint64_t size;                           /* bytes of all files; the newest stays whatever it has */
	uint64_t life;                           /* seconds after the last byte was written to a file */
};

struct records {
	struct durable_folder folder;
	int fd;                                  /* the newest file; -1: the next block begins one */
	char name[RECORDS_NAME];                 /* of the file begun last */
	uint64_t number, written;                /* the newest file's number; bytes in it */
	struct records_limits limits;
};

/* Makes the folder where it is missing; `owner`, `group`: who gets a new one, or -1. Before the jail. */
must_use enum result records_open(struct records *records, int parent, const char *name, unsigned owner, unsigned group);
void records_close(struct records *records);         /* safe on one that was not opened */

/* Durable when it returns OK. `wall`: seconds, for the name of a new file and for the age of old ones. */
must_use enum result records_append(struct records *records, struct slice block, int64_t wall);
/* Removes the oldest files that the limits do not allow, and those beyond what records_list() can tell. */
void records_expire(struct records *records, int64_t wall);

/* Names of the files in order of age, oldest first. LATER: there are more than RECORDS_FILES, or it cannot be read. */
struct records_names { char names[RECORDS_FILES][RECORDS_NAME]; size_t count; };
must_use enum result records_list(int folder, struct records_names *ret_names);

/* ---- reading ---- */

struct records_reader {
	int fd;                                  /* borrowed */
	uint64_t at, size;
	struct buffer stored, raw;
	struct slice rest;                       /* of the block that is open */
};

/* What stands in the file now; what is written to it later is not seen. */
must_use enum result records_read(struct records_reader *reader, int fd);
void records_read_end(struct records_reader *reader);
/* The next one, of that key only where `key` is not NULL. Its bytes are good until the next call. */
must_use enum result records_next(struct records_reader *reader, const char *key, struct record *ret_record);

#endif
