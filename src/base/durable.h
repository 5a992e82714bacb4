/* SPDX-License-Identifier: Apache-2.0 */
/*
 * durable.h — files that are there after a power cut, once we say so.
 *
 * Knows:   the safe order (measured, docs/decisions/0003-spool.md): a file without a name in the
 *          folder itself, write, fsync, give it its name, fsync the folder.
 * Ignores: what is in the files.
 * Owns:    a draft's descriptor until durable_publish() or durable_drop(). A draft without a
 *          name vanishes by itself when its process dies.
 * Fails:   LATER with errno kept: no room, no inode, an I/O error, no descriptor. A sync that
 *          failed is never tried again: the draft is dropped, and the file is not stored.
 *          REFUSED: the name is taken. Names are ours; never a stranger's bytes.
 *
 * Every call blocks: they run on crew.h's threads. File systems without O_TMPFILE get a
 * temporary name (".tmp-" and the name) instead; durable_sweep() removes leftovers at the start.
 */
#ifndef BASE_DURABLE_H
#define BASE_DURABLE_H

#include "base/group_commit.h"
#include "base/slice.h"

#include <sys/uio.h>

struct durable_folder {
	int fd;                      /* O_RDONLY | O_DIRECTORY */
	int proc_fd;                 /* /proc/self/fd of this very process (not of its parent), to name what
	                              * has no name; -1: use temporary names */
	struct group_commit *group;  /* of all who sync in that file system; NULL: nobody else does */
};

struct draft { int fd; bool named; char name[64]; uint64_t written; };

/* Opens (and makes, mode 0700, durably, if missing) a folder below `parent`; before the jail. */
must_use enum result durable_folder_open(struct durable_folder *folder, int parent, const char *name);
/* The same inside the jail (JAIL_FOLDERS): what /proc gives is taken over from the folder above. */
must_use enum result durable_folder_below(struct durable_folder *folder, const struct durable_folder *above,
                                          const char *name);
void durable_folder_close(struct durable_folder *folder);

must_use enum result durable_begin(const struct durable_folder *folder, const char *name, struct draft *ret_draft);
must_use enum result durable_write(struct draft *draft, struct iovec *parts, int count);   /* changes `parts` */
/* fsync, name, fsync the folder. On OK ret_fd (may be NULL) is a read-write descriptor of the file. */
must_use enum result durable_publish(const struct durable_folder *folder, struct draft *draft,
                                     const char *name, int *ret_fd);
void durable_drop(const struct durable_folder *folder, struct draft *draft);

must_use enum result durable_remove(const struct durable_folder *folder, const char *name, bool sync);
/* Changes made by hand: a descriptor of one's own, opened before the change, and synced behind it. The kernel tells an error of
 * the disk once to each open descriptor: with one for several threads, all but one would hear that all is well. */
must_use enum result durable_watch(const struct durable_folder *folder, int *ret_fd);
must_use enum result durable_sync_watched(const struct durable_folder *folder, int fd);
/* All that others changed before: by the folder's own descriptor, so for one thread alone. */
must_use enum result durable_sync_folder(const struct durable_folder *folder);
/* Move inside one file system, both folders synced. REFUSED: the new name is taken. The old name may be any, so
 * that what we would never have written can be put out of the way. */
must_use enum result durable_move(const struct durable_folder *from, const char *name,
                                  const struct durable_folder *to, const char *new_name);
must_use enum result durable_sweep(const struct durable_folder *folder);
/* At the end of an open file of that folder, with one fdatasync. LATER: the tail is unknown; the caller starts a new
 * file. */
must_use enum result durable_append(const struct durable_folder *folder, int fd, struct iovec *parts, int count);

/* What is free for us on that file system: bytes and inodes (inodes: UINT64_MAX where not counted). */
must_use enum result durable_free(const struct durable_folder *folder, uint64_t *ret_bytes, uint64_t *ret_inodes);

#endif
