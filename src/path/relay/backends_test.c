/* SPDX-License-Identifier: Apache-2.0 */
/* Time as rows: what a target may get at which moment. */
#include "relay/backends.h"
#include "base/test.h"

static struct backend with(uint64_t connections, uint64_t rate, uint64_t check, uint64_t slow_start)
{
	return (struct backend){ .settings = { .connections = { connections }, .rate = { rate }, .check = { check },
	                                       .slow_start = { slow_start } } };
}

static const struct down_row {
	const char *about;
	uint64_t check, failed_at, at;
	enum backend_state state;
	bool look;
} down_rows[] = {
	{ "a look is due after its interval, and mail waits for it", 10, 1000, 11000, BACKEND_DOWN, true },
	{ "and not before",                                         10, 1000, 10999, BACKEND_DOWN, false },
	{ "without looks mail tries after two seconds",             0,  1000, 3000,  BACKEND_OPEN, false },
	{ "and not before",                                         0,  1000, 2999,  BACKEND_DOWN, false },
};

static void go_down(void)
{
	for (size_t i = 0; i < COUNT_OF(down_rows); i++) {
		const struct down_row *row = &down_rows[i];
		struct backend backend = with(5, 0, row->check, 0);

		backend_failed(&backend, row->failed_at, SLICE("451 down"));
		CHECK(backend_state(&backend, row->at) == row->state, row->about);
		CHECK(backend_look(&backend, row->at) == row->look, row->about);
		CHECK(!backend_look(&backend, row->at), "a look is due once");
	}
}

/* Twenty connections fail within a moment, then again and again: the pause doubles once a round, up to a minute. */
static void pauses(void)
{
	static const uint64_t pauses_ms[] = { 2000, 4000, 8000, 16000, 32000, 60000, 60000 };
	struct backend backend = with(20, 0, 0, 0);
	uint64_t now = 1000;

	for (size_t i = 0; i < COUNT_OF(pauses_ms); i++) {
		for (unsigned k = 0; k < 20; k++)
			backend_failed(&backend, now, SLICE("451 down"));
		CHECK(backend_state(&backend, now + pauses_ms[i] - 1) == BACKEND_DOWN, "left alone for its pause");
		CHECK(backend_state(&backend, now + pauses_ms[i]) == BACKEND_OPEN, "and then tried");
		now += pauses_ms[i];
	}
	backend.connections = 1;
	CHECK(backend_state(&backend, now) == BACKEND_DOWN, "by one connection alone");
	backend_answered(&backend, now);
	CHECK(backend_state(&backend, now) == BACKEND_OPEN, "it answered");
	backend_failed(&backend, now, SLICE("451 down"));
	CHECK(backend.look_at == now + 2000, "and begins anew");
}

static void slow_start(void)
{
	static const struct { uint64_t at; unsigned most; } steps[] = {
		{ 0, 1 }, { 1500, 1 }, { 1600, 2 }, { 15000, 10 }, { 29999, 19 }, { 30000, 20 }, { 90000, 20 },
	};
	struct backend backend = with(20, 0, 10, 30);

	backend.connections = 19;
	CHECK(backend_state(&backend, 5) == BACKEND_OPEN, "one that was never down has its whole share at once");
	backend_failed(&backend, 1000, SLICE("451 down"));
	backend_answered(&backend, 2000);
	for (size_t i = 0; i < COUNT_OF(steps); i++) {
		backend.connections = steps[i].most - 1;
		CHECK(backend_state(&backend, 2000 + steps[i].at) == BACKEND_OPEN, "its share grows step by step");
		backend.connections = steps[i].most;
		CHECK(backend_state(&backend, 2000 + steps[i].at) == BACKEND_FULL, "and no faster");
	}
}

/* "Now" may have been asked for a moment before the answer came. */
static void answered_just_now(void)
{
	struct backend slow = with(20, 0, 10, 30), at_once = with(20, 0, 10, 0);

	backend_failed(&slow, 1000, SLICE("451 down"));
	backend_answered(&slow, 2000);
	CHECK(backend_state(&slow, 1999) == BACKEND_OPEN, "it may have its first connection");
	slow.connections = 1;
	CHECK(backend_state(&slow, 1999) == BACKEND_FULL, "and no more, whatever the clock says");
	backend_failed(&at_once, 1000, SLICE("451 down"));
	backend_answered(&at_once, 2000);
	at_once.connections = 19;
	CHECK(backend_state(&at_once, 1999) == BACKEND_OPEN, "without a slow start it has its share at once");
}

static unsigned letters_in(struct backend *backend, uint64_t from, uint64_t to)
{
	unsigned count = 0;

	for (uint64_t now = from; now < to; now += 10)
		while (backend_takes_letter(backend, now)) {
			backend_took_letter(backend, now);
			count++;
		}
	return count;
}

static void rates(void)
{
	static const struct { uint64_t rate; unsigned first, minute; } rows[] = {
		{ 1, 1, 1 }, { 60, 1, 60 }, { 600, 10, 600 }, { 6000, 100, 6000 },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct backend backend = with(20, rows[i].rate, 0, 0);

		CHECK(letters_in(&backend, 100000, 100010) == rows[i].first, "at first a second's worth");
		CHECK(letters_in(&backend, 100010, 160000) <= rows[i].minute, "then no more than its rate");
		CHECK(letters_in(&backend, 160000, 220000) + 1 >= rows[i].minute, "and no less");
		CHECK(letters_in(&backend, 400000, 400010) == rows[i].first, "a pause is not saved up");
	}
}

static void windows(void)
{
	struct window window = { 0 };

	CHECK(window_size(&window, 20) == WINDOW_FIRST && window_size(&window, 3) == 3, "it begins small");
	for (unsigned i = 0; i < 5 + 6; i++)
		window_good(&window, 20);
	CHECK(window_size(&window, 20) == 7, "a window's worth of success is one more");
	for (unsigned i = 0; i < 1000; i++)
		window_good(&window, 20);
	CHECK(window_size(&window, 20) == 20, "up to what is allowed");
	window_trouble(&window);
	CHECK(window_size(&window, 20) == 10, "trouble halves it");
	for (unsigned i = 0; i < 10; i++)
		window_trouble(&window);
	CHECK(window_size(&window, 20) == 1, "down to one");
}

static void table(void)
{
	struct backends backends;
	struct settings settings;
	struct backend *one, *other;
	char text[32];

	settings_init(&settings);
	backends_init(&backends);
	one = backends_find(&backends, &settings, SLICE("smtp://a:25"));
	other = backends_find(&backends, &settings, SLICE("smtp://b:25"));
	CHECK(one && other && one != other && backends_find(&backends, &settings, SLICE("smtp://a:25")) == one,
	      "one row a text");
	CHECK(one && one->settings.connections.n == 20 && one->settings.check.n == 10, "with the defaults");
	for (unsigned i = 2; i < BACKENDS_MOST; i++) {
		(void)snprintf(text, sizeof(text), "smtp://c%u:25", i);
		CHECK(backends_find(&backends, &settings, slice_of(text)) != NULL, "many");
	}
	CHECK(backends_find(&backends, &settings, SLICE("smtp://d:25")) == NULL, "but not more than that");
	CHECK(backends_reload(&backends, &settings) == OK, "and all have new settings");
	backends_finish(&backends);
	settings_finish(&settings);
}

int main(void)
{
	go_down();
	pauses();
	slow_start();
	answered_just_now();
	rates();
	windows();
	table();
	return TEST_END();
}
