/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MILLRACE_BASE_READER_H
#define MILLRACE_BASE_READER_H

/*
 * A bounded cursor over bytes that somebody else owns. All parsing of untrusted
 * bytes goes through it: no function reads outside [data, data + length), whatever
 * the bytes are; NUL is a byte like any other. The bytes must outlive the reader.
 * A reader lives on the stack of one thread.
 */

#include <stdbool.h>
#include <stddef.h>

struct reader {
	const unsigned char *data;
	size_t length;
	size_t position; /* 0..length */
};

/* A piece of somebody else's bytes, not terminated. */
struct slice {
	const char *data;
	size_t length;
};

void reader_init(struct reader *reader, const void *data, size_t length);

bool reader_at_end(const struct reader *reader);

/* The next byte (0..255) without taking it, or -1 at the end. */
int reader_peek(const struct reader *reader);

/* Takes the next byte and returns it, or -1 at the end. */
int reader_next(struct reader *reader);

/* Takes the next byte when it is `byte`; says whether it was. */
bool reader_skip_byte(struct reader *reader, unsigned char byte);

/* Takes `text` (ASCII, terminated) when it comes next, letters compared without case. */
bool reader_skip_text_nocase(struct reader *reader, const char *text);

/* Takes bytes as long as `accept` says so; returns what was taken, perhaps nothing. */
struct slice reader_take_while(struct reader *reader, bool (*accept)(unsigned char byte));

/* Takes bytes up to, not including, `stop`, or all that is left when it never comes. */
struct slice reader_take_until(struct reader *reader, unsigned char stop);

/* What lies between an earlier position and the present one. */
struct slice reader_since(const struct reader *reader, size_t start);

/* Reads decimal digits (at least one). False, nothing taken, when none come or above `maximum`. */
bool reader_take_number(struct reader *reader, unsigned long long maximum,
			unsigned long long *ret_number);

bool slice_equal_nocase(struct slice slice, const char *text);

/* A terminated copy, freed with g_free; bytes are copied as they are. */
char *slice_dup(struct slice slice);

/* The slice without leading and trailing SP, HTAB, CR and LF. */
struct slice slice_trim(struct slice slice);

#endif
