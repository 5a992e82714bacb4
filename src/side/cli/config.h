/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config.h — all settings of a configuration file, as the gateway itself would read them.
 *
 * Knows:   that only the supervisor knows every section: it is asked.
 * Ignores: what the settings mean.
 * Owns:    nothing: the settings are the places'.
 * Fails:   REFUSED after a complaint, with file and line.
 */
#ifndef CLI_CONFIG_H
#define CLI_CONFIG_H

#include "cli/places.h"

/* Fills places->settings and places->gateway; where no file was asked for and none is there, the defaults hold.
 * `scanners`: those that are configured stay; else they are forgotten, and none will be asked. */
must_use enum result config_load(struct places *places, bool scanners);

#endif
