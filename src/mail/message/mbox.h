/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mbox.h — many messages in one file, each behind a From line (RFC 4155, and what came before it).
 *
 * Knows:   a From line: "From ", somebody, a time and a year; and that a blank line, or the file's begin, is before it.
 * Ignores: quoting: ">From " stays as it is, because two kinds of mbox mean two things by it.
 * Owns:    nothing.
 * Fails:   never; without a From line the whole is one message.
 */
#ifndef MESSAGE_MBOX_H
#define MESSAGE_MBOX_H

#include "base/slice.h"

bool mbox_is_from_line(struct slice line);
/* Is this a file of messages, by its first line? */
bool mbox_begins(struct slice bytes);
/* The first message of an mbox that begins with a From line, cut off the front, without that line. */
struct slice mbox_cut(struct slice *rest);

#endif
