/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading configuration text into libconfig's tree, with every mistake at its file and line. Knows
 * nothing of options. A file object belongs to one thread.
 */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "shared/conf/internal.h"

#define FILE_BYTES_MAXIMUM (16 << 20)

/* No file is below this, so that text from memory cannot include one. */
#define NO_FOLDER "/dev/null"

static void parsed_text_free(void *config)
{
	config_destroy(config);
	g_free(config);
}

static struct conf_file *file_new(const char *path, const char *folder)
{
	struct conf_file *file = g_new0(struct conf_file, 1);

	file->path = g_strdup(path);
	file->folder = g_strdup(folder);
	config_init(&file->config);
	config_set_include_dir(&file->config, folder);
	file->problems = g_ptr_array_new_with_free_func(conf_problem_free);
	file->warnings = g_ptr_array_new_with_free_func(g_free);
	file->given = g_hash_table_new(g_direct_hash, g_direct_equal);
	file->groups = g_hash_table_new(g_direct_hash, g_direct_equal);
	file->fallbacks = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, parsed_text_free);
	return file;
}

void conf_file_free(struct conf_file *file)
{
	if (file == NULL)
		return;
	config_destroy(&file->config);
	g_ptr_array_unref(file->problems);
	g_ptr_array_unref(file->warnings);
	g_hash_table_unref(file->given);
	g_hash_table_unref(file->groups);
	g_hash_table_unref(file->fallbacks);
	g_free(file->folder);
	g_free(file->path);
	g_free(file);
}

const char *conf_file_path(const struct conf_file *file)
{
	return file->path;
}

static bool read_descriptor(int descriptor, const char *path, GString *text, GError **ret_error)
{
	char block[16384];
	ssize_t n;

	while ((n = read(descriptor, block, sizeof(block))) > 0) {
		g_string_append_len(text, block, n);
		if (text->len > FILE_BYTES_MAXIMUM) {
			g_set_error(ret_error, MR_ERROR, MR_ERROR_CONFIG,
				    "%s: larger than 16 MiB is no configuration", path);
			return false;
		}
	}
	return n == 0 || mr_error_set_errno(ret_error, errno, "%s", path);
}

static bool read_text(const char *path, GString *text, GError **ret_error)
{
	const int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	bool ok;

	if (descriptor < 0)
		return mr_error_set_errno(ret_error, errno, "%s", path);
	ok = read_descriptor(descriptor, path, text, ret_error);
	close(descriptor);
	return ok;
}

static void note_flaw(struct conf_file *file, const char *path, unsigned line, enum conf_flaw flaw,
		      struct slice words)
{
	const int length = (int)MIN(words.length, 40);

	if (flaw == CONF_FLAW_NUMBER)
		conf_problem_at_line(file, path, line, "the number %.*s is too large%s", length,
				     words.data,
				     memchr(words.data, 'L', words.length) != NULL
					     ? ""
					     : " (over 2147483647 an L has to follow)");
	else if (flaw == CONF_FLAW_NUL)
		conf_problem_at_line(file, path, line, "a string cannot hold a NUL byte");
}

/* False when the text includes a file. */
static bool scan_text(struct conf_file *file, const char *path, const char *text, size_t length)
{
	struct conf_scan scan;
	struct slice words;
	enum conf_flaw flaw;
	bool includes = false;

	conf_scan_init(&scan, text, length);
	while (conf_scan_next(&scan, &flaw, &words)) {
		includes = includes || flaw == CONF_FLAW_INCLUDE;
		note_flaw(file, path, scan.line, flaw, words);
	}
	return !includes;
}

/* The included files that settings came from; libconfig does not hand out their text. */
static void collect_sources(const config_setting_t *setting, GHashTable *names)
{
	const char *name = config_setting_source_file(setting);

	if (name != NULL)
		g_hash_table_add(names, g_strdup(name));
	if (!config_setting_is_aggregate(setting))
		return;
	for (int i = 0; i < config_setting_length(setting); i++)
		collect_sources(config_setting_get_elem(setting, (unsigned)i), names);
}

static bool scan_included(struct conf_file *file, GError **ret_error)
{
	g_autoptr(GHashTable) names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	GHashTableIter iterator;
	void *name;

	collect_sources(config_root_setting(&file->config), names);
	g_hash_table_iter_init(&iterator, names);
	while (g_hash_table_iter_next(&iterator, &name, NULL)) {
		g_autofree char *path = conf_source_path(file, name);
		g_autoptr(GString) text = g_string_new(NULL);

		if (!read_text(path, text, ret_error))
			return false;
		scan_text(file, path, text->str, text->len);
	}
	return true;
}

/* libconfig's words for what goes wrong most, in ours. */
static const char *explain(const char *words)
{
	if (g_strcmp0(words, "syntax error") == 0)
		return "syntax error here, or a quote, bracket or '=' is missing just before";
	if (g_strcmp0(words, "duplicate setting name") == 0)
		return "this option is set a second time";
	if (g_strcmp0(words, "mismatched element type in array") == 0)
		return "an array [ ] takes values of one type only";
	return words;
}

static bool parse(struct conf_file *file, const char *text, GError **ret_error)
{
	g_autofree char *path = NULL;

	if (config_read_string(&file->config, text))
		return true;
	path = conf_source_path(file, config_error_file(&file->config));
	g_set_error(ret_error, MR_ERROR, MR_ERROR_CONFIG, "%s:%d: %s", path,
		    config_error_line(&file->config), explain(config_error_text(&file->config)));
	return false;
}

bool conf_file_read(const char *path, struct conf_file **ret_file, GError **ret_error)
{
	g_autofree char *folder = g_path_get_dirname(path);
	MR_AUTO(conf_file) file = file_new(path, folder);
	g_autoptr(GString) text = g_string_new(NULL);

	if (!read_text(path, text, ret_error))
		return false;
	if (strlen(text->str) != text->len) {
		g_set_error(ret_error, MR_ERROR, MR_ERROR_CONFIG, "%s: holds a NUL byte", path);
		return false;
	}
	scan_text(file, path, text->str, text->len);
	if (!parse(file, text->str, ret_error) || !scan_included(file, ret_error))
		return false;
	*ret_file = g_steal_pointer(&file);
	return true;
}

bool conf_file_read_text(const char *name, const char *text, struct conf_file **ret_file,
			 GError **ret_error)
{
	MR_AUTO(conf_file) file = file_new(name, NO_FOLDER);

	if (!scan_text(file, name, text, strlen(text))) {
		g_set_error(ret_error, MR_ERROR, MR_ERROR_CONFIG, "%s: @include needs a file",
			    name);
		return false;
	}
	if (!parse(file, text, ret_error))
		return false;
	*ret_file = g_steal_pointer(&file);
	return true;
}
