/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fleet.h — the scanners of one reading of the settings, and whether they are well.
 *
 * Knows:   names, limits, and when to look again at one that is down.
 * Owns:    nothing; room.h says what a fleet is.
 */
#ifndef SCANNERS_FLEET_H
#define SCANNERS_FLEET_H

#include "scanners/room.h"

must_use enum result fleet_fill(struct fleet *fleet, struct settings *settings);
void fleet_look(struct fleet *fleet);
void fleet_finish(struct fleet *fleet);
void fleet_retire(struct fleet *fleet);            /* its warnings are over; its scans go on */
void scanner_is_well(struct scanner *scanner);
void scanner_is_down(struct scanner *scanner, const char *why);

#endif
