/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls.h — TLS 1.2 and 1.3 as bytes in and bytes out (RFC 8446, 5246), by OpenSSL 3. Only tls*.c see it.
 *
 * Knows:   the handshake, certificates by the name that a client asks for (SNI, RFC 6066), chains, names and TLSA
 *          records to verify (RFC 6125, 7672). No renegotiation, no compression, no tickets, no early data.
 * Ignores: sockets, files and time. Somebody else carries `in` and `out`, ends what takes too long, and signs: a
 *          server has certificates only, and asks a struct tls_signer for each signature.
 * Owns:    the connection's state and two buffers, until tls_finish(). Contexts that are destroyed live on until
 *          the last connection that uses them has ended.
 * Fails:   REFUSED with tls_why() saying so in printable words, and an alert in `out` where one is due; LATER
 *          without memory. At most TLS_HANDSHAKE_MOST bytes are read for one handshake.
 *
 * Open the library before the jail: OpenSSL then reads no file later, and no configuration file ever.
 */
#ifndef BASE_TLS_H
#define BASE_TLS_H

#include "base/buffer.h"

/* Bytes: of a handshake; of what came and waits; of what goes and waits; of a chain as PEM; of a file with CAs. */
enum { TLS_HANDSHAKE_MOST = 131072, TLS_INPUT = 16384, TLS_OUTPUT = 65536, TLS_CHAIN_MOST = 65536,
       TLS_TRUST_MOST = 4 << 20 };
enum { TLS_KEY_ID = 32, TLS_DIGEST_MOST = 64, TLS_SIGNATURE_MOST = 1024, TLS_WHY = 160 };

struct tls;

/* ---- signatures ---- */

/* The numbers of TLS (RFC 8446 4.2.3). ECDSA: whatever the curve (RFC 5246). */
enum tls_scheme {
	TLS_PKCS1_SHA256 = 0x0401, TLS_PKCS1_SHA384 = 0x0501, TLS_PKCS1_SHA512 = 0x0601,
	TLS_ECDSA_SHA256 = 0x0403, TLS_ECDSA_SHA384 = 0x0503, TLS_ECDSA_SHA512 = 0x0603,
	TLS_PSS_SHA256   = 0x0804, TLS_PSS_SHA384   = 0x0805, TLS_PSS_SHA512   = 0x0806,
};

struct tls_scheme_row {
	enum tls_scheme scheme;
	const char *type, *hash;                  /* of the key: "RSA", "EC" */
	size_t digest_length;
	bool pss;
};
extern const struct tls_scheme_row tls_schemes[];
extern const size_t tls_scheme_count;
const struct tls_scheme_row *tls_scheme_find(unsigned scheme);        /* NULL: none that we use */

struct tls_question {
	enum tls_scheme scheme;
	size_t digest_length;
	uint8_t key[TLS_KEY_ID];                  /* SHA-256 of the public key's SubjectPublicKeyInfo */
	uint8_t digest[TLS_DIGEST_MOST];
};

/* ask: takes the question, and some time later somebody calls tls_signed(), never from within ask(). Anything but
 * OK fails the handshake. forget: nobody waits any more. */
struct tls_signer {
	enum result (*ask)(void *owner, struct tls *tls, const struct tls_question *question);
	void (*forget)(void *owner, struct tls *tls);
	void *owner;
};

/* The answer; then tls_go_on(). Anything but OK fails the handshake. Ignored when nothing was asked. */
void tls_signed(struct tls *tls, enum result end, struct slice signature);

/* ---- what connections share ---- */

struct tls_library;
must_use enum result tls_library_open(struct tls_library **ret_library);
void tls_library_close(struct tls_library *library);                  /* NULL is nothing */

/* Certificates with their chains, the first being for whoever asks for none that we have. */
struct tls_server;
must_use enum result tls_server_create(struct tls_library *library, struct tls_server **ret_server);
/* `name` is asked for, or any name that the certificate is for. `chain`: PEM, the leaf first. Keys are RSA of at
 * least 2048 bits, or EC. REFUSED, with why. ret_key: TLS_KEY_ID bytes. */
must_use enum result tls_server_add(struct tls_server *server, struct slice name, struct slice chain,
                                    uint8_t ret_key[TLS_KEY_ID], char why[TLS_WHY]);
/* What is spoken inside (ALPN, RFC 7301): names, and NULL. A client that names protocols, and none of these, is refused:
 * it means another server. Borrowed. Without a list, what clients name does not matter. */
void tls_server_speaks(struct tls_server *server, const char *const *protocols);
void tls_server_destroy(struct tls_server *server);                   /* NULL is nothing */

/* Authorities that are believed. REFUSED when `pem` has none. */
struct tls_trust;
must_use enum result tls_trust_create(struct tls_library *library, struct slice pem, struct tls_trust **ret_trust);
void tls_trust_destroy(struct tls_trust *trust);

struct tls_client;
must_use enum result tls_client_create(struct tls_library *library, struct tls_client **ret_client);
void tls_client_destroy(struct tls_client *client);

/* ---- one connection ---- */

enum tls_phase { TLS_OFF, TLS_SHAKING, TLS_TALKING, TLS_CLOSED, TLS_FAILED };

/* Zeroed: off. */
struct tls {
	enum tls_phase phase;
	struct buffer in, out;                    /* as it came from the network, and as it goes there */
	struct ssl_st *ssl;
	struct tls_server *server;
	const struct tls_signer *signer;
	struct buffer signature;
	enum result answer;                       /* AGAIN: none yet */
	uint64_t came;                            /* bytes of the handshake */
	unsigned updates;                         /* of keys, by the peer */
	bool asked;
	const char *why;
};

struct tls_tlsa { uint8_t usage, selector, matching; struct slice data; };

struct tls_peer {
	struct slice name;                        /* sent as SNI if it is an ASCII name; and verified */
	const struct tls_trust *trust;            /* NULL: whoever answers is taken */
	const struct tls_tlsa *tlsa;              /* instead of trust: DANE (usages 2 and 3 only; others are left out) */
	size_t tlsa_count;
	struct slice also;                        /* with tlsa: one more name that a certificate of usage 2 may have */
};

must_use enum result tls_accept(struct tls *tls, struct tls_server *server, const struct tls_signer *signer);
/* REFUSED: of the TLSA records none can be used. LATER: no memory. */
must_use enum result tls_connect(struct tls *tls, struct tls_client *client, const struct tls_peer *peer);
void tls_finish(struct tls *tls);                                     /* safe on a zeroed one */

/* After bytes came in `in`, or a signature. OK: the handshake is done. AGAIN: not yet. */
must_use enum result tls_go_on(struct tls *tls);
/* What was said, appended to `plain` as far as its room goes. OK: something was added. AGAIN: there is no more, or no
 * room. REFUSED: the end, an orderly one if the phase is TLS_CLOSED. */
must_use enum result tls_take(struct tls *tls, struct buffer *plain);
/* What of `text` was taken; 0 while `out` is full. REFUSED: TLS has failed. */
must_use enum result tls_say(struct tls *tls, struct slice text, size_t *ret_taken);
/* Eats from `plain` what fits into `out`. AGAIN: something is left. */
must_use enum result tls_put(struct tls *tls, struct buffer *plain);
void tls_goodbye(struct tls *tls);                                    /* close_notify, into `out` */
bool tls_waits(const struct tls *tls);                                /* bytes came that nobody has taken */

const char *tls_why(const struct tls *tls);                           /* never NULL */
const char *tls_version(const struct tls *tls);                       /* "TLSv1.3" */
const char *tls_cipher(const struct tls *tls);                        /* "TLS_AES_256_GCM_SHA384" */
const char *tls_name_asked(const struct tls *tls);                    /* a server's: the SNI, or "" */

#endif
