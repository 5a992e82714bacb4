/* SPDX-License-Identifier: Apache-2.0 */
/* A result's exchange number is the message's number and the addressee's place in it, so NOTED finds both. */
#include "relay/jobs.h"

#include "base/fd.h"
#include "base/pack.h"
#include "relay/relay.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

enum { JOB_MEMORY = 16 << 20, RESULT_SIZE = 4096 };

/* --- saying ------------------------------------------------------------------------------- */

static enum result pack_result(const struct lent *lent, const struct addressee *addressee, struct buffer *to)
{
	TRY(pack_slice(to, lent->id));
	TRY(pack_u32(to, lent->serial));
	TRY(pack_u32(to, addressee->place));
	TRY(pack_u8(to, (uint8_t)addressee->outcome));
	TRY(pack_slice(to, addressee->route));
	return pack_slice(to, addressee->reply);
}

/* What the wire does not take now is said again by jobs_say_again(), or on the next wire. */
static void say_result(struct jobs *jobs, const struct lent *lent, struct addressee *addressee)
{
	uint64_t exchange = (uint64_t)lent->number << 32 | (uint64_t)(addressee - lent->addressees);
	struct buffer payload;

	buffer_init(&payload, RESULT_SIZE);
	addressee->unsaid = pack_result(lent, addressee, &payload) != OK ||
	                    channel_send(&jobs->wire, RELAY_RESULT, exchange, buffer_slice(&payload), -1) != OK;
	jobs->unsaid = jobs->unsaid || addressee->unsaid;
	buffer_finish(&payload);
}

static enum result say_of(struct jobs *jobs, const struct lent *lent, enum relay_returns what)
{
	struct buffer payload;
	enum result result;

	buffer_init(&payload, RESULT_SIZE);
	result = pack_slice(&payload, lent->id);
	if (result == OK)
		result = pack_u32(&payload, lent->serial);
	if (result == OK)
		result = channel_send(&jobs->wire, (uint8_t)what, lent->exchange, buffer_slice(&payload), -1);
	buffer_finish(&payload);
	return result;
}

/* --- the end of a message ---------------------------------------------------------------- */

static void show_level(struct jobs *jobs)
{
	counter_set(jobs->counters, RELAY_COUNT_lent, jobs->pool.used);
}

static void drop(struct jobs *jobs, struct lent *lent)
{
	struct lent **at = &jobs->list;

	while (*at && *at != lent)
		at = &(*at)->next;
	if (*at)
		*at = lent->next;
	fd_close(&lent->fd);
	arena_finish(&lent->memory);
	pool_give(&jobs->pool, lent);
	show_level(jobs);
}

static void end_if_done(struct jobs *jobs, struct lent *lent)
{
	if (lent->unnoted > 0 || lent->held > 0)
		return;
	if (say_of(jobs, lent, RELAY_ENDED) != OK && channel_is_open(&jobs->wire))
		jobs->unsaid = true;           /* soon again */
	else
		drop(jobs, lent);
}

void jobs_hold(struct lent *lent)
{
	lent->held++;
}

void jobs_release(struct jobs *jobs, struct lent *lent)
{
	lent->held--;
	end_if_done(jobs, lent);
}

/* --- settling ------------------------------------------------------------------------------ */

static const struct { const char *event; enum log_level level; enum relay_count count; } outcomes[] = {
	[RELAY_DELIVERED] = { "delivered", LOG_LEVEL_INFO,   RELAY_COUNT_delivered },
	[RELAY_DEFERRED]  = { "deferred",  LOG_LEVEL_NOTICE, RELAY_COUNT_deferred },
	[RELAY_FAILED]    = { "failed",    LOG_LEVEL_NOTICE, RELAY_COUNT_failed },
	[RELAY_BUSY]      = { "busy",      LOG_LEVEL_DEBUG,  RELAY_COUNT_busy },
	[RELAY_RELAYED]   = { "delivered", LOG_LEVEL_INFO,   RELAY_COUNT_delivered },
	[RELAY_PASSED_ON] = { "delivered", LOG_LEVEL_INFO,   RELAY_COUNT_delivered },
};

static void log_outcome(struct jobs *jobs, const struct lent *lent, const struct addressee *addressee)
{
	struct log_line line;

	counter_add(jobs->counters, outcomes[addressee->outcome].count, 1);
	log_begin(&line, jobs->log, outcomes[addressee->outcome].level, lent->id, outcomes[addressee->outcome].event);
	log_text(&line, "to", addressee->address);
	log_text(&line, "route", addressee->route);
	if (addressee->letter && addressee->letter->tls.len)
		log_text(&line, "tls", addressee->letter->tls);
	log_text(&line, "reply", addressee->reply);
	log_end(&line);
}

void jobs_settle(struct jobs *jobs, struct lent *lent, struct addressee *addressee, enum relay_outcome outcome,
                 struct slice route, struct slice reply)
{
	if (addressee->state != TO_DELIVER)
		return;
	addressee->state = TO_BE_NOTED;
	addressee->outcome = outcome;
	if (arena_keep(&lent->memory, route, &addressee->route) != OK)
		addressee->route = (struct slice){ 0 };
	if (arena_keep(&lent->memory, slice_take(&reply, RELAY_REPLY), &addressee->reply) != OK)
		addressee->reply = SLICE("450 4.3.0 no room to keep the reply");
	lent->to_deliver--;
	log_outcome(jobs, lent, addressee);
	say_result(jobs, lent, addressee);
}

void jobs_settle_letter(struct jobs *jobs, struct letter *letter, enum relay_outcome outcome, struct slice route,
                        struct slice reply)
{
	for (struct addressee *addressee = letter->first; addressee; addressee = addressee->next)
		jobs_settle(jobs, letter->lent, addressee, outcome, route, reply);
}

struct letter *jobs_letter(struct lent *lent)
{
	struct letter *letter = arena_new(&lent->memory, struct letter);

	if (letter)
		letter->lent = lent;
	return letter;
}

void jobs_add_to_letter(struct letter *letter, struct addressee *addressee)
{
	if (letter->last)
		letter->last->next = addressee;
	else
		letter->first = addressee;
	letter->last = addressee;
	addressee->letter = letter;
	letter->count++;
	letter->unnoted++;
}

/* --- hearing: DELIVER --------------------------------------------------------------------- */

static enum result take_lent(struct jobs *jobs, struct frame *frame, struct lent *lent)
{
	struct slice kept;
	struct stat status;

	TRY(arena_keep(&lent->memory, frame->payload, &kept));
	TRY(jobs_read_deliver(lent, kept));
	lent->fd = frame_take_fd(frame);
	lent->exchange = frame->exchange;
	lent->number = ++jobs->minted;
	lent->born = fstat(lent->fd, &status) == 0 ? status.st_mtime : 0;
	lent->next = jobs->list;
	jobs->list = lent;
	show_level(jobs);
	return OK;
}

/* Not kept: a queue that never hears of it has nothing to remember. */
static enum result turn_away(struct jobs *jobs, struct frame *frame)
{
	struct lent spare = { .fd = -1, .exchange = frame->exchange };
	enum result result;

	arena_init(&spare.memory, JOB_MEMORY);
	result = jobs_read_deliver(&spare, frame->payload);
	for (uint32_t i = 0; i < spare.count && result == OK; i++)
		jobs_settle(jobs, &spare, &spare.addressees[i], RELAY_BUSY, SLICE(""), SLICE("450 4.3.1 the relay is full"));
	if (result == OK)
		result = say_of(jobs, &spare, RELAY_ENDED);
	arena_finish(&spare.memory);
	return result == OK ? OK : REFUSED;
}

static enum result hear_deliver(struct jobs *jobs, struct frame *frame)
{
	struct lent *lent;
	enum result result;

	if (frame->fd < 0)
		return REFUSED;
	lent = pool_take(&jobs->pool);
	if (lent == NULL)
		return turn_away(jobs, frame);
	lent->fd = -1;
	arena_init(&lent->memory, JOB_MEMORY);
	result = take_lent(jobs, frame, lent);
	if (result != OK) {
		log_say(jobs->log, LOG_LEVEL_ERROR, SLICE(""), "deliver-refused", "why",
		        result == LATER ? SLICE("too large") : SLICE("not a DELIVER"));
		drop(jobs, lent);
		return REFUSED;
	}
	jobs->arrived(jobs->owner, lent);
	return OK;
}

/* --- hearing: NOTED, STOPPING ---------------------------------------------------------------- */

static struct lent *find_number(const struct jobs *jobs, uint32_t number)
{
	struct lent *lent = jobs->list;

	while (lent && lent->number != number)
		lent = lent->next;
	return lent;
}

static enum result hear_noted(struct jobs *jobs, struct frame *frame)
{
	struct lent *lent = find_number(jobs, (uint32_t)(frame->exchange >> 32));
	uint32_t place = (uint32_t)frame->exchange;
	struct letter *letter;

	if (lent == NULL || place >= lent->count || lent->addressees[place].state != TO_BE_NOTED)
		return OK;
	lent->addressees[place].state = NOTED;
	letter = lent->addressees[place].letter;
	lent->unnoted--;
	jobs_hold(lent);
	if (letter && --letter->unnoted == 0)
		jobs->noted(jobs->owner, letter);
	jobs_release(jobs, lent);
	return OK;
}

static enum result hear_stopping(struct jobs *jobs, struct frame *frame)
{
	(void)frame;
	jobs->stopping = true;
	return OK;
}

static enum result (*const hears[])(struct jobs *, struct frame *) = {
	[QUEUE_DELIVER] = hear_deliver, [QUEUE_NOTED] = hear_noted, [QUEUE_STOPPING] = hear_stopping,
};

static enum result frame_came(void *own, struct frame *frame)
{
	if (frame->kind >= COUNT_OF(hears) || hears[frame->kind] == NULL)
		return REFUSED;
	return hears[frame->kind](own, frame);
}

static void wire_closed(void *own)
{
	struct jobs *jobs = own;

	log_say(jobs->log, LOG_LEVEL_NOTICE, SLICE(""), "queue-gone", "what", SLICE("results are kept until it is back"));
}

static const struct channel_handler handler = { frame_came, wire_closed };

/* --- a new wire -------------------------------------------------------------------------------- */

static void say_results(struct jobs *jobs, struct lent *lent, bool all)
{
	for (uint32_t i = 0; i < lent->count; i++)
		if (lent->addressees[i].state == TO_BE_NOTED && (all || lent->addressees[i].unsaid))
			say_result(jobs, lent, &lent->addressees[i]);
}

/* All results, then what goes on, then RESUMED: wire/queue-relay.h. A queue that was told RESUMED before the last
 * result would lend again what has been delivered; where the wire is full, the rest waits. */
static void say_where_we_are(struct jobs *jobs, bool all)
{
	jobs->unsaid = false;
	for (struct lent *lent = jobs->list; lent; lent = lent->next)
		say_results(jobs, lent, all);
	for (struct lent *lent = jobs->list; lent && !jobs->unsaid; lent = lent->next)
		if (lent->to_deliver > 0 && say_of(jobs, lent, RELAY_HOLDING) != OK)
			jobs->unsaid = true;
	if (!jobs->unsaid && channel_send(&jobs->wire, RELAY_RESUMED, 0, SLICE(""), -1) == OK)
		jobs->is_resumed = true;
	jobs->unsaid = jobs->unsaid || !jobs->is_resumed;
	if (jobs->is_resumed)
		jobs->resumed(jobs->owner);
}

static void say_the_rest(struct jobs *jobs)
{
	struct lent *next;

	jobs->unsaid = false;
	for (struct lent *lent = jobs->list; lent; lent = next) {
		next = lent->next;
		say_results(jobs, lent, false);
		end_if_done(jobs, lent);
	}
}

void jobs_say_again(struct jobs *jobs)
{
	if (!jobs->unsaid || !channel_is_open(&jobs->wire))
		return;
	if (jobs->is_resumed)
		say_the_rest(jobs);
	else
		say_where_we_are(jobs, false);
}

enum result jobs_wire(struct jobs *jobs, int fd)
{
	channel_close(&jobs->wire);
	TRY(channel_open(&jobs->wire, jobs->loop, fd, QUEUE_RELAY_LONGEST, &handler, jobs));
	jobs->stopping = jobs->is_resumed = false;
	say_where_we_are(jobs, true);
	return OK;
}

bool jobs_may_begin(const struct jobs *jobs)
{
	return channel_is_open(&jobs->wire) && jobs->is_resumed && !jobs->stopping;
}

unsigned long jobs_unnoted(const struct jobs *jobs)
{
	unsigned long count = 0;

	for (const struct lent *lent = jobs->list; lent; lent = lent->next)
		count += lent->unnoted - lent->to_deliver;
	return count;
}

void jobs_init(struct jobs *jobs, struct loop *loop, struct log *log, struct counters *counters)
{
	*jobs = (struct jobs){ .loop = loop, .log = log, .counters = counters };
	pool_init(&jobs->pool, sizeof(struct lent), JOBS_MOST);
}

void jobs_finish(struct jobs *jobs)
{
	channel_close(&jobs->wire);
	while (jobs->list)
		drop(jobs, jobs->list);
	pool_finish(&jobs->pool);
}
