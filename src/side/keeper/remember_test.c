/* SPDX-License-Identifier: Apache-2.0 */
/* Messages are noted and names asked for, over inspect's wire too: who becomes known, who does not, and what is lost. */
#include "keeper/keeper_scene.h"

#include "base/clock.h"
#include "keeper/teller.h"
#include "wire/inspect-keeper.h"

#include <poll.h>
#include <sys/stat.h>

static struct remember remember;
static struct teller teller;
static unsigned settled;

static void note_settled(void *unused)
{
	(void)unused;
	settled++;
	loop_stop(&scene.loop);
}

static const struct keeper_settings settings = {
	.log_sync = { 0 }, .known_size = { 1 << 20 }, .known_life = { 1000 }, .known_once_life = { 100 }, .newcomers = { 5 },
};

static void begin_remembering(void)
{
	remember_init(&remember, &scene.loop, &scene.crew);
	remember.log = &scene.log;
	remember.counters = &scene.counters;
	remember.settled = note_settled;
	remember_settings(&remember, &settings);
	CHECK(remember_begin(&remember, scene.gather.records.folder.fd, settings.known_size.n) == OK, "it begins");
	teller = (struct teller){ .loop = &scene.loop, .remember = &remember };
}

static void begin(void)
{
	scene_begin(0);
	memset(&remember, 0, sizeof(remember));
	begin_remembering();
}

static void end_remembering(void)
{
	for (unsigned i = 0; i < 100 && !remember_is_settled(&remember); i++)
		scene_turn(100);
	teller_finish(&teller);
	remember_finish(&remember);
	memset(&remember, 0, sizeof(remember));
}

static void end(void)
{
	end_remembering();
	CHECK(chdir("/tmp") == 0, "out of its folder");
	scene_end();
}

static struct known_name name_of(const char *who)
{
	return (struct known_name){ KNOWN_SENDER, SLICE(""), slice_of(who) };
}

static void tell(const char *who, enum known_outcome outcome)
{
	const struct known_note note = { outcome, SLICE("192.0.2.0/24"), { { name_of(who) }, 1 } };

	remember_note(&remember, &note);
	for (unsigned i = 0; i < 100 && !remember_is_settled(&remember); i++)
		scene_turn(100);
}

static enum result ask(const char *who, struct tally *ret_tally)
{
	const struct known_name name = name_of(who);

	return remember_ask(&remember, &name, ret_tally);
}

static void check_who_becomes_known(void)
{
	struct tally tally = { .first = 0 };
	int64_t now = clock_wall();

	begin();
	tell("a", KNOWN_REJECTED);
	tell("a", KNOWN_QUARANTINED);
	CHECK(ask("a", &tally) == REFUSED && state_count(&remember.state) == 0, "what was refused and set apart makes nobody known");
	tell("a", KNOWN_DELIVERED);
	CHECK(ask("a", &tally) == OK && tally.counts[KNOWN_DELIVERED] == 1 && tally.counts[KNOWN_REJECTED] == 0, "what was delivered does");
	CHECK(tally.first >= now && tally.first == tally.last, "since then");
	tell("a", KNOWN_REJECTED);
	tell("a", KNOWN_QUARANTINED);
	tell("a", KNOWN_DELIVERED);
	CHECK(ask("a", &tally) == OK && tally.counts[KNOWN_DELIVERED] == 2 && tally.counts[KNOWN_REJECTED] == 1 &&
	      tally.counts[KNOWN_QUARANTINED] == 1, "then everything counts");
	CHECK(ask("A", &tally) == REFUSED, "names are bytes");
	end_remembering();
	begin_remembering();
	CHECK(ask("a", &tally) == OK && tally.counts[KNOWN_DELIVERED] == 2, "it is remembered over an end");
	end();
}

static void check_shares(void)
{
	struct tally tally;
	char who[2] = "a";

	begin();
	for (who[0] = 'a'; who[0] < 'k'; who[0]++)
		tell(who, KNOWN_DELIVERED);
	/* An hour may have ended between two of them. */
	CHECK(state_count(&remember.state) >= 5 && state_count(&remember.state) < 10, "one source makes only so many known in an hour");
	CHECK(ask("e", &tally) == OK && ask("j", &tally) == REFUSED, "those that came first");
	remember_note(&remember, &(struct known_note){ KNOWN_DELIVERED, SLICE("198.51.100.0/24"), { { name_of("z") }, 1 } });
	for (unsigned i = 0; i < 100 && !remember_is_settled(&remember); i++)
		scene_turn(100);
	CHECK(ask("z", &tally) == OK, "another source has a share of its own");
	end();
}

/* Nearly all share the places with others, and each source brings one name. */
static void check_all_together(void)
{
	char source[KNOWN_SOURCE], who[16];
	uint64_t most;

	begin();
	most = state_room(&remember.state) / NAME_SIZE / NEWCOMERS_PART;
	for (unsigned i = 0; i < 1000; i++) {
		(void)snprintf(source, sizeof(source), "2001:db8:%x::/48", i);
		(void)snprintf(who, sizeof(who), "%u", i);
		remember_note(&remember, &(struct known_note){ KNOWN_DELIVERED, slice_of(source), { { name_of(who) }, 1 } });
	}
	for (unsigned i = 0; i < 100 && !remember_is_settled(&remember); i++)
		scene_turn(100);
	/* An hour may have ended between two of them. */
	CHECK(most > 100 && most < 450 && state_count(&remember.state) >= most && state_count(&remember.state) <= 2 * most,
	      "all sources together have a part of the room");
	end();
}

static void check_ageing(void)
{
	struct tally tally;

	begin();
	remember.limits.new_life = -10;
	tell("once", KNOWN_DELIVERED);
	CHECK(ask("once", &tally) == REFUSED && state_count(&remember.state) == 1, "who is past the time of newcomers is not known");
	tell("twice", KNOWN_DELIVERED);
	remember.limits.new_life = 100;
	tell("twice", KNOWN_DELIVERED);
	tell("twice", KNOWN_DELIVERED);
	CHECK(ask("twice", &tally) == OK && tally.counts[KNOWN_DELIVERED] == 2, "and begins anew");
	remember.ages = true;
	tell("twice", KNOWN_DELIVERED);
	CHECK(state_count(&remember.state) == 1 && ask("twice", &tally) == OK, "then the old entry goes");
	end();
}

static void check_damage(void)
{
	closing int file = -1;
	struct tally tally;

	begin();
	tell("a", KNOWN_DELIVERED);
	end_remembering();
	file = openat(scene.gather.records.folder.fd, "map", O_WRONLY | O_CLOEXEC);
	for (off_t at = 0; at < 32768; at += 8)
		CHECK(pwrite(file, "damage", 6, at) == 6, "a damaged map");
	begin_remembering();
	CHECK(remember.damaged[0] && remember.trouble[0] == '\0', "is said to be one");
	CHECK(faccessat(scene.gather.records.folder.fd, "map.damaged-1", F_OK, 0) == 0, "and put aside");
	CHECK(ask("a", &tally) == REFUSED, "nobody is known");
	tell("a", KNOWN_DELIVERED);
	CHECK(ask("a", &tally) == OK, "and it goes on");
	end();
}

static void check_ageing_while_busy(void)
{
	struct tally tally;

	begin();
	remember.limits.new_life = -10;
	tell("once", KNOWN_DELIVERED);
	remember.limits.new_life = 100;
	remember_note(&remember, &(struct known_note){ KNOWN_DELIVERED, SLICE("192.0.2.0/24"), { { name_of("twice") }, 1 } });
	CHECK(remember.busy && timer_start(&remember.ageing, 0) == OK, "the time to forget comes while it writes");
	for (unsigned i = 0; i < 200 && (ask("twice", &tally) != OK || state_count(&remember.state) != 1); i++)
		scene_turn(20);
	CHECK(ask("twice", &tally) == OK && state_count(&remember.state) == 1, "then it forgets behind that");
	end();
}

static void damage_behind(const char *text)
{
	static char bytes[1 << 20];
	closing int file = openat(scene.gather.records.folder.fd, "map", O_RDWR | O_CLOEXEC);
	ssize_t length = pread(file, bytes, sizeof(bytes), 0), size = (ssize_t)strlen(text);
	unsigned found = 0;

	for (ssize_t at = 0; at + size < length; at++)
		if (memcmp(bytes + at, text, strlen(text)) == 0)
			found += pwrite(file, "####", 4, at + size) == 4;
	CHECK(found > 0, "its entry is damaged");
}

static void check_damage_while_running(void)
{
	struct tally tally;

	begin();
	tell("somebody", KNOWN_DELIVERED);
	tell("another", KNOWN_DELIVERED);
	damage_behind("somebody");
	CHECK(remember.damaged[0] == '\0' && ask("somebody", &tally) == LATER, "who cannot be looked up is not a stranger");
	CHECK(remember.damaged[0], "and that is said");
	tell("somebody", KNOWN_DELIVERED);
	CHECK(ask("somebody", &tally) == LATER && state_count(&remember.state) == 2, "nor does he become one");
	CHECK(remember.trouble[0], "he could not be counted");
	CHECK(ask("another", &tally) == OK, "the others are known");
	tell("another", KNOWN_DELIVERED);
	CHECK(ask("another", &tally) == OK && tally.counts[KNOWN_DELIVERED] == 2 && remember.damaged[0], "and counted");
	end_remembering();
	begin_remembering();
	CHECK(faccessat(scene.gather.records.folder.fd, "map.damaged-1", F_OK, 0) == 0, "the next start puts the map aside");
	end();
}

static void check_no_map(void)
{
	struct tally tally;

	begin();
	end_remembering();
	CHECK(unlinkat(scene.gather.records.folder.fd, "map", 0) == 0 && mkdirat(scene.gather.records.folder.fd, "map", 0700) == 0,
	      "a folder where the map belongs");
	begin_remembering();
	CHECK(remember.trouble[0] && remember.state.env == NULL, "is trouble");
	tell("a", KNOWN_DELIVERED);
	CHECK(ask("a", &tally) == LATER, "what cannot be found out is neither known nor unknown");
	end();
}

/* ---- over the wire ---- */

static int wire = -1;

static void call(void)
{
	int ends[2];

	fd_close(&wire);
	CHECK(channel_pair(ends) == OK && teller_wire(&teller, ends[0]) == OK, "a wire");
	wire = ends[1];
}

static void check_asking(void)
{
	struct known_names names = { .list = { name_of("a"), name_of("b") }, .count = 2 };
	struct pollfd ready = { .events = POLLIN };
	struct buffer packed;
	struct unpack from;
	struct frame frame;

	begin();
	tell("a", KNOWN_DELIVERED);
	call();
	buffer_init(&packed, INSPECT_KEEPER_LONGEST);
	CHECK(known_pack(&names, &packed) == OK && frame_send(wire, INSPECT_ASK_KNOWN, 77, buffer_slice(&packed), -1) == OK, "asked");
	scene_turn(100);
	ready.fd = wire;
	CHECK(poll(&ready, 1, 1000) == 1 && frame_receive(wire, &packed, &frame) == OK && frame.kind == KEEPER_TOLD &&
	      frame.exchange == 77, "and told");
	from = unpack_from(frame.payload);
	CHECK(unpack_u8(&from) == 2 && unpack_u8(&from) == KNOWN_YES, "of two; the first is known");
	CHECK(unpack_u64(&from) < 60 && unpack_u64(&from) < 60 && unpack_u32(&from) == 1 && unpack_u32(&from) == 0 &&
	      unpack_u32(&from) == 0, "for a short time");
	CHECK(unpack_u8(&from) == KNOWN_NEVER, "the second is not");
	buffer_finish(&packed);
	fd_close(&wire);
	end();
}

static void check_lies(void)
{
	const struct { const char *about; uint8_t kind; bool fd; struct slice payload; } rows[] = {
		{ "another kind", 9, false, LIT("") },
		{ "no names", INSPECT_ASK_KNOWN, false, LIT("\0") },
		{ "too many names", INSPECT_ASK_KNOWN, false, LIT("\5") },
		{ "half a name", INSPECT_ASK_KNOWN, false, LIT("\1\1\0\0\0\0\11\0\0\0x") },
		{ "a descriptor", INSPECT_ASK_KNOWN, true, LIT("\1\1\0\0\0\0\1\0\0\0x") },
	};

	begin();
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct pollfd ready = { .events = POLLIN };

		call();
		CHECK(frame_send(wire, rows[i].kind, 1, rows[i].payload, rows[i].fd ? STDERR_FILENO : -1) == OK, "said");
		scene_turn(20);
		ready.fd = wire;
		CHECK(poll(&ready, 1, 1000) == 1 && ready.revents & POLLHUP, rows[i].about);
	}
	fd_close(&wire);
	end();
}

int main(void)
{
	check_who_becomes_known();
	check_shares();
	check_all_together();
	check_ageing();
	check_ageing_while_busy();
	check_damage();
	check_damage_while_running();
	check_no_map();
	check_asking();
	check_lies();
	return TEST_END();
}
