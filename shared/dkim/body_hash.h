/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MILLRACE_DKIM_BODY_HASH_H
#define MILLRACE_DKIM_BODY_HASH_H

/*
 * The hashes of one body, computed while it streams: one per distinct (canonicalisation, length
 * limit) with SHA-256, the only hash that may sign or pass (RFC 8301 3.1). Any number of signatures
 * share them. Constant memory.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shared/dkim/canon.h"

#define DKIM_HASH_LENGTH 32u
#define DKIM_BODY_HASHES_MAX 8u
#define DKIM_BODY_UNLIMITED INT64_MAX

struct dkim_body_hashes;

struct dkim_body_hashes *dkim_body_hashes_new(void);
void dkim_body_hashes_free(struct dkim_body_hashes *hashes);
/* Forgets everything, for the next message; contexts are kept. */
void dkim_body_hashes_reset(struct dkim_body_hashes *hashes);

/* Wants this hash; before the first update. `limit` is l= in canonical bytes or
 * DKIM_BODY_UNLIMITED. The same wish gives the same index. False when DKIM_BODY_HASHES_MAX distinct
 * ones are wanted already. */
bool dkim_body_hashes_want(struct dkim_body_hashes *hashes, enum dkim_canon canon, int64_t limit,
			   unsigned *ret_index);
void dkim_body_hashes_update(struct dkim_body_hashes *hashes, const unsigned char *chunk,
			     size_t length);
void dkim_body_hashes_finish(struct dkim_body_hashes *hashes);

/* After finish. The digest has DKIM_HASH_LENGTH bytes and lives until reset. */
const unsigned char *dkim_body_hashes_digest(const struct dkim_body_hashes *hashes, unsigned index);
/* After finish: canonical bytes of the body beyond the limit, which the hash does not cover; below
 * 0 when the body is shorter than the limit, which RFC 6376 3.5 (l=) forbids. */
int64_t dkim_body_hashes_uncovered(const struct dkim_body_hashes *hashes, unsigned index);

#endif
