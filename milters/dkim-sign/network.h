/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MILLRACE_DKIM_SIGN_NETWORK_H
#define MILLRACE_DKIM_SIGN_NETWORK_H

/*
 * IP addresses and networks. Both families are kept in one form, the 128 bits of IPv6, with
 * IPv4 as v4-mapped (RFC 4291 2.5.5.2): a client that comes in over a v6 socket as
 * ::ffff:192.0.2.1 is the same as 192.0.2.1. Plain values; any thread.
 */

#include <glib.h>
#include <stdbool.h>
#include <sys/socket.h>

#define SIGN_ADDRESS_BYTES 16u
#define SIGN_NETWORK_BITS 128u

struct sign_address {
	unsigned char bytes[SIGN_ADDRESS_BYTES];
};

struct sign_network {
	struct sign_address address; /* zero below the prefix */
	unsigned prefix;	     /* 0..128; an IPv4 /8 is 104 */
};

/* "192.0.2.1" or "2001:db8::1"; false when it is neither. */
bool sign_address_from_string(const char *text, struct sign_address *ret_address);
/* False when the address is NULL or of another family. */
bool sign_address_from_socket(const struct sockaddr *address, struct sign_address *ret_address);
/* As people write it, v4-mapped as IPv4; freed with g_free. */
char *sign_address_to_string(const struct sign_address *address);
/* 127.0.0.0/8 or ::1. */
bool sign_address_is_loopback(const struct sign_address *address);

/* "ADDRESS/BITS", "[ADDRESS]/BITS" or an address alone. CONFIG error, also for bits set beyond
 * the prefix. */
bool sign_network_parse(const char *text, struct sign_network *ret_network, GError **ret_error);
bool sign_network_contains(const struct sign_network *network, const struct sign_address *address);

#endif
