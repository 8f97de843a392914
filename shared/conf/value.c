/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One value: a libconfig setting into the member of a struct, or words for what is wrong with it.
 * Knows types, ranges and choices; nothing of names, lines and defaults. Pure, any thread.
 */

#include <string.h>

#include "shared/conf/internal.h"

const char *conf_found_type(const config_setting_t *setting)
{
	switch (config_setting_type(setting)) {
	case CONFIG_TYPE_GROUP:
		return "a group { ... }";
	case CONFIG_TYPE_INT:
	case CONFIG_TYPE_INT64:
		return "an integer";
	case CONFIG_TYPE_FLOAT:
		return "a fraction";
	case CONFIG_TYPE_STRING:
		return "a string";
	case CONFIG_TYPE_BOOL:
		return "a boolean";
	case CONFIG_TYPE_ARRAY:
		return "an array [ ... ]";
	case CONFIG_TYPE_LIST:
		return "a list ( ... )";
	default:
		return "nothing";
	}
}

/* The value as it may stand in a message. */
static char *quote_found(const config_setting_t *setting)
{
	if (config_setting_type(setting) == CONFIG_TYPE_STRING)
		return g_strdup_printf("\"%.100s\"", config_setting_get_string(setting));
	return g_strdup(conf_found_type(setting));
}

static char *wrong_value(const char *expected, const config_setting_t *setting)
{
	g_autofree char *found = quote_found(setting);

	return g_strdup_printf("expects %s, found %s", expected, found);
}

static bool is_integer(const config_setting_t *setting)
{
	return config_setting_type(setting) == CONFIG_TYPE_INT ||
	       config_setting_type(setting) == CONFIG_TYPE_INT64;
}

static char *read_bool(const config_setting_t *setting, bool *member)
{
	if (config_setting_type(setting) != CONFIG_TYPE_BOOL)
		return wrong_value("true or false", setting);
	*member = config_setting_get_bool(setting) != 0;
	return NULL;
}

static char *read_string(const config_setting_t *setting, char **member)
{
	if (config_setting_type(setting) != CONFIG_TYPE_STRING)
		return wrong_value("a string", setting);
	*member = g_strdup(config_setting_get_string(setting));
	return NULL;
}

/* Durations and sizes may stand as bare numbers; a mode may not, for 660 is not 0660. */
static bool read_quantity(enum conf_type type, const config_setting_t *setting, int64_t *ret_value)
{
	const char *text = config_setting_get_string(setting);

	if (type != CONF_MODE && is_integer(setting)) {
		*ret_value = config_setting_get_int64(setting);
		return type == CONF_INT || *ret_value >= 0;
	}
	if (text == NULL)
		return false;
	switch (type) {
	case CONF_DURATION:
		return conf_parse_duration(text, ret_value);
	case CONF_SIZE:
		return conf_parse_size(text, ret_value);
	case CONF_MODE:
		return conf_parse_mode(text, ret_value);
	default:
		return false;
	}
}

static const char *quantity_words(enum conf_type type)
{
	switch (type) {
	case CONF_DURATION:
		return "a duration such as \"90s\", \"10m\", \"4h\" or \"5d\"";
	case CONF_SIZE:
		return "a size such as \"512\", \"64k\" or \"10m\"";
	case CONF_MODE:
		return "a file mode such as \"0660\", in quotes";
	default:
		return "an integer";
	}
}

static char *out_of_range(const struct conf_row *row, int64_t value)
{
	g_autofree char *minimum = conf_format_quantity(row->type, row->minimum);
	g_autofree char *maximum = conf_format_quantity(row->type, row->maximum);
	g_autofree char *found = conf_format_quantity(row->type, value);

	if (row->maximum == G_MAXINT64)
		return g_strdup_printf("must be at least %s, found %s", minimum, found);
	return g_strdup_printf("must be between %s and %s, found %s", minimum, maximum, found);
}

static char *read_ranged(const struct conf_row *row, const config_setting_t *setting,
			 int64_t *member)
{
	const bool has_range = row->minimum != 0 || row->maximum != 0;
	int64_t value;

	if (!read_quantity(row->type, setting, &value))
		return wrong_value(quantity_words(row->type), setting);
	if (has_range && (value < row->minimum || value > row->maximum))
		return out_of_range(row, value);
	*member = value;
	return NULL;
}

char *conf_join_choices(const char *const *choices, const char *separator)
{
	GString *joined = g_string_new(choices[0]);

	for (size_t i = 1; choices[0] != NULL && choices[i] != NULL; i++)
		g_string_append_printf(joined, "%s%s", separator, choices[i]);
	return g_string_free(joined, FALSE);
}

static char *no_such_choice(const struct conf_row *row, const config_setting_t *setting)
{
	const char *text = config_setting_get_string(setting);
	g_autofree char *choices = conf_join_choices(row->choices, "\", \"");
	g_autofree char *found = quote_found(setting);
	const char *meant = NULL;
	size_t n = 0;

	while (row->choices[n] != NULL)
		n++;
	if (text != NULL)
		meant = conf_did_you_mean(text, row->choices, n);
	if (meant != NULL)
		return g_strdup_printf("must be one of \"%s\", found %s; did you mean \"%s\"?",
				       choices, found, meant);
	return g_strdup_printf("must be one of \"%s\", found %s", choices, found);
}

static char *read_choice(const struct conf_row *row, const config_setting_t *setting, int *member)
{
	const char *text = config_setting_get_string(setting);

	for (int i = 0; text != NULL && row->choices[i] != NULL; i++) {
		if (strcmp(text, row->choices[i]) == 0) {
			*member = i;
			return NULL;
		}
	}
	return no_such_choice(row, setting);
}

static char *read_string_list(const config_setting_t *setting, char ***member,
			      const config_setting_t **ret_blamed)
{
	const int type = config_setting_type(setting);
	g_autoptr(GPtrArray) strings = g_ptr_array_new_with_free_func(g_free);

	if (type == CONFIG_TYPE_STRING) {
		g_ptr_array_add(strings, g_strdup(config_setting_get_string(setting)));
	} else if (type != CONFIG_TYPE_LIST && type != CONFIG_TYPE_ARRAY) {
		return wrong_value("a list of strings", setting);
	} else {
		for (int i = 0; i < config_setting_length(setting); i++) {
			const config_setting_t *element = config_setting_get_elem(setting, i);
			char *string = NULL;
			char *wrong = read_string(element, &string);

			if (wrong != NULL) {
				*ret_blamed = element;
				return wrong;
			}
			g_ptr_array_add(strings, string);
		}
	}
	g_ptr_array_add(strings, NULL);
	*member = (char **)g_ptr_array_free(g_steal_pointer(&strings), FALSE);
	return NULL;
}

char *conf_value_read(const struct conf_row *row, const config_setting_t *setting, void *member,
		      const config_setting_t **ret_blamed)
{
	*ret_blamed = setting;
	switch (row->type) {
	case CONF_BOOL:
		return read_bool(setting, member);
	case CONF_STRING:
		return read_string(setting, member);
	case CONF_CHOICE:
		return read_choice(row, setting, member);
	case CONF_STRING_LIST:
		return read_string_list(setting, member, ret_blamed);
	default:
		return read_ranged(row, setting, member);
	}
}
