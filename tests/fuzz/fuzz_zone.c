/* SPDX-License-Identifier: BSD-2-Clause */

#include <stdint.h>

#include "shared/dns/zone.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	MR_AUTO(dns_resolver) resolver = NULL;
	MR_AUTO(dns_answer) answer = NULL;
	g_autofree char *text = NULL;
	size_t length;

	if (!dns_zone_new_from_text("zone", (const char *)data, size, &resolver, NULL))
		return 0;
	answer = dns_resolve(resolver, "a.example", DNS_TXT, 1000);
	for (size_t i = 0; i < answer->n_records; i++) {
		if (!dns_record_text(&answer->records[i], &text, &length))
			g_assert_not_reached();
		g_clear_pointer(&text, g_free);
	}
	return 0;
}
