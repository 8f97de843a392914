/* SPDX-License-Identifier: BSD-2-Clause */
/* Knows how the two MTAs write the place of a milter. Pure text; any thread. */

#include "shared/milter/socket.h"

#define POSTFIX_QUEUE "/var/spool/postfix/"

static void describe_unix(const char *path, GString *text)
{
	if (g_str_has_prefix(path, POSTFIX_QUEUE))
		g_string_append_printf(text,
				       "smtpd_milters = unix:%s\n"
				       "# or, where neither smtpd nor cleanup runs in a chroot:\n"
				       "# smtpd_milters = unix:%s\n",
				       path + strlen(POSTFIX_QUEUE), path);
	else
		g_string_append_printf(
			text,
			"# smtpd and cleanup must not run in a chroot: the socket is "
			"outside " POSTFIX_QUEUE "\nsmtpd_milters = unix:%s\n",
			path);
}

static const char *host_or(const struct daemon_endpoint *endpoint, const char *otherwise)
{
	return endpoint->host != NULL ? endpoint->host : otherwise;
}

static void describe_inet(const struct daemon_endpoint *endpoint, GString *text)
{
	bool v6 = endpoint->kind == DAEMON_ENDPOINT_INET6;

	g_string_append_printf(
		text, v6 ? "smtpd_milters = inet:[%s]:%u\n" : "smtpd_milters = inet:%s:%u\n",
		host_or(endpoint, v6 ? "::1" : "127.0.0.1"), endpoint->port);
}

void milter_socket_describe(const struct daemon_endpoint *endpoint, const char *filter_name,
			    GString *text)
{
	bool v6 = endpoint->kind == DAEMON_ENDPOINT_INET6;
	g_autofree char *place = NULL;

	g_string_append(text, "# Postfix, main.cf:\n");
	if (endpoint->kind == DAEMON_ENDPOINT_UNIX) {
		describe_unix(endpoint->path, text);
		place = g_strconcat("unix:", endpoint->path, NULL);
	} else {
		describe_inet(endpoint, text);
		place = g_strdup_printf("%s:%u@%s", v6 ? "inet6" : "inet", endpoint->port,
					host_or(endpoint, v6 ? "::1" : "127.0.0.1"));
	}
	g_string_append(text, "non_smtpd_milters = $smtpd_milters\n"
			      "milter_default_action = tempfail\n");
	g_string_append_printf(text,
			       "# Sendmail, sendmail.mc:\n"
			       "INPUT_MAIL_FILTER(`%s', `S=%s, F=T, T=S:30s;R:30s;E:5m')dnl\n",
			       filter_name, place);
}
