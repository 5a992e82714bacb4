/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client.h — one connection: bytes to lines and bodies, replies to bytes, deadlines, the memfd.
 *
 * Knows:   its socket, its session, how much it may hold, how long it may take.
 * Ignores: SMTP (session.h does), and who else is connected.
 * Owns:    the socket, the memfd and what it took in flight, until client_end().
 * Fails:   a client that fails is ended, and nobody else notices. Input is at most CLIENT_INPUT bytes
 *          and output CLIENT_OUTPUT: then nothing is read until it has been taken away. One that hangs
 *          up while its verdict is awaited takes its deposit back, as far as the queue has not kept it.
 */
#ifndef FRONT_CLIENT_H
#define FRONT_CLIENT_H

#include "base/tls.h"
#include "front/body.h"
#include "front/door.h"
#include "front/headers.h"
#include "front/normal.h"
#include "front/shared.h"

enum { CLIENT_INPUT = 8192, CLIENT_OUTPUT = 16384, CLIENT_ADDRESS = 46 };

/* PROXIED: a balancer's header is awaited. */
enum client_state { CLIENT_PAUSING, CLIENT_SECURING, CLIENT_TALKING, CLIENT_LINGERING, CLIENT_PROXIED };

/* How fast a message has come lately: in the stretch that goes on, and in the one before it. */
struct pace {
	uint64_t since, bytes;                    /* ticks; 0: not begun */
	uint64_t span, came;                      /* ms; 0: there was none */
};

struct client {
	struct shared *shared;
	struct client *next, *previous;
	struct session session;
	struct buffer in, out;
	struct tls tls;                           /* between these and the socket; off until it begins */
	struct watch watch;
	struct timer timer;
	enum client_state state;
	int fd, memfd;
	uint64_t ends;                            /* ticks: the whole session's end */
	struct door *door;                        /* outlives the client */
	struct client *newer, *older;             /* of the door's, by when they got on last */
	uint64_t moved, fresh;                    /* ticks: when that was; bytes of a message since then */
	uint64_t farthest;                        /* stage and recipients, since the last message */
	struct in6_addr address;
	uint32_t uid;
	bool counted;                             /* in admission */
	bool skipping;                            /* the rest of a line that was too long */
	bool spoke;                               /* bytes wait while the verdict is awaited */
	/* the message on its way */
	char id[MESSAGE_ID_SIZE];
	int64_t received;
	uint64_t exchange;                        /* 0: none outstanding */
	uint64_t question;                        /* to access; 0: none outstanding */
	struct body body;
	struct normal normal;                     /* used for chunks, and when the client is trusted */
	struct headers headers;
	uint64_t size;                            /* bytes */
	struct flight_hold hold;                  /* granted in flight */
	struct pace pace;                         /* hoard.h */
	uint64_t credit, brought;                 /* bytes that may be missing; that came since `began` */
	uint64_t began, starved_at;               /* ticks; time without room is taken off by moving `began` */
	uint64_t waited, looked;                  /* ms without room, in all of this message; ticks: seen to be there */
	bool eight_bit, too_large, no_room, starved;
	uint64_t put_off;                         /* commands that were answered "later", since a message was accepted */
	char address_text[CLIENT_ADDRESS];
};

struct client_origin {
	int fd;                                   /* taken, even on failure */
	struct door *door;
	struct in6_addr address;
	unsigned client;                          /* bits of session_client */
	uint32_t uid;
	bool counted;
	bool proxied;                             /* its first bytes are a balancer's */
	bool refused;                             /* one line, then goodbye */
	enum session_end why;
};

/* LATER: no memory; the socket is closed then. */
must_use enum result client_open(struct shared *shared, const struct client_origin *origin);
void client_end(struct client *client);
void client_answered(void *client, enum result verdict, struct slice reply);    /* for deposits */
struct session *client_session(void *client);     /* for asking */
void client_recipient_answered(void *client, enum result end, const struct slice *addresses, size_t count, bool hidden);
void client_signed(struct tls *tls);                /* for signatures: a handshake can go on */
void client_ask_again(struct client *client);     /* room in flight may have come */
void client_dismiss(struct client *client, enum session_end why);      /* that line, unless it waits for a verdict */

#endif
