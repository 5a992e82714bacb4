/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scan.h — `postern scan`, and the paths of `postern explain`: messages from files, inspected as the gateway would.
 *
 * Knows:   the options, the order of the output, how many are under inspection at once.
 * Ignores: whether a gateway runs: it needs none.
 * Owns:    the inspecting processes while it lasts.
 * Fails:   exit status 1 where a path could not be read, 2 where the inspection itself failed.
 */
#ifndef CLI_SCAN_H
#define CLI_SCAN_H

#include "cli/places.h"

int scan_main(struct places *places, int count, char **words);
int explain_paths(struct places *places, int count, char **words);

#endif
