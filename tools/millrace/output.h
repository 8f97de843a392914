/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MILLRACE_TOOLS_OUTPUT_H
#define MILLRACE_TOOLS_OUTPUT_H

/*
 * What a command prints on stdout. A listing is a table: on a terminal with a heading and aligned
 * columns, otherwise one row a line, cells separated by a tab, without heading; with --json an
 * array with one object a row. Rows are printed by output_end, so nothing is seen of a listing that
 * fails midway. Bytes that could disturb a terminal or the layout are shown escaped. One thread.
 */

#include <glib.h>
#include <json-glib/json-glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shared/base/auto.h"

struct output;

/* Names are the JSON members ("domain", "seen_at"); in upper case they are the heading. They are
 * borrowed. */
struct output *output_new(bool json, const char *const *columns, size_t n);
void output_free(struct output *output);
MR_DEFINE_AUTO(output, output_free)

/* The next cell, row after row. NULL is "-", in JSON null. */
void output_text(struct output *output, const char *text);
void output_number(struct output *output, int64_t number);
/* "yes" or "no", in JSON true or false. */
void output_bool(struct output *output, bool value);
/* Seconds since 1970 as "2025-01-31T12:00:00Z"; 0 is never: "-", in JSON null. */
void output_time(struct output *output, int64_t seconds);

/* Prints the table; every row must be complete. False (SYSTEM) when stdout takes it not. */
bool output_end(struct output *output, GError **ret_error);

/* Prints the builder's root, indented, for what is no table. */
bool output_json(JsonBuilder *builder, GError **ret_error);
/* Prints text as it is. */
bool output_print(const char *text, GError **ret_error);

/* A copy of untrusted text with control bytes as \xHH and what is no UTF-8 likewise. */
char *output_escape(const char *text);

#endif
