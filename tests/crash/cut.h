/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cut.h — what the programs of the power-cut test share: the real queue with its wires, letters that can be told
 * from damaged ones, and marks.
 *
 * Knows:   how a queue is started as the supervisor starts it, and asked as the command line asks it; a letter's
 *          bytes from its number alone; a mark: lines of text in one sector of the device under the spool.
 * Ignores: what is to be safe when: power_cut.py judges.
 * Owns:    the process, its wires and the descriptor of the marks, until the program ends.
 * Fails:   cut_need() says what went wrong and ends the program with status 2.
 */
#ifndef CRASH_CUT_H
#define CRASH_CUT_H

#include "base/buffer.h"
#include "base/channel.h"

#include <sys/types.h>

enum { CUT_PATH = 256, CUT_PATIENCE_S = 20, CUT_SECTOR = 512, CUT_SAID = 8 << 20 };

/* number: of the line; what: the condition's text */
void cut_need(bool good, const char *file, int line, const char *what);
#define NEED(that) cut_need((that), __FILE__, __LINE__, #that)

/* ---- letters ---- */

/* As many whole lines as give at least `length` bytes. The first line names number and length. */
void cut_letter(uint32_t number, uint32_t length, struct buffer *to);
/* The number of the letter that these bytes are, exactly; UINT32_MAX: none. */
uint32_t cut_letter_number(struct slice bytes);
/* Its bytes as a sealed memfd. */
int cut_letter_memfd(uint32_t number, uint32_t length);

/* ---- the queue ---- */

struct cut_queue {
	const char *executable, *folder;         /* folder: postern.conf is there, and queue.control will be */
	int control, front, inspect, relay;      /* front, inspect, relay: -1 without neighbours */
	pid_t pid;
};

void cut_queue_start(struct cut_queue *queue, bool neighbours);      /* returns when the spool is loaded */
void cut_queue_kill(struct cut_queue *queue);

/* An operator's command; words end with NULL. The exit status; its output and its descriptor (-1: none). */
int cut_command(const struct cut_queue *queue, const char *const *words, struct buffer *output, int *ret_fd);

/* ---- marks ---- */

struct cut_marks { int fd; off_t at; };

/* One line, at once: when this returns the line is in the log of the device. `name` is cut at 20 bytes. */
void cut_mark(const struct cut_marks *marks, char kind, uint32_t number, int place, const char *name);

#endif
