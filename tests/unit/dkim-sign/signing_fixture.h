/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MILLRACE_TESTS_SIGNING_FIXTURE_H
#define MILLRACE_TESTS_SIGNING_FIXTURE_H

/*
 * A folder with keys made for one test program, configurations that name them, and a judge of the
 * signatures that come out. "DIR" in an option text stands for the folder:
 *
 *     DIR/r1.pem, DIR/e1.pem      keys for any domain
 *     DIR/keys/example.org/...    a key directory: the same two as r2 and e2
 */

#include <stdbool.h>

#include "milters/dkim-sign/context.h"
#include "milters/dkim-sign/message.h"

struct signing_fixture {
	char *folder;
};

void signing_fixture_init(struct signing_fixture *fixture);
void signing_fixture_clear(struct signing_fixture *fixture);

/* A configuration file of these options; freed with conf_file_free. */
struct conf_file *signing_fixture_read(const struct signing_fixture *fixture, const char *options);

/* The context of a configuration that must be good. */
struct sign_context *signing_fixture_context(const struct signing_fixture *fixture,
					     const char *options);
void signing_fixture_context_free(struct sign_context *context);

/* Runs a whole message, header and body, through `message` in chunks of this size. */
const struct sign_plan *signing_fixture_run(struct sign_message *message,
					    const struct sign_context *context,
					    const struct sign_client *client, const char *sender,
					    const char *text, size_t chunk);

/* "d:s d:s ..." of the signatures made; freed with g_free. */
char *signing_fixture_signers(const struct sign_message *message);
/* The message with the signatures on top; freed with g_free. */
char *signing_fixture_signed(const struct sign_message *message, const char *text);
/* True when the topmost signature of the message verifies with this key. */
bool signing_fixture_verifies(const char *text, const char *key_file);

#endif
