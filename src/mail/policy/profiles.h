/* SPDX-License-Identifier: Apache-2.0 */
/*
 * profiles.h — settings for some recipients, `profile "NAME" { when = …  notices = …  template "…" { … }  banner "…" { … }
 *              queue { … } }` (inside mail/policy; its
 *              section stands in policy.h).
 *
 * Knows:   the profiles in the order of the file, for whom each holds, and what it says instead of the file's top.
 *          Where two that hold say something of the same template or banner, of notices or of a time, the earlier stands whole.
 * Ignores: what the settings are for.
 * Owns:    nothing: all of it stands in the arena.
 * Fails:   REFUSED with place and what was meant. A condition that cannot be decided is the judge's to fail by.
 */
#ifndef POLICY_PROFILES_H
#define POLICY_PROFILES_H

#include "mail/policy/banners.h"
#include "mail/policy/expression.h"
#include "mail/policy/judgement.h"
#include "mail/policy/templates.h"

struct profile {
	struct slice title;
	const struct expression *when;           /* NULL: everybody */
	bool has[TEMPLATE_KINDS];                /* what it says of templates; the others are the file's */
	struct templates templates;
	enum fate_notices notices;
	const bool *has_banner;                  /* the same of banners, one each of the file's */
	struct banners banners;
	struct times times;                      /* with its own title wherever it says one */
};
struct profiles { struct profile *list; size_t count; };

must_use enum result profiles_compile(struct settings *settings, const struct named_lists *lists,
                                      const struct templates *templates, const struct banners *banners, struct arena *arena,
                                      struct profiles *ret_profiles, struct buffer *complaint);
/* The titles of those that hold, in `room` for as many as there are profiles. A profile may ask for those before it.
 * HOLDS_UNKNOWN: one could not be decided. */
enum holds profiles_match(const struct profiles *profiles, struct fact_context *context, struct slice *room,
                          struct asking *asking);
/* Of those that hold the first that says something of that template; NULL: none does. */
const struct profile *profiles_for(const struct profiles *profiles, const struct fact_context *context,
                                   enum template_kind kind);
const struct profile *profiles_for_banner(const struct profiles *profiles, const struct fact_context *context, struct slice title);
enum fate_notices profiles_notices(const struct profiles *profiles, const struct fact_context *context);
void profiles_times(const struct profiles *profiles, const struct fact_context *context, struct times *ret_times);
const struct profile *profiles_find(const struct profiles *profiles, struct slice title);      /* NULL: none */

#endif
