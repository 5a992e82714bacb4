/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ask.h — one question to a running gateway, over a control socket (wire/control.h).
 *
 * Knows:   how to find the socket in the `run` folder, and what to do with each kind of answer.
 * Ignores: what the words mean: the process that is asked decides that.
 * Owns:    the connection, while it lasts.
 * Fails:   with an exit status (sysexits.h where nothing answered) after a complaint.
 */
#ifndef CLI_ASK_H
#define CLI_ASK_H

#include "base/slice.h"

/* Sends the words to `socket` in the folder `run`; what comes goes to standard output. The exit status. */
int ask(struct slice run, const char *socket, int count, const char *const *words);
/* The same, without a word when the answer is no: for asking one after the other. */
int ask_quietly(struct slice run, const char *socket, int count, const char *const *words);

/* The same, quiet, with what comes handed to the taker instead. fd is the caller's, and ends with the call. */
struct ask_taker {
	enum result (*text)(void *owner, struct slice text);
	enum result (*descriptor)(void *owner, int fd);
	void *owner;
};
int ask_taking(struct slice run, const char *socket, int count, const char *const *words, const struct ask_taker *taker);

/* A connected socket of `type` at `name` in the folder, however long its path is; -1 with errno, EAGAIN: nobody took it in
 * `patience` seconds. So long one call on it waits at most, too. */
enum { ASK_PATIENCE = 60 };
int ask_connect(struct slice run, const char *name, int type, unsigned patience);
/* Why ask_connect() failed, for people. */
void ask_explain(struct slice run, const char *name, int error);

#endif
