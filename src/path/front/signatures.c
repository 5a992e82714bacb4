/* SPDX-License-Identifier: Apache-2.0 */
/* An exchange number is a serial and the place of its slot, so an answer finds its handshake at once. */
#include "front/signatures.h"

#include "base/pack.h"

#include <string.h>

enum { PLACE_BITS = 10, PLACE_MASK = (1 << PLACE_BITS) - 1 };
_Static_assert(SIGNATURES_MOST == 1 << PLACE_BITS, "a place fits");

/* ---- questions ---- */

static struct signature *free_slot(struct signatures *signatures)
{
	for (size_t i = 0; i < SIGNATURES_MOST; i++) {
		size_t place = (signatures->next + i) & PLACE_MASK;

		if (signatures->slots[place].tls)
			continue;
		signatures->next = (place + 1) & PLACE_MASK;
		return &signatures->slots[place];
	}
	return NULL;
}

static enum result send_question(struct signatures *signatures, uint64_t exchange, const struct tls_question *question)
{
	struct buffer said;
	enum result end;

	buffer_init(&said, FRONT_KEYS_LONGEST);
	end = pack_u32(&said, question->scheme);
	if (end == OK)
		end = pack_slice(&said, (struct slice){ (const char *)question->key, TLS_KEY_ID });
	if (end == OK)
		end = pack_slice(&said, (struct slice){ (const char *)question->digest, question->digest_length });
	if (end == OK)
		end = channel_send(&signatures->wire, FRONT_SIGN, exchange, buffer_slice(&said), -1);
	buffer_finish(&said);
	return end;
}

static enum result ask(void *owner, struct tls *tls, const struct tls_question *question)
{
	struct signatures *signatures = owner;
	struct signature *slot = free_slot(signatures);
	uint64_t exchange;

	if (slot == NULL || !channel_is_open(&signatures->wire))
		return LATER;
	exchange = ++signatures->serial << PLACE_BITS | (uint64_t)(slot - signatures->slots);
	TRY(send_question(signatures, exchange, question));
	*slot = (struct signature){ exchange, tls };
	return OK;
}

static void forget(void *owner, struct tls *tls)
{
	struct signatures *signatures = owner;

	for (size_t i = 0; i < SIGNATURES_MOST; i++)
		if (signatures->slots[i].tls == tls)
			signatures->slots[i] = (struct signature){ 0 };
}

/* ---- answers ---- */

static void answer(struct signatures *signatures, struct signature *slot, enum result end, struct slice signature)
{
	struct tls *tls = slot->tls;

	*slot = (struct signature){ 0 };
	tls_signed(tls, end, signature);
	signatures->answered(tls);
}

static enum result answer_came(struct signatures *signatures, const struct frame *frame)
{
	struct signature *slot = &signatures->slots[frame->exchange & PLACE_MASK];
	struct unpack from = unpack_from(frame->payload);
	struct slice signature = { 0 };

	if (frame->kind == KEYS_SIGNED)
		signature = unpack_slice(&from, TLS_SIGNATURE_MOST);
	TRY(unpack_end(&from));
	/* Whoever was to have it may be gone; a number never given out is no answer. */
	if (slot->tls == NULL || slot->exchange != frame->exchange)
		return frame->exchange >> PLACE_BITS <= signatures->serial ? OK : REFUSED;
	answer(signatures, slot, frame->kind == KEYS_SIGNED ? OK : REFUSED, signature);
	return OK;
}

static enum result held_came(struct signatures *signatures, const struct frame *frame)
{
	struct unpack from = unpack_from(frame->payload);
	uint32_t count = unpack_u32(&from);
	uint8_t names[KEYS_MOST][TLS_KEY_ID];

	if (count > KEYS_MOST)
		return REFUSED;
	for (uint32_t i = 0; i < count; i++) {
		struct slice name = unpack_slice(&from, TLS_KEY_ID);

		if (name.len != TLS_KEY_ID)
			return REFUSED;
		memcpy(names[i], name.at, TLS_KEY_ID);
	}
	TRY(unpack_end(&from));
	signatures->held(signatures->owner, (const uint8_t(*)[TLS_KEY_ID])names, count);
	return OK;
}

static enum result frame_came(void *own, struct frame *frame)
{
	switch (frame->kind) {
	case KEYS_HELD:
		return held_came(own, frame);
	case KEYS_SIGNED:
	case KEYS_DENIED:
		return answer_came(own, frame);
	}
	return REFUSED;
}

/* ---- the wire ---- */

static void keys_gone(struct signatures *signatures)
{
	signatures->held(signatures->owner, NULL, 0);
	for (size_t i = 0; i < SIGNATURES_MOST; i++)
		if (signatures->slots[i].tls)
			answer(signatures, &signatures->slots[i], LATER, SLICE(""));
}

static void closed(void *own)
{
	struct signatures *signatures = own;

	process_wire_lost(signatures->process, "keys", 0);
	keys_gone(signatures);
}

static const struct channel_handler handler = { .frame = frame_came, .closed = closed };

void signatures_init(struct signatures *signatures, struct process *process)
{
	signatures->process = process;
	signatures->signer = (struct tls_signer){ ask, forget, signatures };
}

enum result signatures_open(struct signatures *signatures, int fd)
{
	if (channel_is_open(&signatures->wire)) {
		channel_close(&signatures->wire);
		keys_gone(signatures);
	}
	return channel_open(&signatures->wire, &signatures->process->loop, fd, FRONT_KEYS_LONGEST, &handler, signatures);
}
