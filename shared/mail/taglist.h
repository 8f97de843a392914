/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MILLRACE_MAIL_TAGLIST_H
#define MILLRACE_MAIL_TAGLIST_H

/*
 * Tag=value lists (RFC 6376 3.2), pulled one tag at a time:
 *
 *     mail_taglist_init(&list, bytes);
 *     while ((step = mail_taglist_next(&list, &tag)) == MAIL_TAGLIST_TAG)
 *             ...
 *     if (step == MAIL_TAGLIST_MALFORMED) ...
 *
 * White space and folds around names and values are dropped; inside values they stay. Order is
 * kept; duplicates are given as they come, judging them is the caller's (mail_taglist_has_duplicate
 * helps). Values may be UTF-8 (RFC 8616). An empty list ends at once; an empty tag (";;") makes it
 * malformed, one final ';' does not.
 */

#include <stdbool.h>

#include "shared/base/reader.h"

#define MAIL_TAGLIST_TAGS_MAX 100u

struct mail_tag {
	struct slice name;  /* case-sensitive */
	struct slice value; /* trimmed; may be empty */
	struct slice raw;   /* from the first byte of the name to before the ';' */
};

struct mail_taglist {
	struct reader reader;
	unsigned tags;
};

enum mail_taglist_step { MAIL_TAGLIST_TAG, MAIL_TAGLIST_END, MAIL_TAGLIST_MALFORMED };

void mail_taglist_init(struct mail_taglist *list, struct slice bytes);
enum mail_taglist_step mail_taglist_next(struct mail_taglist *list, struct mail_tag *ret_tag);

/* True when two tags of the list have one name, or it is malformed (RFC 6376 3.2: all invalid). */
bool mail_taglist_has_duplicate(struct slice bytes);

#endif
