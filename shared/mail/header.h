/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MILLRACE_MAIL_HEADER_H
#define MILLRACE_MAIL_HEADER_H

/*
 * The header of one message, as received: every byte kept, in order, top to bottom.
 *
 * A field is name + ":" + value. The name keeps trailing blanks ("Name :"); the value is all bytes
 * after the colon up to, not including, the final line end; folds keep their line end as it came
 * (LF from a milter, CRLF from a file). Reused from message to message by mail_header_reset, then
 * without an allocation for ordinary mail. One message, one thread at a time.
 */

#include <stdbool.h>
#include <stddef.h>

#include "shared/base/auto.h"
#include "shared/base/reader.h"

#define MAIL_HEADER_FIELDS_MAX 2000u	     /* fields kept of one message */
#define MAIL_HEADER_BYTES_MAX (1024u * 1024) /* bytes kept of one message's header */

struct mail_field {
	struct slice name;  /* as received; owned by the header */
	struct slice value; /* as received */
};

struct mail_header;

struct mail_header *mail_header_new(void);
void mail_header_free(struct mail_header *header); /* takes NULL */
MR_DEFINE_AUTO(mail_header, mail_header_free)

/* Empties it for the next message; buffers are kept. */
void mail_header_reset(struct mail_header *header);

/*
 * Adds a copy at the bottom; its slices stay good until the reset. False when a ceiling is passed:
 * nothing is added, now or later, until reset.
 */
bool mail_header_add(struct mail_header *header, struct slice name, struct slice value);
/* True when a field was refused for a ceiling. */
bool mail_header_overflowed(const struct mail_header *header);

size_t mail_header_count(const struct mail_header *header);
/* index < count. The pointer is good until the next add or reset, the slices until the reset. */
const struct mail_field *mail_header_get(const struct mail_header *header, size_t index);

/* Names compare without case and without trailing blanks. */
bool mail_field_named(const struct mail_field *field, const char *name);
size_t mail_header_count_named(const struct mail_header *header, const char *name);
/* The topmost one, or NULL. */
const struct mail_field *mail_header_find(const struct mail_header *header, const char *name);

/* The name without trailing blanks. */
struct slice mail_field_bare_name(const struct mail_field *field);

/*
 * Cuts a whole message (LF or CRLF lines; an mbox "From " first line is skipped) into fields, which
 * it adds, and body. *ret_body points into `message`. Lines before the first empty line that are no
 * field end the header (everything from there on is body). False when a ceiling is passed.
 */
bool mail_header_parse_message(struct mail_header *header, struct slice message,
			       struct slice *ret_body);

#endif
