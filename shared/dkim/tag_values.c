/* SPDX-License-Identifier: BSD-2-Clause */
/* Knows how a tag's value is split into words. Refuses to know what they mean. Any thread. */

#include <string.h>

#include "shared/dkim/tag_values.h"

bool dkim_tag_values_next(struct slice *list, struct slice *ret_word)
{
	const char *colon;
	size_t length;

	/* A list that was read to its end has lost its bytes. */
	if (list->data == NULL)
		return false;
	colon = list->length == 0 ? NULL : memchr(list->data, ':', list->length);
	length = colon == NULL ? list->length : (size_t)(colon - list->data);
	*ret_word = slice_trim((struct slice){ list->data, length });
	if (colon == NULL) {
		*list = (struct slice){ NULL, 0 };
	} else {
		list->data = colon + 1;
		list->length -= length + 1;
	}
	return true;
}

bool dkim_tag_values_have(struct slice list, const char *word)
{
	struct slice found;

	while (dkim_tag_values_next(&list, &found))
		if (slice_equal_nocase(found, word))
			return true;
	return false;
}
