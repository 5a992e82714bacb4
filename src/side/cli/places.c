/* SPDX-License-Identifier: Apache-2.0 */
/* The command asks the kernel where it lies itself; the rest is found from there, or was compiled in. */
#include "cli/places.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <unistd.h>

void complain(const char *format, ...)
{
	va_list list;

	va_start(list, format);
	(void)fputs("postern: ", stderr);
	(void)vfprintf(stderr, format, list);
	(void)fputc('\n', stderr);
	va_end(list);
}

static bool fits(char place[PLACE_SIZE], const char *format, ...) __attribute__((format(printf, 2, 3)));
static bool fits(char place[PLACE_SIZE], const char *format, ...)
{
	va_list list;
	int length;

	va_start(list, format);
	length = vsnprintf(place, PLACE_SIZE, format, list);
	va_end(list);
	return length > 0 && length < PLACE_SIZE;
}

static bool own_folder(char folder[PLACE_SIZE])
{
	ssize_t length = readlink("/proc/self/exe", folder, PLACE_SIZE - 1);
	char *slash;

	if (length <= 0)
		return false;
	folder[length] = '\0';
	slash = strrchr(folder, '/');
	if (!slash)
		return false;
	*slash = '\0';
	return true;
}

static bool has_supervisor(const char *libexec)
{
	char supervisor[PLACE_SIZE];

	return fits(supervisor, "%s/supervisor", libexec) && access(supervisor, X_OK) == 0;
}

/* In a build tree, in an installed tree that was moved as a whole, and where it was installed to. */
static bool find_libexec(struct places *places, const char *folder, bool *ret_build_tree)
{
	char *to = places->libexec;

	*ret_build_tree = fits(to, "%s/libexec/postern", folder) && has_supervisor(to);
	return *ret_build_tree || (fits(to, "%s/../libexec/postern", folder) && has_supervisor(to))
	       || fits(to, "%s", POSTERN_LIBEXEC);
}

enum result places_find(struct places *places, const char *config)
{
	const char *said = config ? config : getenv("POSTERN_CONF");
	char folder[PLACE_SIZE];
	bool build_tree, found;

	*places = (struct places){ .asked = config != NULL };
	settings_init(&places->settings);
	if (!own_folder(folder) || !find_libexec(places, folder, &build_tree)) {
		complain("cannot tell where I lie (is /proc mounted?)");
		return REFUSED;
	}
	places->chosen = said && *said;
	if (places->chosen)
		found = fits(places->config, "%s", said);
	else if (build_tree)
		found = fits(places->config, "%s/run/postern.conf", folder);
	else
		found = fits(places->config, "%s", POSTERN_CONFIG);
	if (!found)
		complain("the name of the configuration file is too long");
	return found ? OK : REFUSED;
}

enum result places_take_config(int *count, char **words, const char **ret_config)
{
	int kept = 0;

	for (int i = 0; i < *count; i++) {
		if (strcmp(words[i], "-c") != 0) {
			words[kept++] = words[i];
			continue;
		}
		if (i + 1 == *count) {
			complain("-c wants a file");
			return REFUSED;
		}
		*ret_config = words[++i];
	}
	words[kept] = NULL;
	*count = kept;
	return OK;
}

enum result places_settings(struct places *places)
{
	static const struct settings_section *const schema[] = { &gateway_settings_section, NULL };
	struct buffer complaints;
	enum result result;

	buffer_init(&complaints, 65536);
	result = settings_read_file(&places->settings, places->config, true, schema, &complaints);
	if (result == OK)
		result = settings_fill(&places->settings, &gateway_settings_section, SLICE(""), &places->gateway);
	if (result != OK && buffer_length(&complaints) == 0)
		complain("%s: cannot be read", places->config);
	else if (result != OK)
		(void)fprintf(stderr, "%.*s", SHOW(buffer_slice(&complaints)));
	buffer_finish(&complaints);
	return result == OK ? OK : REFUSED;
}

void places_finish(struct places *places)
{
	settings_finish(&places->settings);
}
