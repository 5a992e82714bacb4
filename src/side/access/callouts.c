/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An inquiry is what is being asked, with all who wait for it; it goes from hop to hop until one answers. Every end
 * comes through the loop.
 */
#include "access/callouts.h"

#include "access/reach.h"

#include <string.h>

enum { INQUIRIES = 1024, HOPS_MOST = 4096, HOPS_OF_ONE = 8, MINUTE_MS = 60000,
       DEAD_MS = 10000 };

struct inquiry {
	struct callouts *callouts;
	struct inquiry *next;
	struct callout *waiting;
	struct hop *hops[HOPS_OF_ONE], *now;   /* now: counted in its `running` */
	size_t hop_count, place;
	struct timer timer;
	struct reach reach;
	bool limited, unsure;
	uint16_t length;
	char recipient[ACCESS_ADDRESS];
};

static void remember(struct callouts *callouts, struct slice address, bool there)
{
	const struct access_settings *settings = &callouts->settings;
	uint64_t life = there ? settings->callout_known.n : settings->callout_unknown.n;

	facts_remember(&callouts->facts, address, there, loop_ticks(callouts->loop) + life * 1000,
	               (size_t)settings->callout_cache.n);
}

/* ---- hops ---- */

static struct hop *find_hop(struct callouts *callouts, struct slice text)
{
	struct hop *hop = callouts->hops;

	while (hop && !slice_same((struct slice){ hop->text, hop->length }, text))
		hop = hop->next;
	if (hop || text.len > TARGET_TEXT)
		return hop;
	hop = pool_take(&callouts->targets);
	if (hop == NULL)
		return NULL;
	memcpy(hop->text, text.at, text.len);
	hop->length = text.len;
	if (target_parse((struct slice){ hop->text, hop->length }, &hop->target) != OK || hop->target.kind == TARGET_MAILDIR ||
	    settings_fill(callouts->all, &target_settings_section, text, &hop->settings) != OK) {
		pool_give(&callouts->targets, hop);
		return NULL;
	}
	hop->next = callouts->hops;
	callouts->hops = hop;
	return hop;
}

static bool is_free(struct callouts *callouts, struct hop *hop)
{
	uint64_t now = loop_ticks(callouts->loop);

	if (now - hop->minute >= MINUTE_MS || hop->minute == 0) {
		hop->minute = now;
		hop->made = 0;
	}
	return hop->running < callouts->settings.callout_connections.n && hop->made < callouts->settings.callout_rate.n;
}

/* ---- inquiries ---- */

static void leave_hop(struct inquiry *inquiry)
{
	reach_drop(&inquiry->reach);
	if (inquiry->now)
		inquiry->now->running--;
	inquiry->now = NULL;
}

static void drop(struct inquiry *inquiry)
{
	struct inquiry **at = &inquiry->callouts->first;

	leave_hop(inquiry);
	timer_end(&inquiry->timer);
	while (*at != inquiry)
		at = &(*at)->next;
	*at = inquiry->next;
	pool_give(&inquiry->callouts->inquiries, inquiry);
}

/* It is gone before those who waited hear of it: they may ask again. */
static void conclude(struct inquiry *inquiry, enum result end)
{
	struct callout *waiting = inquiry->waiting, *next;

	for (struct callout *one = waiting; one; one = one->next)
		one->inquiry = NULL;
	drop(inquiry);
	for (; waiting; waiting = next) {
		next = waiting->next;
		waiting->answered(waiting, end);
	}
}

static void give_up(struct inquiry *inquiry)
{
	struct callouts *callouts = inquiry->callouts;
	bool accept = callouts->settings.callout_dead.is == ACCESS_DEAD_ACCEPT;

	if (inquiry->limited)
		counter_add(callouts->counters, ACCESS_COUNT_callouts_limited, 1);
	else
		counter_add(callouts->counters, ACCESS_COUNT_callouts_dead, 1);
	conclude(inquiry, accept && !inquiry->limited && !inquiry->unsure ? OK : LATER);
}

static void try_next_hop(struct inquiry *inquiry);

static void hop_is_dead(struct inquiry *inquiry)
{
	inquiry->now->dead_until = loop_ticks(inquiry->callouts->loop) + DEAD_MS;
	leave_hop(inquiry);
	try_next_hop(inquiry);
}

static void reach_ended(struct reach *reach, enum probe_end end)
{
	struct inquiry *inquiry = (struct inquiry *)((char *)reach - offsetof(struct inquiry, reach));
	struct slice address = { inquiry->recipient, inquiry->length };

	switch (end) {
	case PROBE_THERE:
	case PROBE_NOT_THERE:
		remember(inquiry->callouts, address, end == PROBE_THERE);
		conclude(inquiry, end == PROBE_THERE ? OK : REFUSED);
		return;
	case PROBE_UNSURE:
		inquiry->unsure = true;
		leave_hop(inquiry);
		try_next_hop(inquiry);
		return;
	case PROBE_BAD_TLS:
	case PROBE_DEAD:
		hop_is_dead(inquiry);
	}
}

static enum result begin_hop(struct inquiry *inquiry)
{
	inquiry->reach = (struct reach){ .shared = inquiry->callouts->reaches, .target = &inquiry->now->target,
		                         .settings = &inquiry->now->settings,
		                         .recipient = { inquiry->recipient, inquiry->length }, .ended = reach_ended };
	return reach_begin(&inquiry->reach);
}

static bool take_hop(struct inquiry *inquiry, struct hop *hop)
{
	struct callouts *callouts = inquiry->callouts;
	enum result begun = LATER;

	if (hop->dead_until > loop_ticks(callouts->loop))
		return false;
	if (!is_free(callouts, hop)) {
		inquiry->limited = true;
		return false;
	}
	inquiry->now = hop;
	hop->running++;
	hop->made++;
	counter_add(callouts->counters, ACCESS_COUNT_callouts, 1);
	if (timer_start(&inquiry->timer, callouts->settings.callout_timeout.n * 1000) == OK)
		begun = begin_hop(inquiry);
	if (begun == OK)
		return true;
	if (begun == REFUSED)
		inquiry->unsure = true;
	else
		hop->dead_until = loop_ticks(callouts->loop) + DEAD_MS;
	leave_hop(inquiry);
	return false;
}

static void try_next_hop(struct inquiry *inquiry)
{
	while (inquiry->place < inquiry->hop_count)
		if (take_hop(inquiry, inquiry->hops[inquiry->place++]))
			return;
	give_up(inquiry);
}

/* A handshake that may fail and does not end: the same hop without TLS, with as long again. */
static bool goes_on_plain(struct inquiry *inquiry)
{
	uint64_t ms = inquiry->callouts->settings.callout_timeout.n * 1000;

	return reach_forgoes_tls(&inquiry->reach) && timer_start(&inquiry->timer, ms) == OK;
}

/* The first time it only begins; later, the hop has been silent for too long. */
static void timer_due(void *owner)
{
	struct inquiry *inquiry = owner;

	if (inquiry->now && goes_on_plain(inquiry))
		return;
	if (inquiry->now)
		hop_is_dead(inquiry);
	else
		try_next_hop(inquiry);
}

static struct inquiry *begin_inquiry(struct callouts *callouts, const struct slice *targets, size_t count,
                                     struct slice address)
{
	struct inquiry *inquiry = pool_take(&callouts->inquiries);

	if (inquiry == NULL)
		return NULL;
	inquiry->callouts = callouts;
	memcpy(inquiry->recipient, address.at, address.len);
	inquiry->length = (uint16_t)address.len;
	for (size_t i = 0; i < count && inquiry->hop_count < HOPS_OF_ONE; i++) {
		struct hop *hop = find_hop(callouts, targets[i]);

		if (hop)
			inquiry->hops[inquiry->hop_count++] = hop;
	}
	timer_init(&inquiry->timer, callouts->loop, timer_due, inquiry);
	if (timer_start(&inquiry->timer, 0) != OK) {
		timer_end(&inquiry->timer);
		pool_give(&callouts->inquiries, inquiry);
		return NULL;
	}
	inquiry->next = callouts->first;
	callouts->first = inquiry;
	return inquiry;
}

static struct inquiry *find_inquiry(const struct callouts *callouts, struct slice address)
{
	struct inquiry *inquiry = callouts->first;

	while (inquiry && !slice_same((struct slice){ inquiry->recipient, inquiry->length }, address))
		inquiry = inquiry->next;
	return inquiry;
}

enum result callouts_ask(struct callouts *callouts, const struct slice *targets, size_t count, struct callout *callout)
{
	struct inquiry *inquiry;
	enum result known;

	if (callout->address.len > ACCESS_ADDRESS)
		return LATER;
	known = facts_find(&callouts->facts, callout->address, loop_ticks(callouts->loop));
	if (known != AGAIN) {
		counter_add(callouts->counters, ACCESS_COUNT_callouts_cached, 1);
		return known;
	}
	inquiry = find_inquiry(callouts, callout->address);
	if (inquiry == NULL)
		inquiry = begin_inquiry(callouts, targets, count, callout->address);
	if (inquiry == NULL)
		return LATER;
	callout->inquiry = inquiry;
	callout->next = inquiry->waiting;
	inquiry->waiting = callout;
	return AGAIN;
}

void callouts_forget(struct callouts *callouts, struct callout *callout)
{
	struct inquiry *inquiry = callout->inquiry;
	struct callout **at;

	(void)callouts;
	if (inquiry == NULL)
		return;
	callout->inquiry = NULL;
	for (at = &inquiry->waiting; *at && *at != callout; at = &(*at)->next)
		;
	if (*at)
		*at = callout->next;
	if (inquiry->waiting == NULL)
		drop(inquiry);
}

void callouts_settle(struct callouts *callouts, const struct access_settings *settings)
{
	const struct target_settings nobody = { .tls = { TARGET_TLS_DANE } };

	callouts->settings = *settings;
	for (struct hop *hop = callouts->hops; hop; hop = hop->next)
		if (settings_fill(callouts->all, &target_settings_section, (struct slice){ hop->text, hop->length },
		                  &hop->settings) != OK)
			hop->settings = nobody;
}

enum result callouts_init(struct callouts *callouts, struct loop *loop, struct counters *counters,
                          struct reaches *reaches, struct settings *all, const struct access_settings *settings)
{
	*callouts = (struct callouts){ .loop = loop, .counters = counters, .reaches = reaches, .all = all,
		                       .settings = *settings };
	TRY(facts_init(&callouts->facts));
	pool_init(&callouts->inquiries, sizeof(struct inquiry), INQUIRIES);
	pool_init(&callouts->targets, sizeof(struct hop), HOPS_MOST);
	return OK;
}

void callouts_finish(struct callouts *callouts)
{
	while (callouts->first) {
		for (struct callout *one = callouts->first->waiting; one; one = one->next)
			one->inquiry = NULL;
		drop(callouts->first);
	}
	facts_finish(&callouts->facts);
	pool_finish(&callouts->inquiries);
	pool_finish(&callouts->targets);
}
