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
 * `learn` of keeper.control is one command with lessons behind it, each answered before the next need come:
 *
 *     COMMAND("learn")           ---->
 *     LESSON(u8 lesson_wanted, slice digest, slice features) ---->
 *                                <----  TAUGHT(u8 lesson_end)        it counts, and is not on the disk yet
 *     TAUGHT_ALL()               ---->
 *                                <----  END                          status 0: all of it is on the disk
 *
 * A lesson that cannot be learned is answered by END, and those before it may be lost. `digest` is the SHA-256 of the
 * message, `features` are those of mail/spam/feature_set.h, made in a jailed worker: no byte of the message comes here.
 *
 * Sockets: `supervisor.control` (health, stats, reload, stop, processes), `queue.control` (queue ..., quarantine ...)
 * and `keeper.control` (log list, log file NAME, learn), SOCK_SEQPACKET, mode 0666. Who asks is known from the socket's peer
 * credentials: root, the user the gateway runs as, and members of group postern-admin may do all;
 * anybody else may `queue list` and sees what they submitted. `submit` is no control socket but a
 * listener of the front (SMTP over a UNIX stream socket): local submission.
 * One COMMAND a connection: words as packed slices, the first is the command. "--json" among them asks for JSON,
 * "--bytes" (show) for the message's own descriptor, "--judged" (show) for one with slice envelope, slice judgement, "--to ADDRESS" (release) for another recipient.
 */
#ifndef WIRE_CONTROL_H
#define WIRE_CONTROL_H

enum control_asks    { CONTROL_COMMAND = 1, CONTROL_LESSON, CONTROL_TAUGHT_ALL };
enum control_answers { CONTROL_OUTPUT = 1, CONTROL_DESCRIPTOR, CONTROL_END, CONTROL_TAUGHT };

/* LESSON_LONGEST: a frame to the keeper. */
enum { CONTROL_LONGEST = 65536, CONTROL_WORDS = 64, LESSON_LONGEST = 160 << 10 };

enum lesson_wanted { LESSON_HAM, LESSON_SPAM, LESSON_FORGET, LESSONS_WANTED };
#define LESSON_ENDS(ROW) ROW(NEW, new) ROW(AGAIN, known) ROW(MOVED, moved) ROW(FORGOTTEN, forgotten) ROW(UNKNOWN, unknown) \
	ROW(UNCLEAR, unclear)       /* what the ledger says of it cannot be read: nothing was learned */
#define LESSON_END_ROW(name, word) LESSON_##name,
#define LESSON_END_NAME(name, word) #word,
enum lesson_end { LESSON_ENDS(LESSON_END_ROW) LESSON_ENDS_COUNT };

#define CONTROL_SUPERVISOR "supervisor.control"
#define CONTROL_QUEUE      "queue.control"
#define CONTROL_KEEPER     "keeper.control"
#define CONTROL_SUBMIT     "submit"

#define CONTROL_GROUP "postern-admin"

#endif
