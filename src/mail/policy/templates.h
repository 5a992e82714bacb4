/* SPDX-License-Identifier: Apache-2.0 */
/*
 * templates.h — the words of our notices, `template "NAME" { subject = …  text = {…} }` (inside mail/policy; its section
 *               stands in policy.h).
 *
 * Knows:   four names, the words that stand where the administrator gave none, and which %names% there are.
 * Ignores: who is told, and how a notice is written.
 * Owns:    nothing: all of it stands in the arena.
 * Fails:   LATER: the arena is full.
 */
#ifndef POLICY_TEMPLATES_H
#define POLICY_TEMPLATES_H

#include "base/settings.h"
#include "mail/message/message.h"

enum template_kind { TEMPLATE_ATTACHMENT, TEMPLATE_RECIPIENT, TEMPLATE_SENDER, TEMPLATE_ADDRESS, TEMPLATE_KINDS };

struct templates { struct template list[TEMPLATE_KINDS]; };

must_use enum result templates_compile(struct settings *settings, struct arena *arena, struct templates *ret_templates);
/* What a profile says instead; `ret_has` tells of which templates it says something. */
must_use enum result templates_put_over(struct settings *settings, struct slice profile, struct arena *arena,
                                        struct templates *templates, bool ret_has[TEMPLATE_KINDS]);
enum template_kind templates_kind(struct slice name);                 /* TEMPLATE_KINDS: none */
const struct template *templates_find(const struct templates *templates, struct slice name);     /* NULL: none */

#endif
