/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as client, sender and HELO: what is looked up is a name below the zone, and nothing else. And as an answer:
 * what counts is an address in 127.0.0.0/8, and no error. */
#include "mail/policy/dnsbls.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look_up(enum dnsbl_of of, const struct envelope *envelope)
{
	static const struct slice zone = LIT(".zone.example");
	const struct dnsbl dnsbl = { .zone = SLICE("zone.example"), .of = of };
	char name[POLICY_LOOKUP];
	size_t length;

	if (!dnsbl_name(&dnsbl, envelope, name))
		return;
	length = strlen(name);
	if (length >= POLICY_LOOKUP || length <= zone.len || memcmp(name + length - zone.len, zone.at, zone.len) != 0)
		abort();
	for (size_t i = 0; i < length; i++)
		if (!byte_is_letter(name[i]) && !byte_is_digit(name[i]) && name[i] != '.' && name[i] != '-' && name[i] != '_')
			abort();
	if (strstr(name, "..") || name[0] == '.')
		abort();
}

static void answer(struct slice text)
{
	const struct dnsbl dnsbl = { .zone = SLICE("zone.example") };
	struct slice address;

	(void)policy_lookup_answers(text);
	while (dnsbl_next(&dnsbl, &text, &address))
		if (!slice_begins(address, SLICE("127.")) || slice_begins(address, SLICE("127.255.255.")))
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = { (const char *)data, size };
	const struct envelope envelope = { .client_address = text, .sender = text, .helo = text };

	look_up(DNSBL_CLIENT, &envelope);
	look_up(DNSBL_SENDER, &envelope);
	look_up(DNSBL_HELO, &envelope);
	answer(text);
	return 0;
}
