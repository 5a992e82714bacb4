/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Call-outs to a server in a child of ours, which looks at the recipient's first letter: memory, limits, several who
 * ask for one address, targets that are dead.
 */
#include "access/callouts.h"

#include "access/reach.h"
#include "access/scene.h"

#include <arpa/inet.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

enum { SERVER_PATIENCE = 20 };
#define PROMISED "smtp://127.0.0.1:9"

struct asker { struct callout callout; struct scene *scene; enum result end; bool called; };

static unsigned waiting;
static struct callouts callouts;
static struct reaches reaches;

/* ---- the server ---- */

static int listen_here(int *ret_port)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	CHECK(bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0 && listen(fd, 100) == 0 &&
	      getsockname(fd, (struct sockaddr *)&at, &size) == 0, "a port");
	*ret_port = ntohs(at.sin_port);
	return fd;
}

static const char *reply_to(const char *line)
{
	if (strncmp(line, "RCPT TO:<", 9) != 0)
		return strncmp(line, "QUIT", 4) ? "250 ok\r\n" : NULL;
	switch (line[9]) {
	case 'u':
		return "550 5.1.1 unknown\r\n";
	case 'g':
		return "450 4.2.0 greylisted\r\n";
	case 'h':
		return NULL;                   /* hangs up */
	}
	return "250-there\r\n250 there\r\n";
}

static void talk(FILE *with)
{
	char line[512];
	const char *reply = "220 here\r\n";

	while (reply && fputs(reply, with) >= 0 && fflush(with) == 0 && fgets(line, sizeof(line), with))
		reply = reply_to(line);
}

static pid_t serve(int fd)
{
	pid_t pid;

	(void)fflush(stdout);
	pid = fork();
	if (pid != 0)
		return pid;
	(void)alarm(SERVER_PATIENCE);
	for (;;) {
		FILE *with = fdopen(accept(fd, NULL, NULL), "r+");

		if (with == NULL)
			_exit(0);
		talk(with);
		(void)fclose(with);
	}
}

/* ---- those who ask ---- */

static void answered(struct callout *callout, enum result end)
{
	struct asker *asker = (struct asker *)callout;

	CHECK(!asker->called, "answered once");
	asker->called = true;
	asker->end = end;
	if (--waiting == 0)
		loop_stop(&asker->scene->loop);
}

static void ask(struct scene *scene, struct asker *asker, const char *target, const char *address)
{
	struct slice targets[] = { slice_of(target), SLICE("") }, rest = slice_of(target);

	*asker = (struct asker){ .scene = scene, .callout = { .address = slice_of(address), .answered = answered } };
	targets[0] = slice_cut(&rest, ' ');
	targets[1] = rest;
	asker->end = callouts_ask(&callouts, targets, rest.len ? 2 : 1, &asker->callout);
	waiting += asker->end == AGAIN;
}

static enum result result_of(struct scene *scene, const char *target, const char *address)
{
	struct asker asker;

	ask(scene, &asker, target, address);
	if (waiting)
		scene_turn(scene);
	return asker.end;
}

static uint64_t made(const struct scene *scene)
{
	return counter_read(&scene->counters, ACCESS_COUNT_callouts);
}

static void settle(uint64_t rate, uint64_t cache, unsigned dead)
{
	struct access_settings settings = callouts.settings;

	settings.callout_rate.n = rate;
	settings.callout_cache.n = cache;
	settings.callout_dead.is = dead;
	callouts_settle(&callouts, &settings);
}

static void check_answers(struct scene *scene, const char *target)
{
	CHECK(result_of(scene, target, "anna@example.org") == OK, "who is there");
	CHECK(result_of(scene, target, "uwe@example.org") == REFUSED, "who is not");
	CHECK(result_of(scene, target, "gerd@example.org") == LATER, "who is greylisted");
	CHECK(made(scene) == 3, "each was asked for");
	CHECK(result_of(scene, target, "anna@example.org") == OK && result_of(scene, target, "uwe@example.org") == REFUSED,
	      "what was answered is remembered");
	CHECK(made(scene) == 3 && counter_read(&scene->counters, ACCESS_COUNT_callouts_cached) == 2, "nobody is asked for it");
	CHECK(result_of(scene, target, "gerd@example.org") == LATER && made(scene) == 4, "what was not is asked again");
}

static void check_together(struct scene *scene, const char *target)
{
	struct asker askers[5];
	uint64_t before = made(scene);

	for (size_t i = 0; i < COUNT_OF(askers); i++)
		ask(scene, &askers[i], target, "berta@example.org");
	callouts_forget(&callouts, &askers[1].callout);
	callouts_forget(&callouts, &askers[4].callout);
	waiting -= 2;
	scene_turn(scene);
	for (size_t i = 0; i < COUNT_OF(askers); i++)
		CHECK(askers[i].called == (i != 1 && i != 4) && (!askers[i].called || askers[i].end == OK), "who waits is answered");
	CHECK(made(scene) == before + 1, "one call-out for all");
	ask(scene, &askers[0], target, "carla@example.org");
	callouts_forget(&callouts, &askers[0].callout);
	waiting--;
	CHECK(callouts.first == NULL, "what nobody waits for is given up");
}

static void check_limits(struct scene *scene, const char *target)
{
	uint64_t before = made(scene);
	char address[32];
	unsigned there = 0, later = 0;

	settle(callouts.hops->made + 5, 10000, ACCESS_DEAD_ACCEPT);
	for (unsigned i = 0; i < 20; i++) {
		enum result end;

		(void)snprintf(address, sizeof(address), "a%u@example.org", i);
		end = result_of(scene, target, address);
		there += end == OK;
		later += end == LATER;
	}
	CHECK(there == 5 && later == 15 && made(scene) == before + 5, "no more than the rate, and a limit accepts nobody");
	CHECK(result_of(scene, target, "a1@example.org") == OK, "who is remembered is not counted");
	settle(1000, 10000, ACCESS_DEAD_LATER);
}

static void check_memory_is_bounded(struct scene *scene, const char *target)
{
	char address[32];

	settle(1000, 10, ACCESS_DEAD_LATER);
	for (unsigned i = 0; i < 30; i++) {
		(void)snprintf(address, sizeof(address), "b%u@example.org", i);
		CHECK(result_of(scene, target, address) == OK, "there");
	}
	CHECK(callouts.facts.pool.used <= 10, "no more is remembered than is permitted");
	CHECK(result_of(scene, target, "b29@example.org") == OK, "the youngest is");
	settle(1000, 10000, ACCESS_DEAD_LATER);
}

/* As if ten seconds had passed. */
static void forget_the_dead(void)
{
	for (struct hop *hop = callouts.hops; hop; hop = hop->next)
		hop->dead_until = 0;
}

static void check_dead(struct scene *scene, const char *target, const char *dead)
{
	char both[128];

	CHECK(result_of(scene, target, "hugo@example.org") == LATER, "one that hangs up");
	CHECK(result_of(scene, dead, "d1@example.org") == LATER, "one that is not there");
	CHECK(result_of(scene, target, "anton@example.org") == LATER, "it is left alone for a while");
	forget_the_dead();
	settle(1000, 10000, ACCESS_DEAD_ACCEPT);
	CHECK(result_of(scene, dead, "d2@example.org") == OK, "accepted, where that is wanted");
	CHECK(result_of(scene, target, "gustav@example.org") == LATER, "but not where a server says later");
	settle(1000, 10000, ACCESS_DEAD_LATER);
	CHECK(result_of(scene, dead, "d2@example.org") == LATER, "what failed is not remembered");
	callouts.hops->dead_until = 0;
	(void)snprintf(both, sizeof(both), "%s %s", dead, target);
	forget_the_dead();
	CHECK(result_of(scene, both, "d3@example.org") == OK, "the second target answers");
	CHECK(result_of(scene, "smtp://no.such.host", "d4@example.org") == LATER, "a name without a resolver");
	CHECK(result_of(scene, "lmtp:///nonexistent/socket", "d5@example.org") == LATER, "a socket that is not there");
	CHECK(result_of(scene, "maildir:/tmp", "d6@example.org") == LATER, "what cannot be asked");
	forget_the_dead();
	settle(1000, 10000, ACCESS_DEAD_ACCEPT);
	CHECK(result_of(scene, PROMISED, "d7@example.org") == LATER, "one that cannot be proved, even if the dead are accepted");
	settle(1000, 10000, ACCESS_DEAD_LATER);
}

int main(void)
{
	struct scene scene;
	struct access_settings settings;
	char target[64], dead[64];
	int port, dead_port, fd, other;
	pid_t server;

	scene_begin(&scene);
	scene_settle(&scene, "target \"" PROMISED "\" { tls = dane }\n");
	CHECK(settings_fill(&scene.settings, &access_settings_section, SLICE(""), &settings) == OK, "settings");
	settings.callout_rate.n = 1000;
	fd = listen_here(&port);
	other = listen_here(&dead_port);
	fd_close(&other);
	server = serve(fd);
	fd_close(&fd);
	(void)snprintf(target, sizeof(target), "smtp://127.0.0.1:%d", port);
	(void)snprintf(dead, sizeof(dead), "smtp://127.0.0.1:%d", dead_port);
	reaches.loop = &scene.loop;
	reaches_name(&reaches, SLICE("mx.example.org"));
	resolve_init(&reaches.resolve, &scene.loop);
	CHECK(callouts_init(&callouts, &scene.loop, &scene.counters, &reaches, &scene.settings, &settings) == OK, "call-outs");
	check_answers(&scene, target);
	check_together(&scene, target);
	check_limits(&scene, target);
	check_memory_is_bounded(&scene, target);
	check_dead(&scene, target, dead);
	CHECK(kill(server, SIGKILL) == 0 && waitpid(server, NULL, 0) == server, "the server ends");
	callouts_finish(&callouts);
	resolve_finish(&reaches.resolve);
	scene_end(&scene);
	return TEST_END();
}
