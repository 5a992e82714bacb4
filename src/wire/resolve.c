/* SPDX-License-Identifier: Apache-2.0 */
/* Questions stand in a list; a clock that ticks while there are any ends those whose time is over. */
#include "wire/resolve.h"

#include "base/process.h"
#include "base/pack.h"

enum { TICK_MS = 1000, PATIENCE_MS = 60000 };

static bool take_out(struct resolve *resolve, struct question *question)
{
	struct question **at = &resolve->questions;

	while (*at && *at != question)
		at = &(*at)->next;
	if (*at == NULL)
		return false;
	*at = question->next;
	question->exchange = 0;
	return true;
}

static void answer(struct resolve *resolve, struct question *question, const struct dns_reply *reply)
{
	if (take_out(resolve, question))
		question->answered(question->owner, reply);
}

/* An answer may ask again or forget others, so each look begins anew. */
static struct question *find_overdue(struct resolve *resolve, uint64_t now)
{
	for (struct question *question = resolve->questions; question; question = question->next)
		if (question->until <= now)
			return question;
	return NULL;
}

static void tick(void *own)
{
	struct resolve *resolve = own;
	const struct dns_reply failed = { .end = DNS_FAILED };
	uint64_t now = loop_ticks(resolve->loop);
	struct question *question;

	while ((question = find_overdue(resolve, now)) != NULL)
		answer(resolve, question, &failed);
	if (resolve->questions)
		(void)!timer_start(&resolve->clock, TICK_MS);
}

static void read_records(struct unpack *from, struct dns_reply *reply)
{
	reply->count = unpack_u32(from);
	if (reply->count > DNS_RECORDS)
		from->bad = true;
	for (uint32_t i = 0; i < reply->count && !from->bad; i++)
		reply->records[i] = unpack_slice(from, UINT16_MAX);
}

enum result resolve_read_answer(struct slice payload, struct dns_reply *reply)
{
	struct unpack from = unpack_from(payload);
	uint8_t end = unpack_u8(&from);

	reply->secure = unpack_u8(&from) == 1;
	reply->ttl = unpack_u32(&from);
	read_records(&from, reply);
	TRY(unpack_end(&from));
	if (end > DNS_FAILED || (end == DNS_FOUND) != (reply->count > 0))
		return REFUSED;
	reply->end = (enum dns_end)end;
	return OK;
}

static enum result frame_came(void *own, struct frame *frame)
{
	struct resolve *resolve = own;
	struct dns_reply reply = { 0 };

	if (frame->kind != DNS_ANSWER)
		return REFUSED;
	TRY(resolve_read_answer(frame->payload, &reply));
	for (struct question *question = resolve->questions; question; question = question->next) {
		if (question->exchange != frame->exchange)
			continue;
		answer(resolve, question, &reply);
		return OK;
	}
	return OK;                             /* forgotten meanwhile */
}

/* What was asked over a wire that ended is not answered any more: soon, through the loop, it has failed. */
static void resolver_gone(struct resolve *resolve)
{
	for (struct question *question = resolve->questions; question; question = question->next)
		question->until = 0;
	if (resolve->questions)
		(void)!timer_start(&resolve->clock, 1);
}

static void wire_closed(void *own)
{
	struct resolve *resolve = own;

	process_wire_lost(resolve->process, "resolver", 0);
	resolver_gone(resolve);
}

static const struct channel_handler handler = { frame_came, wire_closed };

enum result resolve_wire(struct resolve *resolve, int fd)
{
	channel_close(&resolve->wire);
	resolver_gone(resolve);
	return channel_open(&resolve->wire, resolve->loop, fd, RELAY_RESOLVER_LONGEST, &handler, resolve);
}

static enum result send_question(struct resolve *resolve, enum dns_type type, struct slice name, uint64_t exchange)
{
	struct buffer payload;
	enum result result;

	if (name.len == 0 || name.len > DNS_NAME)
		return REFUSED;
	buffer_init(&payload, 512);
	result = pack_u32(&payload, (uint32_t)type);
	if (result == OK)
		result = pack_slice(&payload, name);
	if (result == OK)
		result = channel_send(&resolve->wire, DNS_ASK, exchange, buffer_slice(&payload), -1);
	buffer_finish(&payload);
	return result;
}

void resolve_ask(struct resolve *resolve, enum dns_type type, struct slice name, struct question *question)
{
	bool sent;

	question->exchange = ++resolve->minted;
	sent = send_question(resolve, type, name, question->exchange) == OK;
	question->until = sent ? loop_ticks(resolve->loop) + PATIENCE_MS : 0;
	question->next = resolve->questions;
	resolve->questions = question;
	if (!sent || question->next == NULL)
		(void)!timer_start(&resolve->clock, sent ? TICK_MS : 1);
}

void resolve_forget(struct resolve *resolve, struct question *question)
{
	uint64_t exchange = question->exchange;

	if (exchange != 0 && take_out(resolve, question))
		(void)!channel_send(&resolve->wire, DNS_FORGET, exchange, (struct slice){ 0 }, -1);
}

/* What goes on into replies, logs and notices: no control bytes, whatever the DNS had. */
static bool is_plain(struct slice host)
{
	for (size_t i = 0; i < host.len; i++)
		if (host.at[i] <= ' ' || host.at[i] > '~')
			return false;
	return true;
}

enum result resolve_read_mx(struct slice rdata, uint32_t *ret_preference, struct slice *ret_host)
{
	struct unpack from = unpack_from(rdata);
	uint32_t preference = unpack_u32(&from);
	struct slice host = unpack_slice(&from, DNS_NAME);

	TRY(unpack_end(&from));
	if (!is_plain(host))
		return REFUSED;
	*ret_preference = preference;
	*ret_host = host;
	return OK;
}

void resolve_init(struct resolve *resolve, struct loop *loop)
{
	*resolve = (struct resolve){ .loop = loop };
	timer_init(&resolve->clock, loop, tick, resolve);
}

void resolve_finish(struct resolve *resolve)
{
	channel_close(&resolve->wire);
	timer_end(&resolve->clock);
}
