/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Knows the options that every daemon has, and what makes a value of theirs unusable.
 * Refuses to know what is done with them: lifecycle.c and the engine act. Used by one
 * thread at a time, as a configuration file is.
 */

#include <arpa/inet.h>
#include <errno.h>
#include <grp.h>
#include <netinet/in.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shared/base/error.h"
#include "shared/base/reader.h"
#include "shared/daemon/access.h"
#include "shared/daemon/endpoint.h"
#include "shared/daemon/settings.h"
#include "shared/log/event.h"

static const char *const on_failure_choices[] = {
	[DAEMON_TEMPFAIL] = "tempfail",
	[DAEMON_ACCEPT] = "accept",
	NULL,
};

static const char *const log_targets[] = {
	[LOG_TARGET_STDERR] = "stderr",
	[LOG_TARGET_SYSLOG] = "syslog",
	NULL,
};

static const char *const log_levels[] = {
	[LOG_LEVEL_ERROR] = "error",
	[LOG_LEVEL_WARN] = "warn",
	[LOG_LEVEL_INFO] = "info",
	[LOG_LEVEL_DEBUG] = "debug",
	NULL,
};

#define LOG(member) offsetof(struct daemon_log_settings, member)
#define RESOLVER(member) offsetof(struct daemon_resolver_settings, member)
#define SETTING(member) offsetof(struct daemon_settings, member)

static const struct conf_row log_rows[] = {
	{ "to", CONF_CHOICE, LOG(to), "\"syslog\"",
	  "Where log lines go: syslog, facility mail, or the standard error.",
	  .choices = log_targets },
	{ "level", CONF_CHOICE, LOG(level), "\"info\"", "The least important lines that are kept.",
	  .choices = log_levels },
	{ 0 }
};

const struct conf_row daemon_resolver_rows[] = {
	{ "servers", CONF_STRING_LIST, RESOLVER(servers), NULL,
	  "DNS servers to ask, as ADDRESS or ADDRESS@PORT; without any, those of the system." },
	{ "timeout_ms", CONF_INT, RESOLVER(timeout_ms), "5000",
	  "Milliseconds after which a DNS question counts as not answered.", 10, 60000 },
	{ "trust_anchor", CONF_STRING, RESOLVER(trust_anchor), NULL,
	  "A file with DNSSEC trust anchors; without it, answers are not validated." },
	{ "zone_file", CONF_STRING, RESOLVER(zone_file), NULL,
	  "A file whose records are the only DNS there is, for tests and dry runs." },
	{ 0 }
};

const struct conf_row daemon_settings_rows[] = {
	{ "listen", CONF_STRING, SETTING(listen), NULL,
	  "The socket the MTA connects to: unix:PATH, inet:PORT@HOST or inet6:PORT@HOST.",
	  .required = true },
	{ "socket_group", CONF_STRING, SETTING(socket_group), NULL,
	  "The group a unix socket is given to, so that the MTA may connect." },
	{ "socket_mode", CONF_MODE, SETTING(socket_mode), "\"0660\"",
	  "The file mode of a unix socket." },
	{ "user", CONF_STRING, SETTING(user), "\"millrace\"",
	  "The user the daemon becomes once sockets are open, when it is started by root." },
	{ "on_failure", CONF_CHOICE, SETTING(on_failure), "\"tempfail\"",
	  "What mail gets when this daemon itself fails: a temporary refusal, or free passage.",
	  .choices = on_failure_choices },
	{ "log", CONF_GROUP, SETTING(log), NULL, "Logging.", .rows = log_rows },
	{ "metrics", CONF_STRING, SETTING(metrics), NULL,
	  "Where metrics are served in Prometheus's text format, as inet:PORT@HOST; without it, "
	  "nowhere." },
	{ "resolver", CONF_GROUP, SETTING(resolver), NULL, "How DNS is asked.",
	  .rows = daemon_resolver_rows },
	/*
	 * Both MTAs receive the whole message before they send a filter its header, so a healthy
	 * connection is silent for as long as one message takes to arrive: 50 MB over a slow line
	 * is most of an hour. That is also when Sendmail gives up on the sender. Closing earlier
	 * would refuse that message; a connection that stays costs one descriptor.
	 */
	{ "idle_timeout", CONF_DURATION, SETTING(idle_timeout), "\"1h\"",
	  "How long a connection of the MTA may be silent before it is closed.", 1, 7 * 86400 },
	{ "drain_timeout", CONF_DURATION, SETTING(drain_timeout), "\"30s\"",
	  "How long a stop waits for messages under way.", 0, 3600 },
	{ "max_connections", CONF_INT, SETTING(max_connections), "0",
	  "The most connections held at a time; 0 for as many as file descriptors allow.", 0,
	  1000000 },
	{ "sandbox", CONF_BOOL, SETTING(sandbox), "true",
	  "Forbid the process the system calls it never needs (seccomp); switch it off only for a "
	  "PKCS#11 module that must start programs." },
	{ 0 }
};

static void check_unix_folder(struct conf_file *file, const struct daemon_settings *settings,
			      const char *path)
{
	g_autofree char *folder = g_path_get_dirname(path);
	struct stat status;

	if (stat(folder, &status) < 0)
		conf_file_problem(file, &settings->listen, "folder %s: %s", folder,
				  g_strerror(errno));
	else if (!S_ISDIR(status.st_mode))
		conf_file_problem(file, &settings->listen, "%s is not a folder", folder);
}

static void check_listen(struct conf_file *file, const struct daemon_settings *settings)
{
	g_autoptr(GError) error = NULL;
	MR_AUTO(daemon_endpoint) endpoint = NULL;

	if (!settings->listen)
		return;
	if (!daemon_endpoint_parse(settings->listen, &endpoint, &error))
		conf_file_problem(file, &settings->listen, "%s", error->message);
	else if (endpoint->kind == DAEMON_ENDPOINT_UNIX)
		check_unix_folder(file, settings, endpoint->path);
	else if (!endpoint->host)
		conf_file_warning(file, &settings->listen,
				  "listens on every address: whoever reaches port %u can use this "
				  "daemon",
				  endpoint->port);
}

static void check_metrics(struct conf_file *file, const struct daemon_settings *settings)
{
	g_autoptr(GError) error = NULL;
	MR_AUTO(daemon_endpoint) endpoint = NULL;

	if (!settings->metrics)
		return;
	if (!daemon_endpoint_parse(settings->metrics, &endpoint, &error))
		conf_file_problem(file, &settings->metrics, "%s", error->message);
	else if (endpoint->kind == DAEMON_ENDPOINT_UNIX)
		conf_file_problem(file, &settings->metrics, "metrics are served over TCP only");
	else if (!endpoint->host)
		conf_file_problem(file, &settings->metrics,
				  "an address is missing, as in inet:9811@127.0.0.1");
}

/* Without root's rights the user is not changed, so a missing one does no harm. */
static void check_user(struct conf_file *file, const struct daemon_settings *settings)
{
	if (strcmp(settings->user, "root") == 0)
		conf_file_warning(file, &settings->user, "the daemon keeps root's rights");
	else if (!getpwnam(settings->user) && geteuid() == 0)
		conf_file_problem(file, &settings->user, "there is no user \"%s\"", settings->user);
}

static void check_group(struct conf_file *file, const struct daemon_settings *settings)
{
	if (settings->socket_group && !getgrnam(settings->socket_group))
		conf_file_problem(file, &settings->socket_group, "there is no group \"%s\"",
				  settings->socket_group);
}

static bool is_server(const char *text)
{
	const char *at = strchr(text, '@');
	g_autofree char *address = at ? g_strndup(text, (size_t)(at - text)) : g_strdup(text);
	unsigned char binary[sizeof(struct in6_addr)];
	unsigned long long port = 0;
	struct reader reader;

	if (inet_pton(AF_INET, address, binary) != 1 && inet_pton(AF_INET6, address, binary) != 1)
		return false;
	if (!at)
		return true;
	reader_init(&reader, at + 1, strlen(at + 1));
	return reader_take_number(&reader, 65535, &port) && reader_at_end(&reader) && port > 0;
}

static void check_readable(struct conf_file *file, const struct daemon_settings *settings,
			   char *const *path)
{
	g_autoptr(GError) error = NULL;

	if (*path && !daemon_user_can_read(settings->user, *path, &error))
		conf_file_problem(file, path, "%s", error->message);
}

static void check_resolver(struct conf_file *file, const struct daemon_settings *settings)
{
	const struct daemon_resolver_settings *resolver = &settings->resolver;

	for (char **server = resolver->servers; server && *server; server++) {
		if (!is_server(*server))
			conf_file_problem(file, server,
					  "\"%s\" is not an address such as 127.0.0.1@53", *server);
	}
	check_readable(file, settings, &resolver->trust_anchor);
	check_readable(file, settings, &resolver->zone_file);
}

void daemon_settings_check(struct conf_file *file, struct daemon_settings *settings)
{
	check_listen(file, settings);
	check_group(file, settings);
	check_user(file, settings);
	check_metrics(file, settings);
	check_resolver(file, settings);
}
