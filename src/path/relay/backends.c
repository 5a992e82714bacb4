/* SPDX-License-Identifier: Apache-2.0 */
/* A rate is a place in time: each letter moves it on by one interval, and it may be ahead of now by a second's worth. */
#include "relay/backends.h"

enum { PAUSE_LEAST = 2000, PAUSE_MOST = 60000 };
static const uint64_t minute_us = 60000000;

void backends_init(struct backends *backends)
{
	*backends = (struct backends){ 0 };
	pool_init(&backends->pool, sizeof(struct backend), BACKENDS_MOST);
}

void backends_finish(struct backends *backends)
{
	pool_finish(&backends->pool);
	*backends = (struct backends){ 0 };
}

static struct backend **row_of(struct backends *backends, struct slice text)
{
	uint32_t hash = 2166136261u;

	for (size_t i = 0; i < text.len; i++)
		hash = (hash ^ (unsigned char)text.at[i]) * 16777619u;
	return &backends->rows[hash % BACKEND_ROWS];
}

struct backend *backends_find(struct backends *backends, struct settings *settings, struct slice text)
{
	struct backend **row = row_of(backends, text), *backend;

	for (backend = *row; backend; backend = backend->next)
		if (slice_same(slice_of(backend->text), text))
			return backend;
	backend = text.len < BACKEND_TEXT ? pool_take(&backends->pool) : NULL;
	if (backend == NULL)
		return NULL;
	memcpy(backend->text, text.at, text.len);
	if (settings_fill(settings, &target_settings_section, text, &backend->settings) != OK) {
		pool_give(&backends->pool, backend);
		return NULL;
	}
	backend->next = *row;
	*row = backend;
	return backend;
}

enum result backends_reload(struct backends *backends, struct settings *settings)
{
	for (size_t i = 0; i < BACKEND_ROWS; i++)
		for (struct backend *backend = backends->rows[i]; backend; backend = backend->next)
			TRY(settings_fill(settings, &target_settings_section, slice_of(backend->text), &backend->settings));
	return OK;
}

/* --- one of them ------------------------------------------------------------------------------ */

/* Since it came back: one connection, then more with time, until all are allowed. */
static uint64_t allowed(const struct backend *backend, uint64_t now)
{
	uint64_t most = backend->settings.connections.n, slow = backend->settings.slow_start.n * 1000;

	if (backend->up_since == 0 || slow == 0 || now >= backend->up_since + slow)
		return most;
	if (now < backend->up_since)             /* the caller's "now" may be a moment old */
		return 1;
	return 1 + (most - 1) * (now - backend->up_since) / slow;
}

enum backend_state backend_state(const struct backend *backend, uint64_t now)
{
	if (backend->is_down && (backend->settings.check.n > 0 || backend->look_at > now || backend->connections > 0))
		return BACKEND_DOWN;
	return backend->connections < allowed(backend, now) ? BACKEND_OPEN : BACKEND_FULL;
}

static uint64_t interval(const struct backend *backend)
{
	return minute_us / backend->settings.rate.n;
}

bool backend_takes_letter(const struct backend *backend, uint64_t now)
{
	uint64_t rate = backend->settings.rate.n, ahead = rate / 60;

	if (rate == 0)
		return true;
	return backend->free_at <= now * 1000 + (ahead > 1 ? ahead - 1 : 0) * interval(backend);
}

void backend_took_letter(struct backend *backend, uint64_t now)
{
	if (backend->settings.rate.n == 0)
		return;
	if (backend->free_at < now * 1000)
		backend->free_at = now * 1000;
	backend->free_at += interval(backend);
}

/* Several connections may fail at once: one lesson. */
void backend_failed(struct backend *backend, uint64_t now, struct slice reason)
{
	if (backend->is_down && backend->look_at > now)
		return;
	backend->is_down = true;
	(void)snprintf(backend->reason, sizeof(backend->reason), "%.*s", SHOW(reason));
	backend->pause = backend->pause == 0 ? PAUSE_LEAST : backend->pause * 2 < PAUSE_MOST ? backend->pause * 2 : PAUSE_MOST;
	backend->look_at = now + (backend->settings.check.n > 0 ? backend->settings.check.n * 1000 : backend->pause);
}

void backend_answered(struct backend *backend, uint64_t now)
{
	if (backend->is_down)
		backend->up_since = now > 0 ? now : 1;
	backend->is_down = false;
	backend->pause = 0;
}

bool backend_look(struct backend *backend, uint64_t now)
{
	if (!backend->is_down || backend->settings.check.n == 0 || backend->look_at > now)
		return false;
	backend->look_at = now + backend->settings.check.n * 1000;
	return true;
}

void backend_look_at_once(struct backend *backend, uint64_t now)
{
	if (backend->is_down)
		backend->look_at = now;
}

/* --- windows ------------------------------------------------------------------------------------ */

unsigned window_size(const struct window *window, uint64_t most)
{
	unsigned size = window->size ? window->size : WINDOW_FIRST;

	return size < most ? size : (unsigned)most;
}

void window_good(struct window *window, uint64_t most)
{
	unsigned size = window_size(window, most);

	if (++window->good < size)
		return;
	window->good = 0;
	window->size = size < most ? size + 1 : size;
}

void window_trouble(struct window *window)
{
	unsigned size = window->size ? window->size : WINDOW_FIRST;

	window->size = size > 1 ? size / 2 : 1;
	window->good = 0;
}
