/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Knows the error domain and the names of its categories. Refuses to know what a
 * category means for mail or for an exit code: that is decided by the layers above.
 * May be called from any thread.
 */

#include <string.h>

#include "shared/base/error.h"

G_DEFINE_QUARK(millrace - error, mr_error)

static const char *const category_names[] = {
	[MR_ERROR_TEMPORARY] = "temporary",
	[MR_ERROR_PERMANENT] = "permanent",
	[MR_ERROR_CONFIG] = "config",
	[MR_ERROR_SYSTEM] = "system",
};

const char *mr_error_category_to_string(const GError *error)
{
	if (error->domain != MR_ERROR || (guint)error->code >= G_N_ELEMENTS(category_names))
		return category_names[MR_ERROR_SYSTEM];
	return category_names[error->code];
}

bool mr_error_set_errno(GError **ret_error, int errnum, const char *what_format, ...)
{
	g_autofree char *what = NULL;
	va_list arguments;

	va_start(arguments, what_format);
	what = g_strdup_vprintf(what_format, arguments);
	va_end(arguments);
	g_set_error(ret_error, MR_ERROR, MR_ERROR_SYSTEM, "%s: %s", what, g_strerror(errnum));
	return false;
}
