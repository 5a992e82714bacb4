/* SPDX-License-Identifier: Apache-2.0 */
/*
 * judgement.h — what is to be done with a message, recipient by recipient, and why.
 *
 * Knows:   a verdict, a fate for each recipient, the edits, and the findings and evidence that led here;
 *          and the packed form of it, on the wire and in the queue's files. Versions 1 (without deeds), 2 (without profiles),
 *          3 (without the rules that held, and what edits broke), 4 (without who is told) and 5 (without times) are read too.
 * Ignores: how it is carried out: that is the queue's business.
 * Owns:    nothing: slices point into what was unpacked, or into the maker's arena.
 * Fails:   REFUSED: not a judgement, or not one for that number of recipients.
 */
#ifndef POLICY_JUDGEMENT_H
#define POLICY_JUDGEMENT_H

#include "base/arena.h"
#include "base/buffer.h"
#include "mail/policy/times.h"

enum { JUDGEMENT_VERSION = 6 };       /* of the packed form; all before it are still read */

/* The worst that was found. The order counts: later is worse. */
enum verdict { VERDICT_CLEAN, VERDICT_SPAM, VERDICT_BLOCKED, VERDICT_VIRUS, VERDICT_UNSCANNABLE, VERDICT_COUNT };

enum outcome { FATE_DELIVER, FATE_REJECT, FATE_DEFER, FATE_DISCARD, FATE_QUARANTINE, FATE_HOLD, FATE_BOUNCE,
               FATE_COUNT };

/* Which senders are told that delivery failed: the words of profile's setting `notices`, in its order. */
enum fate_notices { FATE_NOTICES_OF_FILE, FATE_NOTICES_OWN, FATE_NOTICES_VERIFIED, FATE_NOTICES_ALL, FATE_NOTICES_COUNT };

#define NO_EDITS UINT32_MAX
enum { BROKEN_UNKNOWN = 255 };

/* What is done beside the fate. Their texts are one line of printable ASCII. */
enum deed_kind {
	DEED_SUBJECT, DEED_HEADER,     /* edits: what is put before the subject; "NAME: VALUE" */
	DEED_FORWARD, DEED_ARCHIVE,    /* errands of the queue: a copy to an address; one into the Maildirs below a path */
	DEED_NOTIFY,                   /* "recipient", "sender" or an address */
	DEED_ATTACHMENT,               /* an edit again: numbers stand in files, new ones go to the end */
	DEED_BANNER,                   /* an edit: the title of a banner */
	DEED_COUNT
};
struct deed {
	enum deed_kind kind;
	struct slice text;
	struct slice rule;             /* the policy's title that asked for it */
	struct slice profile;          /* whose template or banner it is; empty: the file's, or none is needed */
};
struct deeds { struct deed *list; uint32_t count; };
struct titles { struct slice *list; uint32_t count; };

struct fate {
	enum outcome outcome;
	struct slice rule;             /* the policy's title that decided; empty: the end of the list */
	struct slice kind;             /* quarantine: "virus", "unscannable", "late", "undeliverable" … */
	struct slice reply;            /* reject, defer, bounce: "550 5.7.1 …" */
	uint32_t edits;                /* place in judgement.edits, or NO_EDITS */
	uint32_t deeds;                /* place in judgement.deeds, from 1; 0: none */
	uint32_t matched;              /* place in judgement.matched, from 1; 0: none, or an old judgement */
	enum fate_notices notices;     /* instead of what the file says */
	uint32_t times;                /* place in judgement.times, from 1; 0: the file's */
};

struct judgement {
	enum verdict verdict;
	struct slice reason;           /* in words: "clamav: Eicar-Test"; empty when clean */
	struct fate *fates;      uint32_t fate_count;
	struct slice *edits;     uint32_t edits_count;       /* each packed, mail/message/edit.h */
	uint8_t *broken;                                     /* by each: bits of enum seal, or BROKEN_UNKNOWN; NULL: of all unknown */
	struct deeds *deeds;     uint32_t deeds_count;       /* different ones; many fates may share one */
	struct titles *matched;  uint32_t matched_count;     /* rules that held, in order, the final one last; shared too */
	struct times *times;     uint32_t times_count;       /* shared too; believed by nobody before times_bound() */
	struct slice findings, evidence;                     /* packed, mail/evidence/evidence.h */
};

must_use enum result judgement_pack(const struct judgement *judgement, struct buffer *to);
must_use enum result judgement_unpack(struct slice packed, struct arena *arena, struct judgement *ret_judgement);
const char *verdict_name(enum verdict verdict);
const char *outcome_name(enum outcome outcome);
const char *deed_name(enum deed_kind kind);
bool deed_is_edit(enum deed_kind kind);                /* else it is an errand */
bool fate_has_errands(const struct judgement *judgement, const struct fate *fate);
bool judgement_has_errands(const struct judgement *judgement);       /* of any recipient who is not put off or refused */

#endif
