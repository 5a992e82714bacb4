/* SPDX-License-Identifier: Apache-2.0 */
/*
 * evals_inside.h — the functions behind the table of evals that have files of their own (inside mail/rules only).
 *
 * Knows:   their names, and what they ask each other.
 * Ignores: how arguments are read (evals.c).
 * Owns:    nothing.
 * Fails:   LATER: the arena is full.
 */
#ifndef RULES_EVALS_INSIDE_H
#define RULES_EVALS_INSIDE_H

#include "mail/rules/evals.h"

typedef enum result eval_function(struct eval_call *);

double eval_number(struct slice text);                   /* "0400", ".05", "-1"; what is no number is 0 */
bool eval_holds(double value, struct slice test);        /* "< 384", "!= 0" */
/* Above that argument, and not above the next, where there is one. */
bool eval_in_range(const struct eval_call *call, size_t first, double value);
void eval_match(struct eval_call *call, struct slice text);      /* against the rule's expression: sets `hit` and `limit` */

/* evals_html.c */
eval_function html_test, html_range, html_eval, html_tag_exists, html_tag_balance, html_image_only, html_image_ratio, html_text_match;
eval_function html_title_subject_ratio;
/* evals_senders.c */
eval_function check_equal_from_domains, check_freemail_from, check_freemail_header;
/* evals_dates.c */
eval_function check_for_shifted_date, check_outlook_message_id;
/* evals_mime.c */
eval_function check_for_mime, check_mime_multipart_ratio, check_for_ascii_text_illegal, check_abundant_unicode_ratio, check_base64_length;
eval_function check_for_uppercase;

/* evals_cuts.c */
eval_function uri_truncated, header_truncated, separator_missing;

#endif
