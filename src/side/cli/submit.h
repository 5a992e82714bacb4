/* SPDX-License-Identifier: Apache-2.0 */
/*
 * submit.h — hands one message to the gateway over its local socket, as any user of this machine may.
 *
 * Knows:   the client's side of SMTP, as much as one message needs.
 * Ignores: how the message was made: it comes whole, with any line ends.
 * Owns:    the connection, while it lasts.
 * Fails:   with an exit status of sysexits.h after a complaint: EX_TEMPFAIL when trying again may help,
 *          EX_UNAVAILABLE, EX_NOUSER or EX_DATAERR when it will not. All recipients, or none.
 */
#ifndef CLI_SUBMIT_H
#define CLI_SUBMIT_H

#include "base/slice.h"
#include "cli/letter.h"

struct submission {
	struct slice run;                    /* the folder of the gateway's sockets */
	struct slice host, sender;           /* sender empty: the null sender */
	const struct recipients *recipients;
	struct slice head, empty_line, body; /* what is sent, one after the other */
};

int submit(const struct submission *submission);
/* SMTP on standard input and output, carried to the gateway and back. */
int submit_session(struct slice run);

#endif
