/* SPDX-License-Identifier: Apache-2.0 */
/*
 * connection_parts.h — what connection.c, carrying.c, looking.c, connecting.c and content.c share (inside these alone).
 *
 * Knows:   the whole of a connection.
 * Ignores: the same as connection.h.
 * Owns:    nothing by itself.
 * Fails:   as connection.h says.
 */
#ifndef RELAY_CONNECTION_PARTS_H
#define RELAY_CONNECTION_PARTS_H

#include "base/tls.h"
#include "relay/client.h"
#include "relay/connection.h"
#include "relay/transmit.h"
#include "wire/dane.h"

enum { BLOCK = 65536, CHUNK_HEAD = 32 };

struct connection {
	struct job job;                        /* first: the crew hands it back */
	struct connection *next, *next_idle;
	struct destination *destination;
	struct office *office;
	struct hop hop;
	int fd;
	struct watch watch;
	struct timer timer;
	bool connecting, ready, idle, ended;   /* ready: it has been at rest once */
	bool drops_ehlo;                       /* closed at EHLO, without a word */
	bool carries;                          /* a letter, counted with its target */
	struct letter *bound;                  /* leads the line: told of before the greeting, and carried at once */
	bool stopping;                         /* what is open is not settled: the next relay does it */
	unsigned letters;
	unsigned long answered;                /* for the timer: as it was last seen */
	enum client_stage timed;

	struct tls tls;                        /* between these and the socket */
	bool drops_tls;                        /* its handshake failed, and it may go without */
	struct question question;              /* for TLSA records, before it connects */
	struct dane dane;

	struct client client;
	struct letter *letter;
	struct client_letter spoken;
	struct client_recipient recipients[CLIENT_RECIPIENTS];
	struct addressee *addressees[CLIENT_RECIPIENTS];

	bool looking;                          /* the crew reads the letter; nothing is said of it yet */
	struct arena memory;                   /* of what it finds */
	struct sevenbit_scan *scan;
	const struct sevenbit_step *steps;     /* NULL: the letter goes as it is */

	bool filling, filled_all;              /* the crew has it; the block holds the final dot */
	enum result filled;
	size_t block_start, block_size, block_sent;      /* what goes out is block[block_start] and on, of that size */
	struct transmit transmit;
	char block[BLOCK];
};

/* connection.c; after act and fail it may be no more. */
void connection_act(struct connection *connection);
/* Ours, such as "451 4.4.2 smtp://host:25 closed the connection in …". */
void connection_fail(struct connection *connection, const char *code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void connection_start_timer(struct connection *connection);
void connection_take_down(struct connection *connection);

/* carrying.c */
void carrying_set_up(struct connection *connection);          /* its client, and a letter that it is bound to */
void carrying_rest(struct connection *connection);            /* at rest: the next letter, idleness, or goodbye */
void carrying_is_over(struct connection *connection, bool in_order);
void carrying_leave_idle(struct connection *connection);

/* looking.c */
bool looking_is_needed(const struct connection *connection);
void looking_begin(struct connection *connection);

/* connecting.c */
void connecting_begin(struct connection *connection);
void connecting_go(struct connection *connection);       /* begun, once it is known how TLS will be */
void connecting_done(struct connection *connection);     /* the socket can be written to: it came to be, or not */

/* securing.c */
void securing_set_up(struct connection *connection);
/* Asks for TLSA records where they count; their answer calls connecting_go(). False: nothing is to be asked. */
bool securing_asks_first(struct connection *connection);
void securing_begin(struct connection *connection);      /* AT_SHAKING, and all that was to be said has gone */
bool securing_is_on(const struct connection *connection);
/* "TLSv1.3 TLS_AES_256_GCM_SHA384 verified", or "… dane", "… unverified"; empty in the clear. In `memory`. */
struct slice securing_words(const struct connection *connection, struct arena *memory);
must_use enum result securing_flush(struct connection *connection);       /* as content_send() */
must_use enum result securing_send(struct connection *connection, struct slice bytes, size_t *ret_sent);
/* AGAIN: it acted already. REFUSED: nobody is there. */
must_use enum result securing_read(struct connection *connection);

/* content.c; AGAIN: the socket takes no more now. LATER: it is gone. */
bool content_is_due(const struct connection *connection);
void content_begin(struct connection *connection);
must_use enum result content_send_commands(struct connection *connection);
must_use enum result content_send(struct connection *connection);       /* OK: all has gone that there is */

#endif
