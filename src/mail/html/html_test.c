/* SPDX-License-Identifier: Apache-2.0 */
/* Pages and what they are rendered to; expected is what SpamAssassin 4.0.1 makes of the same. */
#include "mail/html/html.h"

#include "base/buffer.h"
#include "base/test.h"
#include "base/torture.h"

#include <stdio.h>
#include <string.h>

enum { ROOM = 64 << 20 };

static const struct { const char *about, *source, *text, *hidden, *links; } rows[] = {
	{ "text alone", "one < two <3 & more", "one < two <3 & more", "", "" },
	{ "blanks become one", "a  b\n\n c\t", "a b c ", "", "" },
	{ "paragraphs and lines", "<p>a</p><p>b<br>c<div>d</div>", "\n\na\n\n\n\nb\nc\nd\n", "", "" },
	{ "cells are set apart, rows are not", "<table><tr><td>a</td><td>b</td></tr></table>", " a  b ", "", "" },
	{ "blanks around a break fall away", "<div>a </div> b", "\na\nb", "", "" },
	{ "a mark within a word", "via<b></b>duct", "viaduct", "", "" },
	{ "closed at once", "a<br/>b<br />c", "a\nb\nc", "", "" },
	/* characters */
	{ "names of characters", "&lt;&amp;&eacute;&rarr;&copy", "<&\xc3\xa9\xe2\x86\x92\xc2\xa9", "", "" },
	{ "…that stay", "&rarr &bogus; &AMP; &#0;", "&rarr &bogus; &AMP; &#0;", "", "" },
	{ "…as the beginning of a word, but not in a link", "<a href='?a&copyb=&copy=1'>&copyb</a>", "\xc2\xa9" "b", "", "a:?a&copyb=\xc2\xa9=1 " },
	{ "numbers", "&#65;&#x42;&#xd800;&#1114112;", "AB\xef\xbf\xbd&#1114112;", "", "" },
	{ "a blank by its name", "a&nbsp; b &#160;c", "a b \xc2\xa0" "c", "", "" },
	/* what is no text */
	{ "comments", "a<!-- <b> -- >b<!-->c-->d", "abd", "", "" },
	{ "a comment without an end ends at the first mark's", "a<!-- b > c <i>d", "a c d", "", "" },
	{ "scripts and styles", "a<script>'<b>'</script>b<style>c{}</style>d", "abd", "", "" },
	{ "…without an end", "a<style>b<p>c", "a", "", "" },
	{ "a declaration, an instruction", "<!DOCTYPE html \"a>b\">x<?php >y", "xy", "", "" },
	{ "…with a quote within a word", "<!DOCTYPE a\">x", "x", "", "" },
	{ "sections", "<![CDATA[<b>&amp;]]>|<![IGNORE[a]]>|<![RCDATA[<b>&amp;]]>|<![INCLUDE[a<br>b]]>|<![if x]>c<![endif]>",
	  "<b>&amp;||<b>&|a\nb|c", "", "" },
	{ "elements whose contents are text", "<textarea><b>&lt;</textarea><xmp><i>&lt;</xmp>", "<b><\n\n<i>&lt;\n\n", "", "" },
	{ "a title without an end", "<title>a<br>b", "\n\na\n\n\nb", "", "" },
	{ "a mark without an end is a comment", "a<b c", "a", "", "" },
	{ "…a quote within it too", "a<a href=\"x>b</a>c", "a", "", "" },
	{ "no marks: blank or digit behind it", "a < b <1> </>c", "a < b <1> c", "", "" },
	/* links */
	{ "each element's own", "<body background=a><img src=b><form action=c><area href=d><script src=e></script>", "", "",
	  "body:a img:b form:c area:d script:e " },
	{ "a base", "<base href='http://h/d/f.html'><a href=x?q><a href=/y><a href=../z#f><a href=//i/>", "", "",
	  "base:http://h/d/f.html a:http://h/d/x?q a:http://h/y a:http://h/z#f a:http://i/ " },
	{ "a base with a scheme of its own is none", "<base href='x:y'><a href=z>", "", "", "base:x:y a:z " },
	{ "dots", "<a href='http://h/a/./b/../../c/..'>", "", "", "a:http://h/ " },
	{ "schemes that are guessed", "<a href=//www2.h/><a href=//ftp.h/x><a href=//h/>", "", "", "a:http://www2.h/ a:ftp://ftp.h/x a://h/ " },
	{ "blanks around it, quotes, the first of two", "<A HREF = \" http://h/ \" href=x>", "", "", "a:http://h/ " },
	{ "quotes of a typesetter", "<a href=\xe2\x80\x9chttp://h\xe2\x80\x9d>", "", "", "a:http://h " },
	{ "behind a slash", "<a foo/href=x><a/href=y>", "", "", "a:x " },
	{ "a refresh", "<meta http-equiv=refresh content='0; URL = http://h/;x'>", "", "", "meta:http://h/ " },
	{ "those that are no places", "<a href=mailto:a@b?c><img src=cid:x>", "", "", "a:mailto:a@b?c img:cid:x " },
	/* what cannot be seen */
	{ "white on white, and nearly", "<font color=white>a</font><font color='#fefefe'>b</font>c", "abc", "ab", "" },
	{ "…by style, in each way to write it",
	  "<p style='color:rgb(255,255,255)'>a<p style='color: #FFF !important'>b<p style='background:url(x) #123456;color:#123456'>c",
	  "\n\na\n\nb\n\nc", "abc", "" },
	{ "a colour of the background that is an attribute changes nothing", "<table bgcolor=black><td>a</table>", " a", "", "" },
	{ "not displayed, not visible", "<span style='display:none'>a</span><span style='visibility: HIDDEN'>b</span>c", "abc", "ab", "" },
	{ "small letters", "<font size=1>a</font><font size=-2>b</font><font size=2>c</font><small><small>d", "abcd", "abd", "" },
	{ "no colour", "<font color=nonsense>a</font>", "a", "a", "" },
	{ "transparent takes what is below", "<span style='color:transparent'>a", "a", "a", "" },
	{ "an end mark closes what is within", "<font color=white><b><span>a</font>b", "ab", "a", "" },
	{ "…the body's closes nothing", "<body text=white>a</body>b", "ab", "ab", "" },
	{ "a cell ends the one before it", "<table><td style='color:white'>a<td>b</table>", " a b", "a", "" },
};

static void show_links(const struct html_page *page, struct buffer *out)
{
	buffer_clear(out);
	for (size_t i = 0; i < page->link_count; i++)
		(void)!buffer_format(out, "%.*s:%.*s ", SHOW(page->links[i].element), SHOW(page->links[i].uri));
}

static void check_same(const char *about, const char *what, struct slice is, const char *expected)
{
	bool same = slice_same(is, slice_of(expected));

	CHECK(same, about);
	if (!same)
		printf("    %s is \"%.*s\", not \"%s\"\n", what, SHOW(is), expected);
}

static void check_row(size_t row, struct buffer *out)
{
	struct html_page page;
	struct arena arena;

	arena_init(&arena, ROOM);
	if (html_read(slice_of(rows[row].source), &arena, &page) == OK) {
		check_same(rows[row].about, "the text", page.text, rows[row].text);
		check_same(rows[row].about, "what is hidden", page.hidden, rows[row].hidden);
		show_links(&page, out);
		check_same(rows[row].about, "a link", buffer_slice(out), rows[row].links);
	} else {
		CHECK(false, rows[row].about);
	}
	arena_finish(&arena);
}

/* ---- facts ---- */

static const char facts_page[] =
	"<!doctype html><title>T &amp;</title><!--one--><script>two</script><o:p></o:p><foo></b></b>"
	"<a href=x>l<img width=10 height='50%'></a><font face='Comic!'>a</font><font face=\"Arial, 'x y'\">b</font>"
	"<form action=mailto:a@b><embed><font size='+4'>via<i>duct</i></font>";

static void check_facts(void)
{
	struct html_page page;
	struct arena arena;

	arena_init(&arena, ROOM);
	CHECK(html_read(slice_of(facts_page), &arena, &page) == OK, "a page with all that is told");
	CHECK(page.length == strlen(facts_page), "its length");
	CHECK(page.titles.count == 1 && slice_same(page.titles.list[0], SLICE("T &")), "its title");
	CHECK(page.comments.count == 1 && slice_same(page.comments.list[0], SLICE("<!--one-->")), "its comment, with its marks");
	CHECK(page.scripts.count == 1 && slice_same(page.scripts.list[0], SLICE("two")), "its script");
	CHECK(page.anchor_count == 1 && slice_same(page.anchors[0].text, SLICE("l<img>\n")), "a link's text, pictures within it");
	CHECK(page.image_area == 10 * 50 * 6, "the area of its pictures");
	CHECK(page.bad_font_face && page.mails_form && page.embeds && !page.low_contrast && !page.invalid_color, "what is odd about it");
	CHECK(page.most_size == 7 && page.least_size == 3, "sizes of its letters");
	CHECK(page.closed_extra == 2, "ends without a beginning");
	CHECK(page.tags - page.elements == 2, "marks of elements that nobody knows: one, and <embed>");
	CHECK(page.obfuscation == 3 && page.backhair[3][4] && page.backhair[1][1], "marks within words");
	CHECK(html_find(&page, SLICE("img")) && html_find(&page, SLICE("img"))->open == 1, "an element that is still open");
	CHECK(html_find(&page, SLICE("b")) && html_find(&page, SLICE("b"))->open == 0, "one that was only closed");
	CHECK(html_find(&page, SLICE("h1")) == NULL && !page.over, "one that never was");
	arena_finish(&arena);
}

/* ---- ceilings ---- */

static const struct { const char *about, *piece; size_t times; } large[] = {
	{ "deep", "<div style='color:red'>", 100000 },
	{ "many links", "<a href=x>", 100000 },
	{ "many titles", "<title></title>", 100000 },
};

static void check_large(size_t row)
{
	struct slice piece = slice_of(large[row].piece);
	size_t length = piece.len * large[row].times;
	struct html_page page;
	struct arena arena;
	char *source;

	arena_init(&arena, 256 << 20);
	source = arena_take(&arena, length);
	CHECK(source != NULL, large[row].about);
	for (size_t i = 0; source && i < large[row].times; i++)
		memcpy(source + i * piece.len, piece.at, piece.len);
	CHECK(source && html_read((struct slice){ source, length }, &arena, &page) == OK && page.over,
	      "what passes a ceiling is read on, and said");
	arena_finish(&arena);
}

/* Each element has another name: the table fills up. */
static void check_names(void)
{
	struct html_page page;
	struct arena arena;
	struct buffer source;

	arena_init(&arena, ROOM);
	buffer_init(&source, 1 << 20);
	for (int i = 0; i < 3 * HTML_NAMES_MOST; i++)
		CHECK(buffer_format(&source, "<x%d>", i) == OK, "a page with many names");
	CHECK(html_read(buffer_slice(&source), &arena, &page) == OK && page.over && page.tags == 3 * HTML_NAMES_MOST, "…is counted on");
	buffer_finish(&source);
	arena_finish(&arena);
}

static enum result read_one(struct arena *arena)
{
	struct html_page page;

	return html_read(slice_of(facts_page), arena, &page);
}

static const struct torture short_of_memory = { "every allocation of a page fails once", read_one, LATER };

int main(void)
{
	struct buffer out;

	buffer_init(&out, 1 << 16);
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		check_row(i, &out);
	buffer_finish(&out);
	check_facts();
	for (size_t i = 0; i < COUNT_OF(large); i++)
		check_large(i);
	check_names();
	torture(&short_of_memory);
	return TEST_END();
}
