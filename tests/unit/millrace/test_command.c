/* SPDX-License-Identifier: BSD-2-Clause */

#include <glib/gstdio.h>
#include <stdio.h>
#include <sys/wait.h>

#include "shared/base/error.h"
#include "tools/millrace/command.h"

static int show(const struct command *command, int argc, char **argv)
{
	gboolean json = FALSE;
	g_autofree char *config = NULL;
	const GOptionEntry options[] = { COMMAND_CONFIG_FILE(&config),
					 COMMAND_JSON(&json),
					 { NULL } };
	int exit_code;

	if (!command_parse(command, options, 1, 2, &argc, argv, &exit_code))
		return exit_code;
	printf("%s json=%d config=%s", command->verb, json, config == NULL ? "-" : config);
	for (int i = 1; i < argc; i++)
		printf(" %s", argv[i]);
	printf("\n");
	return COMMAND_NO;
}

static int alone(const struct command *command, int argc, char **argv)
{
	int exit_code;

	if (!command_parse(command, NULL, 0, -1, &argc, argv, &exit_code))
		return exit_code;
	printf("alone %d\n", argc - 1);
	return COMMAND_OK;
}

static const struct command lamp_commands[] = {
	{ "lamp", "show", "NAME [NAME]", "Shows a lamp.", show },
	{ "lamp", "light", "NAME", "Lights a lamp.", show },
	{ NULL },
};
static const struct command sign_commands[] = {
	{ "sign", NULL, "MESSAGE...", "Signs.", alone },
	{ "sign", "explain", "MESSAGE", "Explains.", show },
	{ NULL },
};
const struct command *const command_tables[] = { lamp_commands, sign_commands, NULL };

struct run_case {
	const char *name;
	const char *words; /* split at blanks */
	int exit_code;
	const char *out, *err; /* patterns */
};

static const struct run_case cases[] = {
	{ "nothing", "", 64, "",
	  "usage: millrace NOUN VERB*lamp show*Shows a lamp.*millrace sign *" },
	{ "help", "help", 0, "usage: millrace*lamp light*", "" },
	{ "help-option", "-h", 0, "usage: millrace*lamp light*", "" },
	{ "version", "-V", 0, "millrace " PACKAGE_VERSION "\n", "" },
	{ "noun-unknown", "lapm show", 64, "",
	  "millrace: no such noun: lapm; did you mean \"lamp\"?*" },
	{ "noun-far", "xyzzy", 64, "", "millrace: no such noun: xyzzy (see millrace help)\n" },
	{ "help-noun", "help lamp", 0, "*lamp show*lamp light*", "" },
	{ "help-noun-unknown", "help lmap", 64, "", "*did you mean \"lamp\"?*" },
	{ "help-verb", "help lamp show", 0, "*millrace lamp show*NAME*Shows a lamp.*--json*", "" },
	{ "help-verb-unknown", "help lamp shwo", 64, "",
	  "*verb of lamp: shwo; did you mean \"show\"?*" },
	{ "noun-only", "lamp", 64, "", "*lamp show*" },
	{ "noun-help", "lamp --help", 0, "*lamp show*", "" },
	{ "verb-unknown", "lamp lihgt", 64, "", "*verb of lamp: lihgt; did you mean \"light\"?*" },
	{ "verb-help", "lamp show -h", 0, "*millrace lamp show*NAME*", "" },
	{ "runs", "lamp show a", 1, "show json=0 config=- a\n", "" },
	{ "options", "lamp show --json a -c f b", 1, "show json=1 config=f a b\n", "" },
	{ "option-unknown", "lamp show --jsno a", 64, "", "millrace lamp show: Unknown option*" },
	{ "too-few", "lamp show", 64, "", "millrace lamp show: an argument is missing: NAME*" },
	{ "too-many", "lamp show a b c", 64, "", "millrace lamp show: too many arguments: \"c\"*" },
	{ "noun-alone", "sign a b", 0, "alone 2\n", "" },
	{ "noun-alone-bare", "sign", 0, "alone 0\n", "" },
	{ "noun-alone-verb", "sign explain m", 1, "explain json=0*m\n", "" },
};

/* The test program itself, started with --command before the words, is the command. */
static void test_run(const void *data)
{
	const struct run_case *one = data;
	g_autofree char *line =
		g_strconcat("/proc/self/exe --command", *one->words ? " " : "", one->words, NULL);
	g_auto(GStrv) words = g_strsplit(line, " ", -1);
	g_autofree char *self = g_file_read_link(words[0], NULL);
	g_autofree char *out = NULL;
	g_autofree char *err = NULL;
	int status;

	g_free(words[0]);
	words[0] = g_steal_pointer(&self);
	g_assert_true(g_spawn_sync(NULL, words, NULL, 0, NULL, NULL, &out, &err, &status, NULL));
	g_test_message("stdout: %s", out);
	g_test_message("stderr: %s", err);
	g_assert_true(WIFEXITED(status));
	g_assert_cmpint(WEXITSTATUS(status), ==, one->exit_code);
	g_assert_true(g_pattern_match_simple(one->out, out));
	g_assert_true(g_pattern_match_simple(one->err, err));
}

static void test_fail(void)
{
	static const struct {
		enum mr_error category;
		int exit_code;
	} categories[] = {
		{ MR_ERROR_TEMPORARY, 75 },
		{ MR_ERROR_PERMANENT, 1 },
		{ MR_ERROR_CONFIG, 78 },
		{ MR_ERROR_SYSTEM, 71 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(categories); i++) {
		g_autoptr(GError) error =
			g_error_new(MR_ERROR, (int)categories[i].category, "first\nsecond");

		g_assert_cmpint(command_fail(error), ==, categories[i].exit_code);
	}
}

struct lamp {
	char *colour;
};

static const struct conf_row lamp_rows[] = {
	{ "colour", CONF_STRING, offsetof(struct lamp, colour), "\"white\"", "Colour." },
	{ NULL },
};

static void check_lamp(struct conf_file *file, void *settings)
{
	struct lamp *lamp = settings;

	if (g_str_equal(lamp->colour, "black"))
		conf_file_problem(file, &lamp->colour, "no lamp is black");
}

static void test_settings(void)
{
	g_autofree char *folder = g_dir_make_tmp("millrace-command-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(folder, "lamp.conf", NULL);
	g_autofree char *expected = g_strconcat(path, ":2: no lamp is black", NULL);
	g_autoptr(GError) error = NULL;
	struct lamp lamp;

	g_assert_false(command_load_settings(path, "lamp", lamp_rows, check_lamp, &lamp,
					     sizeof(lamp), &error));
	g_assert_error(error, MR_ERROR, MR_ERROR_SYSTEM);
	g_clear_error(&error);
	g_file_set_contents(path, "colour = \"red\";", -1, NULL);
	g_assert_true(command_load_settings(path, "lamp", lamp_rows, check_lamp, &lamp,
					    sizeof(lamp), &error));
	g_assert_cmpstr(lamp.colour, ==, "red");
	conf_settings_clear(lamp_rows, &lamp, sizeof(lamp));
	g_file_set_contents(path, "\ncolour = \"black\";", -1, NULL);
	g_assert_false(command_load_settings(path, "lamp", lamp_rows, check_lamp, &lamp,
					     sizeof(lamp), &error));
	g_assert_error(error, MR_ERROR, MR_ERROR_CONFIG);
	g_assert_cmpstr(error->message, ==, expected);
	g_unlink(path);
	g_rmdir(folder);
}

int main(int argc, char **argv)
{
	if (argc > 1 && g_str_equal(argv[1], "--command"))
		return command_main(argc - 1, argv + 1);
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path = g_strconcat("/millrace/command/", cases[i].name, NULL);

		g_test_add_data_func(path, &cases[i], test_run);
	}
	g_test_add_func("/millrace/command/fail", test_fail);
	g_test_add_func("/millrace/command/settings", test_settings);
	return g_test_run();
}
