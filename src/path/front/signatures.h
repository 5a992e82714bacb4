/* SPDX-License-Identifier: Apache-2.0 */
/*
 * signatures.h — the front's end of the wire to keys: handshakes that wait for a signature.
 *
 * Knows:   wire/front-keys.h: which keys are held, what was asked and not yet answered.
 * Ignores: clients and certificates: a handshake is a struct tls, which is told its answer.
 * Owns:    the wire, and the table of questions.
 * Fails:   one handshake: when the wire ends, each that waits is denied. It has no clock: who waits has a deadline.
 *          An answer to no question, or one that is malformed, drops the wire.
 */
#ifndef FRONT_SIGNATURES_H
#define FRONT_SIGNATURES_H

#include "base/process.h"
#include "base/tls.h"
#include "wire/front-keys.h"

enum { SIGNATURES_MOST = 1024 };

struct signatures {
	struct process *process;
	struct channel wire;
	struct tls_signer signer;                 /* for tls_accept() */
	struct signature { uint64_t exchange; struct tls *tls; } slots[SIGNATURES_MOST];
	uint64_t serial;
	size_t next;                              /* place to look for a free one */
	/* `tls` can go on; it may be no more when this returns. */
	void (*answered)(struct tls *tls);
	/* The names of all keys, TLS_KEY_ID bytes each; `count` 0: also when the wire is gone. */
	void (*held)(void *owner, const uint8_t (*names)[TLS_KEY_ID], size_t count);
	void *owner;
};

void signatures_init(struct signatures *signatures, struct process *process);
/* Takes fd. A wire that was open is ended first. */
must_use enum result signatures_open(struct signatures *signatures, int fd);

#endif
