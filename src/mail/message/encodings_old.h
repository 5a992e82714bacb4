/* SPDX-License-Identifier: Apache-2.0 */
/*
 * encodings_old.h — the codes of the time before MIME (inside mail/message only).
 *
 * Knows:   uuencode, yEnc and BinHex, byte by byte: their code may come in any pieces.
 * Ignores: where in a text they begin and end (embedded.h).
 * Owns:    nothing.
 * Fails:   never, see encodings.h.
 */
#ifndef MESSAGE_ENCODINGS_OLD_H
#define MESSAGE_ENCODINGS_OLD_H

#include "mail/message/encodings.h"

size_t take_uu(struct decoder *decoder, struct slice *rest, char *out, size_t room);
size_t take_yenc(struct decoder *decoder, struct slice *rest, char *out, size_t room);
size_t take_binhex(struct decoder *decoder, struct slice *rest, char *out, size_t room);

#endif
