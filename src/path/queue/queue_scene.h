/* SPDX-License-Identifier: Apache-2.0 */
/*
 * queue_scene.h — for tests: the real process between a fake front, inspect and relay, with a spool in a new folder.
 *
 * Knows:   the queue's wires and the operator's socket; a test is a table of scenes, each played with a fresh spool.
 * Ignores: what a scene wants to see.
 * Owns:    the one process, its folder, and what it said last.
 * Fails:   by a line of the test; nothing waits longer than PATIENCE_S.
 */
#ifndef QUEUE_QUEUE_SCENE_H
#define QUEUE_QUEUE_SCENE_H

#include "base/fd.h"
#include "base/process.h"
#include "mail/policy/policy.h"
#include "mail/smtp/smtp.h"
#include "wire/front-queue.h"
#include "wire/queue-inspect.h"
#include "wire/queue-relay.h"

enum { PATIENCE_S = 10, QUIET_MS = 150, PATH = 256 };

#define SCENE_BODY "Subject: x\r\n\r\nthe bytes of it\r\n"
enum { SCENE_BODY_SIZE = sizeof(SCENE_BODY) - 1 };

struct scene {
	const char *executable, *fixtures, *about;
	char folder[64], conf[PATH], spool[PATH];
	int control, front, inspect, relay;
	pid_t pid;
	struct buffer bytes;             /* payload of the last frame */
	struct frame frame;
	char id[MESSAGE_ID_SIZE + 1];
	uint8_t notify;                  /* of the recipients of deposits */
	struct slice target;             /* of their envelopes */
	const struct deeds *deeds;       /* of every fate; NULL: none */
	enum fate_notices notices[3];    /* of each fate */
	struct times times[3];           /* the same */
};
extern struct scene scene;
extern uint32_t serial;                   /* of the last loan */
extern char said[65536];                 /* by the last command */

#define EXPECT(that) scene_expect(that, __FILE__, __LINE__, #that)
void scene_expect(bool holds, const char *file, int line, const char *that);
#define COMMAND(...) command((const char *const[]){ __VA_ARGS__, NULL })

void be_patient(int fd, unsigned ms);
int give_wire(const char *name);
void start(void);
void kill_it(void);
void leave_it(void);                     /* an orderly end */
bool hear(int fd, uint8_t kind);
bool silent(int fd);
int message_memfd(bool sealed);
void deposit_memfd(uint64_t exchange, uint32_t flags, uint32_t recipients, int fd);   /* closes it */
void deposit(uint64_t exchange, uint32_t flags, uint32_t recipients, bool sealed);
void judge(const enum outcome *outcomes, uint32_t count);
void judge_all(enum outcome outcome, uint32_t count);
void resume(void);
bool lent(uint32_t *ret_count);
bool lent_count(uint32_t count);
void send_result(uint64_t exchange, uint32_t place, enum relay_outcome outcome);
void say_whose(enum relay_returns kind);
void end_one(uint32_t place, enum relay_outcome outcome);
int command_begin(const char *const *words);   /* its connection */
int command_end(int fd);                 /* its status */
int command(const char *const *words);
bool ledger(const char *row);
unsigned files(const char *part);
bool empties(const char *part);
void rewrite_conf(const char *more);     /* more of the section `queue`; holds at the next start */
void reload(void);                       /* what is written there holds now */

struct scene_row { const char *about; void (*play)(void); };
int scene_main(int count, char **words, const struct scene_row *rows, size_t row_count);

#endif
