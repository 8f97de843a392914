/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MILLRACE_TOOLS_COMMAND_H
#define MILLRACE_TOOLS_COMMAND_H

/*
 * The frame of `millrace NOUN VERB ...`. Each noun's file gives a table of commands, ended by a row
 * without noun, which command_tables lists; a row without verb is what the noun does by itself
 * (`millrace sign MESSAGE`). A command reads its arguments with command_parse, writes its answer to
 * stdout (output.h) and what goes wrong to stderr (command_fail), and returns an exit code.
 *
 *     static int list(const struct command *command, int argc, char **argv)
 *     {
 *             gboolean json = FALSE;
 *             const GOptionEntry options[] = { COMMAND_JSON(&json), { NULL } };
 *             int exit_code;
 *
 *             if (!command_parse(command, options, 0, 1, &argc, argv, &exit_code))
 *                     return exit_code;
 *             ... argv[1] to argv[argc - 1] are the arguments
 *     }
 *
 * One thread.
 */

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

#include "shared/conf/conf.h"

enum command_exit {
	COMMAND_OK = 0,
	COMMAND_NO = 1, /* the answer is no, or something was found wrong */
	COMMAND_USAGE = 64,
	COMMAND_SYSTEM = 71,
	COMMAND_TEMPORARY = 75,
	COMMAND_CONFIG = 78,
};

struct command {
	const char *noun;
	const char *verb;     /* NULL: the noun alone */
	const char *synopsis; /* its arguments, "DOMAIN [SELECTOR]"; NULL: none */
	const char *sentence; /* what it does, ends with a full stop */
	/* argv[0] is the verb, or the noun where it is alone. Returns an enum command_exit. */
	int (*run)(const struct command *command, int argc, char **argv);
};

/* The nouns' tables, ended by NULL. */
extern const struct command *const command_tables[];

/* Options with the same words everywhere, into a char * (freed by the caller) and a gboolean. */
#define COMMAND_CONFIG_FILE(place)                                                                 \
	{                                                                                          \
		"config", 'c', 0, G_OPTION_ARG_FILENAME, place, "The daemon's configuration",      \
			"FILE"                                                                     \
	}
#define COMMAND_JSON(place)                                                                        \
	{                                                                                          \
		"json", 0, 0, G_OPTION_ARG_NONE, place, "Print JSON", NULL                         \
	}

/*
 * Takes the options out of argv (argv[0] stays) and holds the number of arguments left against
 * `minimum` and `maximum` (-1: any number). False when the command is to end at once with
 * *ret_exit: 64 after a word about the mistake on stderr, 0 after -h.
 */
bool command_parse(const struct command *command, const GOptionEntry *options, int minimum,
		   int maximum, int *argc, char **argv, int *ret_exit);

/* "millrace key check: <what>" on stderr, for arguments that are no good. Returns COMMAND_USAGE. */
int command_usage(const struct command *command, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* Prints "millrace: <message>" on stderr, line by line; returns the exit code of its category:
 * CONFIG 78, SYSTEM 71, TEMPORARY 75, PERMANENT 1. */
int command_fail(const GError *error);

/*
 * Reads a daemon's configuration file (`path`, or when NULL the installed one of the daemon, say
 * "dkim-sign") into `settings`, which the caller clears with conf_settings_clear. `check`, when
 * not NULL, is the daemon's own check; warnings go to stderr. False: CONFIG with every problem,
 * a line each, or SYSTEM; the settings are then cleared.
 */
bool command_load_settings(const char *path, const char *daemon, const struct conf_row *rows,
			   void (*check)(struct conf_file *file, void *settings), void *settings,
			   size_t size, GError **ret_error);

/* "millrace key list"; freed by the caller. */
char *command_name(const struct command *command);

/* Runs what argv names. */
int command_main(int argc, char **argv);

#endif
