/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Knows what an answer holds and how a TXT record's strings are joined. Refuses to know
 * where answers come from. Any thread.
 */

#include <string.h>

#include "shared/base/reader.h"
#include "shared/dns/engine.h"

static const char *const status_names[] = {
	[DNS_OK] = "ok",
	[DNS_NODATA] = "nodata",
	[DNS_NXDOMAIN] = "nxdomain",
	[DNS_SERVFAIL] = "servfail",
	[DNS_BOGUS] = "bogus",
	[DNS_TIMEOUT] = "timeout",
	[DNS_BAD_NAME] = "bad-name",
};

const char *dns_status_to_string(enum dns_status status)
{
	return status_names[status];
}

bool dns_status_is_definite(enum dns_status status)
{
	return status == DNS_OK || status == DNS_NODATA || status == DNS_NXDOMAIN;
}

struct dns_answer *dns_answer_new(enum dns_status status)
{
	struct dns_answer *answer = g_new0(struct dns_answer, 1);

	answer->status = status;
	return answer;
}

void dns_answer_add(struct dns_answer *answer, const void *data, size_t length)
{
	struct dns_record *record;

	answer->records = g_renew(struct dns_record, answer->records, answer->n_records + 1);
	record = &answer->records[answer->n_records++];
	record->data = g_memdup2(data, length);
	record->length = length;
}

void dns_answer_free(struct dns_answer *answer)
{
	if (answer == NULL)
		return;
	for (size_t i = 0; i < answer->n_records; i++)
		g_free((void *)(uintptr_t)answer->records[i].data);
	g_free(answer->records);
	g_free(answer->canonical_name);
	g_free(answer);
}

bool dns_record_text(const struct dns_record *record, char **ret_text, size_t *ret_length)
{
	g_autoptr(GString) text = g_string_sized_new(record->length);
	struct reader reader;
	int length;

	/* RFC 1035 3.3.14: one or more character-strings */
	if (record->length == 0)
		return false;
	reader_init(&reader, record->data, record->length);
	while ((length = reader_next(&reader)) >= 0) {
		if ((size_t)length > reader.length - reader.position)
			return false;
		g_string_append_len(text, (const char *)reader.data + reader.position, length);
		reader.position += (size_t)length;
	}
	*ret_length = text->len;
	*ret_text = g_string_free(g_steal_pointer(&text), FALSE);
	return true;
}
