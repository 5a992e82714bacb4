/* SPDX-License-Identifier: Apache-2.0 */
/*
 * places.h — where the other executables lie, and which configuration file is meant.
 *
 * Knows:   a build tree (libexec/postern beside the command), an installed tree, $POSTERN_CONF.
 * Ignores: what is in the file, but for the three values that a command line needs.
 * Owns:    with places_settings(), the settings that the values point into.
 * Fails:   REFUSED after a complaint on standard error.
 */
#ifndef CLI_PLACES_H
#define CLI_PLACES_H

#include "base/settings.h"
#include "wire/gateway.h"

enum { PLACE_SIZE = 4096 };

struct places {
	char libexec[PLACE_SIZE];        /* folder of supervisor, inspect … */
	char config[PLACE_SIZE];         /* postern.conf: -c, else $POSTERN_CONF, else where it usually lies */
	bool chosen;                     /* by -c or $POSTERN_CONF */
	bool asked;                      /* -c was said */
	struct settings settings;
	struct gateway_settings gateway;
};

must_use enum result places_find(struct places *places, const char *config);
/* Takes "-c FILE" out of the words, wherever it stands. REFUSED: -c without a file. */
must_use enum result places_take_config(int *count, char **words, const char **ret_config);
/* Fills places->gateway from the file. */
must_use enum result places_settings(struct places *places);
void places_finish(struct places *places);

/* Says what is wrong on standard error, with the command's name before it. */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
