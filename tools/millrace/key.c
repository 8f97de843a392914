/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The noun `key`: its verbs and their command lines. Refuses to know what the verbs do
 * (key_verbs.h, key_list.c, key_check.c). One thread.
 */

#include <string.h>

#include "shared/dkim/key.h"
#include "shared/dkim/key_directory.h"
#include "shared/dkim/key_record.h"
#include "tools/millrace/key.h"
#include "tools/millrace/key_verbs.h"
#include "tools/millrace/output.h"

#define EVERY_DEFAULT "90d"
#define RECORD_TTL_MAX 604800
#define PREFIX_MAX 40u

/* Prints what was done, also when not all of it could be, and says how it ended. */
static int finish(bool ok, const GString *text, const GError *error)
{
	g_autoptr(GError) print_error = NULL;

	if (!output_print(text->str, &print_error))
		return command_fail(print_error);
	return ok ? COMMAND_OK : command_fail(error);
}

static bool parse_type(const char *text, struct key_generate_options *options)
{
	bool both = text == NULL || strcmp(text, "both") == 0;

	options->rsa = both || strcmp(text, dkim_key_type_to_string(DKIM_KEY_RSA)) == 0;
	options->ed25519 = both || strcmp(text, dkim_key_type_to_string(DKIM_KEY_ED25519)) == 0;
	return options->rsa || options->ed25519;
}

static bool prefix_is_valid(const char *prefix)
{
	g_autofree char *whole = g_strconcat(prefix, "r20261123z", NULL);

	return strlen(prefix) <= PREFIX_MAX && dkim_selector_is_valid(whole);
}

static int generate(const struct command *command, int argc, char **argv)
{
	g_autofree char *file = NULL, *type = NULL, *prefix = NULL;
	gboolean activate = FALSE;
	int bits = KEY_RSA_BITS_DEFAULT, exit_code;
	const GOptionEntry entries[] = {
		COMMAND_CONFIG_FILE(&file),
		{ "type", 't', 0, G_OPTION_ARG_STRING, &type, "\"rsa\", \"ed25519\" or \"both\"",
		  "TYPE" },
		{ "bits", 'b', 0, G_OPTION_ARG_INT, &bits, "Bits of an RSA key (2048)", "N" },
		{ "selector-prefix", 0, 0, G_OPTION_ARG_STRING, &prefix,
		  "What selectors begin with", "TEXT" },
		{ "activate", 0, 0, G_OPTION_ARG_NONE, &activate, "Sign with them at once", NULL },
		{ NULL },
	};
	struct key_generate_options options = { 0 };
	MR_AUTO(key_session) session = NULL;
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(GError) error = NULL;
	bool ok;

	if (!command_parse(command, entries, 1, 1, &argc, argv, &exit_code))
		return exit_code;
	if (!parse_type(type, &options))
		return command_usage(command, "--type is rsa, ed25519 or both");
	if (bits < (int)DKIM_RSA_BITS_MIN || bits > (int)DKIM_RSA_BITS_MAX)
		return command_usage(command, "--bits is %u to %u", DKIM_RSA_BITS_MIN,
				     DKIM_RSA_BITS_MAX);
	options.bits = (unsigned)bits;
	options.prefix = prefix != NULL ? prefix : "";
	options.activate = activate;
	if (!prefix_is_valid(options.prefix))
		return command_usage(command, "--selector-prefix is no beginning of a selector");
	ok = key_session_open(file, &session, &error) &&
	     key_generate(session, argv[1], &options, text, &error);
	return finish(ok, text, error);
}

static int record(const struct command *command, int argc, char **argv)
{
	g_autofree char *file = NULL, *selector = NULL, *format_name = NULL;
	int ttl = KEY_RECORD_TTL_DEFAULT, exit_code;
	const GOptionEntry entries[] = {
		COMMAND_CONFIG_FILE(&file),
		{ "selector", 's', 0, G_OPTION_ARG_STRING, &selector, "This key alone",
		  "SELECTOR" },
		{ "format", 'f', 0, G_OPTION_ARG_STRING, &format_name,
		  "\"zone\", \"nsupdate\" or \"plain\"", "FORMAT" },
		{ "ttl", 0, 0, G_OPTION_ARG_INT, &ttl, "The record's time to live (3600)",
		  "SECONDS" },
		{ NULL },
	};
	enum key_record_format format = KEY_RECORD_ZONE;
	MR_AUTO(key_session) session = NULL;
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(GError) error = NULL;
	bool ok;

	if (!command_parse(command, entries, 1, 1, &argc, argv, &exit_code))
		return exit_code;
	if (format_name != NULL && !key_record_format_from_string(format_name, &format))
		return command_usage(command, "--format is zone, nsupdate or plain");
	if (ttl < 0 || ttl > RECORD_TTL_MAX)
		return command_usage(command, "--ttl is 0 to %d", RECORD_TTL_MAX);
	ok = key_session_open(file, &session, &error) &&
	     key_record(session, argv[1], selector, format, ttl, text, &error);
	return finish(ok, text, error);
}

static bool list_all_domains(const struct key_session *session, char ***ret_domains,
			     GError **ret_error)
{
	const char *directory;

	return key_session_directory(session, &directory, ret_error) &&
	       dkim_key_folder_list_domains(directory, ret_domains, ret_error);
}

/* One domain's trouble does not keep the others from their step; the worst exit code counts. */
static int rotate_domains(struct key_session *session, char *const *domains,
			  const struct key_rotate_options *options)
{
	int worst = COMMAND_OK;

	for (size_t i = 0; domains[i] != NULL; i++) {
		g_autoptr(GString) text = g_string_new(NULL);
		g_autoptr(GError) error = NULL;
		bool waiting;
		bool ok = key_rotate(session, domains[i], options, text, &waiting, &error);
		int exit_code = finish(ok, text, error);

		if (exit_code == COMMAND_OK && waiting)
			exit_code = COMMAND_TEMPORARY;
		worst = MAX(worst, exit_code);
	}
	return worst;
}

static int rotate_from(const char *file, bool all, char *const *domains,
		       struct key_rotate_options *options)
{
	MR_AUTO(key_session) session = NULL;
	g_auto(GStrv) found = NULL;
	g_autoptr(GError) error = NULL;

	if (!key_session_open(file, &session, &error) ||
	    (all && !list_all_domains(session, &found, &error)))
		return command_fail(error);
	options->skip_empty = all;
	return rotate_domains(session, all ? found : domains, options);
}

static int rotate(const struct command *command, int argc, char **argv)
{
	g_autofree char *file = NULL, *every = NULL;
	gboolean now = FALSE, finish_only = FALSE, all = FALSE;
	const GOptionEntry entries[] = {
		COMMAND_CONFIG_FILE(&file),
		{ "every", 0, 0, G_OPTION_ARG_STRING, &every,
		  "How long keys stay active (" EVERY_DEFAULT ")", "AGE" },
		{ "now", 0, 0, G_OPTION_ARG_NONE, &now,
		  "Wait neither for the keys' age nor for caches", NULL },
		{ "finish", 0, 0, G_OPTION_ARG_NONE, &finish_only, "Begin no new rotation", NULL },
		{ "all", 'a', 0, G_OPTION_ARG_NONE, &all, "Every domain of the key directory",
		  NULL },
		{ NULL },
	};
	struct key_rotate_options options = { 0 };
	int exit_code;

	if (!command_parse(command, entries, 0, -1, &argc, argv, &exit_code))
		return exit_code;
	if ((argc > 1) == (all != FALSE))
		return command_usage(command, "give domains, or --all");
	if (now && finish_only)
		return command_usage(command, "--now and --finish exclude each other");
	if (!conf_parse_duration(every != NULL ? every : EVERY_DEFAULT, &options.every))
		return command_usage(command, "--every is an age such as 90d");
	options.now = now;
	options.finish = finish_only;
	return rotate_from(file, all, argv + 1, &options);
}

static int retire(const struct command *command, int argc, char **argv)
{
	g_autofree char *file = NULL;
	gboolean remove_key = FALSE, force = FALSE;
	int exit_code;
	const GOptionEntry entries[] = {
		COMMAND_CONFIG_FILE(&file),
		{ "remove", 0, 0, G_OPTION_ARG_NONE, &remove_key, "Delete a retired key", NULL },
		{ "force", 0, 0, G_OPTION_ARG_NONE, &force,
		  "Also the last active key, or one still needed", NULL },
		{ NULL },
	};
	struct key_retire_options options;
	MR_AUTO(key_session) session = NULL;
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(GError) error = NULL;
	bool ok;

	if (!command_parse(command, entries, 2, 2, &argc, argv, &exit_code))
		return exit_code;
	options = (struct key_retire_options){ remove_key, force };
	ok = key_session_open(file, &session, &error) &&
	     key_retire(session, argv[1], argv[2], &options, text, &error);
	return finish(ok, text, error);
}

const struct command key_commands[] = {
	{ "key", "generate", "DOMAIN", "Make an RSA and an Ed25519 key.", generate },
	{ "key", "list", "[DOMAIN]", "Show where every key stands.", key_list_command },
	{ "key", "record", "DOMAIN", "Print the records to publish.", record },
	{ "key", "check", "[DOMAIN]", "Compare DNS with the private keys.", key_check_command },
	{ "key", "rotate", "DOMAIN... | --all", "Take the next step to new keys.", rotate },
	{ "key", "retire", "DOMAIN SELECTOR", "Sign no more with a key; delete a retired one.",
	  retire },
	{ NULL },
};
