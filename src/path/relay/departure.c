/* SPDX-License-Identifier: Apache-2.0 */
/* The names and headers are made on the loop's thread; the crew writes; the end is settled on the loop's thread
 * again. */
#include "relay/departure.h"

#include "relay/maildir.h"

enum { HEAD_LIMIT = 128 << 10 };

struct departure {
	struct job job;                        /* first: the crew hands it back */
	struct destination *destination;
	struct letter *letter;
	struct buffer head;
	enum result end;
	struct maildir_letter maildir;
};

static void work(struct job *job)
{
	struct departure *departure = (struct departure *)job;

	departure->end = maildir_deliver(&departure->maildir);
}

static void settle(struct departure *departure, enum relay_outcome outcome, const char *reply)
{
	struct destination *destination = departure->destination;

	jobs_settle_letter(&destination->office->jobs, departure->letter, outcome, slice_of(destination->key),
	                   slice_of(reply));
}

static void leave(struct departure *departure)
{
	struct destination *destination = departure->destination;
	struct lent *lent = departure->letter->lent;

	buffer_finish(&departure->head);
	pool_give(&destination->office->departures, departure);
	destination->going--;
	jobs_release(&destination->office->jobs, lent);
}

static void done(struct job *job)
{
	struct departure *departure = (struct departure *)job;
	struct destination *destination = departure->destination;

	if (departure->end == OK)
		settle(departure, RELAY_DELIVERED, "250 2.0.0 in the mailbox");
	else
		settle(departure, departure->end == REFUSED ? RELAY_FAILED : RELAY_DEFERRED, departure->maildir.reply);
	leave(departure);
	destination_pump(destination);
}

static struct slice local_of(struct slice address)
{
	size_t at = address.len;

	while (at > 0 && address.at[at - 1] != '@')
		at--;
	return at == 0 ? address : (struct slice){ address.at, at - 1 };
}

static enum result make_names(struct departure *departure)
{
	const struct office *office = departure->destination->office;
	const struct addressee *addressee = departure->letter->first;
	const struct lent *lent = departure->letter->lent;
	struct slice local = local_of(addressee->address), domain = slice_drop(addressee->address, local.len + 1);

	if (domain.len == 0)
		domain = routes_first_domain(&office->routes);
	TRY(maildir_folder_name(domain, true, departure->maildir.domain));
	TRY(maildir_folder_name(local, false, departure->maildir.local));
	return maildir_file_name(lent->id, lent->serial, addressee->place, office->hostname, departure->maildir.name);
}

static bool can_stand_in_a_header(struct slice text)
{
	return !slice_has(text, '\r') && !slice_has(text, '\n') && !slice_has(text, '\0');
}

static enum result make_head(struct departure *departure)
{
	const struct lent *lent = departure->letter->lent;
	struct slice to = departure->letter->first->address;

	if (!can_stand_in_a_header(lent->sender) || !can_stand_in_a_header(to))
		return REFUSED;
	TRY(buffer_format(&departure->head, "Return-Path: <%.*s>\r\nDelivered-To: %.*s\r\n", SHOW(lent->sender), SHOW(to)));
	return buffer_add(&departure->head, lent->trace);
}

static enum result prepare(struct departure *departure)
{
	struct lent *lent = departure->letter->lent;

	TRY(make_names(departure));
	TRY(make_head(departure));
	departure->maildir.root = departure->destination->root;
	departure->maildir.born = lent->born;
	departure->maildir.to = lent->target.len ? SLICE("") : departure->letter->first->address;      /* not of archives */
	departure->maildir.plan = (struct transmit_plan){ .form = TRANSMIT_LINES, .head = buffer_slice(&departure->head),
	                                                  .edits = &lent->edits, .length = lent->length,
	                                                  .read = jobs_read, .source = lent };
	return OK;
}

void departure_begin(struct destination *destination, struct letter *letter)
{
	struct departure *departure = pool_take(&destination->office->departures);
	enum result result;

	if (departure == NULL) {
		destination_put_back(destination, letter);
		return;
	}
	departure->job = (struct job){ .work = work, .done = done };
	departure->destination = destination;
	departure->letter = letter;
	buffer_init(&departure->head, HEAD_LIMIT);
	destination->going++;
	jobs_hold(letter->lent);
	result = prepare(departure);
	if (result == OK) {
		crew_give(&destination->office->crew, &departure->job);
		return;
	}
	settle(departure, result == REFUSED ? RELAY_FAILED : RELAY_DEFERRED,
	       result == REFUSED ? "553 5.1.3 the address makes no mailbox name" : "451 4.3.0 no room for the headers");
	leave(departure);
}

void departures_init(struct office *office)
{
	pool_init(&office->departures, sizeof(struct departure), DEPARTURES_MOST);
}
