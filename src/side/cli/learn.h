/* SPDX-License-Identifier: Apache-2.0 */
/*
 * learn.h — `postern learn --online`: how well the classifier learns, message by message.
 *
 * Knows:   the protocol of TREC's spam track: each message of a list is judged, and learned after that, in order.
 * Ignores: what is in the messages: jailed workers read them, and what comes back are numbers.
 * Owns:    the inspecting process and the model while it lasts; the gateway's own model is not touched.
 * Fails:   exit status 1 where a message could not be read, 2 where nothing more could be done.
 */
#ifndef CLI_LEARN_H
#define CLI_LEARN_H

#include "cli/places.h"

int learn_main(struct places *places, int count, char **words);

#endif
