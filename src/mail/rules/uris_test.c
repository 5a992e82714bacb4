/* SPDX-License-Identifier: Apache-2.0 */
/* A text, or a link of a page, and every form of every address in it, sorted; then what `uri` and `uri_detail` rules make
 * of them, and what is too much. */
#include "mail/rules/run.h"

#include "base/buffer.h"
#include "base/test.h"
#include "base/torture.h"
#include "mail/rules/reader.h"

enum { LIMIT = 192 << 20, BIG = 2 << 20 };

static const char site[] = "util_rb_tld com net org uk us ss zip xn--p1ai\nutil_rb_2tld co.uk\nutil_rb_3tld new.co.uk\n"
                           "redirector_pattern /^http:\\/\\/go\\.example\\.com\\/\\w+\\/(.*)$/i\n";

static const struct { const char *about, *text, *forms; } texts[] = {
	{ "a page in a sentence", "see http://a.com/b?c=1.", "http://a.com/b?c=1" },
	{ "in brackets of either kind", "(http://a.com/x) <https://b.com/y> [ftp://c.com/z]", "ftp://c.com/z http://a.com/x https://b.com/y" },
	{ "brackets of its own stay", "http://a.com/b(c)d", "http://a.com/b(c)d" },
	{ "quotes end it; an apostrophe does not", "http://a.com/'x' \"http://b.com/\"y", "http://a.com/'x http://b.com/" },
	{ "the last closing bracket ends it", "http://a.com/x)y)z", "http://a.com/x)y" },
	{ "…before which none was opened", "http://a.com/x)y(z)", "http://a.com/x" },
	{ "www and ftp need no scheme", "www.a.com/x, www2.b.com ftp.c.com", "ftp://ftp.c.com http://www.a.com/x http://www2.b.com" },
	{ "a bare name with a top-level domain", "a.com b.net/x c.nosuch d.zip.", "http://a.com http://b.net/x http://d.zip" },
	{ "…with a port, which its own scheme has anyway", "a.com:80/x b.com:8080/", "http://a.com/x http://a.com:80/x" },
	{ "…a slash alone behind it makes it none", "a.com/ b.com:123456", "" },
	{ "…of one label, with bad ends, or with an underline where none may be", "com .com -a.com a-.com a_.com", "" },
	{ "…an underline further left is good", "a_b.c.com", "http://a_b.c.com" },
	{ "…between marks, where those behind it end an address", "*a.com* $b.com _c.com \"d.com\"", "http://b.com http://d.com" },
	{ "a domain of other letters, as it is written in the DNS", "a.xn--p1ai", "http://a.xn--p1ai" },
	{ "a mailbox", "to ann@a.com, or mailto:bob@b.com.", "mailto:ann@a.com mailto:bob@b.com" },
	{ "…with words before it", "mail:ann@a.com skype:bob@b.com", "mailto:ann@a.com mailto:bob@b.com" },
	{ "…without a domain that can be is none", "vi@gra x@y.nosuch mailto:a.com", "" },
	{ "…and its parameters", "mailto:a@b.com?subject=x", "mailto:a@b.com mailto:a@b.com?subject=x" },
	{ "…whose sign is escaped is none; other escapes are read", "mailto:a%40b.com mailto:c@d%2Ecom", "mailto:c@d.com" },
	{ "a page with an @ behind a slash", "a.com/x?me@b.com", "http://a.com/x?me@b.com" },
	{ "pictures in a message are no mailboxes", "cid:a@b.com mid:c@d.com", "" },
	{ "a scheme alone is none", "http:// mailto: ftp://", "" },
	{ "no host that can be, no address", "http://[::1]/ http://a..com/ http://nosuch.host/", "" },
	{ "a machine's number is one", "http://192.168.2.1/x", "http://192.168.2.1/x" },
	{ "a host without a domain may be meant otherwise", "http://q", "http://q http://www.q.com" },
	{ "the same twice is one", "http://a.com/x http://a.com/x", "http://a.com/x" },
	{ "behind a shift of letters, of which a name takes the last for its own", "\x1b(Bhttp://a.com/x\x1b(Jwww.b.com",
	  "http://Jwww.b.com http://a.com/x" },
	{ "a blank of Latin 1 ends it, in the midst of a character too", "http://a.com/x\xc3\xa0y", "http://a.com/x\xc3" },
	{ "bytes above 127 are in a page's address, and in no mailbox's", "http://a.com/\xc3\xa9 b\xc3\xa9@c.com", "http://a.com/\xc3\xa9 http://c.com" },
};

static const struct { const char *about, *link, *forms; } links[] = {
	{ "a page as it is", "http://a.com/x", "http://a.com/x" },
	{ "a path that wants its slash", "http://a.com?x", "http://a.com/?x http://a.com?x" },
	{ "percent signs", "http://a.com/%41%20b", "http://a.com/%41%20b http://a.com/A%20b" },
	{ "…what may not stand bare gets one", "http://a.com/%41\"<", "http://a.com/%41\"< http://a.com/A%22%3c" },
	{ "backslashes", "http:\\\\a.com\\x", "http://a.com/x http:\\\\a.com\\x" },
	{ "a port that the scheme has", "https://a.com:443/x", "https://a.com/x https://a.com:443/x" },
	{ "…another, or one that only begins so", "https://a.com:80/x", "https://a.com:80/x" },
	{ "a user", "http://u:p@a.com/", "http://u:p@a.com/" },
	{ "…and one more", "http://u@a.com@b.com/", "http://b.com/ http://u@a.com@b.com/" },
	{ "marks behind the host", "http://a.com!/x", "http://a.com!/x http://a.com/x" },
	{ "numbers of characters", "http://a.com/&amp;#46;&amp;#x2F;x", "http://a.com/&#46;&#x2F;x http://a.com/./x" },
	{ "a machine in base 16, 8 and 10", "http://0x7f.010.256.1/", "http://0x7f.010.256.1/ http://127.8.256.1/" },
	{ "…as one number", "http://0xc0000201/", "http://0xc0000201/ http://192.0.2.1/" },
	{ "…in base 10", "http://3221225985/", "http://192.0.2.1/ http://3221225985/" },
	{ "zeros are dropped, a single one too", "http://10.0.0.1/", "http://10...1/ http://10.0.0.1/" },
	{ "what it leads on to", "http://a.com/r?u=http://b.com/&x", "http://a.com/r?u=http://b.com/&x http://b.com/" },
	{ "…decoded", "http://a.com/?http%3A%2F%2Fb.com", "http://a.com/?http%3A%2F%2Fb.com http://a.com/?http://b.com http://b.com" },
	{ "…as the rules say", "http://go.example.com/x/b.com/y", "b.com/y http://b.com/y http://go.example.com/x/b.com/y" },
	{ "…nothing without a dot", "http://a.com/http:b", "http://a.com/http:b" },
	{ "a host in other letters", "http://b\xc3\xbc" "cher.com/", "http://b\xc3\xbc" "cher.com/ http://xn--bcher-kva.com/" },
	{ "a host without a domain", "http://Foo/x", "http://Foo/x http://www.foo.com/x" },
	{ "…but not with a port or a scheme of its own", "https://foo/x", "https://foo/x" },
	{ "a mailbox in brackets", "mailto:A%20<a@b.com>", "mailto:A%20<a@b.com> mailto:a@b.com" },
	{ "a mailbox behind blanks", "mailto:%20a@b.com", "mailto:%20a@b.com mailto:a@b.com" },
	{ "…before another word", "mailto:a@b.com&x", "mailto:a@b.com mailto:a@b.com&x" },
	{ "no page at all", "#top", "#top" },
	{ "a script", "javascript:x.y", "javascript:x.y" },
};

#define PAGE "Content-Type: text/html\n\n"
static const struct { const char *about, *rules, *message, *hits; } rows[] = {
	{ "an address in a text", "uri A /b\\.com/", "Subject: x\n\na http://b.com/ c\n", "A=1" },
	{ "…in the Subject", "uri A /b\\.com/", "Subject: www.b.com\n\nx\n", "A=1" },
	{ "each form is counted", "uri A /com/\ntflags A multiple", "X: y\n\nhttp://a.com:80/\n", "A=2" },
	{ "a relative address of a page has two forms, and a third as it was written",
	  "uri A /^http:\\/\\/a\\.com\\/d\\/x\\.html$/\nuri B /^x\\.html$/\nuri C /^http:\\/\\/x\\.html$/",
	  PAGE "<base href=http://a.com/d/><a href=x.html>y</a>\n", "A=1 B=1 C=1" },
	{ "a page's address needs no host", "uri A /^tel:/", PAGE "<a href=tel:1>y</a>\n", "A=1" },
	{ "all questions, of one address", "uri_detail A type =~ /^a$/ text =~ /click/i domain =~ /^b\\.com$/",
	  PAGE "<a href=http://x.b.com/>Click</a>\n", "A=1" },
	{ "…not of two", "uri_detail A type =~ /^img$/ text =~ /click/i", PAGE "<img src=http://c.com><a href=http://b.com/>click</a>\n", "" },
	{ "types of texts", "uri_detail A type =~ /unlinked/\nuri_detail B type =~ /parsed/\nuri_detail C type =~ m!^schemeless$!",
	  "X: y\n\nb.com\n", "A=1 B=1 C=1" },
	{ "host, cleaned, raw; and what must not be", "uri_detail A host =~ /^x\\.b\\.com$/ raw =~ /:80/ cleaned =~ m,com/$,\n"
	  "uri_detail B raw !~ /x/", "X: y\n\nhttp://x.b.com:80/\n", "A=1" },
	{ "two lines ask of the same address", "uri_detail A raw =~ /x/\nuri_detail A host =~ /^b/\nuri_detail B raw =~ /x/\nuri_detail B host =~ /^c/",
	  "X: y\n\nhttp://b.com/y http://c.com/x\n", "B=1" },
	{ "…and the same as the last says", "uri_detail A raw =~ /x/\nuri_detail A raw =~ /y/", "X: y\n\nhttp://b.com/y\n", "A=1" },
	{ "a text says nothing of a host that there cannot be", "uri_detail A type =~ /parsed/\nuri_detail B type =~ /img/",
	  PAGE "<img src=\"http://nosuch.host/\">http://nosuch.host/\n", "B=1" },
	{ "…and of one that can be", "uri_detail A type =~ /parsed/\nuri_detail B type =~ /img/",
	  PAGE "<img src=\"http://a.com/\">http://a.com/\n", "A=1 B=1" },
	{ "what is not there is no answer", "uri_detail A text !~ /x/", "X: y\n\nhttp://b.com\n", "" },
	{ "what nobody may ask is off", "uri_detail A color =~ /red/\nmeta M !A", "X: y\n\nhttp://b.com\n", "M=1" },
	{ "…and an expression that is none", "uri_detail A raw =~ /(/\nredirector_pattern /(/\nmeta M !A", "X: y\n\nhttp://b.com\n", "M=1" },
	{ "no top-level domains, no names", "clear_util_rb\nuri A /./", "X: y\n\nb.com http://c.com\n", "" },
};

struct scene { struct ruleset set; struct engine engine; struct arena arena; struct rules_view view; struct message_reader reader; };

static enum result begin(struct scene *scene, const char *rules)
{
	const struct rules_options options = { .local = true, .stock = true };
	struct rules_reader reader;

	TRY(ruleset_begin(&scene->set, &scene->arena));
	TRY(rules_begin(&reader, &scene->set, &options));
	TRY(rules_file(&reader, SLICE("site.cf"), slice_of(site)));
	TRY(rules_file(&reader, SLICE("test.cf"), slice_of(rules)));
	TRY(rules_end(&reader));
	return engine_build(&scene->engine, &scene->set, 0, false, &scene->arena);
}

static enum result read_uris(struct scene *scene, struct slice message, struct uris *ret_uris)
{
	scene->reader = (struct message_reader){ &message_limits_standard, NULL, &scene->arena };
	TRY(view_build(message, &scene->reader, &scene->view));
	return uris_read(&scene->engine.uri_ways, &scene->view, &scene->arena, ret_uris);
}

static void finish(struct scene *scene)
{
	engine_finish(&scene->engine);
	arena_finish(&scene->arena);
}

static void check_forms(const char *about, const char *head, const char *text, const char *tail, const char *forms)
{
	struct scene scene = { 0 };
	struct uris uris = { 0 };
	struct buffer message, shown;
	bool good;

	arena_init(&scene.arena, LIMIT);
	buffer_init(&message, BIG);
	buffer_init(&shown, BIG);
	good = buffer_format(&message, "%s%s%s", head, text, tail) == OK && begin(&scene, "") == OK &&
	       read_uris(&scene, buffer_slice(&message), &uris) == OK;
	for (size_t i = 0; good && i < uris.text_count; i++)
		good = buffer_format(&shown, "%s%.*s", i ? " " : "", SHOW(uris.texts[i])) == OK;
	CHECK(good && slice_same(buffer_slice(&shown), slice_of(forms)) && !uris.over, about);
	if (!slice_same(buffer_slice(&shown), slice_of(forms)))
		printf("    it is \"%.*s\"\n", SHOW(buffer_slice(&shown)));
	buffer_finish(&shown);
	buffer_finish(&message);
	finish(&scene);
}

static void check_row(size_t row)
{
	struct scene scene = { 0 };
	struct rule_hits hits = { 0 };
	struct buffer shown;
	struct uris uris;
	bool good;

	arena_init(&scene.arena, LIMIT);
	buffer_init(&shown, BIG);
	good = begin(&scene, rows[row].rules) == OK && read_uris(&scene, slice_of(rows[row].message), &uris) == OK &&
	       engine_run(&scene.engine, &scene.view, &scene.arena, &hits) == OK;
	for (size_t i = 0; good && i < hits.count; i++)
		good = buffer_format(&shown, "%s%.*s=%g", i ? " " : "", SHOW(hits.list[i].rule->name), hits.list[i].count) == OK;
	CHECK(good && slice_same(buffer_slice(&shown), slice_of(rows[row].hits)), rows[row].about);
	if (!slice_same(buffer_slice(&shown), slice_of(rows[row].hits)))
		printf("    it is \"%.*s\"\n", SHOW(buffer_slice(&shown)));
	buffer_finish(&shown);
	finish(&scene);
}

/* ---- domains ---- */

static const struct { const char *about, *host, *domain; } domains[] = {
	{ "below a top-level domain", "www.a.com", "a.com" },
	{ "the domain itself", "a.com", "a.com" },
	{ "below two labels", "x.a.co.uk", "a.co.uk" },
	{ "…three", "x.a.new.co.uk", "a.new.co.uk" },
	{ "a list's own name", "co.uk", "co.uk" },
	{ "a state of the United States", "y.x.city.ca.us", "x.city.ca.us" },
	{ "…its schools", "x.y.pvt.k12.ca.us", "y.pvt.k12.ca.us" },
	{ "…its cities", "x.y.ci.town.tx.us", "y.ci.town.tx.us" },
	{ "…and what is no state", "x.y.zz.us", "zz.us" },
};

static void check_domains(void)
{
	struct scene scene = { 0 };

	arena_init(&scene.arena, LIMIT);
	CHECK(begin(&scene, "") == OK, "a registry");
	for (size_t i = 0; i < COUNT_OF(domains); i++)
		CHECK(slice_same(registry_domain(scene.engine.uri_ways.registry, slice_of(domains[i].host)), slice_of(domains[i].domain)),
		      domains[i].about);
	finish(&scene);
}

/* ---- too much ---- */

static const struct { const char *about, *head, *piece; size_t times; bool over, cut; } floods[] = {
	{ "addresses within an address, more than are followed", PAGE "<a href=\"http://a.com/", "http://b.com/?", 100, true, false },
	{ "a long word of nothing", "X: y\n\n", "www.", 200000, false, false },
	{ "mailboxes without an end", "X: y\n\n", "a@", 200000, false, false },
	{ "many pages, each its own", "X: y\n\n", "a%.com ", 50000, false, false },
	{ "an address longer than rules see", PAGE "<a href=\"http://a.com/", "xxxxxxxxxxxxxxxx", 1024, false, true },
};

static void check_flood(size_t row)
{
	struct scene scene = { 0 };
	struct rule_hits hits = { 0 };
	struct uris uris = { 0 };
	struct buffer message;

	arena_init(&scene.arena, LIMIT);
	buffer_init(&message, BIG);
	CHECK(buffer_add(&message, slice_of(floods[row].head)) == OK && begin(&scene, "body A eval:check_uri_truncated()") == OK, "a flood");
	for (size_t i = 0; i < floods[row].times; i++)
		(void)!buffer_add(&message, slice_of(floods[row].piece));
	CHECK(buffer_add(&message, SLICE("\">x</a>\n")) == OK && read_uris(&scene, buffer_slice(&message), &uris) == OK, floods[row].about);
	CHECK(uris.over == floods[row].over && uris.cut == floods[row].cut, floods[row].about);
	CHECK(engine_run(&scene.engine, &scene.view, &scene.arena, &hits) == OK && hits.count == floods[row].cut, "rules may ask for what was cut");
	buffer_finish(&message);
	finish(&scene);
}

/* Links of 60 addresses within each other, each with its own number: what is pointed at counts as what is copied. */
static void check_nests(size_t most, bool over, const char *about)
{
	struct scene scene = { 0 };
	struct uris uris = { 0 };
	struct buffer message;
	size_t bytes = 0;

	arena_init(&scene.arena, LIMIT);
	buffer_init(&message, BIG);
	CHECK(buffer_add(&message, SLICE(PAGE)) == OK && begin(&scene, "") == OK, "a page");
	for (size_t i = 0; i < most; i++) {
		(void)!buffer_format(&message, "<a href=\"http://a%zu.com/", i);
		for (size_t k = 0; k < 60; k++)
			(void)!buffer_format(&message, "http://b%zu.com/%0100zu?", i, k);
		(void)!buffer_add(&message, SLICE("\">x</a>\n"));
	}
	CHECK(read_uris(&scene, buffer_slice(&message), &uris) == OK && uris.over == over, about);
	for (size_t i = 0; i < uris.text_count; i++)
		bytes += uris.texts[i].len;
	CHECK(bytes > most * 100 && bytes <= URI_FORMS_BYTES, about);
	buffer_finish(&message);
	finish(&scene);
}

static enum result run_some(struct arena *arena)
{
	struct scene scene = { .arena = *arena };
	struct uris uris;
	enum result result = begin(&scene, "uri_detail A raw =~ /x/");

	if (result == OK)
		result = read_uris(&scene, SLICE(PAGE "<a href=\"http://go.example.com/x/a%41.com:80/http://0x7f000001!/\">www.b.com m@c.com</a>\n"), &uris);
	engine_finish(&scene.engine);
	*arena = scene.arena;
	return result;
}

static const struct torture short_of_memory = { "every allocation fails once", run_some, LATER };

int main(void)
{
	for (size_t i = 0; i < COUNT_OF(texts); i++)
		check_forms(texts[i].about, "X: y\n\n", texts[i].text, "", texts[i].forms);
	for (size_t i = 0; i < COUNT_OF(links); i++)
		check_forms(links[i].about, PAGE "<form action='", links[i].link, "'>", links[i].forms);
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		check_row(i);
	check_domains();
	for (size_t i = 0; i < COUNT_OF(floods); i++)
		check_flood(i);
	check_nests(20, false, "some links of many addresses within each other");
	check_nests(120, true, "…more of them than all rules can go through");
	torture(&short_of_memory);
	return TEST_END();
}
