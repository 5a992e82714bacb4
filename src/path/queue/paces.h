/* SPDX-License-Identifier: Apache-2.0 */
/*
 * paces.h — the times that profiles set for recipients, each set of them kept once: a profile is that of 100,000 messages.
 *
 * Knows:   sets, counted; number 0 is "as the file says".
 * Ignores: what they are for, and whose profile it was.
 * Owns:    the sets, until the last user gives them back.
 * Fails:   LATER: there are PACES_MOST different ones already; then the file's times hold, and whoever asked says so.
 */
#ifndef QUEUE_PACES_H
#define QUEUE_PACES_H

#include "mail/policy/policy.h"

enum { PACES_MOST = 1024 };

struct paces {
	struct { struct times times; uint32_t users; } list[PACES_MOST];   /* by number; the first is none */
	uint16_t count;
};

must_use enum result paces_keep(struct paces *paces, const struct times *times, uint16_t *ret_number);
/* An eighth is free: whoever said that none is may take it back, and will not say it again at once. */
bool paces_are_eased(const struct paces *paces);
void paces_give(struct paces *paces, uint16_t number);
void paces_put_over(const struct paces *paces, uint16_t number, struct queue_times *over);

#endif
