/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cut_drive SITUATION QUEUE FOLDER MARKS OFFSET SEED — plays one situation around the real queue, and writes down what was
 * begun and what was acknowledged as marks in the device under the spool (file MARKS, at OFFSET).
 *
 * A mark stands before what it announces is said to the queue, and after what it acknowledges was heard from it:
 *   I number 0 id       a deposit begins        P number 0 plan      its recipients' plan, a character each
 *   A number            KEPT: the client's 250  J number             its late judgement is given
 *   L number            lent to the relay       R number place what  a result is said     N number place what  NOTED
 *   C number            a notice is given       O number 0 command   an operator asks     D, F number          done; not done
 *   S version           settings are saved      V version            saved                E                    the end
 */
#include "cut_house.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

static const struct situation { const char *name; void (*play)(struct house *house); } situations[] = {
	{ "receiving",  play_receiving },
	{ "requeueing", play_requeueing },
	{ "several",    play_several },
	{ "quarantine", play_quarantine },
	{ "operator",   play_operator },
	{ "compaction", play_compaction },
	{ "settings",   play_settings },
};

int main(int count, char **words)
{
	static struct house house;
	uint64_t offset = 0, seed = 0;
	bool played = false;

	NEED(count == 7 && slice_number(slice_of(words[5]), UINT32_MAX, &offset) == OK);
	NEED(slice_number(slice_of(words[6]), UINT32_MAX, &seed) == OK);
	(void)signal(SIGPIPE, SIG_IGN);
	house_init(&house, words[2], words[3], (uint32_t)seed);
	house.marks = (struct cut_marks){ .fd = open(words[4], O_RDWR | O_CLOEXEC), .at = (off_t)offset };
	for (size_t i = 0; i < COUNT_OF(situations); i++)
		if (strcmp(situations[i].name, words[1]) == 0) {
			situations[i].play(&house);
			played = true;
		}
	NEED(played);
	cut_mark(&house.marks, 'E', 0, 0, "");
	if (house.queue.pid)
		cut_queue_kill(&house.queue);
	return 0;
}
