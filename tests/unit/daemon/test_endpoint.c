/* SPDX-License-Identifier: BSD-2-Clause */

#include <glib.h>

#include "shared/base/error.h"
#include "shared/daemon/endpoint.h"

#define HUNDRED                                                                                    \
	"/2345678901234567890123456789012345678901234567890"                                       \
	"12345678901234567890123456789012345678901234567890"

static void test_good(void)
{
	static const struct {
		const char *text;
		enum daemon_endpoint_kind kind;
		const char *path, *host;
		unsigned port;
	} cases[] = {
		{ "unix:/run/x.sock", DAEMON_ENDPOINT_UNIX, "/run/x.sock", NULL, 0 },
		{ "unix:" HUNDRED "1234567", DAEMON_ENDPOINT_UNIX, HUNDRED "1234567", NULL, 0 },
		{ "inet:8891", DAEMON_ENDPOINT_INET, NULL, NULL, 8891 },
		{ "inet:8891@127.0.0.1", DAEMON_ENDPOINT_INET, NULL, "127.0.0.1", 8891 },
		{ "INET:65535@mx.example", DAEMON_ENDPOINT_INET, NULL, "mx.example", 65535 },
		{ "inet6:1@::1", DAEMON_ENDPOINT_INET6, NULL, "::1", 1 },
		{ "inet6:1@[::1]", DAEMON_ENDPOINT_INET6, NULL, "::1", 1 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		MR_AUTO(daemon_endpoint) endpoint = NULL;
		g_autoptr(GError) error = NULL;

		g_test_message("%s", cases[i].text);
		g_assert_true(daemon_endpoint_parse(cases[i].text, &endpoint, &error));
		g_assert_no_error(error);
		g_assert_cmpint(endpoint->kind, ==, cases[i].kind);
		g_assert_cmpstr(endpoint->path, ==, cases[i].path);
		g_assert_cmpstr(endpoint->host, ==, cases[i].host);
		g_assert_cmpuint(endpoint->port, ==, cases[i].port);
	}
}

static void test_bad(void)
{
	static const char *const cases[] = {
		"",
		"/run/x.sock",
		"unix:",
		"unix:x.sock",
		"unix:@abstract",
		"unix:" HUNDRED "12345678",
		"local:/run/x.sock",
		"inet:",
		"inet:0",
		"inet:65536",
		"inet:-1",
		"inet:smtp@127.0.0.1",
		"inet:8891@",
		"inet:8891@[]",
		"inet:8891:127.0.0.1",
		"inet:8891 @127.0.0.1",
		"inet4:1@127.0.0.1",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		MR_AUTO(daemon_endpoint) endpoint = NULL;
		g_autoptr(GError) error = NULL;

		g_test_message("%s", cases[i]);
		g_assert_false(daemon_endpoint_parse(cases[i], &endpoint, &error));
		g_assert_error(error, MR_ERROR, MR_ERROR_CONFIG);
		g_assert_null(endpoint);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/daemon/endpoint/good", test_good);
	g_test_add_func("/daemon/endpoint/bad", test_bad);
	return g_test_run();
}
