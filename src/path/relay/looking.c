/* SPDX-License-Identifier: Apache-2.0 */
/* A letter for a hop that lacks 8BITMIME or SMTPUTF8 is read once by the crew, before anything is said of it: what it
 * really needs, and how it is converted. */
#include "relay/connection_parts.h"

enum { LOOK_MEMORY = 2 << 20 };

bool looking_is_needed(const struct connection *connection)
{
	const struct client *client = &connection->client;

	return !client_offers(client, CLIENT_EIGHT_BIT) || (connection->spoken.utf8 && !client_offers(client, CLIENT_UTF8));
}

static struct transmit_plan plan_of(const struct connection *connection, const struct sevenbit_step *steps)
{
	struct lent *lent = connection->transmit.plan.source;

	return (struct transmit_plan){ .form = TRANSMIT_PLAIN, .steps = steps, .head = lent->trace, .edits = &lent->edits,
		                       .length = lent->length, .read = jobs_read, .source = lent };
}

static enum result look(struct connection *connection)
{
	struct transmit_plan plan = plan_of(connection, NULL);
	struct sevenbit_scan *scan = arena_new(&connection->memory, struct sevenbit_scan);

	connection->scan = scan;
	if (scan == NULL)
		return LATER;
	sevenbit_scan_init(scan, &connection->memory);
	transmit_init(&connection->transmit, &plan);
	TRY(transmit_look(&connection->transmit, scan));
	if (sevenbit_scan_end(scan) != OK)
		scan->trouble = "it has too many parts";
	if (!scan->eight_bit || scan->trouble)
		return OK;
	plan = plan_of(connection, scan->first);
	transmit_init(&connection->transmit, &plan);
	return transmit_measure(&connection->transmit, &connection->spoken.size);
}

static void work(struct job *job)
{
	struct connection *connection = (struct connection *)job;

	connection->filled = look(connection);
}

static void convert(struct connection *connection)
{
	const struct sevenbit_scan *scan = connection->scan;
	struct client_letter *spoken = &connection->spoken;

	spoken->eight_bit = scan->eight_bit && scan->trouble;
	if (spoken->eight_bit)
		spoken->why_not = slice_of(scan->trouble);
	if (!scan->eight_bit || scan->trouble)
		return;
	connection->steps = scan->first;
	counter_add(connection->office->counters, RELAY_COUNT_converted, 1);
}

static void begin(struct connection *connection)
{
	struct client *client = &connection->client;

	if (connection->filled != OK) {
		jobs_settle_letter(&connection->office->jobs, connection->letter, RELAY_DEFERRED,
		                   slice_of(connection->hop.name), SLICE("451 4.3.0 the message could not be read"));
		return;
	}
	if (!client_offers(client, CLIENT_EIGHT_BIT))
		convert(connection);
	if (!client_offers(client, CLIENT_UTF8))
		connection->spoken.utf8 = connection->spoken.utf8 && connection->scan->eight_bit_headers;
	client_begin(client, &connection->spoken);
}

static void done(struct job *job)
{
	struct connection *connection = (struct connection *)job;
	struct lent *lent = connection->transmit.plan.source;
	struct jobs *jobs = &connection->office->jobs;

	connection->filling = connection->looking = false;
	if (connection->ended) {
		connection_take_down(connection);
	} else {
		begin(connection);
		connection_act(connection);
	}
	jobs_release(jobs, lent);
}

void looking_begin(struct connection *connection)
{
	connection->transmit.plan.source = connection->letter->lent;
	arena_finish(&connection->memory);
	arena_init(&connection->memory, LOOK_MEMORY);
	connection->filling = connection->looking = true;
	connection->job = (struct job){ .work = work, .done = done };
	jobs_hold(connection->letter->lent);
	crew_give(&connection->office->crew, &connection->job);
}
