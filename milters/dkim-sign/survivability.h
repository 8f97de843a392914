/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MILLRACE_DKIM_SIGN_SURVIVABILITY_H
#define MILLRACE_DKIM_SIGN_SURVIVABILITY_H

/*
 * What on a message's way would change it after signing, and so break the signature: found while
 * header and body stream by, in constant memory and one look at each byte. Only what is
 * not "ignore" is looked for. One object a message, one thread at a time, reused by reset.
 */

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

#include "milters/dkim-sign/settings.h"
#include "shared/base/auto.h"
#include "shared/base/reader.h"
#include "shared/mail/header.h"

#define SIGN_LINE_MAX 998u /* octets without CRLF: RFC 5322 2.1.1 */

enum sign_hazard {
	SIGN_HAZARD_LONG_LINE,
	SIGN_HAZARD_EIGHT_BIT,
	SIGN_HAZARD_BARE_NEWLINE,
	SIGN_HAZARD_BAD_FROM,
	SIGN_HAZARD_NAME_SPACE,
	SIGN_HAZARD_LARGE_HEADER,
	SIGN_HAZARDS
};

struct sign_survivability;

/* `settings` is borrowed and must outlive the object or the next reset. */
struct sign_survivability *sign_survivability_new(void);
void sign_survivability_free(struct sign_survivability *survivability);
MR_DEFINE_AUTO(sign_survivability, sign_survivability_free)
void sign_survivability_reset(struct sign_survivability *survivability,
			      const struct sign_survivability_settings *settings);

void sign_survivability_field(struct sign_survivability *survivability,
			      const struct mail_field *field);
/* Says that From is bad; whoever parses it knows. */
void sign_survivability_bad_from(struct sign_survivability *survivability);
/* After the last field, before the body: what the header says of the body's encoding. */
void sign_survivability_end_of_header(struct sign_survivability *survivability,
				      const struct mail_header *header);
void sign_survivability_body(struct sign_survivability *survivability, const unsigned char *chunk,
			     size_t length);
void sign_survivability_finish(struct sign_survivability *survivability);

/* Bits 1 << enum sign_hazard of what was found so far and is not ignored. */
unsigned sign_survivability_found(const struct sign_survivability *survivability);
/* Those of them whose action is "tempfail". */
unsigned sign_survivability_fatal(const struct sign_survivability *survivability);
/* Names (lower case, each once, NULL-terminated) of the fields to leave out of h=; owned by the
 * object, good until the next field or reset. */
const char *const *sign_survivability_stripped(const struct sign_survivability *survivability);

/* What is configured for it: an enum sign_survival_action. */
int sign_hazard_action(const struct sign_survivability_settings *settings, enum sign_hazard hazard);
/* "long_line" and so on, as in the configuration. */
const char *sign_hazard_to_string(enum sign_hazard hazard);
/* "long_line,eight_bit" into `text`. */
void sign_hazards_format(unsigned hazards, GString *text);

#endif
