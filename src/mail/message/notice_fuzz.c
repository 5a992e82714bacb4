/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a request, and any as the original: what is composed keeps its limit and its line ends. */
#include "mail/message/notice.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_be_sound(struct slice rest)
{
	if (rest.len > NOTICE_LIMIT)
		abort();
	while (rest.len) {
		struct slice line = slice_cut(&rest, '\n');

		if (line.len == 0 || line.at[line.len - 1] != '\r' || line.len > 999)
			abort();
	}
}

static void compose(struct notice *notice, struct slice original)
{
	struct buffer to;

	buffer_init(&to, NOTICE_LIMIT);
	notice->length = original.len;
	if (notice_compose(notice, original, &to) == OK)
		must_be_sound(buffer_slice(&to));
	buffer_finish(&to);
}

/* The first byte says where the request ends and the original begins. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice rest = { (const char *)data, size }, request;
	struct notice_recipient recipient;
	struct notice notice;
	struct arena arena;

	if (size < 2)
		return 0;
	rest = slice_drop(rest, 1);
	request = slice_take(&rest, (size_t)data[0] * 4);
	recipient = (struct notice_recipient){ request, request, request, request, false, false };
	arena_init(&arena, 1 << 20);
	if (notice_unpack(request, &arena, &notice) == OK)
		compose(&notice, rest);
	notice = (struct notice){ .kind = NOTICE_FAILURE, .sender = request, .id = request, .full = data[0] & 1,
		                  .recipients = &recipient, .recipient_count = 1 };
	compose(&notice, rest);
	arena_finish(&arena);
	return 0;
}
