/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pretend.h — the envelope that a message from a file is given, and the options that say what is in it.
 *
 * Knows:   --from, --to, --client, --helo, and what holds without them.
 * Ignores: the message.
 * Owns:    nothing: the texts are the command line's.
 * Fails:   LATER: no memory, or no randomness.
 */
#ifndef CLI_PRETEND_H
#define CLI_PRETEND_H

#include "base/buffer.h"

#include <getopt.h>

struct pretend { const char *from, *to, *client, *helo; };

struct pretend pretend_standard(void);
/* The rows of getopt_long() for them, and what to do with their letters; false: none of these. */
#define PRETEND_OPTIONS                                                                                  \
	{ "from", required_argument, NULL, 'f' }, { "to", required_argument, NULL, 't' },                \
	{ "client", required_argument, NULL, 'i' }, { "helo", required_argument, NULL, 'h' }
bool pretend_option(struct pretend *pretend, int letter, const char *value);
/* Packed (mail/smtp/envelope.h), with an id of its own. */
must_use enum result pretend_envelope(const struct pretend *pretend, struct buffer *to);

#endif
