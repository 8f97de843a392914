/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MILLRACE_DAEMON_SANDBOX_H
#define MILLRACE_DAEMON_SANDBOX_H

#include <glib.h>
#include <stdbool.h>

/*
 * Takes from every thread of the process, for good, the system calls that a mail filter and
 * the libraries in it (libmilter, libunbound, libmicrohttpd, OpenSSL with a PKCS#11 module)
 * never make: running programs, tracing, mounting, kernel modules, changing identity end the
 * process; what a library may try in good faith fails with EPERM. SYSTEM error when the
 * kernel has no seccomp. Main thread, once privileges are dropped.
 */
bool daemon_sandbox_enter(GError **ret_error);

#endif
