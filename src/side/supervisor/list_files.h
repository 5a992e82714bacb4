/* SPDX-License-Identifier: Apache-2.0 */
/*
 * list_files.h — the files that sections `list` name, read into their entries when the settings are read.
 *
 * Knows:   one entry a line; blanks around it, empty lines and those that begin with # do not count.
 * Ignores: what entries mean.
 * Owns:    nothing: entries stand in the settings, and go to every process with them.
 * Fails:   REFUSED with file, line and what is wrong: no file, larger than LIST_FILE_MOST, a control byte, an entry that
 *          is too long, or more than LIST_LINES_MOST of them. LATER: no memory.
 */
#ifndef SUPERVISOR_LIST_FILES_H
#define SUPERVISOR_LIST_FILES_H

#include "base/settings.h"

enum { LIST_FILE_MOST = 2 << 20, LIST_LINES_MOST = 20000, LIST_ENTRY_MOST = 512 };

must_use enum result list_files_read(struct settings *settings, struct buffer *complaints);

#endif
