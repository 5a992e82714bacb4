/* SPDX-License-Identifier: Apache-2.0 */
/*
 * maildir.h — a message into a Maildir: ROOT/DOMAIN/LOCAL/{tmp,new,cur}.
 *
 * Knows:   the folder's name for an address: the domain in lower case; bytes other than a-z A-Z 0-9 . _ + - as
 *          %XX, and a dot at the start too, so no address leaves ROOT. The folders are made at need, mode 0700.
 *          The file's name, ID.SERIAL.PLACE.HOST, is the same for every attempt: an attempt that finds it in new/ or
 *          cur/ has been done before, and is not done again.
 * Ignores: quotas, and what a reader does with the files afterwards.
 * Owns:    nothing between calls. maildir_deliver() blocks: it runs on the crew.
 * Fails:   LATER with a reply of ours (no room, an I/O error, a sync that failed: not stored); REFUSED when the
 *          content has a line end or a byte that mail may not have, the address makes no name, or the message has been
 *          in that mailbox before (5.4.6).
 */
#ifndef RELAY_MAILDIR_H
#define RELAY_MAILDIR_H

#include "relay/transmit.h"

enum { MAILDIR_NAME = 256, MAILDIR_ROOM = 32768, MAILDIR_REPLY = 128 };

struct maildir_letter {
	int root;
	char domain[MAILDIR_NAME], local[MAILDIR_NAME];     /* names of folders */
	char name[MAILDIR_NAME];                            /* of the file */
	struct slice to;                                    /* whose mailbox it is; empty: it is nobody's */
	int64_t born;                                       /* seconds since 1970: cur/ unchanged since then can't have it */
	struct transmit_plan plan;                          /* TRANSMIT_LINES */
	struct transmit transmit;
	char room[MAILDIR_ROOM];
	char reply[MAILDIR_REPLY];                          /* when it failed */
};

/* The name of a folder for a domain (`lower`) or a local part; REFUSED: none, or too long. */
must_use enum result maildir_folder_name(struct slice part, bool lower, char ret_name[MAILDIR_NAME]);
must_use enum result maildir_file_name(struct slice id, uint32_t serial, uint32_t place, struct slice host,
                                       char ret_name[MAILDIR_NAME]);
must_use enum result maildir_deliver(struct maildir_letter *letter);

#endif
