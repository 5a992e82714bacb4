/* SPDX-License-Identifier: Apache-2.0 */
/*
 * evals_way.h — functions that rules ask about the way of a message (inside mail/rules only).
 *
 * Knows:   relays (evals_relays.c), and what the Received fields of large mail providers look like (evals_received.c).
 * Ignores: names of rules, and arguments that were not read (evals.c).
 * Owns:    nothing.
 * Fails:   LATER: the arena is full. A shape that was too much work is a limit of the call.
 */
#ifndef RULES_EVALS_WAY_H
#define RULES_EVALS_WAY_H

#include "mail/rules/evals.h"

typedef enum result eval_function(struct eval_call *);

eval_function eval_all_trusted, eval_no_relays, eval_relays_unparseable, eval_numeric_helo, eval_illegal_ip, eval_helo_ip_mismatch;
eval_function eval_sender_no_reverse, eval_from_domain_in_received, eval_forged_trail, eval_forged_ip_helo, eval_dotcom_helo;

eval_function eval_gated, eval_fake_aol_relay, eval_forged_hotmail, eval_no_hotmail, eval_forged_eudoramail, eval_forged_yahoo;
eval_function eval_forged_juno, eval_forged_gmail, eval_matching_sender;

#endif
