/* SPDX-License-Identifier: Apache-2.0 */
/*
 * replay.h — `postern replay --against NEW.conf`: what another configuration would have made of messages.
 *
 * Knows:   where messages come from: paths, the quarantine, the message log; that both configurations judge each by the
 *          same evidence, so that what differs is what the new one changes.
 * Ignores: whether a gateway runs, but for the quarantine.
 * Owns:    two inspecting processes while it lasts.
 * Fails:   exit status 1 where something could not be read, 2 where the inspection itself failed.
 */
#ifndef CLI_REPLAY_H
#define CLI_REPLAY_H

#include "cli/places.h"

int replay_main(struct places *places, int count, char **words);

#endif
