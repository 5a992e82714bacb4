/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a next hop's replies, in pieces: the talk ends, and says only what it may. */
#include "access/probe.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct slice rest = { (const char *)bytes, size };
	struct probe_talk talk = { .hostname = SLICE("mx.example.org"), .recipient = SLICE("a@b.example") };
	struct buffer in, out;
	enum result end = AGAIN;
	size_t step = size ? bytes[0] % 64 + 1u : 1;

	talk.lmtp = size & 1;
	talk.wants_tls = size & 2;
	talk.needs_tls = size & 4;
	reply_init(&talk.reply);
	buffer_init(&in, PROBE_INPUT);
	buffer_init(&out, PROBE_OUTPUT);
	while (rest.len && end == AGAIN) {
		if (buffer_add(&in, slice_take(&rest, step)) != OK)
			abort();
		end = probe_hear(&talk, &in, &out);
		if (end == AGAIN && talk.stage == PROBE_SHAKING)
			end = probe_secured(&talk, &out);
	}
	if ((end != OK && end != AGAIN) || talk.stage >= PROBE_STAGES || buffer_length(&out) > 200)
		abort();
	if (talk.needs_tls && !talk.secure && talk.stage >= PROBE_MAIL)
		abort();
	if (end == OK && talk.stage != PROBE_RCPT && (talk.end == PROBE_THERE || talk.end == PROBE_NOT_THERE))
		abort();
	buffer_finish(&in);
	buffer_finish(&out);
	return 0;
}
