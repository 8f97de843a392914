/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The walk over rows and settings: finds unknown names and missing options, gives every member its
 * value or its default, and remembers which address came from which line. Knows the shape of a
 * table, leaves single values to value.c. A file object belongs to one thread.
 */

#include <string.h>

#include "shared/conf/internal.h"

static const char value_name[] = "value";

/* The row's default, parsed once a file however many list elements need it. */
static const config_setting_t *find_fallback(struct conf_file *file, const struct conf_row *row)
{
	config_t *config = g_hash_table_lookup(file->fallbacks, row->fallback);

	if (config == NULL) {
		g_autofree char *text = g_strdup_printf("%s = %s;", value_name, row->fallback);

		config = g_new(config_t, 1);
		config_init(config);
		if (!config_read_string(config, text))
			g_error("conf: the default of \"%s\" is no value", row->name);
		g_hash_table_insert(file->fallbacks, g_strdup(row->fallback), config);
	}
	return config_lookup(config, value_name);
}

static void load_fallback(struct conf_file *file, const struct conf_row *row, void *member)
{
	const config_setting_t *blamed;
	g_autofree char *wrong = NULL;

	if (row->fallback != NULL)
		wrong = conf_value_read(row, find_fallback(file, row), member, &blamed);
	else if (row->type == CONF_STRING_LIST)
		*(char ***)member = g_new0(char *, 1);
	if (wrong != NULL)
		g_error("conf: the default of \"%s\" %s", row->name, wrong);
}

/* A list's elements have places too, in the list itself. */
static void remember_strings(struct conf_file *file, config_setting_t *setting, char **strings)
{
	const bool alone = config_setting_type(setting) == CONFIG_TYPE_STRING;

	for (unsigned i = 0; strings[i] != NULL; i++)
		g_hash_table_insert(file->given, &strings[i],
				    alone ? setting : config_setting_get_elem(setting, i));
}

static void load_value(struct conf_file *file, const struct conf_row *row, const char *path,
		       config_setting_t *setting, void *member)
{
	const config_setting_t *blamed;
	g_autofree char *wrong = NULL;

	if (setting == NULL) {
		load_fallback(file, row, member);
		return;
	}
	g_hash_table_insert(file->given, member, setting);
	wrong = conf_value_read(row, setting, member, &blamed);
	if (wrong != NULL) {
		conf_problem_at(file, blamed, "\"%s\" %s", path, wrong);
		load_fallback(file, row, member);
	} else if (row->type == CONF_STRING_LIST) {
		remember_strings(file, setting, *(char ***)member);
	}
}

static void load_group(struct conf_file *file, const struct conf_row *rows, const char *path,
		       config_setting_t *group, void *base);

static void load_group_list(struct conf_file *file, const struct conf_row *row, const char *path,
			    config_setting_t *setting, void *member)
{
	const int type = setting == NULL ? CONFIG_TYPE_NONE : config_setting_type(setting);
	const bool is_list = type == CONFIG_TYPE_LIST || type == CONFIG_TYPE_ARRAY;
	const guint n = is_list ? (guint)config_setting_length(setting) : 0;
	GArray *elements = g_array_sized_new(FALSE, TRUE, (guint)row->element_size, n);

	*(GArray **)member = elements;
	if (setting == NULL)
		return;
	g_hash_table_insert(file->given, member, setting);
	if (!is_list)
		conf_problem_at(file, setting, "\"%s\" expects a list ( { ... }, ... ), found %s",
				path, conf_found_type(setting));
	for (guint i = 0; i < n; i++) {
		config_setting_t *element = config_setting_get_elem(setting, i);

		if (!config_setting_is_group(element)) {
			conf_problem_at(file, element, "\"%s\" expects groups { ... }, found %s",
					path, conf_found_type(element));
			continue;
		}
		/* There is room for all: no element moves, and its address is remembered. */
		g_array_set_size(elements, elements->len + 1);
		load_group(file, row->rows, path, element,
			   elements->data + (elements->len - 1) * row->element_size);
	}
}

static void load_row(struct conf_file *file, const struct conf_row *row, const char *prefix,
		     config_setting_t *group, void *member)
{
	g_autofree char *path = g_strconcat(prefix, *prefix != '\0' ? "." : "", row->name, NULL);
	config_setting_t *setting =
		group == NULL ? NULL : config_setting_get_member(group, row->name);

	if (setting == NULL && group != NULL && row->required)
		conf_problem_at(file, group, "the option \"%s\" is required", path);
	if (row->type == CONF_GROUP_LIST) {
		load_group_list(file, row, path, setting, member);
	} else if (row->type == CONF_GROUP) {
		if (setting != NULL && !config_setting_is_group(setting)) {
			conf_problem_at(file, setting, "\"%s\" expects a group { ... }, found %s",
					path, conf_found_type(setting));
			setting = NULL;
		}
		load_group(file, row->rows, path, setting, member);
	} else {
		load_value(file, row, path, setting, member);
	}
}

static void load_rows(struct conf_file *file, const struct conf_row *rows, const char *prefix,
		      config_setting_t *group, char *base)
{
	for (; rows->name != NULL || rows->type == CONF_ROWS; rows++) {
		if (rows->type == CONF_ROWS)
			load_rows(file, rows->rows, prefix, group, base + rows->offset);
		else
			load_row(file, rows, prefix, group, base + rows->offset);
	}
}

static void collect_names(const struct conf_row *rows, GArray *names)
{
	for (; rows->name != NULL || rows->type == CONF_ROWS; rows++) {
		if (rows->type == CONF_ROWS)
			collect_names(rows->rows, names);
		else
			g_array_append_val(names, rows->name);
	}
}

static bool has_name(const GArray *names, const char *name)
{
	for (guint i = 0; i < names->len; i++)
		if (strcmp(g_array_index(names, const char *, i), name) == 0)
			return true;
	return false;
}

static void complain_unknown(struct conf_file *file, config_setting_t *setting, const char *prefix,
			     const GArray *names)
{
	const char *name = config_setting_name(setting);
	const char *dot = *prefix != '\0' ? "." : "";
	const char *meant = conf_did_you_mean(name, (const char *const *)names->data, names->len);

	if (meant != NULL)
		conf_problem_at(file, setting, "unknown option \"%s%s%s\"; did you mean \"%s\"?",
				prefix, dot, name, meant);
	else
		conf_problem_at(file, setting, "unknown option \"%s%s%s\"", prefix, dot, name);
}

static void check_names(struct conf_file *file, const struct conf_row *rows, const char *prefix,
			config_setting_t *group)
{
	g_autoptr(GArray) names = g_array_new(FALSE, FALSE, sizeof(char *));

	collect_names(rows, names);
	for (int i = 0; i < config_setting_length(group); i++) {
		config_setting_t *setting = config_setting_get_elem(group, (unsigned)i);

		if (!has_name(names, config_setting_name(setting)))
			complain_unknown(file, setting, prefix, names);
	}
}

/* `group` is NULL when the file does not have it: all its members get their defaults. */
static void load_group(struct conf_file *file, const struct conf_row *rows, const char *path,
		       config_setting_t *group, void *base)
{
	if (group != NULL) {
		g_hash_table_insert(file->groups, base, group);
		check_names(file, rows, path, group);
	}
	load_rows(file, rows, path, group, base);
}

void conf_file_load(struct conf_file *file, const struct conf_row *rows, void *settings,
		    size_t size)
{
	memset(settings, 0, size);
	g_hash_table_remove_all(file->given);
	g_hash_table_remove_all(file->groups);
	load_group(file, rows, "", config_root_setting(&file->config), settings);
}

static void clear_rows(const struct conf_row *rows, char *base);

static void clear_group_list(const struct conf_row *row, GArray *elements)
{
	if (elements == NULL)
		return;
	for (guint i = 0; i < elements->len; i++)
		clear_rows(row->rows, elements->data + i * row->element_size);
	g_array_unref(elements);
}

static void clear_row(const struct conf_row *row, void *member)
{
	switch (row->type) {
	case CONF_STRING:
		g_free(*(char **)member);
		break;
	case CONF_STRING_LIST:
		g_strfreev(*(char ***)member);
		break;
	case CONF_GROUP:
	case CONF_ROWS:
		clear_rows(row->rows, member);
		break;
	case CONF_GROUP_LIST:
		clear_group_list(row, *(GArray **)member);
		break;
	default:
		break;
	}
}

static void clear_rows(const struct conf_row *rows, char *base)
{
	for (; rows->name != NULL || rows->type == CONF_ROWS; rows++)
		clear_row(rows, base + rows->offset);
}

void conf_settings_clear(const struct conf_row *rows, void *settings, size_t size)
{
	clear_rows(rows, settings);
	memset(settings, 0, size);
}
