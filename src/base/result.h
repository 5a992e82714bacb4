/* SPDX-License-Identifier: Apache-2.0 */
/*
 * result.h — the five ways any call in the gateway can end.
 *
 * They are the five things a mail server can say: done, wait, no, later, help.
 */
#ifndef BASE_RESULT_H
#define BASE_RESULT_H

enum result {
	OK = 0,
	AGAIN,     /* not yet; the loop will call back */
	REFUSED,   /* the stranger broke a rule: a 5xx, and we carry on */
	LATER,     /* we are short of something: a 4xx, and we carry on */
	BROKEN,    /* we have a bug: stop this process, the supervisor starts another */
};

#define must_use __attribute__((warn_unused_result))

/* Hand any outcome but OK straight to the caller. */
#define TRY(call)                                                   \
	do {                                                        \
		enum result try_ = (call);                          \
		if (try_ != OK)                                     \
			return try_;                                \
	} while (0)

#endif
