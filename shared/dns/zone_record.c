/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Knows what stands behind each type in a master file and how it looks on the wire. Refuses to
 * know owners, entries and files. One thread.
 */

#include <arpa/inet.h>
#include <string.h>

#include "shared/dns/engine.h"
#include "shared/dns/zone_record.h"

#define TTL_MAX 2147483647u
#define STRING_MAX 255u /* RFC 1035 3.3: a character-string */
#define RDATA_MAX 65535u

static const struct {
	const char *text;
	unsigned type;
} types[] = {
	{ "A", DNS_A },	  { "AAAA", DNS_AAAA }, { "CNAME", DNS_CNAME }, { "MX", DNS_MX },
	{ "NS", DNS_NS }, { "PTR", DNS_PTR },	{ "SOA", DNS_SOA },	{ "TXT", DNS_TXT },
};

unsigned dns_zone_type_from_text(const char *text)
{
	for (size_t i = 0; i < G_N_ELEMENTS(types); i++) {
		if (g_ascii_strcasecmp(text, types[i].text) == 0)
			return types[i].type;
	}
	return 0;
}

static bool word_is(const struct dns_zone_word *word, const char *text)
{
	return !word->literal && strcmp(word->text->str, text) == 0;
}

char *dns_zone_name(const struct dns_zone_word *word, const char *origin)
{
	g_autofree char *whole = NULL;
	const char *text = word->text->str;

	if (word->literal || strlen(text) != word->text->len)
		return NULL;
	if (word_is(word, "@"))
		return g_strdup(origin);
	if (g_str_has_suffix(text, "."))
		return dns_name_normalize(text);
	if (origin == NULL)
		return NULL;
	whole = g_strconcat(text, ".", origin, NULL);
	return dns_name_normalize(whole);
}

static unsigned long long unit_seconds(int unit)
{
	switch (g_ascii_tolower((char)unit)) {
	case 's':
		return 1;
	case 'm':
		return 60;
	case 'h':
		return 3600;
	case 'd':
		return 86400;
	case 'w':
		return 604800;
	default:
		return 0;
	}
}

bool dns_zone_ttl(const struct dns_zone_word *word, uint32_t *ret_ttl)
{
	unsigned long long total = 0, number, unit;
	struct reader reader;

	if (word->literal || word->text->len == 0)
		return false;
	reader_init(&reader, word->text->str, word->text->len);
	while (!reader_at_end(&reader)) {
		if (!reader_take_number(&reader, TTL_MAX, &number))
			return false;
		/* A bare number is seconds, and only the whole word may be one. */
		unit = reader_at_end(&reader) && total == 0 ? 1
							    : unit_seconds(reader_next(&reader));
		total += number * unit;
		if (unit == 0 || total > TTL_MAX)
			return false;
	}
	*ret_ttl = (uint32_t)total;
	return true;
}

static void append_name(GByteArray *rdata, const char *name)
{
	g_auto(GStrv) labels = g_strsplit(name, ".", -1);

	for (size_t i = 0; labels[i] != NULL; i++) {
		guint8 length = (guint8)strlen(labels[i]);

		g_byte_array_append(rdata, &length, 1);
		g_byte_array_append(rdata, (const guint8 *)labels[i], length);
	}
	g_byte_array_append(rdata, (const guint8 *)"", 1);
}

static bool rdata_name(const struct dns_zone_word *word, const char *origin, GByteArray *rdata,
		       const char **ret_problem)
{
	g_autofree char *name = NULL;

	/* RFC 7505: a null MX points to the root */
	if (word_is(word, ".")) {
		g_byte_array_append(rdata, (const guint8 *)"", 1);
		return true;
	}
	name = dns_zone_name(word, origin);
	if (name == NULL) {
		*ret_problem = "not a domain name, or a relative one without $ORIGIN";
		return false;
	}
	append_name(rdata, name);
	return true;
}

static bool rdata_address(int family, const struct dns_zone_word *word, GByteArray *rdata,
			  const char **ret_problem)
{
	unsigned char address[16];

	if (word->literal || inet_pton(family, word->text->str, address) != 1) {
		*ret_problem = "not an address of this type";
		return false;
	}
	g_byte_array_append(rdata, address, family == AF_INET ? 4 : 16);
	return true;
}

static bool rdata_mx(const struct dns_zone_word *words, const char *origin, GByteArray *rdata,
		     const char **ret_problem)
{
	unsigned long long preference;
	struct reader reader;
	guint8 wire[2];

	reader_init(&reader, words[0].text->str, words[0].text->len);
	if (!reader_take_number(&reader, 65535, &preference) || !reader_at_end(&reader)) {
		*ret_problem = "a preference is 0 to 65535";
		return false;
	}
	wire[0] = (guint8)(preference >> 8);
	wire[1] = (guint8)(preference & 0xff);
	g_byte_array_append(rdata, wire, sizeof(wire));
	return rdata_name(&words[1], origin, rdata, ret_problem);
}

static bool rdata_txt(const struct dns_zone_word *words, unsigned n, GByteArray *rdata,
		      const char **ret_problem)
{
	for (unsigned i = 0; i < n; i++) {
		const GString *text = words[i].text;
		guint8 length = (guint8)text->len;

		if (text->len > STRING_MAX) {
			*ret_problem = "a string is over 255 octets: split it";
			return false;
		}
		if (rdata->len + 1 + length > RDATA_MAX) {
			*ret_problem = "a record is over 65535 octets";
			return false;
		}
		g_byte_array_append(rdata, &length, 1);
		g_byte_array_append(rdata, (const guint8 *)text->str, length);
	}
	return true;
}

/* Only what negative answers need is kept: the minimum (RFC 2308 4). */
static bool rdata_soa(const struct dns_zone_word *words, GByteArray *rdata,
		      const char **ret_problem)
{
	uint32_t number, wire;

	for (unsigned i = 2; i < 7; i++) {
		if (!dns_zone_ttl(&words[i], &number) && i > 2) {
			*ret_problem = "the times of a SOA are numbers";
			return false;
		}
	}
	wire = htonl(number);
	g_byte_array_append(rdata, (const guint8 *)&wire, sizeof(wire));
	return true;
}

/* How many words a type takes; 0 for any number above none. */
static unsigned words_of(unsigned type)
{
	switch (type) {
	case DNS_TXT:
		return 0;
	case DNS_MX:
		return 2;
	case DNS_SOA:
		return 7;
	default:
		return 1;
	}
}

bool dns_zone_rdata(unsigned type, const struct dns_zone_word *words, unsigned n,
		    const char *origin, GByteArray *rdata, const char **ret_problem)
{
	unsigned wanted = words_of(type);

	if (n == 0 || (wanted != 0 && n != wanted)) {
		*ret_problem = n < wanted || n == 0 ? "something is missing behind the type"
						    : "too much behind the type";
		return false;
	}
	switch (type) {
	case DNS_A:
		return rdata_address(AF_INET, words, rdata, ret_problem);
	case DNS_AAAA:
		return rdata_address(AF_INET6, words, rdata, ret_problem);
	case DNS_MX:
		return rdata_mx(words, origin, rdata, ret_problem);
	case DNS_TXT:
		return rdata_txt(words, n, rdata, ret_problem);
	case DNS_SOA:
		return rdata_soa(words, rdata, ret_problem);
	default:
		return rdata_name(words, origin, rdata, ret_problem);
	}
}

char *dns_zone_name_from_wire(const unsigned char *data, size_t length)
{
	GString *name = g_string_sized_new(length);
	struct reader reader;
	int label;

	reader_init(&reader, data, length);
	while ((label = reader_next(&reader)) > 0) {
		if (name->len > 0)
			g_string_append_c(name, '.');
		for (; label > 0 && !reader_at_end(&reader); label--)
			g_string_append_c(name, (char)reader_next(&reader));
	}
	return g_string_free(name, FALSE);
}
