/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The physical limit: what OpenSSL itself takes for a signature with a given key, and for SHA-256
 * of a given number of bytes, on this machine at this moment. Usage: raw_crypto KEY.pem BYTES;
 * prints JSON.
 */

#include <glib.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define SIGN_SECONDS 0.5
#define HASH_SECONDS 0.3

static double cpu_now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static bool sign_once(EVP_PKEY *key, EVP_PKEY_CTX *rsa, EVP_MD_CTX *edwards)
{
	unsigned char digest[32] = "0123456789abcdef0123456789abcde", signature[1024];
	size_t length = sizeof(signature);

	if (rsa != NULL)
		return EVP_PKEY_sign(rsa, signature, &length, digest, sizeof(digest)) > 0;
	return EVP_DigestSignInit(edwards, NULL, NULL, NULL, key) > 0 &&
	       EVP_DigestSign(edwards, signature, &length, digest, sizeof(digest)) > 0;
}

static double sign_us(EVP_PKEY *key)
{
	EVP_PKEY_CTX *rsa = NULL;
	EVP_MD_CTX *edwards = EVP_MD_CTX_new();
	double start, spent;
	long count = 0;

	if (EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA) {
		rsa = EVP_PKEY_CTX_new(key, NULL);
		EVP_PKEY_sign_init(rsa);
		EVP_PKEY_CTX_set_rsa_padding(rsa, RSA_PKCS1_PADDING);
		EVP_PKEY_CTX_set_signature_md(rsa, EVP_sha256());
	}
	start = cpu_now();
	while ((spent = cpu_now() - start) < SIGN_SECONDS) {
		if (!sign_once(key, rsa, edwards))
			exit(71);
		count++;
	}
	EVP_PKEY_CTX_free(rsa);
	EVP_MD_CTX_free(edwards);
	return spent * 1e6 / (double)count;
}

static double hash_us(size_t bytes)
{
	g_autofree char *block = g_malloc0(bytes);
	unsigned char digest[32];
	double start = cpu_now(), spent;
	long count = 0;

	while ((spent = cpu_now() - start) < HASH_SECONDS) {
		EVP_Digest(block, bytes, digest, NULL, EVP_sha256(), NULL);
		count++;
	}
	return spent * 1e6 / (double)count;
}

int main(int argc, char **argv)
{
	EVP_PKEY *key = NULL;
	FILE *file = argc == 3 ? fopen(argv[1], "r") : NULL;

	if (file != NULL)
		key = PEM_read_PrivateKey(file, NULL, NULL, NULL);
	if (key == NULL) {
		fprintf(stderr, "usage: raw_crypto KEY.pem BYTES\n");
		return 64;
	}
	printf("{\"sign_us\": %.2f, \"sha256_us\": %.2f}\n", sign_us(key),
	       hash_us(strtoul(argv[2], NULL, 10)));
	EVP_PKEY_free(key);
	fclose(file);
	return 0;
}
