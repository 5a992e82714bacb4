/* SPDX-License-Identifier: Apache-2.0 */
/*
 * talk.h — one connection to queue.control: its command, what it has to say, and its end.
 *
 * Knows:   that output waits until the other end reads it.
 * Owns:    words, output and memory of one command, until it has ended and no job is out.
 */
#ifndef QUEUE_TALK_H
#define QUEUE_TALK_H

#include "queue/control.h"
#include "queue/keeping.h"

struct talk {
	struct talk *next;
	struct control *control;
	struct queue *queue;
	struct channel channel;
	struct peer peer;
	struct arena memory;
	struct slice words[CONTROL_WORDS];
	size_t word_count;
	struct slice id;                         /* of the message meant, or empty */
	struct slice to;                         /* --to ADDRESS */
	bool json, bytes, judged, ended, gone;
	bool has_file;                           /* of the quarantine, until it ends: nobody else takes it out */
	uint8_t status;
	struct slice complaint;
	struct buffer output;
	struct timer again, patience;            /* patience: the other end is silent, or does not read */
	struct job job;
	unsigned jobs;                           /* out on the crew, or waiting to be noted */
	int fd;                                  /* for CONTROL_DESCRIPTOR */
	/* what a listing goes through */
	char (*ids)[MESSAGE_ID_SIZE];
	uint32_t id_count, id_next, batch;
	struct listed *listed;
	/* what a command of the quarantine found */
	char day[SPOOL_DAY];
	struct spool_read read;
	enum result end;
	uint32_t concerned;
	struct keeping keeping;
	struct entry *entry;
	struct journal_note note;
};

void talk_begin(struct control *control, int fd, struct peer peer);
void talk_close_all(struct control *control);
/* On the crew: talk->fd holds slice envelope, slice judgement. */
must_use enum result talk_judged(struct talk *talk, struct slice envelope, struct slice judgement);
void talk_do(struct talk *talk, void (*work)(struct job *job), void (*done)(struct job *job));
struct talk *talk_of_job(struct job *job);
void talk_end(struct talk *talk, uint8_t status, const char *complaint);    /* when all output is out */
must_use enum result talk_text(struct buffer *to, struct slice text, bool json);      /* escaped, in quotes for JSON */

void obey_list(struct talk *talk);               /* operator.c */
void obey_show(struct talk *talk);
void obey_ledger(struct talk *talk);
void obey_retry(struct talk *talk);
void obey_hold(struct talk *talk);
void obey_release(struct talk *talk);
void obey_delete(struct talk *talk);
void obey_quarantine_list(struct talk *talk);    /* quarantine.c */
void obey_quarantine_show(struct talk *talk);
void obey_quarantine_release(struct talk *talk);
void obey_quarantine_delete(struct talk *talk);

/* quarantine.c, on the crew: recipients whose fate lies there. */
uint64_t quarantine_count(struct queue *queue);
void quarantine_expire(struct queue *queue);

#endif
