/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A table of rows as text, for the script that holds the sample file and the man page against it.
 * Pure, any thread.
 */

#include "shared/conf/internal.h"

static const char *const type_words[] = {
	[CONF_BOOL] = "boolean",      [CONF_INT] = "integer",
	[CONF_DURATION] = "duration", [CONF_SIZE] = "size",
	[CONF_MODE] = "mode",	      [CONF_STRING] = "string",
	[CONF_CHOICE] = "choice",     [CONF_STRING_LIST] = "list of strings",
	[CONF_GROUP] = "group",	      [CONF_GROUP_LIST] = "list of groups",
};

static char *format_range(const struct conf_row *row)
{
	g_autofree char *minimum = conf_format_quantity(row->type, row->minimum);
	g_autofree char *maximum = conf_format_quantity(row->type, row->maximum);

	if (row->choices != NULL)
		return conf_join_choices(row->choices, "|");
	if (row->minimum == 0 && row->maximum == 0)
		return g_strdup("-");
	return g_strconcat(minimum, "..", row->maximum == G_MAXINT64 ? "" : maximum, NULL);
}

static const char *default_of(const struct conf_row *row)
{
	if (row->required)
		return "required";
	return row->fallback != NULL ? row->fallback : "-";
}

static void describe(const struct conf_row *rows, const char *prefix, GString *text);

static void describe_row(const struct conf_row *row, const char *prefix, GString *text)
{
	g_autofree char *name = g_strconcat(prefix, row->name, NULL);
	g_autofree char *range = format_range(row);

	g_string_append_printf(text, "%s\t%s\t%s\t%s\t%s\n", name, type_words[row->type],
			       default_of(row), range, row->sentence);
	if (row->type == CONF_GROUP || row->type == CONF_GROUP_LIST) {
		g_autofree char *inner = g_strconcat(name, ".", NULL);

		describe(row->rows, inner, text);
	}
}

static void describe(const struct conf_row *rows, const char *prefix, GString *text)
{
	for (; rows->name != NULL || rows->type == CONF_ROWS; rows++) {
		if (rows->type == CONF_ROWS)
			describe(rows->rows, prefix, text);
		else
			describe_row(rows, prefix, text);
	}
}

void conf_rows_describe(const struct conf_row *rows, GString *text)
{
	describe(rows, "", text);
}
