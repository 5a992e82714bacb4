/* SPDX-License-Identifier: Apache-2.0 */
/* For a test (--wrap=timer_start): whoever wants to wait for ten minutes or longer waits for a fifth of a second. */
#include "base/loop.h"

enum { LONG_MS = 600000, SHORT_MS = 200 };

must_use enum result __real_timer_start(struct timer *timer, uint64_t ms);
must_use enum result __wrap_timer_start(struct timer *timer, uint64_t ms);

enum result __wrap_timer_start(struct timer *timer, uint64_t ms)
{
	return __real_timer_start(timer, ms < LONG_MS ? ms : SHORT_MS);
}
