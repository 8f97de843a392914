/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Knows how the wished-for hashes of one body are computed side by side while it streams.
 * Canonicalisers and digest contexts are made at the first wish and kept from message to message.
 * Refuses to know whose signature a hash is for. One message, one thread at a time.
 */

#include <glib.h>

#include "shared/dkim/body_hash.h"
#include "shared/dkim/crypto.h"

struct body_hash {
	enum dkim_canon canon;
	int64_t limit;
	int64_t total; /* canonical bytes so far */
	struct dkim_body_canon *body;
	EVP_MD_CTX *context;
	unsigned char digest[DKIM_HASH_LENGTH];
};

struct dkim_body_hashes {
	unsigned count; /* of slots in use */
	struct body_hash slots[DKIM_BODY_HASHES_MAX];
};

static void take_canonical(void *state, const unsigned char *bytes, size_t length)
{
	struct body_hash *hash = state;
	int64_t room = hash->limit > hash->total ? hash->limit - hash->total : 0;
	size_t covered = (uint64_t)room < length ? (size_t)room : length;

	if (covered > 0 && EVP_DigestUpdate(hash->context, bytes, covered) != 1)
		g_error("SHA-256 failed");
	hash->total += (int64_t)length;
}

static void slot_begin(struct body_hash *hash, enum dkim_canon canon, int64_t limit)
{
	if (hash->body != NULL && hash->canon != canon) {
		dkim_body_canon_free(hash->body);
		hash->body = NULL;
	}
	if (hash->body == NULL)
		hash->body = dkim_body_canon_new(canon,
						 (struct dkim_canon_sink){ take_canonical, hash });
	if (hash->context == NULL)
		hash->context = EVP_MD_CTX_new();
	/* The context's first start names the digest, later ones reuse it. */
	if (hash->context == NULL ||
	    EVP_DigestInit_ex2(hash->context, dkim_crypto_sha256(), NULL) != 1)
		g_error("SHA-256 cannot start: out of memory");
	hash->canon = canon;
	hash->limit = limit;
	hash->total = 0;
}

struct dkim_body_hashes *dkim_body_hashes_new(void)
{
	return g_new0(struct dkim_body_hashes, 1);
}

void dkim_body_hashes_free(struct dkim_body_hashes *hashes)
{
	if (hashes == NULL)
		return;
	for (unsigned i = 0; i < DKIM_BODY_HASHES_MAX; i++) {
		dkim_body_canon_free(hashes->slots[i].body);
		EVP_MD_CTX_free(hashes->slots[i].context);
	}
	g_free(hashes);
}

void dkim_body_hashes_reset(struct dkim_body_hashes *hashes)
{
	for (unsigned i = 0; i < hashes->count; i++)
		dkim_body_canon_reset(hashes->slots[i].body);
	hashes->count = 0;
}

bool dkim_body_hashes_want(struct dkim_body_hashes *hashes, enum dkim_canon canon, int64_t limit,
			   unsigned *ret_index)
{
	g_assert(limit >= 0);
	for (unsigned i = 0; i < hashes->count; i++) {
		if (hashes->slots[i].canon == canon && hashes->slots[i].limit == limit) {
			*ret_index = i;
			return true;
		}
	}
	if (hashes->count == DKIM_BODY_HASHES_MAX)
		return false;
	slot_begin(&hashes->slots[hashes->count], canon, limit);
	*ret_index = hashes->count++;
	return true;
}

void dkim_body_hashes_update(struct dkim_body_hashes *hashes, const unsigned char *chunk,
			     size_t length)
{
	for (unsigned i = 0; i < hashes->count; i++)
		dkim_body_canon_update(hashes->slots[i].body, chunk, length);
}

void dkim_body_hashes_finish(struct dkim_body_hashes *hashes)
{
	for (unsigned i = 0; i < hashes->count; i++) {
		struct body_hash *hash = &hashes->slots[i];

		dkim_body_canon_finish(hash->body);
		if (EVP_DigestFinal_ex(hash->context, hash->digest, NULL) != 1)
			g_error("SHA-256 failed");
	}
}

const unsigned char *dkim_body_hashes_digest(const struct dkim_body_hashes *hashes, unsigned index)
{
	g_assert(index < hashes->count);
	return hashes->slots[index].digest;
}

int64_t dkim_body_hashes_uncovered(const struct dkim_body_hashes *hashes, unsigned index)
{
	const struct body_hash *hash = &hashes->slots[index];

	g_assert(index < hashes->count);
	return hash->limit == DKIM_BODY_UNLIMITED ? 0 : hash->total - hash->limit;
}
