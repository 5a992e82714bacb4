/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spool.h — the folders of the spool, and whole files in them.
 *
 * Knows:   messages/ID, judged/ID, quarantine/YYYY-MM-DD/ID, corrupt/, and the lock: one queue a spool.
 * Ignores: what becomes of a message.
 * Owns:    the folders' descriptors. Paths are relative to them, so a spool can be moved anywhere.
 * Fails:   LATER: could not be read or stored (errno says why). REFUSED: no such file, or not one of ours.
 *
 * All calls block: they run on the crew, or before the loop turns.
 */
#ifndef QUEUE_SPOOL_H
#define QUEUE_SPOOL_H

#include "base/arena.h"
#include "base/durable.h"
#include "queue/spool_file.h"

enum { SPOOL_DAY = 11, SPOOL_NAME = 17 };        /* "2026-11-21", an id; each with its NUL */

struct spool {
	struct durable_folder root, messages, judged, quarantine, corrupt;
	struct group_commit group;               /* of them all, and of the journal: the spool does not move */
	bool grouped;
	int lock;
};

/* Makes what is missing. `owner`: uid and gid to hand new folders to, or -1. `why` says what failed. */
must_use enum result spool_open(struct spool *spool, const char *path, unsigned owner, unsigned group, const char **why);
must_use enum result spool_lock(struct spool *spool, unsigned seconds);
void spool_close(struct spool *spool);

/* What a file is made of; the content is copied from a descriptor. */
struct spool_text {
	uint32_t serial;
	struct slice envelope, judgement;        /* empty: no such section */
	int content;                             /* -1: no such section */
	uint64_t at, length;                     /* of the content in its descriptor */
};

/* OK: it is there after a power cut, under that name. REFUSED: the name is taken. */
must_use enum result spool_publish(const struct durable_folder *folder, const char *name, const struct spool_text *text);

/* Where everything lies in the file that spool_publish() makes of it. */
struct spool_map spool_text_map(const struct spool_text *text);

/* The file, its map and the sections but for the content. `verify`: the checksum too. */
struct spool_read {
	int fd;                                  /* read-only; the caller's */
	struct spool_map map;
	struct slice envelope, judgement;        /* in the arena */
};
must_use enum result spool_read(const struct durable_folder *folder, const char *name, bool verify,
                                struct arena *arena, struct spool_read *ret_read);

/* The bytes at a place of a file as a sealed memfd. */
must_use enum result spool_memfd(int fd, uint64_t at, uint64_t length, int *ret_memfd);

/* A day's folder in the quarantine; `make`: durably, if it is not there. */
must_use enum result spool_day(const struct spool *spool, const char *day, bool make, struct durable_folder *ret_day);
void spool_day_close(struct durable_folder *day);
void spool_day_name(int64_t wall, char day[SPOOL_DAY]);
bool spool_day_valid(struct slice name);

/* Out of the way, never away: into corrupt/, under a name that is free. */
must_use enum result spool_set_aside(const struct spool *spool, const struct durable_folder *from, const char *name);

/* Under a second name there; the first one stays. */
must_use enum result spool_copy_aside(const struct spool *spool, const struct durable_folder *from, const char *name);

/* Each name in a folder but those that begin with a dot. */
must_use enum result spool_names(const struct durable_folder *folder, void (*each)(void *owner, const char *name), void *owner);

#endif
