/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * millrace sign: a message file through the signer's own code, either to ask what it would do and
 * why, or to have it signed. Knows arguments and exit codes; decisions are milters/dkim-sign's.
 */

#include "milters/dkim-sign/context.h"
#include "milters/dkim-sign/identity.h"
#include "milters/dkim-sign/message.h"
#include "milters/dkim-sign/settings.h"
#include "shared/base/error.h"
#include "tools/millrace/command.h"
#include "tools/millrace/output.h"
#include "tools/millrace/sign.h"
#include "tools/millrace/sign_explain.h"
#include "tools/millrace/sign_file.h"

#define DAEMON "dkim-sign"
/* Enough of a configuration for the defaults of all other options. */
#define NO_CONFIGURATION "listen = \"inet:0@127.0.0.1\";"

struct arguments {
	char *config;
	/* explain */
	char *client, *user, *listener, *sender;
	gboolean local, json;
	/* a key of one's own */
	char *domain, *selector, *key;
};

static void arguments_clear(struct arguments *arguments)
{
	g_free(arguments->config);
	g_free(arguments->client);
	g_free(arguments->user);
	g_free(arguments->listener);
	g_free(arguments->sender);
	g_free(arguments->domain);
	g_free(arguments->selector);
	g_free(arguments->key);
}

static void context_release(struct sign_context *context)
{
	g_atomic_rc_box_release_full(context, sign_context_clear);
}

/* Takes the settings over, or clears them. */
static bool make_context(struct sign_settings *settings, struct sign_context **ret_context,
			 GError **ret_error)
{
	*ret_context = sign_context_new(settings, ret_error);
	if (!*ret_context)
		conf_settings_clear(sign_settings_rows, settings, sizeof(*settings));
	return *ret_context;
}

static bool make_client(const struct arguments *arguments, struct sign_client *client)
{
	client->user = arguments->user;
	client->listener = arguments->listener;
	client->has_address = arguments->client;
	client->local = arguments->local ||
			(!arguments->client && !arguments->user && !arguments->listener);
	return !arguments->client || sign_address_from_string(arguments->client, &client->address);
}

static int explain_message(const struct arguments *arguments, const struct sign_file *file,
			   const struct sign_context *context, const struct sign_client *client)
{
	g_autofree char *from = sign_file_sender(file);
	MR_AUTO(sign_message) message = sign_message_new();
	struct sign_explanation explanation = {
		.context = context,
		.client = client,
		.sender = arguments->sender ? arguments->sender : from,
		.message = message,
	};
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(JsonBuilder) builder = json_builder_new();
	g_autoptr(GError) error = NULL;

	explanation.plan = sign_file_run(file, message, context, client, explanation.sender);
	if (arguments->json)
		sign_explain_json(&explanation, builder);
	else
		sign_explain_text(&explanation, text);
	if (!(arguments->json ? output_json(builder, &error) : output_print(text->str, &error)))
		return command_fail(error);
	return explanation.plan->outcome == SIGN_OUTCOME_SIGN ? COMMAND_OK : COMMAND_NO;
}

static int explain_with(const struct command *command, const struct arguments *arguments,
			const char *path)
{
	MR_AUTO(sign_file) file = NULL;
	struct sign_client client = { 0 };
	struct sign_settings settings;
	struct sign_context *context;
	g_autoptr(GError) error = NULL;
	int code;

	if (!make_client(arguments, &client))
		return command_usage(command, "\"%s\" is no IP address", arguments->client);
	if (!sign_file_read(path, &file, &error) ||
	    !command_load_settings(arguments->config, DAEMON, sign_settings_rows, NULL, &settings,
				   sizeof(settings), &error) ||
	    !make_context(&settings, &context, &error))
		return command_fail(error);
	code = explain_message(arguments, file, context, &client);
	context_release(context);
	return code;
}

static int explain(const struct command *command, int argc, char **argv)
{
	struct arguments arguments = { 0 };
	const GOptionEntry options[] = {
		COMMAND_CONFIG_FILE(&arguments.config),
		{ "client", 0, 0, G_OPTION_ARG_STRING, &arguments.client, "The client's IP address",
		  "ADDRESS" },
		{ "user", 0, 0, G_OPTION_ARG_STRING, &arguments.user, "The SASL user", "NAME" },
		{ "listener", 0, 0, G_OPTION_ARG_STRING, &arguments.listener,
		  "The listener's name ({daemon_name})", "NAME" },
		{ "sender", 0, 0, G_OPTION_ARG_STRING, &arguments.sender,
		  "The envelope's sender, \"<>\" for none", "ADDRESS" },
		{ "local", 0, 0, G_OPTION_ARG_NONE, &arguments.local, "Submitted here without SMTP",
		  NULL },
		COMMAND_JSON(&arguments.json),
		{ NULL },
	};
	int code;

	if (command_parse(command, options, 1, 1, &argc, argv, &code))
		code = explain_with(command, &arguments, argv[1]);
	arguments_clear(&arguments);
	return code;
}

/* One entry: this key for every address. */
static void add_own_key(const struct arguments *arguments, struct sign_settings *settings)
{
	const struct sign_key_entry key = { g_strdup(arguments->selector),
					    g_strdup(arguments->key) };
	const struct sign_domain_entry domain = {
		.name = g_strdup("*"),
		.signing_domain = g_strdup(arguments->domain),
		.keys = g_array_new(FALSE, TRUE, sizeof(struct sign_key_entry)),
	};

	g_array_append_val(domain.keys, key);
	g_array_append_val(settings->domains, domain);
}

static bool load_own_key(const struct arguments *arguments, struct sign_settings *settings,
			 GError **ret_error)
{
	MR_AUTO(conf_file) defaults = NULL;

	if (!conf_file_read_text("defaults", NO_CONFIGURATION, &defaults, ret_error))
		return false;
	conf_file_load(defaults, sign_settings_rows, settings, sizeof(*settings));
	add_own_key(arguments, settings);
	return true;
}

static bool load_for_signing(const struct arguments *arguments, struct sign_context **ret_context,
			     GError **ret_error)
{
	struct sign_settings settings;
	bool loaded = arguments->key
			      ? load_own_key(arguments, &settings, ret_error)
			      : command_load_settings(arguments->config, DAEMON, sign_settings_rows,
						      NULL, &settings, sizeof(settings), ret_error);

	if (!loaded)
		return false;
	settings.sign.local = settings.sign.relayed = true;
	return make_context(&settings, ret_context, ret_error);
}

static int write_signed(const struct sign_file *file, const struct sign_context *context)
{
	const struct sign_client client = { .local = true };
	g_autofree char *sender = sign_file_sender(file);
	MR_AUTO(sign_message) message = sign_message_new();
	const struct sign_plan *plan = sign_file_run(file, message, context, &client, sender);
	g_autoptr(GError) error = NULL;

	if (plan->outcome == SIGN_OUTCOME_SIGN) {
		if (sign_file_write(file, message, stdout, &error))
			return COMMAND_OK;
		return command_fail(error);
	}
	error = g_error_new(MR_ERROR, MR_ERROR_PERMANENT, "not signed: %s%s%s",
			    sign_reason_to_string(plan->reason), plan->error ? ": " : "",
			    plan->error ? plan->error->message : "");
	if (plan->error)
		error->code = plan->error->code;
	return command_fail(error);
}

static int sign_with(const struct command *command, const struct arguments *arguments,
		     const char *path)
{
	int own = !!arguments->domain + !!arguments->selector + !!arguments->key;
	MR_AUTO(sign_file) file = NULL;
	struct sign_context *context;
	g_autoptr(GError) error = NULL;
	int code;

	if (own != 0 && own != 3)
		return command_usage(command, "--domain, --selector and --key belong together");
	if (own && arguments->config)
		return command_usage(command, "a key of one's own needs no configuration");
	if (!sign_file_read(path, &file, &error) || !load_for_signing(arguments, &context, &error))
		return command_fail(error);
	code = write_signed(file, context);
	context_release(context);
	return code;
}

static int sign(const struct command *command, int argc, char **argv)
{
	struct arguments arguments = { 0 };
	const GOptionEntry options[] = {
		COMMAND_CONFIG_FILE(&arguments.config),
		{ "domain", 0, 0, G_OPTION_ARG_STRING, &arguments.domain, "The signing domain (d=)",
		  "NAME" },
		{ "selector", 0, 0, G_OPTION_ARG_STRING, &arguments.selector, "The selector (s=)",
		  "NAME" },
		{ "key", 0, 0, G_OPTION_ARG_FILENAME, &arguments.key,
		  "The private key, PEM file or pkcs11: URI", "FILE" },
		{ NULL },
	};
	int code;

	if (command_parse(command, options, 1, 1, &argc, argv, &code))
		code = sign_with(command, &arguments, argv[1]);
	arguments_clear(&arguments);
	return code;
}

const struct command sign_commands[] = {
	{ "sign", NULL, "MESSAGE", "Sign a message file, to the standard output.", sign },
	{ "sign", "explain", "MESSAGE", "Say what the signer would do with a message, and why.",
	  explain },
	{ NULL },
};
