/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MILLRACE_CONF_INTERNAL_H
#define MILLRACE_CONF_INTERNAL_H

/*
 * What the files of shared/conf share. Nobody else includes it: libconfig stays in this folder.
 */

#include <libconfig.h>

#include "shared/base/error.h"
#include "shared/base/reader.h"
#include "shared/conf/conf.h"

struct conf_file {
	char *path;   /* as given, or the name of a text */
	char *folder; /* @include starts here */
	config_t config;
	GPtrArray *problems;   /* struct problem *, of problem.c */
	GPtrArray *warnings;   /* char * */
	GHashTable *given;     /* address of a member -> its setting */
	GHashTable *groups;    /* address of a group or element -> its setting, the innermost */
	GHashTable *fallbacks; /* text of a default -> config_t, parsed */
};

/* problem.c: the path of the file a setting stands in; freed by the caller. */
char *conf_source_path(const struct conf_file *file, const char *included_name);
void conf_problem_free(void *problem);
/* Adds a problem at a setting (NULL: no line), or at a line of a file. */
void conf_problem_at(struct conf_file *file, const config_setting_t *setting, const char *format,
		     ...) G_GNUC_PRINTF(3, 4);
void conf_problem_at_line(struct conf_file *file, const char *path, unsigned line,
			  const char *format, ...) G_GNUC_PRINTF(4, 5);

/* value.c: reads a setting into a member that is no group. NULL when well, else what is wrong with
 * it ("expects a string, found an integer"), to be freed, and the setting to blame; the member is
 * then untouched. */
char *conf_value_read(const struct conf_row *row, const config_setting_t *setting, void *member,
		      const config_setting_t **ret_blamed);
/* The choices of a row with a separator between; freed by the caller. */
char *conf_join_choices(const char *const *choices, const char *separator);
/* "a string", "an integer", ... with its article. */
const char *conf_found_type(const config_setting_t *setting);

/* quantity.c: numbers with units. */
bool conf_parse_size(const char *text, int64_t *ret_bytes);
bool conf_parse_mode(const char *text, int64_t *ret_mode);
/* A value of a row as people write it: "5d", "64k", "0660", "17". Freed by the caller. */
char *conf_format_quantity(enum conf_type type, int64_t value);

/* scan.c: what libconfig would take without a word but not as it is written. */
enum conf_flaw {
	CONF_FLAW_NUMBER,  /* does not fit the integer it is read into */
	CONF_FLAW_NUL,	   /* "\x00" in a string, which would end there */
	CONF_FLAW_INCLUDE, /* @include */
};
struct conf_scan {
	struct reader reader;
	unsigned line;
};
void conf_scan_init(struct conf_scan *scan, const char *text, size_t length);
/* The next flaw, the words it consists of and their line; false at the end. */
bool conf_scan_next(struct conf_scan *scan, enum conf_flaw *ret_flaw, struct slice *ret_words);

#endif
