/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Knows what a domain name may look like and how its U-labels become A-labels. Refuses to know
 * DNS and public suffixes. The only module that includes libidn2. Pure functions; any thread.
 */

#include <glib.h> /* before idn2.h, which defines G_GNUC_DEPRECATED anew */
#include <idn2.h>
#include <string.h>

#include "shared/base/error.h"
#include "shared/mail/domain.h"

#define INPUT_MAX (4u * MAIL_DOMAIN_MAX) /* bytes of UTF-8 that can still become a name */

static bool is_label_byte(char byte)
{
	return g_ascii_islower(byte) || g_ascii_isdigit(byte) || byte == '-' || byte == '_';
}

/* RFC 5321 4.1.2 sub-domain, with '_' as DNS has it; returns the label's length or 0. */
static size_t label_length(const char *label)
{
	size_t length = 0;

	while (is_label_byte(label[length]))
		length++;
	if (length == 0 || length > MAIL_LABEL_MAX || label[0] == '-' || label[length - 1] == '-')
		return 0;
	return length;
}

bool mail_domain_is_ascii_name(const char *domain)
{
	const char *at = domain;
	size_t length;

	while ((length = label_length(at)) > 0) {
		at += length;
		if (*at == '\0')
			return (size_t)(at - domain) <= MAIL_DOMAIN_MAX;
		if (*at++ != '.')
			return false;
	}
	return false;
}

static bool is_ascii(const char *text)
{
	while (*text != '\0' && (unsigned char)*text < 0x80)
		text++;
	return *text == '\0';
}

/* Frees nothing of `domain`; NULL when libidn2 finds no name in it, *ret_reason says why. */
static char *labels_to_ascii(const char *domain, const char **ret_reason)
{
	uint8_t *ascii = NULL;
	char *copy;
	int code;

	code = idn2_lookup_u8((const uint8_t *)domain, &ascii,
			      IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
	if (code != IDN2_OK) {
		*ret_reason = idn2_strerror(code);
		return NULL;
	}
	copy = g_ascii_strdown((const char *)ascii, -1);
	idn2_free(ascii);
	return copy;
}

static void drop_final_dot(char *domain)
{
	size_t length = strlen(domain);

	if (length > 1 && domain[length - 1] == '.')
		domain[length - 1] = '\0';
}

static bool refuse(GError **ret_error, const char *reason)
{
	g_set_error(ret_error, MR_ERROR, MR_ERROR_PERMANENT, "not a domain name: %s", reason);
	return false;
}

bool mail_domain_to_ascii(struct slice domain, char **ret_ascii, GError **ret_error)
{
	g_autofree char *unicode = NULL, *ascii = NULL;
	const char *reason = NULL;

	if (domain.length == 0)
		return refuse(ret_error, "empty");
	if (domain.length > INPUT_MAX)
		return refuse(ret_error, "too long");
	if (!g_utf8_validate_len(domain.data, domain.length, NULL)) /* refuses NUL as well */
		return refuse(ret_error, "not UTF-8");
	unicode = slice_dup(domain);
	ascii = is_ascii(unicode) ? g_ascii_strdown(unicode, -1)
				  : labels_to_ascii(unicode, &reason);
	if (ascii == NULL)
		return refuse(ret_error, reason);
	drop_final_dot(ascii);
	if (!mail_domain_is_ascii_name(ascii))
		return refuse(ret_error, "a label or the whole has a wrong length or a wrong byte");
	*ret_ascii = g_steal_pointer(&ascii);
	return true;
}

const char *mail_domain_parent(const char *domain)
{
	const char *dot = strchr(domain, '.');

	return dot == NULL ? NULL : dot + 1;
}

bool mail_domain_is_within(const char *domain, const char *ancestor)
{
	size_t length = strlen(domain), tail = strlen(ancestor);

	if (tail == 0 || length < tail || strcmp(domain + length - tail, ancestor) != 0)
		return false;
	return length == tail || domain[length - tail - 1] == '.';
}
