/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What options mean together: syntax of names and networks, combinations without sense. Keys
 * are check_keys.c's. Runs at start, on reload and for -t, in one thread; changes nothing.
 */

#include <string.h>

#include "milters/dkim-sign/authorization.h"
#include "milters/dkim-sign/check_keys.h"
#include "milters/dkim-sign/network.h"
#include "milters/dkim-sign/settings.h"
#include "shared/daemon/access.h"
#include "shared/dkim/canon.h"

#define EXPIRE_ADVISED 86400 /* mail may wait that long in a queue */

static void check_networks(struct conf_file *file, char **networks)
{
	for (; *networks; networks++) {
		struct sign_network network;
		g_autoptr(GError) error = NULL;

		if (!sign_network_parse(*networks, &network, &error))
			conf_file_problem(file, networks, "%s", error->message);
	}
}

static bool is_printable(const char *name)
{
	if (name[0] == '\0')
		return false;
	for (; *name; name++) {
		if (!g_ascii_isgraph(*name))
			return false;
	}
	return true;
}

static void check_listeners(struct conf_file *file, char **listeners)
{
	for (; *listeners; listeners++) {
		if (!is_printable(*listeners))
			conf_file_problem(file, listeners,
					  "\"%s\" is no listener's name: printable, no blanks",
					  *listeners);
	}
}

static void check_origin(struct conf_file *file, const struct sign_origin_settings *origin)
{
	check_networks(file, origin->networks);
	check_listeners(file, origin->listeners);
	check_listeners(file, origin->reinjection_listeners);
	for (char **name = origin->reinjection_listeners; *name; name++) {
		if (g_strv_contains((const char *const *)origin->listeners, *name))
			conf_file_problem(file, name,
					  "\"%s\" is also in listeners: mail there cannot be both "
					  "ours and re-injected",
					  *name);
	}
	if (!origin->authenticated && !origin->local && !origin->networks[0] &&
	    !origin->listeners[0])
		conf_file_warning(file, origin, "no mail is ours: nothing will be signed");
}

/* RFC 5322 3.6.8: ftext. */
static bool is_field_name(const char *name)
{
	return is_printable(name) && !strchr(name, ':');
}

/* What MTAs remove, rewrite or add to on the way: signing it only breaks signatures. */
static bool is_changed_on_the_way(const char *name)
{
	static const char *const names[] = { "bcc",	    "resent-bcc",     "return-path",
					     "received",    "content-length", "dkim-signature",
					     "delivered-to" };

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		if (g_ascii_strcasecmp(name, names[i]) == 0)
			return true;
	}
	return false;
}

static void check_signed_names(struct conf_file *file, char **names)
{
	for (; *names; names++) {
		if (!is_field_name(*names))
			conf_file_problem(file, names, "\"%s\" is no header field's name", *names);
		else if (is_changed_on_the_way(*names))
			conf_file_problem(file, names,
					  "\"%s\" changes on the way and cannot be signed", *names);
	}
}

static void check_skipped_names(struct conf_file *file, char **names)
{
	for (; *names; names++) {
		if (!is_field_name(*names))
			conf_file_problem(file, names, "\"%s\" is no header field's name", *names);
		else if (g_ascii_strcasecmp(*names, "from") == 0)
			conf_file_problem(file, names,
					  "From is always signed (RFC 6376 5.4) and cannot be "
					  "skipped");
	}
}

static void check_survivability(struct conf_file *file,
				const struct sign_survivability_settings *survivability)
{
	if (survivability->eight_bit == SIGN_SURVIVAL_STRIP)
		conf_file_problem(
			file, &survivability->eight_bit,
			"\"strip\" leaves header fields out; eight_bit is about the body");
	if (survivability->bad_from == SIGN_SURVIVAL_STRIP)
		conf_file_problem(file, &survivability->bad_from,
				  "\"strip\" cannot leave out From (RFC 6376 5.4)");
}

static void check_signature_form(struct conf_file *file, const struct sign_settings *settings)
{
	const char *pair = settings->canonicalization;
	enum dkim_canon header, body;

	if (!dkim_canon_pair_from_string((struct slice){ pair, strlen(pair) }, &header, &body))
		conf_file_problem(file, &settings->canonicalization,
				  "\"%s\" is not HEADER/BODY, each \"relaxed\" or \"simple\"",
				  pair);
	if (settings->expire > 0 && settings->expire < EXPIRE_ADVISED)
		conf_file_warning(
			file, &settings->expire,
			"mail that waits in a queue for longer than this will not verify");
	if (settings->single_signature && settings->also_sign_as)
		conf_file_warning(file, &settings->also_sign_as,
				  "with single_signature it signs only mail whose own domain has "
				  "no keys");
}

static void check_sender_table(struct conf_file *file, const struct sign_settings *settings)
{
	const char *path = settings->sender_table;
	MR_AUTO(sender_table) table = NULL;
	g_autoptr(GError) error = NULL;

	if (path && (!daemon_user_can_read(settings->daemon.user, path, &error) ||
		     !sender_table_load(path, &table, &error)))
		conf_file_problem(file, &settings->sender_table, "%s", error->message);
}

void sign_settings_check(struct conf_file *file, void *settings_of_any)
{
	const struct sign_settings *settings = settings_of_any;

	check_origin(file, &settings->sign);
	check_signature_form(file, settings);
	check_signed_names(file, settings->sign_headers);
	check_signed_names(file, settings->oversign_headers);
	check_skipped_names(file, settings->skip_headers);
	check_survivability(file, &settings->survivability);
	check_sender_table(file, settings);
	sign_check_keys(file, settings);
}
