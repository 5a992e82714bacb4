/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model_file.h — a model of the command's own: in memory, and where a folder is named, in the file `model` of it.
 *
 * Knows:   that one learner at a time works in a folder; that a file is there whole, old or new, whenever we are killed.
 * Ignores: what is learned.
 * Owns:    the model's memory, and the folder with its lock, until model_file_close().
 * Fails:   REFUSED after a complaint: another learner is at work, or the file is damaged, or cannot be written.
 */
#ifndef CLI_MODEL_FILE_H
#define CLI_MODEL_FILE_H

#include "mail/spam/spam.h"

struct model_file { const char *folder; int fd, lock; struct model *model; };

/* `folder` NULL: nothing is read, and nothing will be left. The folder is made where it is missing. */
must_use enum result model_file_open(struct model_file *file, const char *folder);
must_use enum result model_file_save(struct model_file *file);
void model_file_close(struct model_file *file);

#endif
