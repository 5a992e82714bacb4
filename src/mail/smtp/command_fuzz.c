/* SPDX-License-Identifier: Apache-2.0 */
/* The first byte is what was offered; the rest is an argument. A refusal has a reply, decoded text no control byte. */
#include "mail/smtp/command.h"

#include <stdlib.h>

static void must_be_clean(struct slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.at[i] < ' ' || text.at[i] > '~')
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice argument = { (const char *)data + 1, size - 1 };
	struct mail_command mail;
	struct rcpt_command rcpt;
	struct bdat_command bdat;
	struct arena arena;
	const char *reply = NULL;

	if (size == 0)
		return 0;
	arena_init(&arena, 4096);
	if (command_mail(argument, data[0], &arena, &mail, &reply) == OK)
		must_be_clean(mail.envelope_id);
	else if (reply == NULL)
		abort();
	reply = NULL;
	if (command_rcpt(argument, data[0], data[0] & 64, &arena, &rcpt, &reply) == OK)
		must_be_clean(rcpt.original);
	else if (reply == NULL)
		abort();
	reply = NULL;
	if (command_bdat(argument, &bdat, &reply) != OK && reply == NULL)
		abort();
	(void)!command_helo(argument);
	arena_finish(&arena);
	return 0;
}
