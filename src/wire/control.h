/* SPDX-License-Identifier: Apache-2.0 */
/*
 * control.h — the command line asks a running gateway, over UNIX sockets in the folder `run`.
 *
 *   command line                        process
 *     COMMAND(slice word ... )   ---->
 *                                <----  OUTPUT(bytes) ...      text or JSON for standard output
 *                                <----  DESCRIPTOR(+fd)        `show`: the message itself; `log file`: that file; read-only
 *                                <----  END(u8 exit status, slice complaint)
 *
 * Sockets: `supervisor.control` (health, stats, reload, stop, processes), `queue.control` (queue ..., quarantine ...)
 * and `keeper.control` (log list, log file NAME), SOCK_SEQPACKET, mode 0666. Who asks is known from the socket's peer
 * credentials: root, the user the gateway runs as, and members of group postern-admin may do all;
 * anybody else may `queue list` and sees what they submitted. `submit` is no control socket but a
 * listener of the front (SMTP over a UNIX stream socket): local submission.
 * One COMMAND a connection: words as packed slices, the first is the command. "--json" among them asks for JSON,
 * "--bytes" (show) for the message's own descriptor, "--judged" (show) for one with slice envelope, slice judgement, "--to ADDRESS" (release) for another recipient.
 */
#ifndef WIRE_CONTROL_H
#define WIRE_CONTROL_H

enum control_asks    { CONTROL_COMMAND = 1 };
enum control_answers { CONTROL_OUTPUT = 1, CONTROL_DESCRIPTOR, CONTROL_END };

enum { CONTROL_LONGEST = 65536, CONTROL_WORDS = 64 };

#define CONTROL_SUPERVISOR "supervisor.control"
#define CONTROL_QUEUE      "queue.control"
#define CONTROL_KEEPER     "keeper.control"
#define CONTROL_SUBMIT     "submit"

#define CONTROL_GROUP "postern-admin"

#endif
