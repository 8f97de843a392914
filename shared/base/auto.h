/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MILLRACE_BASE_AUTO_H
#define MILLRACE_BASE_AUTO_H

/*
 * What g_autoptr is for GLib's types, for our struct tags (which have no typedefs):
 *
 *     MR_AUTO(dns_answer) answer = NULL;    a struct dns_answer *, freed at the end of its scope
 *
 * MR_DEFINE_AUTO stands in the header of the type; its free function takes NULL.
 */

#define MR_DEFINE_AUTO(tag, free_function)                                                         \
	static inline void tag##_auto_free(struct tag **place)                                     \
	{                                                                                          \
		free_function(*place);                                                             \
	}

#define MR_AUTO(tag) __attribute__((cleanup(tag##_auto_free))) struct tag *

#endif
