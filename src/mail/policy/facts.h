/* SPDX-License-Identifier: Apache-2.0 */
/*
 * facts.h — every fact that policy may ask for, with its type and what it says: the table is the documentation
 *           (`postern help facts`).
 *
 * Knows:   names, types, and where each fact's values stand: what scanners said, the envelope, the recipient, the
 *          findings, the lists in the DNS. A fact has no, one or many values; all are texts, and numbers and addresses are read from them.
 * Ignores: expressions, and what is done when a fact holds.
 * Owns:    nothing: values point into what they were taken from.
 * Fails:   a fact that is not there has no values; comparing it is false.
 */
#ifndef POLICY_FACTS_H
#define POLICY_FACTS_H

#include "base/buffer.h"
#include "mail/evidence/evidence.h"
#include "mail/policy/dnsbls.h"
#include "mail/smtp/smtp.h"

enum { FACT_SCRATCH = 24 };
enum fact_type { FACT_TRUTH, FACT_TEXT, FACT_NUMBER, FACT_WORD, FACT_ADDRESS };

struct fact_context {
	const struct envelope *envelope;
	const struct envelope_recipient *recipient;      /* NULL: of no recipient in particular */
	const struct findings *findings;
	const struct evidence *evidence;
	const struct dnsbls *dnsbls;
	struct slice virus, unscannable;                 /* who and what; empty: it is not so */
	const struct slice *profiles;                    /* titles of those that hold for the recipient */
	size_t profile_count;
	char *scratch;                                   /* FACT_SCRATCH bytes for a number that stands in no text */
};

/* Why a test is neither true nor false; as bits. */
enum doubt { DOUBT_PATTERN = 1, DOUBT_SKIP = 2, DOUBT_DEFER = 4, DOUBT_KEEPER = 8 };

struct fact_row {
	const char *name;
	enum fact_type type;
	bool takes_name;                                 /* header("NAME"), listed("NAME") */
	bool varies;                                     /* from recipient to recipient */
	bool single;                                     /* never more than one value */
	/* The value after `*place`, which begins with 0; false: no more. */
	bool (*next)(const struct fact_row *row, const struct fact_context *context, struct slice argument,
	             size_t *place, struct slice *ret_value);
	/* May be NULL. Bits of enum doubt: its values cannot be known. */
	unsigned (*doubts)(const struct fact_context *context, struct slice argument);
	bool (*named)(const struct dnsbls *dnsbls, struct slice argument);       /* NULL: any name will do */
	size_t from;                                     /* a bit of the envelope's flags, or an offset */
	const char *finding;                             /* the name among the findings */
	const char *words;                               /* FACT_WORD: all there are, with spaces between */
	const char *about;
	uint32_t since;                                  /* the first reader that told it as it is told now; 0: all did, or none does */
};

extern const struct fact_row fact_rows[];
extern const size_t fact_row_count;

static inline bool fact_is_header(const struct fact_row *row) { return row->takes_name && row->finding; }
const struct fact_row *fact_find(struct slice name);                     /* NULL: there is none */
const char *fact_nearest(struct slice wrong);                            /* NULL: none is near */
const char *fact_type_name(enum fact_type type);
bool fact_word_known(const struct fact_row *row, struct slice word);

#endif
