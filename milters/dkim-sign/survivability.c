/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The streaming detector. The body is looked at in blocks of fixed size whose tests the compiler
 * turns into vector instructions, and from line end to line end backwards for long lines, so
 * that a line costs no call of its own. A test that has found something is not run again.
 * Knows nothing of what becomes of the message.
 */

#include <string.h>

#include "milters/dkim-sign/survivability.h"

#define BLOCK 64u
#define WINDOW (SIGN_LINE_MAX + 2) /* a line end must come within it */

#define BIT(hazard) (1u << (hazard))

struct sign_survivability {
	const struct sign_survivability_settings *settings;
	unsigned watched; /* hazards still looked for */
	unsigned found;
	size_t line_length; /* octets of the body since its last LF */
	bool after_cr;	    /* the last chunk ended in CR */
	GPtrArray *stripped;
};

struct sign_survivability *sign_survivability_new(void)
{
	struct sign_survivability *survivability = g_new0(struct sign_survivability, 1);

	survivability->stripped = g_ptr_array_new_with_free_func(g_free);
	g_ptr_array_add(survivability->stripped, NULL);
	return survivability;
}

void sign_survivability_free(struct sign_survivability *survivability)
{
	if (!survivability)
		return;
	g_ptr_array_unref(survivability->stripped);
	g_free(survivability);
}

void sign_survivability_reset(struct sign_survivability *survivability,
			      const struct sign_survivability_settings *settings)
{
	survivability->settings = settings;
	survivability->watched = 0;
	for (unsigned hazard = 0; hazard < SIGN_HAZARDS; hazard++) {
		if (sign_hazard_action(settings, hazard) != SIGN_SURVIVAL_IGNORE)
			survivability->watched |= BIT(hazard);
	}
	survivability->found = 0;
	survivability->line_length = 0;
	survivability->after_cr = false;
	g_ptr_array_set_size(survivability->stripped, 0);
	g_ptr_array_add(survivability->stripped, NULL);
}

static bool is_watched(const struct sign_survivability *survivability, enum sign_hazard hazard)
{
	return survivability->watched & BIT(hazard);
}

/* From here on the message has this hazard, and nobody need look for it any more. */
static void find_in_body(struct sign_survivability *survivability, enum sign_hazard hazard)
{
	survivability->found |= BIT(hazard);
	survivability->watched &= ~BIT(hazard);
}

static void strip(struct sign_survivability *survivability, const struct mail_field *field)
{
	struct slice bare = mail_field_bare_name(field);
	g_autofree char *name = g_ascii_strdown(bare.data, (gssize)bare.length);
	GPtrArray *stripped = survivability->stripped;

	if (g_strv_contains((const char *const *)stripped->pdata, name))
		return;
	g_ptr_array_insert(stripped, (int)stripped->len - 1, g_steal_pointer(&name));
}

/* A field's hazard goes on being looked for: each further field may have to be stripped. */
static void find_in_field(struct sign_survivability *survivability, enum sign_hazard hazard,
			  const struct mail_field *field)
{
	survivability->found |= BIT(hazard);
	if (sign_hazard_action(survivability->settings, hazard) == SIGN_SURVIVAL_STRIP &&
	    !mail_field_named(field, "from"))
		strip(survivability, field);
}

/* Lines of a field end in LF; the first one has the name and the colon in front. */
static bool has_long_line(const struct mail_field *field)
{
	const char *line = field->value.data;
	size_t left = field->value.length, before = field->name.length + 1;

	for (;;) {
		const char *end = left ? memchr(line, '\n', left) : NULL;
		size_t length = end ? (size_t)(end - line) : left;
		bool cr = length && line[length - 1] == '\r';

		if (before + length - cr > SIGN_LINE_MAX)
			return true;
		if (!end)
			return false;
		before = 0;
		left -= length + 1;
		line = end + 1;
	}
}

static bool has_bare_cr_or_nul(struct slice value)
{
	const char *end = value.data + value.length;

	for (const char *at = value.data; at < end; at++) {
		at = memchr(at, '\r', (size_t)(end - at));
		if (!at)
			break;
		if (at + 1 == end || at[1] != '\n')
			return true;
	}
	return value.length && memchr(value.data, 0, value.length);
}

static bool has_blank_before_colon(struct slice name)
{
	return name.length &&
	       (name.data[name.length - 1] == ' ' || name.data[name.length - 1] == '\t');
}

void sign_survivability_field(struct sign_survivability *survivability,
			      const struct mail_field *field)
{
	size_t size = field->name.length + 1 + field->value.length;

	if (is_watched(survivability, SIGN_HAZARD_NAME_SPACE) &&
	    has_blank_before_colon(field->name))
		find_in_field(survivability, SIGN_HAZARD_NAME_SPACE, field);
	if (is_watched(survivability, SIGN_HAZARD_LARGE_HEADER) &&
	    size > (guint64)survivability->settings->header_limit)
		find_in_field(survivability, SIGN_HAZARD_LARGE_HEADER, field);
	if (is_watched(survivability, SIGN_HAZARD_LONG_LINE) && size > SIGN_LINE_MAX &&
	    has_long_line(field))
		find_in_field(survivability, SIGN_HAZARD_LONG_LINE, field);
	if (is_watched(survivability, SIGN_HAZARD_BARE_NEWLINE) && has_bare_cr_or_nul(field->value))
		find_in_field(survivability, SIGN_HAZARD_BARE_NEWLINE, field);
}

void sign_survivability_bad_from(struct sign_survivability *survivability)
{
	if (is_watched(survivability, SIGN_HAZARD_BAD_FROM))
		find_in_body(survivability, SIGN_HAZARD_BAD_FROM);
}

/* RFC 2045 6.2 and 6.4: a body with 8-bit octets says so at its top. */
static bool declares_eight_bit(const struct mail_header *header)
{
	const struct mail_field *encoding = mail_header_find(header, "content-transfer-encoding");
	struct slice value;

	if (!encoding || !mail_header_find(header, "mime-version"))
		return false;
	value = slice_trim(encoding->value);
	return slice_equal_nocase(value, "8bit") || slice_equal_nocase(value, "binary");
}

void sign_survivability_end_of_header(struct sign_survivability *survivability,
				      const struct mail_header *header)
{
	if (!survivability->settings->next_hop_7bit && declares_eight_bit(header))
		survivability->watched &= ~BIT(SIGN_HAZARD_EIGHT_BIT);
}

struct octets {
	unsigned char high; /* 0x80 when an octet has its high bit */
	unsigned char
		bare; /* not 0 when a CR is not followed by LF, a LF not preceded by CR, or a NUL */
};

/* at[-1] is readable. The trip count is constant so that the loop becomes vector code. */
static struct octets look_at_block(const unsigned char *at)
{
	struct octets octets = { 0, 0 };

	for (unsigned i = 0; i < BLOCK; i++) {
		octets.high |= at[i];
		octets.bare |= (unsigned char)((at[(int)i - 1] == '\r') ^ (at[i] == '\n'));
		octets.bare |= (unsigned char)(at[i] == 0);
	}
	return octets;
}

static void look_at_octet(unsigned char before, unsigned char at, struct octets *octets)
{
	octets->high |= at;
	octets->bare |= (before == '\r') != (at == '\n') || at == 0;
}

static void scan_octets(struct sign_survivability *survivability, const unsigned char *chunk,
			size_t length)
{
	struct octets octets = { 0, 0 };
	size_t i = 1;

	look_at_octet(survivability->after_cr ? '\r' : 0, chunk[0], &octets);
	for (; i + BLOCK <= length; i += BLOCK) {
		struct octets block = look_at_block(chunk + i);

		octets.high |= block.high;
		octets.bare |= block.bare;
	}
	for (; i < length; i++)
		look_at_octet(chunk[i - 1], chunk[i], &octets);
	survivability->after_cr = chunk[length - 1] == '\r';
	if (octets.high & 0x80u && is_watched(survivability, SIGN_HAZARD_EIGHT_BIT))
		find_in_body(survivability, SIGN_HAZARD_EIGHT_BIT);
	if (octets.bare && is_watched(survivability, SIGN_HAZARD_BARE_NEWLINE))
		find_in_body(survivability, SIGN_HAZARD_BARE_NEWLINE);
}

/* From one line end to the last one within the longest line that may follow it. */
static void scan_lines(struct sign_survivability *survivability, const unsigned char *chunk,
		       size_t length)
{
	size_t start = 0, carried = survivability->line_length;

	while (start < length) {
		size_t window = MIN(WINDOW - carried, length - start);
		const unsigned char *end = memrchr(chunk + start, '\n', window);

		if (end) {
			start = (size_t)(end - chunk) + 1;
			carried = 0;
		} else if (carried + window == WINDOW) {
			find_in_body(survivability, SIGN_HAZARD_LONG_LINE);
			return;
		} else {
			start += window;
			carried += window;
		}
	}
	survivability->line_length = carried;
}

void sign_survivability_body(struct sign_survivability *survivability, const unsigned char *chunk,
			     size_t length)
{
	if (length == 0)
		return;
	if (survivability->watched & (BIT(SIGN_HAZARD_EIGHT_BIT) | BIT(SIGN_HAZARD_BARE_NEWLINE)))
		scan_octets(survivability, chunk, length);
	if (is_watched(survivability, SIGN_HAZARD_LONG_LINE))
		scan_lines(survivability, chunk, length);
}

void sign_survivability_finish(struct sign_survivability *survivability)
{
	if (survivability->after_cr && is_watched(survivability, SIGN_HAZARD_BARE_NEWLINE))
		find_in_body(survivability, SIGN_HAZARD_BARE_NEWLINE);
	if (survivability->line_length > SIGN_LINE_MAX &&
	    is_watched(survivability, SIGN_HAZARD_LONG_LINE))
		find_in_body(survivability, SIGN_HAZARD_LONG_LINE);
}

unsigned sign_survivability_found(const struct sign_survivability *survivability)
{
	return survivability->found;
}

unsigned sign_survivability_fatal(const struct sign_survivability *survivability)
{
	unsigned fatal = 0;

	for (unsigned hazard = 0; hazard < SIGN_HAZARDS; hazard++) {
		if (survivability->found & BIT(hazard) &&
		    sign_hazard_action(survivability->settings, hazard) == SIGN_SURVIVAL_TEMPFAIL)
			fatal |= BIT(hazard);
	}
	return fatal;
}

const char *const *sign_survivability_stripped(const struct sign_survivability *survivability)
{
	return (const char *const *)survivability->stripped->pdata;
}

int sign_hazard_action(const struct sign_survivability_settings *settings, enum sign_hazard hazard)
{
	switch (hazard) {
	case SIGN_HAZARD_LONG_LINE:
		return settings->long_line;
	case SIGN_HAZARD_EIGHT_BIT:
		return settings->eight_bit;
	case SIGN_HAZARD_BARE_NEWLINE:
		return settings->bare_newline;
	case SIGN_HAZARD_BAD_FROM:
		return settings->bad_from;
	case SIGN_HAZARD_NAME_SPACE:
		return settings->name_space;
	case SIGN_HAZARD_LARGE_HEADER:
		return settings->large_header;
	case SIGN_HAZARDS:
		break;
	}
	g_assert_not_reached();
}

const char *sign_hazard_to_string(enum sign_hazard hazard)
{
	static const char *const names[] = {
		[SIGN_HAZARD_LONG_LINE] = "long_line",
		[SIGN_HAZARD_EIGHT_BIT] = "eight_bit",
		[SIGN_HAZARD_BARE_NEWLINE] = "bare_newline",
		[SIGN_HAZARD_BAD_FROM] = "bad_from",
		[SIGN_HAZARD_NAME_SPACE] = "name_space",
		[SIGN_HAZARD_LARGE_HEADER] = "large_header",
	};

	return names[hazard];
}

void sign_hazards_format(unsigned hazards, GString *text)
{
	const char *separator = "";

	for (unsigned hazard = 0; hazard < SIGN_HAZARDS; hazard++) {
		if (!(hazards & BIT(hazard)))
			continue;
		g_string_append(text, separator);
		g_string_append(text, sign_hazard_to_string(hazard));
		separator = ",";
	}
}
