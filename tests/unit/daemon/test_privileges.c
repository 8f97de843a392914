/* SPDX-License-Identifier: BSD-2-Clause */

#include <errno.h>
#include <glib.h>
#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shared/base/error.h"
#include "shared/daemon/privileges.h"

/* Runs `act` in a child, which reports by its exit status: 0 well, else the line that was not. */
static void in_child(int (*act)(void))
{
	pid_t child = fork();
	int status = 0;

	g_assert_cmpint(child, >=, 0);
	if (child == 0)
		_exit(act());
	g_assert_cmpint(waitpid(child, &status, 0), ==, child);
	g_assert_true(WIFEXITED(status));
	g_assert_cmpint(WEXITSTATUS(status), ==, 0);
}

#define MUST(condition)                                                                            \
	do {                                                                                       \
		if (!(condition))                                                                  \
			return (__LINE__ % 255) + 1;                                               \
	} while (0)

static int become_nobody(void)
{
	const struct passwd *nobody = getpwnam("nobody");
	g_autofree char *text = NULL;
	gid_t groups[8];

	MUST(daemon_privileges_drop("nobody", NULL));
	MUST(getuid() == nobody->pw_uid && geteuid() == nobody->pw_uid);
	MUST(getgid() == nobody->pw_gid && getegid() == nobody->pw_gid);
	MUST(getgroups(8, groups) == 1 && groups[0] == nobody->pw_gid);
	MUST(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
	MUST(setuid(0) < 0 && errno == EPERM);
	MUST(g_file_get_contents("/proc/self/status", &text, NULL, NULL));
	MUST(g_regex_match_simple("^CapPrm:\\s0+$", text, G_REGEX_MULTILINE, 0));
	MUST(g_regex_match_simple("^CapEff:\\s0+$", text, G_REGEX_MULTILINE, 0));
	MUST(g_regex_match_simple("^CapInh:\\s0+$", text, G_REGEX_MULTILINE, 0));
	MUST(g_regex_match_simple("^CapBnd:\\s0+$", text, G_REGEX_MULTILINE, 0));
	return 0;
}

static int stay_root(void)
{
	MUST(daemon_privileges_drop("root", NULL));
	MUST(geteuid() == 0);
	MUST(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
	return 0;
}

static int stay_oneself(void)
{
	MUST(geteuid() != 0 || setuid(getpwnam("nobody")->pw_uid) == 0);
	MUST(daemon_privileges_drop("no-such-user", NULL));
	MUST(daemon_privileges_drop("root", NULL));
	MUST(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
	return 0;
}

static int unknown_user(void)
{
	g_autoptr(GError) error = NULL;

	MUST(!daemon_privileges_drop("no-such-user", &error));
	MUST(g_error_matches(error, MR_ERROR, MR_ERROR_CONFIG));
	return 0;
}

static void as_root(int (*act)(void))
{
	if (geteuid() != 0)
		g_test_skip("takes root");
	else
		in_child(act);
}

static void test_dropped(void)
{
	as_root(become_nobody);
}

static void test_root_stays(void)
{
	as_root(stay_root);
}

static void test_unknown_user(void)
{
	as_root(unknown_user);
}

static void test_not_root(void)
{
	in_child(stay_oneself);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/daemon/privileges/dropped", test_dropped);
	g_test_add_func("/daemon/privileges/root-stays", test_root_stays);
	g_test_add_func("/daemon/privileges/unknown-user", test_unknown_user);
	g_test_add_func("/daemon/privileges/not-root", test_not_root);
	return g_test_run();
}
