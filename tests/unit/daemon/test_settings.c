/* SPDX-License-Identifier: BSD-2-Clause */

#include <glib.h>
#include <string.h>
#include <unistd.h>

#include "shared/base/error.h"
#include "shared/daemon/settings.h"
#include "shared/log/event.h"

#define LISTEN "listen = \"inet:8891@127.0.0.1\"; user = \"root\";\n"

/*
 * Loads and checks a text; the file's problems in *ret_error, the warnings joined in *ret_warnings.
 */
static bool load(const char *text, struct daemon_settings *settings, char **ret_warnings,
		 GError **ret_error)
{
	MR_AUTO(conf_file) file = NULL;
	g_autoptr(GString) warnings = g_string_new(NULL);
	const GPtrArray *list;

	g_assert_true(conf_file_read_text("x.conf", text, &file, NULL));
	conf_file_load(file, daemon_settings_rows, settings, sizeof(*settings));
	daemon_settings_check(file, settings);
	list = conf_file_warnings(file);
	for (guint i = 0; i < list->len; i++)
		g_string_append_printf(warnings, "%s\n", (char *)g_ptr_array_index(list, i));
	*ret_warnings = g_strdup(warnings->str);
	return conf_file_check(file, ret_error);
}

static void test_defaults(void)
{
	struct daemon_settings settings;
	g_autofree char *warnings = NULL;
	g_autoptr(GError) error = NULL;

	g_assert_true(load(LISTEN, &settings, &warnings, &error));
	g_assert_no_error(error);
	g_assert_cmpstr(settings.listen, ==, "inet:8891@127.0.0.1");
	g_assert_null(settings.socket_group);
	g_assert_cmpint(settings.socket_mode, ==, 0660);
	g_assert_cmpint(settings.on_failure, ==, DAEMON_TEMPFAIL);
	g_assert_cmpint(settings.log.to, ==, LOG_TARGET_SYSLOG);
	g_assert_cmpint(settings.log.level, ==, LOG_LEVEL_INFO);
	g_assert_null(settings.metrics);
	g_assert_cmpuint(g_strv_length(settings.resolver.servers), ==, 0);
	g_assert_cmpint(settings.resolver.timeout_ms, ==, 5000);
	g_assert_null(settings.resolver.trust_anchor);
	g_assert_null(settings.resolver.zone_file);
	g_assert_cmpint(settings.idle_timeout, ==, 3600);
	g_assert_cmpint(settings.drain_timeout, ==, 30);
	g_assert_cmpint(settings.max_connections, ==, 0);
	g_assert_true(settings.sandbox);
	conf_settings_clear(daemon_settings_rows, &settings, sizeof(settings));
}

static void test_good(void)
{
	static const char *const cases[] = {
		LISTEN "metrics = \"inet:9811@127.0.0.1\";",
		LISTEN "metrics = \"inet6:9811@[::1]\";",
		LISTEN "resolver = { servers = [\"127.0.0.1@53\", \"::1@5353\", \"9.9.9.9\"]; };",
		LISTEN "resolver = { servers = \"fe80::1\"; trust_anchor = \"/etc/passwd\"; };",
		LISTEN "log = { to = \"stderr\"; level = \"debug\"; };",
		LISTEN "socket_group = \"root\"; socket_mode = \"0600\"; on_failure = \"accept\";",
		"listen = \"unix:/tmp/x.sock\"; user = \"root\";",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct daemon_settings settings;
		g_autofree char *warnings = NULL;
		g_autoptr(GError) error = NULL;

		g_test_message("%s", cases[i]);
		load(cases[i], &settings, &warnings, &error);
		g_assert_no_error(error);
		conf_settings_clear(daemon_settings_rows, &settings, sizeof(settings));
	}
}

static void test_bad(void)
{
	static const struct {
		const char *text, *wanted;
	} cases[] = {
		{ "user = \"root\";", "listen" },
		{ "listen = \"tcp:25\";\nuser = \"root\";", "x.conf:1: " },
		{ "listen = \"unix:/nonexistent/x.sock\";\nuser = \"root\";",
		  "folder /nonexistent: " },
		{ "listen = \"unix:/etc/passwd/x.sock\";\nuser = \"root\";",
		  "/etc/passwd is not a folder" },
		{ LISTEN "socket_group = \"no-such-group\";", "x.conf:2: " },
		{ LISTEN "socket_mode = \"0999\";", "x.conf:2: " },
		{ LISTEN "metrics = \"inet:9811\";", "an address is missing" },
		{ LISTEN "metrics = \"9811\";", "x.conf:2: " },
		{ LISTEN "metrics = \"unix:/tmp/x.sock\";", "over TCP" },
		{ LISTEN "resolver = { servers = [\"127.0.0.1\", \"localhost\"]; };",
		  "\"localhost\" is not an address" },
		{ LISTEN "resolver = { servers = [\"127.0.0.1@\"]; };", "is not an address" },
		{ LISTEN "resolver = { servers = [\"127.0.0.1@0\"]; };", "is not an address" },
		{ LISTEN "resolver = { servers = [\"127.0.0.1@65536\"]; };", "is not an address" },
		{ LISTEN "resolver = { servers = [\"127.0.0.1:53\"]; };", "is not an address" },
		{ LISTEN "resolver = { zone_file = \"/nonexistent\"; };", "/nonexistent: No such" },
		{ LISTEN "resolver = { timeout_ms = 0; };", "x.conf:2: " },
		{ LISTEN "on_failure = \"reject\";", "x.conf:2: " },
		{ LISTEN "idle_timeout = \"0\";", "x.conf:2: " },
		{ LISTEN "max_connections = -1;", "x.conf:2: " },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct daemon_settings settings;
		g_autofree char *warnings = NULL;
		g_autoptr(GError) error = NULL;

		g_test_message("%s", cases[i].text);
		g_assert_false(load(cases[i].text, &settings, &warnings, &error));
		g_assert_error(error, MR_ERROR, MR_ERROR_CONFIG);
		g_test_message("%s", error->message);
		g_assert_nonnull(strstr(error->message, cases[i].wanted));
		conf_settings_clear(daemon_settings_rows, &settings, sizeof(settings));
	}
}

static void test_warnings(void)
{
	struct daemon_settings settings;
	g_autofree char *warnings = NULL;

	g_assert_true(
		load("listen = \"inet:8891\";\nuser = \"root\";\n", &settings, &warnings, NULL));
	g_assert_nonnull(strstr(warnings, "x.conf:1: "));
	g_assert_nonnull(strstr(warnings, "listens on every address"));
	g_assert_nonnull(strstr(warnings, "x.conf:2: "));
	g_assert_nonnull(strstr(warnings, "keeps root's rights"));
	conf_settings_clear(daemon_settings_rows, &settings, sizeof(settings));
}

static void test_unknown_user(void)
{
	struct daemon_settings settings;
	g_autofree char *warnings = NULL;
	bool ok = load("listen = \"inet:8891@::1\"; user = \"no-such-user\";", &settings, &warnings,
		       NULL);

	g_assert_true(ok == (geteuid() != 0));
	conf_settings_clear(daemon_settings_rows, &settings, sizeof(settings));
}

/* What -t, the man page and the sample file need of every row. */
static void check_rows(const struct conf_row *rows)
{
	for (const struct conf_row *row = rows; row->name; row++) {
		g_test_message("%s", row->name);
		g_assert_nonnull(row->sentence);
		g_assert_true(g_str_has_suffix(row->sentence, "."));
		g_assert_true(row->type != CONF_CHOICE || row->choices);
		if (row->rows)
			check_rows(row->rows);
	}
}

static void test_rows(void)
{
	check_rows(daemon_settings_rows);
	check_rows(daemon_resolver_rows);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/daemon/settings/defaults", test_defaults);
	g_test_add_func("/daemon/settings/good", test_good);
	g_test_add_func("/daemon/settings/bad", test_bad);
	g_test_add_func("/daemon/settings/warnings", test_warnings);
	g_test_add_func("/daemon/settings/unknown-user", test_unknown_user);
	g_test_add_func("/daemon/settings/rows", test_rows);
	return g_test_run();
}
