/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a message, with a few rules of each kind: pieces have the lengths that rules may count on, and the run
 * comes to an end. */
#include "mail/rules/engine_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct slice rules = LIT(
	"header A Subject =~ /a/i\nheader B From:addr =~ /@/\nheader C From:name:raw =~ /b/\nheader D ALL:raw =~ /c$/m\n"
	"header E ToCc:first =~ /d/\nheader F MESSAGEID =~ /e/\nheader G X:last !~ /f/ [if-unset: f]\nheader H exists:To\n"
	"body I /\\bx*\\b/\ntflags I multiple\nrawbody J /(?<=a)b/\nfull K /^a.*b$/ms\nmimeheader L ALL =~ /c/\n"
	"header N X-Spam-Relays-Untrusted =~ /x/\nheader O EnvelopeFrom:addr =~ /@/\nheader P ALL-EXTERNAL =~ /y/\n"
	"util_rb_tld org\nheader U X:host =~ /a/\nheader V From:domain =~ /b/\nheader W X:revip =~ /c/\nheader Y Received:ip =~ /1/\n"
	"header Q eval:check_for_forged_received_trail()\nheader R eval:check_for_forged_hotmail_received_headers()\n"
	"header S eval:check_for_forged_yahoo_received_headers()\nheader T eval:check_for_forged_juno_received_headers()\n"
	"freemail_domains a.b *.c\nheader U eval:check_freemail_from()\nheader V eval:check_equal_from_domains()\n"
	"body W eval:check_for_mime('mime_qp_count')\n"
	"body Y eval:check_for_uppercase(10, 90)\nheader Z eval:check_freemail_header('To', 'x')\n"
	"body AC eval:check_uri_truncated()\nheader AD eval:check_msg_parse_flags('truncated_header')\n"
	"header AE eval:check_for_forged_hotmail_received_headers()\nheader AF eval:check_for_forged_juno_received_headers()\n"
	"header AG ALL =~ /x/\nheader AH ALL =~ /y/\n"
	"header AA eval:check_for_shifted_date('3', 'undef')\nheader AB eval:check_outlook_message_id()\n"
	"meta M A + B + C > 1 || J\n");

static void check_pieces(const struct view_pieces *pieces, size_t longest)
{
	for (size_t i = 0; i < pieces->count; i++)
		if (pieces->list[i].len > longest)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice bytes = { (const char *)data, size };
	struct ruleset set;
	struct engine engine;
	struct rules_view view;
	struct rule_hits hits;
	struct arena arena;
	const struct message_reader reader = { &message_limits_standard, NULL, &arena };

	arena_init(&arena, 64 << 20);
	engine_of(rules, &set, &engine, &arena);
	if (view_build(bytes, &reader, &view) == OK && engine_run(&engine, &view, &arena, &hits) == OK) {
		check_pieces(&view.body, VIEW_LINE + 1);
		check_pieces(&view.rawbody, 2 * VIEW_LINE);
		if (hits.count > set.count || view.body.count == 0)
			abort();
	}
	engine_finish(&engine);
	arena_finish(&arena);
	return 0;
}
