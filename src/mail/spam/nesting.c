/* SPDX-License-Identifier: Apache-2.0 */
/* A stack of the marks that are open. Which marks end others unsaid, which hold nothing, and whose end leaves what around
 * it open are tables. */
#include "mail/spam/maker.h"

static bool is_one_of(struct slice name, const struct slice *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (is_word(name, list[i]))
			return true;
	return false;
}

bool mark_joins(struct slice name)
{
	static const struct slice joining[] = {
		LIT("b"), LIT("i"), LIT("u"), LIT("s"), LIT("em"), LIT("strong"), LIT("font"), LIT("span"), LIT("a"), LIT("small"),
		LIT("big"), LIT("sub"), LIT("sup"), LIT("tt"), LIT("code"), LIT("wbr"),
	};

	return is_one_of(name, joining, COUNT_OF(joining));
}

void nesting_init(struct nesting *nesting)
{
	nesting->open[0] = (struct open_mark){ .style = { .ink = COLOUR_UNKNOWN, .paper = 0xffffff } };
	nesting->count = 1;
	nesting->deep = false;
}

const struct style *nesting_style(const struct nesting *nesting)
{
	return &nesting->open[nesting->count - 1].style;
}

bool nesting_hides(const struct nesting *nesting)
{
	const struct style *style = nesting_style(nesting);

	return style->hides || (style->ink != COLOUR_UNKNOWN && style->ink == style->paper);
}

/* ---- what ends others ---- */

/* The innermost of `ends` ends, and all within it, up to one of the names behind: nobody writes </p>. */
static const struct ender { struct slice name; struct slice ends[2], up_to[2]; } enders[] = {
	{ LIT("p"), { LIT("p") }, { LIT("td"), LIT("div") } },       { LIT("div"), { LIT("p") }, { LIT("td"), LIT("div") } },
	{ LIT("table"), { LIT("p") }, { LIT("td"), LIT("div") } },   { LIT("ul"), { LIT("p") }, { LIT("td"), LIT("div") } },
	{ LIT("li"), { LIT("li") }, { LIT("ul"), LIT("ol") } },      { LIT("td"), { LIT("td"), LIT("th") }, { LIT("table") } },
	{ LIT("th"), { LIT("td"), LIT("th") }, { LIT("table") } },   { LIT("tr"), { LIT("tr") }, { LIT("table") } },
	{ LIT("dt"), { LIT("dt"), LIT("dd") }, { LIT("dl") } },      { LIT("dd"), { LIT("dt"), LIT("dd") }, { LIT("dl") } },
	{ LIT("option"), { LIT("option") }, { LIT("select") } },     { LIT("body"), { LIT("head") }, { LIT("body") } },
};

static void end_by(struct nesting *nesting, const struct ender *ender)
{
	for (size_t i = nesting->count; --i > 0;) {
		struct slice name = nesting->open[i].name;

		if (is_one_of(name, ender->up_to, COUNT_OF(ender->up_to)))
			return;
		if (is_one_of(name, ender->ends, COUNT_OF(ender->ends))) {
			nesting->count = i;
			return;
		}
	}
}

void nesting_before(struct nesting *nesting, struct slice name)
{
	for (size_t i = 0; i < COUNT_OF(enders); i++)
		if (is_word(name, enders[i].name))
			end_by(nesting, &enders[i]);
}

/* The end of what stands within a line ends no block, and nothing but a table ends its cells. */
void nesting_end(struct nesting *nesting, struct slice name)
{
	static const struct slice cells[] = { LIT("td"), LIT("th") };
	static const struct slice tables[] = { LIT("td"), LIT("th"), LIT("tr"), LIT("table"), LIT("tbody"), LIT("body"), LIT("html") };
	bool joins = mark_joins(name), tabular = is_one_of(name, tables, COUNT_OF(tables));

	for (size_t i = nesting->count; --i > 0;) {
		struct slice open = nesting->open[i].name;

		if (slice_same_nocase(open, name)) {
			nesting->count = i;
			return;
		}
		if ((joins && !mark_joins(open)) || (!tabular && is_one_of(open, cells, COUNT_OF(cells))))
			return;
	}
}

/* ---- what begins ---- */

void nesting_begin(struct nesting *nesting, struct slice name, const struct style *style)
{
	static const struct slice alone[] = {
		LIT("br"), LIT("img"), LIT("hr"), LIT("input"), LIT("meta"), LIT("link"), LIT("area"), LIT("base"), LIT("col"),
		LIT("wbr"), LIT("embed"), LIT("source"), LIT("track"), LIT("param"), LIT("basefont"), LIT("frame"), LIT("keygen"),
		LIT("bgsound"), LIT("spacer"),
	};

	if (name.len == 0 || !byte_is_letter(*name.at) || is_one_of(name, alone, COUNT_OF(alone)))
		return;
	if (nesting->count == NESTING_MOST)
		nesting->deep = true;
	else
		nesting->open[nesting->count++] = (struct open_mark){ name, *style };
}
