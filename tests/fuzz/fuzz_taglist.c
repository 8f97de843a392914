/* SPDX-License-Identifier: BSD-2-Clause */
/* Every tag lies inside the list, and what is malformed counts as duplicate. */

#include <glib.h>
#include <stdint.h>

#include "shared/mail/taglist.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool lies_within(struct slice inner, struct slice outer)
{
	return inner.data >= outer.data && inner.length <= outer.length &&
	       (size_t)(inner.data - outer.data) <= outer.length - inner.length;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice bytes = { (const char *)data, size };
	enum mail_taglist_step step;
	struct mail_taglist list;
	struct mail_tag tag;

	mail_taglist_init(&list, bytes);
	while ((step = mail_taglist_next(&list, &tag)) == MAIL_TAGLIST_TAG) {
		g_assert_true(lies_within(tag.raw, bytes));
		g_assert_true(lies_within(tag.name, tag.raw) && tag.name.length > 0);
		g_assert_true(lies_within(tag.value, tag.raw));
	}
	g_assert_true(mail_taglist_has_duplicate(bytes) || step == MAIL_TAGLIST_END);
	return 0;
}
