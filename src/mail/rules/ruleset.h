/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ruleset.h — what rule files say, as data: every rule by its name, every other line in its order, what was wrong.
 *
 * Knows:   names, kinds, definitions, scores, flags, priorities and descriptions of rules; where each was written.
 * Ignores: files, and how a rule is run.
 * Owns:    nothing: everything stands in the arena that it was begun with, for as long as that.
 * Fails:   LATER when the arena, or the number of rules, is full.
 */
#ifndef RULES_RULESET_H
#define RULES_RULESET_H

#include "base/arena.h"

enum { RULE_NAME_MOST = 100, RULES_MOST = 65536, COMPLAINTS_MOST = 1000, SCORE_SETS = 4 };

/* Score sets: 0 neither, 1 network, 2 learning, 3 both. */

enum rule_kind {
	RULE_NAMED,                      /* somebody speaks of it, nobody says what it is: it never hits */
	RULE_HEADER,
	RULE_BODY,
	RULE_RAWBODY,
	RULE_URI,
	RULE_FULL,
	RULE_META,
	RULE_MIMEHEADER,
	RULE_URI_DETAIL,
	RULE_EMPTY,                      /* `askdns`, `reuse`: it is there and does nothing by itself */
	RULE_KINDS
};

enum rule_form { FORM_NONE, FORM_REGEX, FORM_EXISTS, FORM_EVAL, FORM_RBL, FORM_META, RULE_FORMS };

enum rule_flag {                                 /* of `tflags` */
	TFLAG_NET = 1, TFLAG_LEARN = 2, TFLAG_NICE = 4, TFLAG_USERCONF = 8, TFLAG_NOAUTOLEARN = 16,
	TFLAG_AUTOLEARN_FORCE = 32, TFLAG_AUTOLEARN_BODY = 64, TFLAG_AUTOLEARN_HEADER = 128, TFLAG_MULTIPLE = 256,
	TFLAG_NOSUBJECT = 512, TFLAG_NOLOG = 1024, TFLAG_NOAWL = 2048, TFLAG_IPS_ONLY = 4096,
	TFLAG_DOMAINS_ONLY = 8192, TFLAG_NOTRIM = 16384, TFLAG_A = 32768, TFLAG_NS = 65536, TFLAG_CONCAT = 131072,
	TFLAG_PUBLISH = 262144,
};

enum header_modifier {                           /* `Subject:raw` */
	HEADER_RAW = 1, HEADER_ADDR = 2, HEADER_NAME = 4, HEADER_HOST = 8, HEADER_DOMAIN = 16, HEADER_IP = 32,
	HEADER_REVIP = 64, HEADER_FIRST = 128, HEADER_LAST = 256,
};

struct rules_place { uint32_t file, line; };     /* file: of ruleset.files; line: from 1 */

struct definition {
	enum rule_kind kind;
	enum rule_form form;
	struct rules_place place;                /* line 0: nowhere */
	struct slice text;                       /* what stands behind the name */
	struct slice header;                     /* header, mimeheader: which; "ALL", "ToCc" and the like too */
	unsigned modifiers;                      /* enum header_modifier */
	bool negated;                            /* !~ */
	bool has_unset;
	struct slice unset;                      /* [if-unset: this] */
	struct slice pattern, flags;             /* Perl's expression without delimiters; letters among imsxapnu */
	struct slice function, arguments;        /* eval: without the brackets */
	const struct program *meta;
};

struct rule {
	struct slice name;
	struct definition is;                    /* the last that was written and valid */
	unsigned tflags;                         /* enum rule_flag */
	unsigned maxhits;                        /* 0: without a limit */
	unsigned range_from, range_to;           /* mimeheader's parts, from 1; 0: all */
	int priority;
	bool has_priority, has_score;
	bool replaces;                           /* its pattern holds replace tags */
	double score[SCORE_SETS];
	struct slice describe;
};

struct directive;
struct rules_line {                              /* of any other directive, as it was written */
	const struct directive *directive;
	struct slice value;
	struct rules_place place;
};

struct complaint { struct rules_place place; const char *text; };

struct ruleset {
	struct arena *arena;
	struct rule *rules;
	size_t count, room;
	uint32_t *index;                         /* of rules by name: number + 1; 0: free */
	size_t index_size;
	struct rules_line *lines;
	size_t line_count, line_room;
	struct slice *files;
	size_t file_count, file_room;
	struct complaint *complaints;            /* the first of them; */
	size_t complaint_count, mistakes;        /* all there were */
};

must_use enum result ruleset_begin(struct ruleset *set, struct arena *arena);
/* The rule of that name, or NULL. Ends with the next ruleset_named(). */
const struct rule *ruleset_find(const struct ruleset *set, struct slice name);
/* Its number, made where nobody has spoken of it before. */
must_use enum result ruleset_named(struct ruleset *set, struct slice name, uint32_t *ret_number);
must_use enum result ruleset_line(struct ruleset *set, const struct rules_line *line);
must_use enum result ruleset_file(struct ruleset *set, struct slice name, uint32_t *ret_number);
/* A mistake in the files: counted, and kept as long as there is room. */
void ruleset_complain(struct ruleset *set, struct rules_place place, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

bool rule_is_sub(const struct rule *rule);       /* its name begins with two underscores: no score, no report */
const char *rule_kind_name(enum rule_kind kind);
const char *rule_form_name(enum rule_form form);

#endif
