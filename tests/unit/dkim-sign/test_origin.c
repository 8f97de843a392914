/* SPDX-License-Identifier: BSD-2-Clause */

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "milters/dkim-sign/origin.h"
#include "shared/base/error.h"

/* Lists are words with blanks between. */
static bool try_rules(const char *networks, const char *listeners, const char *reinjection,
		      bool relayed, struct sign_origin_rules **ret_rules, GError **ret_error)
{
	g_auto(GStrv) network_list = g_strsplit(networks, " ", -1);
	g_auto(GStrv) listener_list = g_strsplit(listeners, " ", -1);
	g_auto(GStrv) reinjection_list = g_strsplit(reinjection, " ", -1);
	const struct sign_origin_settings settings = { .authenticated = listeners[0] != '\0',
						       .networks = network_list,
						       .listeners = listener_list,
						       .local = listeners[0] != '\0',
						       .reinjection_listeners = reinjection_list,
						       .relayed = relayed };

	return sign_origin_rules_new(&settings, ret_rules, ret_error);
}

static struct sign_origin_rules *make_rules(bool relayed)
{
	struct sign_origin_rules *rules;

	g_assert_true(try_rules("127.0.0.0/8 ::1/128 10.0.0.0/8", "ORIGINATING", "FROM-FILTER",
				relayed, &rules, NULL));
	return rules;
}

/* As an MTA gives a client: "ADDRESS PORT", or NULL. */
static struct sign_client make_client(const char *hostname, const char *address, unsigned port)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port) };
	struct sign_client client = { 0 };

	if (!address)
		sign_client_set_address(&client, hostname, NULL);
	else if (inet_pton(AF_INET, address, &v4.sin_addr) == 1)
		sign_client_set_address(&client, hostname, (struct sockaddr *)&v4);
	else if (inet_pton(AF_INET6, address, &v6.sin6_addr) == 1)
		sign_client_set_address(&client, hostname, (struct sockaddr *)&v6);
	return client;
}

static void test_origins(void)
{
	static const struct {
		const char *name, *hostname, *address;
		unsigned port;
		const char *listener, *user;
		enum sign_origin at_mail, with_received;
	} cases[] = {
		{ "the world", "mx.example", "203.0.113.9", 4711, "smtpd", NULL,
		  SIGN_ORIGIN_FOREIGN, SIGN_ORIGIN_FOREIGN },
		{ "the world on a submission listener", "mx.example", "203.0.113.9", 4711,
		  "ORIGINATING", NULL, SIGN_ORIGIN_LISTENER, SIGN_ORIGIN_LISTENER },
		{ "names of listeners have case", "mx.example", "203.0.113.9", 4711, "originating",
		  NULL, SIGN_ORIGIN_FOREIGN, SIGN_ORIGIN_FOREIGN },
		{ "authenticated", "home.example", "203.0.113.9", 4711, "smtpd", "alice",
		  SIGN_ORIGIN_AUTHENTICATED, SIGN_ORIGIN_AUTHENTICATED },
		{ "no user is no authentication", "home.example", "203.0.113.9", 4711, "smtpd", "",
		  SIGN_ORIGIN_FOREIGN, SIGN_ORIGIN_FOREIGN },
		{ "a client network relays", "app.example", "10.1.2.3", 4711, "smtpd", NULL,
		  SIGN_ORIGIN_NETWORK, SIGN_ORIGIN_NETWORK },
		{ "v4-mapped", "app.example", "::ffff:10.1.2.3", 4711, "smtpd", NULL,
		  SIGN_ORIGIN_NETWORK, SIGN_ORIGIN_NETWORK },
		{ "loopback", "localhost", "127.0.0.1", 4711, "smtpd", NULL, SIGN_ORIGIN_LOOPBACK,
		  SIGN_ORIGIN_RELAYED },
		{ "v6 loopback", "localhost", "::1", 4711, "smtpd", NULL, SIGN_ORIGIN_LOOPBACK,
		  SIGN_ORIGIN_RELAYED },
		{ "Postfix without SMTP", "localhost", "127.0.0.1", 0, "mx.example", NULL,
		  SIGN_ORIGIN_LOCAL, SIGN_ORIGIN_RELAYED },
		{ "Sendmail -bs", "localhost", NULL, 0, NULL, NULL, SIGN_ORIGIN_LOCAL,
		  SIGN_ORIGIN_RELAYED },
		{ "a client that went away", "unknown", NULL, 0, "smtpd", NULL, SIGN_ORIGIN_FOREIGN,
		  SIGN_ORIGIN_FOREIGN },
		{ "a remote client of port 0", "localhost", "203.0.113.9", 0, "smtpd", NULL,
		  SIGN_ORIGIN_FOREIGN, SIGN_ORIGIN_FOREIGN },
		{ "re-injected, by address", "localhost", "127.0.0.1", 4711, "FROM-FILTER", NULL,
		  SIGN_ORIGIN_FOREIGN, SIGN_ORIGIN_FOREIGN },
		{ "re-injected, by network", "filter", "10.0.0.5", 4711, "FROM-FILTER", NULL,
		  SIGN_ORIGIN_FOREIGN, SIGN_ORIGIN_FOREIGN },
		{ "re-injected with a user", "filter", "10.0.0.5", 4711, "FROM-FILTER", "alice",
		  SIGN_ORIGIN_AUTHENTICATED, SIGN_ORIGIN_AUTHENTICATED },
		{ "no listener told", "mx.example", "203.0.113.9", 4711, NULL, NULL,
		  SIGN_ORIGIN_FOREIGN, SIGN_ORIGIN_FOREIGN },
	};
	MR_AUTO(sign_origin_rules) rules = make_rules(false);

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct sign_client client =
			make_client(cases[i].hostname, cases[i].address, cases[i].port);
		enum sign_origin origin;

		client.listener = cases[i].listener;
		client.user = cases[i].user;
		g_test_message("%s", cases[i].name);
		origin = sign_origin_at_mail(rules, &client);
		g_assert_cmpint(origin, ==, cases[i].at_mail);
		g_assert_cmpint(sign_origin_at_end_of_header(rules, origin, false), ==, origin);
		g_assert_cmpint(sign_origin_at_end_of_header(rules, origin, true), ==,
				cases[i].with_received);
	}
}

static void test_all_off(void)
{
	struct sign_client client = make_client("localhost", "127.0.0.1", 0);
	MR_AUTO(sign_origin_rules) rules = NULL;

	g_assert_true(try_rules("", "", "", false, &rules, NULL));
	client.user = "alice";
	client.listener = "ORIGINATING";
	g_assert_cmpint(sign_origin_at_mail(rules, &client), ==, SIGN_ORIGIN_FOREIGN);
}

static void test_relayed_allowed(void)
{
	MR_AUTO(sign_origin_rules) rules = make_rules(true);

	g_assert_cmpint(sign_origin_at_end_of_header(rules, SIGN_ORIGIN_LOOPBACK, true), ==,
			SIGN_ORIGIN_LOOPBACK);
	g_assert_false(sign_origin_is_ours(SIGN_ORIGIN_RELAYED));
	g_assert_false(sign_origin_is_ours(SIGN_ORIGIN_FOREIGN));
	g_assert_true(sign_origin_is_ours(SIGN_ORIGIN_LOOPBACK));
}

static void test_bad_network(void)
{
	struct sign_origin_rules *rules;
	g_autoptr(GError) error = NULL;

	g_assert_false(try_rules("10.0.0.0/8 nowhere", "", "", false, &rules, &error));
	g_assert_error(error, MR_ERROR, MR_ERROR_CONFIG);
}

static void test_received(void)
{
	static const struct {
		const char *value;
		bool from_elsewhere;
	} cases[] = {
		{ " from mail.example (mail.example [203.0.113.9])\n\tby mx.example", true },
		{ " FROM mail.example by mx.example", true },
		{ "\n\tfrom mail.example", true },
		{ " (qmail 1 invoked from network); 1 Jan", false },
		{ " (a (nested) \\) comment) from mail.example", true },
		{ " by mx.example (Postfix, from userid 0)\n\tid 4XyZ; Mon, 1 Jan", false },
		{ " (from root@localhost)\n\tby mx.example (8.17.1/8.17.1/Submit) id 1", false },
		{ "", false },
		{ " (no end from", false },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct slice value = { cases[i].value, strlen(cases[i].value) };

		g_test_message("\"%s\"", cases[i].value);
		g_assert_cmpint(sign_received_from_elsewhere(value), ==, cases[i].from_elsewhere);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/dkim-sign/origin/origins", test_origins);
	g_test_add_func("/dkim-sign/origin/all-off", test_all_off);
	g_test_add_func("/dkim-sign/origin/relayed-allowed", test_relayed_allowed);
	g_test_add_func("/dkim-sign/origin/bad-network", test_bad_network);
	g_test_add_func("/dkim-sign/origin/received/rfc5321-4.4", test_received);
	return g_test_run();
}
