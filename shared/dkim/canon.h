/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MILLRACE_DKIM_CANON_H
#define MILLRACE_DKIM_CANON_H

/*
 * Canonicalisation (RFC 6376 3.4). Header fields are canonicalised one at a time into a
 * buffer; the body streams in chunks of any size into a sink, in constant memory: the result does
 * not depend on where chunks end. In a header field LF alone counts as CRLF (a milter's folds are
 * LF); body bytes are taken as they are: a bare LF or CR is no line end.
 */

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shared/mail/header.h"

enum dkim_canon { DKIM_CANON_SIMPLE, DKIM_CANON_RELAXED };

/* Appends the canonical form of the field to `out`, with the final CRLF (RFC 6376 3.4.1, 3.4.2). */
void dkim_canon_header(enum dkim_canon canon, struct slice name, struct slice value, GString *out);

/* "simple" or "relaxed". */
const char *dkim_canon_to_string(enum dkim_canon canon);
/* "relaxed/simple", "relaxed" (= relaxed/simple, RFC 6376 3.5 c=); false when it is neither. */
bool dkim_canon_pair_from_string(struct slice text, enum dkim_canon *ret_header,
				 enum dkim_canon *ret_body);

/* Takes canonical body bytes, in blocks. */
struct dkim_canon_sink {
	void (*take)(void *state, const unsigned char *bytes, size_t length);
	void *state;
};

struct dkim_body_canon;
struct dkim_body_canon *dkim_body_canon_new(enum dkim_canon canon, struct dkim_canon_sink sink);
void dkim_body_canon_free(struct dkim_body_canon *body);
void dkim_body_canon_update(struct dkim_body_canon *body, const unsigned char *chunk,
			    size_t length);
/* The body is complete: gives the sink what is still due (simple: at least one CRLF; relaxed:
 * nothing for an empty body) and is ready for the next body. */
void dkim_body_canon_finish(struct dkim_body_canon *body);
/* Forgets a half-read body. */
void dkim_body_canon_reset(struct dkim_body_canon *body);

#endif
