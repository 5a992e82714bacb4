/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report_json.h — texts as JSON has them, for all commands that print objects.
 *
 * Knows:   that JSON is UTF-8.
 * Ignores: what the texts say.
 * Owns:    nothing: an object is its asker's.
 * Fails:   what is not UTF-8 is told as such.
 */
#ifndef CLI_REPORT_JSON_H
#define CLI_REPORT_JSON_H

#include "base/buffer.h"

#include <jansson.h>

json_t *report_text(struct slice text);
/* Its one line, put at the end of `to`; takes the object. */
must_use enum result report_object(json_t *object, struct buffer *to);

#endif
