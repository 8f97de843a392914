/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MILLRACE_DKIM_TAG_VALUES_H
#define MILLRACE_DKIM_TAG_VALUES_H

/* Colon-separated lists with white space around the words, as h=, q=, s= and t= have them; only for
 * shared/dkim. Any thread. */

#include <stdbool.h>

#include "shared/base/reader.h"

/* Pulls the next word, trimmed, perhaps empty. False when the list is at its end. An empty list has
 * one empty word. */
bool dkim_tag_values_next(struct slice *list, struct slice *ret_word);

/* True when one word is `word`, compared without case. */
bool dkim_tag_values_have(struct slice list, const char *word);

#endif
