/* SPDX-License-Identifier: BSD-2-Clause */

#include <fcntl.h>
#include <glib.h>
#include <string.h>
#include <unistd.h>

#include "shared/base/error.h"
#include "shared/log/event.h"

/* Sends stderr to a pipe; capture_end gives back what came, at most a pipe's worth. */
struct capture {
	int saved, read_end;
};

static void capture_begin(struct capture *capture)
{
	int ends[2];

	g_assert_cmpint(pipe2(ends, O_CLOEXEC), ==, 0);
	capture->saved = dup(STDERR_FILENO);
	capture->read_end = ends[0];
	g_assert_cmpint(dup2(ends[1], STDERR_FILENO), ==, STDERR_FILENO);
	close(ends[1]);
}

static char *capture_end(struct capture *capture)
{
	char *text = g_malloc0(65536);
	size_t length = 0;
	ssize_t got;

	dup2(capture->saved, STDERR_FILENO);
	close(capture->saved);
	while ((got = read(capture->read_end, text + length, 65535 - length)) > 0)
		length += (size_t)got;
	close(capture->read_end);
	return text;
}

/* What an event with one field looks like, without the newline and what stands before the text. */
static char *field_line(const char *queue_id, const void *value, size_t length)
{
	struct capture capture;
	struct log_event event;
	g_autofree char *line = NULL;
	char *text;

	capture_begin(&capture);
	log_event_begin(&event, LOG_LEVEL_INFO, queue_id, "seen");
	log_event_add_bytes(&event, "v", value, length);
	log_event_send(&event);
	line = capture_end(&capture);
	g_assert_null(event.line);

	text = strstr(line, " info: ");
	g_assert_nonnull(text);
	g_assert_true(g_str_has_suffix(text, "\n"));
	return g_strndup(text + 7, strlen(text) - 8);
}

static void test_values(void)
{
	static const struct {
		const char *name, *value;
		size_t length;
		const char *line;
	} cases[] = {
		{ "plain", "example.com", 11, "Q1: seen v=example.com" },
		{ "empty", "", 0, "Q1: seen v=\"\"" },
		{ "blank", "a b", 3, "Q1: seen v=\"a b\"" },
		{ "equals sign", "a=b", 3, "Q1: seen v=\"a=b\"" },
		{ "quote and backslash", "a\"\\", 3, "Q1: seen v=\"a\\\"\\\\\"" },
		{ "newline cannot forge a line", "a\nb", 3, "Q1: seen v=\"a\\x0ab\"" },
		{ "NUL", "a\0b", 3, "Q1: seen v=\"a\\x00b\"" },
		{ "terminal escape", "\x1b[2J", 4, "Q1: seen v=\"\\x1b[2J\"" },
		{ "not ASCII", "\xc3\xa4", 2, "Q1: seen v=\"\\xc3\\xa4\"" },
		{ "DEL", "\x7f", 1, "Q1: seen v=\"\\x7f\"" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *line = field_line("Q1", cases[i].value, cases[i].length);

		g_test_message("%s", cases[i].name);
		g_assert_cmpstr(line, ==, cases[i].line);
	}
}

static void test_queue_id(void)
{
	g_autofree char *none = field_line(NULL, "x", 1);
	g_autofree char *hostile = field_line("Q\n1", "x", 1);

	g_assert_cmpstr(none, ==, "seen v=x");
	g_assert_cmpstr(hostile, ==, "\"Q\\x0a1\": seen v=x");
}

static void test_long_values(void)
{
	g_autofree char *value = g_strnfill(LOG_VALUE_MAX + 1, 'a');
	g_autofree char *whole = field_line(NULL, value, LOG_VALUE_MAX);
	g_autofree char *cut = field_line(NULL, value, LOG_VALUE_MAX + 1);

	g_assert_cmpuint(strlen(whole), ==, strlen("seen v=") + LOG_VALUE_MAX);
	g_assert_cmpuint(strlen(cut), ==, strlen("seen v=\"\"...") + LOG_VALUE_MAX);
	g_assert_true(g_str_has_suffix(cut, "a\"..."));
}

static void test_many_fields(void)
{
	g_autofree char *value = g_strnfill(LOG_VALUE_MAX, '\n');
	g_autofree char *line = NULL;
	struct capture capture;
	struct log_event event;

	capture_begin(&capture);
	log_event_begin(&event, LOG_LEVEL_INFO, NULL, "seen");
	for (unsigned i = 0; i < 100; i++)
		log_event_add(&event, "v", value);
	log_event_send(&event);
	line = capture_end(&capture);
	g_assert_cmpuint(strlen(line), <, 8192);
	g_assert_true(g_str_has_suffix(line, "\" ...\n"));
}

static void test_fields(void)
{
	g_autoptr(GError) error =
		g_error_new(MR_ERROR, MR_ERROR_TEMPORARY, "no answer from \"dns\"");
	g_autofree char *line = NULL;
	struct capture capture;
	struct log_event event;

	capture_begin(&capture);
	log_event_begin(&event, LOG_LEVEL_WARN, "Q2", "not signed");
	log_event_add(&event, "absent", NULL);
	log_event_add_int(&event, "n", -5);
	log_event_add_error(&event, error);
	log_event_send(&event);
	line = capture_end(&capture);
	g_assert_true(g_str_has_suffix(line, " warn: Q2: not signed n=-5 error=\"no answer from "
					     "\\\"dns\\\"\" category=temporary\n"));
}

static void test_levels(void)
{
	g_autofree char *text = NULL;
	struct capture capture;
	struct log_event event;

	capture_begin(&capture);
	log_open("millrace-test", LOG_TARGET_STDERR, LOG_LEVEL_WARN);
	log_line(LOG_LEVEL_INFO, "not kept");
	log_event_begin(&event, LOG_LEVEL_INFO, NULL, "not kept");
	g_assert_null(event.line);
	log_event_add(&event, "v", "x");
	log_event_send(&event);
	log_line(LOG_LEVEL_ERROR, "kept");
	log_open("millrace-test", LOG_TARGET_STDERR, LOG_LEVEL_INFO);
	text = capture_end(&capture);

	g_assert_null(strstr(text, "not kept"));
	g_assert_true(g_regex_match_simple("^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z "
					   "millrace-test\\[\\d+\\]: error: kept\\n$",
					   text, 0, 0));
}

static void test_line(void)
{
	g_autofree char *long_text = g_strnfill(100000, '\n');
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;
	struct capture capture;

	capture_begin(&capture);
	log_line(LOG_LEVEL_INFO, "reloaded %s", "a\nb\x9b");
	log_line(LOG_LEVEL_INFO, "%s", long_text);
	text = capture_end(&capture);
	lines = g_strsplit(text, "\n", -1);
	g_assert_cmpuint(g_strv_length(lines), ==, 3);
	g_assert_true(g_str_has_suffix(lines[0], " info: reloaded a\\x0ab\\x9b"));
	g_assert_true(g_str_has_suffix(lines[1], "\\x0a ..."));
	g_assert_cmpuint(strlen(lines[1]), <, 8192);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/log/event/values", test_values);
	g_test_add_func("/log/event/queue-id", test_queue_id);
	g_test_add_func("/log/event/long-values", test_long_values);
	g_test_add_func("/log/event/many-fields", test_many_fields);
	g_test_add_func("/log/event/fields", test_fields);
	g_test_add_func("/log/event/levels", test_levels);
	g_test_add_func("/log/event/line", test_line);
	return g_test_run();
}
