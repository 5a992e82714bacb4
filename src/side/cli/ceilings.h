/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ceilings.h — settings by which a message is read, and that nobody can judge by who has only what was found then.
 *
 * Knows:   which settings of section `inspect` change what is found: of every message, or of those that could not be read.
 * Ignores: what they mean. What is written differently counts as different, though it may say the same.
 * Owns:    nothing.
 * Fails:   never.
 */
#ifndef CLI_CEILINGS_H
#define CLI_CEILINGS_H

#include "base/settings.h"

/* Why a judgement by what was found under the settings `was` says nothing of `will`; NULL: it does. `unread`: the message
 * could not be read then. */
const char *ceilings_differ(const struct settings *was, const struct settings *will, bool unread);

#endif
