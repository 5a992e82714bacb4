/* SPDX-License-Identifier: Apache-2.0 */
/*
 * inspect-keeper.h — the dispatcher asks what is remembered of names, and is lent what the classifier has learned.
 *
 *   inspect                                             keeper
 *     ASK(names, see wire/known.h)          ---->
 *                                           <----     TOLD(u8 count, for each name in order: u8 known_end, u64 seconds
 *                                                          since the first, u64 since the last, u32 of each outcome)
 *
 *                                           <----     MODEL(u64 size, +memfd)     nobody asks for it; exchange 0
 *
 * MODEL comes first on a new wire, and when more was learned and is on the disk. The memfd is sealed against any change, and is
 * `size` bytes of mail/spam/model.h; without one (size 0), there is no model now, and the last is not used any more.
 *
 * One TOLD answers one ASK, at once and of what is on the disk: what happened in the last second or so may not be in it.
 * KNOWN_FAILED: it could not be found out, which is not the same as KNOWN_NEVER; numbers of both are 0. Times that the
 * clock's jumps would make negative are 0. A keeper that is away, or silent, has not answered: nobody is known by that.
 */
#ifndef WIRE_INSPECT_KEEPER_H
#define WIRE_INSPECT_KEEPER_H

#include "wire/known.h"

enum inspect_asks_keeper  { INSPECT_ASK_KNOWN = 1 };
enum keeper_tells_inspect { KEEPER_TOLD = 1, KEEPER_MODEL };
enum known_end            { KNOWN_NEVER = 0, KNOWN_YES = 1, KNOWN_FAILED = 2, KNOWN_ENDS };

enum { INSPECT_KEEPER_LONGEST = 4096 };

#endif
