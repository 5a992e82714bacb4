/* SPDX-License-Identifier: Apache-2.0 */
/*
 * relay_scene.h — for tests: the real relay's process, with a queue and a resolver that the test plays.
 *
 * Knows:   its settings, the frames of its wires, a zone of a few names, and small servers on loopback.
 * Ignores: what is to be shown; that is relay_test.c's.
 * Owns:    one scene.
 * Fails:   as the calls say; a frame that does not come in 15 s is a zeroed one.
 */
#ifndef RELAY_RELAY_SCENE_H
#define RELAY_RELAY_SCENE_H

#include "relay/fake_server.h"

#include "base/buffer.h"
#include "base/process.h"
#include "wire/queue-relay.h"

struct scene {
	struct fake_server smtp, lmtp, plain, sock, mute, line, hush, deaf, mum;
	char folder[64], conf[96];
	int control, queue, resolver, pid;
	struct slice target;                                   /* of the loans that are made from now on */
	uint64_t deliveries;
	struct buffer payload;
};
extern struct scene scene;

struct heard {
	uint8_t kind;
	uint64_t exchange;
	uint32_t serial, place;
	enum relay_outcome outcome;
	char id[32], route[300], reply[RELAY_REPLY + 1];
};

bool set_up(void);                                     /* all of it, and the relay runs */
int remove_it(const char *path);

/* The supervisor: `more` stands at the end of the settings. */
void write_conf(const char *more);
must_use enum result hand_settings(enum supervisor_says kind);
int new_wire(const char *name);                        /* the test's end, or -1 */
void *play_resolver(void *wire);                       /* a thread's whole life */

/* The queue. */
struct heard hear(void);
must_use enum result note(const struct heard *heard);
must_use enum result deliver(const char *id, struct slice content, uint8_t flags, const char *const *people);

#endif
