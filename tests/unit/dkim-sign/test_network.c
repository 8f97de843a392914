/* SPDX-License-Identifier: BSD-2-Clause */

#include <arpa/inet.h>
#include <netinet/in.h>

#include "milters/dkim-sign/network.h"
#include "shared/base/error.h"

static void test_contains(void)
{
	static const struct {
		const char *network, *address;
		bool contains;
	} cases[] = {
		{ "127.0.0.0/8", "127.255.0.1", true },
		{ "127.0.0.0/8", "128.0.0.1", false },
		{ "192.0.2.1", "192.0.2.1", true },
		{ "192.0.2.1", "192.0.2.2", false },
		{ "192.0.2.128/25", "192.0.2.127", false },
		{ "192.0.2.128/25", "192.0.2.200", true },
		{ "0.0.0.0/0", "203.0.113.9", true },
		{ "0.0.0.0/0", "2001:db8::1", false },
		{ "::/0", "203.0.113.9", true },
		{ "10.0.0.0/8", "::ffff:10.1.2.3", true },
		{ "::ffff:10.0.0.0/104", "10.1.2.3", true },
		{ "2001:db8::/33", "2001:db8:7fff::1", true },
		{ "2001:db8::/33", "2001:db8:8000::1", false },
		{ "[2001:db8::]/32", "2001:db8:8000::1", true },
		{ "::1", "::1", true },
		{ "::1/128", "127.0.0.1", false },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct sign_network network;
		struct sign_address address;

		g_test_message("%s in %s", cases[i].address, cases[i].network);
		g_assert_true(sign_network_parse(cases[i].network, &network, NULL));
		g_assert_true(sign_address_from_string(cases[i].address, &address));
		g_assert_cmpint(sign_network_contains(&network, &address), ==, cases[i].contains);
	}
}

static void test_no_networks(void)
{
	static const char *const cases[] = {
		"",
		"localhost",
		"10.0.0.0/33",
		"10.0.0.0/",
		"10.0.0.0/8x",
		"10.0.0.0/-1",
		"10.1.2.3/8",
		"10.0.0",
		"::1/129",
		"2001:db8::1/32",
		"10.0.0.0/+8",
		"10.0.0.0/8/8",
		"[::1",
		"10.0.0.0/ 8",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		struct sign_network network;

		g_test_message("\"%s\"", cases[i]);
		g_assert_false(sign_network_parse(cases[i], &network, &error));
		g_assert_error(error, MR_ERROR, MR_ERROR_CONFIG);
	}
}

static void test_socket_addresses(void)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(0xc0000201) };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
	struct sockaddr other = { .sa_family = AF_UNIX };
	struct sign_address from_v4, from_v6;
	g_autofree char *text = NULL;

	g_assert_cmpint(inet_pton(AF_INET6, "::ffff:192.0.2.1", &v6.sin6_addr), ==, 1);
	g_assert_true(sign_address_from_socket((struct sockaddr *)&v4, &from_v4));
	g_assert_true(sign_address_from_socket((struct sockaddr *)&v6, &from_v6));
	g_assert_cmpmem(&from_v4, sizeof(from_v4), &from_v6, sizeof(from_v6));
	text = sign_address_to_string(&from_v6);
	g_assert_cmpstr(text, ==, "192.0.2.1");
	g_assert_false(sign_address_from_socket(NULL, &from_v4));
	g_assert_false(sign_address_from_socket(&other, &from_v4));
}

static void test_loopback(void)
{
	static const struct {
		const char *address;
		bool loopback;
	} cases[] = {
		{ "127.0.0.1", true },	      { "127.9.9.9", true }, { "::1", true },
		{ "::ffff:127.0.0.1", true }, { "::", false },	     { "::2", false },
		{ "128.0.0.1", false },	      { "7f00::1", false },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct sign_address address;

		g_assert_true(sign_address_from_string(cases[i].address, &address));
		g_assert_cmpint(sign_address_is_loopback(&address), ==, cases[i].loopback);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/dkim-sign/network/contains", test_contains);
	g_test_add_func("/dkim-sign/network/no-networks", test_no_networks);
	g_test_add_func("/dkim-sign/network/socket-addresses", test_socket_addresses);
	g_test_add_func("/dkim-sign/network/loopback", test_loopback);
	return g_test_run();
}
