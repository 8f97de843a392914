/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Knows the metrics of this process and how they look to Prometheus. Refuses to know who
 * serves the text and what the numbers mean. Any thread may call anything: the registry
 * has one lock, each metric another, always taken in that order.
 */

#include <stdbool.h>
#include <string.h>

#include "shared/log/metrics.h"

/* A longer label value is counted as "other": a name from a peer must not fill memory. */
#define LABEL_VALUE_MAX 255u

struct log_metric {
	enum log_metric_kind kind;
	char *name, *help;
	GStrv labels; /* never NULL, perhaps empty */
	GMutex lock;
	GHashTable *series; /* `a="x",b="y"` (escaped; "" without labels) -> int64_t */
	GString *key;	    /* scratch for looking up, under the lock */
};

static struct {
	GMutex lock;
	GTree *metrics; /* by name; NULL before the first */
} registry;

static int compare_names(const void *a, const void *b, void *unused)
{
	(void)unused;
	return strcmp(a, b);
}

static void append_escaped(GString *text, const char *value, bool quote)
{
	for (; *value; value++) {
		if (*value == '\\' || (quote && *value == '"'))
			g_string_append_c(text, '\\');
		if (*value == '\n')
			g_string_append(text, "\\n");
		else
			g_string_append_c(text, *value);
	}
}

/* Prometheus refuses a page that is not UTF-8 as a whole: one odd name must not cost the rest. */
static void append_label_value(GString *text, const char *value)
{
	if (strlen(value) > LABEL_VALUE_MAX)
		value = "other";
	if (g_utf8_validate(value, -1, NULL)) {
		append_escaped(text, value, true);
	} else {
		g_autofree char *valid = g_utf8_make_valid(value, -1);

		append_escaped(text, valid, true);
	}
}

/* `values` NULL: "other" for every label. */
static void format_key(struct log_metric *metric, const char *const *values)
{
	g_string_truncate(metric->key, 0);
	for (size_t i = 0; metric->labels[i]; i++) {
		if (i > 0)
			g_string_append_c(metric->key, ',');
		g_string_append(metric->key, metric->labels[i]);
		g_string_append(metric->key, "=\"");
		append_label_value(metric->key, values ? values[i] : "other");
		g_string_append_c(metric->key, '"');
	}
}

static int64_t *add_series(struct log_metric *metric)
{
	int64_t *number = g_new0(int64_t, 1);

	g_hash_table_insert(metric->series, g_strdup(metric->key->str), number);
	return number;
}

/* The number of a series, made when it is new; to be called under the metric's lock. */
static int64_t *find_or_add(struct log_metric *metric, const char *const *values)
{
	int64_t *number;

	g_assert(!metric->labels[0] || values);
	format_key(metric, values);
	number = g_hash_table_lookup(metric->series, metric->key->str);
	if (number || g_hash_table_size(metric->series) < LOG_METRIC_SERIES_MAX)
		return number ? number : add_series(metric);

	format_key(metric, NULL);
	number = g_hash_table_lookup(metric->series, metric->key->str);
	return number ? number : add_series(metric);
}

static GStrv copy_labels(const char *const *labels)
{
	g_autoptr(GStrvBuilder) builder = g_strv_builder_new();

	for (; labels && *labels; labels++)
		g_strv_builder_add(builder, *labels);
	return g_strv_builder_end(builder);
}

static struct log_metric *metric_new(enum log_metric_kind kind, const char *name, const char *help,
				     const char *const *labels)
{
	struct log_metric *metric = g_new0(struct log_metric, 1);

	metric->kind = kind;
	metric->name = g_strdup(name);
	metric->help = g_strdup(help);
	metric->labels = copy_labels(labels);
	g_mutex_init(&metric->lock);
	metric->series = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	metric->key = g_string_new(NULL);
	g_assert(g_strv_length(metric->labels) <= LOG_METRIC_LABELS_MAX);
	/* So that a counter is there, with 0, from the first scrape on. */
	if (!metric->labels[0])
		add_series(metric);
	return metric;
}

struct log_metric *log_metric_register(enum log_metric_kind kind, const char *name,
				       const char *help, const char *const *labels)
{
	static const char *const none[] = { NULL };
	struct log_metric *metric;

	g_mutex_lock(&registry.lock);
	if (!registry.metrics)
		registry.metrics = g_tree_new_full(compare_names, NULL, NULL, NULL);
	metric = g_tree_lookup(registry.metrics, name);
	if (metric) {
		g_assert(metric->kind == kind);
		g_assert(g_strv_equal((const char *const *)metric->labels, labels ? labels : none));
	} else {
		metric = metric_new(kind, name, help, labels);
		g_tree_insert(registry.metrics, metric->name, metric);
	}
	g_mutex_unlock(&registry.lock);
	return metric;
}

void log_metric_add(struct log_metric *metric, const char *const *values, int64_t amount)
{
	g_mutex_lock(&metric->lock);
	*find_or_add(metric, values) += amount;
	g_mutex_unlock(&metric->lock);
}

void log_metric_set(struct log_metric *metric, const char *const *values, int64_t value)
{
	g_mutex_lock(&metric->lock);
	*find_or_add(metric, values) = value;
	g_mutex_unlock(&metric->lock);
}

int64_t log_metric_get(struct log_metric *metric, const char *const *values)
{
	const int64_t *number;
	int64_t value;

	g_mutex_lock(&metric->lock);
	format_key(metric, values);
	number = g_hash_table_lookup(metric->series, metric->key->str);
	value = number ? *number : 0;
	g_mutex_unlock(&metric->lock);
	return value;
}

void log_metric_clear(struct log_metric *metric)
{
	g_assert(metric->kind == LOG_METRIC_GAUGE);
	g_mutex_lock(&metric->lock);
	g_hash_table_remove_all(metric->series);
	g_mutex_unlock(&metric->lock);
}

static void format_series(const struct log_metric *metric, const char *key, GString *text)
{
	const int64_t *number = g_hash_table_lookup(metric->series, key);

	g_string_append(text, metric->name);
	if (*key)
		g_string_append_printf(text, "{%s}", key);
	g_string_append_printf(text, " %" G_GINT64_FORMAT "\n", *number);
}

static gboolean format_family(void *name, void *value, void *data)
{
	struct log_metric *metric = value;
	GString *text = data;
	GList *keys;

	g_string_append_printf(text, "# HELP %s ", (const char *)name);
	append_escaped(text, metric->help, false);
	g_string_append_printf(text, "\n# TYPE %s %s\n", (const char *)name,
			       metric->kind == LOG_METRIC_COUNTER ? "counter" : "gauge");

	g_mutex_lock(&metric->lock);
	keys = g_list_sort(g_hash_table_get_keys(metric->series), (GCompareFunc)strcmp);
	for (const GList *at = keys; at; at = at->next)
		format_series(metric, at->data, text);
	g_list_free(keys);
	g_mutex_unlock(&metric->lock);
	return FALSE;
}

void log_metrics_format(GString *text)
{
	g_mutex_lock(&registry.lock);
	if (registry.metrics)
		g_tree_foreach(registry.metrics, format_family, text);
	g_mutex_unlock(&registry.lock);
}
