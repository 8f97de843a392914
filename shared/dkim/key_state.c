/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Knows the state file of a domain's keys: its columns and its times. Refuses to know when a key
 * may move on (tools/millrace/key_rotate.c) and what is signed with it (key_directory.c). Any
 * thread; a list of lives belongs to one.
 */

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "shared/base/error.h"
#include "shared/base/file.h"
#include "shared/base/reader.h"
#include "shared/dkim/key_record.h"
#include "shared/dkim/key_state.h"

#define KEYS_MAX 256u
#define TTL_MAX 2147483647u /* RFC 2181 8 */
#define COLUMNS_MAX 6u	    /* one more than there are */
#define SELECTOR_COLUMN 24

static const char *const stage_names[] = {
	[DKIM_KEY_PUBLISHED] = "published",
	[DKIM_KEY_ACTIVE] = "active",
	[DKIM_KEY_RETIRED] = "retired",
};

const char *dkim_key_stage_to_string(enum dkim_key_stage stage)
{
	return stage_names[stage];
}

char *dkim_key_time_to_string(int64_t seconds)
{
	g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(seconds);

	if (seconds == 0 || time == NULL)
		return g_strdup("-");
	return g_date_time_format(time, "%Y-%m-%dT%H:%M:%SZ");
}

static void life_free(gpointer data)
{
	struct dkim_key_life *life = data;

	g_free(life->selector);
	g_free(life);
}

GPtrArray *dkim_key_state_new(void)
{
	return g_ptr_array_new_with_free_func(life_free);
}

struct dkim_key_life *dkim_key_state_add(GPtrArray *lives, const char *selector,
					 enum dkim_key_stage stage, int64_t since)
{
	struct dkim_key_life *life = g_new0(struct dkim_key_life, 1);

	life->selector = g_strdup(selector);
	life->stage = stage;
	life->since = since;
	g_ptr_array_add(lives, life);
	return life;
}

struct dkim_key_life *dkim_key_state_find(const GPtrArray *lives, const char *selector)
{
	for (guint i = 0; i < lives->len; i++) {
		struct dkim_key_life *life = g_ptr_array_index(lives, i);

		if (strcmp(life->selector, selector) == 0)
			return life;
	}
	return NULL;
}

static bool parse_stage(const char *text, enum dkim_key_stage *ret_stage)
{
	for (size_t i = 0; i < G_N_ELEMENTS(stage_names); i++) {
		if (strcmp(text, stage_names[i]) == 0) {
			*ret_stage = (enum dkim_key_stage)i;
			return true;
		}
	}
	return false;
}

/* Exactly what dkim_key_time_to_string writes; the epoch itself would mean "never". */
static bool parse_time(const char *text, int64_t *ret_seconds)
{
	g_autoptr(GDateTime) time = NULL;
	g_autofree char *again = NULL;
	int64_t seconds;

	if (strlen(text) != strlen("2026-11-23T10:00:00Z"))
		return false;
	time = g_date_time_new_from_iso8601(text, NULL);
	if (time == NULL)
		return false;
	seconds = g_date_time_to_unix(time);
	again = dkim_key_time_to_string(seconds);
	if (seconds <= 0 || strcmp(text, again) != 0)
		return false;
	*ret_seconds = seconds;
	return true;
}

static bool parse_ttl(const char *text, int64_t *ret_ttl)
{
	struct reader reader;
	unsigned long long number;

	reader_init(&reader, text, strlen(text));
	if (!reader_take_number(&reader, TTL_MAX, &number) || !reader_at_end(&reader))
		return false;
	*ret_ttl = (int64_t)number;
	return true;
}

/* NULL when all is well, else what is wrong with the columns. */
static const char *parse_columns(GPtrArray *lives, char *const *columns, guint n)
{
	struct dkim_key_life *life;
	enum dkim_key_stage stage;
	int64_t since, ttl, seen = 0;

	if (n < 4 || n > 5)
		return "needs selector, stage, since, ttl and seen";
	if (!dkim_selector_is_valid(columns[0]))
		return "not a selector";
	if (dkim_key_state_find(lives, columns[0]) != NULL)
		return "a selector that stands above already";
	if (!parse_stage(columns[1], &stage))
		return "a stage is published, active or retired";
	if (!parse_time(columns[2], &since))
		return "not a time such as 2026-11-23T10:00:00Z";
	if (!parse_ttl(columns[3], &ttl))
		return "not a TTL";
	if (n == 5 && strcmp(columns[4], "-") != 0 && !parse_time(columns[4], &seen))
		return "neither \"-\" nor a time such as 2026-11-23T10:00:00Z";
	if (lives->len >= KEYS_MAX)
		return "too many keys";
	life = dkim_key_state_add(lives, columns[0], stage, since);
	life->ttl = ttl;
	life->seen = seen;
	return NULL;
}

static bool is_column_byte(unsigned char byte)
{
	return byte > ' ' && byte < 0x7f;
}

static bool is_blank_byte(unsigned char byte)
{
	return byte == ' ' || byte == '\t' || byte == '\r';
}

/* NULL when all is well. */
static const char *parse_line(GPtrArray *lives, struct slice line)
{
	g_autoptr(GPtrArray) columns = g_ptr_array_new_with_free_func(g_free);
	struct reader reader;

	reader_init(&reader, line.data, line.length);
	reader_take_while(&reader, is_blank_byte);
	if (reader_at_end(&reader) || reader_peek(&reader) == '#')
		return NULL;
	while (!reader_at_end(&reader) && columns->len < COLUMNS_MAX) {
		struct slice column = reader_take_while(&reader, is_column_byte);

		if (column.length == 0)
			return "a byte that does not belong here";
		g_ptr_array_add(columns, slice_dup(column));
		reader_take_while(&reader, is_blank_byte);
	}
	return parse_columns(lives, (char *const *)columns->pdata, columns->len);
}

bool dkim_key_state_parse(const char *name, const char *text, size_t length, GPtrArray **ret_lives,
			  GError **ret_error)
{
	g_autoptr(GPtrArray) lives = dkim_key_state_new();
	struct reader reader;

	reader_init(&reader, text, length);
	for (unsigned line = 1; !reader_at_end(&reader); line++) {
		const char *problem = parse_line(lives, reader_take_until(&reader, '\n'));

		if (problem != NULL) {
			g_set_error(ret_error, MR_ERROR, MR_ERROR_CONFIG, "%s:%u: %s", name, line,
				    problem);
			return false;
		}
		reader_skip_byte(&reader, '\n');
	}
	*ret_lives = g_steal_pointer(&lives);
	return true;
}

char *dkim_key_state_format(const GPtrArray *lives)
{
	GString *text = g_string_new(NULL);

	g_string_append_printf(text, "%-*s %-10s %-20s %-6s %s\n", SELECTOR_COLUMN, "# selector",
			       "stage", "since", "ttl", "seen");
	for (guint i = 0; i < lives->len; i++) {
		const struct dkim_key_life *life = g_ptr_array_index(lives, i);
		g_autofree char *since = dkim_key_time_to_string(life->since);
		g_autofree char *seen = dkim_key_time_to_string(life->seen);

		g_string_append_printf(text, "%-*s %-10s %s %-6" G_GINT64_FORMAT " %s\n",
				       SELECTOR_COLUMN, life->selector, stage_names[life->stage],
				       since, life->ttl, seen);
	}
	return g_string_free(text, FALSE);
}

bool dkim_key_state_read(const char *path, GPtrArray **ret_lives, GError **ret_error)
{
	g_autofree char *text = NULL;
	size_t length;

	if (access(path, F_OK) != 0 && errno == ENOENT) {
		*ret_lives = NULL;
		return true;
	}
	return base_file_read(path, DKIM_STATE_BYTES_MAX, &text, &length, ret_error) &&
	       dkim_key_state_parse(path, text, length, ret_lives, ret_error);
}

bool dkim_key_state_write(const char *path, const GPtrArray *lives, GError **ret_error)
{
	g_autofree char *text = dkim_key_state_format(lives);

	return base_file_replace(path, text, strlen(text), 0644, ret_error);
}
