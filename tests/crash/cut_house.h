/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cut_house.h — a front, an inspect, a relay and an operator around the real queue, which do what a letter's plan says.
 *
 * Knows:   a plan: a character for each recipient.
 *            w  lent, and never a word of it     d  delivered           D  put off twice, then delivered
 *            p  put off each time                f  fails: a stranger's, so quarantine
 *            t  fails: a friend's, so a notice   q  quarantine          r  rejected, so quarantine
 *            h  held by a rule                   x  discarded
 * Ignores: what is to be safe when.
 * Owns:    the letters, for as long as the program runs.
 * Fails:   as cut.h does.
 */
#ifndef CRASH_CUT_HOUSE_H
#define CRASH_CUT_HOUSE_H

#include "cut.h"

#include "mail/smtp/smtp.h"

enum { LETTERS = 400, RESULTS = 8192, PLAN = 4, NOTICES = 100000 };

struct cut_post {
	char id[MESSAGE_ID_SIZE + 1], plan[PLAN + 1];
	uint32_t length, serial, open;           /* open: results not yet noted */
	uint8_t attempts[PLAN];
	bool late, kept, ends;                   /* late: the first question ends without a judgement */
};

struct cut_result { uint32_t number; uint8_t place; char what; };

struct house {
	struct cut_queue queue;
	struct cut_marks marks;
	struct cut_post posts[LETTERS];
	uint32_t count, kept, chance;
	struct cut_result results[RESULTS];
	uint32_t result_count, noted;
	struct buffer bytes;
};

void house_init(struct house *house, const char *executable, const char *folder, uint32_t seed);
void house_start(struct house *house, bool relay);       /* relay: it says RESUMED */
void house_deposit(struct house *house, const char *plan, uint32_t length, bool late);
void house_pump(struct house *house, unsigned quiet_ms); /* until nothing comes for that long */
void house_until_kept(struct house *house);
/* Its exit status; marks say what was asked, and whether it was done. */
int house_operator(struct house *house, uint32_t number, const char *where, const char *verb);
void house_flush(struct house *house);
uint32_t house_chance(struct house *house, uint32_t most);

void play_receiving(struct house *house);
void play_requeueing(struct house *house);
void play_several(struct house *house);
void play_quarantine(struct house *house);
void play_operator(struct house *house);
void play_compaction(struct house *house);
void play_settings(struct house *house);

#endif
