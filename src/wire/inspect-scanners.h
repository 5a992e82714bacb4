/* SPDX-License-Identifier: Apache-2.0 */
/*
 * inspect-scanners.h — the dispatcher asks every virus scanner at once about one message.
 *
 *   inspect                                scanners
 *     SCAN(u32 milliseconds, +memfd) -->   all configured scanners, side by side
 *                                  <----   SCANNED(u8 count, count times: slice scanner's name,
 *                                                  u8 scan_end, slice text)
 *     FORGET                       ---->
 *
 * One SCANNED answers one SCAN, at the latest when the time is over; a scanner that did not
 * answer by then is in it with SCAN_FAILED and the reason. No scanner configured: count 0.
 * Text is the signature's name (SCAN_FOUND), or why it failed; printable ASCII, at most 256 bytes.
 * Only SCAN_CLEAN means clean: the scanner read the whole message and said so in the one way its
 * protocol has for that. Everything that is not understood is SCAN_FAILED.
 */
#ifndef WIRE_INSPECT_SCANNERS_H
#define WIRE_INSPECT_SCANNERS_H

enum inspect_asks     { INSPECT_SCAN = 1, INSPECT_FORGET };
enum scanners_answer  { SCANNERS_SCANNED = 1 };
enum scan_end         { SCAN_CLEAN = 0, SCAN_FOUND = 1, SCAN_FAILED = 2 };

enum { INSPECT_SCANNERS_LONGEST = 16384, SCANNERS_MOST = 16, SCAN_TEXT = 256 };

#endif
