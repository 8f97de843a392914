/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MILLRACE_LOG_METRICS_H
#define MILLRACE_LOG_METRICS_H

/*
 * The metrics registry: counters and gauges by name and labels, written as Prometheus
 * text (exposition format 0.0.4). Process-wide, thread-safe; metrics live as long as
 * the process. Names begin with "millrace_", counters end in "_total".
 *
 * A metric has up to LOG_METRIC_LABELS_MAX labels and at most LOG_METRIC_SERIES_MAX
 * label combinations; what comes later is counted under the value "other" for every
 * label, so that no sender can grow the registry.
 */

#include <glib.h>
#include <stdint.h>

#define LOG_METRIC_LABELS_MAX 4u
#define LOG_METRIC_SERIES_MAX 1000u

enum log_metric_kind { LOG_METRIC_COUNTER, LOG_METRIC_GAUGE };

struct log_metric;

/*
 * Registers a metric, or finds it when the name is known (kind and labels must then be the
 * same). `labels` is a NULL-terminated list of label names, or NULL for none. All texts are
 * copied. Never NULL.
 */
struct log_metric *log_metric_register(enum log_metric_kind kind, const char *name,
				       const char *help, const char *const *labels);

/* `values`: as many label values as the metric has labels; NULL when it has none. */
void log_metric_add(struct log_metric *metric, const char *const *values, int64_t amount);
void log_metric_set(struct log_metric *metric, const char *const *values, int64_t value);

/* The present value of one series, 0 when it was never touched. */
int64_t log_metric_get(struct log_metric *metric, const char *const *values);

/* Drops all series of a gauge, before it is filled anew. */
void log_metric_clear(struct log_metric *metric);

/* Appends the whole registry, families in order of name, label values escaped. */
void log_metrics_format(GString *text);

#endif
