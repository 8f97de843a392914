/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MILLRACE_CONF_CONF_H
#define MILLRACE_CONF_CONF_H

/*
 * Configuration: a libconfig file read into a struct by rows. One row per option says
 * its name, type, range, default and one sentence for people; the loader, `-t`, the
 * sample file and the man page are made or checked from the rows, so that nothing about
 * an option is written twice.
 *
 * Problems are collected, not thrown: a file with three mistakes gets three lines
 *     FILE:LINE: what is wrong
 * and unknown names get a "did you mean". Settings structs are plain memory: loaded by
 * conf_file_load, cleared by conf_settings_clear. A struct conf_file belongs to one thread.
 */

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shared/base/auto.h"

enum conf_type {
	CONF_BOOL, /* bool */
	CONF_INT,  /* int64_t, within minimum..maximum */
	/* int64_t seconds, from "0", "90s", "10m", "4h", "5d", "2w" or a bare number */
	CONF_DURATION,
	/* int64_t bytes, from "512", "64k", "10m", "1g" (powers of 1024) or a bare number */
	CONF_SIZE,
	CONF_MODE,   /* int64_t, a file mode from an octal string such as "0660" */
	CONF_STRING, /* char *, NULL when absent and no default */
	CONF_CHOICE, /* int: index into choices */
	/* char ** (NULL-terminated, never NULL), from a list or array of strings, or from one */
	CONF_STRING_LIST,
	CONF_GROUP, /* a struct in place, filled by `rows` */
	/* GArray * of structs of `element_size`, each filled by `rows`; never NULL */
	CONF_GROUP_LIST,
	CONF_ROWS, /* not an option: splices `rows` in, as if they stood here, at `offset` */
};

struct conf_row {
	const char *name; /* NULL ends a table; ignored for CONF_ROWS */
	enum conf_type type;
	size_t offset; /* of the member in the settings struct */
	/* The default as it would stand in the file (libconfig syntax): "\"relaxed/relaxed\"",
	 * "true", "[\"127.0.0.0/8\"]"; NULL: absent. Not for groups, whose rows have their own. */
	const char *fallback;
	const char *sentence;	     /* what it does, one sentence, ends with a full stop */
	int64_t minimum, maximum;    /* CONF_INT, CONF_DURATION, CONF_SIZE; both 0: no range */
	const char *const *choices;  /* CONF_CHOICE, NULL-terminated */
	const struct conf_row *rows; /* CONF_GROUP, CONF_GROUP_LIST, CONF_ROWS */
	size_t element_size;	     /* CONF_GROUP_LIST */
	bool required;		     /* absence is a problem, in a group only when that is given */
};

struct conf_file;

/* Reads and parses the file (at most 16 MiB; @include works, below the file's folder). CONFIG error
 * with file:line when it is no libconfig text, SYSTEM when it cannot be read. */
bool conf_file_read(const char *path, struct conf_file **ret_file, GError **ret_error);
/* The same from memory; `name` stands for the path in messages. Nothing is included. */
bool conf_file_read_text(const char *name, const char *text, struct conf_file **ret_file,
			 GError **ret_error);
void conf_file_free(struct conf_file *file);
MR_DEFINE_AUTO(conf_file, conf_file_free)

const char *conf_file_path(const struct conf_file *file);

/*
 * Fills `settings` (zeroed by this call, `size` bytes) from the file by `rows`: every member gets
 * its value or its default. Mistakes are collected in the file; members with a mistake keep their
 * default. The settings own their strings and lists. A second load from the same file forgets the
 * places of the first.
 */
void conf_file_load(struct conf_file *file, const struct conf_row *rows, void *settings,
		    size_t size);

/*
 * Adds a problem; the text names the option. `member` is the address of a settings member that
 * conf_file_load filled from this file (or of a CONF_STRING_LIST's element, i.e. a char ** within
 * the list, or of a group or list element); its line is found by that address. NULL, or a member
 * left to its default: the file without a line. A group or element has the address of its first
 * member: that member's line is taken when it is given, else the line where the group begins.
 */
void conf_file_problem(struct conf_file *file, const void *member, const char *format, ...)
	G_GNUC_PRINTF(3, 4);
/* A warning: shown by -t and logged at start, does not make the file unusable. */
void conf_file_warning(struct conf_file *file, const void *member, const char *format, ...)
	G_GNUC_PRINTF(3, 4);

/* True when the member was given in the file, not left to its default. Not for groups. */
bool conf_file_given(const struct conf_file *file, const void *member);

/* True when there are no problems; else a CONFIG error, one problem a line, in the file's order
 * (what has no line first, included files last). */
bool conf_file_check(struct conf_file *file, GError **ret_error);

/* The warnings so far, in order; owned by the file. */
const GPtrArray *conf_file_warnings(const struct conf_file *file);

/* Frees what conf_file_load put into `settings`; the struct itself stays, zeroed. */
void conf_settings_clear(const struct conf_row *rows, void *settings, size_t size);

/* The nearest of `names` (n of them) to what was typed, borrowed from there; NULL: none is near. */
const char *conf_did_you_mean(const char *typed, const char *const *names, size_t n);

/* One line a row, tab-separated: dotted name, type, default ("-": none, "required"), range or
 * choices ("-": any), sentence. For --options, by which sample file and man page are checked. */
void conf_rows_describe(const struct conf_row *rows, GString *text);

/* "5d" -> 432000 and the like; false when it is no duration. */
bool conf_parse_duration(const char *text, int64_t *ret_seconds);

#endif
