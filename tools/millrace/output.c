/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tables and JSON on stdout. Knows terminals and escaping, nothing of what it shows. One thread.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "shared/base/error.h"
#include "tools/millrace/output.h"

#define COLUMN_GAP 2

struct output {
	const char *const *columns;
	size_t n;
	bool json;
	GPtrArray *cells; /* JsonNode *, row after row */
};

struct output *output_new(bool json, const char *const *columns, size_t n)
{
	struct output *output = g_new0(struct output, 1);

	output->columns = columns;
	output->n = n;
	output->json = json;
	output->cells = g_ptr_array_new_with_free_func((GDestroyNotify)json_node_unref);
	return output;
}

void output_free(struct output *output)
{
	if (output == NULL)
		return;
	g_ptr_array_unref(output->cells);
	g_free(output);
}

static void add(struct output *output, JsonNode *cell_taken)
{
	g_ptr_array_add(output->cells, cell_taken);
}

void output_text(struct output *output, const char *text)
{
	g_autofree char *valid = text == NULL ? NULL : g_utf8_make_valid(text, -1);

	if (text == NULL)
		add(output, json_node_init_null(json_node_alloc()));
	else
		add(output, json_node_init_string(json_node_alloc(), valid));
}

void output_number(struct output *output, int64_t number)
{
	add(output, json_node_init_int(json_node_alloc(), number));
}

void output_bool(struct output *output, bool value)
{
	add(output, json_node_init_boolean(json_node_alloc(), value));
}

void output_time(struct output *output, int64_t seconds)
{
	g_autoptr(GDateTime) time = seconds == 0 ? NULL : g_date_time_new_from_unix_utc(seconds);
	g_autofree char *text = time == NULL ? NULL : g_date_time_format(time, "%FT%TZ");

	output_text(output, text);
}

char *output_escape(const char *text)
{
	GString *escaped = g_string_new(NULL);

	while (*text != '\0') {
		const gunichar c = g_utf8_get_char_validated(text, -1);
		const bool valid = c != (gunichar)-1 && c != (gunichar)-2;

		if (valid && g_unichar_isprint(c)) {
			g_string_append_unichar(escaped, c);
			text += g_unichar_to_utf8(c, NULL);
		} else {
			g_string_append_printf(escaped, "\\x%02X", (unsigned char)*text++);
		}
	}
	return g_string_free(escaped, FALSE);
}

static char *cell_text(JsonNode *cell)
{
	switch (json_node_get_value_type(cell)) {
	case G_TYPE_STRING:
		return output_escape(json_node_get_string(cell));
	case G_TYPE_INT64:
		return g_strdup_printf("%" G_GINT64_FORMAT, json_node_get_int(cell));
	case G_TYPE_BOOLEAN:
		return g_strdup(json_node_get_boolean(cell) ? "yes" : "no");
	default:
		return g_strdup("-");
	}
}

/* All cells as text, the heading first when it is wanted. */
static GPtrArray *table_texts(const struct output *output, bool heading)
{
	GPtrArray *texts = g_ptr_array_new_with_free_func(g_free);

	for (size_t i = 0; heading && i < output->n; i++)
		g_ptr_array_add(texts, g_ascii_strup(output->columns[i], -1));
	for (guint i = 0; i < output->cells->len; i++)
		g_ptr_array_add(texts, cell_text(g_ptr_array_index(output->cells, i)));
	return texts;
}

static size_t column_width(const GPtrArray *texts, size_t n, size_t column)
{
	size_t width = 0;

	for (size_t i = column; i < texts->len; i += n)
		width = MAX(width, (size_t)g_utf8_strlen(g_ptr_array_index(texts, i), -1));
	return width;
}

static void append_aligned(GString *text, const char *cell, size_t width)
{
	g_string_append(text, cell);
	for (size_t i = (size_t)g_utf8_strlen(cell, -1); i < width + COLUMN_GAP; i++)
		g_string_append_c(text, ' ');
}

static char *format_table(const struct output *output, bool aligned)
{
	g_autoptr(GPtrArray) texts = table_texts(output, aligned);
	g_autofree size_t *widths = g_new(size_t, output->n);
	GString *text = g_string_new(NULL);

	for (size_t i = 0; i < output->n; i++)
		widths[i] = column_width(texts, output->n, i);
	for (guint i = 0; i < texts->len; i++) {
		const char *cell = g_ptr_array_index(texts, i);
		const bool last = (i + 1) % output->n == 0;

		if (aligned && !last)
			append_aligned(text, cell, widths[i % output->n]);
		else
			g_string_append_printf(text, "%s%c", cell, last ? '\n' : '\t');
	}
	return g_string_free(text, FALSE);
}

static bool print_rows(const struct output *output, GError **ret_error)
{
	g_autoptr(JsonBuilder) builder = json_builder_new();

	json_builder_begin_array(builder);
	for (guint i = 0; i < output->cells->len; i++) {
		const size_t column = i % output->n;

		if (column == 0)
			json_builder_begin_object(builder);
		json_builder_set_member_name(builder, output->columns[column]);
		json_builder_add_value(builder, json_node_ref(output->cells->pdata[i]));
		if (column == output->n - 1)
			json_builder_end_object(builder);
	}
	json_builder_end_array(builder);
	return output_json(builder, ret_error);
}

bool output_end(struct output *output, GError **ret_error)
{
	g_autofree char *text = NULL;

	g_assert(output->cells->len % output->n == 0);
	if (output->json)
		return print_rows(output, ret_error);
	text = format_table(output, isatty(STDOUT_FILENO));
	return output_print(text, ret_error);
}

bool output_json(JsonBuilder *builder, GError **ret_error)
{
	g_autoptr(JsonNode) root = json_builder_get_root(builder);
	g_autofree char *json = json_to_string(root, TRUE);
	g_autofree char *text = g_strconcat(json, "\n", NULL);

	return output_print(text, ret_error);
}

bool output_print(const char *text, GError **ret_error)
{
	if (fputs(text, stdout) == EOF || fflush(stdout) == EOF)
		return mr_error_set_errno(ret_error, errno, "standard output");
	return true;
}
