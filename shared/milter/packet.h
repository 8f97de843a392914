/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MILLRACE_MILTER_PACKET_H
#define MILLRACE_MILTER_PACKET_H

/*
 * Follows the packets of one connection (length in four bytes, command, data) to find the one that
 * libmilter takes and should not: macros that are no pairs of name and value. Its look-up of a
 * macro then runs past the end of its list, through whatever lies there.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PACKET_HEAD_BYTES 5u

struct packet {
	unsigned char head[PACKET_HEAD_BYTES];
	size_t have;   /* of the head */
	uint32_t left; /* of the data */
	bool odd;      /* an odd number of strings has ended so far */
};

/* The next bytes, cut anyhow. False once a packet was complete that libmilter must not see. */
bool packet_take(struct packet *packet, const unsigned char *bytes, size_t length);

#endif
