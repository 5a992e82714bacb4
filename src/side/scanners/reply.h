/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reply.h — what clamd said, believed only where it says it in the one way there is.
 *
 * Knows:   the answers to FILDES, INSTREAM and PING, whole: all that came until the end.
 * Ignores: sockets and time.
 * Owns:    nothing.
 * Fails:   never; whatever is not understood is SCAN_FAILED, with a reason.
 */
#ifndef SCANNERS_REPLY_H
#define SCANNERS_REPLY_H

#include "base/slice.h"
#include "wire/inspect-scanners.h"

#define REPLY_LIMIT "the scanner reached a limit of its own: "

enum reply_to { REPLY_TO_FILDES, REPLY_TO_INSTREAM, REPLY_TO_PING };

/* `text`: the signature's name or the reason, printable ASCII, at most SCAN_TEXT - 1 bytes and a NUL. */
enum scan_end reply_read(enum reply_to question, struct slice reply, char text[SCAN_TEXT]);

/* The reason as it may go on the wire: what is not printable becomes '?'. */
void reply_reason(char text[SCAN_TEXT], const char *what, struct slice detail);

#endif
