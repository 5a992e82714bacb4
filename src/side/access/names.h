/* SPDX-License-Identifier: Apache-2.0 */
/*
 * names.h — the addresses of next hops, asked of the resolver.
 *
 * Knows:   wire/relay-resolver.h; A first, AAAA where there is none.
 * Ignores: time: who asks forgets when it has waited long enough.
 * Owns:    the wire. A question is its asker's.
 * Fails:   no wire, no such name, no answer: no addresses.
 */
#ifndef ACCESS_NAMES_H
#define ACCESS_NAMES_H

#include "base/channel.h"
#include "wire/relay-resolver.h"

#include <netinet/in.h>

enum { NAMES_ADDRESSES = 4 };

struct name_question {
	struct slice name;                     /* until the answer */
	/* Once, and never from within names_ask(). */
	void (*answered)(struct name_question *question, const struct in6_addr *addresses, size_t count);
	struct name_question *next;
	uint64_t exchange;                     /* 0: not asked */
	enum dns_type type;
};

struct names {
	struct process *process;
	struct loop *loop;
	struct channel wire;
	struct name_question *first;
	uint64_t minted;
};

void names_init(struct names *names, struct process *process, struct loop *loop);
must_use enum result names_wire(struct names *names, int fd);         /* takes fd */
must_use enum result names_ask(struct names *names, struct name_question *question);     /* LATER: no resolver */
void names_forget(struct names *names, struct name_question *question);
void names_finish(struct names *names);

#endif
