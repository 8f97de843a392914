/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What every command does with its arguments, its settings and its errors. Knows the exit codes;
 * refuses to know what any command does. One thread.
 */

#include <stdio.h>
#include <string.h>

#include "shared/base/error.h"
#include "tools/millrace/command.h"
#include "tools/millrace/output.h"

int command_usage(const struct command *command, const char *format, ...)
{
	g_autofree char *name = command_name(command);
	g_autofree char *text = NULL;
	va_list arguments;

	va_start(arguments, format);
	text = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	fprintf(stderr, "%s: %s (-h tells more)\n", name, text);
	return COMMAND_USAGE;
}

static GOptionContext *context_new(const struct command *command, const GOptionEntry *options,
				   gboolean *help)
{
	const GOptionEntry help_option[] = {
		{ "help", 'h', 0, G_OPTION_ARG_NONE, help, "Print this", NULL },
		{ NULL },
	};
	GOptionContext *context = g_option_context_new(command->synopsis);

	g_option_context_set_help_enabled(context, FALSE);
	g_option_context_set_summary(context, command->sentence);
	g_option_context_add_main_entries(context, help_option, NULL);
	if (options != NULL)
		g_option_context_add_main_entries(context, options, NULL);
	return context;
}

static int print_help(GOptionContext *context)
{
	g_autofree char *text = g_option_context_get_help(context, TRUE, NULL);

	fputs(text, stdout);
	return COMMAND_OK;
}

bool command_parse(const struct command *command, const GOptionEntry *options, int minimum,
		   int maximum, int *argc, char **argv, int *ret_exit)
{
	gboolean help = FALSE;
	g_autoptr(GOptionContext) context = context_new(command, options, &help);
	g_autofree char *name = command_name(command);
	g_autoptr(GError) error = NULL;

	g_set_prgname(name);
	if (!g_option_context_parse(context, argc, &argv, &error))
		*ret_exit = command_usage(command, "%s", error->message);
	else if (help)
		*ret_exit = print_help(context);
	else if (*argc - 1 < minimum)
		*ret_exit = command_usage(command, "an argument is missing: %s", command->synopsis);
	else if (maximum >= 0 && *argc - 1 > maximum)
		*ret_exit = command_usage(command, "too many arguments: \"%s\"", argv[maximum + 1]);
	else
		return true;
	return false;
}

static int exit_code(const GError *error)
{
	if (g_error_matches(error, MR_ERROR, MR_ERROR_CONFIG))
		return COMMAND_CONFIG;
	if (g_error_matches(error, MR_ERROR, MR_ERROR_TEMPORARY))
		return COMMAND_TEMPORARY;
	if (g_error_matches(error, MR_ERROR, MR_ERROR_PERMANENT))
		return COMMAND_NO;
	return COMMAND_SYSTEM;
}

static void print_line(const char *kind, const char *line)
{
	g_autofree char *escaped = output_escape(line);

	fprintf(stderr, "millrace: %s%s\n", kind, escaped);
}

int command_fail(const GError *error)
{
	g_auto(GStrv) lines = g_strsplit(error->message, "\n", -1);

	for (char **line = lines; *line != NULL; line++)
		print_line("", *line);
	return exit_code(error);
}

static void print_warnings(const struct conf_file *file)
{
	const GPtrArray *warnings = conf_file_warnings(file);

	for (guint i = 0; i < warnings->len; i++)
		print_line("warning: ", g_ptr_array_index(warnings, i));
}

bool command_load_settings(const char *path, const char *daemon, const struct conf_row *rows,
			   void (*check)(struct conf_file *file, void *settings), void *settings,
			   size_t size, GError **ret_error)
{
	g_autofree char *installed = g_strdup_printf("%s/%s.conf", MR_SYSCONFDIR, daemon);
	MR_AUTO(conf_file) file = NULL;

	memset(settings, 0, size);
	if (!conf_file_read(path != NULL ? path : installed, &file, ret_error))
		return false;
	conf_file_load(file, rows, settings, size);
	if (check != NULL)
		check(file, settings);
	print_warnings(file);
	if (conf_file_check(file, ret_error))
		return true;
	conf_settings_clear(rows, settings, size);
	return false;
}
