/* SPDX-License-Identifier: Apache-2.0 */
/* The bounding set first, which children inherit by exec; then our own sets. No way back. */
#include "supervisor/privileges.h"

#include "base/slice.h"

#include <sys/capability.h>
#include <sys/prctl.h>
#include <unistd.h>

static const cap_value_t kept[] = {
	CAP_SETUID, CAP_SETGID, CAP_SETPCAP,     /* processes change to their own users, and drop the rest */
	CAP_SYS_CHROOT,                          /* and to an empty root */
	CAP_SYS_RESOURCE,                        /* and set their limits */
	CAP_KILL,                                /* one that does not answer is ended */
	CAP_NET_BIND_SERVICE,                    /* port 25, at a reload too */
	CAP_CHOWN, CAP_FOWNER,                   /* the spool is given to the queue */
	CAP_DAC_OVERRIDE,                        /* folders of the other users are opened before the jail */
};

static bool is_kept(cap_value_t one)
{
	for (size_t i = 0; i < COUNT_OF(kept); i++)
		if (kept[i] == one)
			return true;
	return false;
}

static bool drop_bounds(void)
{
	for (cap_value_t one = 0; one < cap_max_bits(); one++)
		if (!is_kept(one) && cap_get_bound(one) > 0 && cap_drop_bound(one) != 0)
			return false;
	return true;
}

static bool restrict_to_kept(void)
{
	cap_t have = cap_get_proc(), wanted = cap_init();
	bool good = have && wanted;

	for (size_t i = 0; good && i < COUNT_OF(kept); i++) {
		cap_flag_value_t set = CAP_CLEAR;

		good = cap_get_flag(have, kept[i], CAP_PERMITTED, &set) == 0;
		if (good && set == CAP_SET)
			good = cap_set_flag(wanted, CAP_PERMITTED, 1, &kept[i], CAP_SET) == 0 &&
			       cap_set_flag(wanted, CAP_EFFECTIVE, 1, &kept[i], CAP_SET) == 0;
	}
	good = good && cap_set_proc(wanted) == 0;
	(void)cap_free(have);
	(void)cap_free(wanted);
	return good;
}

enum result privileges_drop(void)
{
	if (geteuid() != 0)
		return OK;
	return drop_bounds() && restrict_to_kept() ? OK : BROKEN;
}
