/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Knows the command line that all daemons have. Refuses to know what the program does. Main
 * thread.
 */

#include <stdio.h>
#include <sysexits.h>

#include "shared/daemon/daemon.h"
#include "shared/daemon/life.h"
#include "shared/daemon/loading.h"
#include "shared/log/event.h"

struct command_line {
	char *path;
	gboolean check, version, options;
};

static bool parse(int argc, char **argv, const struct daemon_program *program,
		  struct command_line *line, GError **ret_error)
{
	const GOptionEntry entries[] = {
		{ "config", 'c', 0, G_OPTION_ARG_FILENAME, &line->path,
		  "Read this configuration file", "FILE" },
		{ "test", 't', 0, G_OPTION_ARG_NONE, &line->check,
		  "Check the configuration, say how an MTA attaches, and exit", NULL },
		{ "version", 'V', 0, G_OPTION_ARG_NONE, &line->version, "Print the version", NULL },
		{ "options", 0, 0, G_OPTION_ARG_NONE, &line->options,
		  "List the options of the configuration file", NULL },
		{ NULL }
	};
	g_autoptr(GOptionContext) context = g_option_context_new(NULL);

	g_option_context_set_summary(context, program->synopsis);
	g_option_context_add_main_entries(context, entries, NULL);
	if (!g_option_context_parse(context, &argc, &argv, ret_error))
		return false;
	if (argc > 1) {
		g_set_error(ret_error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
			    "\"%s\" is one word too many", argv[1]);
		return false;
	}
	return true;
}

static int print_options(const struct daemon_program *program)
{
	g_autoptr(GString) text = g_string_new(NULL);

	conf_rows_describe(program->rows, text);
	fputs(text->str, stdout);
	return EX_OK;
}

static void print_warnings(const struct conf_file *file)
{
	const GPtrArray *warnings = conf_file_warnings(file);

	for (guint i = 0; i < warnings->len; i++)
		fprintf(stderr, "%s\n", (const char *)g_ptr_array_index(warnings, i));
}

static int check_only(const struct daemon_program *program, const struct daemon_engine *engine,
		      const char *path)
{
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(GError) error = NULL;
	MR_AUTO(daemon_loaded) loaded = NULL;

	if (!daemon_load(program, path, &loaded, &error)) {
		fprintf(stderr, "%s\n", g_strchomp(error->message));
		return EX_CONFIG;
	}
	print_warnings(loaded->file);
	engine->describe(daemon_loaded_common(loaded), program->name, text);
	fputs(text->str, stdout);
	return EX_OK;
}

static int live(const struct daemon_program *program, const struct daemon_engine *engine,
		const char *ident, const char *path)
{
	struct daemon_life life = { .program = program,
				    .engine = engine,
				    .path = path,
				    .ident = ident,
				    .running = { .log.to = LOG_TARGET_STDERR },
				    .metrics_fd = -1 };

	log_open(ident, LOG_TARGET_STDERR, LOG_LEVEL_INFO);
	return daemon_life_run(&life);
}

static int obey(const struct command_line *line, const struct daemon_program *program,
		const struct daemon_engine *engine)
{
	g_autofree char *ident = g_strdup_printf("millrace-%s", program->name);
	g_autofree char *fallback = g_strdup_printf("%s/%s.conf", MR_SYSCONFDIR, program->name);
	g_autofree char *path = g_canonicalize_filename(line->path ? line->path : fallback, NULL);

	if (line->version) {
		printf("%s %s\n", ident, PACKAGE_VERSION);
		return EX_OK;
	}
	if (line->options)
		return print_options(program);
	if (line->check)
		return check_only(program, engine, path);
	return live(program, engine, g_intern_string(ident), path);
}

int daemon_main(int argc, char **argv, const struct daemon_program *program,
		const struct daemon_engine *engine)
{
	struct command_line line = { 0 };
	g_autoptr(GError) error = NULL;
	int code;

	if (parse(argc, argv, program, &line, &error)) {
		code = obey(&line, program, engine);
	} else {
		fprintf(stderr, "%s: %s\n", argv[0], error->message);
		code = EX_USAGE;
	}
	g_free(line.path);
	return code;
}
