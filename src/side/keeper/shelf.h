/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shelf.h — the site's model on the disk, whole whenever we are killed, with what was learned last.
 *
 * Knows:   two names, `model.a` and `model.b`: a new one is written under the name that the last does not have, and that
 *          one goes when the ledger has been brought up to the new.
 * Ignores: what the model says.
 * Owns:    the folder.
 * Fails:   LATER with errno: the disk. REFUSED: a file is not what we wrote; nothing is changed, and nothing written, until
 *          somebody has taken it away.
 *
 * A file is the model (mail/spam/model.h), then the entries of the ledger that came with it (learned.h, each a slice, in
 * order), then u32 how many bytes they take, and u32 CRC-32C of these and of that number, begun with the model's own. So
 * model and entries are there together or not at all, and a ledger that is behind can be brought up.
 */
#ifndef KEEPER_SHELF_H
#define KEEPER_SHELF_H

#include "base/durable.h"
#include "keeper/learned.h"

enum { SHELF_ENTRIES = 4096, SHELF_TAIL = SHELF_ENTRIES * (4 + LEARNED_PACKED) + 8 };

struct shelf { struct durable_folder folder; unsigned last; };     /* last: which of the names; the other is free */

/* Memory of pool.h that the caller ends: the model, writable, at its beginning. */
struct shelf_book { void *room; struct model *model; struct slice entries; };

/* AGAIN: there is none. REFUSED: `ret_why` says which file, and what is wrong with it. */
enum { SHELF_WHY = 160 };
must_use enum result shelf_read(struct shelf *shelf, struct shelf_book *ret_book, char ret_why[SHELF_WHY]);
/* The next of the entries. AGAIN: that was the last. */
must_use enum result shelf_next(struct slice *entries, struct learned *ret_learned);

/* A model that was sealed; durable when it returns OK. At most SHELF_ENTRIES. */
must_use enum result shelf_write(struct shelf *shelf, const struct model *model, const struct learned *entries, size_t count);
/* Takes the older one away. */
void shelf_tidy(const struct shelf *shelf);

#endif
