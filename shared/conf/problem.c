/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Problems and warnings of a configuration file: each knows its place, and they come out in the
 * file's order, one a line. Knows nothing of rows. Any thread, one at a time.
 */

#include "shared/conf/internal.h"

struct problem {
	char *path;
	unsigned line; /* 0: none */
	char *text;
};

void conf_problem_free(void *problem)
{
	struct problem *mine = problem;

	g_free(mine->path);
	g_free(mine->text);
	g_free(mine);
}

char *conf_source_path(const struct conf_file *file, const char *included_name)
{
	if (included_name == NULL)
		return g_strdup(file->path);
	/* libconfig 1.5 says the name as it is written, 1.7 the whole path. */
	if (g_path_is_absolute(included_name) || g_str_has_prefix(included_name, file->folder))
		return g_strdup(included_name);
	return g_build_filename(file->folder, included_name, NULL);
}

/* Text from the file may hold anything: one problem must stay one line. */
static char *make_one_line(char *text)
{
	for (char *at = text; *at != '\0'; at++)
		if (g_ascii_iscntrl(*at))
			*at = ' ';
	return text;
}

static char *format_place(const char *path, unsigned line, const char *text)
{
	if (line == 0)
		return g_strdup_printf("%s: %s", path, text);
	return g_strdup_printf("%s:%u: %s", path, line, text);
}

static void add(struct conf_file *file, char *path_taken, unsigned line, char *text_taken)
{
	struct problem *problem = g_new(struct problem, 1);

	problem->path = path_taken;
	problem->line = line;
	problem->text = make_one_line(text_taken);
	g_ptr_array_add(file->problems, problem);
}

static unsigned line_of(const config_setting_t *setting)
{
	if (setting == NULL || config_setting_is_root(setting))
		return 0;
	return config_setting_source_line(setting);
}

static char *path_of(const struct conf_file *file, const config_setting_t *setting)
{
	return conf_source_path(file, setting == NULL ? NULL : config_setting_source_file(setting));
}

static const config_setting_t *find_setting(const struct conf_file *file, const void *member)
{
	const config_setting_t *setting = g_hash_table_lookup(file->given, member);

	return setting != NULL ? setting : g_hash_table_lookup(file->groups, member);
}

void conf_problem_at(struct conf_file *file, const config_setting_t *setting, const char *format,
		     ...)
{
	va_list arguments;

	va_start(arguments, format);
	add(file, path_of(file, setting), line_of(setting), g_strdup_vprintf(format, arguments));
	va_end(arguments);
}

void conf_problem_at_line(struct conf_file *file, const char *path, unsigned line,
			  const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	add(file, g_strdup(path), line, g_strdup_vprintf(format, arguments));
	va_end(arguments);
}

void conf_file_problem(struct conf_file *file, const void *member, const char *format, ...)
{
	const config_setting_t *setting = find_setting(file, member);
	va_list arguments;

	va_start(arguments, format);
	add(file, path_of(file, setting), line_of(setting), g_strdup_vprintf(format, arguments));
	va_end(arguments);
}

void conf_file_warning(struct conf_file *file, const void *member, const char *format, ...)
{
	const config_setting_t *setting = find_setting(file, member);
	g_autofree char *path = path_of(file, setting);
	g_autofree char *text = NULL;
	va_list arguments;

	va_start(arguments, format);
	text = make_one_line(g_strdup_vprintf(format, arguments));
	va_end(arguments);
	g_ptr_array_add(file->warnings, format_place(path, line_of(setting), text));
}

bool conf_file_given(const struct conf_file *file, const void *member)
{
	return g_hash_table_contains(file->given, member);
}

const GPtrArray *conf_file_warnings(const struct conf_file *file)
{
	return file->warnings;
}

/* The main file before those it includes, then by line; what has no line comes first. */
static int compare_problems(const void *a, const void *b, void *user_data)
{
	const struct problem *first = *(struct problem *const *)a;
	const struct problem *second = *(struct problem *const *)b;
	const char *const path = user_data;
	const int included = !g_str_equal(first->path, path) - !g_str_equal(second->path, path);
	const int order = g_strcmp0(first->path, second->path);

	if (included != 0)
		return included;
	if (order != 0)
		return order;
	return (first->line > second->line) - (first->line < second->line);
}

bool conf_file_check(struct conf_file *file, GError **ret_error)
{
	g_autoptr(GString) lines = g_string_new(NULL);

	if (file->problems->len == 0)
		return true;
	g_ptr_array_sort_with_data(file->problems, compare_problems, file->path);
	for (guint i = 0; i < file->problems->len; i++) {
		const struct problem *problem = g_ptr_array_index(file->problems, i);
		g_autofree char *line = format_place(problem->path, problem->line, problem->text);

		g_string_append_printf(lines, "%s%s", i > 0 ? "\n" : "", line);
	}
	g_set_error_literal(ret_error, MR_ERROR, MR_ERROR_CONFIG, lines->str);
	return false;
}
