/* SPDX-License-Identifier: Apache-2.0 */
/* A command is a row; what it writes is bounded by the number of processes, counters and warnings. */
#include "supervisor/supervisor.h"

#include "base/clock.h"

#include <string.h>
#include <unistd.h>

static const char *comma(size_t place)
{
	return place ? "," : "";
}

/* ---- health ---- */

static enum result warning_text(const struct warning *warning, struct buffer *to)
{
	char since[CLOCK_LOG_SIZE];

	clock_log_text(warning->since * 1000, since);
	return buffer_format(to, "warning: %s: %s: %s (since %s)\n", warning->process, warning->name, warning->text,
			     since);
}

static enum result warning_json(const struct warning *warning, struct buffer *to)
{
	char since[CLOCK_LOG_SIZE];

	clock_log_text(warning->since * 1000, since);
	TRY(buffer_format(to, "{\"process\":\"%s\",\"instance\":%u,\"since\":\"%s\",\"name\":", warning->process,
			  warning->instance, since));
	TRY(json_string(to, slice_of(warning->name)));
	TRY(buffer_add(to, SLICE(",\"text\":")));
	TRY(json_string(to, slice_of(warning->text)));
	return buffer_add_byte(to, '}');
}

static enum result health_text(const struct supervisor *supervisor, bool fit, struct buffer *to)
{
	TRY(buffer_format(to, "%s\n", fit ? "fit" : "not fit"));
	for (size_t i = 0; i < supervisor->children.count; i++) {
		const struct child *child = &supervisor->children.list[i];

		if (child->state != CHILD_RUNNING)
			TRY(buffer_format(to, "%s: %s\n", child->row->name, child_state_name(child->state)));
	}
	for (size_t i = 0; i < supervisor->warnings.count; i++)
		TRY(warning_text(&supervisor->warnings.list[i], to));
	return OK;
}

static enum result health_json(const struct supervisor *supervisor, bool fit, struct buffer *to)
{
	size_t down = 0;

	TRY(buffer_format(to, "{\"fit\":%s,\"down\":[", fit ? "true" : "false"));
	for (size_t i = 0; i < supervisor->children.count; i++)
		if (supervisor->children.list[i].state != CHILD_RUNNING)
			TRY(buffer_format(to, "%s\"%s\"", comma(down++), supervisor->children.list[i].row->name));
	TRY(buffer_add(to, SLICE("],\"warnings\":[")));
	for (size_t i = 0; i < supervisor->warnings.count; i++) {
		TRY(buffer_add(to, slice_of(comma(i))));
		TRY(warning_json(&supervisor->warnings.list[i], to));
	}
	return buffer_add(to, SLICE("]}\n"));
}

static int say_health(struct supervisor *supervisor, bool json, struct buffer *to, struct buffer *complaint)
{
	bool fit = children_ready(&supervisor->children) && supervisor->warnings.count == 0 && !supervisor->stopping;

	(void)complaint;
	if ((json ? health_json : health_text)(supervisor, fit, to) != OK)
		return 1;
	return fit ? 0 : 1;
}

/* ---- stats ---- */

static uint64_t sum_of(const struct supervisor *supervisor, const struct process_row *row, unsigned which)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < supervisor->children.count; i++)
		if (supervisor->children.list[i].row == row)
			sum += counter_read(&supervisor->children.list[i].counters, which);
	return sum;
}

static enum result process_stats(const struct supervisor *supervisor, const struct process_row *row, bool json,
				 struct buffer *to)
{
	for (unsigned i = 0; i < row->counter_count(); i++) {
		uint64_t sum = sum_of(supervisor, row, i);

		if (json)
			TRY(buffer_format(to, "%s\"%s\":%lu", comma(i), row->counters[i].name, sum));
		else
			TRY(buffer_format(to, "%s.%s %lu\n", row->name, row->counters[i].name, sum));
	}
	return OK;
}

static enum result all_stats(const struct supervisor *supervisor, bool json, struct buffer *to)
{
	for (size_t i = 0; i < graph_process_count; i++) {
		if (json)
			TRY(buffer_format(to, "%s\"%s\":{", i ? "}," : "{", graph_processes[i].name));
		TRY(process_stats(supervisor, &graph_processes[i], json, to));
	}
	return json ? buffer_add(to, SLICE("}}\n")) : OK;
}

static int say_stats(struct supervisor *supervisor, bool json, struct buffer *to, struct buffer *complaint)
{
	(void)complaint;
	return all_stats(supervisor, json, to) == OK ? 0 : 1;
}

/* ---- processes ---- */

static enum result one_process(const struct child *child, bool json, struct buffer *to)
{
	uint64_t now = loop_ticks(&child->supervisor->loop), seconds = child->pid ? (now - child->began) / 1000 : 0;
	unsigned long restarts = child->starts ? child->starts - 1 : 0;

	if (json)
		return buffer_format(
		    to,
		    "{\"name\":\"%s\",\"instance\":%u,\"pid\":%d,\"state\":\"%s\",\"seconds\":%lu,\"restarts\":%lu}",
		    child->row->name, child->instance, child->pid, child_state_name(child->state), seconds, restarts);
	return buffer_format(to, "%-10s %2u %8d %-9s %8lu s, %lu restarts\n", child->row->name, child->instance,
			     child->pid, child_state_name(child->state), seconds, restarts);
}

static enum result all_processes(const struct supervisor *supervisor, bool json, struct buffer *to)
{
	if (json)
		TRY(buffer_format(to, "{\"supervisor\":%d,\"processes\":[", getpid()));
	for (size_t i = 0; i < supervisor->children.count; i++) {
		if (json)
			TRY(buffer_add(to, slice_of(comma(i))));
		TRY(one_process(&supervisor->children.list[i], json, to));
	}
	return json ? buffer_add(to, SLICE("]}\n")) : OK;
}

static int say_processes(struct supervisor *supervisor, bool json, struct buffer *to, struct buffer *complaint)
{
	(void)complaint;
	return all_processes(supervisor, json, to) == OK ? 0 : 1;
}

/* ---- reload, stop ---- */

static int say_reload(struct supervisor *supervisor, bool json, struct buffer *to, struct buffer *complaint)
{
	(void)to;
	(void)json;
	return supervisor_reload(supervisor, complaint) == OK ? 0 : 1;
}

static int say_stop(struct supervisor *supervisor, bool json, struct buffer *to, struct buffer *complaint)
{
	(void)to;
	(void)json;
	(void)complaint;
	supervisor_stop(supervisor);
	return 0;
}

static const struct answer_row answers[] = {
	{ LIT("health"),    say_health },
	{ LIT("stats"),     say_stats },
	{ LIT("processes"), say_processes },
	{ LIT("reload"),    say_reload },
	{ LIT("stop"),      say_stop },
};

const struct answer_row *answer_named(struct slice name)
{
	for (size_t i = 0; i < COUNT_OF(answers); i++)
		if (slice_same(answers[i].name, name))
			return &answers[i];
	return NULL;
}
