/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MILLRACE_MILTER_LIBC_CALLS_H
#define MILLRACE_MILTER_LIBC_CALLS_H

/*
 * Settings of the two libc calls that this executable answers in libc's place (see libc_calls.c).
 * Calling libc_calls_set_limit is also what makes the linker keep that file.
 */

/*
 * From now on no more than this many connections are accepted at a time; 0: no limit. Any thread.
 */
void libc_calls_set_limit(unsigned max_connections);

/* The calling thread is libmilter's listener: its accept is the mended one. */
void libc_calls_begin_listener(void);

#endif
