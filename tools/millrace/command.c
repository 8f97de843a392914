/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From argv to a command and back to an exit code. Knows the manner of the command line: nouns,
 * verbs, options, help, suggestions; refuses to know what any command does. One thread.
 */

#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "tools/millrace/command.h"

#define SYNOPSIS_COLUMN 30

char *command_name(const struct command *command)
{
	return g_strjoin(" ", "millrace", command->noun, command->verb, NULL);
}

static void print_command(FILE *stream, const struct command *command)
{
	g_autofree char *name = command_name(command);

	fprintf(stream, "  %-*s %s\n", SYNOPSIS_COLUMN, name, command->sentence);
}

static void print_table(FILE *stream, const struct command *table)
{
	for (; table->noun != NULL; table++)
		print_command(stream, table);
}

static void print_overview(FILE *stream)
{
	fputs("usage: millrace NOUN VERB [OPTION...] [ARGUMENT...]\n"
	      "       millrace help [NOUN [VERB]]\n"
	      "       millrace -V\n\n",
	      stream);
	for (const struct command *const *table = command_tables; *table != NULL; table++)
		print_table(stream, *table);
	fputs("\n`millrace NOUN VERB -h` tells more about one command.\n", stream);
}

/* The table of a noun. */
static const struct command *find_table(const char *noun)
{
	for (const struct command *const *table = command_tables; *table != NULL; table++)
		if (strcmp((*table)->noun, noun) == 0)
			return *table;
	return NULL;
}

/* verb NULL: what the noun does alone. */
static const struct command *find_command(const struct command *table, const char *verb)
{
	for (; table->noun != NULL; table++)
		if (g_strcmp0(table->verb, verb) == 0)
			return table;
	return NULL;
}

/* Says that `typed` is none of `names`, and what may have been meant. */
static int complain_unknown(const char *kind, const char *typed, const GArray *names)
{
	const char *meant = conf_did_you_mean(typed, (const char *const *)names->data, names->len);

	fprintf(stderr, "millrace: no such %s: %s", kind, typed);
	if (meant != NULL)
		fprintf(stderr, "; did you mean \"%s\"?", meant);
	fputs(" (see millrace help)\n", stderr);
	return COMMAND_USAGE;
}

static bool is_option(const char *word, const char *brief, const char *full)
{
	return strcmp(word, brief) == 0 || strcmp(word, full) == 0;
}

static int complain_noun(const char *typed)
{
	static const char help[] = "help";
	g_autoptr(GArray) names = g_array_new(FALSE, FALSE, sizeof(char *));
	const char *name = help;

	g_array_append_val(names, name);
	for (const struct command *const *table = command_tables; *table != NULL; table++)
		g_array_append_val(names, (*table)->noun);
	return complain_unknown("noun", typed, names);
}

static int complain_verb(const struct command *table, const char *typed)
{
	g_autofree char *kind = g_strconcat("verb of ", table->noun, NULL);
	g_autoptr(GArray) names = g_array_new(FALSE, FALSE, sizeof(char *));

	for (const struct command *row = table; row->noun != NULL; row++)
		if (row->verb != NULL)
			g_array_append_val(names, row->verb);
	return complain_unknown(kind, typed, names);
}

/* argv[0] is the noun. */
static int run_noun(const struct command *table, int argc, char **argv)
{
	const struct command *alone = find_command(table, NULL);
	const struct command *command = argc > 1 ? find_command(table, argv[1]) : NULL;

	if (command != NULL)
		return command->run(command, argc - 1, argv + 1);
	if (alone != NULL)
		return alone->run(alone, argc, argv);
	if (argc == 1) {
		print_table(stderr, table);
		return COMMAND_USAGE;
	}
	if (is_option(argv[1], "-h", "--help")) {
		print_table(stdout, table);
		return COMMAND_OK;
	}
	return complain_verb(table, argv[1]);
}

static int help_command(const struct command *command)
{
	char name[] = "help";
	char option[] = "-h";
	char *argv[] = { name, option, NULL };

	return command->run(command, 2, argv);
}

/* argv[0] is the word behind "help". */
static int help(int argc, char **argv)
{
	const struct command *table;
	const struct command *command;

	if (argc == 0) {
		print_overview(stdout);
		return COMMAND_OK;
	}
	table = find_table(argv[0]);
	if (table == NULL)
		return complain_noun(argv[0]);
	if (argc == 1) {
		print_table(stdout, table);
		return COMMAND_OK;
	}
	command = find_command(table, argv[1]);
	return command == NULL ? complain_verb(table, argv[1]) : help_command(command);
}

int command_main(int argc, char **argv)
{
	const struct command *table;

	setlocale(LC_CTYPE, "");
	if (argc < 2) {
		print_overview(stderr);
		return COMMAND_USAGE;
	}
	if (is_option(argv[1], "-V", "--version")) {
		puts("millrace " PACKAGE_VERSION);
		return COMMAND_OK;
	}
	if (is_option(argv[1], "-h", "--help"))
		return help(0, NULL);
	if (strcmp(argv[1], "help") == 0)
		return help(argc - 2, argv + 2);
	table = find_table(argv[1]);
	return table == NULL ? complain_noun(argv[1]) : run_noun(table, argc - 1, argv + 1);
}
