/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scene.h — for tests: tables and zones from a text of settings, in a folder of its own, and a loop.
 *
 * Knows:   how to make and remove them, and how to let the loop turn until something has come.
 * Ignores: what is asked.
 * Owns:    the folder and its files, until scene_end().
 */
#ifndef ACCESS_SCENE_H
#define ACCESS_SCENE_H

#include "access/access.h"
#include "access/zones.h"
#include "base/fd.h"
#include "base/test.h"
#include "wire/target.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

enum { SCENE_PATIENCE = 20000, SCENE_FILES = 8 };     /* ms */

struct scene {
	char folder[32];
	struct loop loop;
	struct timer patience;
	struct settings settings;
	struct counters counters;
	struct tables tables;
	struct zones *zones;
	const char *files[SCENE_FILES];
	size_t file_count;
};

static void scene_path(const struct scene *scene, const char *name, char path[96])
{
	(void)snprintf(path, 96, "%s/%s", scene->folder, name);
}

static void scene_file(struct scene *scene, const char *name, const char *text)
{
	char path[96];
	closing int fd = -1;

	scene_path(scene, name, path);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text), "a file");
	for (size_t i = 0; i < scene->file_count; i++)
		if (strcmp(scene->files[i], name) == 0)
			return;
	CHECK(scene->file_count < SCENE_FILES, "room for a file");
	scene->files[scene->file_count++] = name;
}

static void scene_is_over(void *owner)
{
	CHECK(false, "it came in time");
	loop_stop(owner);
}

/* A folder and a loop; files may be put into it. */
static void scene_begin(struct scene *scene)
{
	int fd;

	*scene = (struct scene){ 0 };
	memcpy(scene->folder, "/tmp/access-test-XXXXXX", sizeof("/tmp/access-test-XXXXXX"));
	CHECK(mkdtemp(scene->folder) != NULL && loop_init(&scene->loop) == OK, "a folder");
	CHECK(counters_create(&fd) == OK && counters_map(&scene->counters, fd, true) == OK, "counters");
	fd_close(&fd);
	timer_init(&scene->patience, &scene->loop, scene_is_over, &scene->loop);
}

/* Reads `text` as settings, and makes what they say; file names in it are of the folder. */
static inline void scene_settle(struct scene *scene, const char *text)
{
	static const struct settings_section *const schema[] = {
		&gateway_settings_section, &domain_settings_section, &table_settings_section, &access_settings_section,
		&target_settings_section, NULL,
	};
	struct buffer complaints;
	char path[96];

	scene_file(scene, "conf", text);
	scene_path(scene, "conf", path);
	settings_init(&scene->settings);
	buffer_init(&complaints, 65536);
	CHECK(settings_read_file(&scene->settings, path, false, schema, &complaints) == OK, "settings");
	printf("%.*s", SHOW(buffer_slice(&complaints)));
	buffer_finish(&complaints);
	CHECK(tables_init(&scene->tables, NULL, &scene->loop, &scene->settings, &scene->counters) == OK, "tables");
	CHECK(tables_begin(&scene->tables) == OK, "tables that are read");
	CHECK(zones_create(&scene->zones, &scene->settings, &scene->tables) == OK, "zones");
}

/* Until somebody stops the loop. */
static inline void scene_turn(struct scene *scene)
{
	scene->loop.stopped = false;
	CHECK(timer_start(&scene->patience, SCENE_PATIENCE) == OK && loop_run(&scene->loop) == OK, "the loop turns");
	timer_stop(&scene->patience);
}

static void scene_end(struct scene *scene)
{
	char path[96];

	tables_finish(&scene->tables);
	zones_leave(scene->zones);
	settings_finish(&scene->settings);
	timer_end(&scene->patience);
	loop_finish(&scene->loop);
	counters_finish(&scene->counters);
	for (size_t i = 0; i < scene->file_count; i++) {
		scene_path(scene, scene->files[i], path);
		CHECK(unlink(path) == 0, "a file is removed");
	}
	CHECK(rmdir(scene->folder) == 0, "nothing else was left");
}

#endif
