/* SPDX-License-Identifier: Apache-2.0 */
/* The whole house, a row a process; docs/way-of-a-message.md draws what stands here. */
#include "supervisor/graph.h"

#include "access/access.h"
#include "front/front.h"
#include "inspect/inspect.h"
#include "keeper/keeper.h"
#include "keys/keys.h"
#include "queue/queue.h"
#include "relay/relay.h"
#include "resolver/resolver.h"
#include "scanners/scanners.h"

/* A count is a variable of another library, so no constant: a row holds who tells it. */
#define COUNTERS_OF(room) static size_t count_of_##room(void) { return room##_counter_count; }
COUNTERS_OF(access)
COUNTERS_OF(front)
COUNTERS_OF(queue)
COUNTERS_OF(inspect)
COUNTERS_OF(scanners)
COUNTERS_OF(relay)
COUNTERS_OF(resolver)
COUNTERS_OF(keys)
COUNTERS_OF(keeper)
#define COUNTS(room) .counters = room##_counters, .counter_count = count_of_##room

const struct process_row graph_processes[] = {
	{ .name = "queue",    .controls = true, .stops = STOP_LAST, COUNTS(queue),
	  .reason = "the only writer of the spool, and without network" },
	{ .name = "keeper",   .controls = true, .stops = STOP_LAST, COUNTS(keeper),
	  .reason = "the only writer of what is remembered; it reads no mail, and nobody waits for it" },
	{ .name = "relay",    .stops = STOP_LAST, COUNTS(relay),
	  .reason = "speaks with next servers, and sees the spool only through what is lent to it" },
	{ .name = "resolver", .stops = STOP_LAST, .restarts_for = "resolver", COUNTS(resolver),
	  .reason = "reads what the DNS answers, and nothing else" },
	{ .name = "inspect",  .stops = STOP_SECOND, COUNTS(inspect),
	  .reason = "reads mail, in workers that can do nothing else" },
	{ .name = "scanners", .stops = STOP_SECOND, COUNTS(scanners),
	  .reason = "speaks with virus scanners on behalf of inspect" },
	{ .name = "access",   .stops = STOP_SECOND, .restarts_for = "table", COUNTS(access),
	  .reason = "asks tables, databases and next hops who exists, and sees no mail" },
	{ .name = "keys",     .certificates = "key", .stops = STOP_SECOND, COUNTS(keys),
	  .reason = "has the private keys, and signs with them for the front" },
	{ .name = "front",    .many = true, .certificates = "chain", .listens = true, .stops = STOP_FIRST, COUNTS(front),
	  .reason = "reads what strangers say, without disk" },
};
const size_t graph_process_count = COUNT_OF(graph_processes);

const struct wire_row graph_wires[] = {
	{ "front",   "queue" },
	{ "queue",   "inspect" },
	{ "inspect", "scanners" },
	{ "inspect", "keeper" },
	{ "queue",   "relay" },
	{ "queue",   "keeper" },
	{ "relay",   "resolver" },
	{ "front",   "access" },
	{ "access",  "resolver" },
	{ "inspect", "resolver" },
	{ "front",   "keys" },
};
const size_t graph_wire_count = COUNT_OF(graph_wires);
