/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bytes of a file into header, body and out again. Knows line ends and the mbox line; decides
 * nothing about signing.
 */

#include <errno.h>
#include <string.h>

#include "milters/dkim-sign/identity.h"
#include "shared/base/error.h"
#include "tools/millrace/sign_file.h"

#define READ_BLOCK 65536u

struct sign_file {
	GByteArray *bytes;
	struct mail_header *header;
	struct slice body;
	bool lf; /* lines end in LF alone */
};

static bool read_all(FILE *in, const char *name, GByteArray *bytes, GError **ret_error)
{
	size_t n;

	do {
		guint before = bytes->len;

		g_byte_array_set_size(bytes, before + READ_BLOCK);
		n = fread(bytes->data + before, 1, READ_BLOCK, in);
		g_byte_array_set_size(bytes, before + (guint)n);
	} while (n > 0 && bytes->len < SIGN_FILE_MAX);
	if (ferror(in))
		return mr_error_set_errno(ret_error, errno, "%s", name);
	if (n > 0) {
		g_set_error(ret_error, MR_ERROR, MR_ERROR_PERMANENT,
			    "%s: more than %u bytes are not read", name, SIGN_FILE_MAX);
		return false;
	}
	return true;
}

static bool read_path(const char *path, GByteArray *bytes, GError **ret_error)
{
	FILE *in;
	bool ok;

	if (strcmp(path, "-") == 0)
		return read_all(stdin, "standard input", bytes, ret_error);
	in = fopen(path, "rb");
	if (!in)
		return mr_error_set_errno(ret_error, errno, "%s", path);
	ok = read_all(in, path, bytes, ret_error);
	fclose(in);
	return ok;
}

static struct slice whole(const struct sign_file *file)
{
	return (struct slice){ (const char *)file->bytes->data, file->bytes->len };
}

/* By the first line: a message is of one kind. */
static bool first_line_ends_in_lf(struct slice message)
{
	const char *end = message.length ? memchr(message.data, '\n', message.length) : NULL;

	return end && (end == message.data || end[-1] != '\r');
}

bool sign_file_read(const char *path, struct sign_file **ret_file, GError **ret_error)
{
	MR_AUTO(sign_file) file = g_new0(struct sign_file, 1);

	file->bytes = g_byte_array_new();
	file->header = mail_header_new();
	if (!read_path(path, file->bytes, ret_error))
		return false;
	if (!mail_header_parse_message(file->header, whole(file), &file->body)) {
		g_set_error(ret_error, MR_ERROR, MR_ERROR_PERMANENT,
			    "%s: the header is larger than the signer takes", path);
		return false;
	}
	file->lf = first_line_ends_in_lf(whole(file));
	*ret_file = g_steal_pointer(&file);
	return true;
}

void sign_file_free(struct sign_file *file)
{
	if (!file)
		return;
	mail_header_free(file->header);
	g_byte_array_unref(file->bytes);
	g_free(file);
}

char *sign_file_sender(const struct sign_file *file)
{
	struct sign_identity author = { 0 };
	g_autoptr(GError) problem = NULL;
	char *sender;

	if (!sign_identity_author(file->header, &author, &problem))
		return g_strdup("<>");
	sender = g_strdup_printf("<%s@%s>", author.local_part, author.domain);
	sign_identity_clear(&author);
	return sender;
}

static void give(struct sign_message *message, const char *bytes, size_t length)
{
	sign_message_body(message, (const unsigned char *)bytes, length);
}

/* Each LF as CRLF. */
static void give_lines(struct sign_message *message, struct slice body)
{
	const char *end;

	while (body.length > 0 && (end = memchr(body.data, '\n', body.length))) {
		size_t line = (size_t)(end - body.data);

		give(message, body.data, line);
		give(message, "\r\n", 2);
		body.data += line + 1;
		body.length -= line + 1;
	}
	give(message, body.data, body.length);
}

const struct sign_plan *sign_file_run(const struct sign_file *file, struct sign_message *message,
				      const struct sign_context *context,
				      const struct sign_client *client, const char *sender)
{
	sign_message_begin(message, context, client, sender);
	for (size_t i = 0; i < mail_header_count(file->header); i++) {
		const struct mail_field *field = mail_header_get(file->header, i);

		sign_message_header(message, field->name, field->value);
	}
	sign_message_end_of_header(message);
	if (file->lf)
		give_lines(message, file->body);
	else
		give(message, file->body.data, file->body.length);
	return sign_message_finish(message);
}

static void write_signature(const struct sign_file *file, const struct sign_result *result,
			    FILE *out)
{
	g_autoptr(GString) text = g_string_new("DKIM-Signature: ");

	g_string_append_len(text, result->value->str, (gssize)result->value->len);
	g_string_append_c(text, '\n');
	if (!file->lf)
		g_string_replace(text, "\n", "\r\n", 0);
	fwrite(text->str, 1, text->len, out);
}

/* An mbox "From " line stays the first one. */
static size_t mbox_line_length(struct slice message)
{
	const char *end;

	if (message.length < 5 || memcmp(message.data, "From ", 5) != 0)
		return 0;
	end = memchr(message.data, '\n', message.length);
	return end ? (size_t)(end - message.data) + 1 : 0;
}

bool sign_file_write(const struct sign_file *file, const struct sign_message *message, FILE *out,
		     GError **ret_error)
{
	struct slice text = whole(file);
	size_t mbox = mbox_line_length(text);

	fwrite(text.data, 1, mbox, out);
	for (unsigned i = 0; i < sign_message_signatures(message); i++)
		write_signature(file, sign_message_signature(message, i), out);
	fwrite(text.data + mbox, 1, text.length - mbox, out);
	if (fflush(out) == 0 && !ferror(out))
		return true;
	return mr_error_set_errno(ret_error, errno, "output");
}
