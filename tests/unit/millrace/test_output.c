/* SPDX-License-Identifier: BSD-2-Clause */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/millrace/output.h"

static const char *const columns[] = { "domain", "seen_at", "keys", "ok" };

static struct output *make_table(bool json)
{
	struct output *output = output_new(json, columns, G_N_ELEMENTS(columns));

	output_text(output, "example.com");
	output_time(output, 86400);
	output_number(output, 2);
	output_bool(output, true);
	output_text(output, "a\tb\033\n\xff\xc3\xa9");
	output_time(output, 0);
	output_number(output, -10);
	output_bool(output, false);
	output_text(output, NULL);
	output_time(output, 1);
	output_number(output, 0);
	output_bool(output, false);
	return output;
}

/* What `output` prints on a file in the place of stdout; freed by the caller. */
static char *capture(struct output *output)
{
	g_autoptr(GError) error = NULL;
	FILE *file = tmpfile();
	const int saved = dup(STDOUT_FILENO);
	char text[4096] = "";
	bool ok;

	fflush(stdout);
	dup2(fileno(file), STDOUT_FILENO);
	ok = output_end(output, &error);
	dup2(saved, STDOUT_FILENO);
	close(saved);
	g_assert_true(ok);
	rewind(file);
	g_assert_cmpuint(fread(text, 1, sizeof(text) - 1, file), <, sizeof(text) - 1);
	fclose(file);
	return g_strdup(text);
}

static void test_tabs(void)
{
	MR_AUTO(output) output = make_table(false);
	g_autofree char *text = capture(output);

	g_assert_cmpstr(text, ==,
			"example.com\t1970-01-02T00:00:00Z\t2\tyes\n"
			"a\\x09b\\x1B\\x0A\xef\xbf\xbd\xc3\xa9\t-\t-10\tno\n"
			"-\t1970-01-01T00:00:01Z\t0\tno\n");
}

static void test_json(void)
{
	MR_AUTO(output) output = make_table(true);
	g_autofree char *text = capture(output);
	g_autoptr(JsonNode) root = json_from_string(text, NULL);
	JsonArray *rows = json_node_get_array(root);
	JsonObject *row = json_array_get_object_element(rows, 1);

	g_assert_cmpuint(json_array_get_length(rows), ==, 3);
	g_assert_cmpstr(json_object_get_string_member(row, "domain"), ==,
			"a\tb\033\n\xef\xbf\xbd\xc3\xa9");
	g_assert_true(json_object_get_null_member(row, "seen_at"));
	g_assert_cmpint(json_object_get_int_member(row, "keys"), ==, -10);
	g_assert_false(json_object_get_boolean_member(row, "ok"));
	g_assert_true(g_str_has_suffix(text, "]\n"));
}

static void test_empty(void)
{
	MR_AUTO(output) table = output_new(false, columns, G_N_ELEMENTS(columns));
	MR_AUTO(output) json = output_new(true, columns, G_N_ELEMENTS(columns));
	g_autofree char *table_text = capture(table);
	g_autofree char *json_text = capture(json);

	g_assert_cmpstr(table_text, ==, "");
	g_assert_cmpstr(g_strstrip(json_text), ==, "[]");
}

/* Aligned as on a terminal: stdout is one end of a pseudo-terminal. */
static void test_terminal(void)
{
	MR_AUTO(output) output = make_table(false);
	const int master = posix_openpt(O_RDWR | O_NOCTTY);
	const int saved = dup(STDOUT_FILENO);
	char text[4096] = "";
	int terminal;

	g_assert_cmpint(grantpt(master), ==, 0);
	g_assert_cmpint(unlockpt(master), ==, 0);
	terminal = open(ptsname(master), O_RDWR | O_NOCTTY);
	fflush(stdout);
	dup2(terminal, STDOUT_FILENO);
	output_end(output, NULL);
	dup2(saved, STDOUT_FILENO);
	g_assert_cmpint(read(master, text, sizeof(text) - 1), >, 0);
	g_assert_true(g_str_has_prefix(text,
				       "DOMAIN            SEEN_AT               KEYS  OK\r\n"
				       "example.com       1970-01-02T00:00:00Z  2     yes\r\n"));
	close(saved);
	close(terminal);
	close(master);
}

static void test_full_disk(void)
{
	g_autoptr(GError) error = NULL;
	const int saved = dup(STDOUT_FILENO);
	const int full = open("/dev/full", O_WRONLY);
	bool ok;

	fflush(stdout);
	dup2(full, STDOUT_FILENO);
	ok = output_print("text\n", &error);
	dup2(saved, STDOUT_FILENO);
	clearerr(stdout);
	g_assert_false(ok);
	g_assert_cmpstr(error->message, ==, "standard output: No space left on device");
	close(full);
	close(saved);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/millrace/output/tabs", test_tabs);
	g_test_add_func("/millrace/output/json", test_json);
	g_test_add_func("/millrace/output/empty", test_empty);
	g_test_add_func("/millrace/output/terminal", test_terminal);
	g_test_add_func("/millrace/output/full-disk", test_full_disk);
	return g_test_run();
}
