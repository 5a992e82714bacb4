/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sendmail.h — the command that programs have called for forty years, as much of it as they use.
 *
 * Knows:   -t -i -f -F -bs -bp -bm and the options that others ignore too.
 * Ignores: queues and routes: the message goes to the gateway by its local socket.
 * Owns:    the message, read whole from standard input, up to a limit.
 * Fails:   with an exit status of sysexits.h. Nothing was sent unless it is EX_OK.
 */
#ifndef CLI_SENDMAIL_H
#define CLI_SENDMAIL_H

#include "cli/places.h"

int sendmail_main(struct places *places, int count, char **words);

#endif
