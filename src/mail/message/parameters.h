/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parameters.h — what stands behind the semicolons of Content-Type and Content-Disposition (RFC 2045, RFC 2231).
 *
 * Knows:   tokens, quoted strings, comments, sections (name*0, name*1), other character sets (name*), and
 *          everything that strangers write instead.
 * Ignores: what a parameter is for.
 * Owns:    nothing but the list, in the reader's arena.
 * Fails:   LATER: more parameters than the limit, or no memory. What no grammar allows is a fault, and every
 *          value that a reader could come to is among the readings.
 */
#ifndef MESSAGE_PARAMETERS_H
#define MESSAGE_PARAMETERS_H

#include "mail/message/reader.h"

enum parameter_fault {
	PARAMETER_COMMENT  = 1,                  /* in the name or the value */
	PARAMETER_JUNK     = 2,                  /* text where a parameter, or its end, should be */
	PARAMETER_QUOTES   = 4,                  /* quotes or backslashes where none belong, or none at the end */
	PARAMETER_TWICE    = 8,                  /* the same name with another value */
	PARAMETER_GAP      = 16,                 /* a section is missing, or stands twice */
	PARAMETER_ORDER    = 32,                 /* sections out of order */
	PARAMETER_FORMS    = 64,                 /* both forms, with different values */
	PARAMETER_CHARSET  = 128,                /* a set that nobody knows, or bytes that are none of it */
	PARAMETER_EMPTY    = 256,                /* a name and nothing behind it */
	PARAMETER_BLANKS   = 512,                /* a value with blanks and without quotes */
};

struct parameter {
	struct slice name;                       /* without `*` and section */
	struct slice value;                      /* without quotes and backslashes */
	struct slice raw;                        /* as written, up to the semicolon */
	int section;                             /* -1: the whole */
	bool extended;                           /* percent signs, and a set in front of the first */
	unsigned faults;
};

struct parameters {
	struct slice head;                       /* before the first semicolon, without comments */
	struct parameter *list;
	size_t count;
	unsigned faults;                         /* of the head, and of what is no parameter */
	bool too_many;
};

/* Values of one thing, each once, in the order in which they were found. */
enum { READINGS_MOST = 24 };
struct readings { struct slice list[READINGS_MOST]; size_t count; bool more; };
void readings_add(struct readings *readings, struct slice value);

must_use enum result parameters_read(const struct message_reader *reader, struct slice value,
                                     struct parameters *ret_parameters);
/* Every value that `name` may have here, first the one that most readers take. */
must_use enum result parameters_readings(const struct message_reader *reader, const struct parameters *parameters,
                                         struct slice name, struct readings *readings, unsigned *faults);
/* What `value`, a reading, is to whoever decodes more than he should: percent signs without a star, an encoded word in what
 * was decoded already. Added where it differs. */
must_use enum result parameters_again(const struct message_reader *reader, struct slice value, struct readings *readings);

#endif
