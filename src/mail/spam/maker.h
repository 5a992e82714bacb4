/* SPDX-License-Identifier: Apache-2.0 */
/*
 * maker.h — the set that features are put into, and who fills it (inside mail/spam only).
 *
 * Knows:   that a feature is told once, and that a kind has its most.
 * Ignores: what is a feature: words.c, header_view.c, contents_view.c, markup.c, links.c.
 * Owns:    nothing: all stands in the reader's arena.
 * Fails:   a kind without room leaves out what is told then: whoever has more than one thing to tell of shares the room
 *          out, so that none of them pushes the others out. `full` says that the arena was; what is added then is lost,
 *          and features_read() says LATER.
 */
#ifndef SPAM_MAKER_H
#define SPAM_MAKER_H

#include "mail/spam/feature_set.h"

struct maker {
	const struct message_reader *reader;
	struct features *features;
	uint32_t *seen;                          /* open addressing; 0: free */
	unsigned bits;                           /* of its places */
	bool texts;                              /* somebody wants to know what features stand for */
	const uint32_t *wanted;                  /* of these only; NULL: of all */
	size_t wanted_count;
	size_t count;
	uint32_t most[FEATURE_KIND_COUNT];       /* for now: maker_share() keeps room for what comes later */
	uint32_t refused;                        /* bits: kinds of which some were left out */
	bool full;
};

enum { HASH_SEED = 0x811c9dc5u & 0x7fffffff };
#define LOWEST_FEATURE ((uint32_t)1 << (32 - FEATURE_BITS))

/* FNV-1a, mixed at the end as MurmurHash3 does. What is called for every byte of a mail stands here to be inlined. */
static inline uint32_t hash_byte(uint32_t hash, char byte)
{
	return (hash ^ (unsigned char)byte) * 0x01000193u;
}

/* byte_lower() of base/slice.h, without the call. */
static inline char lower(char byte)
{
	return (char)(byte | ((unsigned char)(byte - 'A') < 26) << 5);
}

/* slice_same_nocase() for tables of many rows, of which most differ in their length or first letter. `b` is in small
 * letters, and not empty. */
static inline bool is_word(struct slice a, struct slice b)
{
	return a.at && a.len == b.len && lower(*a.at) == *b.at && slice_same_nocase(a, b);
}

/* From now on a kind takes at most this part of the room that it has left: one of `left` that still want some. Of tricks
 * some room is always kept for the reader's own. */
void maker_share(struct maker *maker, size_t left);

uint32_t hash_bytes(uint32_t hash, struct slice bytes);
uint32_t hash_lower(uint32_t hash, struct slice bytes);
uint32_t hash_number(uint32_t hash, uint64_t number);

static inline uint32_t hash_mixed(uint32_t hash, enum feature_kind kind)
{
	hash ^= ((uint32_t)kind + 1) * 0x9e3779b9u;
	hash = (hash ^ hash >> 16) * 0x85ebca6bu;
	hash = (hash ^ hash >> 13) * 0xc2b2ae35u;
	hash = (hash ^ hash >> 16) & ~(LOWEST_FEATURE - 1);
	return hash ? hash : LOWEST_FEATURE;     /* 0 is a free place */
}

/* Takes a mixed hash that is not there yet, to that place. False: there is no room for it. */
bool maker_keep(struct maker *maker, enum feature_kind kind, uint32_t hash, uint32_t place);

/* True: it is new, and was taken. */
static inline bool maker_put(struct maker *maker, enum feature_kind kind, uint32_t hash)
{
	uint32_t mask = (1u << maker->bits) - 1, mixed = hash_mixed(hash, kind), place = mixed >> (32 - maker->bits);

	for (; maker->seen[place]; place = (place + 1) & mask)
		if (maker->seen[place] == mixed)
			return false;
	return maker_keep(maker, kind, mixed, place);
}

/* What the feature that was taken last stands for; only where `texts` is wanted. */
void maker_describe(struct maker *maker, enum feature_kind kind, struct slice label, struct slice text);

/* Both. */
static inline void maker_add(struct maker *maker, enum feature_kind kind, uint32_t hash, struct slice label,
                             struct slice text)
{
	if (maker_put(maker, kind, hash) && maker->texts)
		maker_describe(maker, kind, label, text);
}

/* The hash is that of label and text, in lower case. */
void maker_tell(struct maker *maker, enum feature_kind kind, struct slice label, struct slice text);
/* … of label and a number; small_size() makes few numbers of many: 0, 1, 2, 4, 8 … as 0, 1, 2, 3, 4 … */
void maker_tell_number(struct maker *maker, enum feature_kind kind, struct slice label, uint64_t number);
unsigned small_size(uint64_t number);

/* words.c: words and pairs of a text. `label` is part of every hash: the field's name in lower case, or nothing. */
struct words {
	struct maker *maker;
	enum feature_kind word, pair;
	struct slice label;
	unsigned reach;                          /* how far apart the words of a pair may be, 1 to 4 */
	bool tricks;                             /* split and disguised words are told of */
};
void words_of(const struct words *words, struct slice text);
/* Four bytes in a row. */
void grams_of(struct maker *maker, enum feature_kind kind, struct slice bytes);

/* shapes.c: "<a9.a@a.a>": letters, digits and the rest of a text, as few bytes. */
enum { SHAPE_MOST = 40 };
struct slice shape_of(struct slice text, char room[SHAPE_MOST]);

/* links.c: one link, and all that stand in a text. */
void link_of(struct maker *maker, struct slice uri);
void links_in(struct maker *maker, struct slice text);
/* The last `labels` labels of a domain; whole when there are fewer. */
struct slice domain_end(struct slice domain, unsigned labels);

/* styles.c: what a style says of the text within it. `ink` and `paper` are changed only where it says so. */
enum { COLOUR_UNKNOWN = -1 };
struct style { bool hides; int32_t ink, paper; };        /* colours: 0xRRGGBB */
void style_read(struct slice text, struct style *style);
int32_t colour_of(struct slice text);

/* nesting.c: the marks of HTML that are open, the page itself first. What lies deeper than NESTING_MOST is `deep`: it has
 * the style of the deepest one that is kept. */
enum { NESTING_MOST = 48 };
struct open_mark { struct slice name; struct style style; };
struct nesting { struct open_mark open[NESTING_MOST]; size_t count; bool deep; };
void nesting_init(struct nesting *nesting);
void nesting_before(struct nesting *nesting, struct slice name);         /* a mark of that name is coming */
void nesting_begin(struct nesting *nesting, struct slice name, const struct style *style);
void nesting_end(struct nesting *nesting, struct slice name);
const struct style *nesting_style(const struct nesting *nesting);
bool nesting_hides(const struct nesting *nesting);
bool mark_joins(struct slice name);                                      /* it stands within a line, and within a word */

/* markup.c: HTML as marks, links, the text that is seen, and that which is not. */
struct markup { struct slice seen, hidden; };
void markup_of(struct maker *maker, struct slice html, struct markup *ret_markup);

/* fields.c: which fields are looked at, and in what order: the well-known ones first, then the first and the last others. */
enum { SAMPLE_MOST = 256 };
struct sample { const struct header *fields[SAMPLE_MOST]; size_t count; bool cut; };
void sample_fields(const struct headers *headers, struct sample *ret_sample);

/* header_view.c, header_form.c, contents_view.c */
void header_view(struct maker *maker, const struct sample *sample);
void header_form(struct maker *maker, const struct headers *headers, const struct sample *sample);
void contents_view(struct maker *maker, const struct message_view *view);
/* A field of lists, filters and mailboxes, not of whoever wrote the message. */
bool field_is_mark(struct slice name);

#endif
