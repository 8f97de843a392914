/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * "Did you mean": which of some names is nearest to what was typed. The distance counts inserted,
 * dropped, changed and swapped letters (optimal string alignment), without case. Pure, any thread.
 */

#include <string.h>

#include "shared/conf/conf.h"

#define NAME_MAXIMUM 63	     /* longer names are near to nothing */
#define PREFIX_MINIMUM 3     /* "canon" means "canonicalization" */
#define LETTERS_PER_TYPING 3 /* one slip is forgiven for each so many letters */

static unsigned smaller(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

static bool same(char a, char b)
{
	return g_ascii_tolower(a) == g_ascii_tolower(b);
}

static bool swapped(const char *a, const char *b, size_t i, size_t j)
{
	return i > 0 && j > 0 && same(a[i], b[j - 1]) && same(a[i - 1], b[j]);
}

/* Both at most NAME_MAXIMUM letters. */
static unsigned distance(const char *a, const char *b)
{
	unsigned rows[3][NAME_MAXIMUM + 1];
	unsigned *before = rows[0], *above = rows[1], *row = rows[2];
	const size_t length = strlen(b);

	for (unsigned j = 0; j <= length; j++)
		above[j] = j;
	for (size_t i = 0; a[i] != '\0'; i++) {
		unsigned *const free_row = before;

		row[0] = (unsigned)i + 1;
		for (size_t j = 0; j < length; j++) {
			row[j + 1] = smaller(above[j] + !same(a[i], b[j]),
					     1 + smaller(above[j + 1], row[j]));
			if (swapped(a, b, i, j))
				row[j + 1] = smaller(row[j + 1], before[j - 1] + 1);
		}
		before = above;
		above = row;
		row = free_row;
	}
	return above[length];
}

static const char *find_by_prefix(const char *typed, const char *const *names, size_t n)
{
	const size_t length = strlen(typed);

	if (length < PREFIX_MINIMUM)
		return NULL;
	for (size_t i = 0; i < n; i++)
		if (g_ascii_strncasecmp(names[i], typed, length) == 0)
			return names[i];
	return NULL;
}

const char *conf_did_you_mean(const char *typed, const char *const *names, size_t n)
{
	const size_t length = strlen(typed);
	unsigned best = (unsigned)(length + LETTERS_PER_TYPING - 1) / LETTERS_PER_TYPING + 1;
	const char *nearest = NULL;

	if (length == 0 || length > NAME_MAXIMUM)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		unsigned found;

		if (strlen(names[i]) > NAME_MAXIMUM)
			continue;
		found = distance(typed, names[i]);
		if (found < best && found < length) {
			best = found;
			nearest = names[i];
		}
	}
	return nearest != NULL ? nearest : find_by_prefix(typed, names, n);
}
