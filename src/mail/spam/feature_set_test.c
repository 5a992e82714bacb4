/* SPDX-License-Identifier: Apache-2.0 */
/* Which features a message has, by what they say; and which it has not. */
#include "mail/spam/maker.h"
#include "mail/spam/model.h"

#include "base/test.h"

enum { MEMORY = 16 << 20 };

struct seen {
	struct arena arena;
	struct features features;
};

static bool see(struct seen *seen, struct slice bytes)
{
	struct message_view view = { 0 };
	const struct message_reader reader = { &message_limits_standard, NULL, &seen->arena };

	arena_init(&seen->arena, MEMORY);
	return message_read(bytes, &reader, DIGESTS_NONE, &view) == OK &&
	       features_read(&view, &reader, DIGESTS_OF_ALL, &seen->features) == OK;
}

static bool has(const struct seen *seen, enum feature_kind kind, struct slice text)
{
	const struct feature_list *list = &seen->features.kinds[kind];

	for (uint32_t i = 0; i < list->count; i++)
		if (slice_same(list->texts[i], text))
			return true;
	return false;
}

/* One feature that is there, and one that is not. */
static const struct {
	const char *about;
	struct slice message;
	enum feature_kind kind;
	struct slice there;
	enum feature_kind not_kind;
	struct slice missing;
} rows[] = {
	{ "a word of a field has the field's name", LIT("Subject: Cheap Watches\r\n\r\n"),
	  FEATURE_header_word, LIT("subject: watches"), FEATURE_word, LIT("watches") },
	{ "an encoded word is decoded", LIT("Subject: =?utf-8?q?wa=74ches?=\r\n\r\n"),
	  FEATURE_header_word, LIT("subject: watches"), FEATURE_header_word, LIT("subject: utf-8") },
	{ "a folded field is one field", LIT("Subject: one\r\n two\r\n\r\n"),
	  FEATURE_header_pair, LIT("subject: one two"), FEATURE_header_word, LIT("subject: one two") },
	{ "what a list wrote is of a kind of its own", LIT("List-Id: <apples>\r\n\r\n"),
	  FEATURE_header_mark, LIT("list-id: apples"), FEATURE_header_word, LIT("list-id: apples") },
	{ "the spelling of names is told", LIT("Message-Id: <1@a.b>\r\n\r\n"),
	  FEATURE_header_form, LIT("field: message-id"), FEATURE_header_form, LIT("field: date") },
	{ "so is their order", LIT("From: a@b\r\nTo: c@d\r\n\r\n"),
	  FEATURE_header_form, LIT("from: to"), FEATURE_header_form, LIT("to: from") },
	{ "the shape of a message's id", LIT("Message-ID: <2002abc.X@Host.org>\r\n\r\n"),
	  FEATURE_header_form, LIT("message-id: <9a.a@aa.a>"), FEATURE_header_form, LIT("message-id: <2002abc.x@host.org>") },
	{ "the network of a hop", LIT("Received: from x (mail.example.net [192.0.2.7]) by y\r\n\r\n"),
	  FEATURE_header_form, LIT("received: 192.0.2"), FEATURE_header_form, LIT("received: 2.7") },
	{ "the end of a hop's domain", LIT("Received: from x (mail.example.net [192.0.2.7]) by y\r\n\r\n"),
	  FEATURE_header_form, LIT("received: example.net"), FEATURE_header_form, LIT("received: mail") },
	{ "who agrees with From", LIT("From: a@x.example.org\r\nReturn-Path: <b@example.org>\r\n\r\n"),
	  FEATURE_header_form, LIT("from agrees with: return-path"), FEATURE_header_form, LIT("from differs from: return-path") },
	{ "who does not", LIT("From: a@example.org\r\nReply-To: <b@example.net>\r\n\r\n"),
	  FEATURE_header_form, LIT("from differs from: reply-to"), FEATURE_header_form, LIT("from agrees with: reply-to") },
	{ "the time zone", LIT("Date: Sat, 21 Nov 2026 10:09:18 -0700\r\n\r\n"),
	  FEATURE_header_form, LIT("time zone: -0700"), FEATURE_header_form, LIT("time zone: +0000") },
	{ "a boundary's beginning", LIT("Content-Type: multipart/mixed; boundary=\"----=_Next\"\r\n\r\n------=_Next--\r\n"),
	  FEATURE_header_form, LIT("boundary: ----=_"), FEATURE_header_form, LIT("boundary: ----=_next") },

	{ "words of the text in small letters", LIT("\r\nHello World\r\n"),
	  FEATURE_word, LIT("hello"), FEATURE_header_word, LIT("hello") },
	{ "pairs with gaps", LIT("\r\none two three four five six\r\n"),
	  FEATURE_pair, LIT("one....five"), FEATURE_pair, LIT("one.....six") },
	{ "base64 is decoded", LIT("Content-Transfer-Encoding: base64\r\n\r\naGVsbG8gd29ybGQ=\r\n"),
	  FEATURE_word, LIT("world"), FEATURE_word, LIT("agvsbg8gd29ybgq") },
	{ "loud signs are words", LIT("\r\nbuy now!!!!!! $$$\r\n"),
	  FEATURE_word, LIT("$$$"), FEATURE_word, LIT("now!!!!!!") },
	{ "a split word is one again", LIT("\r\nbuy v i a g r a now\r\n"),
	  FEATURE_word, LIT("viagra"), FEATURE_word, LIT("buyviagra") },
	{ "so is one with dots", LIT("\r\nbuy V.I.A.G.R.A\r\n"),
	  FEATURE_trick, LIT("a split word"), FEATURE_trick, LIT("letters and digits in a word") },
	{ "two letters are no split word", LIT("\r\na b and\r\n"),
	  FEATURE_word, LIT("and"), FEATURE_trick, LIT("a split word") },
	{ "digits for letters", LIT("\r\nv1agra\r\n"),
	  FEATURE_trick, LIT("letters and digits in a word"), FEATURE_trick, LIT("a split word") },
	{ "a number is no trick", LIT("\r\n2026 b2\r\n"),
	  FEATURE_word, LIT("2026"), FEATURE_trick, LIT("letters and digits in a word") },
	{ "characters without width vanish", LIT("\r\nvi\xe2\x80\x8b" "agra\r\n"),
	  FEATURE_word, LIT("viagra"), FEATURE_word, LIT("agra") },
	{ "characters of scripts without blanks are words", LIT("Content-Type: text/plain; charset=utf-8\r\n\r\n\xe4\xb8\xad\xe6\x96\x87\r\n"),
	  FEATURE_word, LIT("\xe4\xb8\xad"), FEATURE_word, LIT("\xe4\xb8\xad\xe6\x96\x87") },

	{ "a link's host and its end", LIT("\r\nsee http://www.shop.example.com/buy?id=7 now\r\n"),
	  FEATURE_link, LIT("host: example.com"), FEATURE_link, LIT("host: example.com/buy") },
	{ "words of its path", LIT("\r\nsee http://a.example/buy-here.html\r\n"),
	  FEATURE_link, LIT("path: here"), FEATURE_link, LIT("path: a") },
	{ "without a scheme", LIT("\r\nsee www.example.com.\r\n"),
	  FEATURE_link, LIT("host: example.com"), FEATURE_link, LIT("host: example.com.") },
	{ "a number for a host", LIT("\r\nhttp://192.0.2.1/\r\n"),
	  FEATURE_link, LIT("a host that is a number"), FEATURE_link, LIT("host: 2.1") },
	{ "who stands before the host", LIT("\r\nhttp://www.bank.example@192.0.2.1/\r\n"),
	  FEATURE_link, LIT("a user before the host"), FEATURE_link, LIT("host: bank.example") },

#define HTML "Content-Type: text/html\r\n\r\n"
	{ "marks are no text", LIT(HTML "<p align=center>hello</p>\r\n"),
	  FEATURE_markup, LIT("align: center"), FEATURE_word, LIT("align") },
	{ "a mark within a word", LIT(HTML "vi<b></b>agra\r\n"),
	  FEATURE_word, LIT("viagra"), FEATURE_word, LIT("agra") },
	{ "a comment within a word", LIT(HTML "via<!-- x -->gra\r\n"),
	  FEATURE_word, LIT("viagra"), FEATURE_word, LIT("gra") },
	{ "letters as numbers", LIT(HTML "&#118;iagra &amp; co\r\n"),
	  FEATURE_word, LIT("viagra"), FEATURE_word, LIT("amp") },
	{ "text that is not shown", LIT(HTML "<div style='display: none'><div>secret</div></div>shown\r\n"),
	  FEATURE_trick, LIT("hidden: secret"), FEATURE_word, LIT("secret") },
	{ "a length with a unit hides", LIT(HTML "<p style='font-size: 0.0px'>secret</p>shown\r\n"),
	  FEATURE_word, LIT("shown"), FEATURE_word, LIT("secret") },
	{ "0.9em is no 0", LIT(HTML "<p style='font-size:0.9em'>shown</p>\r\n"),
	  FEATURE_word, LIT("shown"), FEATURE_trick, LIT("hidden: shown") },
	{ "10px is no 1px", LIT(HTML "<p style='font-size:10px'>shown</p>\r\n"),
	  FEATURE_word, LIT("shown"), FEATURE_trick, LIT("hidden: shown") },
	{ "a line that begins a little to the left is seen", LIT(HTML "<p style='text-indent:-18.0pt'>shown</p>\r\n"),
	  FEATURE_word, LIT("shown"), FEATURE_trick, LIT("hidden: shown") },
	{ "one that begins far to the left is not", LIT(HTML "<p style='text-indent:-9999px'>secret</p>shown\r\n"),
	  FEATURE_trick, LIT("hidden: secret"), FEATURE_word, LIT("secret") },
	{ "no height alone hides nothing", LIT(HTML "<div style='max-height:0'>shown</div>\r\n"),
	  FEATURE_word, LIT("shown"), FEATURE_trick, LIT("hidden: shown") },
	{ "with what is beyond cut off it does", LIT(HTML "<div style='max-height:0;overflow:hidden'>secret</div>shown\r\n"),
	  FEATURE_trick, LIT("hidden: secret"), FEATURE_word, LIT("secret") },
	{ "of two the last holds", LIT(HTML "<p style='display:none;display:block'>shown</p>\r\n"),
	  FEATURE_word, LIT("shown"), FEATURE_trick, LIT("hidden: shown") },
	{ "or the important one", LIT(HTML "<p style='display:none !important;display:block'>secret</p>shown\r\n"),
	  FEATURE_trick, LIT("hidden: secret"), FEATURE_word, LIT("secret") },
	{ "comments and escapes change nothing", LIT(HTML "<p style='d\\isp/**/lay:n\\6f ne'>secret</p>shown\r\n"),
	  FEATURE_trick, LIT("hidden: secret"), FEATURE_word, LIT("secret") },
	{ "what stands in quotes says nothing", LIT(HTML "<p style=\"font-family:'x;display:none'\">shown</p>\r\n"),
	  FEATURE_word, LIT("shown"), FEATURE_trick, LIT("hidden: shown") },
	{ "a long style is read to its end",
	  LIT(HTML "<p style='font-family:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	      "aaaaaaaaaaaaaaaaaaaaaaaaaaaa;display:none'>secret</p>shown\r\n"),
	  FEATURE_trick, LIT("hidden: secret"), FEATURE_word, LIT("secret") },
	{ "what stands alone hides nothing behind it", LIT(HTML "<wbr hidden><embed hidden><source hidden>shown\r\n"),
	  FEATURE_word, LIT("shown"), FEATURE_trick, LIT("hidden: shown") },
	{ "the next paragraph ends a hidden one", LIT(HTML "<p hidden>secret<p>shown\r\n"),
	  FEATURE_word, LIT("shown"), FEATURE_word, LIT("secret") },
	{ "so does a table", LIT(HTML "<p hidden>secret<table><tr><td>shown</table>\r\n"),
	  FEATURE_word, LIT("shown"), FEATURE_word, LIT("secret") },
	{ "the next item, cell and row too", LIT(HTML "<ul><li hidden>secret<li>shown</ul><table><tr hidden><td>secret<tr><td>seen</table>\r\n"),
	  FEATURE_word, LIT("seen"), FEATURE_word, LIT("secret") },
	{ "a paragraph within a hidden cell stays hidden", LIT(HTML "<table><tr><td hidden><p>one<p>secret<td>shown</table>\r\n"),
	  FEATURE_word, LIT("shown"), FEATURE_word, LIT("secret") },
	{ "the end of what was never begun ends nothing", LIT(HTML "<div hidden></b></p>secret</div>shown\r\n"),
	  FEATURE_word, LIT("shown"), FEATURE_word, LIT("secret") },
	{ "nor does an end within a line end a block", LIT(HTML "<b><div hidden></b>secret</div>shown\r\n"),
	  FEATURE_word, LIT("shown"), FEATURE_word, LIT("secret") },
	{ "the ends of what is around end it", LIT(HTML "<div><span hidden>secret</div>shown\r\n"),
	  FEATURE_word, LIT("shown"), FEATURE_word, LIT("secret") },
	{ "white is seen on black", LIT(HTML "<td bgcolor=black><font color=white>shown</font></td>\r\n"),
	  FEATURE_word, LIT("shown"), FEATURE_trick, LIT("hidden: shown") },
	{ "on black by style too", LIT(HTML "<td style='background-color:#000'><font color=#fff>shown</font></td>\r\n"),
	  FEATURE_word, LIT("shown"), FEATURE_trick, LIT("hidden: shown") },
	{ "after it the paper is white again", LIT(HTML "<table><td bgcolor=black>x</table><font color=black>shown</font>\r\n"),
	  FEATURE_word, LIT("shown"), FEATURE_trick, LIT("hidden: shown") },
	{ "a colour has many names", LIT(HTML "<p style='color: rgb(255, 255,255)'>secret</p>shown\r\n"),
	  FEATURE_trick, LIT("hidden: secret"), FEATURE_word, LIT("secret") },
	{ "on a picture it is seen", LIT(HTML "<td background=a.gif><font color=white>shown</font></td>\r\n"),
	  FEATURE_word, LIT("shown"), FEATURE_trick, LIT("hidden: shown") },
	{ "marks within marks without end", LIT(HTML
	  "<b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b>"
	  "<b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b>shown\r\n"),
	  FEATURE_trick, LIT("marks deeper than any reader nests them: 1"), FEATURE_trick, LIT("hidden: shown") },
	{ "text in the colour of the paper", LIT(HTML "<font color=#FFFFFF>secret</font>shown\r\n"),
	  FEATURE_word, LIT("shown"), FEATURE_word, LIT("secret") },
	{ "a block ends a word", LIT(HTML "one<br>two\r\n"),
	  FEATURE_word, LIT("two"), FEATURE_word, LIT("onetwo") },
	{ "scripts are no text", LIT(HTML "<script>var x = '<b>';</script>shown\r\n"),
	  FEATURE_word, LIT("shown"), FEATURE_word, LIT("var") },
	{ "links of attributes", LIT(HTML "<a href=\"http://evil.example/x\">good</a>\r\n"),
	  FEATURE_link, LIT("host: evil.example"), FEATURE_word, LIT("evil") },
	{ "a mark without its end", LIT(HTML "one <a href=\"two\r\n"),
	  FEATURE_word, LIT("one"), FEATURE_word, LIT("two") },

	{ "the type of a part", LIT("Content-Type: image/gif; name=\"a.gif\"\r\n\r\nGIF89a\r\n"),
	  FEATURE_part, LIT("type: image/gif"), FEATURE_word, LIT("gif89a") },
	{ "the ending of its name", LIT("Content-Type: image/gif; name=\"holiday.gif\"\r\n\r\nGIF89a\r\n"),
	  FEATURE_part, LIT("extension: gif"), FEATURE_word, LIT("holiday") },
	{ "words of its name", LIT("Content-Type: image/gif; name=\"holiday.gif\"\r\n\r\nGIF89a\r\n"),
	  FEATURE_part, LIT("name: holiday"), FEATURE_part, LIT("name: holiday.gif") },
	{ "four letters", LIT("\r\nabcdef\r\n"), FEATURE_gram, LIT("cdef"), FEATURE_gram, LIT("fghi") },
};

static void each_row(void)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct seen seen;

		CHECK(see(&seen, rows[i].message), rows[i].about);
		CHECK(has(&seen, rows[i].kind, rows[i].there), rows[i].about);
		CHECK(!has(&seen, rows[i].not_kind, rows[i].missing), rows[i].about);
		arena_finish(&seen.arena);
	}
}

static bool same(const struct features *a, const struct features *b)
{
	for (size_t kind = 0; kind < FEATURE_KIND_COUNT; kind++)
		if (a->kinds[kind].count != b->kinds[kind].count ||
		    (a->kinds[kind].count &&
		     memcmp(a->kinds[kind].hashes, b->kinds[kind].hashes, 4 * (size_t)a->kinds[kind].count) != 0))
			return false;
	return true;
}

static void packed_and_back(void)
{
	struct features back;
	struct buffer packed;
	struct seen seen;

	CHECK(see(&seen, rows[0].message), "a message");
	buffer_init(&packed, FEATURES_PACKED);
	CHECK(features_pack(&seen.features, &packed) == OK, "features can be packed");
	CHECK(features_unpack(buffer_slice(&packed), &seen.arena, &back) == OK && same(&seen.features, &back),
	      "and come back as they were");
	buffer_cut(&packed, buffer_length(&packed) - 1);
	CHECK(features_unpack(buffer_slice(&packed), &seen.arena, &back) == REFUSED, "a byte less is refused");
	buffer_clear(&packed);
	CHECK(buffer_add(&packed, SLICE("\xff\xff\xff\xff")) == OK, "a count");
	CHECK(features_unpack(buffer_slice(&packed), &seen.arena, &back) == REFUSED, "more than there are bytes is refused");
	buffer_finish(&packed);
	arena_finish(&seen.arena);
}

static void refuses_what_stands_twice(void)
{
	static const char twice[] = "\2\0\0\0" "\0\0\3\4" "\0\0\3\4", nothing[] = "\1\0\0\0" "\0\0\0\0";
	static const char kinds[] = "\1\0\0\0" "\0\0\3\4" "\1\0\0\0" "\0\0\3\4", once[] = "\1\0\0\0" "\0\0\3\4";
	static const char low[] = "\1\0\0\0" "\0\x20\3\4", same_place[] = "\2\0\0\0" "\0\0\3\4" "\1\0\3\4";
	static const struct { const char *about; struct slice bytes; enum result end; } cases[] = {
		{ "a feature once", { once, sizeof(once) - 1 }, OK },
		{ "a feature twice is refused: it would count twice", { twice, sizeof(twice) - 1 }, REFUSED },
		{ "in another kind too", { kinds, sizeof(kinds) - 1 }, REFUSED },
		{ "0 is no feature", { nothing, sizeof(nothing) - 1 }, REFUSED },
		{ "nor is one of more bits", { low, sizeof(low) - 1 }, REFUSED },
		{ "which would count twice in one weight", { same_place, sizeof(same_place) - 1 }, REFUSED },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		char packed[4 * FEATURE_KIND_COUNT + 16] = { 0 };
		size_t rest = 4 * FEATURE_KIND_COUNT - 4 * (1 + (cases[i].bytes.len == 16));
		struct features features;
		struct arena arena;

		arena_init(&arena, MEMORY);
		memcpy(packed, cases[i].bytes.at, cases[i].bytes.len);
		CHECK(features_unpack((struct slice){ packed, cases[i].bytes.len + rest }, &arena, &features) == cases[i].end,
		      cases[i].about);
		arena_finish(&arena);
	}
}

/* Words that were looked for, so that all of them fall on one weight, which would move by each. */
enum { TRIED = 3000000, ON_ONE_PLACE = 8 };
static uint32_t place_of_word(const char *word)
{
	return hash_mixed(hash_lower(hash_byte(HASH_SEED, ':'), slice_of(word)), FEATURE_word) >> (32 - MODEL_BITS_USUAL);
}

static size_t add_words_of_one_place(struct buffer *to)
{
	uint32_t place = place_of_word("w0");
	size_t count = 0;
	char word[16];

	for (unsigned i = 0; i < TRIED; i++) {
		(void)snprintf(word, sizeof(word), "w%u", i);
		if (place_of_word(word) == place && buffer_format(to, "%s ", word) == OK)
			count++;
	}
	return count;
}

static void one_weight_counts_once(void)
{
	struct buffer text;
	struct seen seen;
	size_t there = 0;

	buffer_init(&text, 4096);
	CHECK(buffer_add(&text, SLICE("\r\n")) == OK && add_words_of_one_place(&text) >= ON_ONE_PLACE, "words of one place are found");
	CHECK(see(&seen, buffer_slice(&text)), "a message of them");
	CHECK(has(&seen, FEATURE_word, SLICE("w0")), "the first is seen");
	for (size_t kind = 0; kind < FEATURE_KIND_COUNT; kind++)
		for (uint32_t i = 0; i < seen.features.kinds[kind].count; i++)
			there += seen.features.kinds[kind].hashes[i] >> (32 - MODEL_BITS_USUAL) == place_of_word("w0");
	CHECK(there == 1, "they count as one");
	arena_finish(&seen.arena);
	buffer_finish(&text);
}

/* A message of many words that are in no other, and one that matters, at its beginning or its end, or in between. */
enum { WORDS = 200000, FIELDS = 700, PARTS = 100 };
enum place { FIRST, MIDDLE, LAST };

/* Where # stands in the form comes a number. */
static bool put_words(struct buffer *to, const char *form, unsigned count)
{
	bool good = true;

	for (unsigned i = 0; i < count && good; i++) {
		struct slice behind = slice_of(form), before = slice_cut(&behind, '#');

		good = buffer_format(to, "%.*s%u%.*s", SHOW(before), i, SHOW(behind)) == OK;
	}
	return good;
}

static bool put_one(struct buffer *to, const char *filler, unsigned count, enum place place, const char *one)
{
	return (place != FIRST || buffer_add(to, slice_of(one)) == OK) &&
	       put_words(to, filler, place == MIDDLE ? count / 2 : place == LAST ? count : 0) &&
	       (place == FIRST || buffer_add(to, slice_of(one)) == OK) &&
	       put_words(to, filler, place == MIDDLE ? count / 2 : place == FIRST ? count : 0);
}

#define MIXED "Content-Type: multipart/mixed; boundary=x\r\n\r\n"
static const struct flood {
	const char *about, *begin, *filler, *one;
	unsigned count;
	enum place place;
	enum feature_kind kind;
	struct slice there, told;
} floods[] = {
	{ "what a long text begins with is seen", "\r\n", "w# ", "watches ", WORDS, FIRST, FEATURE_word, LIT("watches"),
	  LIT("cut: text") },
	{ "so is what it ends with", "\r\n", "w# ", "watches ", WORDS, LAST, FEATURE_word, LIT("watches"), LIT("cut: part") },
	{ "a text that is not cut, but has many words", "\r\n", "w# ", "watches ", 7000, LAST, FEATURE_word, LIT("watches"),
	  LIT("too many: a word of the text") },
	{ "its links", "\r\n", "http://w#.example/ ", "http://shop.example/ ", 2000, LAST, FEATURE_link,
	  LIT("host: shop.example"), LIT("too many: a link") },
	{ "behind many marks", HTML, "<b>w#</b> ", "<a href=http://shop.example/>watches</a>", 3500, LAST, FEATURE_link,
	  LIT("host: shop.example"), LIT("too many: a word of the text") },
	{ "behind much that is hidden", HTML "<i>one</i>", "<div hidden>w#</div>", "<p>watches</p>", 30000, LAST, FEATURE_word,
	  LIT("watches"), LIT("too many: a trick") },
	{ "the last of many parts", MIXED, "--x\r\n\r\nw#\r\n", "--x\r\n\r\nwatches\r\n", PARTS, LAST, FEATURE_word, LIT("watches"),
	  LIT("cut: parts") },
	{ "a subject among many fields", "", "X-#: a\r\n", "Subject: watches\r\n", FIELDS, MIDDLE, FEATURE_header_word,
	  LIT("subject: watches"), LIT("cut: header") },
	{ "the first of many fields", "", "X-#: a\r\n", "X-Shop: watches\r\n", FIELDS, FIRST, FEATURE_header_word,
	  LIT("x-shop: watches"), LIT("cut: header") },
	{ "the last of many fields", "", "X-#: a\r\n", "X-Shop: watches\r\n", FIELDS, LAST, FEATURE_header_form,
	  LIT("field: x-shop"), LIT("cut: header") },
	{ "the end of a long field", "Subject: ", "w# ", "watches", 1500, LAST, FEATURE_header_word, LIT("subject: watches"),
	  LIT("cut: field") },
};

static void filler_pushes_nothing_out(void)
{
	for (size_t i = 0; i < COUNT_OF(floods); i++) {
		const struct flood *flood = &floods[i];
		struct buffer text;
		struct seen seen = { 0 };

		buffer_init(&text, 8 << 20);
		CHECK(buffer_add(&text, slice_of(flood->begin)) == OK &&
		      put_one(&text, flood->filler, flood->count, flood->place, flood->one) &&
		      buffer_add(&text, SLICE("\r\n--x--\r\n")) == OK && see(&seen, buffer_slice(&text)), flood->about);
		CHECK(has(&seen, flood->kind, flood->there), flood->about);
		CHECK(has(&seen, FEATURE_trick, flood->told), flood->about);
		for (size_t kind = 0; kind < FEATURE_KIND_COUNT; kind++)
			CHECK(seen.features.kinds[kind].count <= feature_kinds[kind].most, feature_kinds[kind].text);
		arena_finish(&seen.arena);
		buffer_finish(&text);
	}
}

/* What may be known of a message is the same whether anybody wants to read it. */
static void texts_change_nothing(void)
{
	struct features plain;
	struct message_view view = { 0 };
	struct seen seen;

	CHECK(see(&seen, SLICE("Subject: a b c\r\n\r\none two http://a.example/\r\n")), "a message");
	CHECK(message_read(SLICE("Subject: a b c\r\n\r\none two http://a.example/\r\n"),
	                   &(struct message_reader){ &message_limits_standard, NULL, &seen.arena }, DIGESTS_NONE, &view) == OK &&
	      features_read(&view, &(struct message_reader){ &message_limits_standard, NULL, &seen.arena }, false, &plain) == OK &&
	      same(&plain, &seen.features), "the numbers do not depend on the texts");
	arena_finish(&seen.arena);
}

/* Of all texts only those that are asked for. */
static void describes_some(void)
{
	struct features some = { 0 };
	struct message_view view = { 0 };
	struct message_reader reader;
	struct seen seen;
	size_t described = 0;
	uint32_t wanted;

	CHECK(see(&seen, SLICE("Subject: a b c\r\n\r\none two http://a.example/\r\n")), "a message");
	reader = (struct message_reader){ &message_limits_standard, NULL, &seen.arena };
	wanted = seen.features.kinds[FEATURE_word].hashes[1];
	CHECK(message_read(SLICE("Subject: a b c\r\n\r\none two http://a.example/\r\n"), &reader, DIGESTS_NONE, &view) == OK &&
	      features_describe(&view, &reader, &wanted, 1, &some) == OK && same(&some, &seen.features), "the numbers are the same");
	for (size_t kind = 0; kind < FEATURE_KIND_COUNT; kind++)
		for (uint32_t i = 0; i < some.kinds[kind].count; i++)
			described += some.kinds[kind].texts[i].len > 0;
	CHECK(described == 1 && slice_same(some.kinds[FEATURE_word].texts[1], seen.features.kinds[FEATURE_word].texts[1]),
	      "the one that was asked for has its text");
	arena_finish(&seen.arena);
}

int main(void)
{
	each_row();
	packed_and_back();
	refuses_what_stands_twice();
	one_weight_counts_once();
	filler_pushes_nothing_out();
	texts_change_nothing();
	describes_some();
	return TEST_END();
}
