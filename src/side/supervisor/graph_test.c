/* SPDX-License-Identifier: Apache-2.0 */
/* The tables against each other, and against the executables that were built. */
#include "supervisor/graph.h"

#include "base/test.h"

#include <string.h>

static const struct process_row *row_of(const char *name)
{
	for (size_t i = 0; i < graph_process_count; i++)
		if (strcmp(graph_processes[i].name, name) == 0)
			return &graph_processes[i];
	return NULL;
}

static bool has_wire(const char *name)
{
	for (size_t i = 0; i < graph_wire_count; i++)
		if (strcmp(graph_wires[i].from, name) == 0 || strcmp(graph_wires[i].to, name) == 0)
			return true;
	return false;
}

/* The names of the executables that the build knows are our words. */
static bool is_built(const char *name, int count, char **words)
{
	for (int i = 1; i < count; i++)
		if (strcmp(words[i], name) == 0)
			return true;
	return false;
}

static void check_process(const struct process_row *row, int count, char **words)
{
	CHECK(row_of(row->name) == row, "a process stands once");
	CHECK(has_wire(row->name), "nobody stands alone");
	CHECK(is_built(row->name, count, words), "every process has an executable");
	CHECK(row->counters && row->counter_count() > 0 && row->counter_count() <= COUNTERS_MOST,
	      "counters fit their page");
	CHECK(row->reason && strlen(row->reason) > 10, "there is a reason for each");
	for (size_t i = 0; i < row->counter_count(); i++)
		CHECK(row->counters[i].name && row->counters[i].about, "each counter has a name and a sentence");
}

int main(int count, char **words)
{
	for (size_t i = 0; i < graph_process_count; i++)
		check_process(&graph_processes[i], count, words);
	for (size_t i = 0; i < graph_wire_count; i++)
		CHECK(row_of(graph_wires[i].from) && row_of(graph_wires[i].to), "a wire has two ends");
	return TEST_END();
}
