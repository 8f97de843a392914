/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Decides whether a message is ours from what the MTA said of its way in. Knows nothing of keys or
 * addresses in the message. Rules are shared by all threads.
 */

#include <netinet/in.h>
#include <string.h>

#include "milters/dkim-sign/origin.h"

struct sign_origin_rules {
	bool authenticated;
	bool local;
	bool relayed;
	GArray *networks; /* struct sign_network */
	char **listeners;
	char **reinjection_listeners;
};

bool sign_origin_rules_new(const struct sign_origin_settings *settings,
			   struct sign_origin_rules **ret_rules, GError **ret_error)
{
	MR_AUTO(sign_origin_rules) rules = g_new0(struct sign_origin_rules, 1);

	rules->authenticated = settings->authenticated;
	rules->local = settings->local;
	rules->relayed = settings->relayed;
	rules->networks = g_array_new(FALSE, FALSE, sizeof(struct sign_network));
	rules->listeners = g_strdupv(settings->listeners);
	rules->reinjection_listeners = g_strdupv(settings->reinjection_listeners);
	for (char **text = settings->networks; *text; text++) {
		struct sign_network network;

		if (!sign_network_parse(*text, &network, ret_error))
			return false;
		g_array_append_val(rules->networks, network);
	}
	*ret_rules = g_steal_pointer(&rules);
	return true;
}

void sign_origin_rules_free(struct sign_origin_rules *rules)
{
	if (!rules)
		return;
	g_array_unref(rules->networks);
	g_strfreev(rules->listeners);
	g_strfreev(rules->reinjection_listeners);
	g_free(rules);
}

/* 0 also for families without ports. */
static unsigned port_of(const struct sockaddr *address)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	if (address->sa_family == AF_INET) {
		memcpy(&v4, address, sizeof(v4));
		return ntohs(v4.sin_port);
	}
	if (address->sa_family == AF_INET6) {
		memcpy(&v6, address, sizeof(v6));
		return ntohs(v6.sin6_port);
	}
	return 0;
}

void sign_client_set_address(struct sign_client *client, const char *hostname,
			     const struct sockaddr *address)
{
	bool named_localhost = hostname && g_ascii_strcasecmp(hostname, "localhost") == 0;

	client->has_address = sign_address_from_socket(address, &client->address);
	if (client->has_address)
		client->local = port_of(address) == 0 && named_localhost &&
				sign_address_is_loopback(&client->address);
	else
		client->local = named_localhost;
}

static bool in_networks(const struct sign_origin_rules *rules, const struct sign_address *address)
{
	for (guint i = 0; i < rules->networks->len; i++) {
		if (sign_network_contains(&g_array_index(rules->networks, struct sign_network, i),
					  address))
			return true;
	}
	return false;
}

static bool listed(char **listeners, const char *listener)
{
	return listener && g_strv_contains((const char *const *)listeners, listener);
}

enum sign_origin sign_origin_at_mail(const struct sign_origin_rules *rules,
				     const struct sign_client *client)
{
	if (rules->authenticated && client->user && client->user[0] != '\0')
		return SIGN_ORIGIN_AUTHENTICATED;
	if (listed(rules->reinjection_listeners, client->listener))
		return SIGN_ORIGIN_FOREIGN;
	if (client->local)
		return rules->local ? SIGN_ORIGIN_LOCAL : SIGN_ORIGIN_FOREIGN;
	if (listed(rules->listeners, client->listener))
		return SIGN_ORIGIN_LISTENER;
	if (!client->has_address || !in_networks(rules, &client->address))
		return SIGN_ORIGIN_FOREIGN;
	return sign_address_is_loopback(&client->address) ? SIGN_ORIGIN_LOOPBACK
							  : SIGN_ORIGIN_NETWORK;
}

static bool is_blank(unsigned char byte)
{
	return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

/* Takes a comment that may hold others (RFC 5322 3.2.2); one without an end takes all. */
static void skip_comment(struct reader *reader)
{
	unsigned depth = 0;
	int byte;

	do {
		byte = reader_next(reader);
		if (byte == '\\')
			reader_next(reader);
		else if (byte == '(')
			depth++;
		else if (byte == ')')
			depth--;
	} while (depth > 0 && byte >= 0);
}

bool sign_received_from_elsewhere(struct slice value)
{
	struct reader reader;

	reader_init(&reader, value.data, value.length);
	reader_take_while(&reader, is_blank);
	while (reader_peek(&reader) == '(') {
		skip_comment(&reader);
		reader_take_while(&reader, is_blank);
	}
	return reader_skip_text_nocase(&reader, "from");
}

enum sign_origin sign_origin_at_end_of_header(const struct sign_origin_rules *rules,
					      enum sign_origin at_mail, bool from_elsewhere)
{
	if (!from_elsewhere || rules->relayed)
		return at_mail;
	if (at_mail == SIGN_ORIGIN_LOOPBACK || at_mail == SIGN_ORIGIN_LOCAL)
		return SIGN_ORIGIN_RELAYED;
	return at_mail;
}

bool sign_origin_is_ours(enum sign_origin origin)
{
	return origin != SIGN_ORIGIN_FOREIGN && origin != SIGN_ORIGIN_RELAYED;
}

const char *sign_origin_to_string(enum sign_origin origin)
{
	static const char *const words[] = {
		[SIGN_ORIGIN_FOREIGN] = "foreign",   [SIGN_ORIGIN_AUTHENTICATED] = "authenticated",
		[SIGN_ORIGIN_LISTENER] = "listener", [SIGN_ORIGIN_NETWORK] = "network",
		[SIGN_ORIGIN_LOOPBACK] = "loopback", [SIGN_ORIGIN_LOCAL] = "local",
		[SIGN_ORIGIN_RELAYED] = "relayed",
	};

	return words[origin];
}
