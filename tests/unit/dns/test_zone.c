/* SPDX-License-Identifier: BSD-2-Clause */

#include <glib.h>
#include <string.h>

#include "shared/base/error.h"
#include "shared/dns/zone.h"

static const char zone_text[] = "$TTL 1h30m\n"
				"$ORIGIN Example.COM.   ; the zone\n"
				"@	IN SOA ns hostmaster ( 4026112301 ; serial\n"
				"		1d 2h 1w\n"
				"		600 )\n"
				"	IN NS ns\n"
				"	MX 10 mail\n"
				"	20 IN MX 20 mail.example.net.\n"
				"mail	300 IN A 192.0.2.1\n"
				"	IN 300 A 192.0.2.2\n"
				"	AAAA 2001:db8::1\n"
				"null	MX 0 .\n"
				"1.2.0.192.in-addr.arpa. PTR mail\n"
				"r1._domainkey 60 TXT ( \"v=DKIM1; k=rsa; \"\n"
				"	\"p=MII\" ) ; joined\n"
				"bare	TXT v=spf1 -all\n"
				"odd	TXT \"a\\\"b\\\\c\\009;(\" \\255\n"
				"empty	TXT \"\"\n"
				"alias	CNAME mail\n"
				"alias2	30 CNAME ALIAS\n"
				"gone	CNAME nowhere\n"
				"loop	CNAME loop2\n"
				"loop2	CNAME loop\n"
				"outbroken CNAME broken\n"
				"broken	IN SERVFAIL\n"
				"silent	TIMEOUT\n"
				"forged	BOGUS\n"
				"$ORIGIN sub\n"
				"deep.er	TXT \"below\"\n"
				"other.example. TXT \"no SOA here\"";

static void test_answers(void)
{
	static const struct {
		const char *name, *asked;
		enum dns_type type;
		enum dns_status status;
		uint32_t ttl;
		const char *canonical_name, *rdata; /* of the records, one after the other */
		size_t length;
	} cases[] = {
		{ "RFC 1035 5.1: blank owner, $TTL", "example.com", DNS_NS, DNS_OK, 5400, NULL,
		  "\2ns\7example\3com", 16 },
		{ "MX, TTL of the first", "EXAMPLE.com.", DNS_MX, DNS_OK, 5400, NULL,
		  "\0\12\4mail\7example\3com\0\0\24\4mail\7example\3net", 40 },
		{ "RFC 7505: null MX", "null.example.com", DNS_MX, DNS_OK, 5400, NULL, "\0\0", 3 },
		{ "TTL and class in either order", "mail.example.com", DNS_A, DNS_OK, 300, NULL,
		  "\300\0\2\1\300\0\2\2", 8 },
		{ "RFC 3596: AAAA", "mail.example.com", DNS_AAAA, DNS_OK, 5400, NULL,
		  "\40\1\15\270\0\0\0\0\0\0\0\0\0\0\0\1", 16 },
		{ "PTR", "1.2.0.192.in-addr.arpa", DNS_PTR, DNS_OK, 5400, NULL,
		  "\4mail\7example\3com", 18 },
		{ "strings over lines", "r1._domainkey.example.com", DNS_TXT, DNS_OK, 60, NULL,
		  "\20v=DKIM1; k=rsa; \5p=MII", 23 },
		{ "bare strings", "bare.example.com", DNS_TXT, DNS_OK, 5400, NULL, "\6v=spf1\4-all",
		  12 },
		{ "RFC 1035 5.1: escapes", "odd.example.com", DNS_TXT, DNS_OK, 5400, NULL,
		  "\10a\"b\\c\t;(\1\377", 11 },
		{ "empty string", "empty.example.com", DNS_TXT, DNS_OK, 5400, NULL, "", 1 },
		{ "CNAME followed", "alias.example.com", DNS_A, DNS_OK, 300, "mail.example.com",
		  "\300\0\2\1\300\0\2\2", 8 },
		{ "two links", "alias2.example.com", DNS_AAAA, DNS_OK, 5400, "mail.example.com",
		  "\40\1\15\270\0\0\0\0\0\0\0\0\0\0\0\1", 16 },
		{ "CNAME asked for itself", "alias2.example.com", DNS_CNAME, DNS_OK, 30, NULL,
		  "\5alias\7example\3com", 19 },
		{ "RFC 2308 2.2: alias without data", "alias.example.com", DNS_TXT, DNS_NODATA, 600,
		  "mail.example.com", "", 0 },
		{ "RFC 2308 2.1: alias to nowhere", "gone.example.com", DNS_TXT, DNS_NXDOMAIN, 600,
		  "nowhere.example.com", "", 0 },
		{ "loop of aliases", "loop.example.com", DNS_A, DNS_SERVFAIL, 0, NULL, "", 0 },
		{ "no such type", "example.com", DNS_TXT, DNS_NODATA, 600, NULL, "", 0 },
		{ "no such name", "no.example.com", DNS_TXT, DNS_NXDOMAIN, 600, NULL, "", 0 },
		{ "RFC 8020: empty non-terminal", "_domainkey.example.com", DNS_TXT, DNS_NODATA,
		  600, NULL, "", 0 },
		{ "relative $ORIGIN", "deep.er.sub.example.com", DNS_TXT, DNS_OK, 5400, NULL,
		  "\5below", 6 },
		{ "a name of no zone", "no.other.example", DNS_TXT, DNS_NXDOMAIN, 3600, NULL, "",
		  0 },
		{ "last line without its end", "other.example", DNS_TXT, DNS_OK, 5400, NULL,
		  "\13no SOA here", 12 },
		{ "SERVFAIL", "broken.example.com", DNS_TXT, DNS_SERVFAIL, 0, NULL, "", 0 },
		{ "alias to SERVFAIL", "outbroken.example.com", DNS_TXT, DNS_SERVFAIL, 0,
		  "broken.example.com", "", 0 },
		{ "TIMEOUT", "silent.example.com", DNS_TXT, DNS_TIMEOUT, 0, NULL, "", 0 },
		{ "BOGUS", "forged.example.com", DNS_TXT, DNS_BOGUS, 0, NULL, "", 0 },
		{ "RFC 1035 2.3.4: over-long label",
		  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example",
		  DNS_TXT, DNS_BAD_NAME, 0, NULL, "", 0 },
	};
	MR_AUTO(dns_resolver) resolver = NULL;
	g_autoptr(GError) error = NULL;

	dns_zone_new_from_text("z", zone_text, strlen(zone_text), &resolver, &error);
	g_assert_no_error(error);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		MR_AUTO(dns_answer) answer = NULL;
		g_autoptr(GByteArray) rdata = g_byte_array_new();

		g_test_message("%s", cases[i].name);
		answer = dns_resolve(resolver, cases[i].asked, cases[i].type, 1000);
		g_assert_cmpint(answer->status, ==, cases[i].status);
		g_assert_cmpuint(answer->ttl, ==, cases[i].ttl);
		g_assert_cmpstr(answer->canonical_name, ==, cases[i].canonical_name);
		for (size_t j = 0; j < answer->n_records; j++)
			g_byte_array_append(rdata, answer->records[j].data,
					    (guint)answer->records[j].length);
		g_assert_cmpmem(rdata->data, (int)rdata->len, cases[i].rdata, (int)cases[i].length);
	}
}

static void test_errors(void)
{
	static const struct {
		const char *name, *text, *message;
	} cases[] = {
		{ "relative name, no origin", "a TXT x\n", "z:1: *$ORIGIN: a" },
		{ "blank owner first", "\n\n  IN TXT x\n", "z:3: *no owner" },
		{ "unknown type", "a. TXTT x\n", "z:1: *type*: TXTT" },
		{ "unknown class", "a. CH TXT x\n", "z:1: *type*: CH" },
		{ "no type", "; c\na. 300 IN\n", "z:2: *without a type" },
		{ "no data", "a. TXT\n", "z:1: *missing*" },
		{ "too much data", "a. A 192.0.2.1 192.0.2.2\n", "z:1: too much*" },
		{ "bad address", "a. A 2001:db8::1\n", "z:1: not an address*" },
		{ "bad IPv6 address", "a. AAAA 192.0.2.1\n", "z:1: not an address*" },
		{ "bad preference", "a. MX 65536 b.\n", "z:1: a preference*" },
		{ "MX without a host", "a. MX 10\n", "z:1: *missing*" },
		{ "bad target", "a. CNAME b..c.\n", "z:1: not a domain name*" },
		{ "quoted target", "a. CNAME \"b.\"\n", "z:1: not a domain name*" },
		{ "RFC 1034 3.6.2: CNAME and other", "a. TXT x\na. CNAME b.\n",
		  "z:2: a CNAME beside*" },
		{ "RFC 1034 3.6.2: other and CNAME", "a. CNAME b.\na. TXT x\n",
		  "z:2: a CNAME beside*" },
		{ "open quote", "a. TXT \"x\n\"\n", "z:1: *not closed" },
		{ "open parenthesis", "a. TXT ( x\n\n", "z:3: *not closed" },
		{ "lone parenthesis", "a. TXT x )\n", "z:1: *closing*" },
		{ "nested parentheses", "a. TXT ( ( x ) )\n", "z:1: *within*" },
		{ "short escape", "a. TXT \\12\n", "z:1: *three digits" },
		{ "high escape", "a. TXT \\256\n", "z:1: *above 255" },
		{ "escape at the end", "a. TXT \\", "z:1: *backslash*" },
		{ "unknown directive", "$INCLUDE other\n", "z:1: *directive*: $INCLUDE" },
		{ "bad $TTL", "$TTL 1x\n", "z:1: not a TTL: 1x" },
		{ "RFC 2181 8: $TTL over 2^31 - 1", "$TTL 2147483648\n", "z:1: not a TTL*" },
		{ "bad $ORIGIN", "$ORIGIN a..b.\n", "z:1: not a domain name*" },
		{ "SOA times", "a. SOA b. c. 1 2 3 x 5\n", "z:1: *SOA*" },
		{ "after a multi-line entry", "a. TXT ( x\n y )\nb TXT x\n", "z:3: *" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct dns_resolver *resolver = NULL;
		g_autoptr(GError) error = NULL;

		g_test_message("%s", cases[i].name);
		g_assert_false(dns_zone_new_from_text("z", cases[i].text, strlen(cases[i].text),
						      &resolver, &error));
		g_assert_error(error, MR_ERROR, MR_ERROR_CONFIG);
		g_test_message("%s", error->message);
		g_assert_true(g_pattern_match_simple(cases[i].message, error->message));
		g_assert_null(resolver);
	}
}

/* RFC 1035 3.3: a character-string has 255 octets at most, and is never cut in silence. */
static void test_long_string(void)
{
	g_autofree char *fits = g_strnfill(255, 'x');
	g_autofree char *text = g_strconcat("a. TXT ", fits, "\n", NULL);
	g_autofree char *too_long = g_strconcat("a. TXT ", fits, "x\n", NULL);
	MR_AUTO(dns_resolver) resolver = NULL;
	struct dns_resolver *none = NULL;
	g_autoptr(GError) error = NULL;

	g_assert_true(dns_zone_new_from_text("z", text, strlen(text), &resolver, NULL));
	g_assert_false(dns_zone_new_from_text("z", too_long, strlen(too_long), &none, &error));
	g_assert_true(g_pattern_match_simple("z:1: *255 octets*", error->message));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/dns/zone/answers", test_answers);
	g_test_add_func("/dns/zone/errors", test_errors);
	g_test_add_func("/dns/zone/long_string", test_long_string);
	return g_test_run();
}
