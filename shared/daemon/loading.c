/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Knows the steps from a file to checked settings and on to a context, and who owns them
 * when. Refuses to know what the options mean. Main thread.
 */

#include "shared/base/error.h"
#include "shared/daemon/loading.h"

/* Also a file that cannot be read is for the operator to put right. */
static bool read_file(const char *path, struct conf_file **ret_file, GError **ret_error)
{
	GError *error = NULL;

	if (conf_file_read(path, ret_file, &error))
		return true;
	error->code = MR_ERROR_CONFIG;
	g_propagate_error(ret_error, error);
	return false;
}

bool daemon_load(const struct daemon_program *program, const char *path,
		 struct daemon_loaded **ret_loaded, GError **ret_error)
{
	MR_AUTO(daemon_loaded) loaded = g_new0(struct daemon_loaded, 1);

	loaded->program = program;
	if (!read_file(path, &loaded->file, ret_error))
		return false;
	loaded->settings = g_malloc0(program->settings_size);
	conf_file_load(loaded->file, program->rows, loaded->settings, program->settings_size);
	daemon_settings_check(loaded->file, loaded->settings);
	if (program->check)
		program->check(loaded->file, loaded->settings);
	if (!conf_file_check(loaded->file, ret_error))
		return false;
	*ret_loaded = g_steal_pointer(&loaded);
	return true;
}

void daemon_loaded_free(struct daemon_loaded *loaded)
{
	if (!loaded)
		return;
	if (loaded->settings)
		conf_settings_clear(loaded->program->rows, loaded->settings,
				    loaded->program->settings_size);
	g_free(loaded->settings);
	conf_file_free(loaded->file);
	g_free(loaded);
}

struct daemon_settings *daemon_loaded_common(const struct daemon_loaded *loaded)
{
	return loaded->settings;
}

void *daemon_loaded_to_context(struct daemon_loaded *loaded, GError **ret_error)
{
	void *context = loaded->program->context_new(loaded->settings, ret_error);

	if (context)
		g_clear_pointer(&loaded->settings, g_free);
	return context;
}
