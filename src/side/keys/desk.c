/* SPDX-License-Identifier: Apache-2.0 */
/* A question is answered while it is read: a signature takes about a millisecond, and the wire's order is the queue. */
#include "keys/desk.h"

#include "base/pack.h"
#include "keys/keys.h"

#include <string.h>
#include <unistd.h>

enum { MS_A_SECOND = 1000 };

enum result desk_read(struct slice payload, struct tls_question *ret_question)
{
	struct unpack from = unpack_from(payload);
	uint32_t scheme = unpack_u32(&from);
	struct slice key = unpack_slice(&from, TLS_KEY_ID), digest = unpack_slice(&from, TLS_DIGEST_MOST);
	const struct tls_scheme_row *row = tls_scheme_find(scheme);
	struct tls_question question = { 0 };

	TRY(unpack_end(&from));
	if (row == NULL || key.len != TLS_KEY_ID || digest.len != row->digest_length)
		return REFUSED;
	question.scheme = row->scheme;
	question.digest_length = digest.len;
	memcpy(question.key, key.at, key.len);
	memcpy(question.digest, digest.at, digest.len);
	*ret_question = question;
	return OK;
}

/* Who asks for more than all handshakes of the world has been taken over, and must not hold up the others. */
static bool asks_too_much(struct asker *asker)
{
	uint64_t second = loop_ticks(asker->desk->loop) / MS_A_SECOND;

	if (asker->second != second)
		asker->asked = 0;
	asker->second = second;
	return ++asker->asked > KEYS_RATE;
}

static void count(const struct desk *desk, enum keys_count which)
{
	if (desk->counters)
		counter_add(desk->counters, which, 1);
}

static enum result reply(struct asker *asker, uint64_t exchange, enum result signed_, struct buffer *answer)
{
	bool good = signed_ == OK;

	count(asker->desk, good ? KEYS_COUNT_signed : KEYS_COUNT_denied);
	return channel_send(&asker->wire, good ? KEYS_SIGNED : KEYS_DENIED, exchange,
	                    good ? buffer_slice(answer) : (struct slice){ 0 }, -1) == OK ? OK : REFUSED;
}

static enum result sign(struct asker *asker, const struct frame *frame)
{
	struct buffer signature, answer;
	struct tls_question question;
	enum result result;

	TRY(desk_read(frame->payload, &question));
	buffer_init(&signature, TLS_SIGNATURE_MOST);
	buffer_init(&answer, FRONT_KEYS_LONGEST);
	result = asks_too_much(asker) ? LATER : ring_sign(asker->desk->ring, &question, &signature);
	if (result == OK)
		result = pack_slice(&answer, buffer_slice(&signature));
	result = reply(asker, frame->exchange, result, &answer);
	buffer_finish(&signature);
	buffer_finish(&answer);
	return result;
}

static enum result frame_came(void *own_asker, struct frame *frame)
{
	return frame->kind == FRONT_SIGN ? sign(own_asker, frame) : REFUSED;
}

static void wire_gone(void *own_asker)
{
	struct asker *asker = own_asker;

	process_wire_lost(asker->desk->process, "front", asker->instance);
}

static const struct channel_handler handler = { .frame = frame_came, .closed = wire_gone };

static void tell(struct asker *asker)
{
	struct buffer names;

	buffer_init(&names, FRONT_KEYS_LONGEST);
	if (ring_names(asker->desk->ring, &names) != OK ||
	    channel_send(&asker->wire, KEYS_HELD, 0, buffer_slice(&names), -1) != OK)
		channel_close(&asker->wire);
	buffer_finish(&names);
}

void desk_tell(struct desk *desk)
{
	for (size_t i = 0; i < DESK_WIRES; i++)
		if (channel_is_open(&desk->askers[i].wire))
			tell(&desk->askers[i]);
}

static struct asker *place_for(struct desk *desk, uint32_t instance)
{
	struct asker *unused = NULL;

	for (size_t i = 0; i < DESK_WIRES; i++) {
		struct asker *asker = &desk->askers[i];

		if (!channel_is_open(&asker->wire))
			unused = asker;
		else if (asker->instance == instance)
			return asker;
	}
	return unused;
}

enum result desk_wire(struct desk *desk, uint32_t instance, int fd)
{
	struct asker *asker = place_for(desk, instance);

	if (asker == NULL) {
		(void)close(fd);
		return LATER;
	}
	channel_close(&asker->wire);
	*asker = (struct asker){ .desk = desk, .instance = instance };
	TRY(channel_open(&asker->wire, desk->loop, fd, FRONT_KEYS_LONGEST, &handler, asker));
	tell(asker);
	return OK;
}

void desk_finish(struct desk *desk)
{
	for (size_t i = 0; i < DESK_WIRES; i++)
		channel_close(&desk->askers[i].wire);
}
