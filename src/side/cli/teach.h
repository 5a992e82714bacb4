/* SPDX-License-Identifier: Apache-2.0 */
/*
 * teach.h — `postern learn spam|ham|forget PATH...`, and `postern forget PATH...`: the gateway's classifier learns from
 * messages in files, mboxes and folders.
 *
 * Knows:   the order of the paths, and what became of each message.
 * Ignores: what is in a message: jailed workers read it, and what goes to the gateway are numbers.
 * Owns:    the inspecting process while it lasts.
 * Fails:   exit status 1 where a message could not be read, 2 where nothing more could be done.
 */
#ifndef CLI_TEACH_H
#define CLI_TEACH_H

#include "cli/places.h"
#include "wire/control.h"

/* What `learn` is to do with the paths: "spam", "ham", "forget". */
bool teach_is_word(const char *word, enum lesson_wanted *ret_wanted);
/* words[0] is one of these. */
int teach_main(struct places *places, int count, char **words);

#endif
