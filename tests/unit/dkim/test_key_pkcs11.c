/* SPDX-License-Identifier: BSD-2-Clause */
/* A real token of SoftHSM in a folder of its own, with a key that cannot be taken out. */

#include <glib/gstdio.h>
#include <string.h>

#include "shared/base/error.h"
#include "shared/dkim/key.h"

#define MODULE "/usr/lib/softhsm/libsofthsm2.so"
#define URI "pkcs11:token=millrace;object=r1;type=private"
#define PIN "4711"

static bool run(const char *command)
{
	g_autofree char *output = NULL;
	g_autofree char *errors = NULL;
	int status = 1;

	if (!g_spawn_command_line_sync(command, &output, &errors, &status, NULL))
		return false;
	if (status != 0)
		g_test_message("%s: %s", command, errors);
	return status == 0;
}

static const char *missing(void)
{
	g_autofree char *tool = NULL;

	if (!run("softhsm2-util --version"))
		return "softhsm2-util is missing (softhsm2)";
	tool = g_find_program_in_path("pkcs11-tool");
	if (tool == NULL)
		return "pkcs11-tool is missing (opensc)";
	if (!g_file_test(MODULE, G_FILE_TEST_EXISTS))
		return MODULE " is missing (libsofthsm2)";
	if (!run("openssl engine pkcs11"))
		return "OpenSSL's pkcs11 engine is missing (libengine-pkcs11-openssl)";
	return NULL;
}

static void make_token(const char *folder)
{
	g_autofree char *configuration = g_build_filename(folder, "softhsm2.conf", NULL);
	g_autofree char *text =
		g_strdup_printf("directories.tokendir = %s\nobjectstore.backend = file\n"
				"log.level = ERROR\n",
				folder);

	g_assert_true(g_file_set_contents(configuration, text, -1, NULL));
	g_setenv("SOFTHSM2_CONF", configuration, TRUE);
	g_setenv("PKCS11_MODULE_PATH", MODULE, TRUE);
	g_assert_true(run("softhsm2-util --init-token --free --label millrace --pin " PIN
			  " --so-pin 0815"));
	g_assert_true(run("pkcs11-tool --module " MODULE
			  " --token-label millrace --login --pin " PIN
			  " --keypairgen --key-type rsa:2048 --id 01 --label r1 --sensitive"));
}

static void assert_signs(const struct dkim_private_key *key)
{
	static const unsigned char digest[32] = "an arbitrary digest of 32 bytes";
	g_autoptr(GByteArray) signature = g_byte_array_new();
	GError *error = NULL;

	g_assert_true(dkim_private_key_sign(key, digest, signature, &error));
	g_assert_no_error(error);
	g_assert_cmpuint(signature->len, ==, 256);
	g_assert_true(dkim_public_key_verify(dkim_private_key_public(key), digest, signature->data,
					     signature->len));
}

static gpointer sign_often(gpointer key)
{
	for (int i = 0; i < 5; i++)
		assert_signs(key);
	return NULL;
}

static void assert_refused(const char *uri)
{
	struct dkim_private_key *key = NULL;
	GError *error = NULL;

	g_assert_false(dkim_private_key_load(uri, false, &key, &error));
	g_assert_error(error, MR_ERROR, MR_ERROR_CONFIG);
	g_test_message("%s", error->message);
	g_assert_null(strstr(error->message, PIN));
	g_error_free(error);
}

static void use_token(const char *folder)
{
	g_autofree char *pin_file = g_build_filename(folder, "pin", NULL);
	g_autofree char *pin_source = g_strconcat(URI "?pin-source=file:", pin_file, NULL);
	MR_AUTO(dkim_private_key) key = NULL;
	MR_AUTO(dkim_private_key) again = NULL;
	GThread *threads[3];
	GError *error = NULL;
	char *pem = NULL;

	assert_refused("pkcs11:token=millrace;object=nobody;type=private?pin-value=" PIN);
	assert_refused("pkcs11:token=nowhere;object=r1;type=private?pin-value=" PIN);
	g_assert_true(dkim_private_key_load(URI "?pin-value=" PIN, false, &key, &error));
	g_assert_no_error(error);
	g_assert_cmpuint(dkim_private_key_bits(key), ==, 2048);
	assert_signs(key);
	g_assert_false(dkim_private_key_to_pem(key, &pem, &error));
	g_assert_error(error, MR_ERROR, MR_ERROR_PERMANENT);
	g_clear_error(&error);
	for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
		threads[i] = g_thread_new("signer", sign_often, key);
	for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
		g_thread_join(threads[i]);
	g_assert_true(g_file_set_contents(pin_file, PIN "\n", -1, NULL));
	assert_refused(pin_source);
	g_assert_cmpint(g_chmod(pin_file, 0600), ==, 0);
	g_assert_true(dkim_private_key_load(pin_source, false, &again, &error));
	g_assert_no_error(error);
	assert_signs(again);
}

static void test_token(void)
{
	const char *reason = missing();
	g_autofree char *folder = NULL;
	g_autofree char *removal = NULL;

	if (reason != NULL) {
		g_test_skip(reason);
		return;
	}
	folder = g_dir_make_tmp("millrace-token-XXXXXX", NULL);
	removal = g_strconcat("rm -r ", folder, NULL);
	make_token(folder);
	use_token(folder);
	g_assert_true(run(removal));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/dkim/key-pkcs11/token", test_token);
	return g_test_run();
}
