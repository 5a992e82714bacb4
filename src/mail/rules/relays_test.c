/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of a rule set, header fields, and which relays are inside (I), trusted (T) or neither (U), the nearest first: the last
 * number of each address, then what was not read. */
#include "mail/rules/relays.h"

#include "base/buffer.h"
#include "base/test.h"
#include "base/torture.h"
#include "mail/rules/reader.h"
#include "mail/rules/view.h"

enum { LIMIT = 32 << 20 };

#define BY(address)   "Received: from a.example (b.example [" address "]) by c.example (Postfix) with ESMTP id ABC\n"
#define SIGNED(address) "Received: from a.example (b.example [" address "]) by c.example (Postfix) with ESMTPSA id ABC\n"
#define NOBODY        "Received: by c.example (Postfix, from userid 1000) id ABC\n"
#define UNKNOWN       "Received: from somewhere, somehow\n"
#define FETCHED       "Received: from pop.example... by localhost with POP3 (fetchmail)\n"
#define OURS          "trusted_networks 192.0.2/24\n"

static const struct { const char *about, *rules, *message, *are; } rows[] = {
	{ "nothing is known: addresses of private use are ours", "", BY("10.0.0.1") BY("192.168.1.2") BY("192.0.2.3") BY("10.0.0.4"), "1I 2I 3U 4U" },
	{ "…and who gave a password", "", SIGNED("198.51.100.1") BY("192.0.2.2"), "1I 2U" },
	{ "…in any network of private use", "", BY("172.16.0.1") BY("169.254.0.2") BY("100.64.0.3") BY("127.0.0.4") BY("fe80::5") BY("::1"), "1I 2I 3I 4I 5I 1I" },
	{ "…and in no other", "", BY("172.32.0.1"), "1U" },
	{ "a trusted network", OURS, BY("192.0.2.1") BY("192.0.2.2") BY("198.51.100.3") BY("192.0.2.4"), "1I 2I 3U 4U" },
	{ "…does not make private ones ours", OURS, BY("10.0.0.1"), "1U" },
	{ "…but for the machine itself", OURS, BY("127.0.0.1") BY("::1"), "1I 1I" },
	{ "…which can be left out in no way", "trusted_networks 192.0.2/24 !127/8", BY("127.0.0.1"), "1I" },
	{ "inside is less than trusted", OURS "internal_networks 192.0.2.1", BY("192.0.2.1") BY("192.0.2.2") BY("192.0.2.1") BY("198.51.100.3"), "1I 2T 1T 3U" },
	{ "…and is trusted where nothing else is", "internal_networks 192.0.2.0/24", BY("192.0.2.1") BY("198.51.100.2"), "1I 2U" },
	{ "a password is as good as a network", OURS "internal_networks 192.0.2.1", BY("192.0.2.1") SIGNED("198.51.100.2") BY("198.51.100.3"), "1I 2I 3U" },
	{ "behind a server that takes passwords all are trusted", OURS "msa_networks 192.0.2.1", BY("192.0.2.1") BY("198.51.100.2") BY("203.0.113.3"), "1I 2I 3I" },
	{ "…as much as itself", OURS "internal_networks 192.0.2.9\nmsa_networks 192.0.2.1", BY("192.0.2.1") BY("198.51.100.2"), "1T 2T" },
	{ "the first that fits counts", "trusted_networks !192.0.2.2 192.0.2/24", BY("192.0.2.1") BY("192.0.2.2"), "1I 2U" },
	{ "…so this leaves nothing out", "trusted_networks 192.0.2/24 !192.0.2.2", BY("192.0.2.1") BY("192.0.2.2"), "1I 2I" },
	{ "cleared, nothing is known again", OURS "clear_trusted_networks", BY("10.0.0.1") BY("192.0.2.2"), "1I 2U" },
	{ "short forms and masks", "trusted_networks 192.0. 198.51.100.7/255.255.255.0 [2001:db8::]/32", BY("192.0.2.1") BY("198.51.100.2") BY("2001:db8::3"),
	  "1I 2I 3I" },
	{ "what is no network is a complaint, and not one", "trusted_networks 192.0.2.1 pear 192.0.2.256 192.0.2.0/33", BY("192.0.2.1") BY("192.0.2.2"),
	  "1I 2U, 3 complaints" },
	{ "what is inside must be trusted", "trusted_networks 192.0.2.0/28\ninternal_networks 192.0.2.0/24 192.0.2.2", BY("192.0.2.1") BY("192.0.2.2"),
	  "1T 2T, 1 complaints" },
	{ "…and what takes passwords too", OURS "msa_networks 198.51.100.1", BY("192.0.2.1") BY("198.51.100.1") BY("198.51.100.3"), "1I 1U 3U, 1 complaints" },
	{ "lines that tell nothing", "", BY("10.0.0.1") NOBODY BY("192.0.2.3"), "1I 3U" },
	{ "…or cannot be read", "", BY("10.0.0.1") UNKNOWN BY("192.0.2.3") UNKNOWN, "1I 3U, 2 unread" },
	{ "fetched: what was before is forgotten", "", BY("10.0.0.1") FETCHED BY("192.0.2.2"), "2U" },
	{ "…but not behind a stranger", "", BY("10.0.0.1") BY("192.0.2.2") FETCHED BY("192.0.2.3"), "1I 2U 3U" },
	{ "a header with one more address", "originating_ip_headers X-IP X-None", "X-IP: [198.51.100.7]\n" BY("192.0.2.1"), "1U 7U" },
	{ "…named twice, in other letters too: once", "originating_ip_headers X-IP x-ip\noriginating_ip_headers X-IP",
	  "X-IP: [198.51.100.7]\n" BY("192.0.2.1"), "1U 7U" },
	{ "…cleared", "originating_ip_headers X-IP\nclear_originating_ip_headers", "X-IP: [198.51.100.7]\n" BY("192.0.2.1"), "1U" },
	{ "…without one", "originating_ip_headers X-IP", "X-IP: none\n" BY("192.0.2.1"), "1U" },
	{ "nobody at all", "", "Subject: x\n", "" },
};

static enum result build(const char *rules, struct ruleset *set, struct trust *trust, struct arena *arena)
{
	const struct rules_options options = { .stock = true };
	struct rules_reader reader;

	TRY(ruleset_begin(set, arena));
	TRY(rules_begin(&reader, set, &options));
	TRY(rules_file(&reader, SLICE("test.cf"), slice_of(rules)));
	TRY(rules_end(&reader));
	return trust_build(set, arena, trust);
}

static enum result read_all(const char *rules, const char *message, struct arena *arena, struct ruleset *set, struct relays *ret_relays)
{
	const struct message_reader reader = { &message_limits_standard, NULL, arena };
	struct rules_view view;
	struct trust trust;

	TRY(build(rules, set, &trust, arena));
	TRY(view_build(slice_of(message), &reader, &view));
	return relays_read(&view, &trust, ret_relays);
}

static struct slice tell(struct buffer *out, const struct relays *relays, const struct ruleset *set)
{
	buffer_clear(out);
	for (size_t i = 0; i < relays->count; i++) {
		struct slice ip = relays->list[i].ip;
		char letter = i < relays->internal ? 'I' : i < relays->trusted ? 'T' : 'U';

		while (slice_has(ip, '.') || slice_has(ip, ':'))
			(void)slice_cut(&ip, slice_has(ip, '.') ? '.' : ':');
		(void)!buffer_format(out, "%s%.*s%c", i ? " " : "", SHOW(ip), letter);
	}
	if (relays->unread)
		(void)!buffer_format(out, ", %zu unread", relays->unread);
	if (set->mistakes)
		(void)!buffer_format(out, ", %zu complaints", set->mistakes);
	return buffer_slice(out);
}

/* More fields than are read: the message is then not known to be clean. */
static void check_limits(void)
{
	static char message[200 * (RELAYS_MOST + 2)];
	struct ruleset set;
	struct relays relays;
	struct arena arena;
	size_t length = 0;

	for (size_t i = 0; i < RELAYS_MOST + 1; i++)
		length += (size_t)snprintf(message + length, sizeof(message) - length, "%s", BY("192.0.2.1"));
	arena_init(&arena, LIMIT);
	CHECK(read_all("", message, &arena, &set, &relays) == OK && relays.count == RELAYS_MOST && relays.limits == 1, "one field too many is counted");
	arena_finish(&arena);
}

static enum result read_some(struct arena *arena)
{
	struct ruleset set;
	struct relays relays;

	return read_all(OURS "originating_ip_headers X-IP", BY("192.0.2.1") "X-IP: 192.0.2.7\n\nx\n", arena, &set, &relays);
}

static const struct torture short_of_memory = { "every allocation fails once", read_some, LATER };

int main(void)
{
	struct buffer out;

	buffer_init(&out, 65536);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct ruleset set;
		struct relays relays = { 0 };
		struct slice told;
		struct arena arena;

		arena_init(&arena, LIMIT);
		CHECK(read_all(rows[i].rules, rows[i].message, &arena, &set, &relays) == OK, rows[i].about);
		told = tell(&out, &relays, &set);
		CHECK(slice_same(told, slice_of(rows[i].are)), rows[i].about);
		if (!slice_same(told, slice_of(rows[i].are)))
			printf("    they are \"%.*s\"\n", SHOW(told));
		arena_finish(&arena);
	}
	check_limits();
	torture(&short_of_memory);
	buffer_finish(&out);
	return TEST_END();
}
