/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Knows how a body is canonicalised while it streams (RFC 6376 3.4.3, 3.4.4): white space is
 * reduced first (relaxed only, through a small buffer), then line ends are held back until
 * something follows them. What is held back is counted, never stored, so memory does not grow with
 * the body; what "simple" leaves as it is goes to the sink from where it lies. Refuses to know what
 * the sink does. One body, one thread.
 */

#include <string.h>

#include "shared/dkim/canon.h"

#define GATHERED_MAX 4096u /* reduced bytes gathered before they go on */
#define BLOCK 16u	   /* bytes looked at in one step */

/* A run of white space whose fate hangs on what follows it. */
enum white { WHITE_NONE, WHITE_RUN, WHITE_RUN_CR };

struct dkim_body_canon {
	enum dkim_canon canon;
	struct dkim_canon_sink sink;
	enum white white;
	bool any;	    /* the sink got bytes */
	bool held_cr;	    /* a CR, after held_ends, whose LF may come */
	uint64_t held_ends; /* CRLFs not passed on yet */
	size_t gathered;
	unsigned char buffer[GATHERED_MAX + BLOCK];
};

typedef unsigned char block __attribute__((vector_size(BLOCK)));

#define ALL_OF(byte)                                                                               \
	((block){ byte, byte, byte, byte, byte, byte, byte, byte, byte, byte, byte, byte, byte,    \
		  byte, byte, byte })

static void put(struct dkim_body_canon *body, const void *bytes, size_t length)
{
	body->any = true;
	body->sink.take(body->sink.state, bytes, length);
}

static void put_held(struct dkim_body_canon *body)
{
	static const char lines[] =
		"\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n";
	const uint64_t most = (sizeof(lines) - 1) / 2;

	while (body->held_ends > 0) {
		uint64_t ends = MIN(body->held_ends, most);

		put(body, lines, 2 * (size_t)ends);
		body->held_ends -= ends;
	}
	if (body->held_cr)
		put(body, "\r", 1);
	body->held_cr = false;
}

/* Passes bytes on, but holds back the CRLFs (and a lone CR) they end in. */
static void put_lines(struct dkim_body_canon *body, const unsigned char *bytes, size_t length)
{
	size_t end = length;
	uint64_t ends = 0;
	bool cr = end > 0 && bytes[end - 1] == '\r';

	if (length == 0)
		return;
	if (cr)
		end--;
	for (; end >= 2 && bytes[end - 1] == '\n' && bytes[end - 2] == '\r'; end -= 2)
		ends++;
	if (body->held_cr && end == 1 && bytes[0] == '\n') {
		body->held_cr = false;
		ends++;
	} else if (end > 0 || body->held_cr) {
		put_held(body);
		if (end > 0)
			put(body, bytes, end);
	}
	body->held_ends += ends;
	body->held_cr = cr;
}

static void put_gathered(struct dkim_body_canon *body)
{
	put_lines(body, body->buffer, body->gathered);
	body->gathered = 0;
}

static void gather(struct dkim_body_canon *body, char byte)
{
	if (body->gathered >= GATHERED_MAX)
		put_gathered(body);
	body->buffer[body->gathered++] = (unsigned char)byte;
}

/* The first byte of a comparison's result that is not 0, or BLOCK. */
static size_t first_set(block hits)
{
	uint64_t half[2];

	memcpy(half, &hits, sizeof(half));
	if (half[0] != 0)
		return (size_t)__builtin_ctzll(GUINT64_FROM_LE(half[0])) / 8;
	if (half[1] != 0)
		return 8 + (size_t)__builtin_ctzll(GUINT64_FROM_LE(half[1])) / 8;
	return BLOCK;
}

/* Gathers whole blocks up to white space that may not stay as it is: a tab, or a space before
 * another blank or a control character (which takes CR in). Returns how many bytes it took. */
static size_t gather_blocks(struct dkim_body_canon *body, const unsigned char *bytes, size_t length)
{
	size_t hit = BLOCK;
	size_t i = 0;

	while (hit == BLOCK && i + BLOCK < length) {
		block here, next;

		memcpy(&here, bytes + i, BLOCK);
		memcpy(&next, bytes + i + 1, BLOCK);
		hit = first_set((block)((here == ALL_OF('\t')) |
					((here == ALL_OF(' ')) & (next <= ALL_OF(' ')))));
		if (body->gathered >= GATHERED_MAX)
			put_gathered(body);
		memcpy(body->buffer + body->gathered, &here, BLOCK);
		body->gathered += hit;
		i += hit;
	}
	if (hit < BLOCK)
		body->white = WHITE_RUN;
	return i;
}

/* The same for the end of a chunk, byte by byte; any blank is looked at. */
static size_t gather_bytes(struct dkim_body_canon *body, const unsigned char *bytes, size_t length)
{
	size_t i = 0;

	while (i < length && bytes[i] != ' ' && bytes[i] != '\t')
		gather(body, (char)bytes[i++]);
	if (i < length)
		body->white = WHITE_RUN;
	return i;
}

/* Goes on with a run of white space: it vanishes before CRLF and is one space elsewhere (3.4.4).
 * Returns how many bytes it took. */
static size_t end_white(struct dkim_body_canon *body, const unsigned char *bytes, size_t length)
{
	size_t i = 0;

	while (i < length && (bytes[i] == ' ' || bytes[i] == '\t'))
		i++;
	if (i == length)
		return i;
	if (bytes[i] == '\r' && i + 1 == length) {
		body->white = WHITE_RUN_CR;
		return i + 1;
	}
	body->white = WHITE_NONE;
	if (bytes[i] != '\r' || bytes[i + 1] != '\n')
		gather(body, ' ');
	return i;
}

/* A chunk ended after white space and CR: was it CRLF? */
static void end_white_cr(struct dkim_body_canon *body, bool lf_follows)
{
	body->white = WHITE_NONE;
	if (!lf_follows)
		gather(body, ' ');
	gather(body, '\r');
}

static void put_relaxed(struct dkim_body_canon *body, const unsigned char *bytes, size_t length)
{
	size_t i = 0;

	if (length > 0 && body->white == WHITE_RUN_CR)
		end_white_cr(body, bytes[0] == '\n');
	while (i < length) {
		if (body->white != WHITE_NONE)
			i += end_white(body, bytes + i, length - i);
		else if (length - i > BLOCK)
			i += gather_blocks(body, bytes + i, length - i);
		else
			i += gather_bytes(body, bytes + i, length - i);
	}
}

struct dkim_body_canon *dkim_body_canon_new(enum dkim_canon canon, struct dkim_canon_sink sink)
{
	struct dkim_body_canon *body = g_malloc(sizeof(*body));

	body->canon = canon;
	body->sink = sink;
	dkim_body_canon_reset(body);
	return body;
}

void dkim_body_canon_free(struct dkim_body_canon *body)
{
	g_free(body);
}

void dkim_body_canon_update(struct dkim_body_canon *body, const unsigned char *chunk, size_t length)
{
	if (body->canon == DKIM_CANON_RELAXED)
		put_relaxed(body, chunk, length);
	else
		put_lines(body, chunk, length);
}

void dkim_body_canon_finish(struct dkim_body_canon *body)
{
	/* A CR that stayed alone is a byte of the last line, and so is the space before it. */
	if (body->white == WHITE_RUN_CR)
		end_white_cr(body, false);
	put_gathered(body);
	if (body->held_cr)
		put_held(body);
	/* RFC 6376 3.4.3: an empty body is one CRLF; 3.4.4: it stays empty. */
	if (body->any || body->canon == DKIM_CANON_SIMPLE)
		put(body, "\r\n", 2);
	dkim_body_canon_reset(body);
}

void dkim_body_canon_reset(struct dkim_body_canon *body)
{
	body->white = WHITE_NONE;
	body->any = false;
	body->held_cr = false;
	body->held_ends = 0;
	body->gathered = 0;
}
