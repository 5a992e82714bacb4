/* SPDX-License-Identifier: Apache-2.0 */
/*
 * front-keys.h — a front has certificates, and asks for each signature of a TLS handshake.
 *
 *   front                                            keys
 *                                          <----     HELD(u32 count, count times: slice key)
 *     SIGN(u32 scheme, slice key, slice digest) ->
 *                                          <----     SIGNED(slice signature)
 *                                          <----     DENIED
 *
 * HELD comes first on a new wire, and again after each reload: the names of all keys that may be used. A key's name is
 * the SHA-256 of its certificate's SubjectPublicKeyInfo. Keys of the settings before the last reload are not named any
 * more, but sign until the next one, for handshakes that began with them.
 * A scheme is a number of TLS (RFC 8446 4.2.3) out of base/tls.h's table; the digest has that scheme's length.
 * DENIED: no such key, a scheme that the key does not have, or more than KEYS_RATE questions of one front in a second.
 * Whatever is malformed closes the wire. No frame has a descriptor.
 */
#ifndef WIRE_FRONT_KEYS_H
#define WIRE_FRONT_KEYS_H

enum front_asks_keys { FRONT_SIGN = 1 };
enum keys_answers    { KEYS_HELD = 1, KEYS_SIGNED, KEYS_DENIED };

enum { KEYS_MOST = 64, KEYS_RATE = 1000, FRONT_KEYS_LONGEST = 4096 };

#endif
