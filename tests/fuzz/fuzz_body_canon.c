/* SPDX-License-Identifier: BSD-2-Clause */
/* Whole against chunked: the first byte chooses the algorithm and where the chunks end. */

#include <stdint.h>
#include <string.h>

#include "shared/dkim/canon.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void take(void *state, const unsigned char *bytes, size_t length)
{
	g_string_append_len(state, (const char *)bytes, (gssize)length);
}

static GString *canonicalise(enum dkim_canon canon, const uint8_t *data, size_t size, size_t chunk)
{
	GString *out = g_string_new(NULL);
	struct dkim_body_canon *body =
		dkim_body_canon_new(canon, (struct dkim_canon_sink){ take, out });

	for (size_t at = 0; at < size; at += chunk)
		dkim_body_canon_update(body, data + at, MIN(chunk, size - at));
	dkim_body_canon_finish(body);
	dkim_body_canon_free(body);
	return out;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum dkim_canon canon = size > 0 && (data[0] & 1) ? DKIM_CANON_RELAXED : DKIM_CANON_SIMPLE;
	size_t chunk = size > 0 ? 1 + data[0] / 2u : 1;
	GString *whole = canonicalise(canon, data, size, MAX(size, 1));
	GString *chunked = canonicalise(canon, data, size, chunk);

	g_assert_true(g_string_equal(whole, chunked));
	g_assert_true(canon == DKIM_CANON_RELAXED || g_str_has_suffix(whole->str, "\r\n") ||
		      memchr(whole->str, 0, whole->len) != NULL);
	g_string_free(whole, TRUE);
	g_string_free(chunked, TRUE);
	return 0;
}
