/* SPDX-License-Identifier: BSD-2-Clause */

#include <glib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shared/daemon/limits.h"

/* What a child with these limits gets; it has no rights to lift a hard one. */
struct outcome {
	int64_t connections;
	rlim_t soft;
};

static struct outcome ask(rlim_t soft, rlim_t hard, int64_t max_connections)
{
	struct outcome outcome = { 0 };
	int ends[2];
	pid_t child;

	g_assert_cmpint(pipe(ends), ==, 0);
	child = fork();
	g_assert_cmpint(child, >=, 0);
	if (child == 0) {
		struct rlimit limit = { .rlim_cur = soft, .rlim_max = hard };

		if (setrlimit(RLIMIT_NOFILE, &limit) < 0 || (geteuid() == 0 && setuid(65534) < 0))
			_exit(1);
		outcome.connections = daemon_limits_raise(max_connections);
		getrlimit(RLIMIT_NOFILE, &limit);
		outcome.soft = limit.rlim_cur;
		_exit(write(ends[1], &outcome, sizeof(outcome)) != sizeof(outcome));
	}
	close(ends[1]);
	g_assert_cmpint(read(ends[0], &outcome, sizeof(outcome)), ==, sizeof(outcome));
	close(ends[0]);
	g_assert_cmpint(waitpid(child, NULL, 0), ==, child);
	return outcome;
}

static void test_raise(void)
{
	static const struct {
		const char *name;
		rlim_t soft, hard;
		int64_t asked, connections;
		rlim_t raised;
	} cases[] = {
		{ "no number: all of the hard limit", 256, 2048, 0, 1792, 2048 },
		{ "a number that fits needs nothing", 1024, 2048, 100, 100, 1024 },
		{ "a number that fits once raised", 1024, 2048, 1000, 1000, 1256 },
		{ "a number that does not fit", 1024, 2048, 5000, 1792, 2048 },
		{ "a table smaller than the reserve", 64, 64, 0, 32, 64 },
		{ "as large as the reserve", 512, 512, 0, 256, 512 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct outcome outcome = ask(cases[i].soft, cases[i].hard, cases[i].asked);

		g_test_message("%s", cases[i].name);
		g_assert_cmpint(outcome.connections, ==, cases[i].connections);
		g_assert_cmpuint(outcome.soft, ==, cases[i].raised);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/daemon/limits/raise", test_raise);
	return g_test_run();
}
