/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reach.h — one call-out to one target: its addresses one after the other, by the settings that the relay has for it too.
 *
 * Knows:   the section `target`: TLS (none, may, required, verified, dane) and the PROXY protocol, in which a call-out
 *          is for nobody. A handshake that may fail, or may not end, is followed by the same address without TLS.
 * Ignores: limits, memory, and how long it may take.
 * Owns:    a probe and questions to the resolver, until the end or reach_drop().
 * Fails:   PROBE_DEAD: no address could be spoken with. PROBE_UNSURE also where the target is not proved to be who it
 *          must be: who is in its place is asked nothing.
 */
#ifndef ACCESS_REACH_H
#define ACCESS_REACH_H

#include "access/names.h"
#include "access/probe.h"
#include "base/idn.h"
#include "wire/authorities.h"
#include "wire/dane.h"

/* What all of them share. */
struct reaches {
	struct loop *loop;
	struct resolve resolve;
	struct tls_client *tls;                /* NULL: STARTTLS is not used, and what needs it is unsure */
	struct authorities authorities;
	char hostname[256];
	size_t hostname_length;
};

struct reach {
	struct reaches *shared;
	const struct target *target;
	const struct target_settings *settings;
	struct slice recipient;                /* these four: until the end */
	void (*ended)(struct reach *reach, enum probe_end end);    /* through the loop; once */
	struct name_question name;
	struct question records;
	struct names_found found;
	size_t at;                             /* the address that is spoken with, from 1 */
	struct dane dane;
	bool plain;                            /* its handshake failed, and may */
	struct idn shown, domain;              /* rooms for names by their A-labels */
	struct probe probe;
};

/* Ours, in EHLO. */
void reaches_name(struct reaches *shared, struct slice hostname);

/* LATER: it could not begin, REFUSED: it may not, as the target cannot be proved; `ended` is not called then. */
must_use enum result reach_begin(struct reach *reach);
/* Too long already. True: it was at a handshake that may fail, and goes on without TLS. */
bool reach_forgoes_tls(struct reach *reach);
void reach_drop(struct reach *reach);          /* safe when nothing runs */

#endif
