/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reader.h — what whoever reads a message brings along: ceilings, character sets, and memory.
 *
 * Owns:    nothing. What is read points into the message or into this arena, and ends with either.
 */
#ifndef MESSAGE_READER_H
#define MESSAGE_READER_H

#include "mail/message/charsets.h"
#include "mail/message/limits.h"

struct message_reader {
	const struct message_limits *limits;
	const struct charsets *charsets;         /* NULL: only what is built in */
	struct arena *arena;
};

#endif
