/* SPDX-License-Identifier: Apache-2.0 */
/*
 * feature_set.h — what the classifier sees of a message: numbers, each the hash of something that is there or not.
 *
 * Knows:   the kinds of features, each with the view that it belongs to and how many of it a message may have.
 * Ignores: what they weigh: model.h. They are no secret: from four letters in a row the text can be read off.
 * Owns:    nothing: the lists stand in the reader's arena.
 * Fails:   LATER: the arena is full. REFUSED: packed features that are none. A kind that has reached its most takes no
 *          more, so a message costs no more than that, however long it is.
 */
#ifndef SPAM_FEATURE_SET_H
#define SPAM_FEATURE_SET_H

#include "base/buffer.h"
#include "mail/message/message.h"

/* Headers and contents are judged by a model each: a view. */
enum feature_view { VIEW_HEADERS, VIEW_CONTENTS, VIEW_COUNT };

#define FEATURE_KINDS(ROW)                                                                          \
	ROW(header_word,   HEADERS,  1024, "a word in a header field")                              \
	ROW(header_mark,   HEADERS,  512,  "a word in a field of lists and filters")                \
	ROW(header_pair,   HEADERS,  2048, "words near each other in a header field")               \
	ROW(header_form,   HEADERS,  512,  "how the header is made")                                \
	ROW(header_gram,   HEADERS,  1536, "four letters of the header")                            \
	ROW(word,          CONTENTS, 3072, "a word of the text")                                    \
	ROW(pair,          CONTENTS, 6144, "words near each other in the text")                     \
	ROW(link,          CONTENTS, 512,  "a link")                                                \
	ROW(markup,        CONTENTS, 512,  "a mark of HTML")                                        \
	ROW(part,          CONTENTS, 256,  "a part")                                                \
	ROW(trick,         CONTENTS, 256,  "a trick")                                               \
	ROW(gram,          CONTENTS, 3072, "four letters of the text")

#define FEATURE_KIND(name, view, most, text) FEATURE_##name,
enum feature_kind { FEATURE_KINDS(FEATURE_KIND) FEATURE_KIND_COUNT };

struct feature_kind_row { const char *name, *text; enum feature_view view; uint32_t most; };
extern const struct feature_kind_row feature_kinds[FEATURE_KIND_COUNT];

enum {
	FEATURE_BITS = 18,                       /* of a hash; those below are 0: no two features of a message share a weight */
	FEATURE_TEXT = 60000,                    /* decoded bytes of text that are looked at, its ends where there is more */
	FEATURE_GRAM_TEXT = 3000,                /* … for four letters in a row */
	FEATURE_GRAM_HEADER = 1500,              /* raw bytes of the header for the same, of well-known fields first */
	FEATURES_PACKED = 128 << 10,             /* bytes of packed features, at most */
};

struct feature_list {
	uint32_t *hashes;                        /* no two the same, in all kinds */
	struct slice *texts;                     /* what each stands for, printable; NULL: nobody wants to know */
	uint32_t count;
};

struct features { struct feature_list kinds[FEATURE_KIND_COUNT]; };

/* Of the first reading of a message; `view` may have been cut short by a ceiling. */
must_use enum result features_read(const struct message_view *view, const struct message_reader *reader, bool texts,
                                   struct features *ret_features);

/* The same again, with the texts of these alone; those of the others are empty. Costs little more than without texts. */
must_use enum result features_describe(const struct message_view *view, const struct message_reader *reader,
                                       const uint32_t *wanted, size_t count, struct features *ret_features);

/* A hash in FEATURE_BITS bits is easily met: whoever brings thousands of words that fall on one weight brings one feature. */
static inline bool feature_is_sound(uint32_t hash)
{
	return hash != 0 && (hash & (((uint32_t)1 << (32 - FEATURE_BITS)) - 1)) == 0;
}

/* Without texts; little-endian: for each kind u32 count, then that many u32, each of FEATURE_BITS bits, none of them 0 and
 * none twice. */
must_use enum result features_pack(const struct features *features, struct buffer *to);
must_use enum result features_unpack(struct slice packed, struct arena *arena, struct features *ret_features);

#endif
