/* SPDX-License-Identifier: Apache-2.0 */
/*
 * labels.h — our domains that are written in UTF-8 in postern.conf, by the names that mail and the DNS have for them.
 *
 * Knows:   the titles of the sections `domain`, and of `route` behind the @.
 * Ignores: everything else in them.
 * Owns:    nothing.
 * Fails:   REFUSED with FILE:LINE in the complaints for what can be nobody's name; LATER when the settings are full.
 */
#ifndef SUPERVISOR_LABELS_H
#define SUPERVISOR_LABELS_H

#include "base/settings.h"

must_use enum result labels_apply(struct settings *settings, struct buffer *complaints);

#endif
