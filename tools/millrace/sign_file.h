/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MILLRACE_TOOLS_SIGN_FILE_H
#define MILLRACE_TOOLS_SIGN_FILE_H

/*
 * A message in a file, run through the signer's own code as if an MTA had handed it over. Lines
 * may end in LF or CRLF: where they end in LF, the signer is shown CRLF, as an MTA would; a file
 * of CRLF lines is taken as it is, stray ones included.
 */

#include <glib.h>
#include <stdbool.h>
#include <stdio.h>

#include "milters/dkim-sign/message.h"
#include "shared/base/auto.h"

#define SIGN_FILE_MAX (1024u * 1024 * 1024) /* bytes of a message */

struct sign_file;

/* "-" is the standard input. */
bool sign_file_read(const char *path, struct sign_file **ret_file, GError **ret_error);
void sign_file_free(struct sign_file *file);
MR_DEFINE_AUTO(sign_file, sign_file_free)

/* The author's address as a reverse-path, "<a@b>", or "<>" without one; freed with g_free. */
char *sign_file_sender(const struct sign_file *file);

/* Runs it from MAIL to the end; the plan belongs to `message`. */
const struct sign_plan *sign_file_run(const struct sign_file *file, struct sign_message *message,
				      const struct sign_context *context,
				      const struct sign_client *client, const char *sender);

/* Writes it with the signatures on top, in its own line ends. */
bool sign_file_write(const struct sign_file *file, const struct sign_message *message, FILE *out,
		     GError **ret_error);

#endif
