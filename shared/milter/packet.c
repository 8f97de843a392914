/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Knows how packets are cut out of a stream and how macros lie in one. Refuses to know what any
 * packet means. A state belongs to whoever holds it.
 */

#include <glib.h>
#include <string.h>

#include "shared/milter/packet.h"

#define MACROS 'D'

static size_t take_head(struct packet *packet, const unsigned char *bytes, size_t length)
{
	size_t taken = MIN(length, PACKET_HEAD_BYTES - packet->have);
	uint32_t size;

	memcpy(packet->head + packet->have, bytes, taken);
	packet->have += taken;
	if (packet->have < PACKET_HEAD_BYTES)
		return taken;
	memcpy(&size, packet->head, sizeof(size));
	size = GUINT32_FROM_BE(size);
	packet->left = size > 0 ? size - 1 : 0; /* the command counts too */
	packet->odd = false;
	return taken;
}

static size_t take_data(struct packet *packet, const unsigned char *bytes, size_t length)
{
	size_t taken = MIN(length, packet->left);

	for (size_t i = 0; packet->head[PACKET_HEAD_BYTES - 1] == MACROS && i < taken; i++)
		packet->odd ^= bytes[i] == '\0';
	packet->left -= (uint32_t)taken;
	return taken;
}

bool packet_take(struct packet *packet, const unsigned char *bytes, size_t length)
{
	while (length > 0) {
		size_t taken = packet->have < PACKET_HEAD_BYTES ? take_head(packet, bytes, length)
								: take_data(packet, bytes, length);

		bytes += taken;
		length -= taken;
		if (packet->have < PACKET_HEAD_BYTES || packet->left > 0)
			continue;
		packet->have = 0;
		if (packet->odd)
			return false;
	}
	return true;
}
