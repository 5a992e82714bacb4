/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a text and as a page, with a few rules of addresses: no form is longer than rules may see, and each stands
 * in the list once, in order. */
#include "mail/rules/engine_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct slice rules = LIT(
	"util_rb_tld com net uk us\nutil_rb_2tld co.uk\nredirector_pattern /^http:..go\\.com.\\w+.(.*)$/i\n"
	"redirector_pattern m'^https?:/*r\\.net/(?:x|(y.z))'i\nuri A /a/\ntflags A multiple\n"
	"uri_detail B type =~ /^a$/ text =~ m!x! domain !~ /com/ host =~ /./ raw =~ /h/ cleaned !~ /z/\n");

static void check(const struct uris *uris)
{
	for (size_t i = 0; i < uris->text_count; i++)
		if (uris->texts[i].len > URI_LENGTH || (i && slice_order(uris->texts[i - 1], uris->texts[i]) >= 0))
			abort();
	for (size_t i = 0; i < uris->count; i++)
		for (size_t k = 0; k < uris->list[i].forms.count; k++) {
			const struct uri_form *form = &uris->list[i].forms.list[k];

			if (form->host.len < form->domain.len || form->host.len > REGISTRY_NAME_MOST)
				abort();
		}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice bytes = { size ? (const char *)data : "", size };
	struct view_page page = { 0 };
	struct ruleset set;
	struct engine engine;
	struct uris uris;
	struct rule_hits hits;
	struct arena arena;
	const struct message_reader reader = { &message_limits_standard, NULL, &arena };
	struct rules_view view = { .reader = &reader, .body = { &bytes, 1, 1 }, .pages = &page, .page_count = 1 };

	arena_init(&arena, 256 << 20);
	engine_of(rules, &set, &engine, &arena);
	if (html_read(bytes, &arena, &page.html) != OK)
		abort();
	if (uris_read(&engine.uri_ways, &view, &arena, &uris) != OK || engine_run(&engine, &view, &arena, &hits) != OK)
		abort();
	check(&uris);
	engine_finish(&engine);
	arena_finish(&arena);
	return 0;
}
