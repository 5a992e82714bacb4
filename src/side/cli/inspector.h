/* SPDX-License-Identifier: Apache-2.0 */
/*
 * inspector.h — the jailed inspection without a gateway: the command plays the supervisor and the queue.
 *
 * Knows:   how a process is started (base/process.h), and what a queue says to it (wire/queue-inspect.h).
 * Ignores: what a judgement says.
 * Owns:    the inspecting process, and the processes of those who are asked, scanners and resolver.
 * Fails:   REFUSED after a complaint, with the last words of the process that would not start.
 */
#ifndef CLI_INSPECTOR_H
#define CLI_INSPECTOR_H

#include "base/buffer.h"
#include "cli/places.h"
#include "mail/smtp/smtp.h"

enum { INSPECTOR_PROCESSES = 3 };
enum inspector_asks { INSPECTOR_ALONE = 0, INSPECTOR_SCANNERS = 1, INSPECTOR_LISTS = 2 };       /* bits */

struct inspector_process {
	const char *name;
	int pid, control, log;               /* log: a memfd that takes its lines */
};

struct inspector {
	struct inspector_process processes[INSPECTOR_PROCESSES];
	size_t count;
	int wire;
	int patience_ms;                     /* of silence, then the process is asked whether it lives */
	struct buffer payload;
};

struct inspector_answer {
	uint64_t exchange;
	bool judged;                         /* … */
	bool features;                       /* …: else `payload` says why not */
	struct slice payload;                /* until the next call */
};

/* `asks`: who may be asked. Lists in the DNS are where some are configured. */
must_use enum result inspector_start(struct inspector *inspector, struct places *places, unsigned asks);
void inspector_finish(struct inspector *inspector);

/* Asks about one message; `envelope` is packed, `message` is a sealed memfd, and stays the caller's. LATER: more than one
 * question may hold, and nothing was asked. REFUSED after a complaint: the process does not hear. */
must_use enum result inspector_ask(struct inspector *inspector, uint64_t exchange, struct slice envelope, int message);
/* Judged anew with what was answered then. `message` -1: by the findings; else they may be empty. */
struct inspector_past { struct slice envelope, findings, evidence; };      /* packed */
must_use enum result inspector_replay(struct inspector *inspector, uint64_t exchange, const struct inspector_past *past,
                                      int message);
/* What the classifier sees of it. */
must_use enum result inspector_features(struct inspector *inspector, uint64_t exchange, int message);
/* LATER after a complaint: it lives, and was silent for longer than any message may take. An answer that does not fit on
 * the wire is dropped there: hear while asking. */
must_use enum result inspector_answer(struct inspector *inspector, struct inspector_answer *ret_answer);
bool inspector_has_answered(const struct inspector *inspector);            /* inspector_answer() need not wait */

/* A sealed memfd with these bytes, their line ends made CR LF; -1 with a complaint. */
int inspector_message(const char *name, struct slice bytes);

#endif
