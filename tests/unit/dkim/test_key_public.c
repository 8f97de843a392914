/* SPDX-License-Identifier: BSD-2-Clause */

#include <string.h>

#include "shared/base/error.h"
#include "shared/dkim/base64.h"
#include "shared/dkim/key.h"

/* RFC 6376 appendix C, a key of 1024 bits; the bare form is the same without its wrapping. */
#define PREFIX "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQ"
#define MODULUS                                                                                    \
	"DwIRP/UC3SBsEmGqZ9ZJW3/DkMoGeLnQg1fWn7/zYt"                                               \
	"IxN2SnFCjxOCKG9v3b4jYfcTNh5ijSsq631uBItLa7od+v/RtdC2UzJ1lWT947qR+Rcac2gb"                 \
	"to/NMqJ0fzfVjH4OuKhitdY9tf6mcwGjaNBcWToIMmPSPDdQPNUYckcQ2Q"
#define RFC_6376 PREFIX MODULUS "IDAQAB"
#define ED25519 "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="

static GByteArray *decode(const char *base64)
{
	GByteArray *bytes = g_byte_array_new();

	g_assert_true(dkim_base64_decode((struct slice){ base64, strlen(base64) }, 4096, bytes));
	return bytes;
}

static void assert_key(const char *what, enum dkim_key_type type, const char *base64, unsigned bits)
{
	MR_AUTO(dkim_public_key) key = NULL;
	GError *error = NULL;
	bool ok = dkim_public_key_from_base64(type, base64, strlen(base64), &key, &error);

	g_test_message("%s", what);
	g_assert_cmpint(ok, ==, bits > 0);
	if (ok) {
		g_assert_cmpuint(dkim_public_key_bits(key), ==, bits);
		g_assert_cmpint(dkim_public_key_type(key), ==, type);
	} else {
		g_assert_error(error, MR_ERROR, MR_ERROR_PERMANENT);
		g_test_message("%s", error->message);
		g_error_free(error);
	}
}

static void test_cases(void)
{
	g_autofree char *bare = NULL;
	g_autofree char *longer = NULL;
	g_autoptr(GByteArray) der = decode(RFC_6376);

	bare = g_base64_encode(der->data + 22, der->len - 22);
	g_byte_array_append(der, (const guint8 *)"\0", 1);
	longer = g_base64_encode(der->data, der->len);
	assert_key("RFC 6376 appendix C", DKIM_KEY_RSA, RFC_6376, 1024);
	assert_key("RFC 6376 3.6.1 RSAPublicKey", DKIM_KEY_RSA, bare, 1024);
	assert_key("RFC 8463 4.2", DKIM_KEY_ED25519, ED25519, 256);
	assert_key("white space", DKIM_KEY_ED25519,
		   " 11qYAYKxCrfVS/7TyWQHOg7hcv\r\n PapiMlrwIaaPcHURo=", 256);
	assert_key("a byte follows", DKIM_KEY_RSA, longer, 0);
	assert_key("RFC 8463: RSA is no Ed25519", DKIM_KEY_ED25519, RFC_6376, 0);
	assert_key("Ed25519 is no RSA", DKIM_KEY_RSA, ED25519, 0);
	assert_key("31 bytes", DKIM_KEY_ED25519, "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHUQ==", 0);
	assert_key("empty", DKIM_KEY_RSA, "", 0);
	assert_key("empty", DKIM_KEY_ED25519, "", 0);
	assert_key("no base64", DKIM_KEY_RSA, "MIGf!", 0);
	assert_key("empty sequence", DKIM_KEY_RSA, "MAA=", 0);
}

/* RSAPublicKey of the given modulus length; its first byte decides the bits. */
static char *bare_key(size_t modulus_length, guint8 first, guint8 last, const char *exponent)
{
	g_autoptr(GByteArray) der = g_byte_array_new();
	size_t exponent_length = strlen(exponent);
	size_t length = 4 + 1 + modulus_length + 2 + exponent_length;
	guint8 head[] = { 0x30,
			  0x82,
			  (guint8)(length >> 8),
			  (guint8)length,
			  0x02,
			  0x82,
			  (guint8)((modulus_length + 1) >> 8),
			  (guint8)(modulus_length + 1),
			  0x00,
			  first };
	guint8 middle[] = { last, 0x02, (guint8)exponent_length };

	g_byte_array_append(der, head, sizeof(head));
	for (size_t i = 2; i < modulus_length; i++)
		g_byte_array_append(der, &first, 1);
	g_byte_array_append(der, middle, sizeof(middle));
	g_byte_array_append(der, (const guint8 *)exponent, (guint)exponent_length);
	return g_base64_encode(der->data, der->len);
}

static void test_limits(void)
{
	static const struct {
		const char *what;
		size_t length;
		guint8 first, last;
		const char *exponent;
		unsigned bits;
	} cases[] = {
		{ "RFC 8301 3.2: 1024 bits", 128, 0x81, 0x81, "\x01\x01", 1024 },
		{ "RFC 8301 3.2: 1023 bits", 128, 0x41, 0x81, "\x01\x01", 0 },
		{ "exponent 3", 128, 0x81, 0x81, "\x03", 1024 },
		{ "8192 bits", 1024, 0x81, 0x81, "\x03", 8192 },
		{ "8193 bits", 1025, 0x01, 0x81, "\x03", 0 },
		{ "even modulus", 128, 0x81, 0x80, "\x03", 0 },
		{ "exponent 1 signs anything", 128, 0x81, 0x81, "\x01", 0 },
		{ "even exponent", 128, 0x81, 0x81, "\x04", 0 },
		{ "negative exponent", 128, 0x81, 0x81, "\x81", 0 },
		{ "exponent of 65 bits", 128, 0x81, 0x81, "\x01\x01\x01\x01\x01\x01\x01\x01\x01",
		  0 },
		{ "no exponent", 128, 0x81, 0x81, "", 0 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *base64 =
			bare_key(cases[i].length, cases[i].first, cases[i].last, cases[i].exponent);

		assert_key(cases[i].what, DKIM_KEY_RSA, base64, cases[i].bits);
	}
}

/* Every byte changed, every length: no crash, and whatever is accepted stays within the limits. */
static void test_damaged(void)
{
	g_autoptr(GByteArray) der = decode(RFC_6376);

	for (guint i = 0; i < 2 * der->len; i++) {
		struct dkim_public_key *key = NULL;
		g_autofree char *base64 = NULL;
		guint at = i / 2;

		der->data[at] ^= 0x80;
		base64 = g_base64_encode(der->data, i % 2 ? at : der->len);
		if (dkim_public_key_from_base64(DKIM_KEY_RSA, base64, strlen(base64), &key, NULL))
			g_assert_cmpuint(dkim_public_key_bits(key), >=, DKIM_RSA_BITS_MIN);
		der->data[at] ^= 0x80;
		dkim_public_key_unref(key);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/dkim/key-public/cases", test_cases);
	g_test_add_func("/dkim/key-public/limits", test_limits);
	g_test_add_func("/dkim/key-public/damaged", test_damaged);
	return g_test_run();
}
