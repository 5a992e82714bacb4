/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reading.h — what the files of the reader ask of each other (inside mail/rules only).
 *
 * Knows:   words of a line, and the function for each directive.
 * Ignores: the order of files.
 * Owns:    nothing.
 * Fails:   LATER: out of memory. Mistakes are complaints in the set, with OK.
 */
#ifndef RULES_READING_H
#define RULES_READING_H

#include "mail/rules/directives.h"
#include "mail/rules/reader.h"

bool rules_is_space(char c);                     /* what \s matches in an octet */
bool rules_is_word(char c);                      /* \w */
struct slice rules_trim(struct slice text);
struct slice rules_cut_word(struct slice *rest); /* the first word, and the blanks behind it, off the front */
bool rules_is_name(struct slice name);
/* "2" or "0.5", without a sign. */
must_use enum result rules_decimal(struct slice text, double *ret_number);

struct rules_place rules_here(const struct rules_reader *reader);

/* Of a rule, under its name; NULL, and a complaint, where that is no name for one. */
must_use enum result rules_named(struct rules_reader *reader, struct slice name, struct rule **ret_rule);

must_use enum result rules_include(struct rules_reader *reader, struct slice path);

typedef enum result rules_obey(struct rules_reader *, const struct directive *, struct slice value);
rules_obey obey_keep, obey_inert, obey_refused;
rules_obey obey_if, obey_ifplugin, obey_else, obey_endif;                                    /* conditions.c */
rules_obey obey_include, obey_require_version, obey_loadplugin, obey_enable_compat;
rules_obey obey_header, obey_text, obey_meta, obey_mimeheader, obey_uri_detail, obey_empty;  /* define.c */
rules_obey obey_reuse;
rules_obey obey_score, obey_tflags, obey_priority, obey_describe, obey_replace_rules;        /* attributes.c */

/* `/…/flags`, `m{…}flags` and the like. REFUSED with a reason. */
must_use enum result regex_cut(struct slice text, struct slice *ret_pattern, struct slice *ret_flags, const char **ret_fault);

/* The sum that a meta rule or a condition writes. REFUSED with a reason. */
must_use enum result meta_read(struct rules_reader *reader, struct slice text, uint32_t self, bool complete,
                               const struct program **ret_program, const char **ret_fault);
/* REFUSED: it cannot be understood. */
must_use enum result condition_holds(struct rules_reader *reader, struct slice text, bool *ret_holds);
must_use enum result plugin_load(struct rules_reader *reader, struct slice name);
void plugins_stock(struct rules_reader *reader);

must_use enum result replace_apply(struct rules_reader *reader);                             /* replace.c */
must_use enum result rules_settle(struct rules_reader *reader);                              /* settle.c */

#endif
