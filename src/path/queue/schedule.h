/* SPDX-License-Identifier: Apache-2.0 */
/*
 * schedule.h — when to try again. Pure: time and chance come in as arguments.
 *
 * Knows:   a quick first retry, then doubling from `retry_least` to `retry_most`, each a quarter
 *          earlier or later by chance, so that a server that comes back is not run over.
 * Ignores: why it failed.
 * Owns:    nothing. Never fails.
 */
#ifndef QUEUE_SCHEDULE_H
#define QUEUE_SCHEDULE_H

#include "queue/queue.h"

uint32_t schedule_retry(const struct queue_times *times, unsigned attempts, uint32_t chance);   /* seconds from now */
uint32_t schedule_busy(unsigned times, uint32_t chance);          /* a full line: soon, and not counted */
uint32_t schedule_judge(unsigned tried, uint32_t chance);         /* no judgement came */
bool schedule_expired(const struct queue_times *times, uint32_t received, unsigned attempts, int64_t now);

#endif
