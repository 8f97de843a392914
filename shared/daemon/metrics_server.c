/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Knows how the registry's text gets to an HTTP client, with libmicrohttpd. Refuses to know
 * what is counted. Main thread; the one page is made on the server's own thread.
 */

#include <errno.h>
#include <microhttpd.h>
#include <netdb.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "shared/base/error.h"
#include "shared/daemon/endpoint.h"
#include "shared/daemon/metrics_server.h"
#include "shared/log/event.h"
#include "shared/log/metrics.h"

#define BACKLOG 16
/* A scraper or two, and somebody with curl. */
#define CONNECTIONS_MAX 16u
#define CONNECTION_BYTES_MAX ((size_t)16384)
#define IDLE_SECONDS 10u

static enum MHD_Result respond(struct MHD_Connection *connection, unsigned status, const char *type,
			       GString *text)
{
	struct MHD_Response *response =
		MHD_create_response_from_buffer(text->len, text->str, MHD_RESPMEM_MUST_COPY);
	enum MHD_Result result;

	if (!response)
		return MHD_NO;
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	result = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result handle(void *unused, struct MHD_Connection *connection, const char *url,
			      const char *method, const char *version, const char *upload,
			      size_t *upload_size, void **state)
{
	g_autoptr(GString) text = g_string_new(NULL);

	(void)unused, (void)version, (void)upload, (void)upload_size, (void)state;
	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0) {
		g_string_assign(text, "only GET\n");
		return respond(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "text/plain", text);
	}
	if (strcmp(url, "/metrics") != 0) {
		g_string_assign(text, "only /metrics\n");
		return respond(connection, MHD_HTTP_NOT_FOUND, "text/plain", text);
	}
	log_metrics_format(text);
	return respond(connection, MHD_HTTP_OK, "text/plain; version=0.0.4; charset=utf-8", text);
}

static void log_complaint(void *unused, const char *format, va_list arguments) G_GNUC_PRINTF(2, 0);

static void log_complaint(void *unused, const char *format, va_list arguments)
{
	g_autofree char *text = NULL;

	(void)unused;
	if (!log_enabled(LOG_LEVEL_DEBUG))
		return;
	text = g_strdup_vprintf(format, arguments);
	log_line(LOG_LEVEL_DEBUG, "metrics: %s", g_strchomp(text));
}

static bool resolve(const struct daemon_endpoint *endpoint, struct addrinfo **ret_addresses,
		    GError **ret_error)
{
	const struct addrinfo hints = {
		.ai_family = endpoint->kind == DAEMON_ENDPOINT_INET6 ? AF_INET6 : AF_INET,
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_PASSIVE | AI_NUMERICSERV,
	};
	char port[8];
	int status;

	g_snprintf(port, sizeof(port), "%u", endpoint->port);
	status = getaddrinfo(endpoint->host, port, &hints, ret_addresses);
	if (status == 0)
		return true;
	g_set_error(ret_error, MR_ERROR, MR_ERROR_CONFIG, "metrics: %s: %s", endpoint->host,
		    gai_strerror(status));
	return false;
}

static bool listen_at(int fd, const struct addrinfo *address)
{
	const int yes = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	return bind(fd, address->ai_addr, address->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0;
}

static bool open_listener(const struct addrinfo *address, const char *name, int *ret_fd,
			  GError **ret_error)
{
	int fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd >= 0 && listen_at(fd, address)) {
		*ret_fd = fd;
		return true;
	}
	mr_error_set_errno(ret_error, errno, "metrics: cannot listen at %s", name);
	if (fd >= 0)
		close(fd);
	return false;
}

bool daemon_metrics_open(const char *metrics, int *ret_fd, GError **ret_error)
{
	MR_AUTO(daemon_endpoint) endpoint = NULL;
	struct addrinfo *addresses = NULL;
	bool ok;

	if (!daemon_endpoint_parse(metrics, &endpoint, ret_error))
		return false;
	if (!resolve(endpoint, &addresses, ret_error))
		return false;
	ok = open_listener(addresses, metrics, ret_fd, ret_error);
	freeaddrinfo(addresses);
	return ok;
}

bool daemon_metrics_start(int fd, GError **ret_error)
{
	const struct MHD_Daemon *server = MHD_start_daemon(
		MHD_USE_AUTO | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_ERROR_LOG, 0, NULL, NULL,
		handle, NULL, MHD_OPTION_EXTERNAL_LOGGER, log_complaint, NULL,
		MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS_MAX,
		MHD_OPTION_CONNECTION_TIMEOUT, IDLE_SECONDS, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
		CONNECTION_BYTES_MAX, MHD_OPTION_END);

	if (server)
		return true;
	g_set_error_literal(ret_error, MR_ERROR, MR_ERROR_SYSTEM,
			    "metrics: cannot start the HTTP server");
	return false;
}
