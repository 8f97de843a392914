/* SPDX-License-Identifier: BSD-2-Clause */

#include <glib.h>
#include <string.h>

#include "shared/log/metrics.h"

static const char *const result_labels[] = { "result", "domain", NULL };

/* The lines of one family; the registry is the process's, other tests fill it too. */
static char *family(const char *name)
{
	g_autoptr(GString) text = g_string_new(NULL);
	g_autofree char *head = g_strdup_printf("# HELP %s ", name);
	const char *start, *end;

	log_metrics_format(text);
	start = strstr(text->str, head);
	g_assert_nonnull(start);
	end = strstr(start + 1, "# HELP ");
	return end ? g_strndup(start, (size_t)(end - start)) : g_strdup(start);
}

static void test_format(void)
{
	struct log_metric *metric = log_metric_register(LOG_METRIC_COUNTER, "millrace_signed_total",
							"Messages\nsigned.", result_labels);
	g_autofree char *text = NULL;

	log_metric_add(metric, (const char *[]){ "ok", "b.example" }, 2);
	log_metric_add(metric, (const char *[]){ "ok", "b.example" }, 1);
	log_metric_add(metric, (const char *[]){ "error", "a\"\\\n" }, 1);
	text = family("millrace_signed_total");
	g_assert_cmpstr(text, ==,
			"# HELP millrace_signed_total Messages\\nsigned.\n"
			"# TYPE millrace_signed_total counter\n"
			"millrace_signed_total{result=\"error\",domain=\"a\\\"\\\\\\n\"} 1\n"
			"millrace_signed_total{result=\"ok\",domain=\"b.example\"} 3\n");
}

static void test_without_labels(void)
{
	struct log_metric *metric =
		log_metric_register(LOG_METRIC_GAUGE, "millrace_busy", "Under way.", NULL);
	g_autofree char *at_first = family("millrace_busy");
	g_autofree char *later = NULL;
	g_autofree char *cleared = NULL;

	g_assert_true(g_str_has_suffix(at_first, "gauge\nmillrace_busy 0\n"));
	log_metric_set(metric, NULL, 7);
	log_metric_add(metric, NULL, -2);
	g_assert_cmpint(log_metric_get(metric, NULL), ==, 5);
	later = family("millrace_busy");
	g_assert_true(g_str_has_suffix(later, "\nmillrace_busy 5\n"));
	log_metric_clear(metric);
	cleared = family("millrace_busy");
	g_assert_true(g_str_has_suffix(cleared, "gauge\n"));
	g_assert_cmpint(log_metric_get(metric, NULL), ==, 0);
}

static void test_registered_twice(void)
{
	struct log_metric *metric = log_metric_register(LOG_METRIC_COUNTER, "millrace_twice_total",
							"Twice.", result_labels);

	g_assert_true(metric == log_metric_register(LOG_METRIC_COUNTER, "millrace_twice_total",
						    "Twice.", result_labels));
}

static void test_not_utf8(void)
{
	struct log_metric *metric = log_metric_register(LOG_METRIC_COUNTER, "millrace_odd_total",
							"Odd.", result_labels);
	g_autofree char *text = NULL;

	log_metric_add(metric, (const char *[]){ "\xff\x80", "x" }, 1);
	text = family("millrace_odd_total");
	g_assert_true(g_utf8_validate(text, -1, NULL));
	g_assert_cmpint(log_metric_get(metric, (const char *[]){ "\xff\x80", "x" }), ==, 1);
}

static void test_ceilings(void)
{
	struct log_metric *metric = log_metric_register(LOG_METRIC_COUNTER, "millrace_many_total",
							"Many.", result_labels);
	g_autofree char *long_value = g_strnfill(256, 'x');
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;

	log_metric_add(metric, (const char *[]){ "ok", long_value }, 1);
	g_assert_cmpint(log_metric_get(metric, (const char *[]){ "ok", "other" }), ==, 1);
	for (unsigned i = 1; i < LOG_METRIC_SERIES_MAX + 10; i++) {
		g_autofree char *domain = g_strdup_printf("%u.example", i);

		log_metric_add(metric, (const char *[]){ "ok", domain }, 1);
	}
	g_assert_cmpint(log_metric_get(metric, (const char *[]){ "ok", "1.example" }), ==, 1);
	g_assert_cmpint(log_metric_get(metric, (const char *[]){ "ok", "1001.example" }), ==, 0);
	g_assert_cmpint(log_metric_get(metric, (const char *[]){ "other", "other" }), ==, 10);
	text = family("millrace_many_total");
	lines = g_strsplit(text, "\n", -1);
	g_assert_cmpuint(g_strv_length(lines), ==, 2 + LOG_METRIC_SERIES_MAX + 1 + 1);
}

static void test_order(void)
{
	g_autoptr(GString) text = g_string_new(NULL);

	log_metric_register(LOG_METRIC_GAUGE, "millrace_order_b", "B.", NULL);
	log_metric_register(LOG_METRIC_GAUGE, "millrace_order_a", "A.", NULL);
	log_metrics_format(text);
	g_assert_true(strstr(text->str, "millrace_order_a") <
		      strstr(text->str, "millrace_order_b"));
}

static void *count(void *metric)
{
	for (unsigned i = 0; i < 10000; i++)
		log_metric_add(metric, (const char *[]){ i % 2 ? "odd" : "even", "x" }, 1);
	return NULL;
}

static void test_threads(void)
{
	struct log_metric *metric = log_metric_register(LOG_METRIC_COUNTER, "millrace_thread_total",
							"Threads.", result_labels);
	GThread *threads[4];

	for (unsigned i = 0; i < G_N_ELEMENTS(threads); i++)
		threads[i] = g_thread_new("count", count, metric);
	for (unsigned i = 0; i < G_N_ELEMENTS(threads); i++)
		g_thread_join(threads[i]);
	g_assert_cmpint(log_metric_get(metric, (const char *[]){ "odd", "x" }), ==, 20000);
	g_assert_cmpint(log_metric_get(metric, (const char *[]){ "even", "x" }), ==, 20000);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/log/metrics/format", test_format);
	g_test_add_func("/log/metrics/without-labels", test_without_labels);
	g_test_add_func("/log/metrics/registered-twice", test_registered_twice);
	g_test_add_func("/log/metrics/not-utf8", test_not_utf8);
	g_test_add_func("/log/metrics/ceilings", test_ceilings);
	g_test_add_func("/log/metrics/order", test_order);
	g_test_add_func("/log/metrics/threads", test_threads);
	return g_test_run();
}
