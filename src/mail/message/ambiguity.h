/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ambiguity.h — the constructions that two readers may take for two different messages.
 *
 * Knows:   their names, as the fact `ambiguous` shows them, and which of them make another reading worth the walk.
 * Ignores: how they are found (walk.h), and what is done about them (policy).
 */
#ifndef MESSAGE_AMBIGUITY_H
#define MESSAGE_AMBIGUITY_H

#include <stdbool.h>
#include <stdint.h>

#define AMBIGUITIES(ROW)                                                                                              \
	ROW(two_from,         TOP,  "two From fields")                                                                \
	ROW(two_sender,       TOP,  "two Sender fields")                                                              \
	ROW(two_subject,      TOP,  "two Subject fields")                                                             \
	ROW(two_types,        TREE, "two Content-Type fields")                                                        \
	ROW(two_encodings,    TREE, "two Content-Transfer-Encoding fields")                                           \
	ROW(two_dispositions, LEAF, "two Content-Disposition fields")                                                 \
	ROW(field_line,       TREE, "a line among the header fields that is none")                                    \
	ROW(field_blank,      TREE, "a folded header line of blanks only")                                            \
	ROW(field_control,    TREE, "a NUL or a bare CR in a header field")                                          \
	ROW(field_spaced,     TREE, "blanks before the colon of a header field of MIME")                              \
	ROW(type,             TREE, "a Content-Type that names no type")                                              \
	ROW(parameters,       TREE, "parameters of a type that no grammar allows")                                    \
	ROW(parameter_twice,  TREE, "a parameter that stands twice")                                                  \
	ROW(boundary_none,    TREE, "multipart without a boundary")                                                   \
	ROW(boundary_two,     TREE, "two readings of a boundary")                                                     \
	ROW(boundary_odd,     TREE, "a boundary with characters that none may have")                                  \
	ROW(boundary_levels,  TREE, "a boundary used on two levels")                                                  \
	ROW(boundary_long,    TREE, "a boundary of more than 70 characters")                                          \
	ROW(boundary_tail,    TREE, "a boundary with text behind it")                                                 \
	ROW(boundary_near,    TREE, "a line that is nearly a boundary")                                               \
	ROW(boundary_again,   TREE, "a boundary behind the end of its multipart")                                     \
	ROW(boundary_missing, TREE, "multipart in which its boundary never comes")                                    \
	ROW(boundary_in_text, TREE, "a boundary within what is no multipart")                                         \
	ROW(encoding,         LEAF, "a Content-Transfer-Encoding that nobody knows")                                  \
	ROW(encoding_of_many, TREE, "an encoded multipart")                                                           \
	ROW(encoded_message,  TREE, "an encoded message")                                                             \
	ROW(looks_encoded,    LEAF, "base64 that its header does not name")                                           \
	ROW(base64_junk,      LEAF, "base64 with bytes that are none")                                                \
	ROW(base64_went_on,   LEAF, "base64 behind its end")                                                          \
	ROW(base64_uneven,    LEAF, "base64 whose lines end within a group")                                          \
	ROW(base64_unfinished, LEAF, "base64 that breaks off within a group")                                         \
	ROW(quoted_broken,    LEAF, "broken quoted-printable")                                                        \
	ROW(old_code_broken,  LEAF, "broken uuencode, yEnc or BinHex")                                                \
	ROW(names,            LEAF, "several names for one part")                                                     \
	ROW(name_parameters,  LEAF, "a name that no grammar allows")                                                  \
	ROW(name_sections,    LEAF, "a name in sections that do not follow each other")                               \
	ROW(name_charset,     LEAF, "a name in a character set that readers take differently")                        \
	ROW(name_denied,      LEAF, "a name of a picture or a document whose bytes are none")                         \
	ROW(old_code_within,  LEAF, "uuencode, yEnc or BinHex within one another")                                    \
	ROW(packed,           LEAF, "a file in a form that only some readers open")                                   \
	ROW(partial,          LEAF, "a piece of a message, or one that lies elsewhere")                               \
	ROW(addresses,        TOP,  "addresses that readers take differently")                                        \
	ROW(addresses_many,   TOP,  "more addresses in a field than are read")                                         \
	ROW(message_kind,     LEAF, "a message of a kind that nobody knows")                                          \
	ROW(field_name,       LEAF, "a field that is nearly named like one of MIME")                                  \
	ROW(outside,          LEAF, "something outside of the boundaries of a multipart")                             \
	ROW(charset,          LEAF, "text in a character set that hides what it says")

#define AMBIGUITY_NAME(name, where, text) AMBIGUITY_##name,
enum ambiguity { AMBIGUITIES(AMBIGUITY_NAME) AMBIGUITY_COUNT };
_Static_assert(AMBIGUITY_COUNT <= 64, "they are bits of a set");

#define AMBIGUITY_BIT(name) (1ULL << AMBIGUITY_##name)
const char *ambiguity_text(enum ambiguity ambiguity);
/* Those that can make another tree of the same bytes. */
uint64_t ambiguity_tree(void);

#endif
