/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Knows how a listening place is written. Refuses to know whether it exists, is free or
 * resolves. Any thread.
 */

#include <string.h>
#include <sys/un.h>

#include "shared/base/error.h"
#include "shared/base/reader.h"
#include "shared/daemon/endpoint.h"

static bool refuse(GError **ret_error, const char *text, const char *why)
{
	g_set_error(ret_error, MR_ERROR, MR_ERROR_CONFIG, "\"%s\": %s", text, why);
	return false;
}

static bool parse_unix(const char *text, const char *path, struct daemon_endpoint *endpoint,
		       GError **ret_error)
{
	if (path[0] != '/')
		return refuse(ret_error, text, "the path of a unix socket begins with /");
	if (strlen(path) >= sizeof(((struct sockaddr_un *)NULL)->sun_path))
		return refuse(ret_error, text, "the path of a unix socket has at most 107 bytes");
	endpoint->kind = DAEMON_ENDPOINT_UNIX;
	endpoint->path = g_strdup(path);
	return true;
}

/* "[::1]" and "::1" are the same host. */
static char *host_dup(struct slice host)
{
	if (host.length >= 2 && host.data[0] == '[' && host.data[host.length - 1] == ']')
		return g_strndup(host.data + 1, host.length - 2);
	return slice_dup(host);
}

static bool parse_inet(const char *text, struct reader *reader, struct daemon_endpoint *endpoint,
		       GError **ret_error)
{
	unsigned long long port = 0;

	if (!reader_take_number(reader, 65535, &port) || port == 0)
		return refuse(ret_error, text, "the port is a number from 1 to 65535");
	endpoint->port = (uint16_t)port;
	if (reader_at_end(reader))
		return true;
	if (!reader_skip_byte(reader, '@'))
		return refuse(ret_error, text, "the port is followed by @HOST, or nothing");
	endpoint->host = host_dup(reader_take_until(reader, '\0'));
	if (!endpoint->host[0])
		return refuse(ret_error, text, "a host is missing after @");
	return true;
}

static bool parse(const char *text, struct daemon_endpoint *endpoint, GError **ret_error)
{
	struct reader reader;

	reader_init(&reader, text, strlen(text));
	if (g_str_has_prefix(text, "unix:"))
		return parse_unix(text, text + strlen("unix:"), endpoint, ret_error);
	endpoint->kind = DAEMON_ENDPOINT_INET6;
	if (reader_skip_text_nocase(&reader, "inet6:"))
		return parse_inet(text, &reader, endpoint, ret_error);
	endpoint->kind = DAEMON_ENDPOINT_INET;
	if (reader_skip_text_nocase(&reader, "inet:"))
		return parse_inet(text, &reader, endpoint, ret_error);
	return refuse(ret_error, text, "a socket is unix:PATH, inet:PORT@HOST or inet6:PORT@HOST");
}

bool daemon_endpoint_parse(const char *text, struct daemon_endpoint **ret_endpoint,
			   GError **ret_error)
{
	MR_AUTO(daemon_endpoint) endpoint = g_new0(struct daemon_endpoint, 1);

	if (!parse(text, endpoint, ret_error))
		return false;
	*ret_endpoint = g_steal_pointer(&endpoint);
	return true;
}

void daemon_endpoint_free(struct daemon_endpoint *endpoint)
{
	if (!endpoint)
		return;
	g_free(endpoint->path);
	g_free(endpoint->host);
	g_free(endpoint);
}
