/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The smallest daemon there can be, for what a real one cannot be made to do: an engine that
 * ends by itself, a context that cannot be made, a message that takes as long as the test
 * likes. A connection counts as a message under way; it is told the `word` of the context it
 * began with, and the daemon's user.
 */

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "shared/base/error.h"
#include "shared/daemon/daemon.h"
#include "shared/daemon/endpoint.h"
#include "shared/log/event.h"

struct plain_settings {
	struct daemon_settings daemon; /* first */
	char *word;		       /* "fail" cannot become a context */
	bool engine_fails;
};

static const struct conf_row rows[] = {
	{ .type = CONF_ROWS, .offset = 0, .rows = daemon_settings_rows },
	{ "word", CONF_STRING, offsetof(struct plain_settings, word), "\"none\"",
	  "What a connection is told." },
	{ "engine_fails", CONF_BOOL, offsetof(struct plain_settings, engine_fails), "false",
	  "The engine ends as soon as it runs." },
	{ 0 }
};

static struct {
	struct sockaddr_un address;
	int listener;
	bool fails;
	atomic_uint busy;
	atomic_bool draining;
} plain = { .listener = -1 };

static bool engine_open(void *state, const struct daemon_settings *settings, GError **ret_error)
{
	MR_AUTO(daemon_endpoint) endpoint = NULL;

	(void)state;
	if (!daemon_endpoint_parse(settings->listen, &endpoint, ret_error))
		return false;
	plain.fails = ((const struct plain_settings *)(const void *)settings)->engine_fails;
	plain.address.sun_family = AF_UNIX;
	g_strlcpy(plain.address.sun_path, endpoint->path, sizeof(plain.address.sun_path));
	plain.listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(plain.listener, (struct sockaddr *)&plain.address, sizeof(plain.address)) < 0 ||
	    listen(plain.listener, 16) < 0)
		return mr_error_set_errno(ret_error, errno, "%s", endpoint->path);
	return true;
}

/* Stays until the peer hangs up. */
static void *serve_one(void *data)
{
	int fd = GPOINTER_TO_INT(data);
	struct plain_settings *context = daemon_context_acquire();
	g_autofree char *text = g_strdup_printf("%s %u\n", context->word, geteuid());
	struct pollfd peer = { .fd = fd, .events = POLLIN };

	if (write(fd, text, strlen(text)) > 0)
		poll(&peer, 1, -1);
	daemon_context_release(context);
	close(fd);
	atomic_fetch_sub(&plain.busy, 1);
	return NULL;
}

static bool engine_run(void *state, GError **ret_error)
{
	(void)state;
	if (plain.fails)
		return mr_error_set_errno(ret_error, EIO, "as configured");
	for (;;) {
		int fd = accept4(plain.listener, NULL, NULL, SOCK_CLOEXEC);

		if (fd < 0)
			continue;
		if (atomic_load(&plain.draining)) {
			close(fd);
			continue;
		}
		atomic_fetch_add(&plain.busy, 1);
		g_thread_unref(g_thread_new("message", serve_one, GINT_TO_POINTER(fd)));
	}
}

static void engine_drain(void *state)
{
	(void)state;
	atomic_store(&plain.draining, true);
}

static unsigned engine_busy(void *state)
{
	(void)state;
	return atomic_load(&plain.busy);
}

static void engine_reconfigure(void *state, const struct daemon_settings *settings)
{
	(void)state;
	log_line(LOG_LEVEL_INFO, "room for %" G_GINT64_FORMAT " connections",
		 settings->max_connections);
}

static void engine_close(void *state)
{
	(void)state;
	unlink(plain.address.sun_path);
}

static void engine_describe(const struct daemon_settings *settings, const char *name, GString *text)
{
	g_string_append_printf(text, "%s at %s\n", name, settings->listen);
}

static void check(struct conf_file *file, void *settings)
{
	struct plain_settings *plain_settings = settings;

	if (strcmp(plain_settings->word, "bad") == 0)
		conf_file_problem(file, &plain_settings->word, "is a bad word");
}

static void *context_new(void *settings, GError **ret_error)
{
	struct plain_settings *context;

	if (strcmp(((struct plain_settings *)settings)->word, "fail") == 0) {
		g_set_error(ret_error, MR_ERROR, MR_ERROR_SYSTEM, "no context from this word");
		return NULL;
	}
	context = g_atomic_rc_box_new0(struct plain_settings);
	memcpy(context, settings, sizeof(*context));
	return context;
}

static void context_clear(void *context)
{
	conf_settings_clear(rows, context, sizeof(struct plain_settings));
}

static bool started(void *context, GError **ret_error)
{
	(void)context, (void)ret_error;
	log_line(LOG_LEVEL_INFO, "started hook, user %u", geteuid());
	return true;
}

static void stopping(void)
{
	log_line(LOG_LEVEL_INFO, "stopping hook");
}

int main(int argc, char **argv)
{
	static const struct daemon_program program = {
		.name = "plain",
		.synopsis = "Serves nothing.",
		.rows = rows,
		.settings_size = sizeof(struct plain_settings),
		.check = check,
		.context_new = context_new,
		.context_clear = context_clear,
		.started = started,
		.stopping = stopping,
	};
	static const struct daemon_engine engine = {
		.open = engine_open,
		.run = engine_run,
		.drain = engine_drain,
		.busy = engine_busy,
		.reconfigure = engine_reconfigure,
		.close = engine_close,
		.describe = engine_describe,
	};

	return daemon_main(argc, argv, &program, &engine);
}
