/* SPDX-License-Identifier: Apache-2.0 */
/*
 * compare.h — what another configuration makes of a message, recipient by recipient: from what to what, and by which rule.
 *
 * Knows:   that verdict, fate, quarantine's kind, reply and the deeds of each recipient are what counts; a rule that was
 *          only renamed changes nothing. What a notice, an attachment's cover or a banner says is another deed where its
 *          template or banner is another.
 * Ignores: how the judgements were made.
 * Owns:    nothing: texts stand in the arena handed in.
 * Fails:   LATER: no room; REFUSED: the judgements are of another number of recipients.
 */
#ifndef CLI_COMPARE_H
#define CLI_COMPARE_H

#include "base/settings.h"
#include "mail/policy/policy.h"
#include "mail/smtp/smtp.h"

struct difference {
	struct slice recipient;                  /* empty: the verdict, which is everybody's */
	struct slice from, to;                   /* "clean", "quarantine (virus)", "deliver; subject '[spam] '" */
	struct slice from_rule, to_rule;         /* empty: the end of the list; of the verdict: the reason */
	struct slice pair;                       /* "deliver -> reject": what totals count */
};

struct differences { struct difference *list; size_t count; };

/* `policy`: whose templates and banners the deeds are done by; NULL: they are not looked at. */
struct compared { const struct judgement *judgement; const struct policy *policy; };
must_use enum result compare(const struct envelope *envelope, const struct compared *from, const struct compared *to,
                             struct arena *arena, struct differences *ret_changes);

/* Totals of pairs, in the order in which they were first seen. */
enum { PAIRS_MOST = 256, PAIR_TEXT = 64 };
struct pair_count { char pair[PAIR_TEXT]; uint64_t count; };
struct pair_totals { struct pair_count list[PAIRS_MOST]; size_t count; };
void pairs_add(struct pair_totals *totals, struct slice pair);

/* "new.conf:12", or empty where the rule is none of the file's. */
must_use enum result rule_origin(const struct settings *settings, struct slice rule, struct arena *arena, struct slice *ret_text);
/* The same of a time that a profile sets. */
must_use enum result time_origin(const struct settings *settings, enum time_kind kind, struct slice profile, struct arena *arena,
                                 struct slice *ret_text);

#endif
