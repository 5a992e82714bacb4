/* SPDX-License-Identifier: Apache-2.0 */
/*
 * checksum.h — CRC-32C (Castagnoli, RFC 3720 appendix B.4), for finding damage, not malice.
 *
 * Knows:   the processor's own instruction where there is one, a table elsewhere.
 * Owns:    nothing.
 * Fails:   never. Start with 0 and hand the last answer on: checksum(checksum(0, a), b)
 *          is the checksum of a and b in a row.
 */
#ifndef BASE_CHECKSUM_H
#define BASE_CHECKSUM_H

#include "base/slice.h"

uint32_t checksum(uint32_t so_far, struct slice bytes);
uint32_t checksum_by_table(uint32_t so_far, struct slice bytes);    /* for comparison in tests */

#endif
