/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shapes.h — shapes that a line may have, written as it looks: "^%h (%r [%i]) by %b " (inside mail/rules only).
 *
 * Knows:   a letter behind "%" for each kind of text that a shape leaves open, and which field it is kept as.
 * Ignores: what the fields mean, and which shapes there are (received_rows.c).
 * Owns:    nothing: what is found stands in the line.
 * Fails:   no match. Each line has a number of steps; when they are used up, nothing matches any more.
 *
 *   !          first of all: capitals are as small letters
 *   ^          first in a shape: at the beginning of the line; else anywhere
 *   { … }      what matched between is a field: the letter behind "{" says which, as below
 *   %( … %)    or nothing
 *   %[ %] %< %> "% "    that character or nothing; %% is "%"
 *   %h %r %b %d %n      a word, kept as helo, rdns, by, ident, id; %H, %R, %D: or nothing
 *   %w %W      a word; a word or nothing               %k  helo: no blank, no bracket; or nothing
 *   %i %o      an address, kept as ip; an address      %L  a name or address of the machine itself
 *   %* %?      anything, as much or as little as can be; %+  at least a character; %s  as %?, kept as a comment
 *   %p %P %m   no ")": some; some or none; 0 to 40     %q %~ %t  0 to 100 characters; 10 to 80; 3 to 20
 *   %#         digits                                  %u %v  no blank and no "@"; no "."
 *   %1 %2 %3   a digit; one or two; one to three       %K %S  2 to 9 digits; a digit up to 6
 *   %l %G      a small letter; 1 to 4 of them or digits  %z  letters, digits, "_"
 *   %c %y      id: no blank, "<", ">", ";", 3 at least; helo: what names hold, and more
 *   %g         what a zone of IPv6 holds, or nothing   %A %x %j  one letter; "." or ":"; none of letters, digits, "-", "."
 *   %;         blanks and ";"                          %Z  one character or nothing
 *   %e %Q %M %Y         HELO or EHLO; SMTP or QMQP; a month; a day
 *   %N %X %C   protocols and methods with a password; protocols of CommuniGate
 *   %$ %B      the end; the edge of a word            %| %E  a blank or the end; …or ";"
 *   %f %- %!   no letter, digit, "-", ".", ";" here; no " id " here; the edge of a word, not before "." or "-"
 */
#ifndef RULES_SHAPES_H
#define RULES_SHAPES_H

#include "base/slice.h"

enum { SHAPE_STEPS = 50000 };           /* for one line */

enum shape_field {
	FIELD_NONE, FIELD_HELO, FIELD_RDNS, FIELD_BY, FIELD_IDENT, FIELD_IP, FIELD_ID, FIELD_AUTH, FIELD_SENDER, FIELD_COMMENT,
	SHAPE_FIELDS
};

struct shape_line {
	struct slice text;
	unsigned steps;                  /* that are left */
};

struct shape_found {
	struct slice field[SHAPE_FIELDS];
	unsigned there;                  /* as bits: those that matched; others are as they were */
	size_t begin, end;               /* of the whole match */
};

/* Fields that match are written over, others stay. No match: nothing changes. */
bool shape_match(const char *shape, struct shape_line *line, struct shape_found *found);

#endif
