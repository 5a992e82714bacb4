/* SPDX-License-Identifier: Apache-2.0 */
/*
 * request.h — one question of the queue on its way (inside the room only).
 *
 * Knows:   its stage, and what has been gathered for it.
 * Owns:    its memfd and its buffers.
 */
#ifndef INSPECT_REQUEST_H
#define INSPECT_REQUEST_H

#include "inspect/dispatcher.h"

#include "mail/evidence/evidence.h"

enum stage { TO_READ, READING, ASKING, TO_JUDGE, JUDGING, TO_COMPOSE, COMPOSING };

enum { REQUEST_ID = 16 };

struct request {
	struct dispatcher *dispatcher;
	struct request *next, *previous;
	enum stage stage;
	uint64_t exchange, serial;                   /* the queue's; ours */
	int fd;
	char id[REQUEST_ID];
	uint32_t recipients;
	struct buffer question;                      /* the envelope as a slice, or the notice */
	struct buffer findings, evidence;
	struct timer deadline;
	uint64_t began;                              /* when a worker began to read */
	int64_t asked;
	unsigned deaths, judge_deaths;
	bool scan_sent;
	bool tainted;                                /* must not be called clean */
	bool forgotten;
};

struct slice request_id(const struct request *request);

/* answers.c: evidence from what the scanners said, or did not say. */
must_use enum result answers_read(struct request *request, struct slice scanned, unsigned scanners, uint64_t took_ms);
must_use enum result answers_missing(struct request *request, struct slice reason, uint64_t took_ms);

#endif
