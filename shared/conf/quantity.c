/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Numbers as people write them in a configuration: durations, sizes, file modes. Knows the units
 * and their ceilings, nothing of files or rows' ranges. Pure, any thread.
 */

#include <string.h>

#include "shared/conf/internal.h"

#define MODE_MAXIMUM 07777

struct unit {
	char letter;
	int64_t factor;
};

/* Largest first. A bare number is in seconds, in bytes. */
static const struct unit duration_units[] = {
	{ 'w', 7 * 86400 }, { 'd', 86400 }, { 'h', 3600 }, { 'm', 60 }, { 's', 1 }, { 0 },
};
static const struct unit size_units[] = {
	{ 'g', 1 << 30 },
	{ 'm', 1 << 20 },
	{ 'k', 1 << 10 },
	{ 0 },
};

/* The factor of the unit that comes next, 0 when it is none. */
static int64_t take_factor(struct reader *reader, const struct unit *units)
{
	const int letter = g_ascii_tolower((char)reader_next(reader));

	for (; units->letter != 0; units++)
		if (letter == units->letter)
			return units->factor;
	return 0;
}

static bool parse_scaled(const char *text, const struct unit *units, int64_t *ret_value)
{
	struct reader reader;
	unsigned long long number;
	int64_t factor = 1;

	reader_init(&reader, text, strlen(text));
	if (!reader_take_number(&reader, G_MAXINT64, &number))
		return false;
	if (!reader_at_end(&reader))
		factor = take_factor(&reader, units);
	if (factor == 0 || !reader_at_end(&reader) || (int64_t)number > G_MAXINT64 / factor)
		return false;
	*ret_value = (int64_t)number * factor;
	return true;
}

static char *format_scaled(int64_t value, const struct unit *units)
{
	for (; value != 0 && units->letter != 0; units++)
		if (value % units->factor == 0)
			return g_strdup_printf("%" G_GINT64_FORMAT "%c", value / units->factor,
					       units->letter);
	return g_strdup_printf("%" G_GINT64_FORMAT, value);
}

bool conf_parse_duration(const char *text, int64_t *ret_seconds)
{
	return parse_scaled(text, duration_units, ret_seconds);
}

bool conf_parse_size(const char *text, int64_t *ret_bytes)
{
	return parse_scaled(text, size_units, ret_bytes);
}

bool conf_parse_mode(const char *text, int64_t *ret_mode)
{
	guint64 mode;

	if (!g_ascii_string_to_unsigned(text, 8, 0, MODE_MAXIMUM, &mode, NULL))
		return false;
	*ret_mode = (int64_t)mode;
	return true;
}

char *conf_format_quantity(enum conf_type type, int64_t value)
{
	switch (type) {
	case CONF_DURATION:
		return format_scaled(value, duration_units);
	case CONF_SIZE:
		return format_scaled(value, size_units);
	case CONF_MODE:
		return g_strdup_printf("%04" G_GINT64_MODIFIER "o", value);
	default:
		return g_strdup_printf("%" G_GINT64_FORMAT, value);
	}
}
