/* SPDX-License-Identifier: BSD-2-Clause */

#include "shared/conf/conf.h"

static const char *const names[] = {
	"listen",
	"socket_group",
	"socket_mode",
	"user",
	"on_failure",
	"log",
	"domains",
	"canonicalization",
	"x",
	"key_directory",
	"a_name_that_is_so_long_that_nobody_would_ever_type_it_in_full_without_a_slip",
};

static void test_nearest(void)
{
	static const struct {
		const char *typed, *meant;
	} cases[] = {
		{ "lisen", "listen" },	 /* dropped */
		{ "listten", "listen" }, /* inserted */
		{ "lixten", "listen" },	 /* changed */
		{ "litsen", "listen" },	 /* swapped */
		{ "Listen", "listen" },	 /* case */
		{ "socket-mode", "socket_mode" },
		{ "socketgroup", "socket_group" },
		{ "canon", "canonicalization" }, /* a beginning */
		{ "canonicalisation", "canonicalization" },
		{ "doamin", "domains" },
		{ "lgo", "log" },
		{ "y", NULL }, /* one letter is near to nothing */
		{ "metrics", NULL },
		{ "", NULL },
		{ "a_name_that_is_so_long_that_nobody_would_ever_type_it_in_full_without_a_slap",
		  NULL },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_test_message("\"%s\"", cases[i].typed);
		g_assert_cmpstr(conf_did_you_mean(cases[i].typed, names, G_N_ELEMENTS(names)), ==,
				cases[i].meant);
	}
	g_assert_null(conf_did_you_mean("listen", names, 0));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/conf/suggest/nearest", test_nearest);
	return g_test_run();
}
