/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as Received fields, a line each: none takes more steps than it may, no field of a relay holds what ends one, and
 * relays that are trusted stand before those that are not. */
#include "mail/rules/relays.h"

#include "mail/rules/view.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_field(struct slice text)
{
	static const char odd[] = " \t\r\n[]()<>|#";

	for (size_t i = 0; i < text.len; i++)
		if (slice_has((struct slice){ odd, sizeof(odd) }, text.at[i]))
			abort();
}

static void check_relay(const struct relay *relay)
{
	const struct slice fields[] = { relay->ip, relay->rdns, relay->helo, relay->by, relay->ident, relay->envfrom };

	for (size_t i = 0; i < COUNT_OF(fields); i++)
		check_field(fields[i]);
}

static void check(const struct rules_view *view, const struct trust *trust)
{
	struct relays relays;
	struct slice text;

	if (relays_read(view, trust, &relays) != OK)
		return;
	if (relays.internal > relays.trusted || relays.trusted > relays.count || relays.internal_fields > relays.trusted_fields)
		abort();
	for (size_t i = 0; i < relays.count; i++)
		check_relay(&relays.list[i]);
	if (relays_text(&relays, 0, relays.count, view->reader->arena, &text) != OK)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct slice headers[] = { LIT("X-Originating-IP") };
	struct trust_network inside = { 0 };
	struct slice rest = { (const char *)data, size < 4096 ? size : 4096 };
	struct view_field fields[64];
	struct arena arena;
	const struct message_reader reader = { &message_limits_standard, NULL, &arena };
	struct rules_view view = { .reader = &reader, .fields = { fields, 0 } };
	struct trust trust = { .headers = headers, .header_count = 1 };

	arena_init(&arena, 16 << 20);
	while (rest.len && view.fields.count < COUNT_OF(fields)) {
		struct slice line = slice_cut(&rest, '\n'), name = view.fields.count % 8 == 7 ? headers[0] : SLICE("Received");

		fields[view.fields.count++] = (struct view_field){ name, line, line, false };
	}
	check(&view, &trust);
	if (network_parse(SLICE("192.0.2.0/24"), &inside.network) != OK)
		abort();
	trust.trusted = trust.internal = (struct trust_networks){ &inside, 1, 1, true };
	check(&view, &trust);
	arena_finish(&arena);
	return 0;
}
