/* SPDX-License-Identifier: Apache-2.0 */
/*
 * postern.c — the one command: its words are rows, each with the socket that answers it, or the function.
 *
 * Knows:   which words there are.
 * Ignores: what they do.
 * Owns:    what places.h owns.
 * Fails:   exit status 64 (EX_USAGE) for a word that is not known, with the nearest that is.
 */
#include "cli/ask.h"
#include "cli/explain.h"
#include "cli/learn.h"
#include "cli/places.h"
#include "cli/replay.h"
#include "cli/scan.h"
#include "cli/sendmail.h"
#include "cli/teach.h"
#include "mail/policy/policy.h"
#include "wire/control.h"

#include <errno.h>
#include <sysexits.h>
#include <unistd.h>

enum { TOPIC_MOST = 65536 };

static int become(const struct places *places, const char *flag)
{
	char executable[PLACE_SIZE + 32];
	const char *words[5] = { "supervisor", "-c", places->config };

	words[3] = flag;
	(void)snprintf(executable, sizeof(executable), "%s/supervisor", places->libexec);
	(void)execv(executable, (char *const *)(uintptr_t)words);
	complain("%s: %s", executable, strerrordesc_np(errno));
	return EX_UNAVAILABLE;
}

static int no_words(int count, char **words)
{
	if (count > 1)
		complain("%s: \"%s\" is too much; -c FILE is all it takes", words[0], words[1]);
	return count > 1 ? EX_USAGE : EX_OK;
}

static int run_gateway(struct places *places, int count, char **words)
{
	int status = no_words(count, words);

	return status == EX_OK ? become(places, NULL) : status;
}

static int check_file(struct places *places, int count, char **words)
{
	int status = no_words(count, words);

	return status == EX_OK ? become(places, "--check") : status;
}

static int describe_settings(struct places *places, int count, char **words)
{
	int status = no_words(count, words);

	return status == EX_OK ? become(places, "--describe") : status;
}

static int show_mailq(struct places *places, int count, char **words)
{
	const char *const list[] = { "queue", "list", NULL };

	(void)count, (void)words;
	return ask(places->gateway.run.is, CONTROL_QUEUE, 2, list);
}

static int say_version(struct places *places, int count, char **words)
{
	(void)places, (void)count, (void)words;
	(void)puts("postern " POSTERN_VERSION);
	return EX_OK;
}

static int help(struct places *places, int count, char **words);

/* `socket`: the words go there as they are. `settings`: the function wants places->gateway. */
static const struct command {
	const char *name, *takes, *about, *socket;
	int (*run)(struct places *, int count, char **words);
	bool settings;
} commands[] = {
	{ "run", "", "the gateway, in the foreground", NULL, run_gateway, false },
	{ "check", "", "says what is wrong in the configuration; exit status 1 if anything is", NULL, check_file, false },
	{ "settings", "", "every setting: kind, default, bounds, meaning", NULL, describe_settings, false },
	{ "health", "[--json]", "fit or not, by exit status, with the warnings", CONTROL_SUPERVISOR, NULL, true },
	{ "stats", "[--json]", "totals", CONTROL_SUPERVISOR, NULL, true },
	{ "processes", "[--json]", "the gateway's processes", CONTROL_SUPERVISOR, NULL, true },
	{ "reload", "", "reads the configuration again; sessions go on", CONTROL_SUPERVISOR, NULL, true },
	{ "stop", "", "stops the gateway in order", CONTROL_SUPERVISOR, NULL, true },
	{ "queue", "list|show|retry|hold|release|delete|flush [ID] [--json]", "what is to be delivered",
	  CONTROL_QUEUE, NULL, true },
	{ "quarantine", "list|show|release|delete [ID] [--json]", "what is not", CONTROL_QUEUE, NULL, true },
	{ "scan", "[--json] [--scanners] [--jobs N] [--from A] [--to A] [--client IP] [--helo NAME] PATH...",
	  "inspects files, mboxes and folders, without a gateway", NULL, scan_main, false },
	{ "explain", "[--json] PATH|ID", "the whole trace of one message", NULL, explain_main, false },
	{ "replay", "--against NEW.conf [--json] [--quarantine] [--kept] [PATH...]",
	  "what another configuration would change, message by message", NULL, replay_main, false },
	{ "learn", "spam|ham|forget [--jobs N] PATH... | --online INDEX [--then INDEX2] [--state DIR] [--jobs N]",
	  "teaches the classifier; --online: how well it learns, each message of a list judged before it is learned", NULL,
	  learn_main, false },
	{ "forget", "[--jobs N] PATH...", "takes back what was learned, as `learn forget`", NULL, teach_main, false },
	{ "sendmail", "[-t] [-i] [-f ADDRESS] [-F NAME] [-bs] [-bp] [RECIPIENT...]", "hands in a message",
	  NULL, sendmail_main, false },
	{ "mailq", "", "the queue, as `queue list`", NULL, show_mailq, true },
	{ "help", "[facts|actions]", "this list; what policy may ask, and what it may do", NULL, help, false },
	{ "version", "", "which Postern this is", NULL, say_version, false },
};

static const struct { const char *name; enum result (*describe)(struct buffer *to); } topics[] = {
	{ "facts", policy_describe_facts }, { "actions", policy_describe_actions },
};

static int help_topic(const char *name)
{
	size_t i = 0;
	struct buffer text;

	while (i < COUNT_OF(topics) && strcmp(topics[i].name, name) != 0)
		i++;
	if (i == COUNT_OF(topics)) {
		complain("help: there is help on facts and on actions, and `postern help` alone lists the commands");
		return EX_USAGE;
	}
	buffer_init(&text, TOPIC_MOST);
	if (topics[i].describe(&text) == OK)
		(void)fwrite(buffer_slice(&text).at, 1, buffer_length(&text), stdout);
	buffer_finish(&text);
	return EX_OK;
}

static int help(struct places *places, int count, char **words)
{
	if (count > 1)
		return help_topic(words[1]);
	(void)printf("postern COMMAND [-c FILE]\n\n");
	for (size_t i = 0; i < COUNT_OF(commands); i++)
		(void)printf("  %s%s%s\n      %s\n", commands[i].name, *commands[i].takes ? " " : "", commands[i].takes,
		             commands[i].about);
	(void)printf("\nWithout -c the configuration is %s\n", places->config);
	return EX_OK;
}

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < COUNT_OF(commands); i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

static int unknown(const char *name)
{
	const char *names[COUNT_OF(commands)];
	const char *nearest;

	for (size_t i = 0; i < COUNT_OF(commands); i++)
		names[i] = commands[i].name;
	nearest = settings_nearest(slice_of(name), names, COUNT_OF(names));
	if (nearest)
		complain("there is no command \"%s\"; is \"%s\" meant?", name, nearest);
	else
		complain("there is no command \"%s\"; `postern help` lists them", name);
	return EX_USAGE;
}

static int obey(const struct command *command, struct places *places, int count, char **words)
{
	if (command->settings && places_settings(places) != OK)
		return EX_CONFIG;
	if (command->socket)
		return ask(places->gateway.run.is, command->socket, count, (const char *const *)words);
	return command->run(places, count, words);
}

/* -c stands before or behind the other words, but for sendmail, whose letters are its own. */
static int run_words(int count, char **words)
{
	bool own_letters = strcmp(words[0], "sendmail") == 0;
	const struct command *command;
	const char *config = NULL;
	struct places places;
	int status;

	if (!own_letters && places_take_config(&count, words, &config) != OK)
		return EX_USAGE;
	command = find_command(count > 0 ? words[0] : "help");
	if (!command)
		return unknown(words[0]);
	status = places_find(&places, config) == OK ? obey(command, &places, count, words) : EX_OSERR;
	places_finish(&places);
	return status;
}

/* "/usr/sbin/sendmail" and "mailq" are commands by the name that they are called by. */
static bool called_by_name(char **words)
{
	static const char *const names[] = { "sendmail", "mailq" };
	char *slash = strrchr(words[0], '/');
	char *name = slash ? slash + 1 : words[0];

	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (strcmp(name, names[i]) == 0) {
			words[0] = name;
			return true;
		}
	return false;
}

int main(int count, char **words)
{
	static char standard_word[] = "help", *standard[] = { standard_word, NULL };

	if (count < 1)
		return EX_USAGE;
	if (called_by_name(words))
		return run_words(count, words);
	return count == 1 ? run_words(1, standard) : run_words(count - 1, words + 1);
}
