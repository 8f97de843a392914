/* SPDX-License-Identifier: BSD-2-Clause */

#include "shared/conf/conf.h"

struct element {
	char *name;
	char **words;
};

struct settings {
	bool a;
	int64_t number, duration, size, mode;
	int choice;
	struct element group;
	GArray *list;
};

static const char *const choices[] = { "yes", "no", NULL };
static const struct conf_row element_rows[] = {
	{ "name", CONF_STRING, offsetof(struct element, name), NULL, "", .required = true },
	{ "words", CONF_STRING_LIST, offsetof(struct element, words), "(\"x\")", "" },
	{ NULL },
};
static const struct conf_row rows[] = {
	{ "a", CONF_BOOL, offsetof(struct settings, a), "true", "" },
	{ "number", CONF_INT, offsetof(struct settings, number), "5", "", 1, 99 },
	{ "duration", CONF_DURATION, offsetof(struct settings, duration), "\"5d\"", "" },
	{ "size", CONF_SIZE, offsetof(struct settings, size), "\"64k\"", "", 1, G_MAXINT64 },
	{ "mode", CONF_MODE, offsetof(struct settings, mode), "\"0660\"", "" },
	{ "choice", CONF_CHOICE, offsetof(struct settings, choice), NULL, "", .choices = choices },
	{ "group", CONF_GROUP, offsetof(struct settings, group), NULL, "", .rows = element_rows },
	{ "list", CONF_GROUP_LIST, offsetof(struct settings, list), NULL, "", .rows = element_rows,
	  .element_size = sizeof(struct element) },
	{ NULL },
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* libconfig 1.5 forgets the strings it has read when the parse ends in a syntax error. */
const char *__lsan_default_suppressions(void);

__attribute__((visibility("default"))) const char *__lsan_default_suppressions(void)
{
	return "leak:libconfig_yylex\nleak:strbuf_append";
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *text = g_strndup((const char *)data, size);
	MR_AUTO(conf_file) file = NULL;
	struct settings settings;

	if (!conf_file_read_text("fuzz", text, &file, NULL))
		return 0;
	conf_file_load(file, rows, &settings, sizeof(settings));
	for (guint i = 0; i < settings.list->len; i++)
		conf_file_problem(file, &g_array_index(settings.list, struct element, i), "%u", i);
	conf_file_check(file, NULL);
	conf_settings_clear(rows, &settings, sizeof(settings));
	return 0;
}
