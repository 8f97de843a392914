/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Addresses and networks as 128-bit values. Knows the textual forms of RFC 4291 and nothing of
 * who is trusted. Pure functions, any thread.
 */

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "milters/dkim-sign/network.h"
#include "shared/base/error.h"

#define MAPPED_BITS 96u /* of ::ffff:0:0/96 */

/* ::ffff:0:0/96, RFC 4291 2.5.5.2 */
static const unsigned char mapped_prefix[] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

static void set_v4(struct sign_address *address, const void *four_bytes)
{
	memcpy(address->bytes, mapped_prefix, sizeof(mapped_prefix));
	memcpy(address->bytes + sizeof(mapped_prefix), four_bytes, 4);
}

static bool is_v4(const struct sign_address *address)
{
	return memcmp(address->bytes, mapped_prefix, sizeof(mapped_prefix)) == 0;
}

bool sign_address_from_string(const char *text, struct sign_address *ret_address)
{
	unsigned char v4[4];

	if (inet_pton(AF_INET, text, v4) == 1) {
		set_v4(ret_address, v4);
		return true;
	}
	return inet_pton(AF_INET6, text, ret_address->bytes) == 1;
}

bool sign_address_from_socket(const struct sockaddr *address, struct sign_address *ret_address)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	if (!address)
		return false;
	if (address->sa_family == AF_INET) {
		memcpy(&v4, address, sizeof(v4));
		set_v4(ret_address, &v4.sin_addr);
		return true;
	}
	if (address->sa_family != AF_INET6)
		return false;
	memcpy(&v6, address, sizeof(v6));
	memcpy(ret_address->bytes, &v6.sin6_addr, SIGN_ADDRESS_BYTES);
	return true;
}

char *sign_address_to_string(const struct sign_address *address)
{
	char text[INET6_ADDRSTRLEN];

	if (is_v4(address))
		inet_ntop(AF_INET, address->bytes + 12, text, sizeof(text));
	else
		inet_ntop(AF_INET6, address->bytes, text, sizeof(text));
	return g_strdup(text);
}

bool sign_address_is_loopback(const struct sign_address *address)
{
	static const unsigned char v6_loopback[SIGN_ADDRESS_BYTES] = { [15] = 1 };

	if (is_v4(address))
		return address->bytes[12] == 127;
	return memcmp(address->bytes, v6_loopback, sizeof(v6_loopback)) == 0;
}

/* True when no bit below the prefix is set. */
static bool is_network_address(const struct sign_network *network)
{
	for (unsigned bit = network->prefix; bit < SIGN_NETWORK_BITS; bit++) {
		if (network->address.bytes[bit / 8] & (0x80u >> bit % 8))
			return false;
	}
	return true;
}

static bool parse_prefix(const char *text, unsigned maximum, unsigned *ret_bits)
{
	guint64 bits;

	if (!g_ascii_string_to_unsigned(text, 10, 0, maximum, &bits, NULL))
		return false;
	*ret_bits = (unsigned)bits;
	return true;
}

/* The address part without brackets. */
static char *bare_address(const char *text, size_t length)
{
	if (length > 2 && text[0] == '[' && text[length - 1] == ']')
		return g_strndup(text + 1, length - 2);
	return g_strndup(text, length);
}

bool sign_network_parse(const char *text, struct sign_network *ret_network, GError **ret_error)
{
	const char *slash = strchr(text, '/');
	g_autofree char *address =
		bare_address(text, slash ? (size_t)(slash - text) : strlen(text));
	struct sign_network network = { .prefix = SIGN_NETWORK_BITS };
	unsigned offset;

	if (!sign_address_from_string(address, &network.address)) {
		g_set_error(ret_error, MR_ERROR, MR_ERROR_CONFIG, "\"%s\" is no IP network", text);
		return false;
	}
	offset = is_v4(&network.address) && !strchr(address, ':') ? MAPPED_BITS : 0;
	if (slash) {
		if (!parse_prefix(slash + 1, SIGN_NETWORK_BITS - offset, &network.prefix)) {
			g_set_error(ret_error, MR_ERROR, MR_ERROR_CONFIG,
				    "\"%s\": the prefix is a number from 0 to %u", text,
				    SIGN_NETWORK_BITS - offset);
			return false;
		}
		network.prefix += offset;
	}
	if (!is_network_address(&network)) {
		g_set_error(ret_error, MR_ERROR, MR_ERROR_CONFIG,
			    "\"%s\" has bits beyond its prefix", text);
		return false;
	}
	*ret_network = network;
	return true;
}

bool sign_network_contains(const struct sign_network *network, const struct sign_address *address)
{
	unsigned bytes = network->prefix / 8;
	unsigned char mask = (unsigned char)(0xff00u >> network->prefix % 8);

	if (memcmp(network->address.bytes, address->bytes, bytes) != 0)
		return false;
	return bytes == SIGN_ADDRESS_BYTES ||
	       ((network->address.bytes[bytes] ^ address->bytes[bytes]) & mask) == 0;
}
