/* SPDX-License-Identifier: Apache-2.0 */
/* A wrong name is looked for in its section, by distance, and then in all the others. */
#include "base/settings_reader.h"
#include "base/settings_store.h"

#include <string.h>

enum { UNKNOWN_MOST = 400 };

static const char *where(const struct node *node)
{
	return node->parent ? node->name : "the top of the file";
}

static struct node *child_of(struct node *node, const char *name)
{
	struct node *child = node->children;

	while (child && strcmp(child->name, name) != 0)
		child = child->next;
	return child;
}

struct node *reader_add_child(struct node *node, const char *name)
{
	struct node *child = arena_new(&node->reader->memory, struct node);

	if (child == NULL || arena_text(&node->reader->memory, slice_of(name), &child->name) != OK)
		return NULL;
	child->reader = node->reader;
	child->parent = node;
	child->next = node->children;
	node->children = child;
	return child;
}

static bool has_row(const struct settings_section *section, struct slice name)
{
	for (size_t i = 0; section && i < section->row_count; i++)
		if (slice_same(setting_name(&section->rows[i]), name))
			return true;
	return false;
}

static const char *nearest_in(struct node *node, const char *name)
{
	const char *known[256];
	size_t count = 0;

	for (size_t i = 0; node->section && i < node->section->row_count && count < COUNT_OF(known); i++)
		if (arena_text(&node->reader->tables, setting_name(&node->section->rows[i]), &known[count]) == OK)
			count++;
	for (const struct node *child = node->children; child && count < COUNT_OF(known); child = child->next)
		if (child->section)
			known[count++] = child->name;
	return settings_nearest(slice_of(name), known, count);
}

void reader_complain_unknown(struct node *node, const char *name, int line)
{
	struct reader *reader = node->reader;
	const char *nearest = nearest_in(node, name);
	char text[READER_SHOWN + 4];
	const struct node *other = reader->top.children;

	if (reader->lenient || (node->parent && node->section == NULL))
		return;                          /* the unknown section itself was complained of */
	(void)reader_shown(slice_of(name), text);
	while (other && (other == node || !has_row(other->section, slice_of(name))))
		other = other->next;
	if (nearest)
		reader_complain(reader, line, "no such setting '%s' in %s; did you mean '%s'?", text, where(node),
				nearest);
	else if (other)
		reader_complain(reader, line, "no such setting '%s' in %s; it belongs in '%s'", text, where(node),
			 other->name);
	else
		reader_complain(reader, line, "no such setting '%s' in %s", text, where(node));
}

void reader_learn(struct node *node, const char *name, int line)
{
	struct reader *reader = node->reader;

	reader_complain_unknown(node, name, line);
	if (reader->unknown++ == UNKNOWN_MOST)
		reader_complain(reader, line, "too many unknown names; reading stops here");
	else if (reader_add_child(node, name))
		reader->learned = true;
}

bool reader_reshape(struct node *node, const char *name, enum shape was, enum shape is)
{
	struct node *child = child_of(node, name);

	if (child == NULL || child->section || child->shape != was)
		return false;
	child->shape = is;
	node->reader->learned = true;
	return true;
}
