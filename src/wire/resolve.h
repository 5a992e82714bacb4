/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resolve.h — questions to the resolver process, and its answers.
 *
 * Knows:   wire/relay-resolver.h; which question an answer belongs to; time.
 * Ignores: what is asked for.
 * Owns:    the wire. A question belongs to its asker, and is embedded there.
 * Fails:   no wire, no answer in time, or an answer that is none: DNS_FAILED, always through the loop, never from
 *          within resolve_ask().
 */
#ifndef WIRE_RESOLVE_H
#define WIRE_RESOLVE_H

#include "base/channel.h"
#include "wire/relay-resolver.h"

struct dns_reply {
	enum dns_end end;
	bool secure;                                /* signed, and validated */
	uint32_t ttl, count;
	struct slice records[DNS_RECORDS];          /* rdata, until the call-back returns */
};

struct question {
	struct question *next;
	uint64_t exchange, until;                   /* 0: not asked */
	void (*answered)(void *owner, const struct dns_reply *reply);
	void *owner;
};

struct resolve {
	struct loop *loop;
	struct process *process;                    /* hears when the wire has ended; NULL: nobody */
	struct channel wire;
	struct timer clock;                         /* runs while there are questions */
	struct question *questions;
	uint64_t minted;
};

void resolve_init(struct resolve *resolve, struct loop *loop);
void resolve_finish(struct resolve *resolve);
must_use enum result resolve_wire(struct resolve *resolve, int fd);       /* takes fd */
void resolve_ask(struct resolve *resolve, enum dns_type type, struct slice name, struct question *question);
void resolve_forget(struct resolve *resolve, struct question *question);  /* safe when nothing is asked */

/* ANSWER's payload, into a zeroed reply; an MX record's rdata. REFUSED: they are none. */
must_use enum result resolve_read_answer(struct slice payload, struct dns_reply *reply);
must_use enum result resolve_read_mx(struct slice rdata, uint32_t *ret_preference, struct slice *ret_host);

#endif
