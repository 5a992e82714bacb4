/* SPDX-License-Identifier: Apache-2.0 */
/*
 * maker.h — the set that features are put into, and who fills it (inside mail/spam only).
 *
 * Knows:   that a feature is told once, and that a kind has its most.
 * Ignores: what is a feature: words.c, header_view.c, contents_view.c, markup.c, links.c.
 * Owns:    nothing: all stands in the reader's arena.
 * Fails:   `full` says that the arena was; what is added then is lost, and features_read() says LATER.
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
	size_t count;
	bool full;
};

enum { HASH_SEED = 0x811c9dc5u & 0x7fffffff };

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

uint32_t hash_bytes(uint32_t hash, struct slice bytes);
uint32_t hash_lower(uint32_t hash, struct slice bytes);
uint32_t hash_number(uint32_t hash, uint64_t number);

static inline uint32_t hash_mixed(uint32_t hash, enum feature_kind kind)
{
	hash ^= ((uint32_t)kind + 1) * 0x9e3779b9u;
	hash = (hash ^ hash >> 16) * 0x85ebca6bu;
	hash = (hash ^ hash >> 13) * 0xc2b2ae35u;
	hash ^= hash >> 16;
	return hash ? hash : 1;                  /* 0 is a free place */
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

/* markup.c: HTML as marks, links, the text that is seen, and that which is not. */
struct markup { struct slice seen, hidden; };
void markup_of(struct maker *maker, struct slice html, struct markup *ret_markup);

/* header_view.c, header_form.c, contents_view.c */
void header_view(struct maker *maker, const struct headers *headers);
void header_form(struct maker *maker, const struct headers *headers);
void contents_view(struct maker *maker, const struct message_view *view);
/* A field of lists, filters and mailboxes, not of whoever wrote the message. */
bool field_is_mark(struct slice name);

#endif
