/* SPDX-License-Identifier: Apache-2.0 */
/*
 * remember_count.h — a batch of notes goes into the map (inside keeper/remember*.c only; on the thread).
 *
 * Knows:   how many notes go into one change, so that a full map has room for it.
 * Owns:    nothing.
 * Fails:   by counting in remember->did.
 */
#ifndef KEEPER_REMEMBER_COUNT_H
#define KEEPER_REMEMBER_COUNT_H

#include "keeper/remember.h"

void remember_count_notes(struct remember *remember);
void remember_forget_old(struct remember *remember, int64_t now);

#endif
