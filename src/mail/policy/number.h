/* SPDX-License-Identifier: Apache-2.0 */
/*
 * number.h — numbers as policy writes and compares them (inside mail/policy only).
 *
 * Knows:   whole numbers and up to three decimals, a sign, and the units K, M, G (powers of 1024).
 * Owns:    nothing. Exact: a number is kept in thousandths.
 * Fails:   REFUSED: anything else, or beyond +-4 * 10^15.
 */
#ifndef POLICY_NUMBER_H
#define POLICY_NUMBER_H

#include "base/slice.h"

must_use enum result number_read(struct slice text, int64_t *ret_thousandths);

#endif
