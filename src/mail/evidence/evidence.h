/* SPDX-License-Identifier: Apache-2.0 */
/*
 * evidence.h — what was found in a message, what is asked of others, and what they answered (decision 5).
 *
 * Knows:   findings (facts as name and value, questions, and the parts of the message), evidence (answers), and the packed form
 *          of both. They are kept with the message, so that judge() can be run again without a network; and which reader
 *          found them, so that what was not looked for is never taken for what was not there.
 * Ignores: how facts are found and how questions are answered.
 * Owns:    nothing: slices point into what was unpacked or into the arena handed in.
 * Fails:   REFUSED: not findings, not evidence. LATER: full. Both ceilings are far above need;
 *          hitting one is a fact (`unscannable`), never a silent cut.
 */
#ifndef EVIDENCE_EVIDENCE_H
#define EVIDENCE_EVIDENCE_H

#include "base/arena.h"
#include "base/buffer.h"

enum { FACTS_MOST = 4096, QUESTIONS_MOST = 256, FOUND_PARTS_MOST = 16384, PART_WORDS_MOST = 256, EVIDENCE_BYTES = 1 << 20 };

struct fact { struct slice name, value; };               /* "size" "5120"; "unscannable" "worker died twice" */
struct fact_place { uint32_t at, length; };              /* the bytes of the message's field it comes from; length 0: of none */

/* What a reader looks for, whether it is there or not. One that looks for more is a reader of its own, and the rows of
 * mail/policy/facts.c say which reader told each fact first as it is told now. The numbers stand in spools and in message
 * logs; those of findings that have none are known by their packed form. */
enum reader {
	READER_FIRST,                                    /* version 1 of the packed form */
	READER_PARTS,                                    /* version 2: as every reader would, with parts */
	READER_WHOLE,                                    /* texts are whole; signatures, addresses, dates; headers that rules ask for */
	READER_LEARNED,                                  /* how likely it is spam, where the site had learned enough */
	READER_NOW = READER_LEARNED,
};

/* Who is asked. Clock and peer are never questions: the dispatcher tells what it knows of them when it hands the message
 * out. The numbers stand in spools and in message logs. */
enum question_kind { ASK_SCANNERS = 1, ASK_CLOCK = 2, ASK_PEER = 3, ASK_DNS = 4, ASK_STATE = 5, QUESTION_KINDS };
struct inquiry { enum question_kind kind; struct slice what; };

/* A part of the message, as far down as it was taken apart. `path` is unique among them: "1.2.1". */
struct found_part {
	struct slice path, type;
	struct slice digest;                             /* SHA-256 of the decoded bytes, or empty */
	uint64_t size;                                   /* decoded bytes */
	struct slice *names; size_t name_count;          /* every one that a reader could come to, in UTF-8 */
	struct slice *facts; size_t fact_count;          /* "name-double", "base64 behind its end" … */
};

struct findings {
	struct fact *facts;         size_t fact_count;
	struct inquiry *questions; size_t question_count;
	struct found_part *parts;   size_t part_count;
	struct fact_place *places;                       /* one for each fact; NULL: not known */
	uint32_t reader;                                 /* enum reader, or of a later version */
};

/* Clean and found are words of scanners; said: the text is the answer. */
enum answer_end { ANSWER_CLEAN = 0, ANSWER_FOUND = 1, ANSWER_FAILED = 2, ANSWER_SAID = 3 };
/* took_ms: of those that are asked one by one, or 0. who: the scanner's name; "clock"; "peer"; the name that the DNS was asked for; what the keeper was asked for */
struct answer { enum question_kind kind; struct slice who; enum answer_end end; struct slice text; uint32_t took_ms; };
struct evidence { struct answer *answers; size_t count; int64_t asked, took_ms; };

must_use enum result findings_pack(const struct findings *findings, struct buffer *to);
must_use enum result findings_unpack(struct slice packed, struct arena *arena, struct findings *ret_findings);
must_use enum result evidence_pack(const struct evidence *evidence, struct buffer *to);
must_use enum result evidence_unpack(struct slice packed, struct arena *arena, struct evidence *ret_evidence);

const char *question_kind_name(enum question_kind kind);         /* "scanners", "clock" ... */
const char *answer_end_name(enum answer_end end);

/* For a message that could not be read at all: one fact, `unscannable`, with the reason. */
must_use enum result findings_unscannable(struct slice reason, struct buffer *to);

#endif
