/* SPDX-License-Identifier: Apache-2.0 */
/* Questions stand in a list by their exchange number; an answer that nobody waits for is passed over. */
#include "access/names.h"

#include "base/pack.h"
#include "base/process.h"

#include <string.h>

static bool take_out(struct names *names, struct name_question *question)
{
	struct name_question **at = &names->first;

	while (*at && *at != question)
		at = &(*at)->next;
	if (*at == NULL)
		return false;
	*at = question->next;
	question->exchange = 0;
	return true;
}

static enum result send_question(struct names *names, struct name_question *question)
{
	struct buffer payload;
	enum result end;

	buffer_init(&payload, 512);
	end = pack_u32(&payload, (uint32_t)question->type);
	if (end == OK)
		end = pack_slice(&payload, question->name);
	if (end == OK)
		end = channel_send(&names->wire, DNS_ASK, question->exchange, buffer_slice(&payload), -1);
	buffer_finish(&payload);
	return end;
}

static enum result ask(struct names *names, struct name_question *question, enum dns_type type)
{
	question->type = type;
	question->exchange = ++names->minted;
	if (!channel_is_open(&names->wire) || question->name.len > DNS_NAME || send_question(names, question) != OK)
		return LATER;
	question->next = names->first;
	names->first = question;
	return OK;
}

enum result names_ask(struct names *names, struct name_question *question)
{
	return ask(names, question, DNS_A);
}

void names_forget(struct names *names, struct name_question *question)
{
	uint64_t exchange = question->exchange;

	if (exchange && take_out(names, question) && channel_is_open(&names->wire))
		(void)!channel_send(&names->wire, DNS_FORGET, exchange, SLICE(""), -1);
}

static struct in6_addr address_of(struct slice rdata, enum dns_type type)
{
	struct in6_addr address = { .s6_addr = { [10] = 0xff, [11] = 0xff } };

	if (type == DNS_A)
		memcpy(&address.s6_addr[12], rdata.at, 4);
	else
		memcpy(&address, rdata.at, sizeof(address));
	return address;
}

/* The records after the head; REFUSED: they are none of that type. */
static enum result read_addresses(struct unpack *from, enum dns_type type, struct in6_addr *addresses, size_t *ret_count)
{
	uint32_t count = unpack_u32(from);
	size_t kept = 0;

	for (uint32_t i = 0; i < count && i < DNS_RECORDS && !from->bad; i++) {
		struct slice rdata = unpack_slice(from, sizeof(struct in6_addr));

		if (from->bad || rdata.len != (type == DNS_A ? 4u : 16u))
			return REFUSED;
		if (kept < NAMES_ADDRESSES)
			addresses[kept++] = address_of(rdata, type);
	}
	*ret_count = kept;
	return unpack_end(from);
}

static enum result hear(struct names *names, struct name_question *question, struct slice payload)
{
	struct unpack from = unpack_from(payload);
	struct in6_addr addresses[NAMES_ADDRESSES];
	enum dns_type type = question->type;
	uint8_t end = unpack_u8(&from);
	size_t count;

	(void)unpack_u8(&from);
	(void)unpack_u32(&from);
	TRY(read_addresses(&from, type, addresses, &count));
	(void)take_out(names, question);
	if (end == DNS_NO_RECORDS && type == DNS_A && ask(names, question, DNS_AAAA) == OK)
		return OK;
	question->answered(question, addresses, end == DNS_FOUND ? count : 0);
	return OK;
}

static enum result frame_came(void *own_names, struct frame *frame)
{
	struct names *names = own_names;

	if (frame->kind != DNS_ANSWER)
		return REFUSED;
	for (struct name_question *question = names->first; question; question = question->next)
		if (question->exchange == frame->exchange)
			return hear(names, question, frame->payload);
	return OK;
}

static void nobody_answers(struct names *names)
{
	struct name_question *question;

	while ((question = names->first) != NULL) {
		(void)take_out(names, question);
		question->answered(question, NULL, 0);
	}
}

static void wire_closed(void *own_names)
{
	struct names *names = own_names;

	process_wire_lost(names->process, "resolver", 0);
	nobody_answers(names);
}

static const struct channel_handler handler = { frame_came, wire_closed };

void names_init(struct names *names, struct process *process, struct loop *loop)
{
	*names = (struct names){ .process = process, .loop = loop };
}

enum result names_wire(struct names *names, int fd)
{
	channel_close(&names->wire);
	nobody_answers(names);
	return channel_open(&names->wire, names->loop, fd, RELAY_RESOLVER_LONGEST, &handler, names);
}

void names_finish(struct names *names)
{
	channel_close(&names->wire);
}
