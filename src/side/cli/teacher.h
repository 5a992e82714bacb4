/* SPDX-License-Identifier: Apache-2.0 */
/*
 * teacher.h — lessons for the model of a running gateway, over keeper.control (wire/control.h: `learn`).
 *
 * Knows:   one lesson, one answer; that nothing is safe before the end was said.
 * Ignores: what is in a message: it is a digest and features here.
 * Owns:    the connection, until teacher_end().
 * Fails:   REFUSED after a complaint: no gateway, not permitted, nothing is learned now.
 */
#ifndef CLI_TEACHER_H
#define CLI_TEACHER_H

#include "base/buffer.h"
#include "wire/control.h"

struct teacher { int fd; struct buffer lesson, answer; };

must_use enum result teacher_begin(struct teacher *teacher, struct slice run);
must_use enum result teacher_lesson(struct teacher *teacher, enum lesson_wanted wanted, struct slice digest,
                                    struct slice features, enum lesson_end *ret_end);
/* OK: all is on the disk. */
must_use enum result teacher_brought_all(struct teacher *teacher);
void teacher_end(struct teacher *teacher);               /* safe on one that never began, with fd -1 */

#endif
