/* SPDX-License-Identifier: Apache-2.0 */
/*
 * teller.h — inspect's wire: what is remembered of names is told.
 *
 * Knows:   wire/inspect-keeper.h from the keeper's side; inspect is a stranger too.
 * Ignores: whose names they are.
 * Owns:    the wire.
 * Fails:   what is malformed closes the wire, and the supervisor hears of it.
 */
#ifndef KEEPER_TELLER_H
#define KEEPER_TELLER_H

#include "base/channel.h"
#include "keeper/remember.h"

struct teller {
	struct process *process;                 /* hears when the wire has ended; NULL: nobody */
	struct loop *loop;
	struct remember *remember;
	struct channel wire;
};

must_use enum result teller_wire(struct teller *teller, int fd);        /* takes fd */
void teller_finish(struct teller *teller);

#endif
